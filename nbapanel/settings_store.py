"""The settings in force: where each value comes from, and where one that is changed is kept.

A value comes from, in this order: the command line, the environment (NBAPANEL_NAME), the file
.env in the working directory, settings.toml in the data directory, the default. A password or
token that was typed into the window lies in the keyring; settings.toml then says "keyring".
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
from dotenv import dotenv_values

from nbapanel import secrets, settings_file
from nbapanel.declared import Entry, trouble
from nbapanel.errors import UsageError
from nbapanel.redaction import keep_secret
from nbapanel.settings import ENTRIES, Settings

FILE = "settings.toml"
Place = Literal["default", "file", "keyring", ".env", "environment"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value in force comes from. `is_fixed`: it cannot be changed in the window."""

    place: Place
    variable: str

    @property
    def is_fixed(self) -> bool:
        return self.place in (".env", "environment")


def load_settings(
    data_dir: Path,
    overrides: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    dotenv: Path | None = None,
) -> Settings:
    """The settings in force. Raises UsageError naming the setting and place of a bad value, and
    KeyringTrouble where one that is needed cannot be had from the keyring."""
    values: dict[str, Any] = {}
    values.update(_from_file(data_dir / FILE))
    for place, variables in _variables(environ, dotenv):
        values.update(_from_environment(variables, place))
    values.update({k: v for k, v in (overrides or {}).items() if v is not None})
    for name, value in values.items():
        if value == secrets.MARKER and ENTRIES[name].is_secret:
            values[name] = _from_keyring(data_dir, name)
    settings = Settings(**values)
    _hide_secrets(settings, os.environ if environ is None else environ)
    return settings


def sources(
    data_dir: Path, environ: Mapping[str, str] | None = None, dotenv: Path | None = None
) -> dict[str, Source]:
    """By setting: where its value comes from. Values are not looked at."""
    written = settings_file.read(data_dir / FILE)
    found = {}
    for name, entry in ENTRIES.items():
        place: Place = "default"
        if name in written:
            is_marked = entry.is_secret and written[name] == secrets.MARKER
            place = "keyring" if is_marked else "file"
        for spoken, variables in _variables(environ, dotenv):
            if secrets.variable(name) in variables:
                place = ".env" if spoken == ".env" else "environment"
        found[name] = Source(place, secrets.variable(name))
    return found


def save_settings(data_dir: Path, changes: Mapping[str, Any]) -> None:
    """Change these in settings.toml, and leave the rest of it alone; None: back to the default.

    What carries a password or token goes to the keyring, and only the word "keyring" into the file.
    Raises UsageError naming a bad value, or KeyringTrouble; then nothing has changed.
    """
    path = data_dir / FILE
    typed = {name: _checked(name, value) for name, value in changes.items()}
    hidden = {name: value for name, value in typed.items() if _is_secret(name, value)}
    shown = {name: value for name, value in typed.items() if name not in hidden}
    before = settings_file.read(path)
    marked = {name for name in typed if before.get(name) == secrets.MARKER}
    earlier = {name: secrets.read(data_dir, name) for name in hidden}
    try:
        for name, value in hidden.items():
            secrets.write(data_dir, name, _packed(value))
        settings_file.change(
            path,
            {k: v for k, v in shown.items() if v != ENTRIES[k].default}
            | dict.fromkeys(hidden, secrets.MARKER),
            gone=[k for k, v in shown.items() if v == ENTRIES[k].default],
        )
    except UsageError:
        for name, value in earlier.items():
            _put_back(data_dir, name, value)
        raise
    for name in marked - set(hidden):
        secrets.delete(data_dir, name)


def _hide_secrets(settings: Settings, environ: Mapping[str, str]) -> None:
    """Whatever repeats them from now on: a feed, a server, a bug."""
    for name, entry in ENTRIES.items():
        value = getattr(settings, name)
        if entry.is_secret and value != entry.default:
            for text in value if isinstance(value, tuple) else (value,):
                secrets.hide(text)
    keep_secret(environ.get("PGPASSWORD", ""))


