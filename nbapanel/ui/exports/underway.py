"""The export that is underway: asked for, told of in a line, cancelled. One at a time."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.ui.ports import Asker, Cancel
from nbapanel.ui.tables.exporting import open_folder
from nbapanel.ui.tables.states import NoticeLine
from nbapanel.wording import counted, size

if TYPE_CHECKING:
    from nbapanel.ui.exports.dialog import ExportDialog

_SHOWN_MS = 60_000
"""How long the line tells of what is done; the status bar and the folder tell of it, too."""


class ExportUnderway(QObject):
    """`changed`: one began or ended. The line's button cancels it, or opens the folder of what is
    done."""

    changed = Signal()
    exported = Signal(object)  # Path
    failed = Signal(object)  # UserFacingError

    def __init__(self, asker: Asker, folder: Path, line: NoticeLine, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._asker = asker
        self._folder = folder
        self._line = line
        self._wanted: ExportWanted | None = None
        self._cancel: Cancel | None = None
        self._done: Path | None = None
        self._shown = QTimer(self)
        self._shown.setSingleShot(True)
        self._shown.setInterval(_SHOWN_MS)
        self._shown.timeout.connect(lambda: line.say(""))
        line.acted.connect(self._on_acted)

    @property
    def is_on(self) -> bool:
        return self._wanted is not None

    def choose(self) -> ExportDialog:
        """Ask what is to be exported; the dialog is open when this returns."""
        from nbapanel.ui.exports.dialog import ExportDialog  # not before the first paint

        dialog = ExportDialog(self._asker, self._folder, self._window)
        dialog.export_wanted.connect(self.start)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def start(self, wanted: ExportWanted) -> None:
        if self.is_on:
            return
        if wanted.out.parent == self._folder:
            with suppress(OSError):  # then the export says so, in words
                self._folder.mkdir(parents=True, exist_ok=True)
        self._wanted, self._done = wanted, None
        self._shown.stop()
        words = self.tr("Exporting {}…").format(wanted.source)
        self._line.say(words, "active", self.tr("Cancel"))
        self._cancel = self._asker.export(
            wanted, self._on_progressed, self._on_ended, self._on_failed
        )
        self.changed.emit()

    def _on_progressed(self, rows: int, byte_size: int) -> None:
        if self._wanted is not None:
            words = self.tr("Exporting {}: {}, {}").format(
                self._wanted.source, counted(rows, "row"), size(byte_size)
            )
            self._line.say(words, "active", self.tr("Cancel"))

    def _on_ended(self, done: ExportDone | None) -> None:
        self._settle()
        if done is None:
            self._line.say(self.tr("■ Export cancelled: no file was written"), lasting=False)
            return
        self._done = Path(done.out)
        words = self.tr("✓ Exported {}: {}, {}, to {}").format(
            done.source, counted(done.rows, "row"), size(done.byte_size), done.out
        )
        self._line.say(words, "good", self.tr("Open folder"))
        self._shown.start()
        self.exported.emit(self._done)

    def _on_failed(self, error: UserFacingError) -> None:
        self._settle()
        self._line.say(self.tr("✗ Not exported: {}").format(error.title), "bad", lasting=False)
        self.failed.emit(error)

    def _settle(self) -> None:
        self._wanted = self._cancel = None
        self.changed.emit()

    def _on_acted(self) -> None:
        if self._cancel is not None:
            self._line.say(self.tr("Cancelling the export…"), "warning")
            self._cancel()
        elif self._done is not None:
            open_folder(self._done.parent)
            self._line.say("")
