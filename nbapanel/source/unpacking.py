"""The body of an answer as it comes in, unpacked piece by piece and never past a limit.

httpx would unpack each piece whole, however much it becomes, and as often as the header says.
"""

from __future__ import annotations

import zlib

from nbapanel.source.trouble import BodyRefused

_GZIP = 16 + zlib.MAX_WBITS
_PACKED = ("gzip", "x-gzip")


class TooLarge(Exception):
    """More came than may come."""


class Body:
    """Collects a body of at most `most_bytes`, packed and unpacked. Raises TooLarge, BodyRefused.

    `encoding` is the answer's Content-Encoding. One that was not asked for is not undone.
    """

    def __init__(self, encoding: str, most_bytes: int) -> None:
        is_packed = encoding.strip().lower() in _PACKED
        self._unpacker = zlib.decompressobj(_GZIP) if is_packed else None
        self._most_bytes = most_bytes
        self._came_bytes = 0
        # In one place: a body may come in pieces so small that each costs more than it holds.
        self._unpacked = bytearray()

    def take(self, piece: bytes) -> None:
        """The next piece, as it came over the wire."""
        self._came_bytes += len(piece)
        if self._came_bytes > self._most_bytes:
            raise TooLarge
        self._unpacked += piece if self._unpacker is None else self._unpack(piece, self._unpacker)
        if len(self._unpacked) > self._most_bytes:
            raise TooLarge

    def whole(self) -> bytes:
        """All of it, at its end."""
        if self._unpacker is not None and self._came_bytes and not self._unpacker.eof:
            raise BodyRefused("answered with a packed body that breaks off")
        return bytes(self._unpacked)

    def _unpack(self, piece: bytes, unpacker: zlib._Decompress) -> bytes:
        if unpacker.eof:
            return b""  # what follows the end is no part of it
        room = self._most_bytes - len(self._unpacked)
        try:
            return unpacker.decompress(piece, room + 1)  # one byte more tells that there is more
        except zlib.error as error:
            raise BodyRefused("answered with a body that is not encoded as it says") from error
