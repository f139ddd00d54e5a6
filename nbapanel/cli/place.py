"""Where a command works, as its options say it. Nothing is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from nbapanel.cli.feeds import identified
from nbapanel.errors import UsageError
from nbapanel.origin import FeedSet, parse_feeds, remembered
from nbapanel.paths import DataDir, default_data_dir, expanded
from nbapanel.place import Place
from nbapanel.settings_store import load_settings

MOST_DAYS = 30_000
"""Every day since the league began, and no overflow."""

F = TypeVar("F", bound=Callable[..., Any])


def place_options(command: F) -> F:
    """--data-dir, --feeds and --verbose, as every command that touches data takes them."""
    for option in reversed(
        (
            click.option(
                "--data-dir",
                type=click.Path(file_okay=False, path_type=Path),
                envvar="NBAPANEL_DATA_DIR",
                help="Where everything is kept (default: the user data directory).",
            ),
            click.option(
                "--feeds",
                metavar="SET",
                help="live, demo, recorded:DIR or http://HOST:PORT"
                " (default: what the data directory holds, else live).",
            ),
            click.option("--verbose", is_flag=True, help="Show the log on stderr too."),
        )
    ):
        command = option(command)
    return command


def find_place(data_dir: Path | None, feeds: str | None, verbose: bool = False) -> Place:
    """A data directory that is named tells its feeds; otherwise the feeds tell the directory."""
    chosen = identified(parse_feeds(feeds)) if feeds is not None else None
    if data_dir is None:
        room = DataDir(default_data_dir((chosen or FeedSet("live")).flavour))
    else:
        room = DataDir(expanded(data_dir).resolve())
    # Read in any case: it says in words that the directory cannot be one.
    have = remembered(room)
    settings = load_settings(room.root)
    if not 1 <= settings.days <= MOST_DAYS:
        raise UsageError(
            f"The setting days is {settings.days}; it is from 1 to {MOST_DAYS:,}.",
            hint="Correct NBAPANEL_DAYS, or days in settings.toml.",
        )
    return Place(room, chosen or have or FeedSet("live"), settings, verbose)
