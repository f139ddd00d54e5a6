"""Where a command works: which data directory, which feeds, which settings. Nothing is opened."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from nbapanel.cli.feeds import identified
from nbapanel.errors import UsageError
from nbapanel.origin import FeedSet, parse_feeds, remembered
from nbapanel.paths import DataDir, default_data_dir
from nbapanel.settings import Settings, load_settings

MOST_DAYS = 30_000
"""Every day since the league began, and no overflow."""

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Place:
    data_dir: DataDir
    feeds: FeedSet
    settings: Settings
    verbose: bool = False

    def command(self, words: str) -> str:
        """A command as it is to be typed to speak of this place."""
        root, flavour = self.data_dir.root, self.feeds.flavour
        feeds = "" if flavour == "live" else f" --feeds {self.feeds.text}"
        if root == default_data_dir(flavour):
            return f"{_program()} {words}{feeds}"
        # One that is known tells its feeds.
        feeds = "" if self.data_dir.origin.exists() else feeds
        return f"{_program()} {words} --data-dir {shlex.quote(str(root))}{feeds}"


def _program() -> str:
    """What was typed to get here: outside the PATH the whole of it."""
    typed = Path(sys.argv[0])
    return str(typed) if typed.name == "nbapanel" and not shutil.which("nbapanel") else "nbapanel"


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
        room = DataDir(data_dir.expanduser().resolve())
    # Read in any case: it says in words that the directory cannot be one.
    have = remembered(room)
    settings = load_settings(room.root)
    if not 1 <= settings.days <= MOST_DAYS:
        raise UsageError(
            f"The setting days is {settings.days}; it is from 1 to {MOST_DAYS:,}.",
            hint="Correct NBAPANEL_DAYS, or days in settings.toml.",
        )
    return Place(room, chosen or have or FeedSet("live"), settings, verbose)
