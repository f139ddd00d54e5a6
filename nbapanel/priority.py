"""Who goes first where the window and a run both want a processor."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_NICER_BY = 5
_NICEST = 19


def put_behind(pid: int) -> None:
    """Put that process behind this one: whoever looks at the window would notice otherwise.

    Linux shares processors among sessions first (`autogroup`, see sched(7)), and a nice value
    counts within a session alone: a process in a session of its own needs both.
    """
    if sys.platform == "win32":
        return  # it was started like that
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + _NICER_BY, _NICEST)
    with suppress(OSError):  # it has ended already, or its priority is not ours to set
        os.setpriority(os.PRIO_PROCESS, pid, nice)
    with suppress(OSError):  # not Linux, or a kernel without these groups
        _autogroup(pid).write_text(str(_NICER_BY), "ascii")


def share_place(pid: int) -> None:
    """Put that process where this one was put: it works for us.

    A backend of PostgreSQL is in a session of its own. Linux refuses more than ten such changes a
    second to normal users; what is refused is left as it is.
    """
    with suppress(OSError):
        # As "/autogroup-76 nice 5", or nothing at all: of a process that nobody gave a session
        # since the machine, or its container, was started.
        ours = _autogroup(os.getpid()).read_text("ascii").split()
        if ours and ours[-1] != "0":
            _autogroup(pid).write_text(ours[-1], "ascii")


def _autogroup(pid: int) -> Path:
    return Path(f"/proc/{pid}/autogroup")
