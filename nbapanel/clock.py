"""What time it is, for the feeds and for the window of days. Durations never come from here.

The live feeds run on the machine's clock. A simulated league has a clock of its own, which may
stand still or run fast; whoever asks for "yesterday" must ask that one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

EASTERN = ZoneInfo("America/New_York")


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LeagueClock:
    """Starts at `start` (aware) and runs `rate` times as fast as real time; rate 0 stands still."""

    start: datetime
    rate: float = 0.0
    _born: float = field(default_factory=time.monotonic)

    def now(self) -> datetime:
        if not self.rate:
            return self.start
        return self.start + timedelta(seconds=(time.monotonic() - self._born) * self.rate)


def eastern_date(moment: datetime) -> date:
    """The US Eastern calendar day, by which the league dates its games (`moment` aware)."""
    return moment.astimezone(EASTERN).date()


def eastern_midnight(day: date) -> datetime:
    """The moment at which that US Eastern day begins, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=EASTERN).astimezone(UTC)
