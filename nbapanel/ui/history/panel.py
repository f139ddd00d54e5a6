"""The runs that were, newest first; one in detail beside them, or two compared."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nbapanel.rows.questions import RunsAsked
from nbapanel.rows.reads import RunPage, RunRow
from nbapanel.ui.history.compare import CompareView
from nbapanel.ui.history.run_view import RunView
from nbapanel.ui.history.run_words import run_columns
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker
from nbapanel.ui.tables.asking import Answered, Troubled
from nbapanel.ui.tables.paged_model import PagedModel, at_hand
from nbapanel.ui.tables.paged_view import PagedView
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.view import TableView
from nbapanel.wording import counted


class HistoryPanel(QWidget):
    """Asks when it is first seen; new runs appear as they begin. `titles` of the steps, by key."""

    run_wanted = Signal(object)  # RunWanted
    games_of_run_wanted = Signal(int)  # run_id
    log_wanted = Signal(int)  # run_id
    retention_wanted = Signal()
    exported = Signal(object)  # Path

    def __init__(
        self,
        asker: Asker,
        live: Live,
        titles: Mapping[str, str],
        exports: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self._titles = titles
        self._chosen = 0  # the run that is shown, or to be shown once the runs are there
        self._build(exports)
        self._connect()
        self.show_retention(None)

    def _build(self, exports: Path) -> None:
        self.model: PagedModel[RunRow] = PagedModel(
            run_columns(self._titles), lambda run: run.run_id, self
        )
        self.view = PagedView(
            self.model, self.tr("Runs"), self._live, exports, lambda: self._ask, self
        )
        self.table, self.pages = self.view.table, self.view.pages
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._build_head())
        column.addWidget(self.view, 1)
        self.run = RunView(self._asker, self._live, self._titles)
        self.comparison = CompareView(self._asker, self._titles)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(12)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.run)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([1000, 1000])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        self._pair = QStackedWidget()
        self._pair.addWidget(self.splitter)
        self._pair.addWidget(self.comparison)
        layout.addWidget(self._pair)

    def _build_head(self) -> QHBoxLayout:
        self._count = QLabel()
        self._count.setProperty("role", "muted")
        self._count.setAccessibleName(self.tr("Number of runs"))
        self._retention = QLabel()
        self._retention.setProperty("role", "muted")
        change = QPushButton(self.tr("Change…"))
        change.setAccessibleName(self.tr("Change how long runs are kept"))
        change.setProperty("link", "true")
        change.clicked.connect(self.retention_wanted)
        self._compare = QPushButton(self.tr("Compare"))
        self._compare.setAccessibleName(self.tr("Compare the two selected runs"))
        self._export = QPushButton(self.tr("Export CSV…"))
        self._export.setAccessibleName(self.tr("Export all runs as CSV"))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._count)
        head.addStretch(1)
        for widget in (self._retention, change, self._compare, self._export):
            head.addWidget(widget)
        return head

    def _connect(self) -> None:
        view = self.view
        self.table.chosen.connect(self._on_chosen)
        self.table.opened.connect(lambda row: self.show_run(row.run_id))
        self.pages.acted.connect(view.reload)
        view.emptied.connect(self._on_emptied)
        view.exported.connect(self.exported)
        self._export.clicked.connect(view.export)
        self._compare.clicked.connect(self._on_compare_clicked)
        self.model.answered.connect(self._on_answered)
        self.run.run_wanted.connect(self.run_wanted)
        self.run.games_wanted.connect(self.games_of_run_wanted)
        self.run.log_wanted.connect(self.log_wanted)
        self.comparison.closed.connect(self._on_comparison_closed)
        for part in (self.run, self.comparison):
            part.export_wanted.connect(self._on_part_export_wanted)
        self._live.run_started.connect(view.renew)
        self._live.run_finished.connect(view.renew)
        self._live.data_changed.connect(view.renew)
        self._live.forgotten.connect(self._on_forgotten)

    # -- from outside ----------------------------------------------------------------------------

    def show_run(self, run_id: int) -> None:
        """Its detail; its row too, where that is among those that are there."""
        self._chosen = run_id
        self._pair.setCurrentWidget(self.splitter)
        place = self.model.row_of(run_id)
        if place is None:
            self.table.clearSelection()
        else:
            self.table.selectRow(place)
            self.table.scrollTo(self.model.index(place, 0))
        self.run.show_run(run_id)

    def show_retention(self, days: int | None) -> None:
        """How long runs are kept; None: for ever."""
        self._retention.setText(
            self.tr("Runs are kept for good")
            if days is None
            else self.tr("Runs are kept {}").format(counted(days, self.tr("day")))
        )

    def save_state(self) -> bytes:
        """The table's columns, and how the room is shared with the detail."""
        parts = (self.table.save_state(), self.splitter.saveState().data())
        return b" ".join(part.hex().encode() for part in parts)

    def restore_state(self, state: bytes) -> bool:
        try:
            columns, shares = (bytes.fromhex(part.decode()) for part in state.split(b" "))
        except ValueError:
            return False
        is_restored = self.splitter.restoreState(QByteArray(shares))
        return self.table.restore_state(columns) and bool(is_restored)

    # -- asking ----------------------------------------------------------------------------------

    def _ask(self, offset: int, limit: int, then: Answered, failed: Troubled) -> None:
        self._asker.ask(RunsAsked(offset, limit), then, failed)

    def _on_answered(self, page: RunPage) -> None:
        self._count.setText(counted(page.total, self.tr("run")))
        self._export.setEnabled(page.total > 0)
        self.run.setVisible(page.total > 0)
        if not page.total:
            self.pages.show_empty(
                self.tr("No run yet"), self.tr("Refetch (F5) makes the first one.")
            )
            return
        self.pages.show_content()
        newest = self.model.row_at(0)
        if newest is not None:
            self.run.know_newest(newest.run_id)
        if not self.table.selectionModel().hasSelection() and self.run.run_id == 0:
            self._chosen = self._chosen or (newest.run_id if newest is not None else 0)
            if self._chosen:
                self.show_run(self._chosen)

    def _on_emptied(self) -> None:
        self._count.setText("")
        self._export.setEnabled(False)
        self.run.setVisible(self.model.rowCount() > 0)

    def _on_forgotten(self) -> None:
        """Another database: its runs are others under the same numbers."""
        self.run.show_nothing()
        self._pair.setCurrentWidget(self.splitter)
        self._chosen = 0
        self.view.forget()

    # -- what was done ---------------------------------------------------------------------------

    def _on_chosen(self) -> None:
        runs = self.table.selected_rows
        self._compare.setEnabled(len(runs) == 2)
        self._compare.setToolTip(
            ""
            if len(runs) == 2
            else self.tr("Select two runs (Ctrl+click, or Shift and the arrow keys)")
        )
        if len(runs) == 1 and runs[0].run_id != self.run.run_id:
            self._chosen = runs[0].run_id
            self._pair.setCurrentWidget(self.splitter)
            self.run.show_run(self._chosen)

    def _on_compare_clicked(self) -> None:
        runs = self.table.selected_rows
        if len(runs) == 2:
            self._pair.setCurrentWidget(self.comparison)
            self.comparison.compare(runs[0].run_id, runs[1].run_id)

    def _on_comparison_closed(self) -> None:
        self._pair.setCurrentWidget(self.splitter)
        self.table.setFocus()

    def _on_part_export_wanted(self, table: TableView, name: str) -> None:
        model = table.model()
        assert isinstance(model, RowsModel)
        self.view.exporting.choose(name, table.shown_columns, at_hand(model.rows))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.view.reload_if_due()
