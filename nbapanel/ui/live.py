"""The run that is underway, and the database's state, as the widgets see them.

Events come in by `take`, however many; `changed` goes out at most every 50 ms. Nobody polls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from nbapanel.engine.board import Board
from nbapanel.engine.events import Event, RunFinished, RunStarted
from nbapanel.engine.steps import Step
from nbapanel.rows.reads import DatabaseState

COALESCE_MS = 50


class Live(QObject):
    """`board` is that of the run underway or of the last one seen; None before any."""

    changed = Signal()
    run_started = Signal(object)  # RunStarted
    run_finished = Signal(object)  # RunFinished
    database_changed = Signal(object)  # DatabaseState
    data_changed = Signal()  # published anew, or the caches were cleared: ask again
    backfills_changed = Signal()  # one of them is further than it was
    forgotten = Signal()  # another database: nothing that was seen so far holds

    def __init__(self, steps: Sequence[Step[Any]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps = steps
        self.board: Board | None = None
        self.history: Mapping[str, Sequence[float]] = {}
        self.database = DatabaseState("opening", "Opening the database")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self.changed)

    @property
    def is_running(self) -> bool:
        return self.board is not None and self.board.ended is None

    def take(self, event: Event) -> None:
        """One event of a run, whoever started it."""
        if isinstance(event, RunStarted) and (
            self.board is None or self.board.run_id != event.run_id
        ):
            self.board = Board.of(self._steps, event.steps)
            self.board.history = self.history
        if self.board is None or event.run_id != self.board.run_id != 0:
            return
        self.board.take(event)
        if isinstance(event, RunStarted):
            self.run_started.emit(event)
        elif isinstance(event, RunFinished):
            self.run_finished.emit(event)
        self._later()

    def take_database(self, state: DatabaseState) -> None:
        if state != self.database:
            self.database = state
            self.database_changed.emit(state)
            self._later()

    def forget(self) -> None:
        """Another database is opened: its runs are counted anew, and its data is its own."""
        self.board, self.history = None, {}
        self.forgotten.emit()
        self._later()

    def know_history(self, history: Mapping[str, Sequence[float]]) -> None:
        """Durations of each step's last good attempts, oldest first: for what is left of a run."""
        self.history = history
        if self.board is not None:
            self.board.history = history
            self._later()

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
