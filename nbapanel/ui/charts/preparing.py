"""Work on many rows that would hold up the window, done beside it. What work it is, is not here."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

A = TypeVar("A")

FEW = 5_000
"""Rows that are done with in less time than it takes to draw one picture."""


class Preparing(QObject):
    """`then` hears what was made, in the window's thread: at once for a few rows, else later."""

    _made = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._made.connect(self._on_made)

    def make(self, rows: int, work: Callable[[], A], then: Callable[[A], None]) -> None:
        """`work` touches no widget. A bug in it is raised here, in the window's thread."""
        if rows <= FEW:
            then(work())
        else:
            work_on = partial(self._work, work, then)
            threading.Thread(target=work_on, name="preparing", daemon=True).start()

    def _work(self, work: Callable[[], A], then: Callable[[A], None]) -> None:
        try:
            made = work()
        except Exception as bug:  # noqa: BLE001 - raised again, where it is shown
            call: Callable[[], None] = partial(_raise, bug)
        else:
            call = partial(then, made)
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._made.emit(call)

    def _on_made(self, call: Callable[[], None]) -> None:
        call()


def _raise(bug: Exception) -> None:
    raise bug
