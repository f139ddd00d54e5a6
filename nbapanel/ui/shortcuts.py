"""The shortcut sheet: every command with its keys, made of the actions themselves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nbapanel.ui.tables.focus_frame import FocusFrame


class ShortcutsDialog(QDialog):
    """`actions` in the order in which they are to be listed; those without a text are left out."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._actions = [action for action in actions if action.text()]
        self._build()
        self.search.textChanged.connect(self._on_search)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.resize(720, 560)
        self.search = QLineEdit()
        self.search.setPlaceholderText(self.tr("Search commands and keys"))
        self.search.setAccessibleName(self.tr("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self._build_table()
        self.nothing = QLabel(self.tr("No command has these words."))
        self.nothing.setProperty("role", "muted")
        self.nothing.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addWidget(self.search)
        box.addWidget(self.table, 1)
        box.addWidget(self.nothing)
        box.addWidget(buttons)

    def _build_table(self) -> None:
        model = QStandardItemModel(0, 4, self)
        model.setHorizontalHeaderLabels(
            [self.tr("Command"), self.tr("Keys"), self.tr("Menu"), self.tr("What it does")]
        )
        for action in self._actions:
            model.appendRow([_item(text) for text in self._row(action)])
        self.model = QSortFilterProxyModel(self)
        self.model.setSourceModel(model)
        self.model.setFilterKeyColumn(-1)
        self.model.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table = QTableView()
        FocusFrame(self.table)
        self.table.setAccessibleName(self.tr("Commands and their keys"))
        self.table.setModel(self.model)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.setShowGrid(False)
        self.table.setProperty("roomy", "true")
        self.table.setAlternatingRowColors(True)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        heads = self.table.horizontalHeader()
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setStretchLastSection(True)

    def _row(self, action: QAction) -> tuple[str, str, str, str]:
        name = _plain(action.text())
        keys = ", ".join(
            keys.toString(QKeySequence.SequenceFormat.NativeText) for keys in action.shortcuts()
        )
        menus = [found for found in action.associatedObjects() if isinstance(found, QMenu)]
        menu = _plain(menus[0].title()) if menus else ""
        tip = action.statusTip()
        return name, keys or self.tr("none"), menu, "" if tip.rstrip("…") == name else tip

    def _on_search(self, text: str) -> None:
        self.model.setFilterFixedString(text.strip())
        self.nothing.setVisible(self.model.rowCount() == 0)


def _plain(text: str) -> str:
    """Without the mark of the mnemonic and without the dots of a dialog."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…")


def _item(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setEditable(False)
    return item
