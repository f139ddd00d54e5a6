"""`rebuild`: empties the data tables and loads everything again from the archive, offline."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbapanel.cli.feeds import checked_clock
from nbapanel.cli.place import find_place, place_options
from nbapanel.cli.refetch import run_request
from nbapanel.cli.requests import RunRequest
from nbapanel.pipeline import STEPS

_FETCHING = ("fetch_scoreboards", "fetch_games", "fetch_nba")


@click.command(short_help="Empty the tables and load the archive again, offline.")
@place_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document at the end.")
@click.option(
    "--accept-loss", is_flag=True, help="Empty the tables also of what the archive lacks."
)
@click.option(
    "--clock",
    default="fixed",
    metavar="ISO|live|60x",
    callback=checked_clock,
    help="The demo league's clock (default: where the last run left it).",
)
def rebuild(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    yes: bool,
    as_json: bool,
    accept_loss: bool,
    clock: str,
) -> None:
    """Drop the data tables' rows and load everything again from the archive, without a request.

    The journal of runs stays. A rebuild that was cut short goes on with: nbapanel resume
    """
    place = find_place(data_dir, feeds, verbose)
    if not yes:
        click.confirm("Empty the data tables and load them again from the archive?", abort=True)
    request = RunRequest(
        kind="steps",
        trigger="terminal",
        steps=tuple(key for key in STEPS.keys if key not in _FETCHING),
        days=place.settings.days,
        clock=clock,
        offline=True,
        rebuild=True,
        accept_loss=accept_loss,
    )
    sys.exit(run_request(place, request, as_json=as_json, wait=False))
