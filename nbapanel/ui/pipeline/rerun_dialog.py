"""A rerun before it starts: what would run, its settings filled in, and what would happen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from nbapanel.ui.pipeline.plan_panel import PlanPanel
from nbapanel.ui.pipeline.rerun_settings import RerunDefaults, RerunSettings
from nbapanel.ui.pipeline.slices import Mode, asks_of, chosen, wanted_at_once
from nbapanel.ui.ports import Asker, DeclaredStep, RunWanted
from nbapanel.ui.roles import give_role
from nbapanel.wording import counted

__all__ = ["RerunDefaults", "RerunDialog"]


class RerunDialog(QDialog):
    """`key` None with Mode.ALL: a refetch of everything, with settings."""

    run_wanted = Signal(object)  # RunWanted

    def __init__(
        self,
        declared: Sequence[DeclaredStep],
        key: str | None,
        mode: Mode | str,
        defaults: RerunDefaults,
        asker: Asker,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._key, self._mode = key, Mode(mode)
        self._steps = chosen(declared, key, self._mode)
        self._title = next((step.title for step in declared if step.key == key), "")
        self._panel = PlanPanel(asker)
        self._settings = RerunSettings(asks_of(self._steps), defaults)
        self._build()
        self._settings.changed.connect(self._on_changed)
        self._on_changed()

    @property
    def wanted(self) -> RunWanted:
        return wanted_at_once(self._key, self._mode, self._settings.wanted)

    @property
    def panel(self) -> PlanPanel:
        return self._panel

    @property
    def settings(self) -> RerunSettings:
        return self._settings

    def allow_run(self, allowed: bool) -> None:
        """While a run is underway no other can be started."""
        self._is_allowed = allowed
        self._on_changed()

    def _build(self) -> None:
        self._is_allowed = True
        self.setWindowTitle(self.tr("Rerun") if self._key else self.tr("Refetch with settings"))
        self.setAccessibleName(self.windowTitle())
        self.setMinimumWidth(600)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        heading = QLabel(self._heading())
        heading.setProperty("heading", True)
        heading.setTextFormat(Qt.TextFormat.PlainText)
        heading.setWordWrap(True)
        whole.addWidget(heading)
        whole.addWidget(self._made_list())
        whole.addWidget(self._settings)
        if not asks_of(self._steps):
            plain = QLabel(self.tr("There is nothing to set: it works on what is there."))
            give_role(plain, "muted")
            whole.addWidget(plain)
        whole.addWidget(self._panel, 1)
        whole.addWidget(self._made_buttons())

    def _heading(self) -> str:
        match self._mode:
            case Mode.ONLY:
                return self.tr("Only “{}”").format(self._title)
            case Mode.UNTIL:
                return self.tr("As far as “{}”").format(self._title)
            case Mode.ALL:
                return self.tr("Refetch everything")
            case _:
                return self.tr("From “{}” on").format(self._title)

    def _made_list(self) -> QLabel:
        names = "  →  ".join(step.title for step in self._steps)
        told = self.tr("{} would run: {}").format(counted(len(self._steps), "step"), names)
        label = QLabel(told)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        give_role(label, "muted")
        return label

    def _made_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        role = QDialogButtonBox.ButtonRole.ActionRole
        self._plan = buttons.addButton(self.tr("&What would happen"), role)
        self._plan.clicked.connect(self._on_plan)
        self._run = buttons.addButton(self.tr("&Run"), role)
        self._run.setProperty("primary", True)
        self._run.setDefault(True)
        self._run.clicked.connect(self._on_run)
        for button in buttons.buttons():
            button.setAccessibleName(button.text().replace("&", ""))
        self._buttons = buttons
        return buttons

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Qt, when it is shown, leads Tab to the default button, past the one before it.
        self._buttons.setFocusProxy(None)  # type: ignore[arg-type]

    def _on_changed(self) -> None:
        is_fine = not self._settings.trouble
        self._plan.setEnabled(is_fine)
        self._run.setEnabled(is_fine and self._is_allowed)
        self._panel.forget()

    def _on_plan(self) -> None:
        self._panel.ask(self.wanted)
        self.resize(max(self.width(), 860), max(self.height(), 560))

    def _on_run(self) -> None:
        self._run.setEnabled(False)
        self.run_wanted.emit(self.wanted)
        self.accept()
