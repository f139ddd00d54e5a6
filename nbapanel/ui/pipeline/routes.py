"""The ways of edges between cards, as paths. Which cards they join is not known here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

_GUTTER = 14.0
_CORNER = 7.0
_THIN = QPainterPathStroker()
_THIN.setWidth(0.1)


def bent(start: QPointF, tip: QPointF, ahead: float) -> QPainterPath:
    """From one lane into the next, or over rows that are free; `ahead`: 1 to the right, or -1."""
    bend = QPointF(ahead * max(abs(tip.x() - start.x()) * 0.5, 18.0), 0)
    path = QPainterPath(start)
    path.cubicTo(start + bend, tip - bend, tip)
    return path


def around(start: QPointF, tip: QPointF, ahead: float, channel: float) -> QPainterPath:
    """Past the cards of the lanes between, between two rows: at the height `channel`."""
    leaving, coming = start.x() + ahead * _GUTTER, tip.x() - ahead * _GUTTER
    return rounded(
        (
            start,
            QPointF(leaving, start.y()),
            QPointF(leaving, channel),
            QPointF(coming, channel),
            QPointF(coming, tip.y()),
            tip,
        )
    )


def rounded(points: Sequence[QPointF]) -> QPainterPath:
    """Through all of these points, the corners rounded as far as there is room."""
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        coming, going = QLineF(corner, before), QLineF(corner, after)
        room = min(_CORNER, coming.length() / 2, going.length() / 2)
        if room < 1:
            path.lineTo(corner)
            continue
        path.lineTo(coming.pointAt(room / coming.length()))
        path.quadTo(corner, going.pointAt(room / going.length()))
    path.lineTo(points[-1])
    return path


def is_crossed(path: QPainterPath, cards: Sequence[QRectF]) -> bool:
    """Whether one of these cards is in the way: a line that goes behind it seems to end there."""
    # As a thin area: a path itself counts as closed, and what it bends around as its inside.
    thin = _THIN.createStroke(path)
    return any(thin.intersects(card) for card in cards)
