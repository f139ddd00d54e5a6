"""Work that would hold up the window, done beside it. What work it is, is not here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from nbapanel.errors import UserFacingError

A = TypeVar("A")
Failed = Callable[[UserFacingError], None]

FEW = 5_000
"""Rows that are done with in less time than it takes to draw one picture."""


class Beside(QObject):
    """`then` hears what was made, in the window's thread; `failed` hears of trouble in words.

    `work` touches no widget. A bug in it is raised again in the window's thread, as is trouble that
    nobody wants to hear of. Who is gone by then hears nothing.
    """

    _ended = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._ended.connect(self._on_ended)

    def do(
        self, work: Callable[[], A], then: Callable[[A], None], failed: Failed | None = None
    ) -> None:
        work_on = partial(self._work, work, then, failed)
        threading.Thread(target=work_on, name="beside the window", daemon=True).start()

    def do_many(
        self,
        rows: int,
        work: Callable[[], A],
        then: Callable[[A], None],
        failed: Failed | None = None,
    ) -> None:
        """At once for a few rows, else beside the window."""
        if rows <= FEW:
            _outcome(work, then, failed)()
        else:
            self.do(work, then, failed)

    def _work(
        self, work: Callable[[], A], then: Callable[[A], None], failed: Failed | None
    ) -> None:
        outcome = _outcome(work, then, failed)
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._ended.emit(outcome)

    def _on_ended(self, outcome: Callable[[], None]) -> None:
        outcome()


def _outcome(
    work: Callable[[], A], then: Callable[[A], None], failed: Failed | None
) -> Callable[[], None]:
    """What there is to do once the work was done, or was not."""
    try:
        return partial(then, work())
    except UserFacingError as trouble:
        return partial(failed or _raise, trouble)
    except Exception as bug:  # noqa: BLE001 - raised again, where it is shown
        return partial(_raise, bug)


def _raise(bug: Exception) -> None:
    raise bug
