"""About: versions, where the data lies, and the licences of what nbapanel is built on."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

from PySide6.QtCore import Qt, Signal, qVersion
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nbapanel import __version__, installation
from nbapanel.paths import shipped
from nbapanel.ui.tables.focus_frame import FocusFrame

_ICON = 64


class AboutDialog(QDialog):
    folder_wanted = Signal(object)  # Path: open the data directory

    def __init__(
        self, data_dir: Path, server_version: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._data_dir = data_dir
        self._facts = {
            **installation.facts(),
            "Qt": qVersion(),
            "PostgreSQL": server_version or self.tr("not connected"),
            self.tr("Data"): str(data_dir),
        }
        self._libraries = [astuple(one) for one in installation.libraries()]
        self._build()

    @property
    def text(self) -> str:
        """What is copied."""
        facts = [f"{name}: {value}" for name, value in self._facts.items()]
        libraries = [f"{name} {version} ({said})" for name, version, said in self._libraries]
        return "\n".join([*facts, "", *libraries]) + "\n"

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText(self.tr("Copied"))

    def _build(self) -> None:
        self.setWindowTitle(self.tr("About nbapanel"))
        self.resize(600, 560)
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addLayout(self._head())
        box.addLayout(self._form())
        heading = QLabel(self.tr("Built on"))
        heading.setProperty("subheading", "true")
        box.addWidget(heading)
        box.addWidget(self._table(), 1)
        box.addLayout(self._foot())
        self.close_button.setFocus()

    def _head(self) -> QHBoxLayout:
        picture = QLabel()
        icon = QIcon(str(shipped("resources") / "icons" / "nbapanel.svg"))
        picture.setPixmap(icon.pixmap(_ICON, _ICON))
        name = QLabel(self.tr("nbapanel {0}").format(__version__))
        name.setProperty("heading", "true")
        words = QLabel(self.tr("Keeps an NBA and prediction-market warehouse complete and fresh."))
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        said = QVBoxLayout()
        said.setSpacing(4)
        said.addStretch(1)
        said.addWidget(name)
        said.addWidget(words)
        said.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(16)
        row.addWidget(picture)
        row.addLayout(said, 1)
        return row

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(4)
        for name, value in list(self._facts.items())[1:]:
            label, text = QLabel(name), QLabel(value)
            label.setProperty("role", "muted")
            text.setWordWrap(True)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            form.addRow(label, text)
        return form

    def _table(self) -> QTableWidget:
        self.table = QTableWidget(len(self._libraries), 3)
        FocusFrame(self.table)
        self.table.setAccessibleName(self.tr("Libraries, their versions and licences"))
        self.table.setHorizontalHeaderLabels(
            [self.tr("Library"), self.tr("Version"), self.tr("Licence")]
        )
        for row, facts in enumerate(self._libraries):
            for column, text in enumerate(facts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.setShowGrid(False)
        self.table.setProperty("roomy", "true")
        self.table.verticalHeader().hide()
        heads = self.table.horizontalHeader()
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setStretchLastSection(True)
        return self.table

    def _foot(self) -> QHBoxLayout:
        self.copy_button = QPushButton(self.tr("Copy"))
        self.copy_button.clicked.connect(self.copy)
        self.folder_button = QPushButton(self.tr("Open data folder"))
        self.folder_button.clicked.connect(lambda: self.folder_wanted.emit(self._data_dir))
        self.close_button = QPushButton(self.tr("Close"))
        self.close_button.setProperty("primary", "true")
        self.close_button.setDefault(True)
        self.close_button.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.folder_button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        return row
