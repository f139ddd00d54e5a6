"""The list of relations beside the row counts: legend, latest numbers and choice in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from nbapanel.ui import theme
from nbapanel.ui.charts.reading import signed
from nbapanel.ui.tables.focus_frame import FocusFrame

_SERIES = 6
_SWATCH = (22, 12)
_ROW_HEIGHT = 21
Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Relation:
    """A row: how many rows it has now, and how many more than at the start of the range."""

    name: str
    rows: float
    gain: float


def look_of(number: int) -> tuple[QColor, bool]:
    """The colour of the n-th line, and whether it is dashed: six colours, then again dashed."""
    colour = theme.active().color(f"series_{number % _SERIES + 1}")
    return colour, bool(number // _SERIES % 2)


class RelationsModel(QAbstractTableModel):
    toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[Relation, ...] = ()
        self._hidden: set[str] = set()

    def set_rows(self, rows: Sequence[Relation]) -> None:
        """Relations that were hidden stay so."""
        if [row.name for row in rows] == [row.name for row in self._rows]:
            self._rows = tuple(rows)
            self._tell()
            return
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    @property
    def shown(self) -> frozenset[str]:
        return frozenset(row.name for row in self._rows if row.name not in self._hidden)

    def show_only(self, number: int) -> None:
        """This relation alone; where it is alone already, all of them again."""
        name = self._rows[number].name
        is_alone = self.shown == {name}
        self._hidden = set() if is_alone else {row.name for row in self._rows if row.name != name}
        self._tell()
        self.toggled.emit()

    def recolour(self) -> None:
        self._tell()

    def _tell(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 2))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 3

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.column() == 0 else flags

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Relation"), self.tr("Rows"), self.tr("Change"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (row.name, f"{row.rows:,.0f}", signed(row.gain))[index.column()]
            case Qt.ItemDataRole.TextAlignmentRole if index.column():
                return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            case Qt.ItemDataRole.CheckStateRole if index.column() == 0:
                is_hidden = row.name in self._hidden
                return Qt.CheckState.Unchecked if is_hidden else Qt.CheckState.Checked
            case Qt.ItemDataRole.DecorationRole if index.column() == 0:
                return _swatch(index.row())
            case Qt.ItemDataRole.ToolTipRole:
                return self.tr("{name}: Space shows or hides it, Enter shows it alone").format(
                    name=row.name
                )
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        if role != Qt.ItemDataRole.CheckStateRole or index.column() or not index.isValid():
            return False
        name = self._rows[index.row()].name
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._hidden.discard(name)
        else:
            self._hidden.add(name)
        self._tell()
        self.toggled.emit()
        return True


class RelationsView(QTableView):
    """Space toggles a relation, Enter or a double click shows it alone."""

    def __init__(self, model: RelationsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._relations = model
        self.setModel(model)
        self._build()
        self.activated.connect(self._on_activated)

    def _build(self) -> None:
        FocusFrame(self)
        self.setAccessibleName(self.tr("Relations shown in the chart"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setMinimumSectionSize(_ROW_HEIGHT)
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    @property
    def whole_height(self) -> int:
        """With every row in sight."""
        rows = self._relations.rowCount() * _ROW_HEIGHT
        return self.horizontalHeader().height() + rows + 2 * self.frameWidth() + 4

    def _on_activated(self, index: QModelIndex) -> None:
        self._relations.show_only(index.row())


def _swatch(number: int) -> QPixmap:
    """A piece of the line, as it is drawn in the chart."""
    colour, is_dashed = look_of(number)
    picture = QPixmap(*_SWATCH)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setPen(QPen(colour, 2, Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine))
    painter.drawLine(0, _SWATCH[1] // 2, _SWATCH[0], _SWATCH[1] // 2)
    painter.end()
    return picture
