"""When and where the window's garbage is collected, and what is not looked through for it."""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_LOOK_EVERY_MS = 50
_NEW, _YOUNG, _OLD = 700, 5, 1
"""So many new objects, looks at the new ones, and looks at the young ones until the next stage."""
_GROWN = 1.25
"""All is looked through once what outlived its youth is so many times what it was."""


class Collecting(QObject):
    """Collects garbage in the thread of `parent`, the window's, and in no other.

    Python collects in whichever thread happens to make an object too many: here in one that reads
    or listens. A QObject that lies in a cycle would be deleted there; its timers cannot be stopped
    from there, and the next of their ticks ends the process.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._held = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self, complete_after_ms: int) -> None:
        """From now on Python collects nothing by itself; the window is complete a while later."""
        gc.disable()
        QTimer.singleShot(complete_after_ms, self, self.set_aside_what_stays)

    def set_aside_what_stays(self) -> None:
        """What is there by now stays to the end, and is never looked through.

        It would take a tenth of a second each time. The rest is little, so all of it is looked
        through often: pyqtgraph ties what it draws up in cycles, a thousand objects and half a
        megabyte a window, and sixty closed windows used to lie about.
        """
        gc.freeze()
        self._look_through_all()
        self._timer.start()

    def look(self) -> None:
        """Collect what is due, by stages as Python has them."""
        new, young, old = gc.get_count()
        if new <= _NEW:
            return
        if young <= _YOUNG:
            gc.collect(0)
        elif old <= _OLD or _count_of_old() < self._held * _GROWN:
            gc.collect(1)
        else:
            self._look_through_all()

    def _look_through_all(self) -> None:
        gc.collect()
        self._held = _count_of_old()


def _count_of_old() -> int:
    return len(gc.get_objects(generation=2))
