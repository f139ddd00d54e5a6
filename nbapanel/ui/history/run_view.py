"""One run in detail: its steps, its changes, its settings, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nbapanel.engine.events import RunFinished
from nbapanel.rows.questions import RunAsked, StepsAsked
from nbapanel.rows.reads import RunDetail, RunRow, StepFacts
from nbapanel.ui.history import run_steps
from nbapanel.ui.history import run_words as told
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.ports import Asker, RunWanted
from nbapanel.ui.roles import give_role
from nbapanel.ui.tables import words
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted


class RunView(QWidget):
    """`show_run` asks for a run; what was shown stays until its answer comes."""

    run_wanted = Signal(object)  # RunWanted
    games_wanted = Signal(int)  # run_id
    log_wanted = Signal(int)  # run_id
    export_wanted = Signal(object, str)  # TableView, a name for the file

    def __init__(
        self, asker: Asker, live: Live, titles: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self._titles = titles
        self._latest = Latest(self)
        self._facts: Mapping[str, StepFacts] = {}
        self._detail: RunDetail | None = None
        self._run_id = 0
        self._newest = 0
        self._seen: tuple[object, ...] = ()
        self._build()
        live.changed.connect(self._on_live_changed)
        live.run_finished.connect(self._on_run_finished)

    def _build(self) -> None:
        self._title = self._label("subheading", "true")
        self._about = Elided(tells=True)
        self._about.setProperty("role", "muted")
        self._error = Elided(tells=True)
        self._error.setProperty("role", "bad")
        self.again = self._button(self.tr("Run again"), self._on_again_clicked)
        self.resume = self._button(self.tr("Resume"), self._on_resume_clicked)
        self.games = self._button("", lambda: self.games_wanted.emit(self._run_id))
        self.log = self._button(self.tr("Show log"), lambda: self.log_wanted.emit(self._run_id))
        self._title.setWordWrap(False)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self._title)
        head.addWidget(self._about, 1)
        acts = QWidget()
        row = QHBoxLayout(acts)
        row.setContentsMargins(0, 0, 0, 2)
        row.setSpacing(6)
        for button in (self.again, self.resume, self.games, self.log):
            button.setProperty("small", "true")
            row.addWidget(button)
        self.steps = RowsModel(run_steps.step_columns(), self)
        self.changes = RowsModel(run_steps.change_columns(), self)
        self.settings = RowsModel(run_steps.setting_columns(), self)
        self.tabs = QTabWidget()
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setAccessibleName(self.tr("Parts of the run"))
        self.tabs.setProperty("small", "true")
        self.tabs.setCornerWidget(acts, Qt.Corner.TopRightCorner)
        self._add_tab(self.steps, self.tr("Steps"), self.tr("Steps of the run"), "steps")
        self._add_tab(self.changes, self.tr("Changes"), self.tr("Changes by relation"), "changes")
        self._add_tab(self.settings, self.tr("Settings"), self.tr("What was asked for"), "settings")
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(4)
        inner.addLayout(head)
        inner.addWidget(self._error)
        inner.addWidget(self.tabs, 1)
        self.pages = Pages(content)
        self.pages.acted.connect(lambda: self.show_run(self._run_id))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pages)
        self.show_nothing()

    def _label(self, name: str, value: str) -> QLabel:
        label = QLabel()
        label.setProperty(name, value)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        return label

    def _button(self, words: str, clicked: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words)
        button.clicked.connect(clicked)
        return button

    def _add_tab(self, model: RowsModel[Any], title: str, name: str, key: str) -> None:
        table = TableView(model, name)
        if key != "settings":
            table.enable_sorting()
        table.export_wanted.connect(
            lambda: self.export_wanted.emit(table, f"run_{self._run_id}_{key}.csv")
        )
        self.tabs.addTab(table, title)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def run_id(self) -> int:
        """Which run is shown, or asked for; 0: none."""
        return self._run_id

    @property
    def headline(self) -> str:
        return " ".join((self._title.text(), self._about.text(), self._error.text())).strip()

    def show_nothing(self) -> None:
        """No run is chosen."""
        self._run_id = 0
        self._detail = None
        self._latest.forget()
        self.pages.show_empty(
            self.tr("Choose a run to see its steps"),
            self.tr("Choose two and press Compare to see what they did differently."),
        )

    def show_run(self, run_id: int) -> None:
        if run_id != self._run_id:
            self._detail = None
        self._run_id = run_id
        if self._detail is None:
            self.pages.show_loading(self.tr("Loading run {}…").format(run_id))
        self._latest.ask(
            partial(self._asker.ask, RunAsked(run_id)), self._show, self.pages.show_error
        )
        self._latest.ask_too(partial(self._asker.ask, StepsAsked()), self._on_facts, lambda _: None)

    def know_newest(self, run_id: int) -> None:
        """Only the newest run can be resumed."""
        self._newest = run_id
        self._show_what_can_be_done()

    def _on_facts(self, facts: Mapping[str, StepFacts]) -> None:
        self._facts = facts
        if self._detail is not None:
            self._show_steps(self._detail)

    def _show(self, detail: RunDetail) -> None:
        self._detail = detail
        run = detail.run
        state = told.state_of(run.status)
        took = words.duration(told.seconds(run.duration_ms))
        title = self.tr("Run {}  {}").format(run.run_id, told.state_words(run.status))
        self._title.setText(f"{title}  {took}".rstrip())
        give_role(self._title, state.role)
        self._about.setText("  ·  ".join(self._facts_of(run)))
        self._title.setToolTip(words.exact(run.started_at))
        self._error.setText(run.error or "")
        self._error.setVisible(bool(run.error))
        self._show_steps(detail)
        self.changes.set_rows(list(detail.changes.items()))
        self.settings.set_rows(told.settings_rows(run))
        self._show_what_can_be_done()
        self.pages.show_content()

    def _facts_of(self, run: RunRow) -> list[str]:
        changed = told.change_words(
            {"inserted": run.inserted, "updated": run.updated, "deleted": run.deleted}
        )
        facts = [
            told.kind_words(run, self._titles),
            told.trigger_words(run),
            words.local(run.started_at),
            told.days_words(run.settings),
            changed or self.tr("nothing changed"),
        ]
        return [fact for fact in facts if fact]

    def _show_steps(self, detail: RunDetail) -> None:
        self.steps.set_rows(run_steps.steps_of(detail, self._titles, self._facts))

    # -- what can be done ------------------------------------------------------------------------

    @property
    def wanted(self) -> RunWanted | None:
        """The run that would do the same again."""
        return None if self._detail is None else told.again(self._detail.run, self._titles)

    def _show_what_can_be_done(self) -> None:
        if self._detail is None:
            return
        run, wanted = self._detail.run, self.wanted
        is_running = self._live.is_running
        self.again.setEnabled(wanted is not None and not is_running)
        self.again.setToolTip(self._why_again(wanted, is_running=is_running))
        can_resume = run.run_id == self._newest and told.is_unfinished(run)
        self.resume.setVisible(can_resume)
        self.resume.setEnabled(not is_running)
        self.resume.setToolTip(self.tr("Run what it left undone"))
        total = self._detail.games_total
        self.games.setText(self.tr("Show {}").format(counted(total, self.tr("game"))))
        self.games.setToolTip(self.tr("The games whose rows it changed, in the games table"))
        self.games.setAccessibleName(self.tr("{} that the run changed").format(self.games.text()))
        self.games.setEnabled(total > 0)

    def _why_again(self, wanted: RunWanted | None, *, is_running: bool) -> str:
        if is_running:
            return self.tr("A run is underway: wait for its end")
        if wanted is None:
            return self.tr("It was run in a way that only the terminal offers")
        assert self._detail is not None
        days = told.days_words(self._detail.run.settings)
        return self.tr("The same steps with the same settings: {}").format(days)

    def _on_again_clicked(self) -> None:
        if self.wanted is not None:
            self.run_wanted.emit(self.wanted)

    def _on_resume_clicked(self) -> None:
        self.run_wanted.emit(RunWanted(resume=True))

    # -- while it runs ---------------------------------------------------------------------------

    def _on_live_changed(self) -> None:
        self._show_what_can_be_done()
        board = self._live.board
        if board is None or board.run_id != self._run_id or not self._run_id:
            return
        seen = tuple(line.state for line in board.lines.values())
        if seen != self._seen:  # a step began or ended: the journal has it
            self._seen = seen
            self.show_run(self._run_id)

    def _on_run_finished(self, finished: RunFinished) -> None:
        if finished.run_id == self._run_id:
            self.show_run(self._run_id)
