"""The pipeline view: every step as a card in its lane, kept up to date from the run and the facts.

Says what is wanted of a step; what comes of it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from nbapanel.rows.reads import StepFacts
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.card import Card
from nbapanel.ui.pipeline.details_dialog import DetailsDialog
from nbapanel.ui.pipeline.lanes import Lanes
from nbapanel.ui.pipeline.words import say
from nbapanel.ui.ports import DeclaredStep

_AGES_MS = 30_000
_ELAPSED_MS = 1_000


class PipelineView(QScrollArea):
    rerun_wanted = Signal(str, str)  # key, Mode
    log_wanted = Signal(str)
    details_wanted = Signal(str)

    def __init__(
        self, declared: Sequence[DeclaredStep], live: Live, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._declared = tuple(declared)
        self._titles = {step.key: step.title for step in declared}
        self._live = live
        self._facts: Mapping[str, StepFacts] | None = None
        self._can_rerun = True
        self._details: DetailsDialog | None = None
        self._build()
        self._wire()
        self._refresh()

    def show_facts(self, facts: Mapping[str, StepFacts]) -> None:
        """What is known of each step beside a run underway."""
        self._facts = dict(facts)
        self._refresh()

    def card(self, key: str) -> Card:
        return self._lanes.cards[key]

    def focus_step(self, key: str) -> None:
        """Bring that step's card into sight and give it the focus; an unknown key does nothing."""
        card = self._lanes.cards.get(key)
        if card is not None:
            self.ensureWidgetVisible(card)
            card.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_details(self, key: str) -> None:
        """Everything that is known of the step's last attempt, in a dialog."""
        if self._details is not None:
            self._details.close()
        step = next(step for step in self._declared if step.key == key)
        board, now = self._live.board, datetime.now(UTC)
        dialog = DetailsDialog(step, self._facts_of(key), board, now, self)
        dialog.log_wanted.connect(self.log_wanted)
        dialog.retry_wanted.connect(lambda key: self.rerun_wanted.emit(key, "retry"))
        dialog.finished.connect(self._on_details_closed)
        self._details = dialog
        dialog.open()

    # ---- Qt ----------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ages.start()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ages.stop()
        self._elapsed.stop()

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Pipeline"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._lanes = Lanes(self._declared)
        self.setWidget(self._lanes)
        self.viewport().setAutoFillBackground(False)
        self._lanes.setAutoFillBackground(False)
        self._ages, self._elapsed = QTimer(self), QTimer(self)
        self._ages.setInterval(_AGES_MS)
        self._elapsed.setInterval(_ELAPSED_MS)

    def _wire(self) -> None:
        for card in self._lanes.cards.values():
            card.rerun_wanted.connect(self.rerun_wanted)
            card.log_wanted.connect(self.log_wanted)
            card.details_wanted.connect(self._on_details_wanted)
        self._lanes.card_focused.connect(self.ensureWidgetVisible)
        self._ages.timeout.connect(self._refresh)
        self._elapsed.timeout.connect(self._refresh)
        self._live.changed.connect(self._refresh)
        self._live.run_started.connect(self._refresh)
        self._live.run_finished.connect(self._refresh)
        self._live.database_changed.connect(self._refresh)
        self._live.forgotten.connect(self._on_forgotten)

    def _refresh(self) -> None:
        now, board = datetime.now(UTC), self._live.board
        is_running = self._live.is_running
        for step in self._declared:
            words = say(step, self._facts_of(step.key), board, self._titles, now)
            self._lanes.cards[step.key].show_words(words)
        can_rerun = not is_running and self._live.database.kind == "ready"
        if can_rerun != self._can_rerun:
            self._can_rerun = can_rerun
            for card in self._lanes.cards.values():
                card.allow_rerun(can_rerun)
        if is_running and self.isVisible():
            if not self._elapsed.isActive():
                self._elapsed.start()
        else:
            self._elapsed.stop()

    def _on_forgotten(self) -> None:
        self._facts = None
        self._refresh()

    def _facts_of(self, key: str) -> StepFacts | None:
        """None while nobody has looked yet."""
        return None if self._facts is None else self._facts.get(key, StepFacts(key))

    def _on_details_wanted(self, key: str) -> None:
        self.open_details(key)
        self.details_wanted.emit(key)

    def _on_details_closed(self) -> None:
        if self._details is not None:
            self._details.deleteLater()
            self._details = None
