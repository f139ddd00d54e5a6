"""The charts of the refresh log: which chart, which range, and what is said when there is none."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import RefreshesAsked
from nbapanel.rows.reads import DatabaseState, RefreshSeries
from nbapanel.ui.beside import Beside
from nbapanel.ui.charts import series
from nbapanel.ui.charts.changes import ChangesChart
from nbapanel.ui.charts.chart import Chart
from nbapanel.ui.charts.durations import DurationsChart
from nbapanel.ui.charts.export import Exporter
from nbapanel.ui.charts.placeholder import Placeholder
from nbapanel.ui.charts.ranges import Range, Span, fitting, holding, zone_words
from nbapanel.ui.charts.reading import moment
from nbapanel.ui.charts.row_counts import RowCounts
from nbapanel.ui.charts.toolbar import Toolbar, button
from nbapanel.ui.charts.turns import Turns
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker, DeclaredStep
from nbapanel.ui.roles import give_role
from nbapanel.wording import sentences

_LEAST_SPAN_S = 120.0


def _selectable() -> Qt.TextInteractionFlag:
    return (
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )


class ChartsPanel(QWidget):
    """What the dock holds. It asks when it is seen; unseen it only remembers to."""

    run_wanted = Signal(int)
    exported = Signal(Path)
    failed = Signal(UserFacingError)

    def __init__(
        self,
        asker: Asker,
        live: Live,
        exports: Path,
        steps: Sequence[DeclaredStep] = (),
        parent: QWidget | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(parent)
        self._asker, self._now = asker, now
        self._question: RefreshesAsked | None = None
        self._live = live
        self._is_dirty = True
        self._has_failed = False
        self._has_range = False  # one that fits, or that was chosen
        self._log: series.Log | None = None
        self._span = Span(0.0, 1.0)
        self._drawn: set[Chart] = set()
        self._beside = Beside(self)
        self._turns = Turns(self)
        self._build(steps)
        self.exporter = Exporter(exports, self)
        self._connect(live)

    # How it is made.

    def _build(self, steps: Sequence[DeclaredStep]) -> None:
        self.row_counts = RowCounts()
        self.durations = DurationsChart(steps)
        self.changes = ChangesChart()
        self.charts: tuple[Chart, ...] = (self.row_counts, self.durations, self.changes)
        self.notice = Placeholder(self)
        self._pages = QStackedWidget(self)
        for chart in self.charts:
            self._pages.addWidget(chart)
        self._pages.addWidget(self.notice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 6)
        layout.setSpacing(6)
        self.whole = button(self.tr("Undo zoom"), self.tr("Show the whole range (0)"))
        self.whole.hide()
        self.toolbar = Toolbar([chart.controls for chart in self.charts], self.whole, self)
        layout.addWidget(self.toolbar)
        layout.addWidget(self._pages, 1)
        layout.addLayout(self._foot())
        self._set_tab_order()

    def _set_tab_order(self) -> None:
        """As it reads: what is chosen, then the chart, then its foot."""
        bar = self.toolbar
        order: list[QWidget] = [*bar.choice.buttons, *self.row_counts.scale.buttons]
        order += [self.durations.subject, *self.durations.scale.buttons, self.changes.relation]
        order += [self.whole, *bar.ranges.buttons, bar.picture, bar.table, self.row_counts.list]
        order += [chart.plot for chart in self.charts]
        order += [self.notice.button, self.reading]
        for before, after in itertools.pairwise(order):
            self.setTabOrder(before, after)

    def _foot(self) -> QHBoxLayout:
        self.reading = QLabel(self)
        self.reading.setTextInteractionFlags(_selectable())
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.reading.setAccessibleName(self.tr("The point that is read"))
        self.note = QLabel(self)
        for label in (self.reading, self.note):
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setProperty("role", "muted")
        self.note.setAccessibleName(self.tr("Note on the chart"))
        row = QHBoxLayout()
        row.setContentsMargins(4, 0, 4, 0)
        row.setSpacing(16)
        row.addWidget(self.reading, 1)
        row.addWidget(self.note)
        return row

    def _connect(self, live: Live) -> None:
        self.toolbar.choice.chosen.connect(self._on_chart_chosen)
        self.toolbar.ranges.chosen.connect(self._on_range_chosen)
        self.whole.clicked.connect(lambda: self._chart.plot.reset_zoom())
        self.toolbar.picture.clicked.connect(self._on_picture_wanted)
        self.toolbar.table.clicked.connect(self._on_table_wanted)
        self.exporter.exported.connect(self.exported)
        self.exporter.failed.connect(self.failed)
        for chart in self.charts:
            chart.read.connect(self._on_read)
            chart.noted.connect(self._tell_note)
            chart.zoomed.connect(self._tell_zoom)
            chart.run_wanted.connect(self.run_wanted)
        live.data_changed.connect(self._on_data_changed)
        live.run_finished.connect(self._on_data_changed)
        live.database_changed.connect(self._on_database_changed)
        live.forgotten.connect(self._on_forgotten)

    # What is asked.

    @property
    def range(self) -> Range:
        return self.toolbar.range

    @property
    def _chart(self) -> Chart:
        return self.charts[self.toolbar.choice.current]

    @property
    def has_data(self) -> bool:
        """Whether the chart that is seen is drawn, with the last data that came."""
        return self._log is not None and self._chart in self._drawn

    def ask(self) -> None:
        """Ask for the log of the chosen range; what is drawn stays until the answer comes."""
        state = self._live.database
        if state.kind != "ready":
            self._is_dirty = True
            self._show_database(state)
            return
        self._is_dirty = False
        self._has_failed = False
        question = self._question = RefreshesAsked(self.range.since(self._now()))
        if self._log is None:
            self._show_notice(self.tr("Reading the refresh log …"))
        self._asker.ask(
            question,
            lambda found: self._take(question, found),
            lambda trouble: self._take_trouble(question, trouble),
        )

    def _take(self, question: RefreshesAsked, found: Sequence[RefreshSeries]) -> None:
        rows = sum(len(each.started_at) for each in found)
        self._beside.do_many(
            rows, partial(series.log_of, found), partial(self._take_prepared, question)
        )

    def _take_prepared(self, question: RefreshesAsked, log: series.Log) -> None:
        if question is not self._question:
            return
        if len(log):
            self._take_log(log)
        elif question.since is None:
            self._forget()
            self._show_notice(
                self.tr("No refresh has been logged yet"),
                self.tr("Refetch (F5): every relation that a step writes then shows here."),
            )
        else:
            self._look_further(question)

    def _take_log(self, log: series.Log) -> None:
        """The first one tells which range to begin with."""
        if not self._has_range:
            self._has_range = True
            wanted = fitting(float(log.at[0]), self._now())
            if wanted is not self.range:
                self.toolbar.choose_range(wanted)  # asks anew
                return
        self._show_log(log)

    def _look_further(self, question: RefreshesAsked) -> None:
        """There is nothing in this range: is there anything before it?"""
        everything = RefreshesAsked(None)
        self._asker.ask(
            everything,
            lambda found: self._tell_empty(question, found),
            lambda trouble: self._take_trouble(question, trouble),
        )

    def _tell_empty(self, question: RefreshesAsked, found: Sequence[RefreshSeries]) -> None:
        if question is not self._question:
            return
        self._forget()
        ends = [each.started_at[-1] for each in found if len(each.started_at)]
        if not ends:
            self._take(self._ask_nothing_more(), ())
            return
        latest = max(ends)
        wider = holding(latest, self._now())
        self._show_notice(
            self.tr("No refreshes {range}").format(range=self.toolbar.since_words(self.range)),
            self.tr("The last one was on {moment}.").format(moment=moment(latest)),
            self.tr("Show {range}").format(range=self.toolbar.range_words(wider)),
            lambda: self.toolbar.choose_range(wider),
        )

    def _ask_nothing_more(self) -> RefreshesAsked:
        self._question = RefreshesAsked(None)
        return self._question

    def _take_trouble(self, question: RefreshesAsked, trouble: UserFacingError) -> None:
        if question is not self._question:
            return
        self._has_failed = True
        self._forget()
        self._show_notice(
            trouble.title,
            sentences(trouble.detail, trouble.hint),
            self.tr("Try again"),
            self.ask,
        )

    # What is shown.

    def _show_database(self, state: DatabaseState) -> None:
        if self._log is not None:
            return  # what was read stays readable
        if state.kind == "opening":
            self._show_notice(f"{state.title.rstrip('.…')}…")
        else:
            self._show_notice(f"✗ {state.title.rstrip('.')}", sentences(state.detail, state.hint))

    def _show_log(self, log: series.Log) -> None:
        self._log = log
        now = self._now().timestamp()
        since = self.range.since(self._now())
        first = since.timestamp() if since is not None else float(log.at[0])
        last = max(now, float(log.at[-1]))
        if since is None:  # room beside the first point
            first -= (last - first) * 0.01
        self._span = Span(min(first, last - _LEAST_SPAN_S), last)
        self._drawn.clear()
        self._pages.setCurrentWidget(self._chart)
        # Not at once: a run's end has more to show than this.
        pieces = self._chart.pieces(log, self._span)
        self._turns.begin((*pieces, partial(self._on_drawn, self._chart)))

    def _show_chart(self) -> None:
        """Only the chart that is seen is drawn; the others when they are chosen."""
        if self._log is None:
            return
        self._turns.drop()
        self._pages.setCurrentWidget(self._chart)
        if self._chart not in self._drawn:
            self._chart.show_log(self._log, self._span)
        self._on_drawn(self._chart)

    def _on_drawn(self, chart: Chart) -> None:
        self._drawn.add(chart)
        self.toolbar.enable_exports(True)
        self._invite()
        self._tell_note()
        self._tell_zoom()

    def _show_notice(
        self,
        title: str,
        detail: str = "",
        words: str = "",
        act: Callable[[], None] | None = None,
    ) -> None:
        self.notice.show_words(title, detail, words, act)
        self._pages.setCurrentWidget(self.notice)
        self.toolbar.enable_exports(False)
        self.whole.hide()
        self.reading.setText("")
        self.note.setText("")

    def _forget(self) -> None:
        self._log = None
        self._drawn.clear()
        self._turns.drop()

    def _invite(self) -> None:
        give_role(self.reading, "muted")
        self.reading.setText(
            self.tr("Point at the chart, or use ← → in it, to read; click or Enter opens the run.")
        )

    # What happens.

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._is_dirty:
            self.ask()

    def _on_data_changed(self, _event: object = None) -> None:
        if self.isVisible():
            self.ask()
        else:
            self._is_dirty = True

    def _on_forgotten(self) -> None:
        """Another database: its log is another one."""
        self._question = None
        self._has_range = False
        self._is_dirty = True
        self._forget()
        self._show_database(self._live.database)

    def _on_database_changed(self, state: DatabaseState) -> None:
        if state.kind != "ready":
            self._show_database(state)
        elif self._has_failed or self._log is None:
            self._on_data_changed()

    def _on_chart_chosen(self, _number: int) -> None:
        self._show_chart()

    def _on_range_chosen(self, _number: int) -> None:
        self._has_range = True
        for chart in self.charts:
            chart.plot.reset_zoom()
        self._on_data_changed()

    def _on_read(self, words: str) -> None:
        give_role(self.reading, "")
        self.reading.setText(words)
        at = self._span.last
        self.reading.setToolTip(
            self.tr("{words}\nLocal time, {zone}").format(words=words, zone=zone_words(at))
        )

    def _tell_note(self) -> None:
        """What the chart that is seen has to say."""
        self.note.setText(self._chart.note)

    def _tell_zoom(self) -> None:
        is_zoomed = self._log is not None and self._chart.plot.is_zoomed
        self.whole.setEnabled(is_zoomed)
        self.whole.setVisible(is_zoomed)

    def _on_picture_wanted(self) -> None:
        self._show_chart()  # where it is just being drawn
        chart = self._chart
        self.exporter.save_picture(chart, self._full_title(), chart.whole_height)

    def _on_table_wanted(self) -> None:
        self._show_chart()
        self.exporter.save_table(self._chart.table(), self._full_title())

    def _full_title(self) -> str:
        return f"{self._chart.title()}, {self.toolbar.since_words(self.range)}"
