"""The window and what stands behind it, from the first paint to the end of the last thread."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer

from nbapanel.app.courier import Courier
from nbapanel.app.dialogs import Dialogs
from nbapanel.desk.answers import answer
from nbapanel.desk.child_run import trouble
from nbapanel.desk.desk import Desk, Told
from nbapanel.desk.schedule import Schedule, Times
from nbapanel.engine.events import RunFinished
from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.rows.questions import A, AlertsAsked, Question
from nbapanel.rows.reads import (
    Alert,
    CacheCounts,
    DatabaseFacts,
    DatabaseState,
    LogLine,
    Overview,
    Planned,
)
from nbapanel.settings import Settings
from nbapanel.steps.inputs import INPUTS
from nbapanel.steps.publish import VIEWS
from nbapanel.ui import geometry, theme
from nbapanel.ui.closing import ClosingQuestion
from nbapanel.ui.docks import Folders
from nbapanel.ui.first_run import FirstRun, is_due
from nbapanel.ui.live import Live
from nbapanel.ui.notices import Notice
from nbapanel.ui.notifier import Notifier
from nbapanel.ui.ports import DeclaredStep, Failed, RunWanted, Then
from nbapanel.ui.preferences import (
    REFETCH_AT_TIMES,
    REFETCH_WHILE_LIVE,
    Preferences,
    PreferenceStore,
)
from nbapanel.ui.standing import Standing
from nbapanel.ui.theme import Choice
from nbapanel.ui.tray import Tray
from nbapanel.ui.window import MainWindow

log = logging.getLogger(__name__)

_ALERTS_OF_THE_LAST = timedelta(days=1)
_WAITING_LINES = 5_000
_LAST_WORD_MS = 1_000


class Panel:
    """`left` is set once the window is to go; then comes `shut_down`."""

    def __init__(self, place: Place, clock: str) -> None:
        self._place = place
        self._clock = clock
        self._has_moved = False  # to a database that is not opened yet
        self.left = asyncio.Event()
        self._is_stopping_to_leave = False
        self._wanted = RunWanted()
        self._server_version = ""
        self._early_lines: list[LogLine] = []
        self._courier = Courier()
        self._store = PreferenceStore(place.data_dir.root)
        self.preferences = self._store.read()
        theme.active().choose(Choice(self.preferences.theme))
        self.live = Live(STEPS.steps)
        self.standing = Standing(self, self.live, place.settings.days)
        self.desk = self._new_desk()
        directory = place.data_dir
        folders = Folders(directory.root, directory.archive, directory.exports, directory.logs)
        self.window = MainWindow(declared(), self.live, self, self.standing, folders)
        self.window.header.button.is_starting = lambda: self.desk.is_child_alive
        self.window.header.show_place(str(place.feeds), str(directory.root))
        self.dialogs = Dialogs(self.window, place, self._courier)
        self._closing = ClosingQuestion(self.window)
        self._tray = Tray(parent=self.window)
        titles = {step.key: step.title for step in STEPS.steps}
        self._notifier = Notifier(self.live, self.window, self._tray, self.preferences, titles)
        self._schedule = Schedule(
            refetch=lambda: self.start_run(RunWanted(trigger="schedule")),
            refresh=self._refresh_views,
            are_games_live=self._are_games_live,
            is_busy=lambda: self.live.is_running or self.desk.is_child_alive,
            changed=self._show_schedule,
        )
        self._wire()

    def show(self) -> None:
        """The first paint; all that it does not need follows it."""
        where, docks = self._store.recall("geometry"), self._store.recall("docks")
        has_layout = geometry.restore(self.window, where, docks)
        self.window.show()
        if not has_layout:
            self.window.docks.give_room()

    # ---- the port of the window's questions ----------------------------------------------------

    def ask(self, question: Question[A], then: Then[A], failed: Failed | None = None) -> None:
        self.desk.ask(question, then, failed)

    def plan(self, wanted: RunWanted, then: Then[Planned], failed: Failed) -> None:
        self.desk.plan(wanted.words, then, failed)

    def export_game(self, game_id: str, then: Then[Path], failed: Failed) -> None:
        self.desk.export_game(game_id, then, failed)

    @property
    def cache(self) -> CacheCounts:
        return self.desk.cache

    # ---- how it begins -------------------------------------------------------------------------

    def _new_desk(self) -> Desk:
        made_of = {view.name: view.made_of for view in VIEWS}
        place = "" if self._place.settings.database_url else "embedded"
        told = Told(
            event=self.live.take,
            database=self._take_database,
            caches=self.live.data_changed.emit,
            child_ended=self._on_child_ended,
            log_lines=self._take_lines,
            failed=self._on_read_failed,
        )
        return Desk(
            self._place,
            self._courier.send,
            told,
            partial(answer, made_of=made_of, inputs=INPUTS, place=place),
            clock=self._clock,
        )

    def _wire(self) -> None:
        window, dialogs = self.window, self.dialogs
        window.painted.connect(self._on_painted)
        window.run_wanted.connect(self.start_run)
        window.stop_wanted.connect(self.stop_run)
        window.stop_now_wanted.connect(self.stop_run_now)
        window.retry_database_wanted.connect(lambda: self.desk.retry())
        window.settings_wanted.connect(lambda page: dialogs.show_settings(self.preferences, page))
        window.about_wanted.connect(lambda: dialogs.show_about(self._server_version))
        window.shortcuts_wanted.connect(dialogs.show_shortcuts)
        window.theme_chosen.connect(self._on_theme_chosen)
        window.layout_reset.connect(lambda: self._store.forget("geometry", "docks"))
        window.closing.connect(self._on_window_closing)
        window.quit_wanted.connect(self.leave)
        dialogs.settings_saved.connect(self._on_settings_saved)
        dialogs.preferences_changed.connect(self._on_preferences_changed)
        dialogs.first_run_ended.connect(self._on_first_run_ended)
        dialogs.database_wanted.connect(self._on_database_wanted)
        dialogs.quit_wanted.connect(self.leave)
        self._closing.let_run_chosen.connect(self.leave_at_once)
        self._closing.stop_chosen.connect(self._stop_and_leave)
        self._tray.refetch_wanted.connect(lambda: self.start_run(RunWanted()))
        self._tray.stop_wanted.connect(self.stop_run)
        self._tray.open_wanted.connect(window.come_to_front)
        self._tray.quit_wanted.connect(self.leave)
        self.standing.overview_changed.connect(self._on_overview_changed)
        self.standing.database_changed.connect(self._on_database_facts)
        self.standing.failed.connect(self._on_read_failed)
        self.live.run_finished.connect(self._on_run_finished)
        self.live.data_changed.connect(self._look_for_alerts)

    def _on_painted(self) -> None:
        """The window is on the screen: now the database, the charts and the clock."""
        asyncio.get_running_loop().set_exception_handler(self.dialogs.hooks.asyncio_handler)
        self.desk.start()
        # One more turn of the loop, so that the window answers while numpy is read.
        QTimer.singleShot(0, self._fill)

    def _fill(self) -> None:
        docks = self.window.docks
        self.window.fill_docks()
        docks.restore_states(
            {name: self._store.recall(f"table_{name}") for name in ("games", "history")}
        )
        docks.log.make_room(self.preferences.log_lines)
        docks.log.add_lines(self._early_lines)
        docks.history.show_retention(self._place.settings.keep_runs_days or None)
        self._early_lines = []
        docks.failed.connect(self.dialogs.show_error)
        docks.exported.connect(self._on_exported)
        docks.retention_wanted.connect(
            lambda: self.dialogs.show_settings(self.preferences, "Database")
        )
        self._notifier.noticed.connect(docks.notices.add)
        self._schedule.start(times_of(self.preferences))

    # ---- what is heard -------------------------------------------------------------------------

    def _take_database(self, state: DatabaseState) -> None:
        self.live.take_database(state)
        self.dialogs.take_database(state)
        if state.kind == "ready":
            self._look_for_alerts()

    def _take_lines(self, lines: list[LogLine]) -> None:
        if self.window.docks.is_filled:
            self.window.docks.log.add_lines(lines)
        else:
            self._early_lines = [*self._early_lines, *lines][-_WAITING_LINES:]

    def _on_read_failed(self, error: UserFacingError) -> None:
        """A read for the window as a whole; a lost database is said in the header already."""
        log.info("A read failed: %s", error)
        if self.live.database.kind == "ready" and self.window.docks.is_filled:
            notice = Notice("failure", error.title, error.detail, datetime.now(UTC))
            self.window.docks.notices.add(notice)

    def _on_overview_changed(self, overview: Overview) -> None:
        was_shown = bool(self._store.recall("first_run_shown"))
        if is_due(overview, was_shown) and not self.live.is_running:
            self._store.remember("first_run_shown", b"1")
            self.dialogs.show_first_run()
        self._show_schedule()

    def _on_database_facts(self, facts: DatabaseFacts) -> None:
        self._server_version = facts.server_version
        refresh_min = times_of(self.preferences).refresh_min
        self.window.status.show_database(facts, self.desk.cache, refresh_min)

    def _look_for_alerts(self) -> None:
        if self.live.database.kind == "ready":
            since = datetime.now(UTC).replace(second=0, microsecond=0) - _ALERTS_OF_THE_LAST
            self.desk.ask(AlertsAsked(since), self._take_alerts, lambda _: None)

    def _take_alerts(self, alerts: tuple[Alert, ...]) -> None:
        self._notifier.take_alerts(alerts)

    def _on_run_finished(self, _event: RunFinished) -> None:
        self._look_for_alerts()
        if self._is_stopping_to_leave and not self.desk.is_child_alive:
            self.leave_at_once()

    def _on_exported(self, path: Path) -> None:
        self.window.status.showMessage(f"{path}", 10_000)

    # ---- runs ----------------------------------------------------------------------------------

    def start_run(self, wanted: RunWanted) -> None:
        """As the terminal does it, in a process of its own."""
        self.window.header.expect_run()
        self._wanted = wanted
        try:
            self.desk.start_run(wanted.words)
        except UserFacingError as error:
            self.window.header.settle()
            self.dialogs.show_error(error)

    def stop_run(self) -> None:
        self.desk.stop_run(self._on_stop_failed)

    def stop_run_now(self) -> None:
        """End its process, where that is ours; another's comes to its end by its own stages."""
        if self.desk.is_child_alive:
            self.desk.kill_child()
            return
        self.window.header.settle()
        tr = self.window.tr
        self.dialogs.show_error(
            UserFacingError(
                tr("This run cannot be ended from here."),
                tr("It was started elsewhere, and has been asked to stop."),
                tr("End its process where it was started, if it does not."),
            )
        )

    def _on_stop_failed(self, error: UserFacingError) -> None:
        self._is_stopping_to_leave = False
        self.window.header.settle()
        self.dialogs.show_error(error)

    def _on_child_ended(self, code: int, words: str) -> None:
        self.window.header.settle()
        if self._is_stopping_to_leave:
            self.leave_at_once()
            return
        # Its last word may still be on its way.
        QTimer.singleShot(_LAST_WORD_MS, self._move_if_free)
        error = trouble(code, words)
        if error is not None:
            self.dialogs.show_error(error, retry=partial(self.start_run, self._wanted))

    def _refresh_views(self) -> None:
        """Publish what the working tables have and the views lack; else just look again.

        What was tried and failed is not tried every few minutes: the headline says it.
        """
        overview = self.standing.overview
        if overview is not None and overview.behind and "publish" not in overview.undone:
            self.start_run(RunWanted(from_step="publish", trigger="schedule"))
        else:
            self.live.data_changed.emit()

    def _are_games_live(self) -> bool:
        overview = self.standing.overview
        return overview is not None and any(day.live for day in overview.days)

    def _show_schedule(self) -> None:
        coming = self._schedule.next()
        at, what = coming if coming is not None else (None, "")
        self.window.status.show_schedule(at, what)

    # ---- what was decided ----------------------------------------------------------------------

    def _on_theme_chosen(self, choice: Choice) -> None:
        self._on_preferences_changed(replace(self.preferences, theme=choice.value))

    def _on_preferences_changed(self, preferences: Preferences) -> None:
        before, self.preferences = self.preferences, preferences
        self._store.write(preferences)
        if theme.active().choice.value != preferences.theme:
            theme.active().choose(Choice(preferences.theme))
        self._notifier.apply(preferences)
        if self.window.docks.is_filled:
            self.window.docks.log.make_room(preferences.log_lines)
            if times_of(before) != times_of(preferences):
                self._schedule.set(times_of(preferences))

    def _on_settings_saved(self, settings: Settings) -> None:
        self._has_moved |= settings.database_url != self._place.settings.database_url
        self._place = self.dialogs.use(settings)
        self.standing.days = settings.days
        if self.window.docks.is_filled:
            self.window.docks.history.show_retention(settings.keep_runs_days or None)
        self.desk.use(self._place)
        if self._has_moved and self.desk.is_child_alive:
            self.window.status.showMessage(
                self.window.tr("The other database is opened when the run is over."), 10_000
            )
        self._move_if_free()
        self.standing.look()

    def _move_if_free(self) -> None:
        """A run that was started here stays with the database it has, and we with it."""
        if self._has_moved and not self.desk.is_child_alive and not self.left.is_set():
            self._has_moved = False
            self._reopen()

    def _reopen(self) -> None:
        """Another database from now on; nothing of the one before is shown any more."""
        before = self.desk
        before.fall_silent()
        self.desk = self._new_desk()
        self.live.take_database(DatabaseState("opening", "Opening the database"))
        self.live.forget()
        self.desk.start()
        asyncio.get_running_loop().run_in_executor(None, partial(before.close, let_run_go=True))

    def _on_database_wanted(self) -> None:
        """Of one that is open already there is nothing more to come."""
        state = self.desk.database
        if state.kind == "ready":
            self.dialogs.take_database(state)
        else:
            self.desk.retry()

    def _on_first_run_ended(self, chosen: FirstRun) -> None:
        if chosen.database_url is not None and not self.dialogs.save(
            {"database_url": chosen.database_url}
        ):
            return  # it is told why; elsewhere nothing was wanted
        if chosen.refetch is not None:
            self.start_run(chosen.refetch)

    # ---- the end -------------------------------------------------------------------------------

    def leave(self) -> None:
        """The window was closed, or the program asked to end: a run underway is asked about."""
        if self.live.is_running or self.desk.is_child_alive:
            board = self.live.board
            self.window.come_to_front()
            self._closing.ask(board.run_id if board is not None and self.live.is_running else 0,
                              is_own=self.desk.is_child_alive)  # fmt: skip
        else:
            self.leave_at_once()

    def _on_window_closing(self) -> None:
        if self._notifier.keeps_running:
            self.window.hide()
        else:
            self.leave()

    def _stop_and_leave(self) -> None:
        if not (self.live.is_running or self.desk.is_child_alive):
            self.leave_at_once()  # it ended while the question was open
            return
        self._is_stopping_to_leave = True
        self.stop_run()

    def leave_at_once(self) -> None:
        """Without a question: the system shuts down, or somebody ends us. A run goes on alone."""
        self.left.set()

    async def shut_down(self) -> None:
        """No process, thread or lock is left, but a run that was let go."""
        self._keep_layout()
        self._schedule.close()
        self.window.hide()
        await asyncio.to_thread(self.desk.close, let_run_go=True)
        self.dialogs.hooks.remove()
        self.window.deleteLater()

    def _keep_layout(self) -> None:
        where, docks = geometry.saved(self.window)
        self._store.remember("geometry", where)
        self._store.remember("docks", docks)
        for name, state in self.window.docks.save_states().items():
            self._store.remember(f"table_{name}", state)


def declared() -> tuple[DeclaredStep, ...]:
    """The pipeline as the window sees it."""
    return tuple(
        DeclaredStep(
            key=step.key,
            title=step.title,
            lane=step.lane,
            needs=step.needs,
            follows=step.follows,
            writes=step.writes,
            asks=step.asks,
            alert_after_s=step.alert_after_s,
            asks_feeds=step.asks_feeds,
        )
        for step in STEPS.steps
    )


def times_of(preferences: Preferences) -> Times:
    """When something happens by itself, as the preferences say."""
    refetch = preferences.refetch
    return Times(
        at=preferences.times if refetch == REFETCH_AT_TIMES else (),
        while_live_min=preferences.refetch_every_min if refetch == REFETCH_WHILE_LIVE else None,
        refresh_min=preferences.refresh_every_min if preferences.refresh_views else None,
    )
