"""Backfills: start one, see how far each is day by day, pause and resume it, and what failed.

What is shown is read anew when a worker tells that it is further, at most every half second.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QSplitter, QTabWidget, QVBoxLayout, QWidget

from nbapanel.clock import eastern_date
from nbapanel.errors import UserFacingError
from nbapanel.rows.backfills import BackfillDetail, BackfillRow
from nbapanel.rows.questions import BackfillAsked, BackfillsAsked
from nbapanel.ui.backfill.bar import BackfillBar
from nbapanel.ui.backfill.columns import (
    backfill_columns,
    day_columns,
    progress_words,
    trouble_columns,
)
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker, BackfillWanted
from nbapanel.ui.tables.asking import Answered, Latest, Troubled
from nbapanel.ui.tables.exporting import Exporting
from nbapanel.ui.tables.paged_model import at_hand
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView

_COALESCE_MS = 500
_LOOK_AGAIN_MS = 5_000
"""Nobody tells that a worker was killed."""


class BackfillPanel(QWidget):
    """The work is done by a process of its own, or many; this one only shows and asks for it."""

    backfill_wanted = Signal(object)  # BackfillWanted
    pause_wanted = Signal(int)  # backfill_id
    exported = Signal(object)  # Path

    def __init__(
        self, asker: Asker, live: Live, exports: Path, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asker = asker
        self._live = live
        self._list, self._one = Latest(self), Latest(self)
        self._chosen = 0
        self._detail: BackfillDetail | None = None
        self._is_due = True
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_COALESCE_MS)
        self._looking = QTimer(self)
        self._looking.setSingleShot(True)
        self._looking.setInterval(_LOOK_AGAIN_MS)
        self._build(exports)
        self._connect()
        self._allow()

    def _build(self, exports: Path) -> None:
        self.bar = BackfillBar(eastern_date(datetime.now(UTC)))
        self.notice = NoticeLine()
        self.backfills = RowsModel(backfill_columns(), self)
        self.days = RowsModel(day_columns(), self)
        self.troubles = RowsModel(trouble_columns(), self)
        self.table = TableView(self.backfills, self.tr("Backfills"))
        self.days_table = self._sortable(self.days, self.tr("Days of the backfill"))
        self.troubles_table = self._sortable(self.troubles, self.tr("What could not be had"))
        self.trouble_pages = Pages(self.troubles_table)
        self.progress = QLabel()
        self.progress.setTextFormat(Qt.TextFormat.PlainText)
        self.progress.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.progress.setWordWrap(True)
        self.progress.setProperty("role", "muted")
        self.progress.setAccessibleName(self.tr("How far the backfill is"))
        self.tabs = QTabWidget()
        self.tabs.tabBar().setDrawBase(False)
        self.tabs.setAccessibleName(self.tr("Days, or what could not be had"))
        self.tabs.setProperty("small", "true")
        self.tabs.addTab(self.days_table, self.tr("Days"))
        self.tabs.addTab(self.trouble_pages, self.tr("Failed"))
        self._lay_out(exports)

    def _sortable(self, model: RowsModel[Any], name: str) -> TableView:
        table = TableView(model, name)
        table.enable_sorting()
        return table

    def _lay_out(self, exports: Path) -> None:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.progress)
        column.addWidget(self.tabs, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(12)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(right)
        self.splitter.setSizes([1_130, 870])
        self.pages = Pages(self.splitter)
        below = NoticeLine()
        self.exporting = Exporting(below, exports, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addWidget(self.bar)
        layout.addWidget(self.notice)
        layout.addWidget(self.pages, 1)
        layout.addWidget(below)

    def _connect(self) -> None:
        self.bar.start_wanted.connect(self.backfill_wanted)
        self.bar.pause_wanted.connect(self._on_pause)
        self.bar.resume_wanted.connect(self._on_resume)
        self.bar.export_wanted.connect(self._on_export)
        self.table.chosen.connect(self._on_chosen)
        self.tabs.currentChanged.connect(lambda _: self._allow())
        self.pages.acted.connect(lambda _: self.renew())
        self.exporting.exported.connect(self.exported)
        self._timer.timeout.connect(self.renew)
        self._looking.timeout.connect(self.renew)
        self._live.backfills_changed.connect(self._on_changed)
        self._live.forgotten.connect(self._on_forgotten)
        self._live.database_changed.connect(lambda _: self._allow())

    # -- asking ----------------------------------------------------------------------------------

    def renew(self) -> None:
        """Read how far they are; unseen, once it is seen."""
        if not self.isVisible():
            self._is_due = True
            return
        self._is_due = False
        self._list.ask(self._ask_list, self._take_list, self._on_failed)

    def _ask_list(self, then: Answered, failed: Troubled) -> None:
        self._asker.ask(BackfillsAsked(), then, failed)

    def _take_list(self, found: tuple[BackfillRow, ...]) -> None:
        self.notice.say("")
        if not found:
            self._show_nothing()
            return
        if any(row.status == "running" for row in found):
            self._looking.start()
        numbers = [row.backfill_id for row in found]
        self._chosen = self._chosen if self._chosen in numbers else numbers[0]
        chosen = self._chosen
        self.backfills.set_rows(found)
        self.table.selectRow(numbers.index(chosen))
        self.pages.show_content()
        self._chosen = chosen
        self._one.ask(self._ask_one, self._take_one, self._on_failed)

    def _ask_one(self, then: Answered, failed: Troubled) -> None:
        self._asker.ask(BackfillAsked(self._chosen), then, failed)

    def _take_one(self, detail: BackfillDetail) -> None:
        is_another = self._detail is None or (
            self._detail.row.backfill_id != detail.row.backfill_id
        )
        self._detail = detail
        self.progress.setText(progress_words(detail.row))
        # A table that did not change keeps its selection and its place.
        if is_another or tuple(self.days.rows) != detail.days:
            _renew_rows(self.days_table, self.days, detail.days)
        if is_another:
            self._show_where_it_is(detail)
        if is_another or tuple(self.troubles.rows) != detail.troubles:
            _renew_rows(self.troubles_table, self.troubles, detail.troubles)
        # Beside what was given up stands what is still tried.
        number = detail.row.failed
        title = self.tr("Failed")
        self.tabs.setTabText(1, f"{title} ({number:,})" if number else title)
        if detail.troubles:
            self.trouble_pages.show_content()
        else:
            self.trouble_pages.show_empty(self.tr("✓ Nothing failed"))
        self._allow()

    def _show_where_it_is(self, detail: BackfillDetail) -> None:
        """The first day that is not done, with the one before it; all of the days, if all are."""
        number = next((n for n, day in enumerate(detail.days) if day.word != "done"), 0)
        above = self.days.index(max(number - 1, 0), 0)
        self.days_table.doItemsLayout()  # before that it does not know how many rows there are
        self.days_table.scrollTo(above, QAbstractItemView.ScrollHint.PositionAtTop)

    def _on_failed(self, error: UserFacingError) -> None:
        if self._detail is None:
            self.pages.show_error(error)
        else:
            self.notice.say(f"✗ {error}", "bad")

    def _show_nothing(self) -> None:
        self._detail = None
        for model in (self.backfills, self.days, self.troubles):
            model.set_rows([])
        self.pages.show_empty(
            self.tr("No backfill yet"),
            self.tr(
                "Choose a season and press Start: every finished game of it is fetched, loaded and"
                " derived. It can be paused at any time, and goes on where it was."
            ),
        )
        self._allow()

    # -- what is done ----------------------------------------------------------------------------

    def _on_changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _on_chosen(self) -> None:
        rows = self.table.selected_rows
        if len(rows) == 1 and rows[0].backfill_id != self._chosen:
            self._chosen = rows[0].backfill_id
            self._one.ask(self._ask_one, self._take_one, self._on_failed)

    def _on_pause(self) -> None:
        self.notice.say(self.tr("Pausing: what is underway is ended first."), lasting=False)
        self.pause_wanted.emit(self._chosen)

    def _on_resume(self) -> None:
        wanted = BackfillWanted(workers=self.bar.workers.value(), resumes=self._chosen)
        self.backfill_wanted.emit(wanted)

    def _on_export(self) -> None:
        """What is in front: the days, or what failed."""
        is_days = self.tabs.currentIndex() == 0
        table = self.days_table if is_days else self.troubles_table
        rows: Sequence[Any] = self.days.rows if is_days else self.troubles.rows
        name = f"backfill_{self._chosen}_{'days' if is_days else 'failed'}.csv"
        self.exporting.choose(name, table.shown_columns, at_hand(rows))

    def _on_forgotten(self) -> None:
        """Another database: its backfills are others under the same numbers."""
        self._list.forget()
        self._one.forget()
        self._chosen = 0
        self._show_nothing()
        self.renew()

    def _allow(self) -> None:
        is_open = self._live.database.kind == "ready"
        why_not = "" if is_open else self.tr("The database is not open.")
        status = self._detail.row.status if self._detail is not None else ""
        self.bar.allow(start=is_open, why_not=why_not, status=status)
        is_days = self.tabs.currentIndex() == 0
        self.bar.export.setEnabled(bool(self.days.rows if is_days else self.troubles.rows))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_due:
            self.renew()

    # -- what is kept ----------------------------------------------------------------------------

    def save_state(self) -> bytes:
        """The tables' columns."""
        tables = (self.table, self.days_table, self.troubles_table)
        return b" ".join(table.save_state().hex().encode() for table in tables)

    def restore_state(self, state: bytes) -> bool:
        try:
            columns = [bytes.fromhex(part.decode()) for part in state.split(b" ")]
        except ValueError:
            return False
        tables = (self.table, self.days_table, self.troubles_table)
        if len(columns) != len(tables):
            return False
        are_restored = [t.restore_state(one) for t, one in zip(tables, columns, strict=True)]
        return all(are_restored)


def _renew_rows(table: TableView, model: RowsModel[Any], rows: tuple[Any, ...]) -> None:
    """Other rows, in the order that was chosen, where the table was scrolled to."""
    place = table.verticalScrollBar().value()
    model.set_rows(rows)
    if table.sorted_by >= 0:
        model.sort(table.sorted_by, table.horizontalHeader().sortIndicatorOrder())
    table.verticalScrollBar().setValue(place)
