"""The window and what stands behind it, from the first paint to the end of the last thread."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QTimer

from nbapanel.app.backfills import Backfills
from nbapanel.app.by_itself import ByItself, times_of
from nbapanel.app.courier import Courier
from nbapanel.app.current_desk import CurrentDesk
from nbapanel.app.declared_steps import declared
from nbapanel.app.dialogs import Dialogs
from nbapanel.app.kept_layout import KeptLayout
from nbapanel.app.kept_preferences import KeptPreferences
from nbapanel.app.leaving import Leaving
from nbapanel.app.problems import Problems
from nbapanel.app.runs import Runs
from nbapanel.desk.desk import Desk, Told
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.rows.reads import DatabaseFacts, DatabaseState, Overview
from nbapanel.settings import Settings
from nbapanel.ui.docks import Folders
from nbapanel.ui.first_run import is_due
from nbapanel.ui.live import Live
from nbapanel.ui.notifier import Notifier
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.preferences import Preferences, PreferenceStore
from nbapanel.ui.standing import Standing
from nbapanel.ui.tray import Tray
from nbapanel.ui.window import MainWindow

_LAST_WORD_MS = 1_000
_TOLD_MS = 10_000


class Panel:
    """`left` is set once the window is to go; then comes `shut_down`."""

    def __init__(self, place: Place, clock: str) -> None:
        self._server_version = ""
        self._store = PreferenceStore(place.data_dir.root)
        self._kept = KeptPreferences(self._store)
        self.live = Live(STEPS.steps)
        # Nothing is told before the desk starts, and that is long after all of this is made.
        told = Told(
            event=self.live.take,
            database=self._take_database,
            caches=self.live.data_changed.emit,
            child_ended=self._on_child_ended,
            log_lines=lambda lines: self.window.docks.add_lines(lines),
            failed=lambda error: self._problems.take_failed_read(error),
            backfills=self.live.backfills_changed.emit,
            backfill_ended=lambda code, words: self._backfills.tell_end(code, words),
        )
        self._courier = Courier()
        self._current = CurrentDesk(place, clock, self.live, self._courier.send, told)
        self.standing = Standing(self._current, self.live, place.settings.days)
        self.window = self._made_window(place)
        self._layout = KeptLayout(self._store, self.window)
        self.dialogs = Dialogs(self.window, place)
        self.runs = Runs(self._current, self.live, self.window.header, self.dialogs)
        self._backfills = Backfills(self._current, self.window.docks, self.dialogs)
        self._tray = Tray(parent=self.window)
        titles = {step.key: step.title for step in STEPS.steps}
        self._notifier = Notifier(self.live, self.window, self._tray, self.preferences, titles)
        self._problems = Problems(self._current, self.live, self.window.docks, self._notifier)
        self._leaving = Leaving(
            self.runs, self.live, self.window, lambda: self._notifier.keeps_running
        )
        self._by_itself = ByItself(
            self.runs, self.live, self.standing, self.window.status.show_schedule
        )
        self._wire()

    def _made_window(self, place: Place) -> MainWindow:
        kept = place.data_dir
        folders = Folders(kept.root, kept.archive, kept.exports, kept.logs)
        made = MainWindow(declared(), self.live, self._current, self.standing, folders)
        made.header.button.is_starting = lambda: self.desk.is_child_alive
        made.header.show_place(str(place.feeds), str(kept.root))
        return made

    # ---- what others ask of it -----------------------------------------------------------------

    @property
    def left(self) -> asyncio.Event:
        return self._leaving.left

    @property
    def desk(self) -> Desk:
        """That of the database that is open now."""
        return self._current.desk

    @property
    def preferences(self) -> Preferences:
        return self._kept.current

    def show(self) -> None:
        """The first paint; all that it does not need follows it."""
        self._layout.show_window()

    def start_run(self, wanted: RunWanted) -> None:
        self.runs.start(wanted)

    def leave(self) -> None:
        self._leaving.leave()

    def leave_at_once(self) -> None:
        self._leaving.leave_at_once()

    async def shut_down(self) -> None:
        """No process, thread or lock is left, but a run that was let go."""
        self._layout.keep()
        self._by_itself.close()
        self.window.hide()
        await asyncio.to_thread(self.desk.close, let_run_go=True)
        self.dialogs.hooks.remove()
        self.window.deleteLater()

    # ---- how it begins -------------------------------------------------------------------------

    @property
    def _place(self) -> Place:
        return self._current.place

    def _wire(self) -> None:
        self._wire_window()
        self._wire_dialogs()
        self._kept.changed.connect(self._on_preferences_changed)
        self._tray.refetch_wanted.connect(lambda: self.runs.start(RunWanted()))
        self._tray.stop_wanted.connect(self.runs.stop)
        self._tray.open_wanted.connect(self.window.come_to_front)
        self._tray.quit_wanted.connect(self.leave)
        self.standing.overview_changed.connect(self._on_overview_changed)
        self.standing.database_changed.connect(self._on_database_facts)
        self.standing.failed.connect(self._problems.take_failed_read)

    def _wire_window(self) -> None:
        window = self.window
        window.painted.connect(self._on_painted)
        window.run_wanted.connect(self.runs.start)
        window.stop_wanted.connect(self.runs.stop)
        window.stop_now_wanted.connect(self.runs.stop_now)
        window.retry_database_wanted.connect(lambda: self.desk.retry())
        window.settings_wanted.connect(self._show_settings)
        window.about_wanted.connect(lambda: self.dialogs.show_about(self._server_version))
        window.shortcuts_wanted.connect(self.dialogs.show_shortcuts)
        window.theme_chosen.connect(self._kept.choose_theme)
        window.quit_wanted.connect(self.leave)

    def _wire_dialogs(self) -> None:
        dialogs = self.dialogs
        dialogs.settings_saved.connect(self._on_settings_saved)
        dialogs.preferences_changed.connect(self._kept.take)
        dialogs.refetch_wanted.connect(self.runs.start)
        dialogs.database_wanted.connect(self._on_database_wanted)
        dialogs.quit_wanted.connect(self.leave)

    def _on_painted(self) -> None:
        """The window is on the screen: now the database, the charts and the clock."""
        asyncio.get_running_loop().set_exception_handler(self.dialogs.hooks.asyncio_handler)
        self.desk.start()
        # One more turn of the loop, so that the window answers while numpy is read.
        QTimer.singleShot(0, self._fill)

    def _fill(self) -> None:
        docks = self.window.docks
        self.window.fill_docks()
        self._layout.restore_tables()
        docks.log.make_room(self.preferences.log_lines)
        docks.history.show_retention(self._place.settings.keep_runs_days or None)
        docks.failed.connect(self.dialogs.show_error)
        docks.exported.connect(self._on_exported)
        docks.retention_wanted.connect(lambda: self._show_settings("Database"))
        self._by_itself.start(self.preferences)

    def _show_settings(self, page: str) -> None:
        self.dialogs.show_settings(self.preferences, page)

    # ---- what is heard -------------------------------------------------------------------------

    def _take_database(self, state: DatabaseState) -> None:
        self.live.take_database(state)
        self.dialogs.take_database(state)

    def _on_child_ended(self, code: int, words: str) -> None:
        self.window.header.settle()
        if self._leaving.is_stopping:
            self.leave_at_once()
            return
        # Its last word may still be on its way.
        QTimer.singleShot(_LAST_WORD_MS, self._move_if_free)
        self.runs.tell_end(code, words)

    def _on_overview_changed(self, overview: Overview) -> None:
        was_shown = bool(self._store.recall("first_run_shown"))
        if is_due(overview, was_shown) and not self.live.is_running:
            self._store.remember("first_run_shown", b"1")
            self.dialogs.show_first_run()
        self._by_itself.show_next()

    def _on_database_facts(self, facts: DatabaseFacts) -> None:
        self._server_version = facts.server_version
        refresh_min = times_of(self.preferences).refresh_min
        self.window.status.show_database(facts, self.desk.cache, refresh_min)

    def _on_exported(self, path: Path) -> None:
        self.window.status.showMessage(f"{path}", _TOLD_MS)

    # ---- what was decided ----------------------------------------------------------------------

    def _on_preferences_changed(self, before: Preferences, now: Preferences) -> None:
        self._notifier.apply(now)
        if self.window.docks.is_filled:
            self.window.docks.log.make_room(now.log_lines)
            self._by_itself.follow(before, now)

    def _on_settings_saved(self, settings: Settings) -> None:
        self._current.use(self.dialogs.use(settings))
        self.standing.days = settings.days
        if self.window.docks.is_filled:
            self.window.docks.history.show_retention(settings.keep_runs_days or None)
        if self._current.waits_to_move:
            self.window.status.showMessage(
                self.window.tr("The other database is opened when the run is over."), _TOLD_MS
            )
        self._move_if_free()
        self.standing.look()

    def _move_if_free(self) -> None:
        if not self.left.is_set():
            self._current.move_if_free()

    def _on_database_wanted(self) -> None:
        """Of one that is open already there is nothing more to come."""
        state = self.desk.database
        if state.kind == "ready":
            self.dialogs.take_database(state)
        else:
            self.desk.retry()
