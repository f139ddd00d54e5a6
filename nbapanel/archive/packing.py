"""Parts of a payload to one gzip file and back, hashed. Pure: bytes in, bytes out."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence

from nbapanel.size_limits import IF_BYTES_GREW

_LEVEL = 6
_GZIP = 16 + zlib.MAX_WBITS
_OS_BYTE = 9


class Unsound(ValueError):
    """Packed bytes that are not what was packed; the message says how."""


def sha256_of(parts: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def pack(parts: Sequence[bytes]) -> bytes:
    """One gzip member per part; the same parts give the same bytes at any time.

    The header names no time and no operating system (255, unknown): zlib would write its own.
    """
    members: list[bytes] = []
    for part in parts:
        packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        member = bytearray(packer.compress(part) + packer.flush())
        member[_OS_BYTE] = 255
        members.append(bytes(member))
    return b"".join(members)


def unpack(packed: bytes, sizes: Sequence[int], sha256: str, most_bytes: int) -> tuple[bytes, ...]:
    """The parts, proven by size and hash. Raises Unsound.

    Never inflates a part past its declared size, so a gzip bomb costs no memory.
    """
    if sum(sizes) > most_bytes:
        raise Unsound(f"it holds {sum(sizes):,} bytes, more than {most_bytes:,}. {IF_BYTES_GREW}")
    parts: list[bytes] = []
    rest = packed
    for number, size in enumerate(sizes, start=1):
        unpacker = zlib.decompressobj(_GZIP)
        try:
            part = unpacker.decompress(rest, size + 1)
        except zlib.error as error:
            raise Unsound(f"part {number} cannot be unpacked ({error})") from error
        if len(part) != size or not unpacker.eof:
            held = f"more than {size:,}" if len(part) > size else f"{len(part):,} whole"
            raise Unsound(f"part {number} holds {held} bytes where {size:,} are due")
        parts.append(part)
        rest = unpacker.unused_data
    if rest:
        raise Unsound(f"{len(rest):,} bytes follow the last part")
    if (found := sha256_of(parts)) != sha256:
        raise Unsound(f"its SHA-256 is {found[:12]}..., not {sha256[:12]}...")
    return tuple(parts)
