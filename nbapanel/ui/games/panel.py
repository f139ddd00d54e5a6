"""The games of the warehouse: filters, the table of all that match, windows of single games."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.rows.questions import GameChoicesAsked, GamesAsked
from nbapanel.rows.reads import GameChoices, GamePage, GameRow
from nbapanel.ui.games.filters import FilterBar
from nbapanel.ui.games.game_columns import game_columns
from nbapanel.ui.games.game_window import GameWindow, MakeChart, make_game_chart
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker, RunWanted
from nbapanel.ui.tables.asking import Answered, Latest, Troubled
from nbapanel.ui.tables.paged_model import AskPage, PagedModel
from nbapanel.ui.tables.paged_view import PagedView
from nbapanel.ui.tables.states import NoticeLine
from nbapanel.wording import counted

_AGES_MS = 60_000


class GamesPanel(QWidget):
    """Asks when it is first seen, and again when the data changed."""

    run_wanted = Signal(object)  # RunWanted
    exported = Signal(object)  # Path

    def __init__(
        self,
        asker: Asker,
        live: Live,
        exports: Path,
        archive: Path,
        make_chart: MakeChart = make_game_chart,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self._folders = (exports, archive)
        self._make_chart = make_chart
        self._order = GamesAsked()  # only its order counts
        self._choices = Latest(self)
        self._windows: dict[str, GameWindow] = {}
        self._build(exports)
        self._connect()

    def _build(self, exports: Path) -> None:
        self.filters = FilterBar()
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._count.setAccessibleName(self.tr("Number of games"))
        self._export = QPushButton(self.tr("Export CSV…"))
        self._export.setAccessibleName(self.tr("Export the games that are shown as CSV"))
        self._export.setToolTip(self.tr("All games that the filters show, in the shown order"))
        side = QHBoxLayout()
        side.setSpacing(12)
        side.addWidget(self._count)
        side.addWidget(self._export)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addWidget(self.filters, 1)
        top.addLayout(side)
        top.setAlignment(side, Qt.AlignmentFlag.AlignTop)
        self.model: PagedModel[GameRow] = PagedModel(game_columns(), lambda g: g.game_id, self)
        self.view = PagedView(
            self.model, self.tr("Games"), self._live, exports, lambda: self._asking, self
        )
        self.table, self.pages = self.view.table, self.view.pages
        self.table.enable_sorting("game_date", descending=True)
        self.table.row_actions = self._row_actions
        self.fallback = NoticeLine()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(top)
        layout.addWidget(self.fallback)
        layout.addWidget(self.view, 1)
        self._ages = QTimer(self)
        self._ages.setInterval(_AGES_MS)

    def _connect(self) -> None:
        view = self.view
        self.filters.changed.connect(view.reload)
        self.table.opened.connect(lambda row: self.show_game(row.game_id))
        self.table.sort_wanted.connect(self._on_sort_wanted)
        self.pages.acted.connect(self._on_message_acted)
        view.asking.connect(self._on_asking)
        view.asked.connect(self._ask_choices)
        view.emptied.connect(self._on_emptied)
        view.exported.connect(self.exported)
        self._export.clicked.connect(view.export)
        self.model.answered.connect(self._on_answered)
        self._ages.timeout.connect(self.table.viewport().update)
        self._live.data_changed.connect(self._on_data_changed)
        # Where there are no games yet, what is to be done about it is another thing now.
        self._live.run_started.connect(self._on_data_changed)
        # What the league's lane brings is not published: no cache is cleared for it.
        self._live.run_finished.connect(self._on_data_changed)
        self._live.forgotten.connect(self._on_forgotten)

    # -- from outside ----------------------------------------------------------------------------

    def show_day(self, day: date) -> None:
        """The games of one US Eastern day, whatever was filtered before."""
        self._filter(GamesAsked(first=day, last=day))

    def show_changed_by(self, run_id: int) -> None:
        """The games whose rows a run changed."""
        self._filter(GamesAsked(changed_by_run=run_id))

    def show_game(self, game_id: str) -> GameWindow:
        """Open its window, or bring the one that is open to the front."""
        window = self._windows.get(game_id)
        if window is None:
            window = GameWindow(
                game_id, self._asker, self._live, *self._folders, self._make_chart, self
            )
            place = self.model.row_of(game_id)
            row = None if place is None else self.model.row_at(place)
            if row is not None:
                window.show_head(row)
            window.run_wanted.connect(self.run_wanted)
            window.exported.connect(self.exported)
            window.finished.connect(lambda: self._windows.pop(game_id, None))
            self._windows[game_id] = window
        window.show()
        window.raise_()
        window.activateWindow()
        return window

    def save_state(self) -> bytes:
        """The table's columns: widths, order, which are hidden."""
        return self.table.save_state()

    def restore_state(self, state: bytes) -> bool:
        return self.table.restore_state(state)

    # -- asking ----------------------------------------------------------------------------------

    def _on_asking(self) -> None:
        self._count.setText(self.tr("Loading…"))

    def _ask_choices(self) -> None:
        self._choices.ask(
            partial(self._asker.ask, GameChoicesAsked()), self._on_choices, lambda _: None
        )

    @property
    def _asking(self) -> AskPage:
        """For the games that the filters want, in the order that the table has."""
        question = replace(
            self.filters.question, order=self._order.order, descending=self._order.descending
        )

        def ask(offset: int, limit: int, then: Answered, failed: Troubled) -> None:
            self._asker.ask(replace(question, offset=offset, limit=limit), then, failed)

        return ask

    def _filter(self, question: GamesAsked) -> None:
        self.filters.set_question(question)
        self.view.reload()

    def _on_sort_wanted(self, order: Any, descending: bool) -> None:
        self._order = replace(self._order, order=order, descending=descending)
        self.view.reload()

    def _on_choices(self, choices: GameChoices) -> None:
        self.filters.show_choices(choices)

    # -- what came -------------------------------------------------------------------------------

    def _on_answered(self, page: GamePage) -> None:
        words = self.tr("! {}").format(page.fallback) if page.fallback else ""
        self.fallback.say(words, "warning")
        self._count.setText(self._counted(page.total))
        if page.total:
            self.pages.show_content()
        elif self.filters.is_on:
            self.pages.show_empty(
                self.tr("No game matches these filters"), action=self.tr("Clear filters")
            )
        else:
            hint = (
                self.tr("They show here when they are published, or when the run is over.")
                if self._live.is_running
                else self.tr("Refetch (F5) brings the games of the last days.")
            )
            self.pages.show_empty(self.tr("No games yet"), hint)
        self._export.setEnabled(page.total > 0)

    def _counted(self, total: int) -> str:
        """How many; where all are known, how many are not over, and how many lack something."""
        held = self.model.held_rows
        said = counted(total, "game")
        if len(held) < total:
            return said
        live = sum(bool(game.to_come) and game.status_state == "in" for game in held)
        counts = (
            (sum(bool(game.to_come) for game in held) - live, self.tr("{} to come")),
            (live, self.tr("{} live")),
            (sum(bool(game.lacks) for game in held), self.tr("{} incomplete")),
        )
        return ", ".join([said, *(told.format(f"{number:,}") for number, told in counts if number)])

    def _on_emptied(self) -> None:
        self._count.setText("")
        self._export.setEnabled(False)

    def _on_forgotten(self) -> None:
        """Another database: its games are others, and so are their windows."""
        for window in list(self._windows.values()):
            window.close()
        self._choices.forget()
        self.fallback.say("")
        self.view.forget()

    def _on_data_changed(self) -> None:
        if self.view.renew():
            self._ask_choices()

    # -- what was done ---------------------------------------------------------------------------

    def _row_actions(self, game: GameRow) -> list[QAction]:
        opens = QAction(self.tr("Open game"), self)
        opens.triggered.connect(lambda: self.show_game(game.game_id))
        refetch = QAction(self.tr("Refetch this game"), self)
        refetch.setEnabled(not self._live.is_running)
        refetch.triggered.connect(
            lambda: self.run_wanted.emit(RunWanted(games=(game.game_id,), force=True))
        )
        return [opens, refetch]

    def _on_message_acted(self, kind: str) -> None:
        if kind == "empty":
            self.filters.clear()
        else:
            self.view.reload()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ages.start()
        self.view.reload_if_due()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._ages.stop()
