"""The log: one bounded file in the data directory, with secrets taken out. No log call is here."""

from __future__ import annotations

import logging
import logging.handlers
import re
import sys
from pathlib import Path

_MOST_BYTES = 5_000_000
_KEPT_FILES = 3
_FORMAT = "%(asctime)s %(levelname)-7s %(process)d %(name)s: %(message)s"
_SECRETS = (
    re.compile(r"(?<=://)([^/\s:@]*:)\S+(?=@)"),
    re.compile(
        r"(?i)([\w-]*(?:password|passwd|token|secret|api[_-]?key)[\"']?\s*[=:]\s*)"
        r"(?:'[^']*'|\"[^\"]*\"|[^\s&,;'\"}]+)"
    ),
    re.compile(r"(?i)(\bauthorization[\"']?\s*[=:]\s*[\"']?(?:(?:basic|bearer)\s+)?)[^\s,;'\"}]+"),
)


def redact(text: str) -> str:
    """The text without passwords: those of URLs and headers, and values that are named so."""
    for secret in _SECRETS:
        text = secret.sub(r"\1***", text)
    return text


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        run, step = getattr(record, "run", None), getattr(record, "step", None)
        line = super().format(record)
        if run is not None:
            line = f"{line} [run {run}{f' {step}' if step else ''}]"
        return redact(line)


def log_to(folder: Path, *, verbose: bool = False) -> None:
    """Write warnings and notes of this process into the folder's log, and more when verbose."""
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "nbapanel.log",
        maxBytes=_MOST_BYTES,
        backupCount=_KEPT_FILES,
        encoding="utf-8",
        delay=True,
    )
    file.setFormatter(_Redacting(_FORMAT))
    handlers: list[logging.Handler] = [file]
    if verbose:
        shown = logging.StreamHandler(sys.stderr)
        shown.setFormatter(_Redacting(_FORMAT))
        handlers.append(shown)
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.getLogger("nbapanel").setLevel(logging.DEBUG if verbose else logging.INFO)
    for chatty in ("httpx", "httpcore", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
