"""The cards in their places, lanes side by side, and the edges painted behind them.

Which row a card has is worked out in `graph`; what it says, in `words`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QLabel, QWidget

from nbapanel.ui import theme
from nbapanel.ui.pipeline.card import LEAST_HEIGHT, LEAST_WIDTH, Card
from nbapanel.ui.pipeline.graph import Edge, edges_of, lanes_of, rows_of
from nbapanel.ui.pipeline.routes import around, bent, is_crossed
from nbapanel.ui.pipeline.slices import downstream, upstream
from nbapanel.ui.ports import DeclaredStep
from nbapanel.ui.roles import give_role

_MARGIN = 16
_TOP = 26
_GAP_X, _MOST_GAP_X = 28, 76
_GAP_Y, _MOST_GAP_Y = 11, 26
_MOST_WIDTH, _MOST_HEIGHT = 400, 108
_HEAD = 5.0
_SPREAD = 14.0


class Lanes(QWidget):
    """The cards in their places. Arrow keys walk between them."""

    card_focused = Signal(object)  # Card

    def __init__(self, declared: Sequence[DeclaredStep], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._declared = tuple(declared)
        self._lanes = lanes_of(declared)
        self._rows = rows_of(declared)
        self._edges = edges_of(declared)
        self._count_of_rows = max(self._rows.values(), default=0) + 1
        self._focused = ""
        self._picture: QPixmap | None = None
        self._gap_y = float(_GAP_Y)
        self.cards: dict[str, Card] = {}
        self._build()
        theme.active().changed.connect(self._draw_anew)

    @property
    def titles(self) -> Mapping[str, str]:
        return {step.key: step.title for step in self._declared}

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    # ---- Qt ----------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
        }
        move = steps.get(Qt.Key(event.key()))
        if move is None or not self._focused:
            event.ignore()
            return
        target = self._neighbour(self._focused, *move)
        if target is not None:
            self.cards[target].setFocus(Qt.FocusReason.OtherFocusReason)

    def paintEvent(self, event: QPaintEvent) -> None:
        """From a picture of the edges: every word that changes on a card comes through here."""
        if self._picture is None:
            self._picture = self._drawn()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.end()

    # ---- inside ------------------------------------------------------------------------------

    def _drawn(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        loud = self._loud_edges()
        for edge in self._edges:
            if edge not in loud:
                self._paint_edge(painter, edge, is_loud=False, is_faded=bool(loud))
        for edge in self._edges:
            if edge in loud:
                self._paint_edge(painter, edge, is_loud=True, is_faded=False)
        painter.end()
        return picture

    def _draw_anew(self) -> None:
        self._picture = None
        self.update()

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Steps of a refetch, in lanes"))
        self._headings = {}
        for lane in self._lanes:
            heading = QLabel(lane, self)
            font = QFont(heading.font())
            font.setBold(True)
            heading.setFont(font)
            give_role(heading, "muted")
            self._headings[lane] = heading
        before: Card | None = None
        for steps in self._lanes.values():
            for step in steps:
                card = Card(step, self)
                card.focus_changed.connect(self._on_focus_changed)
                self.cards[step.key] = card
                if before is not None:
                    QWidget.setTabOrder(before, card)
                before = card
        count = len(self._lanes)
        self.setMinimumSize(
            2 * _MARGIN + count * LEAST_WIDTH + max(count - 1, 0) * _GAP_X,
            _TOP + self._count_of_rows * (LEAST_HEIGHT + _GAP_Y) - _GAP_Y + 6,
        )

    def _place(self) -> None:
        count, rows = max(len(self._lanes), 1), self._count_of_rows
        room = self.width() - 2 * _MARGIN
        gap = min(max(room * 0.035, _GAP_X), _MOST_GAP_X)
        width = min(max((room - gap * (count - 1)) / count, LEAST_WIDTH), _MOST_WIDTH)
        if count > 1:
            gap = min(max((room - width * count) / (count - 1), _GAP_X), 2 * _MOST_GAP_X)
        free = self.height() - _TOP - 6
        height = min(max((free - _GAP_Y * (rows - 1)) / rows, LEAST_HEIGHT), _MOST_HEIGHT)
        gap_y = float(_GAP_Y)
        if rows > 1:
            gap_y = min(max((free - height * rows) / (rows - 1), _GAP_Y), _MOST_GAP_Y)
        for column, (lane, steps) in enumerate(self._lanes.items()):
            left = round(_MARGIN + column * (width + gap))
            self._headings[lane].setGeometry(left + 2, 2, round(width), _TOP - 6)
            for step in steps:
                top = round(_TOP + self._rows[step.key] * (height + gap_y))
                self.cards[step.key].setGeometry(left, top, round(width), round(height))
        self._gap_y = gap_y
        self._draw_anew()

    def _neighbour(self, key: str, across: int, down: int) -> str | None:
        lanes = list(self._lanes.values())
        column = next(n for n, steps in enumerate(lanes) if any(s.key == key for s in steps))
        if down:
            keys = [step.key for step in lanes[column]]
            place = keys.index(key) + down
            return keys[place] if 0 <= place < len(keys) else None
        if not 0 <= column + across < len(lanes):
            return None
        row = self._rows[key]
        return min(
            (step.key for step in lanes[column + across]),
            key=lambda other: abs(self._rows[other] - row),
        )

    def _on_focus_changed(self, key: str, has_focus: bool) -> None:
        if has_focus:
            self._focused = key
            self.card_focused.emit(self.cards[key])
        elif self._focused == key:
            self._focused = ""
        self._draw_anew()

    def _loud_edges(self) -> set[Edge]:
        """The edges on the way to and from the card that has the focus."""
        if not self._focused:
            return set()
        above = upstream(self._declared, self._focused)
        below = downstream(self._declared, self._focused)
        return {
            edge
            for edge in self._edges
            if {edge.source, edge.target} <= above or {edge.source, edge.target} <= below
        }

    def _paint_edge(self, painter: QPainter, edge: Edge, *, is_loud: bool, is_faded: bool) -> None:
        colour = QColor(theme.active().color("accent" if is_loud else "muted"))
        colour.setAlpha(255 if is_loud else 80 if is_faded else 170)
        pen = QPen(colour, 1.8 if is_loud else 1.2)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if not edge.firm:
            pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        path, tip, direction = self._path(edge)
        painter.drawPath(path)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(_arrow(tip, direction))

    def _path(self, edge: Edge) -> tuple[QPainterPath, QPointF, QPointF]:
        """The way of an edge, where it ends, and the direction in which it arrives."""
        source = QRectF(self.cards[edge.source].geometry())
        target = QRectF(self.cards[edge.target].geometry())
        if source.left() == target.left():
            return self._within(edge, source, target)
        out, into = self._heights(edge, source, target)
        ahead = 1.0 if target.left() > source.left() else -1.0
        start = QPointF(source.right() if ahead > 0 else source.left(), out)
        tip = QPointF(target.left() if ahead > 0 else target.right(), into)
        path = bent(start, tip, ahead)
        if is_crossed(path, self._places_but(edge)):
            path = around(start, tip, ahead, self._channel(edge, target))
        return path, tip, QPointF(ahead, 0)

    def _places_but(self, edge: Edge) -> list[QRectF]:
        """Where the cards are that have nothing to do with this edge."""
        ends = (edge.source, edge.target)
        return [QRectF(card.geometry()) for key, card in self.cards.items() if key not in ends]

    def _channel(self, edge: Edge, target: QRectF) -> float:
        """In the gap between the target's row and the next one toward the source, nearer to it.

        So that one that rises and one that falls into the same gap stay apart.
        """
        rises = self._rows[edge.source] > self._rows[edge.target]
        if rises or self._rows[edge.target] == 0:
            return target.bottom() + self._gap_y / 3
        return target.top() - self._gap_y / 3

    def _within(
        self, edge: Edge, source: QRectF, target: QRectF
    ) -> tuple[QPainterPath, QPointF, QPointF]:
        if self._rows[edge.target] == self._rows[edge.source] + 1 or not self._between(edge):
            start, tip = QPointF(source.center().x(), source.bottom()), QPointF()
            tip = QPointF(target.center().x(), target.top())
            path = QPainterPath(start)
            path.lineTo(tip)
            return path, tip, QPointF(0, 1)
        # Past the cards between them, on the left.
        out, into = source.center().y() + _SPREAD, target.center().y() - _SPREAD
        aside = source.left() - 11
        path = QPainterPath(QPointF(source.left(), out))
        path.cubicTo(aside, out, aside, out, aside, out + 10)
        path.lineTo(aside, into - 10)
        path.cubicTo(aside, into, aside, into, target.left(), into)
        return path, QPointF(target.left(), into), QPointF(1, 0)

    def _between(self, edge: Edge) -> bool:
        lane = next(s.lane for s in self._declared if s.key == edge.source)
        low, high = self._rows[edge.source], self._rows[edge.target]
        return any(low < self._rows[step.key] < high for step in self._lanes[lane])

    def _heights(self, edge: Edge, source: QRectF, target: QRectF) -> tuple[float, float]:
        """Edges that meet at one side of a card stand apart there, in the order they come from."""
        beside = [e for e in self._edges if self._is_across(e)]
        leaving = sorted(
            (e for e in beside if e.source == edge.source), key=lambda e: self._rows[e.target]
        )
        coming = sorted(
            (e for e in beside if e.target == edge.target), key=lambda e: self._rows[e.source]
        )
        out = source.center().y() + _SPREAD * (leaving.index(edge) - (len(leaving) - 1) / 2)
        into = target.center().y() + _SPREAD * (coming.index(edge) - (len(coming) - 1) / 2)
        return out, into

    def _is_across(self, edge: Edge) -> bool:
        lane_of = {step.key: step.lane for step in self._declared}
        return lane_of[edge.source] != lane_of[edge.target]


def _arrow(tip: QPointF, direction: QPointF) -> QPolygonF:
    side = QPointF(-direction.y(), direction.x()) * (_HEAD * 0.7)
    back = tip - direction * _HEAD
    return QPolygonF([tip, back + side, back - side])
