"""The log: one bounded file in the data directory, without secrets. No log call is here.

A record begins with a header at the start of a line; all its further lines are indented, so that
it can be read back whatever it says.
"""

from __future__ import annotations

import logging
import logging.handlers
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from nbapanel.file_lock import try_take
from nbapanel.redaction import presentable, redact
from nbapanel.rows.reads import LogLine

FILE_NAME = "nbapanel.log"
INDENT = "  "
KEPT_FILES = 3

_ROTATING = "rotating.lock"
_MOST_BYTES = 5_000_000
_SCREEN = "stderr"
_HEADER = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d) (?P<level>[A-Z]+) +\d+ "
    r"(?P<logger>[^\s:]+)(?: \[run (?P<run>\d{1,18})(?: (?P<step>[^\]\s]+))?\])?: (?P<message>.*)"
)


def read_header(line: str) -> LogLine | None:
    """The record that begins with this line of the log; None for a line that begins none."""
    found = _HEADER.fullmatch(line)
    if found is None:
        return None
    try:
        at = datetime.fromisoformat(found["at"])
    except ValueError:
        return None
    run_id = None if found["run"] is None else int(found["run"])
    # Thousands of lines are held, and these three are of a few dozen words.
    level, logger, step = map(sys.intern, (found["level"], found["logger"], found["step"] or ""))
    return LogLine(at, level, logger, run_id, step, found["message"])


class _Written(logging.Formatter):
    """As it stands in the file: when (UTC), how bad, which process, who, of which run, what."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        run, step = getattr(record, "run", None), getattr(record, "step", None)
        record.of_run = "" if run is None else f" [run {run}{f' {step}' if step else ''}]"
        lines = redact(super().format(record)).splitlines()
        return f"\n{INDENT}".join(map(presentable, lines))


class _SharedFile(logging.handlers.RotatingFileHandler):
    """Several processes write one file: whoever finds it renamed by another goes on in the new."""

    def emit(self, record: logging.LogRecord) -> None:
        self._follow()
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:
        """A full disk costs the line and nothing else: whoever works there tells of it."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def doRollover(self) -> None:
        lock = try_take(Path(self.baseFilename).with_name(_ROTATING))
        if lock is None:
            return  # another process is at it
        with lock:
            self._follow()
            if self.stream is None:
                return
            self.stream.close()
            self.stream = None
            if _can_be_renamed(self.baseFilename):
                super().doRollover()

    def _follow(self) -> None:
        """Let go of a file that no longer stands under its name; the next write opens it anew."""
        if self.stream is None:
            return
        try:
            is_ours = os.path.samestat(os.fstat(self.stream.fileno()), os.stat(self.baseFilename))
        except FileNotFoundError:
            is_ours = False
        if not is_ours:
            self.stream.close()
            self.stream = None


def _can_be_renamed(path: str) -> bool:
    """Windows renames no file that another process has open: it then grows a little more."""
    if os.name != "nt":
        return True
    aside = f"{path}.aside"
    try:
        os.rename(path, aside)
        os.rename(aside, path)
    except PermissionError:
        return False
    return True


def log_to(folder: Path, *, verbose: bool = False) -> None:
    """Write warnings and notes of this process into the folder's log, and more when verbose.

    Where that is so already nothing is done: a window opens its warehouse again after every loss.
    """
    root = logging.getLogger()
    if [_target(handler) for handler in root.handlers] == _targets(folder, verbose=verbose):
        return
    folder.mkdir(parents=True, exist_ok=True)
    form = _Written("%(asctime)s %(levelname)-7s %(process)d %(name)s%(of_run)s: %(message)s")
    file = _SharedFile(
        folder / FILE_NAME,
        maxBytes=_MOST_BYTES,
        backupCount=KEPT_FILES,
        encoding="utf-8",
        errors="backslashreplace",
        delay=True,
    )
    file.setFormatter(form)
    handlers: list[logging.Handler] = [file]
    if verbose:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(form)
        handlers.append(shown)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.getLogger("nbapanel").setLevel(logging.DEBUG if verbose else logging.INFO)
    for chatty in ("httpx", "httpcore", "asyncio", "apscheduler"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _target(handler: logging.Handler) -> str:
    """Where it writes, if it is one of ours."""
    if isinstance(handler, _SharedFile):
        return handler.baseFilename
    is_ours = type(handler) is logging.StreamHandler and isinstance(handler.formatter, _Written)
    return _SCREEN if is_ours else ""


def _targets(folder: Path, *, verbose: bool) -> list[str]:
    return [os.path.abspath(folder / FILE_NAME)] + [_SCREEN] * verbose
