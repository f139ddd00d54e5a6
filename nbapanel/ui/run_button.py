"""The one large button: Refetch, or Stop while a run is on, as the engine has it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QPushButton, QWidget

from nbapanel.ui.live import Live

_PATIENCE_MS = 20_000
_STOP_NOW_AFTER_MS = 3_000


class RunButton(QPushButton):
    """One wish at a time: until the engine answers it, further clicks say nothing.

    `is_starting`: whether the process of a run that was wanted lives. While it does there is no
    other to be had; where it says nothing for long, it can be stopped.
    """

    refetch_wanted = Signal()
    stop_wanted = Signal()
    stop_now_wanted = Signal()
    settled = Signal()

    def __init__(self, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self.is_starting: Callable[[], bool] = lambda: False
        self._wish = ""
        self._is_late = self._is_slow = False
        self._build()
        self.clicked.connect(self.press)
        live.run_started.connect(self.settle)
        live.run_finished.connect(self.settle)
        live.changed.connect(self._refresh)
        live.database_changed.connect(self._refresh)
        self._refresh()

    def press(self) -> None:
        """What a click does: nothing while the last wish waits for its answer."""
        board = self._live.board
        if not self.isEnabled() or (self._wish and not self._is_slow):
            return
        if self._is_slow:
            self._stop_start()
            return
        if not self._live.is_running or board is None:
            self._ask("refetch")
            self.refetch_wanted.emit()
        elif board.cancel_stage == 0:
            self._ask("stop")
            self.stop_wanted.emit()
        else:
            self._ask("stop now")
            self.stop_now_wanted.emit()

    def refetch(self) -> None:
        """What F5 does: never a stop, whatever the button says by now."""
        if not self._live.is_running and not self._wish:
            self.press()

    @property
    def is_waiting(self) -> bool:
        """Whether a wish waits for the engine's answer."""
        return bool(self._wish)

    def expect_run(self) -> None:
        """A run was asked for elsewhere (a rerun, a resume): no second one until it answers."""
        if not self._live.is_running and not self._wish:
            self._ask("refetch")

    def settle(self) -> None:
        """The wish was answered, or came to nothing."""
        self._wish, self._is_slow = "", False
        self._patience.stop()
        if not self._live.is_running:
            self._is_late = False
            self._lateness.stop()
        self._refresh()
        self.settled.emit()

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setProperty("large", True)
        self.setMinimumWidth(150)
        self._patience, self._lateness = QTimer(self), QTimer(self)
        for timer, wait, then in (
            (self._patience, _PATIENCE_MS, self._on_patience_over),
            (self._lateness, _STOP_NOW_AFTER_MS, self._on_late),
        ):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(then)

    def _ask(self, wish: str) -> None:
        self._wish, self._is_slow = wish, False
        self._patience.start()
        self._refresh()

    def _on_patience_over(self) -> None:
        """No answer. Of a process that lives one is still to come, and no other can be started."""
        if self._live.is_running or not self.is_starting():
            self.settle()
            return
        self._is_slow = True
        self._patience.start()  # whatever may become of it, it is not waited for in vain
        self._refresh()

    def _stop_start(self) -> None:
        """Of a run that has not told of itself yet: ask its process to stop, then end it."""
        if self._wish == "refetch":
            self._ask("stop")
            self.stop_wanted.emit()
        else:
            self._ask("stop now")
            self.stop_now_wanted.emit()

    def _on_late(self) -> None:
        self._is_late = True
        self._refresh()

    def _refresh(self) -> None:
        board = self._live.board
        stage = board.cancel_stage if board is not None and self._live.is_running else 0
        if stage and self._wish == "stop":
            self._wish = ""
            self._patience.stop()
        if stage and not self._is_late and not self._lateness.isActive():
            self._lateness.start()
        text, is_enabled, tip = self._looks(stage)
        self.setText(text)
        self.setEnabled(is_enabled)
        self.setToolTip(tip)
        self.setAccessibleName(text.rstrip("…"))
        self.setAccessibleDescription(tip)
        self._dress(is_danger=self._live.is_running)

    def _looks(self, stage: int) -> tuple[str, bool, str]:
        if not self._live.is_running:
            if self._wish:
                return self._looks_while_starting()
            if self._live.database.kind != "ready":
                return self.tr("Refetch"), False, self.tr("The database is not open.")
            return self.tr("Refetch"), True, self.tr("Fetch, load, derive and publish (F5)")
        if self._wish:
            return self.tr("Stop asked…"), False, self.tr("The run has been asked to stop.")
        match stage:
            case 0:
                return self.tr("Stop"), True, self.tr("Stop the run; what it did is kept")
            case 1 | 2 if self._is_late:
                return self.tr("Stop now"), True, self.tr("End the run's process without waiting")
            case 1:
                return self.tr("Stopping…"), False, self.tr("The units in hand are finished.")
            case 2:
                return self.tr("Cancelling…"), False, self.tr("PostgreSQL stops the statement.")
            case _:
                return self.tr("Ending…"), False, self.tr("The run's process ends.")

    def _looks_while_starting(self) -> tuple[str, bool, str]:
        match self._wish:
            case "refetch" if self._is_slow:
                return self.tr("Stop"), True, self.tr("The run takes long to begin; stop it")
            case "refetch":
                return self.tr("Starting…"), False, self.tr("The run is being started.")
            case _ if self._is_slow:
                return self.tr("Stop now"), True, self.tr("End the run's process without waiting")
            case _:
                return self.tr("Stop asked…"), False, self.tr("The run has been asked to stop.")

    def _dress(self, *, is_danger: bool) -> None:
        if self.property("danger") == is_danger and self.property("primary") is not None:
            return
        self.setProperty("danger", is_danger)
        self.setProperty("primary", not is_danger)
        self.style().unpolish(self)
        self.style().polish(self)
