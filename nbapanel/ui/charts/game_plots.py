"""The two plots of a game: probabilities above, the lead below, over the same game time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nbapanel.rows.reads import GameChart
from nbapanel.ui import theme
from nbapanel.ui.charts import series
from nbapanel.ui.charts.axes import NamedAxis, NumberAxis
from nbapanel.ui.charts.game_time import Periods
from nbapanel.ui.charts.legend import Legend
from nbapanel.ui.charts.plots import Plot, faded, pen
from nbapanel.ui.charts.reading import Track

_LEAST_SECONDS = 60.0
_LEAST_LEAD = 6.0
_ROOM_FOR_NAMES = 113.0
_DARK_FILL, _LIGHT_FILL = 80, 60


@dataclass(frozen=True, slots=True)
class Columns:
    """A game's columns of one length, in order of play: per cent and points, NaN where nothing."""

    elapsed: series.Floats
    espn: series.Floats
    mid: series.Floats
    bid: series.Floats
    ask: series.Floats
    lead: series.Floats

    @classmethod
    def of(cls, chart: GameChart) -> Columns:
        return cls(
            _column(chart.elapsed_s),
            _column(chart.espn_home_prob) * 100,
            _column(chart.kalshi_mid) * 100,
            _column(chart.kalshi_bid) * 100,
            _column(chart.kalshi_ask) * 100,
            _column(chart.score_diff),
        )

    @property
    def has_any(self) -> bool:
        return has(self.espn) or has(self.mid) or has(self.lead)


