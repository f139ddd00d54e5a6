"""What is told of a run that ended: on the desktop once, and in the list of problems.

Who starts, stops or shows anything is elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from nbapanel.engine.board import Board
from nbapanel.engine.events import RunFinished, RunStatus
from nbapanel.rows.reads import Alert
from nbapanel.ui.live import Live
from nbapanel.ui.notices import Notice
from nbapanel.ui.preferences import NOTIFY_FAILURES, NOTIFY_NEVER, Preferences
from nbapanel.ui.tray import Tray
from nbapanel.wording import counted, took

_CLOCKS_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a run that ended."""

    title: str
    words: str
    is_bad: bool


class Notifier(QObject):
    """`titles`: a step's title by its key. Runs that ended before it was made are not told."""

    noticed = Signal(object)  # Notice

    def __init__(
        self,
        live: Live,
        window: QWidget,
        tray: Tray,
        preferences: Preferences,
        titles: Mapping[str, str],
    ) -> None:
        super().__init__(window)
        self._live = live
        self._window = window
        self._tray = tray
        self._titles = titles
        self._since = datetime.now(UTC) - _CLOCKS_DIFFER
        self._told_runs: set[int] = set()
        self._told_alerts: set[int] = set()
        self.apply(preferences)
        live.run_finished.connect(self._on_run_finished)
        live.changed.connect(self._on_changed)
        live.forgotten.connect(self._on_forgotten)

    def apply(self, preferences: Preferences) -> None:
        """The preferences changed."""
        self._preferences = preferences
        self._tray.want(preferences.tray)

    @property
    def keeps_running(self) -> bool:
        """Whether closing the window only hides it, and whether it may start hidden."""
        return self._preferences.tray and self._preferences.keep_in_tray and self._tray.is_there

    def take_alerts(self, alerts: Iterable[Alert]) -> None:
        """Put slow and failed refreshes on the list, each once; not those from before the start."""
        for alert in sorted(alerts, key=lambda one: one.at):
            if alert.refresh_id in self._told_alerts or alert.at < self._since:
                continue
            self._told_alerts.add(alert.refresh_id)
            self.noticed.emit(self._alert_notice(alert))

    def _alert_notice(self, alert: Alert) -> Notice:
        if alert.status == "failed":
            title = self.tr("Refresh failed: {0}").format(alert.relation)
        else:
            title = self.tr("Slow refresh: {0}").format(alert.relation)
        return Notice("alert", title, alert.words, alert.at, alert.run_id, alert.step)

    def _on_forgotten(self) -> None:
        """Another database counts its runs and refreshes from one on again."""
        self._told_runs.clear()
        self._told_alerts.clear()

    def _on_changed(self) -> None:
        self._tray.show_running(self._live.is_running)

    def _on_run_finished(self, event: RunFinished) -> None:
        if event.run_id in self._told_runs or event.at < self._since:
            return
        self._told_runs.add(event.run_id)
        told = summary(event, self._live.board, self._titles)
        if told.is_bad:
            step = event.failed[0] if event.failed else ""
            self.noticed.emit(
                Notice("failure", told.title, told.words, event.at, event.run_id, step)
            )
        self._notify(told)

    def _notify(self, told: Told) -> None:
        wish = self._preferences.notify
        if wish == NOTIFY_NEVER or (wish == NOTIFY_FAILURES and not told.is_bad):
            return
        if self._window.isActiveWindow():
            return
        if not self._tray.say(told.title, told.words, is_bad=told.is_bad):
            QApplication.alert(self._window)


def summary(event: RunFinished, board: Board | None, titles: Mapping[str, str]) -> Told:
    """How a run ended, in words. Cancelled is an end of its own, and no failure."""
    name = (board.kind if board is not None and board.kind else "run").capitalize()
    lasted = took(event.seconds)
    match event.status:
        case RunStatus.FAILED:
            failed = ", ".join(titles.get(key, key) for key in event.failed)
            blocked = f"{counted(len(event.blocked), 'step')} blocked." if event.blocked else ""
            parts = (f"{failed}." if failed else "", _why(event, board), blocked)
            words = " ".join(part for part in parts if part)
            return Told(f"{name} failed", words, is_bad=True)
        case RunStatus.INTERRUPTED:
            words = event.error or "Its process ended. Resume runs what it left undone."
            return Told(f"{name} was interrupted", words, is_bad=True)
        case RunStatus.CANCELLED:
            words = f"Stopped after {lasted}; {counted(len(event.done), 'step')} done before."
            return Told(f"{name} cancelled", words, is_bad=False)
        case _:
            parts = (_steps(event), f"in {lasted}.", _rows(board))
            return Told(f"{name} done", " ".join(part for part in parts if part), is_bad=False)


def _why(event: RunFinished, board: Board | None) -> str:
    """The first failed step's own words, or those of the run."""
    line = board.lines.get(event.failed[0]) if board is not None and event.failed else None
    if line is not None and line.finished is not None and line.finished.error:
        return " ".join(part for part in (line.finished.error, line.finished.hint) if part)
    return event.error


def _steps(event: RunFinished) -> str:
    if not event.done:
        return f"Nothing to do: {counted(len(event.skipped), 'step')} skipped,"
    skipped = f", {len(event.skipped)} skipped" if event.skipped else ""
    return f"{counted(len(event.done), 'step')} done{skipped},"


def _rows(board: Board | None) -> str:
    if board is None:
        return ""
    changes = board.changes.values()
    parts = (
        (sum(one.inserted for one in changes), "new"),
        (sum(one.updated for one in changes), "changed"),
        (sum(one.deleted for one in changes), "deleted"),
    )
    said = ", ".join(f"{number:,} {word}" for number, word in parts if number)
    return f"Rows: {said}." if said else ""
