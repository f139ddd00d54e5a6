"""Brings calls from any thread into the window's."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QTimer, Signal

_AT_ONCE_S = 0.006


class Courier(QObject):
    """What is sent is called in the window's thread, in order, and never within the sending.

    Answers come in bursts. They are called a few milliseconds' worth at a time, so that the window
    paints and hears the mouse between them.
    """

    _sent = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Callable[[], None]] = deque()
        self._sent.connect(self._on_sent, Qt.ConnectionType.QueuedConnection)
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.setInterval(0)
        self._next.timeout.connect(self._work)

    def send(self, call: Callable[[], None]) -> None:
        self._waiting.append(call)
        self._sent.emit()

    def _on_sent(self) -> None:
        if not self._next.isActive():
            self._work()

    def _work(self) -> None:
        until = time.perf_counter() + _AT_ONCE_S
        try:
            while self._waiting and time.perf_counter() < until:
                self._waiting.popleft()()
        finally:  # also where a call broke off: the others are not its own
            if self._waiting:
                self._next.start()
