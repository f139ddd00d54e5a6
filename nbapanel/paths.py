"""Where things lie: the files that ship with the program, and the data directory's rooms."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs


def shipped(name: str) -> Path:
    """A folder that ships with the program: "migrations" or "resources".

    A checkout has them at its top, an installed wheel inside the package, a frozen build in its
    bundle.
    """
    bundle = getattr(sys, "_MEIPASS", None)
    if bundle is not None:
        return Path(bundle) / name
    package = Path(__file__).resolve().parent
    installed = package / "_files" / name
    if installed.is_dir():
        return installed
    return package.parent / ("db/migrations" if name == "migrations" else name)


def default_data_dir(flavour: str = "live") -> Path:
    """The user data directory of the platform; "demo" and "recorded" lie beside the live one."""
    name = "nbapanel" if flavour == "live" else f"nbapanel-{flavour}"
    return Path(platformdirs.user_data_dir(name, appauthor=False))


@dataclass(frozen=True, slots=True)
class DataDir:
    """The rooms of one data directory. Nothing is written anywhere else."""

    root: Path

    @property
    def archive(self) -> Path:
        return self.root / "archive"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def origin(self) -> Path:
        """Which set of feeds this directory belongs to."""
        return self.root / "origin.json"

    @property
    def requested_run(self) -> Path:
        """What was asked for, until the database has it on record."""
        return self.root / "requested_run.json"

    @property
    def run_lock(self) -> Path:
        """Held by the run that works here; still says so when that run was killed."""
        return self.root / "run.lock"

    def make(self) -> None:
        """Create the directory, readable by its owner alone."""
        self.root.mkdir(parents=True, exist_ok=True)
        os.chmod(self.root, 0o700)
