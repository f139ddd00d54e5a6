"""Who asks a run to stop from outside: Ctrl-C, SIGTERM, the line `cancel` on stdin.

Each watch is installed for one run and taken away again; what stopping means is in `control`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from nbapanel.engine.control import RunControl

CANCEL_LINE = b"cancel"
LONGEST_LINE = 4096
STUCK_S = 0.2

Remove = Callable[[], None]


def install_signal_handlers(control: RunControl, loop: asyncio.AbstractEventLoop) -> Remove:
    """Let SIGINT and SIGTERM (on Windows Ctrl-Break too) ask for a stop; main thread only.

    Returns what puts the handlers back that were there before. A signal that was ignored stays
    ignored: that is how a shell keeps Ctrl-C from its background jobs.
    """
    return _SignalWatch(control, loop).remove


def watch_stdin(
    control: RunControl,
    loop: asyncio.AbstractEventLoop,
    *,
    fd: int | None = None,
    eof_stops: bool = False,
) -> Remove:
    """Let the line `cancel` on stdin (or on `fd`) ask for a stop; returns what ends the watch.

    Nothing is read while the process is in the background of a terminal. End of file is not a
    request, unless `eof_stops`.
    """
    if fd is None:
        try:
            fd = sys.stdin.fileno()
        except (AttributeError, OSError, ValueError):
            return lambda: None  # closed, or replaced by something that is no file
    return _StdinWatch(control, loop, fd, eof_stops).remove


def _stop_signals() -> dict[int, str]:
    named = {"SIGINT": "Ctrl-C", "SIGTERM": "SIGTERM", "SIGBREAK": "Ctrl-Break"}
    return {getattr(signal, name): who for name, who in named.items() if hasattr(signal, name)}


class _SignalWatch:
    """`signal.signal`, not `loop.add_signal_handler`: the latter cannot put back what was there
    before, does not exist on Windows, and is never called while the loop is stuck in a long call,
    which is when a second Ctrl-C matters most.
    """

    def __init__(self, control: RunControl, loop: asyncio.AbstractEventLoop) -> None:
        self._control = control
        self._loop = loop
        self._who = _stop_signals()
        self._unanswered: dict[int, float] = {}
        self._before: dict[int, Any] = {}
        for signum in self._who:
            if signal.getsignal(signum) is not signal.SIG_IGN:
                self._before[signum] = signal.signal(signum, self._on_signal)

    def remove(self) -> None:
        for signum, before in self._before.items():
            if signal.getsignal(signum) == self._on_signal:
                signal.signal(signum, signal.SIG_DFL if before is None else before)
        self._before.clear()

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        first = self._unanswered.setdefault(signum, time.monotonic())
        stuck = time.monotonic() - first >= STUCK_S
        if stuck and self._control.abandon is not None:
            self._control.abandon()
        if stuck or self._loop.is_closed():
            signal.default_int_handler(signum, frame)
        self._loop.call_soon_threadsafe(self._answer, signum)

    def _answer(self, signum: int) -> None:
        self._unanswered.pop(signum, None)
        self._control.request_stop(self._who[signum])


class _StdinWatch:
    """The loop reads where it can wait for the file; a daemon thread where it cannot.

    The file stays blocking: making a terminal non-blocking would change it for the shell as well.
    """

    def __init__(
        self, control: RunControl, loop: asyncio.AbstractEventLoop, fd: int, eof_stops: bool
    ) -> None:
        self._control = control
        self._loop = loop
        self._fd = fd
        self._eof_stops = eof_stops
        self._buffer = b""
        self._watching = True
        self._reader_added = False
        self._thread: threading.Thread | None = None
        if sys.platform != "win32":  # its selector takes sockets only, and fails at the next select
            with contextlib.suppress(OSError, NotImplementedError):  # epoll takes no plain file
                loop.add_reader(fd, self._on_readable)
                self._reader_added = True
        if not self._reader_added:
            self._thread = threading.Thread(target=self._read_on, name="stdin", daemon=True)
            self._thread.start()

    def remove(self) -> None:
        self._watching = False
        if self._reader_added:
            self._reader_added = False
            self._loop.remove_reader(self._fd)
        if self._thread is not None:
            # Ends by itself at the end of a file; one that waits for a terminal cannot be woken,
            # reads the descriptor without a lock and does not hold up the exit.
            self._thread.join(timeout=0.1)
            self._thread = None

    def _on_readable(self) -> None:
        if _is_in_background(self._fd):  # reading would stop the whole process (SIGTTIN)
            self.remove()
            return
        data = _read(self._fd)
        self._take(data)
        if not data:
            self.remove()

    def _read_on(self) -> None:
        data = b"?"
        while data and self._watching and not self._loop.is_closed():
            data = _read(self._fd)
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self._loop.call_soon_threadsafe(self._take, data)

    def _take(self, data: bytes) -> None:
        """Look for the line in what came in; nothing came in at the end of the file."""
        if not self._watching:
            return
        *lines, rest = (self._buffer + (data or b"\n")).split(b"\n")
        self._buffer = rest[-LONGEST_LINE:]
        if any(line.strip().lower() == CANCEL_LINE for line in lines):
            # One request, however many lines: a double click must not turn into "leave at once".
            self._watching = False
            self._control.request_stop("as asked")
        elif not data and self._eof_stops:
            self._control.request_stop("end of stdin")


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, LONGEST_LINE)
    except OSError:  # the terminal is gone, or the descriptor was closed
        return b""


def _is_in_background(fd: int) -> bool:
    if sys.platform == "win32" or not os.isatty(fd):
        return False
    try:
        return os.tcgetpgrp(fd) != os.getpgrp()
    except OSError:  # not our controlling terminal: reading it does no harm
        return False
