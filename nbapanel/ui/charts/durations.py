"""Chart: how long a relation's refreshes took, or a step in each run, beside what is usual."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from nbapanel.ui import theme
from nbapanel.ui.charts import series
from nbapanel.ui.charts.axes import NumberAxis, TimeAxis
from nbapanel.ui.charts.chart import Chart, Choices, Table, choice_of
from nbapanel.ui.charts.legend import Legend
from nbapanel.ui.charts.plots import Plot, faded, pen
from nbapanel.ui.charts.reading import Track, moment
from nbapanel.ui.charts.turns import Piece
from nbapanel.ui.ports import DeclaredStep
from nbapanel.wording import took

_LEAST_S = 0.001
_FEW = 600  # as many points as are drawn as dots
_THRESHOLD_IN_SIGHT = 3.0
_MANY_MARKS = 100
_DARK_BAND, _LIGHT_BAND = 70, 55
_BEHIND = 130


class DurationsChart(Chart):
    """One subject at a time: at first the step that usually takes longest."""

    def __init__(self, steps: Sequence[DeclaredStep] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._declared = {step.key: step for step in steps}
        self._has_chosen = False
        self._found: series.Durations | None = None
        self._band: series.Band | None = None
        self._y: series.Floats = np.empty(0)
        self._build()
        self._connect()
        self.subject.currentIndexChanged.connect(self._on_subject_changed)
        self.subject.activated.connect(self._on_subject_chosen)
        self.scale.chosen.connect(self._redraw)

    def _build(self) -> None:
        self._axis = NumberAxis()
        self.plot = Plot(self.tr("Durations over time"), TimeAxis("bottom"), self._axis, self)
        self._build_items()
        self.subject = choice_of(self.tr("Step or relation whose durations are shown"))
        self.subject.setMaxVisibleItems(24)
        self.scale = Choices(self.tr("Scale of the durations"), (self.tr("Linear"), self.tr("Log")))
        self.controls = QWidget()
        row = QHBoxLayout(self.controls)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.subject, 1)
        row.addWidget(self.scale)
        self.legend = Legend(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.legend)
        layout.addWidget(self.plot, 1)

    def _build_items(self) -> None:
        low, high = pg.PlotCurveItem(), pg.PlotCurveItem()
        for edge in (low, high):
            edge.setPen(None)
            self.plot.add(edge, 1)
        self._low, self._high = low, high
        self._fill = self.plot.add(pg.FillBetweenItem(low, high), 0)
        self._median = self.plot.line(5)
        self._line = self.plot.line(10)
        self._limit = self.plot.line(8)
        self._dots = self.plot.add(pg.ScatterPlotItem(size=5, pxMode=True, pen=None), 12)
        self._slow = self.plot.add(pg.ScatterPlotItem(size=12, pxMode=True, symbol="t1"), 20)
        self._failed = self.plot.add(pg.ScatterPlotItem(size=11, pxMode=True, symbol="x"), 21)

    @property
    def subject_words(self) -> str:
        return self.subject.currentText()

    def title(self) -> str:
        return self.tr("Durations: {subject}").format(subject=self.subject_words)

    def table(self) -> Table:
        names = ("time", "subject", "seconds", "threshold_seconds", "status", "is_alert", "run_id")
        if self._found is None:
            return Table(names, list)
        return Table(names, partial(_rows, self._found, self.subject_words, *self.plot.x_seen))

    def recolour(self) -> None:
        colours = theme.active()
        main, band = colours.color("series_1"), colours.color("series_4")
        self._dress_line(main)
        self._dots.setBrush(pg.mkBrush(main))
        self._median.setPen(pen(band))
        self._fill.setBrush(faded(band, _DARK_BAND if colours.is_dark else _LIGHT_BAND))
        self._limit.setPen(pen(colours.color("warning"), is_dashed=True))
        edge = pg.mkPen(colours.color("surface"), width=1)
        for marks, role in ((self._slow, "warning"), (self._failed, "bad")):
            marks.setBrush(pg.mkBrush(colours.color(role)))
            marks.setPen(edge)
        self._tell_legend()

    def _dress_line(self, main: QColor) -> None:
        """Many points are a block of colour: then it stands back, and what is usual in front."""
        is_dense = self._found is not None and len(self._found.at) > _FEW
        self._line.setPen(pen(faded(main, _BEHIND) if is_dense else main))
        self._median.setZValue(15 if is_dense else 5)
        self._fill.setZValue(14 if is_dense else 0)

    def _drawing(self) -> tuple[Piece, ...]:
        return (self._draw,)

    def _draw(self) -> None:
        assert self.log is not None
        self._offer_subjects(self.log)
        self._redraw()

    def _offer_subjects(self, log: series.Log) -> None:
        """Steps first, then relations; what was chosen stays, else the slowest step."""
        wanted = self.subject.currentData() if self._has_chosen else None
        if wanted is None:
            wanted = ("step", series.slowest_step(log) or "")
        self.subject.blockSignals(True)
        self.subject.clear()
        for key in filter(None, log.steps):
            title = self._declared[key].title if key in self._declared else key
            self.subject.addItem(self.tr("Step: {title}").format(title=title), ("step", key))
        if self.subject.count():
            self.subject.insertSeparator(self.subject.count())
        for name in log.relations:
            self.subject.addItem(name, ("relation", name))
        kept = next(
            (i for i in range(self.subject.count()) if self.subject.itemData(i) == wanted), None
        )
        if kept is None and self._has_chosen:
            # It did not run in this range: that is to be said, not covered up by another.
            kind, name = wanted
            self.subject.addItem(name, (kind, name))
            kept = self.subject.count() - 1
        self.subject.setCurrentIndex(kept or 0)
        self.subject.blockSignals(False)

    def _on_subject_chosen(self, _number: int) -> None:
        self._has_chosen = True

    def _on_subject_changed(self, _number: int) -> None:
        self._redraw()

    def _redraw(self) -> None:
        if self.log is None:
            return
        found = self._found = self._durations(self.log)
        self._axis.is_log = bool(self.scale.current)
        self._y = self._position(found.seconds)
        self._set_time_limits()
        self._draw_band(series.band(found))
        self._line.setData(found.at, self._y)
        is_slow = found.is_alert & ~found.has_failed
        for marks, shown in ((self._slow, is_slow), (self._failed, found.has_failed)):
            marks.setSize(13 if int(shown.sum()) <= _MANY_MARKS else 8)
        self._slow.setData(found.at[is_slow], self._y[is_slow])
        self._failed.setData(found.at[found.has_failed], self._y[found.has_failed])
        known = np.isfinite(found.threshold_s)
        self._limit.setData(
            *series.stepped(
                found.at[known], self._position(found.threshold_s[known]), self.span.last
            )
        )
        self.plot.show_tracks([Track(found.at, self._y)])
        self.recolour()
        self._fit()

    def _durations(self, log: series.Log) -> series.Durations:
        kind, name = self.subject.currentData() or ("step", "")
        if kind == "relation":
            return series.durations_of_relation(log, name)
        declared = self._declared.get(name)
        return series.durations_of_step(log, name, declared.alert_after_s if declared else None)

    def _draw_band(self, band: series.Band) -> None:
        self._band = band
        self._low.setData(band.at, self._position(band.low))
        self._high.setData(band.at, self._position(band.high))
        self._median.setData(band.at, self._position(band.median))

    def _position(self, seconds: series.Floats) -> series.Floats:
        return np.log10(np.maximum(seconds, _LEAST_S)) if self._axis.is_log else seconds

    def _fit(self) -> None:
        found = self._found
        if found is None:
            return
        part = series.seen(found.at, *self.plot.x_seen)
        y = self._y[part]
        is_few = len(y) <= _FEW
        self._dots.setData(*((found.at[part], y) if is_few else ([], [])))
        seconds = found.seconds[part]
        limits = found.threshold_s[part]
        limit = float(np.nanmax(limits)) if np.isfinite(limits).any() else None
        most = float(seconds.max()) if len(seconds) else 1.0
        self._set_unit(most)
        is_in_sight = limit is not None and (
            self._axis.is_log or limit <= most * _THRESHOLD_IN_SIGHT
        )
        if is_in_sight and limit is not None:
            most = max(most, limit)
        if self._axis.is_log:
            least = float(y.min()) if len(y) else -1.0
            self.plot.set_y(least - 0.15, math.log10(max(most, _LEAST_S)) + 0.15)
        else:
            self.plot.set_y(-0.06 * max(most, _LEAST_S), max(most, _LEAST_S) * 1.12)
        self._say(self._note(found, len(y), None if is_in_sight else limit))

    def _set_unit(self, most: float) -> None:
        per, unit = 1.0, self.tr("s")
        if most < 1.0:
            per, unit = 1000.0, self.tr("ms")
        elif most > 300.0:
            per, unit = 1 / 60, self.tr("min")
        self._axis.per = per
        # With each number: the label goes where the plot is low.
        self._axis.suffix = f" {unit}"
        words = self.tr("duration (log)") if self._axis.is_log else self.tr("duration")
        self.plot.set_labels(self._time_label(), words)

    def _note(self, found: series.Durations, number: int, limit: float | None) -> str:
        if not len(found.at):
            return self.tr("{subject} has no duration in this range").format(
                subject=self.subject_words
            )
        if not number:
            return self.tr("No refreshes in the part that is seen")
        if limit is not None:
            return self.tr("Threshold {time}: above the axis").format(time=took(limit))
        return ""

    def _tell_legend(self) -> None:
        colours = theme.active()
        found = self._found
        is_step = (self.subject.currentData() or ("", ""))[0] == "step"
        each = self.tr("each run, without fetching") if is_step else self.tr("each refresh")
        entries = [("●", "series_1", each)]
        if self._band is not None and len(self._band.at):
            words = self.tr("usual: median and middle half of the last 20")
            entries.append(("▬", "series_4", words))
        if found is not None and np.isfinite(found.threshold_s).any():
            entries.append(("╌╌", "warning", self.tr("threshold")))
        slow = int((found.is_alert & ~found.has_failed).sum()) if found is not None else 0
        failed = int(found.has_failed.sum()) if found is not None else 0
        entries.append(("▲", "warning", self.tr("slow: {n}").format(n=f"{slow:,}")))
        entries.append(("✖", "bad", self.tr("failed: {n}").format(n=f"{failed:,}")))
        self.legend.show_entries([(g, colours.color(role), words) for g, role, words in entries])

    def _words(self, track: int, index: int) -> str:
        found = self._found
        assert found is not None
        words = [moment(float(found.at[index])), self.subject_words]
        words.append(took(float(found.seconds[index])))
        usual = self._usual(float(found.at[index]))
        if usual is not None:
            words.append(self.tr("usual {time}").format(time=took(usual)))
        if found.has_failed[index]:
            words.append(self.tr("failed"))
        elif found.is_alert[index]:
            words.append(self.tr("slow"))
        run = self._run(track, index)
        return " · ".join([*words, self.tr("run {run}").format(run=run)] if run > 0 else words)

    def _usual(self, at: float) -> float | None:
        band = self._band
        if band is None or not len(band.at):
            return None
        place = int(np.searchsorted(band.at, at, side="right")) - 1
        return float(band.median[place]) if place >= 0 else None

    def _run(self, track: int, index: int) -> int:
        return int(self._found.run_id[index]) if self._found is not None else 0


def _rows(found: series.Durations, subject: str, low: float, high: float) -> list[tuple[Any, ...]]:
    part = series.seen(found.at, low, high)
    columns = (
        found.at[part].tolist(),
        [subject] * (part.stop - part.start),
        found.seconds[part].tolist(),
        [None if math.isnan(s) else s for s in found.threshold_s[part].tolist()],
        found.status[part],
        found.is_alert[part].tolist(),
        [run or None for run in found.run_id[part].tolist()],
    )
    return list(zip(*columns, strict=True))
