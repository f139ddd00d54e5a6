"""The table that every room uses: sorting, keys, menu, widths kept. What is in it, models say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QWidget

from nbapanel.ui import theme
from nbapanel.ui.tables.cells import CellDelegate
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.copying import as_tsv
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.ui.tables.header import ColumnsHeader
from nbapanel.ui.tables.menu import table_menu
from nbapanel.ui.tables.paged_model import PagedModel
from nbapanel.ui.tables.rows_model import ColumnsModel

ROW_HEIGHT = 28


class TableView(QTableView):
    """Shows one ColumnsModel. Enter and double click open a row, Ctrl+C copies rows as TSV."""

    opened = Signal(object)  # the row
    chosen = Signal()  # other rows are selected
    sort_wanted = Signal(str, bool)  # a column's `order`, descending
    export_wanted = Signal()
    copied = Signal(int, int)  # rows copied, rows selected that are not there

    def __init__(self, model: ColumnsModel[Any], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns_model = model
        self._anchor: object = None
        self.row_actions: Callable[[Any], Sequence[QAction]] = lambda row: ()
        """More entries for the context menu of a row, before those of every table."""
        self.setAccessibleName(name)
        self._build(model)
        self._connect(model)

    def _build(self, model: ColumnsModel[Any]) -> None:
        self.setModel(model)
        FocusFrame(self)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerItem)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        self._header = ColumnsHeader(model.columns, self)
        self.setHorizontalHeader(self._header)
        self.reset_columns()
        self.setItemDelegate(CellDelegate(self))

    def _connect(self, model: ColumnsModel[Any]) -> None:
        self.doubleClicked.connect(lambda index: self._open(index.row()))
        model.layoutAboutToBeChanged.connect(self._on_layout_about_to_change)
        model.layoutChanged.connect(self._on_layout_changed)
        model.modelReset.connect(self._on_reset)
        model.rowsInserted.connect(self._tell_visible)
        model.rowsRemoved.connect(self._tell_visible)
        self.verticalScrollBar().valueChanged.connect(self._tell_visible)
        theme.active().changed.connect(self._on_theme_changed)

    # -- sorting ---------------------------------------------------------------------------------

    def enable_sorting(self, order: str = "", *, descending: bool = True) -> None:
        """A click on a header sorts, by `order` to begin with: a column with an `order` asks for
        it by sort_wanted; where none has one, the model sorts itself."""
        self._header.setSortIndicatorShown(True)
        self.show_sorted(order, descending=descending)
        self._header.sortIndicatorChanged.connect(self._on_sort_indicator_changed)

    def show_sorted(self, order: str, *, descending: bool) -> None:
        """Only says so: the rows are sorted by whoever asked for them."""
        place = next((i for i, c in enumerate(self.columns) if order and c.order == order), -1)
        way = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self._header.mark_sorted(place, way)

    def _on_sort_indicator_changed(self, place: int, way: Qt.SortOrder) -> None:
        is_asked = any(column.order for column in self.columns)
        if is_asked and not (0 <= place < len(self.columns) and self.columns[place].order):
            self._header.restore_mark()
            return
        self._header.mark_sorted(place, way)
        if is_asked:
            self.sort_wanted.emit(self.columns[place].order, way is Qt.SortOrder.DescendingOrder)
        else:
            self._columns_model.sort(place, way)

    @property
    def sorted_by(self) -> int:
        """The place of the column that the rows are sorted by; -1: none of them."""
        return self._header.sorted_by[0]

    @property
    def current_row(self) -> Any:
        return self._columns_model.row_at(self.currentIndex().row())

    @property
    def columns(self) -> Sequence[Column[Any]]:
        return self._columns_model.columns

    # -- what is selected and shown --------------------------------------------------------------

    @property
    def shown_columns(self) -> list[Column[Any]]:
        """In the order in which they stand on the screen."""
        return self._header.shown

    @property
    def selected_rows(self) -> list[Any]:
        """Those selected rows that are there, from top to bottom."""
        numbers = sorted(index.row() for index in self.selectionModel().selectedRows())
        rows = (self._columns_model.row_at(number) for number in numbers)
        return [row for row in rows if row is not None]

    def selectRow(self, row: int) -> None:
        """This one alone. Qt's own adds it to the others while Ctrl or Shift is held down, as it is
        where a shortcut brought the table up."""
        how = (
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows
        )
        self.selectionModel().setCurrentIndex(self.model().index(row, 0), how)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.chosen.emit()

    def copy_rows(self) -> None:
        """The selected rows onto the clipboard, as TSV with a line of titles."""
        rows = self.selected_rows
        if not rows:
            return
        missing = len(self.selectionModel().selectedRows()) - len(rows)
        QGuiApplication.clipboard().setText(as_tsv(self.shown_columns, rows))
        self.copied.emit(len(rows), missing)

    def copy_cell(self) -> None:
        """The current cell onto the clipboard, as it is shown."""
        index = self.currentIndex()
        if index.isValid():
            QGuiApplication.clipboard().setText(str(index.data() or ""))

    def _open(self, number: int) -> None:
        row = self._columns_model.row_at(number)
        if row is not None:
            self.opened.emit(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_rows()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex().row())
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    # -- pages -----------------------------------------------------------------------------------

    def _tell_visible(self, *_: object) -> None:
        if isinstance(self._columns_model, PagedModel):
            first = max(0, self.rowAt(0))
            shown = max(1, self.viewport().height() // ROW_HEIGHT + 1)
            self._columns_model.show_rows(first, first + shown)

    def _on_reset(self) -> None:
        self.scrollToTop()
        self._tell_visible()
        self.chosen.emit()

    def _on_layout_about_to_change(self) -> None:
        # At the very top one stays there, and sees what is new.
        top = self.verticalScrollBar().value()
        self._anchor = self._columns_model.key_at(top) if top else None

    def _on_layout_changed(self) -> None:
        model = self._columns_model
        if isinstance(model, PagedModel) and self._anchor is not None:
            place = model.row_of(self._anchor)
            if place is not None:
                self.updateGeometries()
                self.verticalScrollBar().setValue(place)
        self._anchor = None
        self._tell_visible()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._header.fit(self.viewport().width())
        self._tell_visible()

    # -- columns ---------------------------------------------------------------------------------

    def reset_columns(self) -> None:
        """Widths, order and what is hidden, as they are declared."""
        self._header.reset_columns(self.viewport().width())

    def save_state(self) -> bytes:
        """Widths, order and hidden columns."""
        return self._header.save()

    def restore_state(self, state: bytes) -> bool:
        """False for a state of other columns, which changes nothing."""
        return self._header.restore(state, self.viewport().width())

    # -- menu ------------------------------------------------------------------------------------

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = self.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard:
            place = self.viewport().mapToGlobal(
                self.visualRect(self.currentIndex()).bottomLeft() + QPoint(8, 0)
            )
        menu.popup(place)

    def make_menu(self) -> QMenu:
        """Of the current row first, then of every table."""
        return table_menu(self)

    def flip_order(self, place: int) -> None:
        """Sort by this column; by the one that it is sorted by already: the other way."""
        was, way = self._header.sorted_by
        is_down = place == was and way is Qt.SortOrder.DescendingOrder
        self._header.setSortIndicator(
            place, Qt.SortOrder.AscendingOrder if is_down else Qt.SortOrder.DescendingOrder
        )

    def _on_theme_changed(self) -> None:
        self.viewport().update()
