"""The file that is exported to, and its format; as rows of a form. Nothing is written here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
)

from nbapanel.paths import expanded
from nbapanel.rows.exportable import FORMATS, FileFormat

_TITLES: dict[FileFormat, str] = {"csv": "CSV", "parquet": "Parquet"}
_ODD = re.compile(r"[^A-Za-z0-9_.-]+")
_LONGEST = 80


def file_name(source: str, by: Sequence[str]) -> str:
    """Of an export, without its end: what it holds, in characters that every system takes."""
    return _ODD.sub("_", "_".join((source, *by)))[:_LONGEST]


class Target(QObject):
    """A name is offered until somebody chooses one. `replaces`: what is there is to be replaced."""

    changed = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._offered = ""
        self._is_chosen = False
        self._parquet_trouble = ""
        self.kind = QComboBox()
        self.file = QLineEdit()
        self.browse = QPushButton(self.tr("&Browse…"))
        self.replace = QCheckBox(self.tr("Replace the file that is there"))
        self._build()

    @property
    def path(self) -> Path:
        return expanded(self.file.text().strip())

    @property
    def format(self) -> FileFormat:
        return cast(FileFormat, self.kind.currentData())

    @property
    def replaces(self) -> bool:
        return self._is_there() and self.replace.isChecked()

    @property
    def trouble(self) -> str:
        if not self.file.text().strip():
            return self.tr("The file has no name.")
        if not self.path.is_absolute():
            return self.tr("The file's name does not begin with its folder.")
        if os.path.isdir(self.path):
            return self.tr("“{}” is a folder.").format(self.path)
        if self._format_of_name() not in (None, self.format):
            # It would have been followed, if there were such a format here.
            told = self.tr("The file's name ends in {}, and its format is {}. {}")
            return told.format(self.path.suffix, _TITLES[self.format], self._parquet_trouble)
        if not self._has_folder():
            return self.tr("There is no folder “{}”.").format(self.path.parent)
        if self._is_there() and not self.replace.isChecked():
            return self.tr("There is a file of that name.")
        return ""

    def add_to(self, form: QFormLayout) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.file, 1)
        row.addWidget(self.browse)
        form.addRow(self.tr("Format"), self.kind)
        form.addRow(self.tr("File"), row)
        form.addRow("", self.replace)

    def offer(self, name: str) -> None:
        """A name for the file, without its end; what somebody chose stays."""
        self._offered = name
        if not self._is_chosen:
            self.file.setText(str(self._folder / f"{name}.{self.format}"))

    def refuse_parquet(self, trouble: str) -> None:
        self._parquet_trouble = trouble
        model = self.kind.model()
        place = self.kind.findData("parquet")
        needs = self.tr("{} (needs pyarrow)") if trouble else "{}"
        self.kind.setItemText(place, needs.format(_TITLES["parquet"]))
        if isinstance(model, QStandardItemModel):
            model.item(place).setEnabled(not trouble)
        self.kind.setItemData(place, trouble, Qt.ItemDataRole.ToolTipRole)
        self.kind.setToolTip(trouble)

    def _build(self) -> None:
        for kind in FORMATS:
            self.kind.addItem(_TITLES[kind], kind)
        self.kind.setAccessibleName(self.tr("Format"))
        self.file.setAccessibleName(self.tr("File to write"))
        self.browse.setAccessibleName(self.tr("Browse for a file"))
        self.replace.setAccessibleName(self.replace.text())
        self.replace.hide()
        self.kind.currentIndexChanged.connect(self._on_kind_changed)
        self.file.textEdited.connect(self._on_edited)
        self.file.textChanged.connect(self._on_changed)
        self.replace.toggled.connect(self.changed)
        self.browse.clicked.connect(self._on_browse)

    def _is_there(self) -> bool:
        return os.path.isfile(self.path)

    def _has_folder(self) -> bool:
        """The one for exports is made when it is needed."""
        return self.path.parent == self._folder or os.path.isdir(self.path.parent)

    def _format_of_name(self) -> FileFormat | None:
        end = self.path.suffix.removeprefix(".").lower()
        return next((kind for kind in FORMATS if kind == end), None)

    def _on_edited(self) -> None:
        self._is_chosen = True
        self._follow_name()

    def _follow_name(self) -> None:
        """Who writes .parquet wants Parquet; where there is none, `trouble` says so."""
        named, model = self._format_of_name(), self.kind.model()
        place = self.kind.findData(named)
        if named and isinstance(model, QStandardItemModel) and model.item(place).isEnabled():
            self.kind.setCurrentIndex(place)

    def _on_changed(self) -> None:
        self.replace.setChecked(False)
        self.replace.setVisible(self._is_there())
        self.changed.emit()

    def _on_kind_changed(self) -> None:
        if not self._is_chosen:
            self.offer(self._offered)
        elif self._format_of_name() not in (None, self.format):
            self.file.setText(str(self.path.with_suffix(f".{self.format}")))
        self.changed.emit()

    def _on_browse(self) -> None:
        title = self.tr("Export to")
        dialog = QFileDialog(self.browse.window(), title, str(self._begin_at()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        # That is asked once, in our own form: the answer goes along with what is wanted.
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.setDefaultSuffix(self.format)
        dialog.selectFile(self.path.name)
        dialog.fileSelected.connect(self._on_chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _begin_at(self) -> Path:
        return self.path.parent if os.path.isdir(self.path.parent) else Path.home()

    def _on_chosen(self, path: str) -> None:
        self._is_chosen = True
        self.file.setText(path)
        self._follow_name()
