"""Single values of the feeds: numbers that fit their column, times, clocks, ids cut from links."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from nbapanel.rows.refusal import OddValue

MAX_INT4: Final = 2**31 - 1
MAX_INT8: Final = 2**63 - 1
MOST_POINTS: Final = 999
"""A side has scored 186, of all games ever played."""

MOST_PERIODS: Final = 50
"""A game has had 10, six overtimes among them. Time is counted from it, in whole seconds."""

FIRST_YEAR, LAST_YEAR = 1900, 2200
_LONGEST_PERIOD_S: Final = 720.0
_LONGEST_CLOCK_CHARS: Final = 40
_NOISE: Final = 1e-6
_SHOWN_CHARS: Final = 40

Int4 = Annotated[int, Meta(ge=-(2**31), le=MAX_INT4)]
Count = Annotated[int, Meta(ge=0, le=MAX_INT4)]
Score = Annotated[int, Meta(ge=0, le=MOST_POINTS)]
PeriodNumber = Annotated[int, Meta(ge=0, le=MOST_PERIODS)]
_TICKER = r"[A-Za-z0-9][A-Za-z0-9._-]*"
Ticker = Annotated[str, Meta(min_length=1, max_length=100, pattern=rf"^{_TICKER}\Z")]
"""A name that is asked for again, as a part of a URL, and that the archive keeps things under."""

TickerOrBlank = Annotated[str, Meta(max_length=100, pattern=rf"^(?:{_TICKER})?\Z")]

Id = (
    Annotated[str, Meta(min_length=1, max_length=18, pattern=r"^[0-9]+\Z")]
    | Annotated[int, Meta(ge=0, lt=10**18)]
)
"""An id that a row is found by and asked for again: text in these feeds, but a number would do."""

ClockSeconds = Annotated[float, Meta(ge=0.0, le=_LONGEST_PERIOD_S)]

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_CLOCK = re.compile(r"(?:([0-9]{1,3}):)?([0-9]{1,3}(?:\.[0-9]{1,6})?)")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,18}(?:Z|[+-][0-9]{2}:?[0-9]{2})")


def shown(value: object) -> str:
    """A value as it can be shown in a sentence: quoted, escaped, and not too long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def integer(value: str | int, what: str, *, low: int = 0, high: int = MAX_INT4) -> int:
    """A whole number that the feed gives as text, or as a number; within low..high."""
    if isinstance(value, str):
        if not _INTEGER.fullmatch(value):
            raise OddValue(f"{what} is {shown(value)}, not a whole number")
        value = int(value)
    if not low <= value <= high:
        raise OddValue(f"{what} is {shown(value)}, not within {low}..{high}")
    return value


def share(value: float, what: str) -> float:
    """A probability 0..1. Binary noise outside is cut off; anything else, 0..100 too, is odd."""
    if 0.0 <= value <= 1.0:
        return value + 0.0  # no minus zero
    if -_NOISE <= value <= 1.0 + _NOISE:
        return 0.0 if value < 0.0 else 1.0
    raise OddValue(f"{what} is {value!r}, not within 0..1")


def optional_share(value: float | None, what: str) -> float | None:
    return None if value is None else share(value, what)


@lru_cache(maxsize=8192)
def moment(text: str) -> datetime:
    """A time with a zone as aware UTC: "2023-11-09T04:10Z", with or without seconds and fraction.

    Odd: no zone, no such day, a year before 1900 (the zero time of Go is 0001-01-01T00:00:00Z) or
    after 2200 (what is reckoned from such a time would soon be past what a time can be).
    """
    if not _TIME.fullmatch(text):
        raise OddValue(f"the time {shown(text)} cannot be read")
    try:
        utc = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise OddValue(f"the time {shown(text)} cannot be read") from error
    if utc.year < FIRST_YEAR:
        raise OddValue(f"the time {text} is before {FIRST_YEAR}")
    if utc.year > LAST_YEAR:
        raise OddValue(f"the time {text} is after {LAST_YEAR}")
    return utc


def optional_moment(text: str | None) -> datetime | None:
    """The same; None where the feed gives none, or a blank."""
    return moment(text) if text else None


@lru_cache(maxsize=4_096)
def moment_of(unix_s: int) -> datetime:
    """The time so many seconds after 1970, as aware UTC. Whole minutes come again and again."""
    return datetime.fromtimestamp(unix_s, UTC)


def without_sign(value: float | None) -> float | None:
    """The same; minus zero, which a table would show as such, is zero."""
    return None if value is None else value + 0.0


@lru_cache(maxsize=4096)
def clock_seconds(display: str) -> float | None:
    """A game clock's display in seconds: "8:41", "53.1" (under a minute); None if it is blank."""
    if len(display) > _LONGEST_CLOCK_CHARS:  # nor is it to be remembered
        raise OddValue(f"the clock shows {shown(display)}")
    if not display.strip():
        return None
    match = _CLOCK.fullmatch(display)
    if match is None or (match[1] and float(match[2]) >= 60):
        raise OddValue(f"the clock shows {shown(display)}")
    seconds = int(match[1] or 0) * 60 + float(match[2])
    if seconds > _LONGEST_PERIOD_S:
        raise OddValue(f"the clock shows {shown(display)}")
    return seconds


_PLAY_REF = re.compile(r"/plays/([0-9]{1,19})(?![0-9])")
_TEAM_REF = re.compile(r"/teams/([0-9]{1,19})(?![0-9])")


def play_id_of(ref: str | None) -> int | None:
    """The play's id out of a link to it; None where there is none."""
    found = _PLAY_REF.search(ref) if ref else None
    play_id = int(found[1]) if found else None
    return play_id if play_id is not None and play_id <= MAX_INT8 else None


def team_id_of(ref: str | None) -> str | None:
    """The team's id out of a link to it; None where there is none."""
    found = _TEAM_REF.search(ref) if ref else None
    return found[1] if found else None
