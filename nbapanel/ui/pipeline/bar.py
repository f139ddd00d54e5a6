"""A thin progress bar: filled as far as the work is done, striped where that is not known."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPainterPath, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QWidget

from nbapanel.ui import theme

_PARTS = 1000
_STRIPE = 14.0
_MOVE_MS = 80


class Bar(QProgressBar):
    """The stripes move while they are seen; no timer runs otherwise."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._moved = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_MOVE_MS)
        self._timer.timeout.connect(self._move)
        self.setTextVisible(False)
        self.setAccessibleName(name)
        self.setRange(0, 0)
        theme.active().changed.connect(self.update)

    def show_share(self, share: float | None) -> None:
        """From 0 to 1; None: not known."""
        if share is None:
            self.setRange(0, 0)
        else:
            self.setRange(0, _PARTS)
            self._fill_up_to(round(share * _PARTS))
        self._attend()

    @property
    def is_busy(self) -> bool:
        return self.maximum() == 0

    def _fill_up_to(self, value: int) -> None:
        """Left to itself Qt would paint at once, and all that waits to be painted with it."""
        if value != self.value():
            self.setUpdatesEnabled(False)
            self.setValue(value)
            self.setUpdatesEnabled(True)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._attend()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.active()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        groove = QPainterPath()
        radius = self.height() / 2
        groove.addRoundedRect(QRectF(self.rect()), radius, radius)
        painter.setClipPath(groove)
        painter.fillRect(self.rect(), colours.color("grid"))
        if self.is_busy:
            self._paint_stripes(painter)
        elif self.value() > 0:
            wide = self.width() * self.value() / self.maximum()
            painter.fillRect(QRectF(0, 0, wide, self.height()), colours.color("accent"))
        painter.end()

    def _paint_stripes(self, painter: QPainter) -> None:
        colour = theme.active().color("accent")
        left = float(self._moved % int(_STRIPE)) - _STRIPE
        while left < self.width():
            stripe = QPainterPath()
            stripe.moveTo(left + self.height(), 0)
            stripe.lineTo(left + self.height() + _STRIPE / 2, 0)
            stripe.lineTo(left + _STRIPE / 2, self.height())
            stripe.lineTo(left, self.height())
            painter.fillPath(stripe, colour)
            left += _STRIPE

    def _attend(self) -> None:
        if not (self.is_busy and self.isVisible()):
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def _move(self) -> None:
        self._moved += 1
        self.update()
