"""`refetch` and `resume`: the pipeline, or a slice of it, run from the terminal."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec

from nbapanel.cli import planning
from nbapanel.cli.feeds import checked_clock
from nbapanel.cli.leftovers import DirectoryTaken
from nbapanel.cli.place import MOST_DAYS, find_place, place_options
from nbapanel.cli.requests import RunRequest, from_journal, picked_up
from nbapanel.cli.running import exit_code, run
from nbapanel.cli.screen import (
    LiveScreen,
    PlainScreen,
    Screen,
    SilentScreen,
    console,
    document,
    summary,
)
from nbapanel.cli.watching import follow
from nbapanel.engine.board import Board
from nbapanel.engine.events import RunFinished, RunStatus, StepState
from nbapanel.errors import RunActive, UsageError
from nbapanel.opening import look_into
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.steps.resources import PipelineStep
from nbapanel.views import last_unfinished, unknown_games
from nbapanel.warehouse.db import connect

_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\.\.(\d{4}-\d{2}-\d{2}))?")
_FIRST_GAME = date(1946, 11, 1)


@click.command()
@place_options
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), help="The last N US Eastern days, today too."
)
@click.option("--date", "dates", metavar="D..D", help="US Eastern game dates, both included.")
@click.option("--only", multiple=True, metavar="STEP", help="Just this step (repeatable).")
@click.option("--from", "from_", metavar="STEP", help="This step and all that depend on it.")
@click.option("--until", metavar="STEP", help="This step and all that it depends on.")
@click.option("--force", is_flag=True, help="Do what is held complete or unchanged again, too.")
@click.option("--game", "games", multiple=True, metavar="ID", help="Only this ESPN game.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
@click.option("--no-publish", is_flag=True, help="Leave the published views as they are.")
@click.option("--publish-anyway", is_flag=True, help="Publish though the gates object.")
@click.option("--wait", is_flag=True, help="If another run is active, follow it to its end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
@click.option(
    "--clock",
    default="fixed",
    metavar="ISO|live|60x",
    callback=checked_clock,
    help="The demo league's clock (default: it stands still at a fixed evening, or where the last"
    " run left it).",
)
@click.option(
    "--trigger",
    type=click.Choice(["terminal", "button", "schedule"]),
    default="terminal",
    hidden=True,
)
def refetch(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    days: int | None,
    dates: str | None,
    only: tuple[str, ...],
    from_: str | None,
    until: str | None,
    dry_run: bool,
    wait: bool,
    as_json: bool,
    no_publish: bool,
    **options: Any,
) -> None:
    """Bring the warehouse up to date: fetch, load, derive, publish."""
    if days is not None and dates is not None:
        raise UsageError("--days and --date say the same thing twice.", hint="Give one of them.")
    place = find_place(data_dir, feeds, verbose)
    steps = tuple(step.key for step in STEPS.slice(only, from_, until))
    first, last = _dates(dates)
    request = RunRequest(
        kind="refetch" if len(steps) == len(STEPS) else "steps",
        steps=steps,
        days=days or place.settings.days,
        first=first,
        last=last,
        publish=not no_publish,
        **options,
    )
    _refuse_idle(request)
    if dry_run:
        planning.dry_run(place, request, as_json=as_json)
        return
    sys.exit(run_request(place, request, as_json=as_json, wait=wait))


@click.command(short_help="Run what the last run left undone.")
@place_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
def resume(data_dir: Path | None, feeds: str | None, verbose: bool, as_json: bool) -> None:
    """Run what the last run left undone: it was killed, cancelled, or a step failed."""
    place = find_place(data_dir, feeds, verbose)
    request = _left_over(place)
    if request is None:
        if as_json:
            click.echo(msgspec.json.encode({"run_id": None, "status": "done", "steps": []}))
        else:
            click.echo("Nothing to resume: the last run did all that it was asked for.")
        return
    sys.exit(run_request(place, request, as_json=as_json, wait=False))


def run_request(
    place: Place,
    request: RunRequest,
    *,
    as_json: bool,
    wait: bool,
) -> int:
    """Run it, show it, say what changed; the exit code."""
    board = Board.of(STEPS.steps, request.steps)
    screen = screen_for(board, as_json=as_json)

    def begun(
        run_id: int, steps: tuple[PipelineStep, ...], history: dict[str, list[float]]
    ) -> None:
        board.run_id, board.history = run_id, history

    try:
        with screen:
            finished = run(place, request, screen, begun)
    except RunActive as active:
        if not wait or isinstance(active, DirectoryTaken):
            raise
        click.echo(f"{active.title} {active.detail}", err=True)
        return follow(place, as_json=as_json)
    report(board, finished, place, as_json=as_json)
    unknown = _unknown(place, request) if finished.status is RunStatus.DONE else []
    for game in unknown:
        click.echo(f"No game {game} is known. Is it in the days that were asked for?", err=True)
    return 1 if unknown else exit_code(finished)


def _unknown(place: Place, request: RunRequest) -> list[str]:
    """Games that were asked for and that no scoreboard has."""
    if not request.games:
        return []
    with look_into(place, "look") as conninfo:
        assert conninfo is not None
        with connect(conninfo, purpose="look") as connection:
            return unknown_games(connection, request.games)


def screen_for(board: Board, *, as_json: bool) -> Screen:
    if as_json:
        return SilentScreen(board)
    return LiveScreen(board) if sys.stdout.isatty() else PlainScreen(board)


def report(board: Board, finished: RunFinished, place: Place, *, as_json: bool) -> None:
    board.ended = finished
    if as_json:
        click.echo(msgspec.json.encode(document(board)))
        return
    out = console()
    out.print()
    out.print(summary(board, finished))
    out.print(f"Data: {place.data_dir.root}")
    next_command = _what_next(place, finished)
    if next_command:
        out.print(f"Next: {next_command}")


def _what_next(place: Place, finished: RunFinished) -> str:
    if finished.failed or finished.blocked or finished.cancelled:
        return place.command("resume")
    return f"{place.command('status')}, or psql: {place.command('db psql')}"


def _left_over(place: Place) -> RunRequest | None:
    """The request of the last run, with the steps that it did not end well."""
    put_down = picked_up(place.data_dir)
    if put_down is not None:
        return replace(put_down, trigger="resume")
    with look_into(place, "resume") as conninfo:
        if conninfo is None:
            return None
        with connect(conninfo, purpose="resume") as connection:
            unfinished = last_unfinished(connection)
    if unfinished is None:
        return None
    good = {StepState.DONE.value, StepState.SKIPPED.value}
    undone = [
        key
        for key in unfinished.steps
        if key in STEPS.by_key and unfinished.states.get(key) not in good
    ]
    # What was done on top of something missing has to see it too, once it is there.
    wanted = STEPS.downstream(undone) & set(unfinished.steps)
    left = tuple(key for key in STEPS.keys if key in wanted)
    if not left:
        return None
    return from_journal(unfinished.kind, left, unfinished.settings, unfinished.run_id)


def _dates(text: str | None) -> tuple[date | None, date | None]:
    if text is None:
        return None, None
    matched = _DATES.fullmatch(text)
    try:
        if matched is None:
            raise ValueError(text)
        first = date.fromisoformat(matched[1])
        last = date.fromisoformat(matched[2] or matched[1])
    except ValueError:
        raise UsageError(
            f"{text!r} is not a day or a span of days.", hint="Example: 2024-01-14..2024-01-16"
        ) from None
    if last < first:
        raise UsageError(f"{text}: the span ends before it begins.")
    latest = date.today() + timedelta(days=366)
    if first < _FIRST_GAME or last > latest:
        raise UsageError(
            f"{text}: the league has no games there.",
            hint=f"Days from {_FIRST_GAME} to {latest} can be asked for.",
        )
    return first, last


def _refuse_idle(request: RunRequest) -> None:
    if not request.steps:
        raise UsageError("No step lies between --from and --until.", hint="See: nbapanel steps")
    for game in request.games:
        if not game.isdigit():
            raise UsageError(f"{game!r} is not an ESPN game id.", hint="Example: 401585607")
