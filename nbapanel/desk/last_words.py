"""What a child process says on its stderr: kept until it has ended, and nowhere by name.

In memory where the system can, for that the disk is full is just what it may have to say.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from typing import IO

_MOST_BYTES = 8_000


class LastWords:
    """`file` is given to the child. It goes when both have let go of it. Raises OSError."""

    def __init__(self) -> None:
        self.file = _nameless()

    def read(self) -> str:
        """The end of what was said; for when the child has ended."""
        try:
            self.file.seek(max(0, self.file.seek(0, os.SEEK_END) - _MOST_BYTES))
            return self.file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""

    def close(self) -> None:
        with suppress(OSError):
            self.file.close()


def _nameless() -> IO[bytes]:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("last words"), "w+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)
