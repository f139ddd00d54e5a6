"""Chart: what each run inserted, updated and deleted."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nbapanel.ui import theme
from nbapanel.ui.charts import series
from nbapanel.ui.charts.axes import NamedAxis, NumberAxis, Ticks
from nbapanel.ui.charts.bars import Runs, bundled, cap, changes, no_runs
from nbapanel.ui.charts.chart import Chart, Table, choice_of
from nbapanel.ui.charts.legend import Legend
from nbapanel.ui.charts.plots import Plot
from nbapanel.ui.charts.ranges import day_words, local
from nbapanel.ui.charts.reading import Track, moment, short
from nbapanel.ui.charts.turns import Piece
from nbapanel.wording import counted

_MOST_BARS = 400
_BAR = 0.76
_LEAST_RUNS = 4.0
_KINDS = (("inserted", "series_3", "■"), ("updated", "series_1", "▨"), ("deleted", "series_2", "▥"))
_HATCHED = 130  # as many bars as are wide enough for a hatch to be seen
_PATTERNS = (Qt.BrushStyle.SolidPattern, Qt.BrushStyle.BDiagPattern, Qt.BrushStyle.VerPattern)


class ChangesChart(Chart):
    """Bars in the order of the runs, for runs may follow within minutes or after days: inserted
    and updated above the line, deleted below it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = no_runs()
        self._bars = no_runs()
        self._cut: list[Any] = []
        self._build()
        self._connect()
        self.relation.currentIndexChanged.connect(self._redraw)

    def _build(self) -> None:
        self._axis = NamedAxis("bottom")
        self._axis.named = self._ticks
        self.plot = Plot(self.tr("Changes per run"), self._axis, NumberAxis(), self)
        self._items = [self.plot.add(_bar_item(), 10) for _ in _KINDS]
        self._zero = self.plot.add(pg.InfiniteLine(0.0, angle=0), 15)
        self._marks = self.plot.add(pg.ScatterPlotItem(size=10, pxMode=True, symbol="t1"), 20)
        self.relation = choice_of(self.tr("Relation whose changes are shown"))
        self.relation.addItem(self.tr("All relations"), None)
        self.controls = self.relation
        self.legend = Legend(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)

    def title(self) -> str:
        return self.tr("Changes per run: {relation}").format(relation=self.relation.currentText())

    def table(self) -> Table:
        names = ("time", "last_time", "runs", "run_id", "inserted", "updated", "deleted")
        return Table(names, partial(_rows, self._bars, *self.plot.x_seen))

    def recolour(self) -> None:
        colours = theme.active()
        for item, (_, role, _), pattern in zip(self._items, _KINDS, _PATTERNS, strict=True):
            colour = colours.color(role)
            brush = QBrush(colour, pattern if len(self._bars) <= _HATCHED else _PATTERNS[0])
            item.setOpts(brush=brush, pen=pg.mkPen(colour, width=1))
        self._zero.setPen(pg.mkPen(colours.color("muted"), width=1))
        self._marks.setBrush(pg.mkBrush(colours.color("text")))
        self._marks.setPen(pg.mkPen(colours.color("surface")))
        for text in self._cut:
            text.setColor(colours.color("text"))
        self._tell_legend()

    def _drawing(self) -> tuple[Piece, ...]:
        return (self._draw,)

    def _draw(self) -> None:
        assert self.log is not None
        chosen = self.relation.currentData()
        names = list(self.log.relations)
        if chosen is not None and chosen not in names:
            names.append(chosen)  # it did not change in this range: said, not covered up
        self.relation.blockSignals(True)
        while self.relation.count() > 1:
            self.relation.removeItem(1)
        for name in names:
            self.relation.addItem(name, name)
        self.relation.setCurrentIndex(0 if chosen is None else names.index(chosen) + 1)
        self.relation.blockSignals(False)
        self._redraw()

    def _redraw(self) -> None:
        if self.log is None:
            return
        self._runs = changes(self.log, self.relation.currentData())
        self._bars = no_runs()
        number = max(len(self._runs), 1)
        self.plot.set_limits(-0.6, max(number - 0.4, _LEAST_RUNS + 0.6), _LEAST_RUNS)
        self._fit()

    def _fit(self) -> None:
        low, high = self.plot.x_seen
        bars = bundled(self._runs, low, high, _MOST_BARS)
        is_same = len(bars) == len(self._bars) and np.array_equal(bars.first, self._bars.first)
        if not is_same or not len(bars):
            self._bars = bars
            self._draw_bars(bars)
        size = int(bars.count.max()) if len(bars) else 1
        runs = self.tr("runs, in order")
        if size > 1:
            runs = self.tr("runs, in order (each bar {size} runs)").format(size=f"{size:,}")
        self.plot.set_labels(runs, self.tr("rows changed"))

    def _draw_bars(self, bars: Runs) -> None:
        above = (bars.inserted + bars.updated).astype(np.float64)
        x, width = _centres(bars), np.maximum(bars.count * _BAR, _BAR)
        below = -bars.deleted.astype(np.float64)
        top, bottom = cap(above), cap(-below)
        pieces = (
            (np.zeros(len(bars)), bars.inserted.astype(np.float64)),
            (bars.inserted.astype(np.float64), bars.updated.astype(np.float64)),
            (np.zeros(len(bars)), below),
        )
        for item, (start, height) in zip(self._items, pieces, strict=True):
            end = start + height
            if top is not None:
                start, end = np.minimum(start, top), np.minimum(end, top)
            if bottom is not None:
                end = np.maximum(end, -bottom)
            item.setOpts(x=x, y0=start, height=end - start, width=width)
        highest = top if top is not None else float(above.max(initial=0.0))
        lowest = -bottom if bottom is not None else float(below.min(initial=0.0))
        room = max(highest - lowest, 1.0) * 0.04
        has_room = room * 2.5 if bottom is not None else room
        self.plot.set_y(lowest - has_room, highest + room * (5 if top is not None else 2))
        self._mark_cut(x, above, below, top, bottom, room)
        self.recolour()
        self.plot.show_tracks([Track(x, np.minimum(above, highest))])
        self._say(self._note(above, below, top, bottom))

    def _mark_cut(
        self,
        x: series.Floats,
        above: series.Floats,
        below: series.Floats,
        top: float | None,
        bottom: float | None,
        room: float,
    ) -> None:
        """An arrow on each bar that is cut off, and the number above where they are few."""
        for text in self._cut:
            self.plot.box.removeItem(text)
        self._cut = []
        cut = np.flatnonzero(above > top) if top is not None else np.empty(0, dtype=np.int64)
        under = np.flatnonzero(below < -bottom) if bottom is not None else cut[:0]
        self._marks.setData(
            np.concatenate([x[cut], x[under]]),
            np.concatenate(
                [
                    np.full(len(cut), (top or 0.0) + room),
                    np.full(len(under), -(bottom or 0.0) - room),
                ]
            ),
            symbol=["t1"] * len(cut) + ["t"] * len(under),
        )
        if top is None or len(cut) > 8:
            return
        low, high = self.plot.x_seen
        for place in cut:
            share = (float(x[place]) - low) / (high - low)
            side = 0.0 if share < 0.03 else 1.0 if share > 0.97 else 0.5
            text = pg.TextItem(short(float(f"{above[place]:.3g}")), anchor=(side, 1.0))
            text.setPos(float(x[place]), top + room * 1.6)
            self._cut.append(self.plot.add(text, 25))

    def _note(
        self, above: series.Floats, below: series.Floats, top: float | None, bottom: float | None
    ) -> str:
        relation = self.relation.currentText()
        if not len(self._runs):
            return self.tr("No run wrote {relation} in this range").format(relation=relation)
        cut = int((above > top).sum()) if top is not None else 0
        cut += int((-below > bottom).sum()) if bottom is not None else 0
        if cut:
            bars = counted(cut, "bar")
            return self.tr("{bars} cut off so that the others show (▲ ▼)").format(bars=bars)
        if not above.any() and not below.any():
            return self.tr("These runs changed nothing")
        return ""

    def _tell_legend(self) -> None:
        colours = theme.active()
        totals = (self._bars.inserted, self._bars.updated, self._bars.deleted)
        words = (self.tr("inserted: {n}"), self.tr("updated: {n}"), self.tr("deleted: {n}"))
        self.legend.show_entries(
            [
                (glyph, colours.color(role), word.format(n=f"{int(total.sum()):,}"))
                for (_, role, glyph), word, total in zip(_KINDS, words, totals, strict=True)
            ]
        )

    def _ticks(self, low: float, high: float, most: int) -> Ticks:
        """The first run of each day where there is room, else of each so many days."""
        if not len(self._runs):
            return []
        apart = (high - low) / max(most, 1)
        found: Ticks = []
        for number in range(max(0, int(np.ceil(low))), min(len(self._runs), int(high) + 1)):
            if found and number - found[-1][0] < apart:
                continue
            then = local(float(self._runs.at[number]))
            before = local(float(self._runs.at[number - 1])) if number else None
            is_new_day = before is None or before.date() != then.date()
            if is_new_day:
                found.append((float(number), day_words(then)))
            elif high - low < most * 2 or (not found or number - found[-1][0] >= apart * 2):
                found.append((float(number), f"{then:%H:%M}"))
        return found

    def _words(self, track: int, index: int) -> str:
        bars = self._bars
        number = int(bars.count[index])
        when = moment(float(bars.at[index]))
        run = self._run(track, index)
        if number > 1:
            when = f"{when} – {moment(float(bars.last_at[index]))}"
            who = self.tr("{runs} together").format(runs=counted(number, "run"))
        else:
            who = self.tr("run {run}").format(run=run) if run > 0 else self.tr("outside a run")
        changed = (
            self.tr("{n} inserted").format(n=f"{bars.inserted[index]:,}"),
            self.tr("{n} updated").format(n=f"{bars.updated[index]:,}"),
            self.tr("{n} deleted").format(n=f"{bars.deleted[index]:,}"),
        )
        return " · ".join([when, self.relation.currentText(), *changed, who])

    def _run(self, track: int, index: int) -> int:
        return int(self._bars.run_id[index])


def _rows(bars: Runs, low: float, high: float) -> list[tuple[Any, ...]]:
    part = series.seen(_centres(bars), low, high)
    columns = (bars.at, bars.last_at, bars.count, bars.run_id)
    changed = (bars.inserted, bars.updated, bars.deleted)
    rows = zip(*(column[part].tolist() for column in (*columns, *changed)), strict=True)
    return [(*row[:3], row[3] if row[3] > 0 else None, *row[4:]) for row in rows]


def _centres(bars: Runs) -> series.Floats:
    return bars.first + (bars.count - 1) / 2


def _bar_item() -> Any:
    return pg.BarGraphItem(x=[], y0=[], height=[], width=1)
