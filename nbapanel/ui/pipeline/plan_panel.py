"""Asks what a run would do and shows it in place: waiting, in words, or as a table."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import Planned
from nbapanel.ui.pipeline.bar import Bar
from nbapanel.ui.pipeline.plan_table import PlanTable, as_text, total_in_words
from nbapanel.ui.ports import Asker, RunWanted
from nbapanel.ui.roles import give_role
from nbapanel.ui.tables.asking import Latest


class PlanPanel(QWidget):
    """`planned` is what is shown, None while nothing is."""

    answered = Signal()

    def __init__(self, asker: Asker, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._asker = asker
        self._latest = Latest(self)
        self.planned: Planned | None = None
        self._build()

    def ask(self, wanted: RunWanted) -> None:
        """An answer to an earlier question no longer counts, nor one after the dialog is gone."""
        self._show_waiting()
        self._latest.ask(partial(self._asker.plan, wanted), self._take, self._tell)

    def forget(self) -> None:
        """What was shown does not hold any more."""
        self._latest.forget()
        self.planned = None
        self._table.hide()
        self._busy.hide()
        self._words.clear()

    @property
    def words(self) -> str:
        return self._words.text()

    @property
    def text(self) -> str:
        """What is shown, for the clipboard."""
        return self._words.text() if self.planned is None else as_text(self.planned)

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        self._busy = Bar(self.tr("Looking what would happen"))
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setWordWrap(True)
        self._words.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._table = PlanTable()
        policy = self._table.sizePolicy()
        policy.setVerticalPolicy(QSizePolicy.Policy.Expanding)
        self._table.setSizePolicy(policy)
        whole.addWidget(self._words)
        whole.addWidget(self._busy)
        whole.addWidget(self._table, 1)
        self._table.hide()
        self._busy.hide()

    def _show_waiting(self) -> None:
        self.planned = None
        self._table.hide()
        self._busy.show()
        self._say(self.tr("Looking at the feeds and at what is held…"), "muted")

    def _take(self, planned: Planned) -> None:
        self.planned = planned
        self._busy.hide()
        self._table.show_plan(planned)
        self._table.show()
        self._say(total_in_words(planned), "")
        self.answered.emit()

    def _tell(self, error: UserFacingError) -> None:
        self._busy.hide()
        self._table.hide()
        self._say(f"✗ {error}", "bad")
        self.answered.emit()

    def _say(self, words: str, role: str) -> None:
        self._words.setText(words)
        give_role(self._words, role)
