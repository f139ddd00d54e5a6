"""Starts and stops runs as the window wants it, and says what came of that. What a run does, and
how it is going, is told by its events.
"""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from nbapanel.app.current_desk import CurrentDesk
from nbapanel.app.dialogs import Dialogs
from nbapanel.desk.child_run import trouble
from nbapanel.errors import UserFacingError
from nbapanel.ui.header import Header
from nbapanel.ui.live import Live
from nbapanel.ui.ports import RunWanted


class Runs(QObject):
    """`header`: has the button that waits for what was wanted."""

    stop_failed = Signal()

    def __init__(self, current: CurrentDesk, live: Live, header: Header, dialogs: Dialogs) -> None:
        super().__init__(dialogs)
        self._current = current
        self._live = live
        self._header = header
        self._dialogs = dialogs
        self._wanted = RunWanted()

    @property
    def is_underway(self) -> bool:
        """Whoever started it; one that was started here also before it has told of itself."""
        return self._live.is_running or self.is_own_underway

    @property
    def is_own_underway(self) -> bool:
        """The process of one that was started here has not ended."""
        return self._current.desk.is_child_alive

    def start(self, wanted: RunWanted) -> None:
        """As the terminal does it, in a process of its own."""
        self._header.expect_run()
        self._wanted = wanted
        try:
            self._current.desk.start_run(wanted.words)
        except UserFacingError as error:
            self._header.settle()
            self._dialogs.show_error(error)

    def stop(self) -> None:
        self._current.desk.stop_run(self._on_stop_failed)

    def stop_now(self) -> None:
        """End its process, where that is ours; another's comes to its end by its own stages."""
        if self.is_own_underway:
            self._current.desk.kill_child()
            return
        self._header.settle()
        self._dialogs.show_error(
            UserFacingError(
                self.tr("This run cannot be ended from here."),
                self.tr("It was started elsewhere, and has been asked to stop."),
                self.tr("End its process where it was started, if it does not."),
            )
        )

    def tell_end(self, code: int, words: str) -> None:
        """The process of a run that was started here has ended: was there trouble?"""
        error = trouble(code, words)
        if error is not None:
            self._dialogs.show_error(error, retry=partial(self.start, self._wanted))

    def _on_stop_failed(self, error: UserFacingError) -> None:
        self.stop_failed.emit()
        self._header.settle()
        self._dialogs.show_error(error)
