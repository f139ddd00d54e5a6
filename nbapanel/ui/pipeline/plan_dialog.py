"""What would happen: the dry run of a refetch, in a dialog that can start it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from nbapanel.ui.pipeline.plan_panel import PlanPanel
from nbapanel.ui.ports import Asker, RunWanted


class PlanDialog(QDialog):
    """Asks as soon as it is made; nothing is done until somebody presses Refetch now."""

    run_wanted = Signal(object)  # RunWanted

    def __init__(
        self, asker: Asker, wanted: RunWanted | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._wanted = wanted or RunWanted()
        self._panel = PlanPanel(asker)
        self._build()
        self._panel.answered.connect(self._on_answered)
        self._panel.ask(self._wanted)

    @property
    def panel(self) -> PlanPanel:
        return self._panel

    def allow_run(self, allowed: bool) -> None:
        """While a run is underway no other can be started."""
        self._run.setEnabled(allowed)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("What would happen"))
        self.setAccessibleName(self.windowTitle())
        self.resize(880, 500)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        heading = QLabel(self.tr("What a refetch would do now"))
        heading.setProperty("heading", True)
        whole.addWidget(heading)
        whole.addWidget(self._panel, 1)
        buttons = self._made_buttons()
        whole.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Close).setFocus()

    def _made_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self._copy = buttons.addButton(self.tr("&Copy"), role)
        self._copy.setEnabled(False)
        self._copy.clicked.connect(self._on_copy)
        self._again = buttons.addButton(self.tr("&Look again"), role)
        self._again.clicked.connect(lambda: self._panel.ask(self._wanted))
        self._run = buttons.addButton(self.tr("&Refetch now"), role)
        self._run.setProperty("primary", True)
        self._run.clicked.connect(self._on_run)
        for button in buttons.buttons():
            button.setAccessibleName(button.text().replace("&", ""))
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setDefault(True)
        return buttons

    def _on_answered(self) -> None:
        self._copy.setEnabled(True)

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._panel.text)

    def _on_run(self) -> None:
        self._run.setEnabled(False)
        self.run_wanted.emit(self._wanted)
        self.accept()