def _variables(
    environ: Mapping[str, str] | None, dotenv: Path | None
) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """The places with variables, the one that counts most last."""
    path = dotenv if dotenv is not None else Path(".env")
    try:
        written = dotenv_values(path)
    except (OSError, ValueError) as error:
        raise UsageError(
            "The file .env cannot be read.",
            f"{path.absolute()}: {error}",
            "Correct it, or start nbapanel in another folder.",
        ) from error
    return (
        (".env", {k: v for k, v in written.items() if v is not None}),
        ("the environment", os.environ if environ is None else environ),
    )


def _from_environment(environ: Mapping[str, str], place: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in ENTRIES.items():
        text = environ.get(secrets.variable(name))
        if text is not None:
            given: Any = text
            if entry.type == "tuple[str, ...]":
                given = [part.strip() for part in text.split(",") if part.strip()]
            found[name] = _typed(name, given, f"{secrets.variable(name)} in {place}")
    return found


def _from_file(path: Path) -> dict[str, Any]:
    table = settings_file.read(path)
    unknown = sorted(set(table) - set(ENTRIES))
    if unknown:
        raise UsageError(
            f"There is no setting {unknown[0]!r}.",
            str(path),
            f"Known: {', '.join(sorted(ENTRIES))}.",
        )
    return {
        name: secrets.MARKER
        if ENTRIES[name].is_secret and value == secrets.MARKER
        else _typed(name, value, f"{name} in {path}")
        for name, value in table.items()
    }


def _from_keyring(data_dir: Path, name: str) -> Any:
    found = secrets.read(data_dir, name)
    if found is None:
        raise UsageError(
            f"The keyring has no value for the setting {name}.",
            f"{data_dir / FILE} says that it is there.",
            f"Set it again in the settings, or as {secrets.variable(name)}.",
        )
    given = found
    if ENTRIES[name].type == "tuple[str, ...]":
        try:
            given = msgspec.json.decode(found)
        except msgspec.DecodeError:
            given = found
    return _typed(name, given, f"{name} in the keyring")


def _is_secret(name: str, value: Any) -> bool:
    if not ENTRIES[name].is_secret or value == ENTRIES[name].default:
        return False
    return any(map(secrets.carries_secret, value if isinstance(value, tuple) else (value,)))


def _packed(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _put_back(data_dir: Path, name: str, value: str | None) -> None:
    if value is None:
        secrets.delete(data_dir, name)
    else:
        secrets.write(data_dir, name, value)


def _checked(name: str, value: Any) -> Any:
    """The value to be saved, typed; the default for None."""
    if name not in ENTRIES:
        raise UsageError(f"There is no setting {name!r}.")
    entry = ENTRIES[name]
    if value is None:
        return entry.default
    typed = _typed(name, value, entry.label)
    said = trouble(entry, typed) if typed != entry.default else ""
    if said:
        raise UsageError(f"{entry.label} is not usable.", said)
    return typed


def _typed(name: str, value: Any, place: str) -> Any:
    kinds = {"int": int, "float": float, "bool": bool, "str": str, "tuple[str, ...]": tuple}
    entry = ENTRIES[name]
    kind = tuple[str, ...] if kinds[entry.type] is tuple else kinds[entry.type]
    try:
        typed: Any = msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        said = f"{_shown(entry, value)}: {error}."
        raise UsageError(f"{place} is not usable.", said, _instead(entry)) from error
    said = trouble(entry, typed) if kind in (int, float) and typed != entry.default else ""
    if said:
        said = f"{_shown(entry, value)}: {said}"
        raise UsageError(f"{place} is not usable.", said, _instead(entry))
    return typed


def _instead(entry: Entry) -> str:
    default = "" if entry.is_secret else f", {entry.default!r}"
    return f"Correct it, or take it away for the default{default}."


def _shown(entry: Entry, value: Any) -> str:
    return "a secret" if entry.is_secret else f"{value!r:.100}"
