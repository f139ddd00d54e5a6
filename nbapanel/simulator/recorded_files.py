"""Reading a recorded file, packed or not, and what to say when it cannot be read."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import msgspec

from nbapanel.errors import UsageError

FILE_TROUBLE = (
    OSError,
    EOFError,
    zlib.error,
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
)


def raw_bytes(path: Path) -> bytes:
    """The recorded bytes, unpacked."""
    try:
        packed = path.read_bytes()
        return gzip.decompress(packed) if path.suffix == ".gz" else packed
    except FILE_TROUBLE as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(
        f"The recorded file {path} cannot be read.",
        str(error),
        "Repair it, or move it out of the folder.",
    )
