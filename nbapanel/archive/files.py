"""The archive's writes, one operating system call at a time. What is written is not known here.

Every function leaves the disk in a state that may last: a file is under its name whole, or not
at all. Calls go through `os`, so that the tests can end the process between any two of them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from nbapanel.errors import UserFacingError

TEMP_SUFFIX = ".tmp"
_CREATE = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC, errno.EDQUOT} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}


class ArchiveUnwritable(UserFacingError):
    """The disk is full, read-only, or not ours to write to."""


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn an OSError into a sentence that names the place and what to do."""
    try:
        yield
    except OSError as error:
        full = error.errno in _FULL
        reason = error.strerror or str(error)
        raise ArchiveUnwritable(
            "The disk is full." if full else "The archive cannot be written to.",
            f"{place}: {reason}.",
            "Free some space there, then run the same again; no half file was left."
            if full
            else "See that the folder exists, is not read-only and belongs to you, then run again.",
        ) from error


def make_folder(root: Path, folder: str) -> Path:
    """Create `root/folder` and what is missing above it down from `root`, for the owner alone."""
    place = root / folder
    if place.is_dir():
        return place
    missing = [place, *(p for p in place.parents if p.is_relative_to(root))]
    root.parent.mkdir(parents=True, exist_ok=True)
    for each in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(each, 0o700)
            sync_folder(each.parent)
    return place


def claim(path: Path) -> bool:
    """Take a name for ourselves, across processes: an empty file. False when it is taken."""
    try:
        descriptor = os.open(path, _CREATE, 0o600)
    except FileExistsError:
        return False
    try:
        os.close(descriptor)
    except OSError:
        forget(path)
        raise
    return True


def beginning(path: Path, most_bytes: int) -> bytes:
    """What the file holds, as far as so many bytes."""
    with open(path, "rb") as file:
        # Room is made for as much as is asked for, whether or not there is so much.
        return file.read(min(os.fstat(file.fileno()).st_size, most_bytes))


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` under `path`, replacing what is there, in one step that a kill cannot halve.

    The folder is not synced: see `sync_folder`.
    """
    temp = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}{TEMP_SUFFIX}")
    descriptor = os.open(temp, _CREATE, 0o600)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temp, path)
    except OSError:
        forget(temp)
        raise


def forget(path: Path) -> None:
    """Remove a file that may not be there. What cannot be removed is left to the sweep."""
    with contextlib.suppress(OSError):
        os.unlink(path)


def sync_folder(path: Path) -> None:
    """Make the names in a folder outlast a power cut. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno != errno.EINVAL:  # some network file systems sync no folders
            raise
    finally:
        os.close(descriptor)
