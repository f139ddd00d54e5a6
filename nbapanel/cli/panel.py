"""`panel`: opens the window, or where there is no display says so, or works in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nbapanel import display
from nbapanel.cli import tell
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
        if _is_at_a_terminal():
            raise
        from nbapanel.app.refusal import show_refusal

        tell(error)  # before somebody has read the dialog: a log may be all that is looked at
        show_refusal(error)
        sys.exit(error.exit_code)
    sys.exit(code)


def _is_at_a_terminal() -> bool:
    """Whether somebody sees stderr, or has put it where they will look: `nbapanel 2>log`.

    Not where an icon was clicked: then none of the three is a terminal, and some may be missing.
    """
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return any(stream is not None and stream.isatty() for stream in streams)
