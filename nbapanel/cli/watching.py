"""`watch`: follows any run on this database live, whoever started it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec
from psycopg import Connection

from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import (
    LiveScreen,
    PlainScreen,
    Screen,
    SilentScreen,
    console,
    document,
    summary,
)
from nbapanel.desk.past import ended, events_so_far, whole
from nbapanel.desk.story import Story
from nbapanel.engine.board import Board
from nbapanel.engine.events import Event, RunFinished, RunStarted, RunStatus
from nbapanel.opening import open_warehouse
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.rows.reads import RunRow
from nbapanel.views import runs
from nbapanel.views.attempts import run_steps
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.journal import CHANNEL, active_run, heard_event, is_locked

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
            return follow_run(connection, run_id, as_json=as_json)
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
    for event in events_so_far(connection, row.run_id):
        board.take(event)
    finished = ended(row, run_steps(connection, row.run_id))
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
    return follow_run(connection, run_id, as_json=as_json)


def follow_run(connection: Connection[Any], run_id: int, *, as_json: bool) -> int:
    board = Board.of(STEPS.steps, _row(connection, run_id).steps)
    with _screen(board, as_json=as_json) as screen:
        finished = _follow(connection, run_id, screen)
    return _report(board, finished, as_json=as_json)


def _report(board: Board, finished: RunFinished, *, as_json: bool) -> int:
    board.ended = finished
    if as_json:
        click.echo(msgspec.json.encode(document(board)))
    else:
        console().print(summary(board, finished))
    return _EXIT_CODES.get(finished.status, 1)


def _screen(board: Board, *, as_json: bool) -> Screen:
    if as_json:
        return SilentScreen(board)
    return LiveScreen(board) if sys.stdout.isatty() else PlainScreen(board)


def _next_run(connection: Connection[Any]) -> int | None:
    with in_words():
        # All of a packet first: nothing can be asked over this connection meanwhile.
        for notification in list(connection.notifies(timeout=_LOOK_EVERY_S, stop_after=1)):
            event = heard_event(notification.payload)
            if isinstance(event, RunStarted) and runs(connection, limit=1, run_id=event.run_id):
                return event.run_id
    return active_run(connection)


def _follow(connection: Connection[Any], run_id: int, screen: Screen) -> RunFinished:
    """The whole run until its end; also when its process is killed without a word.

    What happens while its journal is read is in there and comes by notification too.
    """
    story = Story(run_id)
    for event in events_so_far(connection, run_id):
        _take_news(screen, story, event)
    while True:
        for event in _heard(connection):
            _take_news(screen, story, event)
            if isinstance(event, RunFinished) and story.is_over:
                return event
        if active_run(connection) != run_id:
            for event in events_so_far(connection, run_id):
                _take_news(screen, story, event)
            return ended(_row(connection, run_id), run_steps(connection, run_id))


def _heard(connection: Connection[Any]) -> list[Event]:
    with in_words():
        # All of a packet first: nothing can be asked over this connection meanwhile.
        heard = list(connection.notifies(timeout=_LOOK_EVERY_S, stop_after=1))
    events = ((heard_event(one.payload), one.payload) for one in heard)
    return [whole(connection, event, payload) for event, payload in events if event is not None]


def _take_news(screen: Screen, story: Story, event: Event) -> None:
    if story.is_news(event):
        screen.take(event)


def _row(connection: Connection[Any], run_id: int) -> RunRow:
    return runs(connection, limit=1, run_id=run_id)[0]
