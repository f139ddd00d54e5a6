"""What a machine can see in a window: clipped text, overlap, empty charts. Taste is for people."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import combinations

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import numpy as np
import pytest
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QImage, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMainWindow,
    QPushButton,
    QSplitter,
    QTabBar,
    QTableView,
    QTabWidget,
    QToolButton,
    QWidget,
)

from nbapanel.ui import theme
from nbapanel.ui.charts.plots import Plot
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.tables.view import TableView

_SLACK = 2
_LABEL_MARGIN = 5
_ARROW = 30  # a combo box's arrow and padding
_LEAST_PIXELS, _NEAR = 8, 12
# Their children lie over one another, or move, as Qt has it.
_OWN_WAY = (QAbstractScrollArea, QAbstractSpinBox, QComboBox, QLineEdit, QMainWindow, QTabBar,
            QTabWidget, QSplitter)  # fmt: skip


@pytest.fixture(scope="session")
def look_at() -> Callable[[QWidget], list[str]]:
    """`look_at(window)`: every fault of what is visible in it, in words."""

    def look(window: QWidget) -> list[str]:
        faults: list[str] = []
        for widget in _visible(window):
            faults += _clipped(widget)
            faults += _overlapping(widget)
            if isinstance(widget, Plot):
                faults += _empty(widget)
        return faults

    return look


def _visible(window: QWidget) -> Iterator[QWidget]:
    """The window and all in it that is seen, other windows left out."""
    yield window
    for child in window.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
        if _is_seen(child):
            yield from _visible(child)


def _is_seen(widget: QWidget) -> bool:
    """A dock behind another is visible to Qt too, but lies outside the window."""
    return widget.isVisible() and not widget.isWindow() and not widget.visibleRegion().isEmpty()


# ---- text --------------------------------------------------------------------------------------


def _clipped(widget: QWidget) -> list[str]:
    match widget:
        case Elided():
            is_told = bool(widget.toolTip()) or _is_told_above(widget, widget.text())
            return [] if not widget.is_cut or is_told else [_fault("cut, untold", widget)]
        case QLabel():
            return _clipped_label(widget)
        case QPushButton() | QToolButton():
            return _narrow(widget, widget.sizeHint().width())
        case QAbstractButton():  # a check box, a radio button
            return _narrow(widget, widget.sizeHint().width())
        case QComboBox():
            text = widget.fontMetrics().horizontalAdvance(widget.currentText())
            return _narrow(widget, text + _ARROW)
        case QTabBar():
            return [
                f"tab too narrow: {widget.tabText(number)}"
                for number in range(widget.count())
                if widget.isTabVisible(number)
                and widget.tabRect(number).width() + _SLACK < widget.tabSizeHint(number).width()
            ]
        case QTableView():
            return _clipped_table(widget)
        case Plot():
            return _clipped_axes(widget)
    return []


def _clipped_axes(plot: Plot) -> list[str]:
    """pyqtgraph keeps a margin within each label's rectangle: words may be as near as that."""
    room = QRectF(plot.view.viewport().rect()).adjusted(
        -_LABEL_MARGIN, -_LABEL_MARGIN, _LABEL_MARGIN, _LABEL_MARGIN
    )
    return [
        f"{plot.accessibleName()}: no room for {axis.labelText!r}"
        for axis in (plot.bottom, plot.left)
        if axis.label.isVisible() and not room.contains(axis.label.sceneBoundingRect())
    ]


def _clipped_label(label: QLabel) -> list[str]:
    room = label.contentsRect()
    if not label.text() or label.pixmap():
        return []
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        return [_fault("too low", label)] if needed > label.height() + _SLACK else []
    if label.textFormat() is Qt.TextFormat.RichText:
        document = QTextDocument()
        document.setDefaultFont(label.font())
        document.setDocumentMargin(0)
        document.setHtml(label.text())
        wide = document.idealWidth()
    else:
        lines = label.text().splitlines()
        wide = max(label.fontMetrics().horizontalAdvance(line) for line in lines)
    high = label.fontMetrics().height()
    if wide > room.width() + _SLACK:
        return [_fault(f"too narrow ({wide:.0f} > {room.width()})", label)]
    return [_fault("too low", label)] if high > room.height() + _SLACK else []


def _narrow(widget: QWidget, wanted: int) -> list[str]:
    if not getattr(widget, "text", lambda: "x")() or widget.width() + _SLACK >= wanted:
        return []
    return [_fault(f"too narrow ({wanted} > {widget.width()})", widget)]


