"""Starts and pauses backfills as the dock wants it, and says what came of that. What one does, and
how far it is, is told by the database.
"""

from __future__ import annotations

from PySide6.QtCore import QObject

from nbapanel.app.current_desk import CurrentDesk
from nbapanel.app.dialogs import Dialogs
from nbapanel.desk.child_run import trouble
from nbapanel.errors import UserFacingError
from nbapanel.ui.docks import Docks
from nbapanel.ui.ports import BackfillWanted


class Backfills(QObject):
    """A backfill that was started here goes on when the window is closed."""

    def __init__(self, current: CurrentDesk, docks: Docks, dialogs: Dialogs) -> None:
        super().__init__(dialogs)
        self._current = current
        self._dialogs = dialogs
        docks.backfill_wanted.connect(self.start)
        docks.pause_wanted.connect(self.pause)

    def start(self, wanted: BackfillWanted) -> None:
        """As the terminal does it, in a process of its own."""
        try:
            self._current.desk.start_backfill(wanted.words)
        except UserFacingError as error:
            self._dialogs.show_error(error)

    def pause(self, backfill_id: int) -> None:
        self._current.desk.pause_backfill(backfill_id, self._dialogs.show_error)

    def tell_end(self, code: int, words: str) -> None:
        """Its process has ended: was there trouble that the database cannot tell of?"""
        error = trouble(code, words)
        if error is not None:
            self._dialogs.show_error(error)
