"""Brings calls from any thread into the window's."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal


class Courier(QObject):
    """What is sent is called in the window's thread, in order, and never within the sending."""

    _sent = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._sent.connect(self._on_sent, Qt.ConnectionType.QueuedConnection)

    def send(self, call: Callable[[], None]) -> None:
        self._sent.emit(call)

    def _on_sent(self, call: Callable[[], None]) -> None:
        call()
