"""The curves as a picture: seconds against games, both on logarithmic axes, a panel a curve."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPen

from bench import wording
from bench.axis import LogAxis, apart, span_of
from bench.figures import Curve, Point

_SCALE = 2
_WIDTH, _PANEL_HEIGHT, _HEAD, _FOOT = 1000, 300, 64, 30
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 96, 62, 42  # of a panel: room for what stands around its lines
_PAPER, _INK, _FAINT, _GRID = "#ffffff", "#1f2328", "#59636e", "#e4e8ec"
_OURS, _USUAL = "#0a58ca", "#b35900"  # 5:1 and more against the paper
_LABEL_LINE, _DOT = 16.0, 4.0


def draw(curves: Sequence[Curve], machine: str, path: Path) -> None:
    """Write the picture as PNG; there must be curves."""
    _application()
    if not picture(curves, machine).save(str(path)):
        raise OSError(f"{path} could not be written")


@cache
def _application() -> QCoreApplication:
    """What Qt's fonts live in; kept, for a process has only one."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    return QGuiApplication.instance() or QGuiApplication([])


def picture(curves: Sequence[Curve], machine: str) -> QImage:
    """Two panels side by side, as many rows as it takes. A QGuiApplication must be there."""
    rows = (len(curves) + 1) // 2
    height = _HEAD + rows * _PANEL_HEIGHT + _FOOT
    image = QImage(_WIDTH * _SCALE, height * _SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SCALE)
    image.fill(QColor(_PAPER))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _draw_head(painter)
    span = span_of(value for curve in curves for point in curve.points for value in _both(point))
    width = _WIDTH / 2
    for number, curve in enumerate(curves):
        row, column = divmod(number, 2)
        room = QRectF(column * width, _HEAD + row * _PANEL_HEIGHT, width, _PANEL_HEIGHT)
        _Panel(painter, room, curve, span).draw()
    _write(painter, machine, QPointF(16, height - 12), 10, _FAINT)
    painter.end()
    return image


def _draw_head(painter: QPainter) -> None:
    _write(painter, "What it costs as the warehouse grows", QPointF(16, 30), 16, bold=True)
    words = "seconds against games, both axes logarithmic: a flat line costs the same at any size"
    _write(painter, words, QPointF(16, 50), 11, _FAINT)
    for x, label, color in ((806, "here", _OURS), (870, "the usual way", _USUAL)):
        _mark(painter, QPointF(x, 26), color)
        _write(painter, label, QPointF(x + 10, 30), 11, color, bold=True)


class _Panel:
    """One curve within its part of the picture. `span`: the seconds that all panels share."""

    def __init__(
        self, painter: QPainter, room: QRectF, curve: Curve, span: tuple[float, float]
    ) -> None:
        self._painter = painter
        self._room = room
        self._curve = curve
        self._field = room.adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)
        games = [point.games for point in curve.points]
        # One size alone stands in the middle of an axis of its own.
        low, high = (games[0], games[-1]) if len(games) > 1 else (games[0] / 2, games[0] * 2)
        self._x = LogAxis(low, high, self._field.left() + 10, self._field.right())
        self._y = LogAxis(*span, self._field.bottom(), self._field.top())

    def draw(self) -> None:
        self._draw_title()
        self._draw_grid()
        for color, ours in ((_USUAL, False), (_OURS, True)):
            self._draw_line([self._place(point, ours) for point in self._curve.points], color)
        self._draw_labels()

    def _draw_title(self) -> None:
        left = self._room.left() + 16
        _write(
            self._painter, self._curve.title, QPointF(left, self._room.top() + 20), 13, bold=True
        )
        about = QRectF(left, self._room.top() + 26, self._room.width() - 32, 32)
        self._painter.setFont(_font(10))
        self._painter.setPen(QColor(_FAINT))
        self._painter.drawText(about, Qt.TextFlag.TextWordWrap, self._curve.about)

    def _draw_grid(self) -> None:
        for value in self._y.decades:
            y = self._y.at(value)
            self._painter.setPen(QPen(QColor(_GRID), 1))
            self._painter.drawLine(QPointF(self._field.left(), y), QPointF(self._field.right(), y))
            label = QRectF(self._room.left(), y - 8, _LEFT - 8, 16)
            self._write_in(label, f"{value:,g} s", Qt.AlignmentFlag.AlignRight)
        bottom = self._field.bottom()
        for point in self._curve.points:
            x = self._x.at(point.games)
            self._painter.setPen(QPen(QColor(_FAINT), 1))
            self._painter.drawLine(QPointF(x, bottom), QPointF(x, bottom + 4))
            label = QRectF(x - 40, bottom + 5, 80, 16)
            self._write_in(label, f"{point.games:,}", Qt.AlignmentFlag.AlignHCenter)
        below = QRectF(self._field.left(), bottom + 20, self._field.width(), 16)
        self._write_in(below, "games in the warehouse", Qt.AlignmentFlag.AlignHCenter)

    def _draw_line(self, places: Sequence[QPointF], color: str) -> None:
        self._painter.setPen(QPen(QColor(color), 2))
        self._painter.drawPolyline(list(places))
        for place in places:
            _mark(self._painter, place, color)

    def _draw_labels(self) -> None:
        """Both values at the end of the lines, and between them how many times as much."""
        last = self._curve.points[-1]
        ours, usual = (self._place(last, is_ours).y() for is_ours in (True, False))
        ratio = last.usual.median / last.ours.median
        rows = 3 if abs(ours - usual) < 2 * _LABEL_LINE else 2
        ours, usual = apart((ours, usual), (rows - 1) * _LABEL_LINE)
        x = self._x.at(last.games) + 10
        for y, text, color in (
            (ours, wording.seconds(last.ours.median, 2), _OURS),
            (usual, wording.seconds(last.usual.median, 2), _USUAL),
            ((ours + usual) / 2, wording.times(ratio), _FAINT),
        ):
            _write(self._painter, text, QPointF(x, y + 4), 11, color, bold=color != _FAINT)

    def _place(self, point: Point, is_ours: bool) -> QPointF:
        ours, usual = _both(point)
        return QPointF(self._x.at(point.games), self._y.at(ours if is_ours else usual))

    def _write_in(self, room: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
        self._painter.setFont(_font(10))
        self._painter.setPen(QColor(_FAINT))
        self._painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, text)


def _both(point: Point) -> tuple[float, float]:
    return point.ours.median, point.usual.median


def _mark(painter: QPainter, place: QPointF, color: str) -> None:
    """A dot for ours and a square for the usual way: told apart without the colours."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    if color == _OURS:
        painter.drawEllipse(place, _DOT, _DOT)
    else:
        painter.drawRect(QRectF(place.x() - _DOT, place.y() - _DOT, 2 * _DOT, 2 * _DOT))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _write(
    painter: QPainter, text: str, place: QPointF, size: int, color: str = _INK, bold: bool = False
) -> None:
    painter.setFont(_font(size, bold))
    painter.setPen(QColor(color))
    painter.drawText(place, text)


def _font(size: int, bold: bool = False) -> QFont:
    font = QFont("DejaVu Sans")
    font.setPixelSize(size + 1)
    font.setBold(bold)
    return font
