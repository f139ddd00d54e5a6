"""The last attempt at a step, whether a run's events told of it or the journal. No widget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from nbapanel.engine.board import Board, Line
from nbapanel.engine.events import Changes, StepState
from nbapanel.rows.reads import StepFacts, StepRow

_KINDS = ("inserted", "updated", "unchanged", "deleted")


@dataclass(frozen=True, slots=True)
class Attempt:
    """`seconds` None: not known. `ended_at` None: it runs, or its end was never written."""

    state: StepState
    run_id: int
    number: int = 1
    ended_at: datetime | None = None
    seconds: float | None = None
    reason: str = ""
    error: str = ""
    hint: str = ""
    requests: int = 0
    bytes_fetched: int = 0
    bad_items: int = 0
    changes: Mapping[str, Changes] = field(default_factory=dict)
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sum_of_changes(self) -> Changes:
        total = Changes()
        for changed in self.changes.values():
            total = total + changed
        return total

    @property
    def problem(self) -> str:
        """What went wrong, in a sentence; empty where nothing did."""
        return self.error or ("" if self.state.is_good else self.reason)


def last_attempt(facts: StepFacts | None, board: Board | None, key: str) -> Attempt | None:
    """The newest that is known of that step; None: it was never tried."""
    line = None if board is None else board.lines.get(key)
    row = None if facts is None else facts.last
    if board is None or line is None:
        return None if row is None else of_row(row)
    if board.ended is None or row is None or row.run_id < board.run_id:
        told = _of_line(line, board)
        if told is not None:
            return told
    return None if row is None else of_row(row)


def of_row(row: StepRow) -> Attempt:
    """An attempt of the journal. One that says it runs, while no run does, was interrupted."""
    state = StepState(row.status)
    return Attempt(
        state=StepState.INTERRUPTED if state is StepState.RUNNING else state,
        run_id=row.run_id,
        number=row.attempt,
        ended_at=row.finished_at,
        seconds=None if row.duration_ms is None else row.duration_ms / 1000,
        reason=row.reason or "",
        error=row.error or "",
        hint=row.hint or "",
        requests=row.requests,
        bytes_fetched=row.bytes_fetched,
        bad_items=row.bad_items,
        changes={
            name: Changes(**{kind: int(counts.get(kind, 0)) for kind in _KINDS})
            for name, counts in row.changes.items()
        },
        detail=row.detail,
    )


def _of_line(line: Line, board: Board) -> Attempt | None:
    """What the run's own events say; None for a step that the run ended without."""
    done = line.finished
    if done is not None:
        return Attempt(
            state=done.state,
            run_id=done.run_id,
            number=done.attempt,
            ended_at=done.at,
            seconds=done.seconds,
            reason=done.reason,
            error=done.error,
            hint=done.hint,
            requests=line.requests,
            bytes_fetched=line.bytes_fetched,
            bad_items=line.bad_items,
            changes=dict(line.changes),
            detail=done.detail,
        )
    if board.ended is None:
        return Attempt(_underway(line, board), board.run_id, changes=dict(line.changes))
    if line.state is StepState.RUNNING:
        return Attempt(
            StepState.INTERRUPTED, board.run_id, ended_at=board.ended.at, error=board.ended.error
        )
    return None


def _underway(line: Line, board: Board) -> StepState:
    is_ending = bool(board.cancel) and line.state is StepState.RUNNING
    return StepState.CANCELLING if is_ending else line.state
