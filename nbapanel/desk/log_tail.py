"""Reads the log as it grows: the last records at first, then each new one. In a thread; no Qt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nbapanel.desk.growing_file import GrowingFile
from nbapanel.logs import FILE_NAME, INDENT, KEPT_FILES, read_header
from nbapanel.rows.reads import LogLine

log = logging.getLogger(__name__)

MOST_LINES = 5_000

_LOOK_EVERY_S = 0.2
_LONGEST_MESSAGE = 20_000
_LONGEST_LINE_BYTES = 100_000
_JOIN_S = 1.0


class LogTail:
    """Gives `on_lines` the last records of the folder's log, then the new ones as they come.

    Never more than 5,000 at a time. The log may be rotated, deleted, or not be there yet. Called
    in the thread that reads.
    """

    def __init__(self, folder: Path, on_lines: Callable[[list[LogLine]], None]) -> None:
        self._on_lines = on_lines
        self._file = GrowingFile(folder / FILE_NAME, KEPT_FILES)
        self._records = Records()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log tail", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def _work(self) -> None:
        wait_s = 0.0
        while not self._closing.wait(wait_s):
            wait_s = _LOOK_EVERY_S
            try:
                found = self._records.take(self._file.read_on())
            except OSError:
                continue  # not now: a log that said so here would grow by saying it
            if found:
                self._deliver(found[-MOST_LINES:])

    def _deliver(self, lines: list[LogLine]) -> None:
        try:
            self._on_lines(lines)
        except Exception:
            log.exception("Whoever reads the log could not take it")


class Records:
    """Makes records of bytes that come in pieces.

    A record ends where the next one begins, or where nothing more came by the next look: it is
    written at once, but may be read in two parts.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._open: LogLine | None = None

    def take(self, data: bytes) -> list[LogLine]:
        """The records that are complete now; where nothing came, the last one is."""
        done: list[LogLine] = []
        if not data:
            self._close(done)
            return done
        *lines, rest = (self._rest + data).split(b"\n")
        self._rest = rest[:_LONGEST_LINE_BYTES]  # of one that does not end, its beginning
        for raw in lines:
            line = raw[:_LONGEST_LINE_BYTES].decode("utf-8", "replace").removesuffix("\r")
            began = read_header(line)
            if began is not None:
                self._close(done)
                self._open = replace(began, message=began.message[:_LONGEST_MESSAGE])
            elif self._open is not None and len(self._open.message) < _LONGEST_MESSAGE:
                message = f"{self._open.message}\n{line.removeprefix(INDENT)}"
                self._open = replace(self._open, message=message[:_LONGEST_MESSAGE])
        return done

    def _close(self, done: list[LogLine]) -> None:
        if self._open is not None:
            done.append(self._open)
            self._open = None
