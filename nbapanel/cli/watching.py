"""`watch`: follows any run on this database live, whoever started it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from psycopg import Connection

from nbapanel.cli.board import Board
from nbapanel.cli.place import Place, find_place, place_options
from nbapanel.cli.screen import LiveScreen, PlainScreen, Screen, SilentScreen, console, summary
from nbapanel.cli.warehouse import open_warehouse
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
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import RunRow, StepRow
from nbapanel.views import run_steps, runs
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.journal import CHANNEL, active_run, decode_event, is_locked

_LOOK_EVERY_S = 1.0
_EXIT_CODES = {RunStatus.DONE: 0, RunStatus.CANCELLED: 130}


@click.command()
@place_options
@click.option("--once", is_flag=True, help="End with the run that is active, or with the next one.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document for each run.")
def watch(
    data_dir: Path | None, feeds: str | None, verbose: bool, once: bool, as_json: bool
) -> None:
    """Follow runs live, whoever started them, until Ctrl-C."""
    place = find_place(data_dir, feeds, verbose)
    with _listening(place) as connection:
        while True:
            code = _follow_next(connection, as_json=as_json)
            if once:
                sys.exit(code)


def follow(place: Place, *, as_json: bool) -> int:
    """Follow the run that holds the lock to its end, also one that is just starting; its exit code.

    If it has ended meanwhile, what became of it is told all the same.
    """
    with _listening(place) as connection:
        before = _newest(connection)
        run_id, was_held = active_run(connection), False
        while run_id is None and is_locked(connection):
            run_id, was_held = _next_run(connection), True
        if run_id is not None:
            return _follow_one(connection, run_id, as_json=as_json)
        last = _newest(connection)
        if last is None or (was_held and before is not None and last.run_id == before.run_id):
            return _never_began(as_json=as_json)
        return _tell_ended(connection, last, as_json=as_json)


def _newest(connection: Connection[Any]) -> RunRow | None:
    return next(iter(runs(connection, limit=1)), None)


def _never_began(*, as_json: bool) -> int:
    if as_json:
        ended: dict[str, Any] = {"run_id": None, "status": RunStatus.INTERRUPTED.value, "steps": []}
        click.echo(msgspec.json.encode(ended))
    else:
        click.echo("It ended before it began.")
    return 1


def _tell_ended(connection: Connection[Any], row: RunRow, *, as_json: bool) -> int:
    """A run that is over, from the journal alone."""
    board = Board.of(STEPS.steps, row.steps)
    for event in _before(connection, row.run_id):
        board.take(event)
    finished = _ended(row, run_steps(connection, row.run_id))
    if not as_json:
        click.echo("It has just ended.")
    return _report(board, finished, as_json=as_json)


class _listening:
    """A connection that listens to the events of runs, in a warehouse that stays up meanwhile."""

    def __init__(self, place: Place) -> None:
        self._warehouse = open_warehouse(place, "watch")
        self._connection: Connection[Any] | None = None

    def __enter__(self) -> Connection[Any]:
        conninfo = self._warehouse.__enter__()
        self._connection = connect(conninfo, purpose="watch")
        self._connection.execute(f"LISTEN {CHANNEL}")
        return self._connection

    def __exit__(self, *error: Any) -> None:
        if self._connection is not None:
            self._connection.close()
        self._warehouse.__exit__(*error)


def _follow_next(connection: Connection[Any], *, as_json: bool) -> int:
    run_id = active_run(connection)
    if run_id is None and not as_json:
        click.echo("No run is active. Waiting for one.", err=True)
    while run_id is None:
        run_id = _next_run(connection)
    return _follow_one(connection, run_id, as_json=as_json)


def _follow_one(connection: Connection[Any], run_id: int, *, as_json: bool) -> int:
    board = Board.of(STEPS.steps, _row(connection, run_id).steps)
    with _screen(board, as_json=as_json) as screen:
        for event in _before(connection, run_id):
            screen.take(event)
        finished = _follow(connection, run_id, screen)
    return _report(board, finished, as_json=as_json)


def _report(board: Board, finished: RunFinished, *, as_json: bool) -> int:
    board.ended = finished
    if as_json:
        click.echo(msgspec.json.encode(board.as_json()))
    else:
        console().print(summary(board, finished))
    return _EXIT_CODES.get(finished.status, 1)


def _screen(board: Board, *, as_json: bool) -> Screen:
    if as_json:
        return SilentScreen(board)
    return LiveScreen(board) if sys.stdout.isatty() else PlainScreen(board)


def _next_run(connection: Connection[Any]) -> int | None:
    with in_words():
        for notification in connection.notifies(timeout=_LOOK_EVERY_S):
            event = decode_event(notification.payload)
            if isinstance(event, RunStarted):
                return event.run_id
    return active_run(connection)


def _before(connection: Connection[Any], run_id: int) -> list[Event]:
    """What happened before we listened, as the journal tells it."""
    row = _row(connection, run_id)
    events: list[Event] = [
        RunStarted(run_id, row.kind, row.trigger, row.steps, row.settings, row.started_at)
    ]
    for step in run_steps(connection, run_id):
        if step.status == StepState.RUNNING:
            events.append(
                StepStarted(run_id, step.step, step.attempt, step.started_at or row.started_at)
            )
        else:
            events.append(as_event(step))
    return events


def as_event(step: StepRow) -> StepFinished:
    """A finished step of the journal as the event that it once was."""
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


def _follow(connection: Connection[Any], run_id: int, screen: Screen) -> RunFinished:
    """Events of the run until its end; also when its process is killed without a word."""
    while True:
        with in_words():
            for notification in connection.notifies(timeout=_LOOK_EVERY_S, stop_after=50):
                event = decode_event(notification.payload)
                if event is None or event.run_id != run_id:
                    continue
                screen.take(event)
                if isinstance(event, RunFinished):
                    return event
        if active_run(connection) != run_id:
            return _ended(_row(connection, run_id), run_steps(connection, run_id))


def _ended(row: RunRow, steps: list[StepRow]) -> RunFinished:
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


def _row(connection: Connection[Any], run_id: int) -> RunRow:
    return runs(connection, limit=1, run_id=run_id)[0]
