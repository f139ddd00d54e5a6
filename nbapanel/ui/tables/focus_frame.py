"""A frame that is wider with the focus, measured anew when the focus comes and goes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFrame


class FocusFrame(QObject):
    """For any view: without it the sheet's wider border lies half under the view's contents."""

    def __init__(self, view: QFrame) -> None:
        super().__init__(view)
        self._view = view
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            # Setting it, the same too, makes Qt ask the style for the width of the border.
            self._view.setFrameStyle(self._view.frameStyle())
        return super().eventFilter(watched, event)
