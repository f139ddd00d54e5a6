"""What is to be exported, and where to: asked before anything is written."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from nbapanel.errors import UserFacingError
from nbapanel.rows.exportable import Exportable, ExportChoices, ExportWanted
from nbapanel.rows.questions import ExportChoicesAsked
from nbapanel.ui.exports.narrowing import Narrowing
from nbapanel.ui.exports.target import Target, file_name
from nbapanel.ui.ports import Asker
from nbapanel.ui.roles import give_role
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.states import Pages
from nbapanel.wording import counted

_LEAST_WIDTH = 620
_LINES = 4


class ExportDialog(QDialog):
    """Asks what there is as soon as it is made; nothing is written by it."""

    export_wanted = Signal(object)  # ExportWanted

    def __init__(self, asker: Asker, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = asker
        self._asking = Latest(self)
        self._choices = ExportChoices((), ())
        self.source = QComboBox()
        self.narrowing = Narrowing()
        self.target = Target(folder)
        self._build()
        self._wire()
        self._ask()

    @property
    def chosen(self) -> Exportable | None:
        place = self.source.currentData()
        return None if place is None else self._choices.sources[place]

    @property
    def wanted(self) -> ExportWanted | None:
        """None while something is missing or wrong."""
        chosen = self.chosen
        if chosen is None or self.trouble:
            return None
        return ExportWanted(
            chosen.name,
            self.target.path,
            self.target.format,
            self.narrowing.games,
            self.narrowing.seasons,
            self.narrowing.since,
            overwrite=self.target.replaces,
        )

    @property
    def trouble(self) -> str:
        return self.narrowing.trouble or self.target.trouble

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Export data"))
        self.setAccessibleName(self.windowTitle())
        self.setMinimumWidth(_LEAST_WIDTH)
        heading = QLabel(self.tr("Export a table, a view or a query"))
        heading.setProperty("heading", True)
        self.pages = Pages(self._made_form())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 16, 16, 16)
        whole.setSpacing(12)
        whole.addWidget(heading)
        whole.addWidget(self.pages, 1)
        whole.addWidget(self._made_buttons())

    def _made_form(self) -> QWidget:
        self.source.setAccessibleName(self.tr("What is exported"))
        self.source.setMaxVisibleItems(30)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.about.setAlignment(Qt.AlignmentFlag.AlignTop)
        # As high for each, so that nothing below it moves from one to the next.
        self.about.setFixedHeight(_LINES * self.about.fontMetrics().lineSpacing())
        give_role(self.about, "muted")
        self.objection = QLabel()
        self.objection.setWordWrap(True)
        self.objection.setAccessibleName(self.tr("What is wrong"))
        give_role(self.objection, "bad")
        inside = QWidget()
        form = QFormLayout()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 0, 0, 0)
        box.addLayout(form)
        box.addStretch(1)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("Data"), self.source)
        form.addRow("", self.about)
        self.narrowing.add_to(form)
        self.target.add_to(form)
        form.addRow("", self.objection)
        return inside

    def _made_buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.rejected.connect(self.reject)
        self.export = buttons.addButton(self.tr("&Export"), QDialogButtonBox.ButtonRole.ActionRole)
        self.export.setProperty("primary", True)
        self.export.setDefault(True)
        self.export.clicked.connect(self._on_export)
        for button in buttons.buttons():
            button.setAccessibleName(button.text().replace("&", ""))
        self._buttons = buttons
        return buttons

    def _wire(self) -> None:
        self.pages.acted.connect(lambda _: self._ask())
        self.source.currentIndexChanged.connect(self._on_source_changed)
        self.narrowing.changed.connect(self._on_narrowed)
        self.target.changed.connect(self._restate)

    def _ask(self) -> None:
        self.export.setEnabled(False)
        self.pages.show_loading(self.tr("Looking what there is…"))
        self._asking.ask(
            lambda then, failed: self._asker.ask(ExportChoicesAsked(), then, failed),
            self._on_choices,
            self._on_failed,
        )

    def _on_choices(self, choices: ExportChoices) -> None:
        self._choices = choices
        self.source.blockSignals(True)
        self.source.clear()
        for place, source in enumerate(choices.sources):
            if place and source.kind != "query" and choices.sources[place - 1].kind == "query":
                self.source.insertSeparator(self.source.count())
            self.source.addItem(source.name, place)
        self.source.blockSignals(False)
        self.narrowing.offer_seasons(choices.seasons)
        self.target.refuse_parquet(choices.parquet_trouble)
        self.pages.show_content()
        self._on_source_changed()
        self.source.setFocus()

    def _on_failed(self, error: UserFacingError) -> None:
        self.pages.show_error(error)

    def _on_source_changed(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            self.narrowing.allow(chosen)
            self.about.setText(self._about(chosen))
            self._on_narrowed()

    def _on_narrowed(self) -> None:
        chosen = self.chosen
        if chosen is not None:
            by = (*self.narrowing.seasons, *self.narrowing.games)
            self.target.offer(file_name(chosen.name, by))
        self._restate()

    def _restate(self) -> None:
        trouble = self.trouble
        self.objection.setText(f"✗ {trouble}" if trouble else "")
        # A form gives wrapped words the room of fewer lines; this column is as wide as `about`.
        needed = self.objection.heightForWidth(self.about.width())
        self.objection.setFixedHeight(needed if trouble else 0)
        self.objection.setVisible(bool(trouble))
        self.export.setEnabled(self.chosen is not None and not trouble)

    def _about(self, source: Exportable) -> str:
        kind = f"{source.kind.capitalize()}, {counted(len(source.columns), 'column')}"
        ordered = self.tr("ordered by {}").format(", ".join(source.order)) if source.order else ""
        told = ", ".join(part for part in (kind, ordered) if part)
        return f"{source.description} {told}." if source.description else f"{told}."

    def _on_export(self) -> None:
        wanted = self.wanted
        if wanted is not None:
            self.export_wanted.emit(wanted)
            self.accept()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        # Qt, when it is shown, leads Tab to the default button, past the one before it.
        self._buttons.setFocusProxy(None)  # type: ignore[arg-type]
