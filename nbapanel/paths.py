"""Where things lie: the files that ship with the program, and the data directory's rooms."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from nbapanel.errors import UsageError, UserFacingError

# What a directory may hold before it is known whose data is kept there.
_OURS = {
    "archive", "postgres", "logs", "exports", "settings.toml", "panel.ini", "panel.ini.lock",
    "panel.sock", "requested_run.json", "run.lock", "lost+found", ".DS_Store",
}  # fmt: skip


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


def expanded(typed: str | Path) -> Path:
    """With the home in the place of ~; of a user whom nobody knows it stays as it was typed.

    (Path.expanduser raises RuntimeError there.)
    """
    return Path(os.path.expanduser(typed))


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

    def worker_lock(self, pid: int) -> Path:
        """Held by a backfill's worker as long as it works here; says with which database."""
        return self.root / f"worker.{pid}.lock"

    @property
    def worker_locks(self) -> tuple[Path, ...]:
        return tuple(self.root.glob("worker.[0-9]*.lock"))

    def make(self) -> None:
        """Create the directory, readable by its owner alone; one that is there stays as it is.

        Raises UserFacingError for one that cannot be made, or that holds what is not ours.
        """
        with self.writing():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_foreign()

    def put(self, path: Path, data: bytes) -> None:
        """Put a small file of the directory into place: whole, or not at all.

        Raises UserFacingError where the system refuses.
        """
        partial = path.with_suffix(f".{os.getpid()}.tmp")
        with self.writing():
            try:
                partial.write_bytes(data)
                os.replace(partial, path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Say in words what the system refuses of what is written here."""
        try:
            yield
        except OSError as error:
            raise unusable(self.root, error) from error

    def _refuse_foreign(self) -> None:
        if self.origin.exists():
            return
        foreign = sorted(
            path.name
            for path in self.root.iterdir()
            if path.name not in _OURS and path.suffix != ".tmp"
        )
        if foreign:
            raise UsageError(
                f"{self.root} holds other things, such as {foreign[0]}.",
                "A data directory belongs to nbapanel alone.",
                f"Name one that is empty or new, such as {self.root / 'nbapanel'}",
            )


def unusable(root: Path, error: OSError) -> UserFacingError:
    """What to say of a data directory that the system does not let us have, or write to."""
    where = f"{error.filename or root}: {error.strerror or error}."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        hint = "Free some space there, then run the same again; no half file was left."
        return UserFacingError("The disk is full.", where, hint)
    return UsageError(
        f"{root} cannot be the data directory.",
        where,
        "Name another with --data-dir (or NBAPANEL_DATA_DIR).",
    )
