"""How the window gets its memory, so that what it lets go of goes back to the system."""

from __future__ import annotations

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGE_BYTES = 1024 * 1024
_AT_HAND_BYTES = 4 * _LARGE_BYTES
"""What may lie free at the end of the heap: a chart that is drawn takes and frees it many times."""


def keep_large_blocks_apart() -> None:
    """Each from so many bytes on has a place of its own, and is gone when it is freed.

    Left to itself glibc raises its bound for that with each large block that is freed, up to 32 MB:
    then the pictures of windows (3 MB each) lie among small things that stay, and what sixty closed
    windows took is never given back. Elsewhere than on Linux with glibc nothing is to be done.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
            mallopt(_M_TRIM_THRESHOLD, _AT_HAND_BYTES)
