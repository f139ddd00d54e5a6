"""The question when the window closes while a run or an export is underway. `app` does the rest."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget


class ClosingQuestion(QObject):
    """Asks once, however often the window is closed meanwhile; Escape keeps it open."""

    stop_chosen = Signal()
    let_run_chosen = Signal()
    end_export_chosen = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._box: QMessageBox | None = None

    def ask(self, run_id: int, *, is_own: bool) -> None:
        """`is_own`: this window started the run; another's goes on by itself in any case.
        `run_id` 0: it is about to start, and has no number so far."""
        box = self._made(self.tr("A run is underway"))
        if box is None:
            return
        box.setText(
            self.tr("Run {} is still underway.").format(run_id)
            if run_id
            else self.tr("A run is about to start.")
        )
        box.setInformativeText(
            self.tr("It can go on without the window; the next window shows it.")
            if is_own
            else self.tr("It was started elsewhere, and goes on there whether this window is open.")
        )
        go_on = box.addButton(self.tr("&Let it finish"), QMessageBox.ButtonRole.AcceptRole)
        stop = box.addButton(
            self.tr("&Stop it, then close"), QMessageBox.ButtonRole.DestructiveRole
        )
        stay = box.addButton(self.tr("&Keep the window"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(go_on)
        box.setEscapeButton(stay)

        def on_clicked(button: QAbstractButton) -> None:
            if button is go_on:
                self.let_run_chosen.emit()
            elif button is stop:
                self.stop_chosen.emit()

        box.buttonClicked.connect(on_clicked)
        box.open()

    def ask_of_export(self) -> None:
        """An export ends with its window, and leaves no file."""
        box = self._made(self.tr("An export is underway"))
        if box is None:
            return
        box.setText(self.tr("An export is still underway."))
        box.setInformativeText(self.tr("It ends with the window, and no file is written."))
        close = box.addButton(self.tr("&Close the window"), QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton(self.tr("&Keep the window"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(stay)
        box.setEscapeButton(stay)
        close.clicked.connect(self.end_export_chosen)
        box.open()

    def _made(self, title: str) -> QMessageBox | None:
        """None, and the one that is open in front, where one is."""
        if self._box is not None:
            self._box.raise_()
            return None
        box = QMessageBox(self._parent)
        box.setObjectName("closing_question")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(title)
        box.finished.connect(self._on_finished)
        self._box = box
        return box

    def _on_finished(self) -> None:
        if self._box is not None:
            self._box.deleteLater()
            self._box = None
