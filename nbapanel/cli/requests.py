"""A run as it was asked for: kept on disk until the database has it, and in the journal after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import msgspec

from nbapanel.paths import DataDir


@dataclass(frozen=True, slots=True)
class RunRequest:
    """`first` and `last` are US Eastern game days; both None: the last `days` days.

    `rebuild`: the data tables are emptied first, `accept_loss` also of what the archive lacks.
    """

    kind: str
    trigger: str
    steps: tuple[str, ...]
    days: int
    first: date | None = None
    last: date | None = None
    games: tuple[str, ...] = ()
    force: bool = False
    publish: bool = True
    publish_anyway: bool = False
    clock: str = "fixed"
    resumes: int | None = None
    offline: bool = False
    rebuild: bool = False
    accept_loss: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        """What the journal keeps beside kind, trigger and steps; `from_journal` reads it."""
        kept: dict[str, Any] = msgspec.to_builtins(self)
        for name in ("kind", "trigger", "steps", "resumes"):
            del kept[name]
        return kept


def from_journal(
    kind: str, steps: tuple[str, ...], settings: dict[str, Any], run_id: int
) -> RunRequest:
    """What is left of a run: the same window and options, resumed."""
    return msgspec.convert(
        {
            **settings,
            "kind": kind,
            "trigger": "resume",
            "steps": steps,
            "resumes": run_id,
        },
        RunRequest,
    )


def put_down(data_dir: DataDir, request: RunRequest) -> None:
    """Keep the request on disk, so that a kill before the database is up loses nothing."""
    data_dir.put(data_dir.requested_run, msgspec.json.encode(request))


def picked_up(data_dir: DataDir) -> RunRequest | None:
    """The request of a process that was killed before the database knew of it."""
    try:
        return msgspec.json.decode(data_dir.requested_run.read_bytes(), type=RunRequest)
    except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def drop(data_dir: DataDir) -> None:
    data_dir.requested_run.unlink(missing_ok=True)
