"""The Qt side of declared columns, and a model of rows that are all at hand. Nothing is asked."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from nbapanel.ui import theme
from nbapanel.ui.plain_tip import plain_tip
from nbapanel.ui.tables.columns import Column

R = TypeVar("R")
Index = QModelIndex | QPersistentModelIndex

SHARE = Qt.ItemDataRole.UserRole + 1
"""0..1, to be painted as a bar (cells.ShareDelegate); None: no bar."""
COLOUR_ROLE = Qt.ItemDataRole.UserRole + 2

NOT_THERE = "…"
_NO_INDEX = QModelIndex()
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class ColumnsModel(QAbstractTableModel, Generic[R]):
    """Says of each row what its columns declare; whose rows they are is the subclass's business."""

    def __init__(self, columns: Sequence[Column[R]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)

    @abstractmethod
    def row_at(self, number: int) -> R | None:
        """The row; None for one that is not there (yet)."""

    @abstractmethod
    def key_at(self, number: int) -> object:
        """What a row is known by when its place changes; None where it is not there."""

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        column = self.columns[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        row = self.row_at(index.row())
        if row is None:
            return NOT_THERE if role == Qt.ItemDataRole.DisplayRole else None
        return _said(column, row, role)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.about or column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        return None


def _said(column: Column[R], row: R, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return column.shown(row)
    if role == Qt.ItemDataRole.ToolTipRole:
        return plain_tip(column.tip(row)) if column.tip is not None else None
    if role == Qt.ItemDataRole.ForegroundRole:
        name = column.role(row) if column.role is not None else ""
        return theme.active().color(name) if name else None
    if role == SHARE:
        return column.share(row) if column.share is not None else None
    if role == COLOUR_ROLE:
        return column.role(row) if column.role is not None else None
    return None


class RowsModel(ColumnsModel[R]):
    """A few rows that were given; sorted here, by the values of a column."""

    def __init__(self, columns: Sequence[Column[R]], parent: QObject | None = None) -> None:
        super().__init__(columns, parent)
        self._rows: list[R] = []

    @property
    def rows(self) -> Sequence[R]:
        """As they are shown."""
        return self._rows

    def set_rows(self, rows: Sequence[R]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row_at(self, number: int) -> R | None:
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def key_at(self, number: int) -> object:
        return number

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By the values of a column; a missing value comes last either way."""
        if not 0 <= column < len(self.columns):
            return
        value = self.columns[column].value
        known = [row for row in self._rows if value(row) is not None]
        known.sort(key=value, reverse=order is Qt.SortOrder.DescendingOrder)
        unknown = [row for row in self._rows if value(row) is None]
        places = {id(row): place for place, row in enumerate(known + unknown)}
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        after = [self.index(places[id(self._rows[i.row()])], i.column()) for i in before]
        self._rows = known + unknown
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
