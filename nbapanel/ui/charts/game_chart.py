"""One game over its time: what ESPN and the market gave the home team, and the score."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import GameChart, GameRow
from nbapanel.ui.charts import series
from nbapanel.ui.charts.chart import Table
from nbapanel.ui.charts.export import Exporter
from nbapanel.ui.charts.game_plots import Columns, GamePlots, has
from nbapanel.ui.charts.game_time import Periods
from nbapanel.ui.charts.placeholder import Placeholder
from nbapanel.ui.charts.toolbar import button, side_by_side


class GameChartView(QWidget):
    """Probabilities above, the lead below, over the same game time; both read together."""

    exported = Signal(Path)
    failed = Signal(UserFacingError)

    def __init__(self, exports: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._game: GameRow | None = None
        self._periods = Periods.of((), 0.0)
        self._columns = Columns(*(np.empty(0) for _ in range(6)))
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
            label.setTextFormat(Qt.TextFormat.PlainText)  # teams are named by the feed
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.plots = GamePlots(self)
        self.lacking = QLabel(self)
        self.lacking.setProperty("role", "warning")
        self.lacking.setWordWrap(True)
        self.reading = QLabel(self)
        self.reading.setTextFormat(Qt.TextFormat.PlainText)
        self.reading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.reading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.reading.setAccessibleName(self.tr("The moment that is read"))
        self.notice = Placeholder(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addLayout(self._header())
        layout.addWidget(self.lacking)
        layout.addWidget(self.plots, 1)
        layout.addWidget(self.notice, 1)
        layout.addWidget(self.reading)

    def _header(self) -> QHBoxLayout:
        self.picture = button(self.tr("PNG"), self.tr("Export this game as a picture"))
        self.table = button(self.tr("CSV"), self.tr("Export this game's chart as a table"))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.title)
        row.addWidget(self.score)
        row.addStretch(1)
        row.addLayout(side_by_side(self.picture, self.table))
        return row

    def _connect(self) -> None:
        self.plots.pointed.connect(self._on_pointed)
        self.picture.clicked.connect(
            lambda: self.exporter.save_picture(self.plots, self._full_title())
        )
        self.table.clicked.connect(
            lambda: self.exporter.save_table(self.shown(), self._full_title())
        )
        self.exporter.exported.connect(self.exported)
        self.exporter.failed.connect(self.failed)

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
        columns = self._columns = Columns.of(chart)
        played = float(columns.elapsed[-1]) if len(columns.elapsed) else 0.0
        self._periods = Periods.of(chart.quarter_ends_s, played)
        self.title.setText(_title(chart.game))
        self.score.setText(self._score_words(chart.game))
        lacks = self._lacks()
        self.lacking.setText(" · ".join(lacks))
        self.lacking.setVisible(bool(lacks))
        if not columns.has_any:
            self._show_notice(self.tr("Nothing of this game is in the warehouse yet"), "")
            return
        self.notice.hide()
        self.plots.show()
        for each in (self.picture, self.table):
            each.setEnabled(True)
        self.plots.show_columns(columns, self._periods, self._code(True), self._code(False))
        self.reading.setText(self.tr("Point at the chart, or use ← → in it, to read a moment."))

    def shown(self) -> Table:
        """As a table: one row a moment, probabilities 0..1, None where there is nothing."""
        names = ("elapsed_s", "period", "clock", "espn_home_prob",
                 "kalshi_bid", "kalshi_mid", "kalshi_ask", "score_diff")  # fmt: skip
        return Table(names, partial(_rows, self._columns, self._periods))

    def _show_notice(self, title: str, detail: str) -> None:
        self.plots.hide()
        self.lacking.hide()
        self.notice.show_words(title, detail)
        self.notice.show()
        self.reading.setText("")
        for each in (self.picture, self.table):
            each.setEnabled(False)

    # What is read.

    def _on_pointed(self, index: int) -> None:
        words = self._moment_words(index)
        self.reading.setText(words)
        self.plots.name_moment(words)

    def _moment_words(self, index: int) -> str:
        held = self._columns
        words = [self._periods.words(float(held.elapsed[index]))]
        if not np.isnan(held.espn[index]):
            words.append(self.tr("ESPN {p} %").format(p=f"{held.espn[index]:.1f}"))
        if not np.isnan(held.mid[index]):
            market = self.tr("Kalshi {p} %").format(p=f"{held.mid[index]:.1f}")
            bid, ask = held.bid[index], held.ask[index]
            words.append(market if np.isnan(bid + ask) else f"{market} ({bid:.0f}-{ask:.0f})")
        elif has(held.mid):
            words.append(self.tr("no Kalshi price"))
        if not np.isnan(held.lead[index]):
            words.append(self._lead_words(int(held.lead[index])))
        return " · ".join(words)

    def _lead_words(self, lead: int) -> str:
        return f"{self._code(lead > 0)} +{abs(lead)}" if lead else self.tr("tied")

    # In words.

    def _lacks(self) -> list[str]:
        words = []
        if not has(self._columns.espn):
            words.append(self.tr("No ESPN probabilities for this game"))
        if not has(self._columns.mid):
            words.append(self.tr("No Kalshi candles for this game"))
        if not has(self._columns.lead):
            words.append(self.tr("No scores for this game"))
        return words

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


def _rows(held: Columns, periods: Periods) -> list[tuple[Any, ...]]:
    elapsed = held.elapsed.tolist()
    columns = (
        elapsed,
        [periods.name(periods.number_at(at)) for at in elapsed],
        [periods.clock(at) for at in elapsed],
        *(_shares(each) for each in (held.espn, held.bid, held.mid, held.ask)),
        [None if np.isnan(lead) else int(lead) for lead in held.lead],
    )
    return list(zip(*columns, strict=True))


def _shares(percent: series.Floats) -> list[float | None]:
    return [None if np.isnan(each) else round(float(each) / 100, 6) for each in percent]
