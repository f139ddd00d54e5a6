"""How the window is left: at once, after a question about what is underway, or once it stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from nbapanel.app.runs import Runs
from nbapanel.ui.closing import ClosingQuestion
from nbapanel.ui.live import Live
from nbapanel.ui.window import MainWindow


class Leaving:
    """`left` is set once the window is to go. `keeps_running`: whether closing only hides it."""

    def __init__(
        self, runs: Runs, live: Live, window: MainWindow, keeps_running: Callable[[], bool]
    ) -> None:
        self.left = asyncio.Event()
        self.is_stopping = False  # the run underway, to leave then
        self._runs = runs
        self._live = live
        self._window = window
        self._keeps_running = keeps_running
        self.question = ClosingQuestion(window)
        self.question.let_run_chosen.connect(self.leave_at_once)
        self.question.end_export_chosen.connect(self.leave_at_once)
        self.question.stop_chosen.connect(self._stop_and_leave)
        window.closing.connect(self._on_window_closing)
        runs.stop_failed.connect(self._on_stop_failed)
        live.run_finished.connect(self.leave_if_stopped)

    def leave(self) -> None:
        """The window was closed, or the program asked to end: what is underway is asked about."""
        if not self._runs.is_underway:
            self._leave_export()
            return
        board = self._live.board
        run_id = board.run_id if board is not None and self._live.is_running else 0
        self._window.come_to_front()
        self.question.ask(run_id, is_own=self._runs.is_own_underway)

    def leave_at_once(self) -> None:
        """Without a question: the system shuts down, or somebody ends us. A run goes on alone."""
        self.left.set()

    def leave_if_stopped(self) -> None:
        """A run has ended: was it waited for?"""
        if self.is_stopping and not self._runs.is_own_underway:
            self.leave_at_once()

    def _leave_export(self) -> None:
        if not self._window.exports.is_on:
            self.leave_at_once()
            return
        self._window.come_to_front()
        self.question.ask_of_export()

    def _on_window_closing(self) -> None:
        if self._keeps_running():
            self._window.hide()
        else:
            self.leave()

    def _stop_and_leave(self) -> None:
        if not self._runs.is_underway:
            self.leave_at_once()  # it ended while the question was open
            return
        self.is_stopping = True
        self._runs.stop()

    def _on_stop_failed(self) -> None:
        self.is_stopping = False
