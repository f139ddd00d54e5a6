"""Where values stand on a logarithmic axis, and which of them are marked. Nothing is drawn here."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

_ROOM = 1.6


@dataclass(frozen=True, slots=True)
class LogAxis:
    """From `low` at `start` to `high` at `end`, in pixels; both values positive."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)

    @property
    def decades(self) -> list[float]:
        """The powers of ten on it."""
        first = math.ceil(math.log10(self.low) - 1e-9)
        last = math.floor(math.log10(self.high) + 1e-9)
        return [10.0**power for power in range(first, last + 1)]


def span_of(values: Iterable[float]) -> tuple[float, float]:
    """What an axis of these values begins and ends with: some room around them, and a decade."""
    held = list(values)
    low, high = min(held) / _ROOM, max(held) * _ROOM
    decade = 10.0 ** round(math.log10(math.sqrt(low * high)))
    return min(low, decade), max(high, decade)


def apart(wanted: tuple[float, float], least: float) -> tuple[float, float]:
    """Both places, moved from each other until they are `least` apart; their order stays."""
    first, second = wanted
    lacking = least - abs(second - first)
    if lacking <= 0:
        return wanted
    step = lacking / 2 if second >= first else -lacking / 2
    return first - step, second + step
