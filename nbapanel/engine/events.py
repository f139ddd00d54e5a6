"""The closed set of things that happen in a run, and the words for a step's state.

Window, terminal, journal and log all read these and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    BLOCKED = "blocked"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    STALE = "stale"

    @property
    def word(self) -> str:
        return _LOOKS[self].word

    @property
    def glyph(self) -> str:
        return _LOOKS[self].glyph

    @property
    def role(self) -> str:
        """The colour role, which a theme or a terminal turns into a colour."""
        return _LOOKS[self].role

    @property
    def is_final(self) -> bool:
        return self not in (StepState.PENDING, StepState.RUNNING, StepState.CANCELLING)

    @property
    def is_good(self) -> bool:
        """Ended in a way that those who need this step can build on."""
        return self in (StepState.DONE, StepState.SKIPPED)


@dataclass(frozen=True, slots=True)
class _Look:
    word: str
    glyph: str
    role: str


_LOOKS = {
    StepState.PENDING: _Look("Pending", "○", "muted"),
    StepState.RUNNING: _Look("Running", "▶", "active"),
    StepState.DONE: _Look("Done", "✓", "good"),
    StepState.SKIPPED: _Look("Skipped", "↷", "muted"),
    StepState.FAILED: _Look("Failed", "✗", "bad"),
    StepState.TIMED_OUT: _Look("Timed out", "◷", "bad"),
    StepState.BLOCKED: _Look("Blocked", "⊘", "warning"),
    StepState.CANCELLING: _Look("Cancelling", "◐", "warning"),
    StepState.CANCELLED: _Look("Cancelled", "■", "muted"),
    StepState.INTERRUPTED: _Look("Interrupted", "↯", "warning"),
    StepState.STALE: _Look("Stale", "◌", "warning"),
}


class RunStatus(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a load did to one relation, in rows. `unchanged` were compared and left alone."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0

    def __add__(self, other: Changes) -> Changes:
        return Changes(
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.deleted + other.deleted,
        )

    @property
    def any(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)


@dataclass(frozen=True, slots=True)
class RunStarted:
    run_id: int
    kind: str
    trigger: str
    steps: tuple[str, ...]
    settings: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True)
class StepStarted:
    run_id: int
    step: str
    attempt: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StepProgress:
    """`total` is None while it is not known. `requests` and `bytes_fetched` so far."""

    run_id: int
    step: str
    done: int
    total: int | None
    unit: str
    message: str = ""
    requests: int = 0
    bytes_fetched: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class StepFinished:
    """The end of one attempt. `retrying` says that another follows."""

    run_id: int
    step: str
    attempt: int
    state: StepState
    at: datetime
    seconds: float
    reason: str = ""
    requests: int = 0
    bytes_fetched: int = 0
    bad_items: int = 0
    changes: Mapping[str, Changes] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    hint: str = ""
    retrying: bool = False


@dataclass(frozen=True, slots=True)
class CancelStage:
    """Where a cancel stands, in words that can be shown as they are."""

    run_id: int
    stage: int
    message: str


@dataclass(frozen=True, slots=True)
class RunFinished:
    """Always the last event of a run, however it ended. Lists hold step keys in declared order."""

    run_id: int
    status: RunStatus
    at: datetime
    seconds: float
    done: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    error: str = ""


Event = RunStarted | StepStarted | StepProgress | StepFinished | CancelStage | RunFinished
