"""The main window: header, pipeline, docks, menus and status bar put together and wired.

What is wanted goes out as signals, connected by `app`; nothing is run, read or written here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial

from PySide6.QtCore import QEvent, QSize, QTimer, QUrl, Signal
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDesktopServices
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from nbapanel.clock import eastern_date
from nbapanel.errors import UserFacingError
from nbapanel.headline import Lead, headline
from nbapanel.origin import has_days_of_its_own
from nbapanel.rows.questions import RunAsked
from nbapanel.rows.reads import RunDetail, StepFacts
from nbapanel.ui import actions, geometry, theme
from nbapanel.ui.docks import KEYS, Docks, Folders
from nbapanel.ui.exports.underway import ExportUnderway
from nbapanel.ui.header import Header
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.plan_dialog import PlanDialog
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog
from nbapanel.ui.pipeline.rerun_settings import RerunDefaults
from nbapanel.ui.pipeline.slices import Mode, wanted_at_once
from nbapanel.ui.pipeline.view import PipelineView
from nbapanel.ui.ports import Asker, DeclaredStep, RunWanted
from nbapanel.ui.standing import Standing
from nbapanel.ui.status_bar import StatusBar
from nbapanel.ui.tables.states import NoticeLine
from nbapanel.ui.theme import Choice

_THEMES = {
    "theme_system": Choice.SYSTEM,
    "theme_light": Choice.LIGHT,
    "theme_dark": Choice.DARK,
}


class MainWindow(QMainWindow):
    """`painted` comes once, after the first paint: what is not needed for it is made then."""

    painted = Signal()
    run_wanted = Signal(object)  # RunWanted
    stop_wanted = Signal()
    stop_now_wanted = Signal()
    retry_database_wanted = Signal()
    settings_wanted = Signal(str)  # a page's name, or nothing
    about_wanted = Signal()
    shortcuts_wanted = Signal()
    theme_chosen = Signal(object)  # Choice
    layout_reset = Signal()
    closing = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        declared: Sequence[DeclaredStep],
        live: Live,
        asker: Asker,
        standing: Standing,
        folders: Folders,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._declared = tuple(declared)
        self._titles = {step.key: step.title for step in declared}
        self._live = live
        self._asker = asker
        self._standing = standing
        self._folders = folders
        self._is_painted = False
        self._docks_beside = b""  # as they were when they got all the room; empty: they have not
        self._sizes_beside: Mapping[str, QSize] = {}
        self.actions_by_key = actions.make_actions(self)
        self._build()
        self._wire()
        self._connect_actions()
        self._refresh_actions()

    def _build(self) -> None:
        self.setWindowTitle("nbapanel")
        self.setDockNestingEnabled(True)
        self.header = Header(self._live, self._titles)
        self.pipeline = PipelineView(self._declared, self._live)
        self._middle = QWidget()
        layout = QVBoxLayout(self._middle)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.export_line = NoticeLine()
        self.export_line.setContentsMargins(12, 0, 12, 4)
        layout.addWidget(self.header)
        layout.addWidget(self.export_line)
        layout.addWidget(self.pipeline, 1)
        self.setCentralWidget(self._middle)
        # At first nothing is chosen: a card with the focus would light up half of the edges.
        self._middle.setFocus()
        self.status = StatusBar(self._declared, self._live)
        self.setStatusBar(self.status)
        self.docks = Docks(self)
        self.exports = ExportUnderway(self._asker, self._folders.exports, self.export_line, self)
        actions.fill(self.menuBar(), self.actions_by_key)

    def fill_docks(self) -> None:
        self.docks.fill(self._asker, self._live, self._declared, self._folders)

    def come_to_front(self) -> None:
        """As wanted by a second start, or from the tray."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def ask_rerun(self, key: str | None, mode: Mode | str) -> None:
        """Show the settings that matter, filled in, before anything starts."""
        defaults = RerunDefaults(self._standing.days, self._last_day())
        dialog = RerunDialog(self._declared, key, mode, defaults, self._asker, self)
        self._open(dialog)

    def _last_day(self) -> date:
        """Today; where the games are not of today, the last day that has any."""
        overview = self._standing.overview
        if overview is not None and overview.days and has_days_of_its_own(overview.feeds):
            return overview.days[0].game_date
        return eastern_date(datetime.now(UTC))

    def ask_plan(self) -> None:
        self._open(PlanDialog(self._asker, parent=self))

    def _open(self, dialog: RerunDialog | PlanDialog) -> None:
        dialog.run_wanted.connect(self.run_wanted)
        dialog.allow_run(not self._live.is_running)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    # ---- wiring ------------------------------------------------------------------------------

    def _wire(self) -> None:
        self.header.refetch_wanted.connect(lambda: self.run_wanted.emit(RunWanted()))
        self.header.stop_wanted.connect(self.stop_wanted)
        self.header.stop_now_wanted.connect(self.stop_now_wanted)
        self.header.resume_wanted.connect(lambda: self.run_wanted.emit(RunWanted(resume=True)))
        self.header.plan_wanted.connect(self.ask_plan)
        self.header.retry_database_wanted.connect(self.retry_database_wanted)
        self.header.lead_followed.connect(self._on_lead_followed)
        self.pipeline.rerun_wanted.connect(self._on_rerun_wanted)
        self.pipeline.log_wanted.connect(self._on_step_log_wanted)
        self.docks.run_wanted.connect(self.run_wanted)
        self.exports.exported.connect(self.docks.exported)
        self.exports.failed.connect(self.docks.failed)
        self.exports.changed.connect(self._refresh_actions)
        self._standing.overview_changed.connect(lambda _: self._show_headline())
        self._standing.steps_changed.connect(self._on_steps_changed)
        self._standing.backends_counted.connect(self.header.show_backends)
        self._live.changed.connect(self._refresh_actions)
        self._live.database_changed.connect(lambda _: self._refresh_actions())
        theme.active().changed.connect(self._on_theme_changed)

    def _connect_actions(self) -> None:
        does = {
            "settings": lambda: self.settings_wanted.emit(""),
            "export": self.exports.choose,
            "open_data": lambda: self._open_folder(self._folders.data),
            "open_exports": lambda: self._open_folder(self._folders.exports),
            "open_log": lambda: self._open_folder(self._folders.logs),
            "close": self.close,
            "quit": self.quit_wanted.emit,
            "refetch": self.header.button.refetch,
            "stop": self.stop_wanted.emit,
            "refetch_with": lambda: self.ask_rerun(None, Mode.ALL),
            "resume": lambda: self.run_wanted.emit(RunWanted(resume=True)),
            "plan": self.ask_plan,
            "retry_database": self.retry_database_wanted.emit,
            "show_pipeline": self._focus_pipeline,
            "reset_layout": self.reset_layout,
            "shortcuts": self.shortcuts_wanted.emit,
            "about": self.about_wanted.emit,
        }
        for key, act in does.items():
            self.actions_by_key[key].triggered.connect(lambda _=False, act=act: act())
        for key in KEYS:
            self.actions_by_key[f"show_{key}"].triggered.connect(
                lambda _=False, key=key: self.docks.show(key)
            )
        self.actions_by_key["wide_dock"].toggled.connect(self._on_wide_dock)
        group = QActionGroup(self)
        for key, choice in _THEMES.items():
            action = self.actions_by_key[key]
            group.addAction(action)
            action.triggered.connect(lambda _=False, choice=choice: self.theme_chosen.emit(choice))
        self._on_theme_changed()

    def all_actions(self) -> list[QAction]:
        """For the shortcut sheet."""
        return list(self.actions_by_key.values())

    @property
    def dock_state(self) -> bytes:
        """Of the docks beside the pipeline: that they have all the room is not kept, and their
        heights of now would squeeze the pipeline at the next start."""
        return self._docks_beside or geometry.docks_of(self)

    def reset_layout(self) -> None:
        self.actions_by_key["wide_dock"].setChecked(False)
        geometry.place(self)
        self.docks.arrange()
        self.layout_reset.emit()

    # ---- what happens ------------------------------------------------------------------------

    def _show_headline(self) -> None:
        overview = self._standing.overview
        if overview is not None:
            said = headline(overview, self._standing.steps, self._titles, datetime.now(UTC))
            self.header.show_headline(said)
            self._refresh_actions()

    def _on_steps_changed(self, facts: Mapping[str, StepFacts]) -> None:
        self.pipeline.show_facts(facts)
        self.status.show_feeds(facts)
        self._show_headline()

    def _on_rerun_wanted(self, key: str, mode: str) -> None:
        if Mode(mode) is not Mode.RETRY:
            self.ask_rerun(key, mode)
        elif not self._live.is_running and not self.header.button.is_waiting:
            self._retry(key)

    def _retry(self, key: str) -> None:
        """As the run had it whose step failed: its days, games and options, from the journal."""
        run_id = self._run_of(key)
        if run_id is None:
            self.run_wanted.emit(wanted_at_once(key, Mode.RETRY))
            return
        self.header.expect_run()
        question = RunAsked(run_id)
        self._asker.ask(question, partial(self._retry_as, key), self._on_no_retry)

    def _retry_as(self, key: str, detail: RunDetail) -> None:
        from nbapanel.ui.history.run_words import settings_of  # not before the first paint

        if not self.header.button.is_waiting:
            return  # the database was away for long: nobody expects it any more
        settings = settings_of(detail.run)
        if settings is not None:
            self.run_wanted.emit(wanted_at_once(key, Mode.RETRY, settings))
            return
        # It was run in a way that only the terminal offers: what is possible here is asked first.
        self.header.settle()
        self.ask_rerun(key, Mode.FROM)

    def _on_no_retry(self, error: UserFacingError) -> None:
        self.header.settle()
        self.docks.failed.emit(error)

    def _on_step_log_wanted(self, key: str) -> None:
        if self.docks.is_filled:
            self.docks.show_step_log(self._run_of(key), key)

    def _run_of(self, key: str) -> int | None:
        """The run in which that step was last tried, as far as is known."""
        board = self._live.board
        facts = self._standing.steps.get(key)
        run_id = facts.last.run_id if facts is not None and facts.last is not None else None
        if board is not None and key in board.lines and board.lines[key].began is not None:
            run_id = board.run_id
        return run_id

    def _on_lead_followed(self, lead: Lead) -> None:
        match lead:
            case ("run", int(run_id)) if self.docks.is_filled:
                self.docks.show_run(run_id)
            case ("day", date() as day) if self.docks.is_filled:
                self.docks.show("games")
                self.docks.games.show_day(day)
            case ("games", _):
                self.docks.show("games")
            case ("step", str(key)):
                self.pipeline.focus_step(key)
            case ("publish",):
                self.pipeline.focus_step("publish")
                self.ask_rerun("publish", Mode.FROM)
            case ("resume",):
                self.run_wanted.emit(RunWanted(resume=True))
            case ("refetch",):
                self.header.button.refetch()

    def _refresh_actions(self) -> None:
        is_running = self._live.is_running
        is_open = self._live.database.kind == "ready"
        # As the button has it: of a run that begins without our database nothing would be seen.
        for key in ("refetch", "refetch_with"):
            self.actions_by_key[key].setEnabled(not is_running and is_open)
            why = "" if is_open else self.tr("The database is not open.")
            actions.explain(self.actions_by_key[key], why)
        self._allow_export(is_open)
        self.actions_by_key["resume"].setEnabled(self.header.can_resume)
        self.actions_by_key["stop"].setEnabled(is_running)
        self.actions_by_key["retry_database"].setEnabled(not is_open)

    def _allow_export(self, is_open: bool) -> None:
        why = "" if is_open else self.tr("The database is not open.")
        if self.exports.is_on:
            why = self.tr("An export is underway.")
        self.actions_by_key["export"].setEnabled(not why)
        actions.explain(self.actions_by_key["export"], why)

    def _focus_pipeline(self) -> None:
        self.actions_by_key["wide_dock"].setChecked(False)
        self.pipeline.focus_step(self._declared[0].key)

    def _on_wide_dock(self, is_wide: bool) -> None:
        if is_wide:
            self._docks_beside, self._sizes_beside = geometry.docks_of(self), self.docks.sizes
        else:
            self._docks_beside = b""
        self._middle.setVisible(not is_wide)
        if not is_wide:
            self.docks.give_sizes(self._sizes_beside)  # Qt would leave the pipeline a strip

    def _on_theme_changed(self) -> None:
        actions.tint(self.actions_by_key)
        for key, choice in _THEMES.items():
            self.actions_by_key[key].setChecked(theme.active().choice is choice)

    def _open_folder(self, folder: object) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # ---- Qt ----------------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if not self._is_painted and event.type() == QEvent.Type.Paint:
            self._is_painted = True
            QTimer.singleShot(0, self.painted.emit)
        return handled

    def closeEvent(self, event: QCloseEvent) -> None:
        """Whether it goes is decided elsewhere: a run may be underway."""
        event.ignore()
        self.closing.emit()
