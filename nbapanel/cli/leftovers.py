"""One run at a time in a data directory, and what a killed one left there cleared away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from nbapanel.archive import Archive
from nbapanel.errors import RunActive
from nbapanel.file_lock import try_take
from nbapanel.paths import DataDir


class DirectoryTaken(RunActive):
    """The run that is active belongs to another database: it cannot be followed from here."""


@contextmanager
def working_in(data_dir: DataDir, archive: Archive) -> Iterator[None]:
    """Have the data directory for the length of the block.

    The database's own lock keeps two runs of one database apart; this one, two of different
    databases that would write the same archive. Raises DirectoryTaken.
    """
    with data_dir.writing():
        lock = try_take(data_dir.run_lock)
    if lock is None:
        raise DirectoryTaken(
            "Another run works in this data directory, with another database.",
            f"{data_dir.root} is held by process {_said(data_dir) or 'unknown'}.",
            "Wait for it to end, or name another --data-dir.",
        )
    with lock:
        # The file still names a run: it was killed. Nobody else writes here now, so whatever is
        # unfinished stays unfinished. (Looking through the archive costs time: only then.)
        if _said(data_dir):
            archive.sweep(stale_after_s=0)
            _sweep_files(data_dir)
        with data_dir.writing():
            lock.write(str(os.getpid()))
        yield
        lock.write("")


@contextmanager
def undisturbed_in(data_dir: DataDir) -> Iterator[None]:
    """Keep runs out of the data directory for the length of the block. Raises RunActive."""
    with data_dir.writing():
        lock = try_take(data_dir.run_lock)
    if lock is None:
        raise RunActive(
            "A run works in this data directory.",
            f"{data_dir.root} is held by process {_said(data_dir) or 'unknown'}.",
            "Let it finish, or stop it, then try again.",
        )
    with lock:
        yield


def _said(data_dir: DataDir) -> str:
    return data_dir.run_lock.read_text(encoding="ascii", errors="replace").strip()


def _sweep_files(data_dir: DataDir) -> None:
    """Files of the data directory itself that were written and never put into place."""
    for path in data_dir.root.glob("*.*.tmp"):
        pid = path.name.split(".")[-2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            path.unlink(missing_ok=True)
