"""An answer as large as somebody wants it, plain or packed: made piece by piece and never held.

It stays the document that it was: blanks follow, which a reader of JSON takes for nothing.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

_PIECE_BYTES = 64 * 1024
_GZIP = 16 + zlib.MAX_WBITS


def grown(body: bytes, to_bytes: int) -> Iterator[bytes]:
    """The body and blanks after it, so many bytes in all."""
    if body:
        yield body
    left = to_bytes - len(body)
    while left > 0:
        yield b" " * min(left, _PIECE_BYTES)
        left -= _PIECE_BYTES


def packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same as gzip has it: of blanks, a thousandth."""
    packer = zlib.compressobj(wbits=_GZIP)
    for piece in pieces:
        done = packer.compress(piece)
        if done:
            yield done
    yield packer.flush()
