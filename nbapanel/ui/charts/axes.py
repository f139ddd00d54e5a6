"""The axes of the charts: numbers, time, runs in order, game time. They know no data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import pyqtgraph as pg

from nbapanel.ui.charts.ranges import Span, log_ticks, number_ticks, time_ticks
from nbapanel.ui.charts.reading import short

_PIXELS_ACROSS, _PIXELS_UP = 84, 24
Ticks = list[tuple[float, str]]


class Axis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """An axis whose ticks are given in words by `ticks(low, high, most)`."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self._words: dict[float, str] = {}
        self.enableAutoSIPrefix(False)
        self.setStyle(tickLength=-4, tickAlpha=1.0, maxTextLevel=0)

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        raise NotImplementedError

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        pixels = _PIXELS_UP if self.orientation in ("left", "right") else _PIXELS_ACROSS
        self._words = dict(self.ticks(low, high, max(2, int(size / pixels))))
        return [(1.0, list(self._words))]

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        return [self._words.get(value, "") for value in values]


class NumberAxis(Axis):
    """Numbers, of which `per` make one of the data's; `is_log`: positions are exponents."""

    def __init__(
        self, orientation: str = "left", suffix: str = "", ceiling: float = math.inf
    ) -> None:
        super().__init__(orientation)
        self.ceiling = ceiling
        self.per = 1.0
        self.is_log = False
        self.suffix = suffix

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        if self.is_log:
            shift = math.log10(self.per)
            numbers = log_ticks(low + shift, high + shift, most)
            return [(math.log10(number) - shift, self._word(number)) for number in numbers]
        step, numbers = number_ticks(low * self.per, min(high, self.ceiling) * self.per, most)
        numbers = [0.0 if abs(number) < step / 1e6 else number for number in numbers]
        return [(number / self.per, self._word(number)) for number in numbers]

    def _word(self, number: float) -> str:
        return short(number) + self.suffix


class RowsAxis(NumberAxis):
    """Numbers of rows; on a logarithmic axis one that is empty is drawn at `empty_at`."""

    def __init__(self, empty_at: float) -> None:
        super().__init__()
        self._empty_at = empty_at

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        found = super().ticks(low, high, most)
        if not self.is_log:
            return found
        empty = math.log10(self._empty_at)
        # There are no parts of a row.
        return [(at, "0" if at < 0 else words) for at, words in found if at >= 0 or at == empty]


class TimeAxis(Axis):
    """Local time; positions are seconds since 1970 UTC."""

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        return time_ticks(Span(low, high), most)


class NamedAxis(Axis):
    """Ticks as a function says: (low, high, most) to positions with their words."""

    def __init__(self, orientation: str = "bottom") -> None:
        super().__init__(orientation)
        self.named: Callable[[float, float, int], Ticks] = lambda _low, _high, _most: []

    def ticks(self, low: float, high: float, most: int) -> Ticks:
        return self.named(low, high, most)


def recolour(axis: Any, line: Any, grid: Any, text: Any) -> None:
    """Dress an axis in these colours, with its grid across the plot."""
    axis.setPen(pg.mkPen(line, width=1))
    axis.setTickPen(pg.mkPen(grid, width=1))
    axis.setTextPen(pg.mkPen(text))
    axis.setGrid(255)
