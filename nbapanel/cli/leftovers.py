"""One run at a time in a data directory, and what a killed one left there cleared away.

A backfill's workers share it, with each other and with a run of the same database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from nbapanel.archive import Archive
from nbapanel.errors import RunActive
from nbapanel.file_lock import is_held, try_take
from nbapanel.paths import DataDir
from nbapanel.settings import Settings
from nbapanel.warehouse.db import without_password


class DirectoryTaken(RunActive):
    """The run that is active belongs to another database: it cannot be followed from here."""


@contextmanager
def working_in(data_dir: DataDir, archive: Archive, database: str = "embedded") -> Iterator[None]:
    """Have the data directory for the length of the block.

    The database's own lock keeps two runs of one database apart; this one, two of different
    databases that would write the same archive (`database`: see `name_of`). Raises DirectoryTaken.
    """
    with data_dir.writing():
        workers = _Workers.found_in(data_dir, database)
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
        if _said(data_dir) or workers.dead:
            workers.clear_up(archive)
            _sweep_files(data_dir)
        with data_dir.writing():
            lock.write(f"{os.getpid()}\n{database}")
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


@contextmanager
def sharing(data_dir: DataDir, archive: Archive, database: str) -> Iterator[None]:
    """Work in the data directory as a backfill's worker. Raises DirectoryTaken where a worker, or a
    run, of another database does."""
    with data_dir.writing():
        workers = _Workers.found_in(data_dir, database)
        lock = try_take(data_dir.worker_lock(os.getpid()))
    assert lock is not None, "nobody else has our number"
    try:
        lock.write(database)
        is_run_here = is_held(data_dir.run_lock)
        if is_run_here and _said_database(data_dir) not in ("", database):
            raise _taken(data_dir, "A run")
        if workers.dead and not is_run_here:
            workers.clear_up(archive)
        yield
    finally:
        lock.release(unlink=True)


def name_of(settings: Settings) -> str:
    """Which database it is, with no secret."""
    return without_password(settings.database_url) if settings.database_url else "embedded"


@dataclass(frozen=True, slots=True)
class _Workers:
    """Who is at a backfill here: how many, and the files of those that were killed at it."""

    alive: int
    dead: tuple[Path, ...]

    @classmethod
    def found_in(cls, data_dir: DataDir, database: str) -> _Workers:
        """Raises DirectoryTaken where one has another database."""
        alive = [path for path in data_dir.worker_locks if is_held(path)]
        for path in alive:
            if path.read_text(encoding="utf-8", errors="replace") not in ("", database):
                raise _taken(data_dir, "A backfill's worker")
        others = (path for path in data_dir.worker_locks if path not in alive)
        dead = tuple(path for path in others if not psutil.pid_exists(_pid_of(path)))
        return cls(len(alive), dead)

    def clear_up(self, archive: Archive) -> None:
        """What was left unfinished, once nobody is alive whose work it might be."""
        if not self.alive:
            archive.sweep(stale_after_s=0)
            for path in self.dead:
                path.unlink(missing_ok=True)


def _pid_of(path: Path) -> int:
    return int(path.name.split(".")[1])


def _taken(data_dir: DataDir, who: str) -> DirectoryTaken:
    return DirectoryTaken(
        f"{who} works in this data directory, with another database.",
        f"{data_dir.root}",
        "Wait for it to end, or name another --data-dir.",
    )


def _said(data_dir: DataDir) -> str:
    """The process that has the run lock, or had it when it was killed."""
    return _text(data_dir).partition("\n")[0].strip()


def _said_database(data_dir: DataDir) -> str:
    return _text(data_dir).partition("\n")[2].strip()


def _text(data_dir: DataDir) -> str:
    return data_dir.run_lock.read_text(encoding="utf-8", errors="replace")


def _sweep_files(data_dir: DataDir) -> None:
    """Files of the data directory itself that were written and never put into place."""
    for path in data_dir.root.glob("*.*.tmp"):
        pid = path.name.split(".")[-2]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            path.unlink(missing_ok=True)
