"""A place of work: which data directory, which feeds, which settings. Nothing is opened."""

from __future__ import annotations

import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir, default_data_dir
from nbapanel.settings import Settings


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
