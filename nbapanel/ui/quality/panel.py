"""The quality of the NBA games: check now, every game's verdict, what was found of it.

A report is shown as it came and kept nowhere; when the data changes, it says that it is older.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.quality import QualityReport
from nbapanel.rows.questions import NbaSeasonsAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker
from nbapanel.ui.quality.bar import QualityBar
from nbapanel.ui.quality.columns import look, summary_words
from nbapanel.ui.quality.report_view import ReportView
from nbapanel.ui.tables.asking import Answered, Latest, Troubled
from nbapanel.ui.tables.exporting import Exporting
from nbapanel.ui.tables.paged_model import at_hand
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted, sentences


class QualityPanel(QWidget):
    """Checks when it is told to, in a process of its own; the window never waits for it."""

    exported = Signal(object)  # Path

    def __init__(
        self, asker: Asker, live: Live, exports: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self._seasons = Latest(self)
        self._latest = Latest(self)
        self._give_up: Callable[[], None] | None = None
        self._report: QualityReport | None = None
        self._knows_seasons = False
        self._is_overtaken = False  # by data that changed while it was made
        self.is_checking = False
        self._progress = ""
        self._build(exports)
        self._connect()
        self._show_nothing()

    def _build(self, exports: Path) -> None:
        self.bar = QualityBar()
        self.progress = NoticeLine()
        self.notice = NoticeLine()
        self.view = ReportView()
        self.pages = Pages(self.view)
        below = NoticeLine()
        self.exporting = Exporting(below, exports, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        for line in (self.bar, self.progress, self.notice):
            layout.addWidget(line)
        layout.addWidget(self.pages, 1)
        layout.addWidget(below)

    def _connect(self) -> None:
        bar, view = self.bar, self.view
        bar.check_wanted.connect(self.check_now)
        bar.shown_changed.connect(lambda: view.show_games(bar.shown))
        bar.export_wanted.connect(lambda: self._export(view.findings_table, "quality_findings.csv"))
        view.all_wanted.connect(bar.show_all)
        view.export_wanted.connect(self._export)
        view.copied.connect(self._on_copied)
        self.pages.acted.connect(lambda _: self.check_now())
        self.progress.acted.connect(self.stop)
        self.notice.acted.connect(self.check_now)
        self.exporting.exported.connect(self.exported)
        self._live.data_changed.connect(self._on_data_changed)
        self._live.forgotten.connect(self._on_forgotten)
        self._live.database_changed.connect(self._on_database_changed)

    # -- checking --------------------------------------------------------------------------------

    def check_now(self) -> None:
        """Begin, unless that is underway; what is shown stays until the new report comes."""
        if self.is_checking or self._live.database.kind != "ready":
            return
        self.is_checking = True
        self._progress = ""
        self._is_overtaken = False
        self.notice.say("")
        self._show_state()
        self._latest.ask(self._ask, self._take, self._on_failed)

    def stop(self) -> None:
        """Give up what is underway; the last report stays."""
        if not self.is_checking:
            return
        self.is_checking = False
        self._latest.forget()
        if self._give_up is not None:
            self._give_up()
        self._show_state()
        if self._report is None:
            self._show_nothing()

    def _ask(self, then: Answered, failed: Troubled) -> None:
        progressed = self._latest.of_last(self._on_progressed)
        self._give_up = self._asker.check_quality(self.bar.wanted, progressed, then, failed)

    def _on_progressed(self, done: int, total: int) -> None:
        self._progress = self.tr("{} of {} games.").format(f"{done:,}", f"{total:,}")
        self._show_state()

    def _take(self, report: QualityReport) -> None:
        self.is_checking = False
        self._report = report
        self.bar.say(summary_words(report) if report.games else "", look(report.verdict)[2])
        if report.games:
            self.view.show_report(report, self.bar.shown)
            self.pages.show_content()
        else:
            self.view.forget()
            self.pages.show_empty(
                self.tr("No NBA games yet"),
                self.tr("Refetch (F5) brings the games of the last days."),
            )
        self._show_state()
        if self._is_overtaken:
            self._say_overtaken()

    def _on_failed(self, error: UserFacingError) -> None:
        self.is_checking = False
        self._show_state()
        if self._report is None:
            self.pages.show_error(error)
        else:
            self.notice.say(f"✗ {error}", "bad", self.tr("Try again"))

    # -- what is shown ---------------------------------------------------------------------------

    def save_state(self) -> bytes:
        """The tables' columns, and how the room is shared."""
        return self.view.save_layout()

    def restore_state(self, state: bytes) -> bool:
        return self.view.restore_layout(state)

    def _show_nothing(self) -> None:
        self._report = None
        self.view.forget()
        self.bar.say("")
        self.notice.say("")
        self.pages.show_empty(
            self.tr("The NBA games are not checked yet"),
            self.tr(
                "A check holds each game against the archived payloads, the other feeds and itself:"
                " events, order, provenance, clocks, scores, finals, box scores and odds."
            ),
            self.tr("Check now"),
        )
        self._show_state()

    def _show_state(self) -> None:
        """What is underway, and what can be done now."""
        is_ready = self._live.database.kind == "ready"
        why_not = "" if is_ready else self.tr("The database is not open.")
        if self.is_checking:
            why_not = self.tr("The games are being checked")
        has_games = self._report is not None and bool(self._report.games)
        self.bar.allow(check=not why_not, why_not=why_not, has_report=has_games)
        self.bar.export.setEnabled(has_games)
        self.pages.message.button.setEnabled(not why_not)
        if not self.is_checking:
            self.progress.say("")
        else:
            below = self.tr("Below is the report before it.") if self._report is not None else ""
            words = (self.tr("▶ Checking…"), self._progress, below)
            self.progress.say(sentences(*words), "active", self.tr("Stop"))
            if self._report is None:
                coming = self.tr("The report comes as soon as all games are checked")
                self.pages.show_loading(coming)

    # -- what was done, and what happened --------------------------------------------------------

    def _export(self, table: TableView, name: str) -> None:
        model = table.model()
        assert isinstance(model, RowsModel)
        self.exporting.choose(name, table.shown_columns, at_hand(model.rows))

    def _on_copied(self, rows: int) -> None:
        self.notice.say(self.tr("{} copied").format(counted(rows, "row")), lasting=False)

    def _on_data_changed(self) -> None:
        self._knows_seasons = False
        self._is_overtaken = True
        if self._report is not None and not self.is_checking:
            self._say_overtaken()
        if self.isVisible():
            self._ask_seasons()

    def _say_overtaken(self) -> None:
        words = self.tr("! The data changed since these games were checked.")
        self.notice.say(words, "warning", self.tr("Check again"))

    def _on_forgotten(self) -> None:
        """Another database: its games are others."""
        self.stop()
        self._knows_seasons = False
        self._seasons.forget()
        self.bar.show_seasons(())
        self._show_nothing()

    def _on_database_changed(self, state: DatabaseState) -> None:
        self._show_state()
        if state.kind == "ready" and self.isVisible():
            self._ask_seasons()

    def _ask_seasons(self) -> None:
        if not self._knows_seasons and self._live.database.kind == "ready":
            self._knows_seasons = True
            ask = partial(self._asker.ask, NbaSeasonsAsked())
            self._seasons.ask(ask, self.bar.show_seasons, lambda _: None)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_seasons()
