"""What happened before somebody looked: rows of the journal as the events they once were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from nbapanel.engine.events import (
    Changes,
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)
from nbapanel.rows.reads import RunRow, StepRow
from nbapanel.views import runs
from nbapanel.views.attempts import attempts


def events_so_far(connection: Connection[Any], run_id: int) -> list[Event]:
    """What happened before we listened, as the journal tells it."""
    row = runs(connection, limit=1, run_id=run_id)[0]
    events: list[Event] = [
        RunStarted(run_id, row.kind, row.trigger, tuple(row.steps), row.settings, row.started_at)
    ]
    made = attempts(connection, run_id)
    last = {step.step: step.attempt for step in made}
    for step in made:
        if step.status == StepState.RUNNING:
            events.append(
                StepStarted(run_id, step.step, step.attempt, step.started_at or row.started_at)
            )
        else:
            events.append(replace(as_event(step), retrying=step.attempt < last[step.step]))
    return events


def as_event(step: StepRow) -> StepFinished:
    """A finished attempt of the journal as the event that it once was."""
    return StepFinished(
        run_id=step.run_id,
        step=step.step,
        attempt=step.attempt,
        state=StepState(step.status),
        at=step.finished_at or datetime.now(UTC),
        seconds=(step.duration_ms or 0) / 1000,
        reason=step.reason or "",
        requests=step.requests,
        bytes_fetched=step.bytes_fetched,
        bad_items=step.bad_items,
        changes={name: Changes(**counts) for name, counts in step.changes.items()},
        detail=step.detail,
        error=step.error or "",
        hint=step.hint or "",
    )


def whole(connection: Connection[Any], event: Event, payload: str) -> Event:
    """What was heard; if it was too long for a notification, with what was left out there."""
    if '"shortened":true' not in payload:
        return event
    match event:
        case StepFinished():
            for step in attempts(connection, event.run_id):
                if (step.step, step.attempt) == (event.step, event.attempt):
                    return replace(as_event(step), at=event.at, retrying=event.retrying)
        case RunStarted():
            return replace(event, settings=runs(connection, 1, event.run_id)[0].settings)
        case _:
            pass
    return event


def ended(row: RunRow, steps: list[StepRow]) -> RunFinished:
    """How a run ended whose last word we missed, or which had none."""
    status = RunStatus(row.status)
    if status is RunStatus.RUNNING:
        status = RunStatus.INTERRUPTED

    def keys(*states: StepState) -> tuple[str, ...]:
        return tuple(step.step for step in steps if step.status in states)

    return RunFinished(
        run_id=row.run_id,
        status=status,
        at=row.finished_at or datetime.now(UTC),
        seconds=(row.duration_ms or 0) / 1000,
        done=keys(StepState.DONE),
        skipped=keys(StepState.SKIPPED),
        failed=keys(StepState.FAILED, StepState.TIMED_OUT),
        blocked=keys(StepState.BLOCKED),
        cancelled=keys(StepState.CANCELLED, StepState.INTERRUPTED, StepState.RUNNING),
        error=row.error or ("" if status is not RunStatus.INTERRUPTED else "Its process is gone."),
    )