class GamePlots(QWidget):
    """`pointed` carries the index of the moment that is read, in either plot."""

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = Columns(*(np.empty(0) for _ in range(6)))
        self._periods = Periods.of((), 0.0)
        self._home = self._away = ""
        self._marks: list[tuple[Plot, Any]] = []
        self._build()
        self.chances.pointed.connect(lambda _track, index: self._read(index, self.leads))
        self.leads.pointed.connect(lambda _track, index: self._read(index, self.chances))
        theme.active().changed.connect(self.recolour)

    def _build(self) -> None:
        self._build_plots()
        self.legend = Legend(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.legend)
        layout.addWidget(self.chances, 3)
        layout.addWidget(self.leads, 2)

    def _build_plots(self) -> None:
        self._clocks = (NamedAxis(), NamedAxis())
        self._lead_axis = NumberAxis()
        self.chances = Plot(
            self.tr("Probability of a home win over the game"),
            self._clocks[0], NumberAxis(suffix=" %", ceiling=100.0), self,
        )  # fmt: skip
        self.leads = Plot(
            self.tr("Score difference over the game"), self._clocks[1], self._lead_axis, self
        )
        for clock in self._clocks:
            clock.named = lambda low, high, most: self._periods.marks(low, high, most)
        self.chances.bottom.setStyle(showValues=False)
        for axis in (self.chances.left, self.leads.left):
            axis.setWidth(64)  # so that the same moment lies at the same place in both
        self.leads.box.setXLink(self.chances.box)
        self._build_items()

    def _build_items(self) -> None:
        low, high = pg.PlotCurveItem(connect="finite"), pg.PlotCurveItem(connect="finite")
        for edge in (low, high):
            edge.setPen(None)
            self.chances.add(edge, 1)
        self._low, self._high = low, high
        self._spread = self.chances.add(pg.FillBetweenItem(low, high), 0)
        self._even = self.chances.add(pg.InfiniteLine(50.0, angle=0), 2)
        self._mid_line = self.chances.line(10)
        self._espn_line = self.chances.line(11)
        self._ahead = self.leads.add(pg.PlotCurveItem(fillLevel=0.0), 5)
        self._behind = self.leads.add(pg.PlotCurveItem(fillLevel=0.0), 5)
        self._lead_line = self.leads.line(10)
        self._level = self.leads.add(pg.InfiniteLine(0.0, angle=0), 2)

    def show_columns(self, columns: Columns, periods: Periods, home: str, away: str) -> None:
        """Draw these; `home` and `away` as they are called on the axes."""
        self._columns, self._periods = columns, periods
        self._home, self._away = home, away
        self._draw()

    def name_moment(self, words: str) -> None:
        """What is read, for those who hear it."""
        for plot in (self.chances, self.leads):
            plot.setAccessibleDescription(words)

    def _draw(self) -> None:
        x = self._columns.elapsed
        self._espn_line.setData(*_held(x, self._columns.espn))
        self._mid_line.setData(x, self._columns.mid)
        # Both edges must break at the same places, or the band would join wrong pieces.
        has_both = np.isfinite(self._columns.bid) & np.isfinite(self._columns.ask)
        self._low.setData(x, np.where(has_both, self._columns.bid, np.nan))
        self._high.setData(x, np.where(has_both, self._columns.ask, np.nan))
        steps = series.stepped(*_held(x, self._columns.lead))
        self._lead_line.setData(*steps)
        self._ahead.setData(steps[0], np.maximum(steps[1], 0.0))
        self._behind.setData(steps[0], np.minimum(steps[1], 0.0))
        self.leads.setVisible(has(self._columns.lead))
        for plot in (self.chances, self.leads):
            plot.set_limits(0.0, self._periods.last, _LEAST_SECONDS)
        self.chances.set_y(-3.0, _ROOM_FOR_NAMES)
        most = max(
            float(np.nanmax(np.abs(self._columns.lead))) if has(self._columns.lead) else 0.0,
            _LEAST_LEAD,
        )
        self.leads.set_y(-most * 1.1, most * 1.1)
        self._label()
        self._mark_periods()
        self.recolour()
        self.chances.show_tracks([Track(x, self._readable())])
        self.leads.show_tracks([Track(x, np.nan_to_num(self._columns.lead))])

    def _label(self) -> None:
        self.chances.set_labels("", self.tr("{home} wins (%)").format(home=self._home))
        self.leads.set_labels(
            self.tr("game clock (min:s left in the period)"),
            self.tr("{home} lead (points)").format(home=self._home),
        )

    def _mark_periods(self) -> None:
        """A line at the end of each period, and its name at the top where it begins."""
        for plot, item in self._marks:
            plot.box.removeItem(item)
        self._marks = []
        for number, end in enumerate(self._periods.ends):
            for plot in (self.chances, self.leads):
                self._marks.append((plot, plot.add(pg.InfiniteLine(end, angle=90), 3)))
            name = pg.TextItem(self._periods.name(number), anchor=(0.0, 0.0))
            name.setPos(self._periods.start(number), _ROOM_FOR_NAMES)
            self._marks.append((self.chances, self.chances.add(name, 4)))

    def recolour(self) -> None:
        colours = theme.active()
        espn, market, home, away = (
            colours.color(role) for role in ("series_1", "series_2", "series_3", "series_4")
        )
        strength = _DARK_FILL if colours.is_dark else _LIGHT_FILL
        self._espn_line.setPen(pen(espn))
        self._mid_line.setPen(pen(market))
        self._spread.setBrush(faded(market, strength))
        self._lead_line.setPen(pen(colours.color("text")))
        for item, colour in ((self._ahead, home), (self._behind, away)):
            item.setPen(None)
            item.setBrush(faded(colour, strength * 2))
        quiet = pg.mkPen(colours.color("muted"), width=1, style=Qt.PenStyle.DotLine)
        for line in (self._even, self._level):
            line.setPen(quiet)
        for _, item in self._marks:
            if isinstance(item, pg.TextItem):
                item.setColor(colours.color("muted"))
            else:
                item.setPen(pg.mkPen(colours.color("border"), width=1))
        self._tell_legend()

    def _tell_legend(self) -> None:
        colours = theme.active()
        entries = []
        if has(self._columns.espn):
            entries.append(("━", "series_1", self.tr("ESPN")))
        if has(self._columns.mid):
            entries.append(("━", "series_2", self.tr("Kalshi, mid")))
        if has(self._columns.bid) and has(self._columns.ask):
            entries.append(("▒", "series_2", self.tr("bid to ask")))
        if has(self._columns.lead):
            leads = self.tr("{team} leads")
            entries.append(("▲", "series_3", leads.format(team=self._home)))
            entries.append(("▼", "series_4", leads.format(team=self._away)))
        self.legend.show_entries([(g, colours.color(role), words) for g, role, words in entries])

    def _read(self, index: int, other: Plot) -> None:
        """Mark the moment in the other plot too."""
        columns = self._columns
        at, lead = float(columns.elapsed[index]), float(columns.lead[index])
        if other is self.chances:
            other.mark(at, float(self._readable()[index]))
        else:
            other.mark(at, None if np.isnan(lead) else lead)
        self.pointed.emit(index)

    def _readable(self) -> series.Floats:
        """Where on the upper plot a moment is marked: on ESPN's line, else the market's."""
        found = np.where(np.isfinite(self._columns.espn), self._columns.espn, self._columns.mid)
        return np.where(np.isfinite(found), found, 50.0)


def has(column: series.Floats) -> bool:
    return bool(np.isfinite(column).any())


def _column(values: Any) -> series.Floats:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _held(x: series.Floats, y: series.Floats) -> tuple[series.Floats, series.Floats]:
    """Only where there is a value: each holds until the next."""
    known = np.isfinite(y)
    return x[known], y[known]
