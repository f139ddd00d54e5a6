"""A file that others append to, and rename when it is full, read on from where it was left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

_MOST_BYTES = 2_000_000
_HEAD_BYTES = 120


class GrowingFile:
    """Reads `path` and its older pieces, `path`.1 being the youngest.

    A file is known again by how it begins, whatever its name is then. It is not held open: Windows
    renames no file that is. More than 2 MB at once are cut at their beginning.
    """

    def __init__(self, path: Path, pieces: int) -> None:
        self._path = path
        self._older = [path.with_name(f"{path.name}.{number + 1}") for number in range(pieces)]
        self._head = b""
        self._read = 0
        self._is_first = True
        self._seen: tuple[int, int, int] | None = None

    def read_on(self) -> bytes:
        """What was written since the last call, the first time all there is; b"" for nothing."""
        seen = _look(self._path)
        if seen is None or seen == self._seen:
            return b""
        earlier = _ends_of(self._older) if self._is_first else self._missed()
        found = earlier + self._current()
        self._is_first, self._seen = False, seen
        return _last(found)

    def _missed(self) -> bytes:
        """The rest of the file that was read so far, if it has another name now, and all pieces
        that came after it."""
        if not self._head or self._rest_of(self._path) is not None:
            return b""
        for place, path in enumerate(self._older):
            rest = self._rest_of(path)
            if rest is not None:
                self._forget()
                return _lines(rest) + _ends_of(self._older[:place])
        self._forget()  # it was deleted, or emptied
        return b""

    def _current(self) -> bytes:
        with self._path.open("rb") as file:
            found = _from(file, self._read)
            self._read = file.tell()
            file.seek(0)
            self._head = file.read(min(_HEAD_BYTES, self._read))
        return found

    def _rest_of(self, path: Path) -> bytes | None:
        """What follows in there; None if that is not the file that was read so far."""
        try:
            with path.open("rb") as file:
                if file.read(len(self._head)) != self._head:
                    return None
                if file.seek(0, os.SEEK_END) < self._read:
                    return None
                return _from(file, self._read)
        except FileNotFoundError:
            return None

    def _forget(self) -> None:
        self._head, self._read = b"", 0


def _look(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _from(file: IO[bytes], place: int) -> bytes:
    """All from there to the end; a byte more than the most, at its end, where there is more."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(place, size - _MOST_BYTES - 1))
    return file.read()


def _ends_of(paths: list[Path]) -> bytes:
    """The ends of these files, youngest first, as one text, oldest first."""
    found = b""
    for path in paths:
        if len(found) > _MOST_BYTES:
            break
        try:
            with path.open("rb") as file:
                found = _lines(_from(file, 0)) + found
        except FileNotFoundError:
            break
    return found


def _lines(data: bytes) -> bytes:
    """Another file follows: a line that somebody was killed in ends here."""
    return data if data.endswith(b"\n") or not data else data + b"\n"


def _last(data: bytes) -> bytes:
    if len(data) <= _MOST_BYTES:
        return data
    end = data[-_MOST_BYTES - 1 :]
    return end[end.find(b"\n") + 1 :]
