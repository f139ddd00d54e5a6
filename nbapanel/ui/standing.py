"""How the data stands: asked anew whenever something may have changed it, told to who shows it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from nbapanel.engine.events import RunFinished, RunStatus
from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import BackendsAsked, DatabaseAsked, OverviewAsked, StepsAsked
from nbapanel.rows.reads import DatabaseFacts, DatabaseState, Overview, StepFacts
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker

_LOOK_EVERY_MS = 60_000
_BACKENDS_EVERY_MS = 100


class Standing(QObject):
    """Asks while the database is open; a minute later again, for "today" and ages move on."""

    overview_changed = Signal(object)  # Overview
    steps_changed = Signal(object)  # dict[str, StepFacts]
    database_changed = Signal(object)  # DatabaseFacts
    backends_counted = Signal(int)  # after a cancel, until none is left
    failed = Signal(object)  # UserFacingError

    def __init__(self, asker: Asker, live: Live, days: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self.days = days
        self.overview: Overview | None = None
        self.steps: dict[str, StepFacts] = {}
        self._is_counting = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._backends = QTimer(self)
        self._backends.setSingleShot(True)
        self._backends.setInterval(_BACKENDS_EVERY_MS)
        self._backends.timeout.connect(self._count_backends)
        live.database_changed.connect(self._on_database_changed)
        live.run_started.connect(lambda _: self.look())
        live.run_finished.connect(self._on_run_finished)
        live.data_changed.connect(self.look)
        live.forgotten.connect(self._on_forgotten)

    def look(self) -> None:
        """Ask now, if there is somebody to ask."""
        if self._live.database.kind != "ready":
            return
        self._asker.ask(OverviewAsked(self.days), self._take_overview, self.failed.emit)
        self._asker.ask(StepsAsked(), self._take_steps, self.failed.emit)
        self._asker.ask(DatabaseAsked(), self._take_database, self.failed.emit)

    def _take_overview(self, overview: Overview) -> None:
        self.overview = overview
        self.overview_changed.emit(overview)

    def _take_steps(self, steps: dict[str, StepFacts]) -> None:
        self.steps = steps
        self._live.know_history({key: facts.durations_s for key, facts in steps.items()})
        self.steps_changed.emit(steps)

    def _take_database(self, facts: DatabaseFacts) -> None:
        self.database_changed.emit(facts)

    def _on_database_changed(self, state: DatabaseState) -> None:
        if state.kind == "ready":
            self._timer.start()
            self.look()
            if self._is_counting:
                self._count_backends()
        else:
            self._timer.stop()
            self._backends.stop()

    def _on_forgotten(self) -> None:
        self.overview, self.steps, self._is_counting = None, {}, False
        self._backends.stop()

    def _on_run_finished(self, event: RunFinished) -> None:
        self.look()
        self._is_counting = event.status is RunStatus.CANCELLED
        if self._is_counting:
            self._count_backends()

    def _count_backends(self) -> None:
        self._asker.ask(BackendsAsked(), self._take_backends, self._on_not_counted)

    def _take_backends(self, count: int) -> None:
        if not self._is_counting or self._live.is_running:
            return  # those of the next run are no leftovers
        self._is_counting = count > 0
        self.backends_counted.emit(count)
        if self._is_counting:
            self._backends.start()

    def _on_not_counted(self, _error: UserFacingError) -> None:
        """The database went meanwhile: the window says so, and it is counted once it is back."""
