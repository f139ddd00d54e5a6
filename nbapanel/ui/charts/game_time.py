"""Periods and the clock of a game from the seconds played. Pure: no Qt."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

_QUARTER_S, _OVERTIME_S, _QUARTERS = 720.0, 300.0, 4
_MARKS_S = (540.0, 360.0, 180.0)


@dataclass(frozen=True, slots=True)
class Periods:
    """`ends[n]`: seconds played when period n ends; four quarters at least."""

    ends: tuple[float, ...]

    @classmethod
    def of(cls, known: Sequence[float], played_s: float) -> Periods:
        """The periods that are known, and as many more of the usual length as were begun."""
        ends = sorted({float(end) for end in known if end > 0})
        while len(ends) < _QUARTERS or ends[-1] < played_s:
            length = _QUARTER_S if len(ends) < _QUARTERS else _OVERTIME_S
            ends.append((ends[-1] if ends else 0.0) + length)
        return cls(tuple(ends))

    @property
    def last(self) -> float:
        return self.ends[-1]

    def name(self, number: int) -> str:
        return f"Q{number + 1}" if number < _QUARTERS else f"OT{number - _QUARTERS + 1}"

    def start(self, number: int) -> float:
        return self.ends[number - 1] if number else 0.0

    def number_at(self, elapsed_s: float) -> int:
        """The moment at which a period ends is still its own."""
        return min(bisect.bisect_left(self.ends, elapsed_s), len(self.ends) - 1)

    def clock(self, elapsed_s: float) -> str:
        """What the game's clock showed, as in "4:12"."""
        left = max(0.0, self.ends[self.number_at(elapsed_s)] - elapsed_s)
        minutes, seconds = divmod(int(left + 0.5), 60)
        return f"{minutes}:{seconds:02}"

    def words(self, elapsed_s: float) -> str:
        """As in "Q3 4:12"."""
        return f"{self.name(self.number_at(elapsed_s))} {self.clock(elapsed_s)}"

    def marks(self, low: float, high: float, most: int) -> list[tuple[float, str]]:
        """Where an axis shows the clock, as it runs down: at 9, 6 and 3 minutes, or at 6 only."""
        wide = (high - low) / max(most, 1) <= 180.0
        chosen = _MARKS_S if wide else _MARKS_S[1:2]
        return [
            (end - left, f"{left / 60:.0f}:00")
            for number, end in enumerate(self.ends)
            for left in chosen
            if left < end - self.start(number) and low <= end - left <= high
        ]
