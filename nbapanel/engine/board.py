"""The state of a run as its events tell it: for the terminal's table and lines, and the window."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbapanel.engine import eta
from nbapanel.engine.events import (
    CancelStage,
    Changes,
    Event,
    RunFinished,
    RunStarted,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.engine.steps import Step

_WORTH_A_WORD_S = 1.0


@dataclass(slots=True)
class Line:
    """One step on the board."""

    key: str
    title: str
    state: StepState = StepState.PENDING
    progress: StepProgress | None = None
    finished: StepFinished | None = None
    began: float | None = None
    changes: dict[str, Changes] = field(default_factory=dict)
    requests: int = 0
    bytes_fetched: int = 0
    bad_items: int = 0

    def add(self, attempt: StepFinished) -> None:
        """What an attempt committed stays, also if the attempt failed after it."""
        self.requests += attempt.requests
        self.bytes_fetched += attempt.bytes_fetched
        self.bad_items += attempt.bad_items
        for relation, changed in attempt.changes.items():
            self.changes[relation] = self.changes.get(relation, Changes()) + changed

    @property
    def seconds(self) -> float | None:
        if self.finished is not None:
            return self.finished.seconds
        return None if self.began is None else time.monotonic() - self.began

    @property
    def words(self) -> str:
        """What is to be said of it now: progress, or how it ended."""
        if self.finished is not None:
            return " ".join(
                part
                for part in (self.finished.reason, self.finished.error, self.finished.hint)
                if part
            )
        if self.progress is None:
            return ""
        done, total, unit = self.progress.done, self.progress.total, self.progress.unit
        count = f"{done:,} {unit}" if total is None else f"{done:,} of {total:,} {unit}"
        return f"{count} {self.progress.message}".strip()


@dataclass(slots=True)
class Board:
    """Every step of a run, kept up to date by `take`."""

    lines: dict[str, Line]
    run_id: int = 0
    kind: str = ""
    cancel: str = ""
    cancel_stage: int = 0
    ended: RunFinished | None = None
    steps: Sequence[Step[Any]] = ()
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, steps: Sequence[Step[Any]], keys: Sequence[str] | None = None) -> Board:
        """A board of these steps, or of those among them that `keys` names."""
        chosen = [step for step in steps if keys is None or step.key in keys]
        return cls({step.key: Line(step.key, step.title) for step in chosen}, steps=chosen)

    def take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.run_id, self.kind = event.run_id, event.kind
            case StepStarted():
                line = self._line(event.step)
                line.state, line.progress, line.finished = StepState.RUNNING, None, None
                line.began = time.monotonic()
            case StepProgress():
                line = self._line(event.step)
                line.progress = event
                if line.began is None:
                    line.state = StepState.RUNNING
                    line.began = time.monotonic() - event.seconds
            case StepFinished():
                line = self._line(event.step)
                line.state, line.finished = event.state, event
                line.add(event)
                if event.retrying:
                    line.state, line.finished = StepState.RUNNING, None
            case CancelStage():
                self.cancel, self.cancel_stage = event.message, event.stage
            case RunFinished():
                self.ended = event

    def _line(self, key: str) -> Line:
        return self.lines.setdefault(key, Line(key, key))

    @property
    def remaining_s(self) -> float | None:
        underway = {}
        for line in self.lines.values():
            if line.state is StepState.RUNNING and line.seconds is not None:
                done = line.progress.done if line.progress is not None else 0
                total = line.progress.total if line.progress is not None else None
                underway[line.key] = eta.Underway(line.seconds, done, total)
        pending = [line.key for line in self.lines.values() if line.state is StepState.PENDING]
        return eta.remaining(self.steps, self.history, underway, pending)

    @property
    def slow(self) -> list[tuple[str, float, float]]:
        """Steps that took more than three times as long as usual: (title, seconds, usual)."""
        found = []
        for line in self.lines.values():
            history = self.history.get(line.key, ())
            usual, seconds = eta.usual(history), line.seconds
            if line.state is not StepState.DONE or usual is None or seconds is None:
                continue
            if seconds >= _WORTH_A_WORD_S and eta.is_slow(seconds, history):
                found.append((line.title, seconds, usual))
        return found

    @property
    def changes(self) -> dict[str, Changes]:
        """What the run changed, by relation, in the order of its steps."""
        total: dict[str, Changes] = {}
        for line in self.lines.values():
            for relation, changed in line.changes.items():
                total[relation] = total.get(relation, Changes()) + changed
        return total
