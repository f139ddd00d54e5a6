"""How a cell is painted: its text, and a small bar for a share. What it means is not here."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from nbapanel.ui import theme
from nbapanel.ui.tables.rows_model import COLOUR_ROLE, NOT_THERE, SHARE

_MARGIN = 8  # as the header's sections have it
_NUMBER_WIDTH = 44
_THICKNESS = 6


class CellDelegate(QStyledItemDelegate):
    """Text in line with the title above it; a share as a bar on its left, in the cell's colour."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        dressed = QStyleOptionViewItem(option)
        self.initStyleOption(dressed, index)
        words, dressed.text = dressed.text, ""
        if dressed.state & QStyle.StateFlag.State_Selected:
            dressed.state &= ~QStyle.StateFlag.State_HasFocus  # the whole row says so already
        style = dressed.widget.style() if dressed.widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, dressed, painter, dressed.widget)
        area = dressed.rect.adjusted(_MARGIN, 0, -_MARGIN, 0)
        share = index.data(SHARE)
        painter.save()
        if share is not None:
            _draw_bar(painter, QRectF(area), float(share), str(index.data(COLOUR_ROLE) or "accent"))
        painter.setFont(dressed.font)
        _choose_pen(painter, dressed, words, has_bar=share is not None)
        shown = dressed.fontMetrics.elidedText(words, Qt.TextElideMode.ElideRight, area.width())
        flags = Qt.AlignmentFlag(dressed.displayAlignment) | Qt.TextFlag.TextSingleLine
        painter.drawText(area, flags, shown)
        painter.restore()


def _choose_pen(
    painter: QPainter, option: QStyleOptionViewItem, words: str, *, has_bar: bool
) -> None:
    if option.state & QStyle.StateFlag.State_Selected:
        painter.setPen(option.palette.color(QPalette.ColorRole.HighlightedText))
    elif words == NOT_THERE:
        painter.setPen(theme.active().color("muted"))
    elif has_bar:
        painter.setPen(theme.active().color("text"))  # its colour is the bar's
    else:
        painter.setPen(option.palette.color(QPalette.ColorRole.Text))


def _draw_bar(painter: QPainter, area: QRectF, share: float, role: str) -> None:
    length = area.width() - _NUMBER_WIDTH
    if length < _THICKNESS:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    track = QRectF(area.left(), area.center().y() - _THICKNESS / 2, length, _THICKNESS)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.active().color("border"))
    painter.drawRoundedRect(track, _THICKNESS / 2, _THICKNESS / 2)
    if share > 0:
        track.setWidth(max(_THICKNESS, length * min(share, 1.0)))
        painter.setBrush(theme.active().color(role))
        painter.drawRoundedRect(track, _THICKNESS / 2, _THICKNESS / 2)
