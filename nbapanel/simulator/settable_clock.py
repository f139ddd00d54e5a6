"""The simulator's clock: stands still, runs fast, and can be set while it serves."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from nbapanel.clock import LeagueClock, SystemClock
from nbapanel.errors import UsageError

_RATE = re.compile(r"(\d+(?:\.\d+)?)x")


class SettableClock:
    """A LeagueClock that may be exchanged for one that starts elsewhere, at the same rate."""

    def __init__(self, start: datetime, rate: float = 0.0) -> None:
        self._clock = LeagueClock(start, rate)

    @property
    def start(self) -> datetime:
        return self._clock.start

    @property
    def rate(self) -> float:
        return self._clock.rate

    def now(self) -> datetime:
        return self._clock.now()

    def set(self, moment: datetime) -> None:
        self._clock = LeagueClock(moment.astimezone(UTC), self._clock.rate)

    def advance(self, seconds: float) -> None:
        self.set(self.now() + timedelta(seconds=seconds))


def parse_clock(text: str) -> tuple[datetime | None, float]:
    """ "fixed", "live", "60x" or an ISO time: where it starts (None: by default) and its rate."""
    if text == "fixed":
        return None, 0.0
    if text == "live":
        return SystemClock().now(), 1.0
    rate = _RATE.fullmatch(text)
    if rate is not None:
        return None, float(rate[1])
    return parse_moment(text), 0.0


def parse_moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} is no time for the clock.",
            str(error),
            "Known: fixed, live, a rate such as 60x, or a time such as 2026-01-16T03:30:00Z.",
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
