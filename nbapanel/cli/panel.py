"""`panel`: opens the window, or where there is no display says so, or works in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbapanel import display
from nbapanel.cli.feeds import checked_clock
from nbapanel.cli.place import find_place, place_options
from nbapanel.errors import UserFacingError


@click.command()
@place_options
@click.option(
    "--clock",
    default="fixed",
    metavar="ISO|live|60x",
    callback=checked_clock,
    help="The demo league's clock (default: it stands still at a fixed evening).",
)
@click.option(
    "--or-terminal",
    is_flag=True,
    help="Where there is no display, do the main job in the terminal instead.",
)
@click.pass_context
def panel(
    context: click.Context,
    data_dir: Path | None,
    feeds: str | None,
    verbose: bool,
    clock: str,
    or_terminal: bool,
) -> None:
    """Open the window."""
    try:
        display.require()
    except display.NoDisplay:
        if not or_terminal:
            raise
        from nbapanel.cli.refetch import refetch

        context.invoke(refetch, data_dir=data_dir, feeds=feeds, verbose=verbose, clock=clock)
        return
    try:
        place = find_place(data_dir, feeds, verbose)
        from nbapanel.app import open_window

        code = open_window(place, clock)
    except UserFacingError as error:
        if not _has_readers():
            from nbapanel.app.refusal import show_refusal

            show_refusal(error)
        raise
    sys.exit(code)


def _has_readers() -> bool:
    """Whether what is said on stderr is seen: not where an icon was clicked."""
    return sys.stderr is not None and sys.stderr.isatty()
