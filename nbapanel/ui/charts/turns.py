"""Work cut into pieces, one in each turn of the window's loop. What work it is, is not here."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

Piece = Callable[[], None]


class Turns(QObject):
    """Between two pieces the window paints and hears the mouse.

    What is begun takes the place of whatever is left of what was begun before it.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: deque[Piece] = deque()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def begin(self, pieces: Iterable[Piece]) -> None:
        self._left = deque(pieces)
        if self._left:
            self._timer.start()

    def drop(self) -> None:
        """What is left is not wanted any more."""
        self._left.clear()
        self._timer.stop()

    def _on_turn(self) -> None:
        self._left.popleft()()  # may begin something else; where it breaks off, the rest does too
        if self._left:
            self._timer.start()
