"""The embedded PostgreSQL as its clients see it: acquire a lease, look, start, stop. No SQL here.

Every process that uses the server holds a lease: a locked file, which the system lets go when the
process ends, killed or not. The server itself belongs to its keeper (`keeper`), which stops it
after the last lease. All decisions to start, join or stop are made under one lock, so that nobody
is handed a server that is about to go.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.file_lock import HeldLock
from nbapanel.warehouse import keeper_process, server_trouble
from nbapanel.warehouse.cluster import DATABASE, SUPERUSER
from nbapanel.warehouse.db import EmbeddedConninfo
from nbapanel.warehouse.postgres_binaries import binaries
from nbapanel.warehouse.server_dir import Running, ServerDir, ServerUser, write_private

__all__ = ["Lease", "ServerStatus", "ServerUser", "acquire", "binaries", "start", "status", "stop"]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """What there is, without anything being started for it.

    `users` are the living processes that hold a lease; `is_pinned` says that the server stays up
    without any. `size_bytes` is what the cluster takes on the disk.
    """

    data_path: Path
    is_initialised: bool
    is_running: bool
    is_pinned: bool
    port: int | None
    pid: int | None
    version: str | None
    started_at: datetime | None
    users: tuple[ServerUser, ...]
    size_bytes: int


class Lease:
    """This process's share in the running server, until `release` or the end of the process."""

    def __init__(
        self, room: ServerDir, user: HeldLock, running: Running, *, fast_unsafe: bool
    ) -> None:
        self._room = room
        self._user: HeldLock | None = user
        self._fast_unsafe = fast_unsafe
        self._conninfo = _conninfo(room, running)

    @property
    def conninfo(self) -> EmbeddedConninfo:
        """For libpq, password included: never for a log or a command line."""
        return self._conninfo

    def renew(self) -> str:
        """Start the server again if it and its keeper were killed; the (new) conninfo."""
        if self._user is None:
            raise RuntimeError("this lease was released")
        with _deciding(self._room):
            running = _joined(self._room, fast_unsafe=self._fast_unsafe)
        self._conninfo = _conninfo(self._room, running)
        return self._conninfo

    def release(self) -> None:
        """Let go. The last one returns when the server has stopped."""
        user, self._user = self._user, None
        if user is None:
            return
        # What cannot be done here, the keeper does by itself as soon as the lock is let go.
        with suppress(DatabaseUnavailable, OSError):
            try:
                with self._room.deciding():
                    user.release(unlink=True)
                    if not self._room.sweep() and not self._room.pinned.exists():
                        keeper_process.stop(self._room)
            finally:
                user.release(unlink=True)

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(postgres_dir: Path, *, purpose: str, fast_unsafe: bool = False) -> Lease:
    """Join those who use the server of that folder; initialise and start it where needed.

    `purpose` is shown to whoever asks who uses it. `fast_unsafe` makes a server that is started
    by this call lose the last commits when it or the machine crashes: for tests. Raises
    DatabaseUnavailable.
    """
    room = ServerDir(postgres_dir.absolute())
    with _refusals(room):
        room.make()
    with _deciding(room):
        user = room.register(purpose)
        try:
            running = _joined(room, fast_unsafe=fast_unsafe)
            return Lease(room, user, running, fast_unsafe=fast_unsafe)
        except BaseException:
            user.release(unlink=True)
            raise


def start(postgres_dir: Path, *, fast_unsafe: bool = False) -> ServerStatus:
    """Start the server, and keep it up without a client until `stop`."""
    room = ServerDir(postgres_dir.absolute())
    with acquire(postgres_dir, purpose="db start", fast_unsafe=fast_unsafe):
        write_private(room.pinned, "", durable=True)
    return status(postgres_dir)


def stop(postgres_dir: Path, *, force: bool = False) -> bool:
    """Stop the server, and no longer keep it up; False if it was not running.

    Others that use it are named in the UserFacingError, unless `force` takes it away from them.
    """
    room = ServerDir(postgres_dir.absolute())
    if not room.root.is_dir():
        return False
    with _deciding(room):
        others = [user for user in room.living_users() if user.pid != os.getpid()]
        if others and not force:
            named = "; ".join(f"{user.purpose} (process {user.pid})" for user in others)
            raise UserFacingError(
                "The embedded PostgreSQL is in use.",
                f"By: {named}.",
                "Let them finish, or take it away from them with --force.",
            )
        room.pinned.unlink(missing_ok=True)
        was_running = room.is_kept
        if was_running and not keeper_process.stop(room):
            raise DatabaseUnavailable(
                "The embedded PostgreSQL takes long to stop.",
                f"It is still writing what it holds in memory; see {room.log}.",
                "Wait a little; it stops by itself.",
            )
        return was_running


def status(postgres_dir: Path) -> ServerStatus:
    """Look, without starting or waiting for anything."""
    room = ServerDir(postgres_dir.absolute())
    with _refusals(room):
        running = room.read_running() if room.is_kept else None
        return ServerStatus(
            data_path=room.cluster,
            is_initialised=room.is_initialised,
            is_running=running is not None,
            is_pinned=room.pinned.exists(),
            port=running.port if running else None,
            pid=running.pid if running else None,
            version=running.version if running else None,
            started_at=datetime.fromisoformat(running.started_at) if running else None,
            users=room.living_users(),
            size_bytes=_size_of(room.cluster),
        )


def _joined(room: ServerDir, *, fast_unsafe: bool) -> Running:
    return keeper_process.running(room) or keeper_process.launch(room, fast_unsafe=fast_unsafe)


def _conninfo(room: ServerDir, running: Running) -> EmbeddedConninfo:
    """No TLS and no GSS to ask for: it is loopback, and the server has neither."""
    where = f"host=127.0.0.1 port={running.port} user={SUPERUSER} dbname={DATABASE}"
    with _refusals(room):
        password = room.password.read_text().strip()
    return EmbeddedConninfo(f"{where} password={password} sslmode=disable gssencmode=disable")


@contextmanager
def _deciding(room: ServerDir) -> Iterator[None]:
    with _refusals(room), room.deciding():
        yield


@contextmanager
def _refusals(room: ServerDir) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise server_trouble.from_os_error(error, room.root) from error


def _size_of(folder: Path) -> int:
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(at, name)).st_size
            except FileNotFoundError:
                continue  # PostgreSQL removed it this instant
    return total
