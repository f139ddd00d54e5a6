"""Lines of the log and of stderr that nobody expected: what a soak must not find."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nbapanel.rows.reads import LogLine

_BAD = re.compile(
    r"Traceback|was never retrieved|was never awaited|QObject::|QBasicTimer|QThread|QSocketNotifier"
    r"|Warning: |Fatal Python error|Segmentation fault|libshiboken|Internal C\+\+ object"
)
_OFFSCREEN = "This plugin does not support"
"""Qt's offscreen platform says at every window what it does not know."""

_LEVELS = ("WARNING", "ERROR", "CRITICAL")
_TOLD = ("nbapanel.engine.logbook", "nbapanel.engine.telling")
"""Tell how steps and runs ended, and that the database did: that is what faults are there for."""


def unexpected(lines: Iterable[LogLine]) -> list[str]:
    """Of these records those that warn of what was not provoked, or carry a traceback."""
    return [_in_short(line) for line in lines if line.level in _LEVELS and not _is_expected(line)]


def _is_expected(line: LogLine) -> bool:
    if "Traceback" in line.message:
        return False
    if line.logger == "qt":
        return _OFFSCREEN in line.message
    return line.logger in _TOLD


def bad_lines(text: str) -> list[str]:
    """Of what a process wrote to stderr, the lines that tell of a bug."""
    return [line.strip() for line in text.splitlines() if _BAD.search(line)]


def _in_short(line: LogLine) -> str:
    """Its first words, and the last of a traceback."""
    words = line.message.splitlines() or [""]
    told = words[0] if len(words) == 1 else f"{words[0]} ... {words[-1]}"
    return f"{line.at:%H:%M:%S} {line.level} {line.logger}: {told}"
