"""`worker`: takes a share of the backfills that run on the same database."""

from __future__ import annotations

from pathlib import Path

import click

from nbapanel.cli.backfilling import run_worker
from nbapanel.cli.feeds import checked_clock
from nbapanel.cli.place import find_place, place_options


@click.command(short_help="Take a share of the backfills that run, until Ctrl-C.")
@place_options
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Jobs at once in this process.",
)
@click.option("--until-idle", is_flag=True, help="Leave once no backfill runs.")
@click.option(
    "--clock",
    default="fixed",
    metavar="ISO|live|60x",
    callback=checked_clock,
    help="The demo league's clock, as in `nbapanel refetch`.",
)
def worker(
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    workers: int,
    until_idle: bool,
    clock: str,
) -> None:
    """Take a share of the backfills that run, from this process or this machine, until Ctrl-C.

    On another machine set DATABASE_URL to the same server. What a worker fetches it loads itself,
    and keeps in the archive of its own data directory: put the archive folders of all machines
    together before a `nbapanel rebuild`. The pace toward the feeds is kept by all workers
    together. A worker that is killed loses nothing: others take what it was at once it was silent
    for a while (worker_silence_s in the settings).
    """
    place = find_place(data_dir, feeds, verbose)
    click.echo("Waiting for backfills; Ctrl-C ends it.")
    run_worker(place, clock, workers, click.echo, until_idle=until_idle)