def _clipped_table(table: QTableView) -> list[str]:
    """Titles of columns, and numbers: words end in an ellipsis and are whole in the tooltip."""
    found, model, header = [], table.model(), table.horizontalHeader()
    if model is None or not header.isVisible():
        return []
    name = table.accessibleName()
    for place in range(model.columnCount()):
        if header.isSectionHidden(place):
            continue
        title = str(model.headerData(place, Qt.Orientation.Horizontal) or "")
        # As wide as bold text in its padding; the arrow of the order stands above it.
        wanted = _bold(header).horizontalAdvance(title) + 16
        if title and header.sectionSize(place) + _SLACK < wanted:
            found.append(f"{name}: title {title!r} cut ({wanted} > {header.sectionSize(place)})")
        if isinstance(table, TableView) and table.columns[place].is_number:
            found += _clipped_numbers(table, place, name)
    return found


def _bold(widget: QWidget) -> QFontMetrics:
    font = QFont(widget.font())
    font.setWeight(QFont.Weight.DemiBold)
    return QFontMetrics(font)


def _clipped_numbers(table: TableView, place: int, name: str) -> list[str]:
    found, first = [], max(table.rowAt(0), 0)
    last = table.rowAt(table.viewport().height() - 1)
    for row in range(first, (last if last >= 0 else table.model().rowCount() - 1) + 1):
        text = str(table.model().index(row, place).data() or "")
        wide = table.fontMetrics().horizontalAdvance(text) + 16
        if wide > table.columnWidth(place) + _SLACK:
            found.append(f"{name}: number {text!r} cut ({wide} > {table.columnWidth(place)})")
    return found


def _is_told_above(widget: QWidget, text: str) -> bool:
    above = widget.parentWidget()
    while above is not None and not above.isWindow():
        if above.toolTip():
            return True
        above = above.parentWidget()
    return not text


# ---- places ------------------------------------------------------------------------------------


def _overlapping(parent: QWidget) -> list[str]:
    if isinstance(parent, _OWN_WAY):
        return []
    options = Qt.FindChildOption.FindDirectChildrenOnly
    children = [child for child in parent.findChildren(QWidget, options=options) if _is_seen(child)]
    faults = [
        f"{_named(one)} and {_named(other)} overlap in {_named(parent)}"
        for one, other in combinations(children, 2)
        if not one.geometry().intersected(other.geometry()).isEmpty()
    ]
    is_scrolled = isinstance(parent.parentWidget(), QAbstractScrollArea)
    inside = parent.rect().adjusted(-_SLACK, -_SLACK, _SLACK, _SLACK)
    if not is_scrolled:
        faults += [
            f"{_named(child)} sticks out of {_named(parent)}: {_box(child.geometry())}"
            f" in {parent.width()}x{parent.height()}"
            for child in children
            if not inside.contains(child.geometry())
        ]
    return faults


# ---- charts ------------------------------------------------------------------------------------


def _empty(plot: Plot) -> list[str]:
    """Where there are points in sight, their colour is to be seen."""
    low, high = plot.x_seen
    seen = sum(int(((track.x >= low) & (track.x <= high)).sum()) for track in plot._tracks)
    if not any(track.y.any() for track in plot._tracks):
        return []  # nothing, or nothing but zeros: bars without a height
    if not seen:
        return [f"{plot.accessibleName()}: no point in sight"]
    pixels = _coloured(plot.view.grab().toImage())
    if pixels < _LEAST_PIXELS:
        return [f"{plot.accessibleName()}: {seen} points in sight, {pixels} pixels of colour"]
    return []


def _coloured(image: QImage) -> int:
    """How many pixels have a series' colour, near enough."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(-1, 4)[:, :3].astype(int)
    found = np.zeros(len(pixels), dtype=bool)
    for role in (*(f"series_{number}" for number in range(1, 7)), "text"):
        one = theme.active().color(role)
        wanted = np.array([one.blue(), one.green(), one.red()])
        found |= (np.abs(pixels - wanted) < _NEAR).all(axis=1)
    return int(found.sum())


# ---- words -------------------------------------------------------------------------------------


def _fault(what: str, widget: QWidget) -> str:
    text = getattr(widget, "text", lambda: "")() or widget.accessibleName()
    return f"{what}: {_named(widget)} {text[:70]!r} in {_named(widget.parentWidget())}"


def _named(widget: QWidget | None) -> str:
    return (
        ""
        if widget is None
        else f"{type(widget).__name__}{widget.objectName() and '#'}" + (widget.objectName())
    )


def _box(box: QRect) -> str:
    return f"{box.x()},{box.y()} {box.width()}x{box.height()}"
