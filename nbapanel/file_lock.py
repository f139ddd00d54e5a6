"""A lock on a file that the system itself lets go when its holder ends, however it ends.

Nothing of PostgreSQL is here. The library filelock was tried: importing it costs 50 ms, more than
a whole `acquire` may take, and where flock is missing it falls back to marker files, which a kill
leaves behind.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_POLL_S = 0.005

if sys.platform == "win32":
    import msvcrt

    # A locked byte cannot be read by others there, so it lies far behind the file's text.
    _LOCKED_BYTE = 1 << 30

    def _try_lock(fd: int) -> bool:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(fd: int) -> None:
        os.lseek(fd, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_UN)


@dataclass(slots=True)
class HeldLock:
    """A lock that is held until `release`, or until this process ends."""

    path: Path
    _fd: int

    def write(self, text: str) -> None:
        """Put a few words into the file about who holds it."""
        os.ftruncate(self._fd, 0)
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.write(self._fd, text.encode())

    def release(self, *, unlink: bool = False) -> None:
        """Let go, once. `unlink` also removes the file: only for names never used again."""
        if self._fd < 0:
            return
        if unlink and sys.platform != "win32":
            self.path.unlink(missing_ok=True)
        _unlock(self._fd)  # a child that was forked meanwhile may have the file open too
        os.close(self._fd)
        self._fd = -1
        if unlink and sys.platform == "win32":
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> HeldLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def try_take(path: Path) -> HeldLock | None:
    """Take the lock now, or return None when another process or another holder here has it."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        taken = _try_lock(fd)
    except BaseException:
        os.close(fd)
        raise
    if not taken:
        os.close(fd)
        return None
    return HeldLock(path, fd)


def take(path: Path, *, timeout_s: float, poll_s: float = _POLL_S) -> HeldLock | None:
    """Take the lock, waiting for it up to `timeout_s`; None when it was not to be had."""
    deadline = time.monotonic() + timeout_s
    while (lock := try_take(path)) is None:
        if time.monotonic() >= deadline:
            return None
        time.sleep(poll_s)
    return lock


def take_folder(folder: Path, *, timeout_s: float) -> HeldLock | None:
    """Take the lock of a folder itself, so that no file of the lock's own is left in it.

    None when it was not to be had in time, or where folders have none: on Windows, and on some
    network drives.
    """
    try:
        fd = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    lock = None
    deadline = time.monotonic() + timeout_s
    try:
        while not (is_taken := _try_lock(fd)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        if is_taken:
            lock = HeldLock(folder, fd)
    except OSError:
        pass
    finally:
        if lock is None:
            os.close(fd)
    return lock


def is_held(path: Path) -> bool:
    """True while some living process holds the lock. Creates nothing."""
    try:
        fd = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _try_lock(fd)
    finally:
        os.close(fd)
