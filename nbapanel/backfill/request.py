"""What a backfill is asked to bring: which seasons, in which lanes. Nothing is opened here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from nbapanel.clock import eastern_date
from nbapanel.errors import UsageError
from nbapanel.steps.resources import Window

_LABEL = re.compile(r"(\d{4})-(\d{2})")
_FIRST_YEAR, _LAST_YEAR = 1946, 2199
_OF_THEIR_OWN = {
    2019: (date(2019, 9, 30), date(2020, 10, 12)),
    2020: (date(2020, 12, 11), date(2021, 7, 21)),
}
"""Seasons that began or ended months later than the others."""


@dataclass(frozen=True, slots=True)
class BackfillRequest:
    """`most_games`: at most so many units of each lane, the earliest; None: all of them."""

    seasons: tuple[str, ...]
    lanes: tuple[str, ...]
    most_games: int | None = None
    force: bool = False


def season_window(label: str, now: datetime) -> Window:
    """The US Eastern days of a season ("2023-24"), as far as they lie in the past.

    Raises UsageError for what is no season, or one that has not begun.
    """
    matched = _LABEL.fullmatch(label)
    year = int(matched[1]) if matched else 0
    if matched is None or int(matched[2]) != (year + 1) % 100:
        raise UsageError(f"{label!r} is not a season.", hint="Example: --season 2023-24")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise UsageError(f"The league played no season {label}.", hint="The first was 1946-47.")
    first, last = _OF_THEIR_OWN.get(year, (date(year, 9, 30), date(year + 1, 6, 30)))
    today = eastern_date(now)
    if first > today:
        raise UsageError(f"The season {label} has not begun.", f"It is {today} in the league.")
    return Window(first, min(last, today))


def windows_of(seasons: Iterable[str], now: datetime) -> dict[str, Window]:
    """By label, the days of each season, the earliest first."""
    return {label: season_window(label, now) for label in sorted(set(seasons))}
