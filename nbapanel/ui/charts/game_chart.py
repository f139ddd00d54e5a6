"""One game over its time: what ESPN and the market gave the home team, and the score."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import GameChart, GameRow
from nbapanel.ui import theme
from nbapanel.ui.charts import series
from nbapanel.ui.charts.axes import NamedAxis, NumberAxis
from nbapanel.ui.charts.chart import Table
from nbapanel.ui.charts.export import Exporter
from nbapanel.ui.charts.game_time import Periods
from nbapanel.ui.charts.legend import Legend
from nbapanel.ui.charts.notice import Notice
from nbapanel.ui.charts.plots import Plot, faded, pen
from nbapanel.ui.charts.reading import Track

_LEAST_SECONDS = 60.0
_LEAST_LEAD = 6.0
_ROOM_FOR_NAMES = 113.0
_DARK_FILL, _LIGHT_FILL = 80, 60


class GameChartView(QWidget):
    """Probabilities above, the lead below, over the same game time; both read together."""

    exported = Signal(Path)
    failed = Signal(UserFacingError)

    def __init__(self, exports: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._game: GameRow | None = None
        self._periods = Periods.of((), 0.0)
        self._elapsed = self._espn = self._mid = self._bid = self._ask = np.empty(0)
        self._lead = np.empty(0)
        self._marks: list[tuple[Plot, Any]] = []
        self._build()
        self.exporter = Exporter(exports, self)
        self._connect()
        self.show_nothing(self.tr("No game is chosen"))

    # How it is made.

    def _build(self) -> None:
        self.title = QLabel(self)
        self.title.setProperty("subheading", "true")
        self.score = QLabel(self)
        for label in (self.title, self.score):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._build_plots()
        self.legend = Legend(self)
        self.lacking = QLabel(self)
        self.lacking.setProperty("role", "warning")
        self.lacking.setWordWrap(True)
        self.reading = QLabel(self)
        self.reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.reading.setAccessibleName(self.tr("The moment that is read"))
        self.notice = Notice(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(self._header())
        layout.addWidget(self._build_body(), 1)
        layout.addWidget(self.notice, 1)
        layout.addWidget(self.reading)

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

    def _build_body(self) -> QWidget:
        """What a picture shows."""
        self._body = QWidget(self)
        layout = QVBoxLayout(self._body)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.legend)
        layout.addWidget(self.lacking)
        layout.addWidget(self.chances, 3)
        layout.addWidget(self.leads, 2)
        return self._body

    def _header(self) -> QHBoxLayout:
        self.picture = self._button(self.tr("PNG"), self.tr("Export this game as a picture"))
        self.table = self._button(self.tr("CSV"), self.tr("Export this game's chart as a table"))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.title)
        row.addWidget(self.score)
        row.addStretch(1)
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        buttons.addWidget(self.picture)
        buttons.addWidget(self.table)
        row.addLayout(buttons)
        return row

    def _button(self, words: str, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(words)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setProperty("compact", "true")
        return button

    def _connect(self) -> None:
        self.chances.pointed.connect(lambda _track, index: self._read(index, self.leads))
        self.leads.pointed.connect(lambda _track, index: self._read(index, self.chances))
        self.picture.clicked.connect(
            lambda: self.exporter.save_picture(self._body, self._full_title())
        )
        self.table.clicked.connect(
            lambda: self.exporter.save_table(*self.shown(), self._full_title())
        )
        self.exporter.exported.connect(self.exported)
        self.exporter.failed.connect(self.failed)
        theme.active().changed.connect(self.recolour)

    # What is shown.

    def show_nothing(self, title: str, detail: str = "") -> None:
        """Words in place of a chart: that it is being read, or why there is none."""
        self._game = None
        self.title.setText("")
        self.score.setText("")
        self._show_notice(title, detail)

    def show_game(self, chart: GameChart) -> None:
        """Draw this game; what it lacks is said in words."""
        self._game = chart.game
        self._elapsed = _column(chart.elapsed_s)
        self._espn = _column(chart.espn_home_prob) * 100
        self._mid = _column(chart.kalshi_mid) * 100
        self._bid, self._ask = _column(chart.kalshi_bid) * 100, _column(chart.kalshi_ask) * 100
        self._lead = _column(chart.score_diff)
        played = float(self._elapsed[-1]) if len(self._elapsed) else 0.0
        self._periods = Periods.of(chart.quarter_ends_s, played)
        self.title.setText(_title(chart.game))
        self.score.setText(self._score_words(chart.game))
        lacks = self._lacks()
        self.lacking.setText(" · ".join(lacks))
        self.lacking.setVisible(bool(lacks))
        if not any(self._has(each) for each in (self._espn, self._mid, self._lead)):
            self._show_notice(self.tr("Nothing of this game is in the warehouse yet"), "")
            return
        self.notice.hide()
        self._body.show()
        for button in (self.picture, self.table):
            button.setEnabled(True)
        self._draw()

    def shown(self) -> Table:
        """As a table: one row a moment, probabilities 0..1, None where there is nothing."""
        names = ("elapsed_s", "period", "clock", "espn_home_prob",
                 "kalshi_bid", "kalshi_mid", "kalshi_ask", "score_diff")  # fmt: skip
        elapsed = self._elapsed.tolist()
        rows = zip(
            elapsed,
            [self._periods.name(self._periods.number_at(at)) for at in elapsed],
            [self._periods.clock(at) for at in elapsed],
            *(_shares(each) for each in (self._espn, self._bid, self._mid, self._ask)),
            [None if np.isnan(lead) else int(lead) for lead in self._lead],
            strict=True,
        )
        return names, list(rows)

    def _show_notice(self, title: str, detail: str) -> None:
        self._body.hide()
        self.notice.show_words(title, detail)
        self.notice.show()
        self.reading.setText("")
        for button in (self.picture, self.table):
            button.setEnabled(False)

    def _draw(self) -> None:
        x = self._elapsed
        self._espn_line.setData(*_held(x, self._espn))
        self._mid_line.setData(x, self._mid)
        # Both edges must break at the same places, or the band would join wrong pieces.
        has_both = np.isfinite(self._bid) & np.isfinite(self._ask)
        self._low.setData(x, np.where(has_both, self._bid, np.nan))
        self._high.setData(x, np.where(has_both, self._ask, np.nan))
        steps = series.stepped(*_held(x, self._lead))
        self._lead_line.setData(*steps)
        self._ahead.setData(steps[0], np.maximum(steps[1], 0.0))
        self._behind.setData(steps[0], np.minimum(steps[1], 0.0))
        self.leads.setVisible(self._has(self._lead))
        for plot in (self.chances, self.leads):
            plot.set_limits(0.0, self._periods.last, _LEAST_SECONDS)
        self.chances.set_y(-3.0, _ROOM_FOR_NAMES)
        most = max(
            float(np.nanmax(np.abs(self._lead))) if self._has(self._lead) else 0.0, _LEAST_LEAD
        )
        self.leads.set_y(-most * 1.1, most * 1.1)
        self._label()
        self._mark_periods()
        self.recolour()
        self.chances.show_tracks([Track(x, self._readable())])
        self.leads.show_tracks([Track(x, np.nan_to_num(self._lead))])
        self.reading.setText(self.tr("Point at the chart, or use ← → in it, to read a moment."))

    def _label(self) -> None:
        home = self._code(is_home=True)
        self.chances.set_labels("", self.tr("{home} wins (%)").format(home=home))
        self.leads.set_labels(
            self.tr("game clock (min:s left in the period)"),
            self.tr("{home} lead (points)").format(home=home),
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
        if self._has(self._espn):
            entries.append(("━", "series_1", self.tr("ESPN")))
        if self._has(self._mid):
            entries.append(("━", "series_2", self.tr("Kalshi, mid")))
        if self._has(self._bid) and self._has(self._ask):
            entries.append(("▒", "series_2", self.tr("bid to ask")))
        if self._has(self._lead):
            for is_home, role, glyph in ((True, "series_3", "▲"), (False, "series_4", "▼")):
                words = self.tr("{team} leads").format(team=self._code(is_home))
                entries.append((glyph, role, words))
        self.legend.show_entries([(g, colours.color(role), words) for g, role, words in entries])

    # What is read.

    def _read(self, index: int, other: Plot) -> None:
        at = float(self._elapsed[index])
        if other is self.leads:
            lead = self._lead[index]
            other.mark(at, None if np.isnan(lead) else float(lead))
        else:
            other.mark(at, float(self._readable()[index]))
        words = self._moment_words(index)
        self.reading.setText(words)
        for plot in (self.chances, self.leads):
            plot.setAccessibleDescription(words)

    def _readable(self) -> series.Floats:
        """Where on the upper plot a moment is marked: on ESPN's line, else the market's."""
        found = np.where(np.isfinite(self._espn), self._espn, self._mid)
        return np.where(np.isfinite(found), found, 50.0)

    def _moment_words(self, index: int) -> str:
        words = [self._periods.words(float(self._elapsed[index]))]
        if not np.isnan(self._espn[index]):
            words.append(self.tr("ESPN {p} %").format(p=f"{self._espn[index]:.1f}"))
        if not np.isnan(self._mid[index]):
            market = self.tr("Kalshi {p} %").format(p=f"{self._mid[index]:.1f}")
            bid, ask = self._bid[index], self._ask[index]
            words.append(market if np.isnan(bid + ask) else f"{market} ({bid:.0f}-{ask:.0f})")
        elif self._has(self._mid):
            words.append(self.tr("no Kalshi price"))
        if not np.isnan(self._lead[index]):
            words.append(self._lead_words(int(self._lead[index])))
        return " · ".join(words)

    def _lead_words(self, lead: int) -> str:
        return f"{self._code(lead > 0)} +{abs(lead)}" if lead else self.tr("tied")

    # In words.

    def _lacks(self) -> list[str]:
        words = []
        if not self._has(self._espn):
            words.append(self.tr("No ESPN probabilities for this game"))
        if not self._has(self._mid):
            words.append(self.tr("No Kalshi candles for this game"))
        if not self._has(self._lead):
            words.append(self.tr("No scores for this game"))
        return words

    def _has(self, column: series.Floats) -> bool:
        return bool(np.isfinite(column).any())

    def _code(self, is_home: bool) -> str:
        code = None
        if self._game is not None:
            code = self._game.home_code if is_home else self._game.away_code
        return code or (self.tr("home") if is_home else self.tr("away"))

    def _score_words(self, game: GameRow) -> str:
        if game.home_score is None or game.away_score is None:
            return self.tr("no score yet")
        score = f"{self._code(False)} {game.away_score} – {self._code(True)} {game.home_score}"
        if game.status_completed:
            return self.tr("{score}, final").format(score=score)
        return self.tr("{score}, live").format(score=score) if game.status_state == "in" else score

    def _full_title(self) -> str:
        return f"{self.title.text()}, {self.score.text()}"


def _title(game: GameRow) -> str:
    away, home = game.away_team or game.away_code or "?", game.home_team or game.home_code or "?"
    return f"{away} at {home}" + (f", {game.game_date:%d %b %Y}" if game.game_date else "")


def _column(values: Any) -> series.Floats:
    return np.array(values, dtype=np.float64)  # None becomes NaN


def _held(x: series.Floats, y: series.Floats) -> tuple[series.Floats, series.Floats]:
    """Only where there is a value: each holds until the next."""
    known = np.isfinite(y)
    return x[known], y[known]


def _shares(percent: series.Floats) -> list[float | None]:
    return [None if np.isnan(each) else round(float(each) / 100, 6) for each in percent]
