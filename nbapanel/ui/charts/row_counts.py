"""Chart: how many rows each relation had after each refresh."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nbapanel.ui.charts import series
from nbapanel.ui.charts.axes import RowsAxis, TimeAxis
from nbapanel.ui.charts.chart import Chart, Choices, Table
from nbapanel.ui.charts.plots import Plot, bounds, pen
from nbapanel.ui.charts.reading import Track, moment, signed
from nbapanel.ui.charts.relations import Relation, RelationsModel, RelationsView, look_of
from nbapanel.ui.charts.turns import Piece

_LIST_WIDTH = 416
_LIKELY_LINES = 14
_LEAST_LOG = 0.5  # an empty relation lies below the line of 1
_FEW = 60  # as many points of a line as are drawn as dots


class Scale(IntEnum):
    LOG = 0
    LINEAR = 1
    GAIN = 2


class RowCounts(Chart):
    """Step lines, logarithmic at first: relations differ by orders of magnitude."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: list[series.Counts] = []
        self._shown: list[series.Counts] = []
        self._drawn: list[series.Floats] = []
        self._brushes: dict[str, Any] = {}
        self._build()
        self._connect()
        self.relations.toggled.connect(self._redraw)
        self.scale.chosen.connect(self._redraw)

    def _build(self) -> None:
        self._axis = RowsAxis(_LEAST_LOG)
        self.plot = Plot(self.tr("Row counts over time"), TimeAxis("bottom"), self._axis, self)
        # Made now, and not when the first answer is drawn: a line takes a millisecond.
        self._lines = [self.plot.line() for _ in range(_LIKELY_LINES)]
        self._dots = self.plot.add(pg.ScatterPlotItem(size=5, pxMode=True, pen=None), 12)
        self.relations = RelationsModel(self)
        self.list = RelationsView(self.relations, self)
        self.list.setFixedWidth(_LIST_WIDTH)
        self.scale = Choices(
            self.tr("Scale of the row counts"),
            (self.tr("Log"), self.tr("Linear"), self.tr("Gain")),
            (
                self.tr("Logarithmic axis: small and large relations together"),
                self.tr("Linear axis, fitted to what is seen"),
                self.tr("Rows gained since the start of the range"),
            ),
        )
        self.controls = self.scale
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self.list)
        layout.addWidget(self.plot, 1)

    def title(self) -> str:
        return self.tr("Row counts")

    @property
    def whole_height(self) -> int:
        return max(self.height(), self.list.whole_height)

    def table(self) -> Table:
        names = ("time", "relation", "rows", "change", "run_id")
        return Table(names, partial(_rows, tuple(self._shown), *self.plot.x_seen))

    def recolour(self) -> None:
        for line, look in zip(self._lines, self._looks(), strict=False):
            line.setPen(pen(*look))
        self._draw_dots()
        self.relations.recolour()

    def _drawing(self) -> tuple[Piece, ...]:
        return self._count, self._draw_lines, self._fit_axes, self._draw_dots

    def _count(self) -> None:
        assert self.log is not None
        every = (series.counts(self.log, name) for name in self.log.relations)
        self._all = [counts for counts in every if len(counts.at)]
        self.relations.set_rows(
            [
                Relation(counts.relation, float(counts.rows[-1]), float(counts.gain.sum()))
                for counts in self._all
            ]
        )
        self._choose()

    def _redraw(self) -> None:
        """With what is shown, and on which scale, as chosen now."""
        self._choose()
        self._draw_lines()
        self._fit()

    def _choose(self) -> None:
        """What can be read is at any moment what is held here, whether it is drawn yet or not."""
        chosen = self.relations.shown
        self._shown = [counts for counts in self._all if counts.relation in chosen]
        self._drawn = [self._position(counts) for counts in self._shown]
        self.plot.show_tracks(
            [Track(c.at, y) for c, y in zip(self._shown, self._drawn, strict=True)]
        )

    def _draw_lines(self) -> None:
        self._axis.is_log = self.scale.current == Scale.LOG
        while len(self._lines) < len(self._shown):
            self._lines.append(self.plot.line())
        for number, line in enumerate(self._lines):
            line.setVisible(number < len(self._shown))
        for line, counts, y, look in zip(
            self._lines, self._shown, self._drawn, self._looks(), strict=False
        ):
            line.setData(*series.stepped(counts.at, y, self.span.last), pen=pen(*look))
        self._set_time_limits()

    def _looks(self) -> list[tuple[QColor, bool]]:
        """Of each that is shown: its place in the list tells its colour."""
        numbers = {counts.relation: number for number, counts in enumerate(self._all)}
        return [look_of(numbers[counts.relation]) for counts in self._shown]

    def _draw_dots(self) -> None:
        """Of lines with few points in sight: without them two refreshes in a month are nothing."""
        low, high = self.plot.x_seen
        x: list[series.Floats] = [np.empty(0)]
        y: list[series.Floats] = [np.empty(0)]
        brushes: list[Any] = []
        for counts, drawn, (colour, _) in zip(self._shown, self._drawn, self._looks(), strict=True):
            part = series.seen(counts.at, low, high)
            number = part.stop - part.start
            if 0 < number <= _FEW:
                x.append(counts.at[part])
                y.append(drawn[part])
                brushes += [self._brush(colour)] * number
        self._dots.setData(np.concatenate(x), np.concatenate(y), brush=brushes)

    def _brush(self, colour: QColor) -> Any:
        """Always the same one: pyqtgraph paints a dot anew for every brush it has not met."""
        return self._brushes.setdefault(colour.name(), pg.mkBrush(colour))

    def _position(self, counts: series.Counts) -> series.Floats:
        """Where on the axis the counts lie."""
        if self.scale.current == Scale.LOG:
            return np.log10(np.maximum(counts.rows, _LEAST_LOG))
        if self.scale.current == Scale.GAIN:
            return np.cumsum(counts.gain)
        return counts.rows

    def _fit(self) -> None:
        self._fit_axes()
        self._draw_dots()

    def _fit_axes(self) -> None:
        low, high = self.plot.x_seen
        found = bounds(
            [
                y[max(0, part.start - 1) : part.stop]  # the value that reaches in from before
                for counts, y in zip(self._shown, self._drawn, strict=True)
                for part in (series.seen(counts.at, low, high),)
            ]
        )
        least, most = found if found is not None else (0.0, 1.0)
        room = max((most - least) * 0.06, 0.12 if self._axis.is_log else max(abs(most) * 1e-4, 0.5))
        self.plot.set_y(least - room, most + room)
        words = (self.tr("rows (log)"), self.tr("rows"), self.tr("rows gained"))
        self.plot.set_labels(self._time_label(), words[self.scale.current])
        self._say(self._note(found is None))

    def _note(self, is_empty: bool) -> str:
        if not self._all:
            return self.tr("No row counts were logged in this range")
        if not self._shown:
            return self.tr("Every relation is hidden: check one in the list")
        return self.tr("No refreshes in the part that is seen") if is_empty else ""

    def _words(self, track: int, index: int) -> str:
        counts = self._shown[track]
        self._point_out(counts.relation)
        words = [
            moment(float(counts.at[index])),
            counts.relation,
            self.tr("{rows} rows ({gain})").format(
                rows=f"{counts.rows[index]:,.0f}", gain=signed(float(counts.gain[index]))
            ),
        ]
        run = self._run(track, index)
        return " · ".join([*words, self.tr("run {run}").format(run=run)] if run > 0 else words)

    def _point_out(self, relation: str) -> None:
        """The row of the line that is read is the current one in the list."""
        number = next(n for n, counts in enumerate(self._all) if counts.relation == relation)
        self.list.setCurrentIndex(self.relations.index(number, 0))

    def _run(self, track: int, index: int) -> int:
        return int(self._shown[track].run_id[index])


def _rows(shown: Iterable[series.Counts], low: float, high: float) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for counts in shown:
        part = series.seen(counts.at, low, high)
        rows += zip(
            counts.at[part].tolist(),
            [counts.relation] * (part.stop - part.start),
            counts.rows[part].astype(int).tolist(),
            counts.gain[part].astype(int).tolist(),
            [run or None for run in counts.run_id[part].tolist()],
            strict=True,
        )
    return rows
