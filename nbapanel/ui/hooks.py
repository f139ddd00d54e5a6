"""Everything that is raised and caught by nobody, from every corner, brought into the window's
thread. What is shown of it is not decided here.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from asyncio import AbstractEventLoop
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    Qt,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from nbapanel.errors import UserFacingError
from nbapanel.redaction import redact

_log = logging.getLogger(__name__)
_qt_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


@dataclass(frozen=True, slots=True)
class Crash:
    """A bug that was caught by nobody: `where` it came up, and its traceback, without secrets."""

    where: str
    summary: str
    traceback: str

    @classmethod
    def of(cls, where: str, error: BaseException) -> Crash:
        last = traceback.format_exception_only(error)[-1].strip()
        return cls(where, redact(last), redact("".join(traceback.format_exception(error))))


class Hooks(QObject):
    """The hooks in place. `asyncio_handler` goes to `loop.set_exception_handler`."""

    _caught = Signal(object)

    def __init__(
        self,
        on_crash: Callable[[Crash], None],
        on_trouble: Callable[[UserFacingError], None] | None,
    ) -> None:
        super().__init__()
        self._on_crash = on_crash
        self._on_trouble = on_trouble
        self._is_telling = threading.local()
        # Queued also within the window's own thread: never inside the call that failed.
        self._caught.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._qt_before = qInstallMessageHandler(_from_qt)
        sys.excepthook = self._from_python
        threading.excepthook = self._from_thread
        sys.unraisablehook = self._from_nowhere

    def remove(self) -> None:
        """Put back what was there before."""
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._before
        qInstallMessageHandler(self._qt_before)

    def asyncio_handler(self, loop: AbstractEventLoop, context: dict[str, Any]) -> None:
        """For what a task or a callback of the loop left behind."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._take("the event loop", error)
        else:
            _log.error("The event loop says: %s", redact(str(context.get("message"))))

    def _from_python(
        self, kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, _trace)
        else:
            self._take("the window", error)

    def _from_thread(self, given: threading.ExceptHookArgs) -> None:
        if given.exc_value is not None and not issubclass(given.exc_type, SystemExit):
            self._take(given.thread.name if given.thread else "a thread", given.exc_value)

    def _from_nowhere(self, given: Any) -> None:
        """Raised where nobody can catch it, such as in a finaliser."""
        if given.exc_value is not None:
            self._take(str(given.err_msg or "a finaliser"), given.exc_value)

    def _take(self, where: str, error: BaseException) -> None:
        """A bug in the telling itself goes to stderr and nowhere else."""
        if getattr(self._is_telling, "now", False):
            _last_words(error)
            return
        self._is_telling.now = True
        try:
            if isinstance(error, UserFacingError) and self._on_trouble is not None:
                self._caught.emit(error)
            else:
                _log.critical("Uncaught in %s", where, exc_info=error)
                self._caught.emit(Crash.of(where, error))
        except Exception as worse:  # noqa: BLE001 - the window may be gone, the disk full
            _last_words(error)
            _last_words(worse)
        finally:
            self._is_telling.now = False

    def _deliver(self, what: Crash | UserFacingError) -> None:
        """A bug in the dialog must not bring up the dialog: it goes to the log only."""
        try:
            if isinstance(what, Crash):
                self._on_crash(what)
            elif self._on_trouble is not None:
                self._on_trouble(what)
        except Exception:  # noqa: BLE001 - whatever it is: no second dialog for it
            _log.critical("The dialog for a crash crashed", exc_info=True)


def install_hooks(
    on_crash: Callable[[Crash], None],
    on_trouble: Callable[[UserFacingError], None] | None = None,
) -> Hooks:
    """From now on whatever nobody caught reaches these two, in the window's thread.

    `on_trouble` hears of UserFacingError; without it that counts as a crash too.
    """
    return Hooks(on_crash, on_trouble)


def _from_qt(kind: QtMsgType, context: QMessageLogContext, message: str | None) -> None:
    category = context.category or "default"
    level = _LEVELS.get(kind, logging.WARNING)
    _qt_log.log(level, "%s: %s", category, redact(message or ""))


def _last_words(error: BaseException) -> None:
    if sys.__stderr__ is not None:
        text = "".join(traceback.format_exception(error))
        sys.__stderr__.write(redact(text))
