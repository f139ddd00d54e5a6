"""The context menu of every table: copy, export, order, columns. What they do, the view knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from nbapanel.ui.tables.view import TableView


def table_menu(view: TableView) -> QMenu:
    """What its current row offers first, then what every table does."""
    menu = QMenu(view)
    row = view.current_row
    if row is not None:
        menu.addActions(list(view.row_actions(row)))
        menu.addSeparator()
    copy = menu.addAction(_tr("Copy rows"), view.copy_rows)
    copy.setShortcut(QKeySequence.StandardKey.Copy)
    copy.setEnabled(view.selectionModel().hasSelection())
    menu.addAction(_tr("Copy cell"), view.copy_cell).setEnabled(row is not None)
    menu.addAction(_tr("Export as CSV…"), view.export_wanted.emit)
    menu.addSeparator()
    if view.horizontalHeader().isSortIndicatorShown():
        _add_orders(view, menu.addMenu(_tr("Sort by")))
    _add_columns(view, menu.addMenu(_tr("Columns")))
    return menu


def _add_orders(view: TableView, menu: QMenu) -> None:
    is_asked = any(column.order for column in view.columns)
    for place, column in enumerate(view.columns):
        if column.order or not is_asked:
            action = menu.addAction(column.title)
            action.setCheckable(True)
            action.setChecked(place == view.sorted_by)
            action.triggered.connect(lambda _=False, at=place: view.flip_order(at))


def _add_columns(view: TableView, menu: QMenu) -> None:
    shown = view.shown_columns
    for place, column in enumerate(view.columns):
        action = menu.addAction(column.title)
        action.setCheckable(True)
        action.setChecked(not view.isColumnHidden(place))
        action.setEnabled(view.isColumnHidden(place) or len(shown) > 1)
        action.toggled.connect(lambda on, at=place: view.setColumnHidden(at, not on))
    menu.addSeparator()
    menu.addAction(_tr("Reset columns"), view.reset_columns)


def _tr(text: str) -> str:
    return QCoreApplication.translate("TableView", text)
