"""`backfill`: brings whole seasons, begins or resumes, pauses, and says how it ended."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click
import msgspec

from nbapanel.backfill import jobs
from nbapanel.backfill.jobs import Desk
from nbapanel.backfill.lanes import STAGES
from nbapanel.backfill.request import BackfillRequest, season_window
from nbapanel.cli.backfill_report import document, unwritable, write_report
from nbapanel.cli.backfill_screen import LiveBackfill, PlainBackfill, Shown, summary
from nbapanel.cli.backfilling import Show, run_backfill
from nbapanel.cli.feeds import checked_clock
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.screen import console
from nbapanel.clock import SystemClock
from nbapanel.errors import DatabaseUnavailable, UsageError
from nbapanel.opening import look_into, nothing_here
from nbapanel.place import Place
from nbapanel.rows.backfills import LANES, BackfillDetail
from nbapanel.views import backfills
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.pausing import pause_backfills

_LAST = 0
_EXIT_CODES = {"done": 0, "failed": 1, "paused": 130}
_WORKERS = 2


@click.command(short_help="Bring whole seasons, in units that many can share.")
@place_options
@click.option(
    "--season", "seasons", multiple=True, metavar="SEASON", help="Which, as 2023-24; repeatable."
)
@click.option(
    "--lane",
    "lanes",
    multiple=True,
    type=click.Choice(LANES),
    help="Only this one; repeatable (default: all).",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=_WORKERS,
    show_default=True,
    help="Jobs at once in this process; 0: leave all of it to `nbapanel worker`.",
)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most N games of each lane: the first that are lacking.",
)
@click.option("--force", is_flag=True, help="Bring what is held complete again, too.")
@click.option(
    "--resume",
    "resumed",
    type=click.IntRange(min=0),
    is_flag=False,
    flag_value=_LAST,
    metavar="[NUMBER]",
    help="Go on with what was paused or killed, and try again what failed (default: the last).",
)
@click.option("--pause", is_flag=True, help="Pause what runs, wherever its workers are.")
@click.option("--list", "is_listing", is_flag=True, help="Show the last backfills.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write how each unit ended, as JSON lines.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
@click.option(
    "--clock",
    default="fixed",
    metavar="ISO|live|60x",
    callback=checked_clock,
    help="The demo league's clock, as in `nbapanel refetch`.",
)
@click.option(
    "--trigger", type=click.Choice(["terminal", "button"]), default="terminal", hidden=True
)
def backfill(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    seasons: tuple[str, ...],
    lanes: tuple[str, ...],
    workers: int,
    limit: int | None,
    force: bool,
    resumed: int | None,
    pause: bool,
    is_listing: bool,
    report: Path | None,
    as_json: bool,
    clock: str,
    trigger: str,
) -> None:
    """Bring whole seasons: discover, fetch, load, derive, in units that many can share.

    Ctrl-C (or --pause) ends what is underway and pauses; the same command again, or --resume, goes
    on with just what is left, also after a kill. `nbapanel worker` takes a share in another
    process, or on another machine. A game that cannot be had does not hold up the rest: it is
    tried three times, listed with its reason, and the exit code is 1. What is held complete is
    not fetched again. The published views follow with the next refetch.
    """
    place = find_place(data_dir, feeds, verbose)
    if sum((bool(seasons), resumed is not None, pause, is_listing)) != 1:
        raise UsageError(
            "Say what is to be done: --season, --resume, --pause or --list.",
            hint="Example: nbapanel backfill --season 2023-24",
        )
    if is_listing:
        _list(place, as_json=as_json)
        return
    if pause:
        _pause(place)
        return
    for season in seasons:
        season_window(season, SystemClock().now())
    if report is not None:
        _try_report(report)
    request = BackfillRequest(
        tuple(sorted(set(seasons))),
        tuple(lane for lane in LANES if lane in (lanes or LANES)),
        limit,
        force,
    )
    sys.exit(_run(place, request, resumed, workers, report, clock, trigger, as_json=as_json))


def _run(
    place: Place,
    request: BackfillRequest,
    resumed: int | None,
    workers: int,
    report: Path | None,
    clock: str,
    trigger: str,
    *,
    as_json: bool,
) -> int:
    screen: Shown = (
        LiveBackfill() if sys.stdout.isatty() and not as_json else PlainBackfill(is_silent=as_json)
    )

    async def begin(desk: Desk) -> int:
        if resumed is not None:
            number = await desk.book.to_resume(resumed or None)
        else:
            found = await desk.book.as_asked(request)
            if found is None:
                units = await jobs.find(desk, request, "discover")
                return await desk.book.open(request, trigger, units)
            number = found
        screen.say(f"Backfill {number} goes on.")
        await desk.book.resume(number, STAGES)
        return number

    def shown(conninfo: str, number: int) -> Show:
        def show() -> None:
            # A look that fails is no reason to end the work.
            with (
                suppress(DatabaseUnavailable),
                connect(conninfo, purpose="backfill looks") as connection,
            ):
                screen.take(backfills.backfill(connection, number))

        return show

    with screen:
        number = run_backfill(place, clock, workers, screen.say, begin, shown)
    return _tell(place, number, report, as_json=as_json)


def _tell(place: Place, number: int, report: Path | None, *, as_json: bool) -> int:
    with look_into(place, "look") as conninfo:
        assert conninfo is not None
        with connect(conninfo, purpose="look") as connection:
            detail = backfills.backfill(connection, number)
            if report is not None:
                write_report(connection, detail, report)
    if as_json:
        click.echo(msgspec.json.encode(document(detail)))
    else:
        out = console()
        out.print(summary(detail))
        out.print(f"Next: {_what_next(place, detail)}")
    return _EXIT_CODES.get(detail.row.status, 1)


def _what_next(place: Place, detail: BackfillDetail) -> str:
    if detail.row.status == "done":
        return place.command("refetch --from publish")
    return place.command(f"backfill --resume {detail.row.backfill_id}")


def _pause(place: Place) -> None:
    with look_into(place, "look") as conninfo:
        if conninfo is None:
            click.echo(nothing_here(place))
            return
        with connect(conninfo, purpose="look") as connection:
            paused = pause_backfills(connection, reason="paused from a terminal")
    if not paused:
        click.echo("No backfill is running.")
    for number in paused:
        click.echo(f"Backfill {number} is paused: its workers end what they are at.")
        click.echo(f"Next: {place.command(f'backfill --resume {number}')}")


def _list(place: Place, *, as_json: bool) -> None:
    with look_into(place, "look") as conninfo:
        if conninfo is None:
            click.echo("[]" if as_json else nothing_here(place))
            return
        with connect(conninfo, purpose="look") as connection:
            found = [
                backfills.backfill(connection, row.backfill_id)
                for row in backfills.backfills(connection)
            ]
    if as_json:
        click.echo(msgspec.json.encode([document(one) for one in found]))
        return
    out = console()
    for one in found:
        out.print(summary(one))
        out.print()
    if not found:
        click.echo(f"No backfill yet: {place.command('backfill --season 2023-24')}")


def _try_report(path: Path) -> None:
    """Better now than after the hours that it takes."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError as error:
        raise unwritable(path, error) from error
