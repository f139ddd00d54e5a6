"""Which stretch of time a chart shows, and where its axes have ticks. Pure: no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from nbapanel.clock import EASTERN

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_CLOCK_STEPS = (1, 5, 10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200)
_DAY_STEPS = (1, 2, 4, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_SEASON_MONTH = 10
_YOUNG_S = 6 * 3_600.0


class Range(StrEnum):
    """How far back a chart looks, shortest first."""

    DAY = "24 h"
    WEEK = "7 d"
    MONTH = "30 d"
    SEASON = "Season"
    ALL = "All"

    def since(self, now: datetime) -> datetime | None:
        """Its beginning (`now` aware), on the hour so that asking again is the same question."""
        if self is Range.ALL:
            return None
        if self is Range.SEASON:
            day = now.astimezone(EASTERN)
            year = day.year if day.month >= _SEASON_MONTH else day.year - 1
            return datetime(year, _SEASON_MONTH, 1, tzinfo=EASTERN).astimezone(now.tzinfo)
        days = {Range.DAY: 1, Range.WEEK: 7, Range.MONTH: 30}[self]
        return (now - timedelta(days=days)).replace(minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`, in seconds since 1970 UTC."""

    first: float
    last: float

    @property
    def seconds(self) -> float:
        return self.last - self.first


def holding(moment: float, now: datetime) -> Range:
    """The shortest range that reaches back to this moment (seconds since 1970 UTC)."""
    for found in Range:
        since = found.since(now)
        if since is None or since.timestamp() <= moment:
            return found
    return Range.ALL


def fitting(first: float, now: datetime) -> Range:
    """The range to begin with for a log whose first moment of the last 30 days is `first`."""
    if now.timestamp() - first < _YOUNG_S:
        return Range.ALL  # a day would show it as one stroke at its edge
    return holding(first, now)


def number_ticks(low: float, high: float, most: int) -> tuple[float, list[float]]:
    """Round numbers between the two, at most about `most`: (their distance, the numbers)."""
    if not high > low:
        return 1.0, []
    rough = (high - low) / max(most, 1)
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return step, [number * step for number in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Numbers to mark on a logarithmic axis between two exponents of ten."""
    exponents = range(math.floor(low), math.ceil(high) + 1)
    every = max(1, math.ceil((high - low) / max(most, 1)))
    factors = (1, 2, 5) if (high - low) * 3 <= most else (1,)
    numbers = [
        factor * 10.0**exponent
        for exponent in exponents
        if exponent % every == 0
        for factor in factors
    ]
    return [number for number in numbers if low <= math.log10(number) <= high]


def time_ticks(span: Span, most: int, zone: tzinfo | None = None) -> list[tuple[float, str]]:
    """Moments to mark and their words, in local time (or that of `zone`): at most about `most`."""
    rough = max(span.seconds, 1.0) / max(most, 1)
    clock = next((step for step in _CLOCK_STEPS if step >= rough), None)
    days = next((step for step in _DAY_STEPS if step * _DAY >= rough), None)
    if clock is not None:
        moments, words = _by_clock(span, clock, zone), _clock_words
    elif days is not None:
        moments, words = _by_days(span, days, zone), _day_words
    else:
        months = next((m for m in _MONTH_STEPS if m * 30.4 * _DAY >= rough), _MONTH_STEPS[-1])
        moments, words = _by_months(span, months, zone), _month_words
    found: dict[float, str] = {}
    for moment in moments:
        at = _seconds(moment, zone)
        exists = local(at, zone).replace(tzinfo=None) == moment
        if exists and span.first <= at <= span.last:
            found.setdefault(at, words(moment))
    return sorted(found.items())


def local(at: float, zone: tzinfo | None = None) -> datetime:
    """The moment as local time, aware; `zone` stands in for the machine's."""
    return datetime.fromtimestamp(at, zone) if zone else datetime.fromtimestamp(at).astimezone()


def zone_words(at: float, zone: tzinfo | None = None) -> str:
    """As in "UTC+01:00": the offset in force at that moment."""
    return f"UTC{local(at, zone).isoformat()[-6:]}"


def day_words(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def _by_clock(span: Span, step: int, zone: tzinfo | None) -> Iterator[datetime]:
    """Every `step` seconds of the wall clock: in the hour that a change of time skips there are
    none, and what would come twice is given once."""
    midnight = local(span.first, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight.replace(tzinfo=None)
    if step <= _HOUR:
        start = local(span.first, zone).replace(tzinfo=None)
        moment += timedelta(seconds=(start - moment).total_seconds() // step * step)
    while _seconds(moment, zone) <= span.last:
        yield moment
        moment += timedelta(seconds=step)


def _by_days(span: Span, step: int, zone: tzinfo | None) -> Iterator[datetime]:
    first = local(span.first, zone).replace(tzinfo=None)
    day = datetime(first.year, first.month, first.day)
    day -= timedelta(days=(day.toordinal() - 1) % step)  # weeks begin on Monday
    while _seconds(day, zone) <= span.last:
        yield day
        day += timedelta(days=step)


def _by_months(span: Span, step: int, zone: tzinfo | None) -> Iterator[datetime]:
    first = local(span.first, zone)
    month = first.year * 12 + (first.month - 1)
    month -= month % step
    while _seconds(day := datetime(month // 12, month % 12 + 1, 1), zone) <= span.last:
        yield day
        month += step


def _seconds(naive: datetime, zone: tzinfo | None) -> float:
    return (naive.replace(tzinfo=zone) if zone else naive).timestamp()


def _clock_words(moment: datetime) -> str:
    if not (moment.hour or moment.minute or moment.second):
        return day_words(moment)
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment:%H:%M}"


def _day_words(moment: datetime) -> str:
    return day_words(moment)


def _month_words(moment: datetime) -> str:
    return f"{moment:%b %Y}" if moment.month == 1 else f"{moment:%b}"
