"""One game in a window of its own: what is held of it, its chart, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import GameAsked
from nbapanel.rows.reads import GameChart, GameRow
from nbapanel.ui.games import game_columns as told
from nbapanel.ui.games.payloads import PayloadsDialog
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker, RunWanted
from nbapanel.ui.roles import give_role
from nbapanel.ui.tables import words
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.exporting import open_folder
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.wording import counted


class ChartView(Protocol):
    """The widget that draws a game over its time."""

    def show_game(self, chart: GameChart) -> None: ...


MakeChart = Callable[[Path, QWidget], QWidget]
"""Makes a ChartView, which is a widget: where it exports to, and its parent."""


def make_game_chart(exports: Path, parent: QWidget) -> QWidget:
    """The real one: its module imports pyqtgraph, which is slow, so not before it is due."""
    from nbapanel.ui.charts.game_chart import GameChartView

    return GameChartView(exports, parent)


class GameWindow(QDialog):
    """Stays open beside the main window; asks again when data was published anew."""

    run_wanted = Signal(object)  # RunWanted
    exported = Signal(object)  # Path

    def __init__(
        self,
        game_id: str,
        asker: Asker,
        live: Live,
        exports: Path,
        archive: Path,
        make_chart: MakeChart = make_game_chart,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.game_id = game_id
        self._asker = asker
        self._live = live
        self._folders = (exports, archive)
        self._make_chart = make_chart
        self._chart: QWidget | None = None
        self._latest = Latest(self)
        self._exporting = Latest(self)
        self._exported_to: Path | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._build()
        live.data_changed.connect(self.reload)
        live.run_finished.connect(self.reload)  # what came from the league is not published
        live.changed.connect(self._on_live_changed)
        self._on_live_changed()
        self.reload()

    def _build(self) -> None:
        self.resize(1080, 660)
        self.setWindowTitle(self.tr("Game {}").format(self.game_id))
        self._title = self._label()
        self._title.setProperty("heading", "true")
        self._state = self._label()
        self._state.setProperty("subheading", "true")
        self._facts = self._label()
        self._facts.setProperty("role", "muted")
        head = QHBoxLayout()
        head.setSpacing(16)
        head.addWidget(self._title, 1)
        head.addWidget(self._state)
        self._place = QWidget()
        QVBoxLayout(self._place).setContentsMargins(0, 0, 0, 0)
        self.pages = Pages(self._place)
        self.pages.acted.connect(self.reload)
        self.notice = NoticeLine()
        self.notice.acted.connect(self._on_notice_acted)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self._facts)
        layout.addWidget(self.pages, 1)
        layout.addWidget(self.notice)
        layout.addLayout(self._build_buttons())

    def _label(self) -> QLabel:
        label = QLabel()
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setWordWrap(True)
        return label

    def _build_buttons(self) -> QHBoxLayout:
        self.refetch = self._button(self.tr("Refetch this game"), self._on_refetch_clicked)
        self.payloads = self._button(self.tr("Open payloads"), self._on_payloads_clicked)
        self.export = self._button(self.tr("Export"), self._on_export_clicked)
        self.export.setToolTip(self.tr("Its snapshot features as CSV, into the exports folder"))
        close = self._button(self.tr("Close"), self.close)
        row = QHBoxLayout()
        row.setSpacing(8)
        for button in (self.refetch, self.payloads, self.export):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(close)
        return row

    def _button(self, words: str, clicked: Callable[[], object]) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words)
        button.setAutoDefault(False)
        button.clicked.connect(clicked)
        return button

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def headline(self) -> str:
        """What is said of the game at the top."""
        parts = (self._title.text(), self._state.text(), self._facts.text())
        return " ".join(parts).replace("\N{NO-BREAK SPACE}", " ")

    def reload(self) -> None:
        if self._chart is None:
            self.pages.show_loading(self.tr("Loading the game…"))
        question = GameAsked(self.game_id)
        self._latest.ask(partial(self._asker.ask, question), self._show, self.pages.show_error)

    def show_head(self, game: GameRow) -> None:
        """What is known of the game before its chart comes."""
        away = game.away_team or game.away_code or "?"
        home = game.home_team or game.home_code or "?"
        self._title.setText(f"{away}  {told.score(game) or '@'}  {home}")
        _, _, role = told.status(game)
        self._state.setText(told.status_words(game))
        give_role(self._state, role)
        self.setWindowTitle(f"{told.matchup(game)}, {words.day(game.game_date)}")
        facts = (fact.replace(" ", "\N{NO-BREAK SPACE}") for fact in self._facts_of(game))
        self._facts.setText("  ·  ".join(facts))

    def _facts_of(self, game: GameRow) -> list[str]:
        coverage = game.coverage_percent
        facts = [
            told.lacks_words(game),
            words.day(game.game_date),
            self.tr("season {}").format(game.season_label),
            self.tr("id {}").format(game.game_id),
            counted(game.items, "probability item"),
            counted(game.plays, "play"),
            self.tr("{} of 2 markets").format(told.markets(game)),
        ]
        if coverage is not None:
            facts.append(self.tr("coverage {} %").format(f"{coverage:.1f}"))
        if game.nba is not None:
            facts.append(counted(game.nba.events, "NBA play"))
            facts.append(self.tr("NBA: {}").format(told.nba_lacks_words(game)))
        if game.last_fetched_at is not None:
            age = words.age(game.last_fetched_at, datetime.now(UTC))
            facts.append(self.tr("fetched {}").format(age))
        return facts

    def _show(self, chart: GameChart) -> None:
        self.show_head(chart.game)
        if not chart.elapsed_s:
            self.pages.show_empty(
                self.tr("Nothing of this game can be drawn yet"),
                self.tr("Its probabilities are not in the warehouse."),
            )
            return
        if self._chart is None:
            self._chart = self._make_chart(self._folders[0], self._place)
            layout = self._place.layout()
            assert layout is not None
            layout.addWidget(self._chart)
        self.pages.show_content()
        view: ChartView = self._chart  # type: ignore[assignment]  # by what MakeChart promises
        view.show_game(chart)

    # -- what is done ----------------------------------------------------------------------------

    def _on_live_changed(self) -> None:
        is_running = self._live.is_running
        self.refetch.setEnabled(not is_running)
        self.refetch.setToolTip(
            self.tr("A run is underway: wait for its end")
            if is_running
            else self.tr("Fetch, load and derive this game again, held complete or not")
        )

    def _on_refetch_clicked(self) -> None:
        self.run_wanted.emit(RunWanted(games=(self.game_id,), force=True))

    def _on_payloads_clicked(self) -> None:
        dialog = PayloadsDialog(self.game_id, self.windowTitle(), self._asker, *self._folders, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _on_export_clicked(self) -> None:
        self.export.setEnabled(False)
        self.notice.say(self.tr("Exporting its snapshot features…"), "active")
        self._exporting.ask(
            partial(self._asker.export_game, self.game_id),
            self._on_exported,
            self._on_export_failed,
        )

    def _on_exported(self, path: Path) -> None:
        self.export.setEnabled(True)
        self._exported_to = path.parent
        self.notice.say(self.tr("✓ Exported to {}").format(path), "good", self.tr("Open folder"))
        self.exported.emit(path)

    def _on_export_failed(self, error: UserFacingError) -> None:
        self.export.setEnabled(True)
        self.notice.say(f"✗ {error}", "bad")

    def _on_notice_acted(self) -> None:
        if self._exported_to is not None:
            open_folder(self._exported_to)
