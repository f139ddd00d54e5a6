"""A file that is there whole or not at all, whatever ends its writer. What is in it, others know.

Where the system can, what is being written has no name, so that even a kill leaves nothing. Where
it cannot, it has one beside the file, locked while it is written: what a kill left goes with the
next export into that folder.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from nbapanel.errors import UsageError, UserFacingError
from nbapanel.file_lock import HeldLock, try_take

_PREFIX, _SUFFIX = ".nbapanel-", ".tmp"
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class WholeFile:
    """Takes bytes, counts them and knows their hash; `put` gives it its name."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._hash = hashlib.sha256()
        self._lock: HeldLock | None = None
        self._named: Path | None = None
        self.byte_size = 0
        self._file = self._opened()

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def write(self, data: bytes | bytearray) -> None:
        self._file.write(data)
        self._hash.update(data)
        self.byte_size += len(data)

    def settle(self) -> None:
        """Have all of it on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def put(self, *, overwrite: bool) -> None:
        """Give it its name, once all of it is on the disk."""
        self.settle()
        if self._named is None:
            self._name_it(self._path if not overwrite else self._new_name())
        if self._named is not None:
            self._file.close()
            if sys.platform == "win32":
                self._let_go()  # what somebody has open cannot be moved there
            _move(self._named, self._path, overwrite=overwrite)
            self._named = None
        _sync_folder(self._path.parent)

    def close(self) -> None:
        """What was not put goes."""
        with suppress(OSError):
            self._file.close()
        if self._named is not None:
            with suppress(OSError):
                self._named.unlink(missing_ok=True)
        self._let_go()

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.release()

    def _opened(self) -> BinaryIO:
        with suppress(OSError, AttributeError):
            return _nameless(self._path.parent)
        _sweep(self._path.parent)
        return self._opened_beside()

    def _opened_beside(self) -> BinaryIO:
        """Under a name of its own, and locked, so that nobody who clears up there takes it."""
        while True:
            descriptor, name = tempfile.mkstemp(_SUFFIX, _PREFIX, self._path.parent)
            lock = try_take(Path(name))
            if lock is not None and _is_file(descriptor, name):
                self._named, self._lock = Path(name), lock
                return os.fdopen(descriptor, "wb")
            # Somebody who clears up was quicker than the lock: what has the name is another file.
            os.close(descriptor)
            if lock is not None:
                lock.release(unlink=True)

    def _new_name(self) -> Path:
        return self._path.with_name(f"{_PREFIX}{os.getpid()}-{os.urandom(6).hex()}{_SUFFIX}")

    def _name_it(self, path: Path) -> None:
        """A link to what has no name; it never takes the place of another file."""
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            # Without a folder's descriptor Python calls link(), which does not follow the way.
            os.link(_way_to(self._file), path, src_dir_fd=folder, follow_symlinks=True)
        finally:
            os.close(folder)
        self._named = path if path != self._path else None


@contextmanager
def whole_file(path: Path, *, overwrite: bool) -> Iterator[WholeFile]:
    """The file gets its name when the block ends well; else nothing is left of it.

    Raises UsageError where something is there that must not be overwritten, and UserFacingError
    where the system refuses.
    """
    check_place(path, overwrite=overwrite)
    try:
        file = WholeFile(path)
        try:
            yield file
            file.put(overwrite=overwrite)
        finally:
            file.close()
    except OSError as error:
        raise _in_words(path, error) from error


def check_place(path: Path, *, overwrite: bool) -> None:
    """Raise UsageError if the file cannot be there, or must not be."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise UsageError(
                f"{path} cannot be written.", f"There is no folder {path.parent}."
            ) from None
        return
    except OSError as error:
        raise UsageError(f"{path} cannot be written.", error.strerror or str(error)) from error
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{path} cannot be written.", "It is there, and is no ordinary file.")
    if not overwrite:
        raise _is_there(path)


def _nameless(folder: Path) -> BinaryIO:
    file = os.fdopen(os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb")
    if not os.path.exists(_way_to(file)):  # no /proc, and no way to a name later
        file.close()
        raise FileNotFoundError
    return file


def _way_to(file: BinaryIO) -> str:
    return f"/proc/self/fd/{file.fileno()}"


def _is_file(descriptor: int, name: str) -> bool:
    """Whether what is open still has that name."""
    return os.path.samestat(os.fstat(descriptor), os.stat(name))


def _move(source: Path, target: Path, *, overwrite: bool) -> None:
    if overwrite:
        os.replace(source, target)
        return
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # A file system without links: the look and the move are two there.
        check_place(target, overwrite=False)
        os.replace(source, target)
    else:
        source.unlink()


def _sweep(folder: Path) -> None:
    for left in folder.iterdir():
        is_ours = left.name.startswith(_PREFIX) and left.name.endswith(_SUFFIX)
        with suppress(OSError):
            # Taken, not only looked at: between the look and its end somebody may begin to write.
            lock = try_take(left) if is_ours else None
            if lock is not None:
                lock.release(unlink=True)


def _sync_folder(folder: Path) -> None:
    """So that its name outlives a power cut too; not every system lets a folder be opened."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _is_there(path: Path) -> UsageError:
    return UsageError(f"{path} is there already.", hint="To have it replaced: --overwrite")


def _in_words(path: Path, error: OSError) -> UserFacingError:
    if isinstance(error, FileExistsError):
        return _is_there(path)
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserFacingError(
            "The disk is full.", f"{path} was not written; nothing is left of it.", "Free some."
        )
    return UserFacingError(f"{path} could not be written.", error.strerror or str(error))
