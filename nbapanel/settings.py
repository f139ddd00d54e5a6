"""What can be set: each setting once, with its type, default and description. No logic of any step.

A value comes from, in this order: the command line, the environment (NBAPANEL_NAME), the file
.env in the working directory, settings.toml in the data directory, the default here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import msgspec
from dotenv import dotenv_values

from nbapanel.errors import UsageError

_PREFIX = "NBAPANEL_"


def _setting(default: Any, described: str, *, secret: bool = False) -> Any:
    return field(
        default=default, repr=not secret, metadata={"described": described, "secret": secret}
    )


@dataclass(frozen=True, slots=True)
class Settings:
    days: int = _setting(7, "US Eastern days that a refetch covers, today included.")
    espn_site_url: str = _setting(
        "https://site.api.espn.com", "Where scoreboards and summaries come from."
    )
    espn_core_url: str = _setting(
        "https://sports.core.api.espn.com", "Where probabilities and plays come from."
    )
    kalshi_url: str = _setting(
        "https://api.elections.kalshi.com", "Where markets and candlesticks come from."
    )
    kalshi_series: str = _setting("KXNBAGAME", "The series of the game-winner markets.")
    espn_requests_per_s: float = _setting(8.0, "Most requests a second to ESPN; 0: no limit.")
    kalshi_requests_per_s: float = _setting(5.0, "Most requests a second to Kalshi; 0: no limit.")
    request_deadline_s: float = _setting(
        180.0, "When a request is given up, its retries and waits included."
    )
    request_attempts: int = _setting(6, "How often a request is made before it is given up.")
    request_backoff_s: float = _setting(
        1.0, "Wait before the second attempt; it doubles with each one that follows."
    )
    request_silence_s: float = _setting(
        30.0, "When an attempt is broken off because nothing more comes."
    )
    request_attempt_s: float = _setting(60.0, "When an attempt is broken off in any case.")
    candle_hours_before_start: int = _setting(
        24, "Hours before a game's listed start from which its candlesticks are kept."
    )
    keep_raw_in_database: bool = _setting(
        False, "Keep each item's own JSON in its table too (the archive has it in any case)."
    )
    most_payload_mb: int = _setting(200, "A larger payload is refused, in MB uncompressed.")
    publish_row_drop_percent: float = _setting(
        2.0, "A published view that would lose more of its rows than this is not published."
    )
    cache_folder: str = _setting("", "Where other programs keep caches of these tables.")
    cache_files: tuple[str, ...] = _setting(
        ("list_games.cache*", "get_aggregate_stats.cache*", "simulation_results.cache*"),
        "Files to delete there once new data is published (patterns).",
    )
    cache_hooks: tuple[str, ...] = _setting(
        (), "URLs to call (POST) once new data is published.", secret=True
    )
    database_url: str = _setting(
        "", "A PostgreSQL of your own (15 or newer); empty: the embedded one.", secret=True
    )


def load_settings(
    data_dir: Path,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
) -> Settings:
    """The settings in force. Raises UsageError naming the setting and place of a bad value."""
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    values.update(_from_file(data_dir / "settings.toml"))
    written = dotenv_values(dotenv if dotenv is not None else Path(".env"))
    values.update(_from_environment({k: v for k, v in written.items() if v is not None}, ".env"))
    values.update(_from_environment(environ, "the environment"))
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    return Settings(**values)


def _from_environment(environ: Mapping[str, str], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting in fields(Settings):
        name = "DATABASE_URL" if setting.name == "database_url" else _PREFIX + setting.name.upper()
        text = environ.get(name)
        if text is not None:
            given: Any = text
            if setting.type == "tuple[str, ...]":
                given = [entry.strip() for entry in text.split(",") if entry.strip()]
            found[setting.name] = _typed(setting.name, given, f"{name} in {place}")
    return found


def _from_file(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            "The settings file cannot be read.",
            f"{path}: {error}",
            "Correct it, or move it away to start from the defaults.",
        ) from error
    known = {setting.name for setting in fields(Settings)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise UsageError(
            f"There is no setting {unknown[0]!r}.", str(path), f"Known: {', '.join(sorted(known))}."
        )
    return {name: _typed(name, value, f"{name} in {path}") for name, value in table.items()}


def _typed(name: str, value: Any, place: str) -> Any:
    kinds = {"int": int, "float": float, "bool": bool, "str": str, "tuple[str, ...]": tuple}
    setting = next(setting for setting in fields(Settings) if setting.name == name)
    declared = str(setting.type)
    kind = tuple[str, ...] if kinds[declared] is tuple else kinds[declared]
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        shown = "a secret" if setting.metadata["secret"] else repr(value)
        raise UsageError(f"{place} is not usable.", f"{shown}: {error}.") from error
