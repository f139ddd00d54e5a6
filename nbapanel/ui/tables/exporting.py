"""Asks where a table is to be exported to, and says in a notice how far it is. No row here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.copying import CsvExport
from nbapanel.ui.tables.paged_model import AskPage
from nbapanel.ui.tables.states import NoticeLine


class Exporting(QObject):
    """One export at a time. The notice's button cancels it, or opens the folder of what is done."""

    exported = Signal(object)  # Path

    def __init__(self, notice: NoticeLine, folder: Path, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._notice = notice
        self._folder = folder
        self._export: CsvExport[Any] | None = None
        self._done: Path | None = None
        notice.acted.connect(self._on_acted)

    @property
    def is_underway(self) -> bool:
        return self._export is not None

    def choose(self, name: str, columns: Sequence[Column[Any]], ask_page: AskPage) -> QFileDialog:
        """Ask for the file, then write it; the dialog is open when this returns."""
        dialog = QFileDialog(
            self._window, self.tr("Export as CSV"), str(self._offered()), self.tr("CSV (*.csv)")
        )
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.write(Path(path), columns, ask_page))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _offered(self) -> Path:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            return Path.home()  # only what the dialog begins with: the person decides
        return self._folder

    def write(self, path: Path, columns: Sequence[Column[Any]], ask_page: AskPage) -> None:
        """All rows of the question into this file."""
        self._stop()
        self._done = None
        self._notice.say(self.tr("Exporting to {}…").format(path.name), "active", self.tr("Cancel"))
        export = CsvExport(path, columns, ask_page, self)
        export.progressed.connect(self._on_progressed)
        export.finished.connect(self._on_finished)
        export.failed.connect(self._on_failed)
        self._export = export
        export.start()

    def _stop(self) -> None:
        if self._export is not None:
            self._export.cancel()
            self._export.deleteLater()
            self._export = None

    def _on_progressed(self, written: int, total: int) -> None:
        words = self.tr("Exporting: {} of {} rows").format(f"{written:,}", f"{total:,}")
        self._notice.say(words, "active", self.tr("Cancel"))

    def _on_finished(self, path: Path, rows: int) -> None:
        self._stop()
        self._done = path
        words = self.tr("✓ Exported {} rows to {}").format(f"{rows:,}", path)
        self._notice.say(words, "good", self.tr("Open folder"))
        self.exported.emit(path)

    def _on_failed(self, error: UserFacingError) -> None:
        self._stop()
        self._notice.say(f"✗ {error}", "bad")

    def _on_acted(self) -> None:
        if self._export is not None:
            self._stop()
            self._notice.say(self.tr("■ Export cancelled: no file was written"))
        elif self._done is not None:
            open_folder(self._done.parent)


def open_folder(folder: Path) -> bool:
    """In the system's own file browser; False where there is none."""
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
