"""Which days of a season are played on, how full they are, and which of them are special."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from nbapanel.simulator.pairings import GAMES_IN_SEASON

_GAMES_BY_WEEKDAY = (7, 7, 9, 8, 9, 7, 7)
FEWEST, MOST = 5, 12


@dataclass(frozen=True, slots=True)
class NeutralSite:
    venue: int
    tip: str


def season_start_year(moment: datetime) -> int:
    """The year in which the season around `moment` began: August starts the next one."""
    return moment.year if moment.month >= 8 else moment.year - 1


def _first(day: date, weekday: int) -> date:
    """The first such weekday on or after `day`."""
    return day + timedelta(days=(weekday - day.weekday()) % 7)


class SeasonDays:
    def __init__(self, start_year: int) -> None:
        self.start_year = start_year
        self.opening = _first(date(start_year, 10, 19), 1)
        self.closing = _first(date(start_year + 1, 4, 9), 6)
        # The Thursday in mid-January whose evening is the demo's, and the week up to it.
        self.showcase = _first(date(start_year + 1, 1, 12), 3)
        self.forced_overtime = self.showcase - timedelta(days=2)
        self.forced_summary = self.showcase - timedelta(days=5)
        self.postponements = (
            _first(date(start_year, 12, 10), 2),
            self.showcase - timedelta(days=4),
        )
        self.nowhere = (self.opening + timedelta(days=20), self.opening + timedelta(days=140))
        self.neutral_sites = {
            _first(date(start_year, 11, 1), 5): NeutralSite(0, "17:00"),
            self.showcase: NeutralSite(1, "14:00"),
            self.showcase + timedelta(days=3): NeutralSite(2, "12:00"),
        }

    @cached_property
    def dark(self) -> frozenset[date]:
        """Thanksgiving, Christmas Eve and the All-Star break."""
        thanksgiving = _first(date(self.start_year, 11, 22), 3)
        all_star = _first(date(self.start_year + 1, 2, 15), 6) - timedelta(days=2)
        break_days = {all_star + timedelta(days=number) for number in range(6)}
        return frozenset({thanksgiving, date(self.start_year, 12, 24), *break_days})

    @cached_property
    def playing(self) -> tuple[date, ...]:
        length = (self.closing - self.opening).days + 1
        every = (self.opening + timedelta(days=number) for number in range(length))
        return tuple(day for day in every if day not in self.dark)

    def is_showcase_week(self, day: date) -> bool:
        return self.showcase - timedelta(days=6) <= day <= self.showcase

    @cached_property
    def capacities(self) -> dict[date, int]:
        """How many games each playing day has: 1,230 in all, the showcase week always full."""
        games = {day: _GAMES_BY_WEEKDAY[day.weekday()] for day in self.playing}
        games[date(self.start_year, 12, 25)] = FEWEST
        games[self.closing] = MOST
        kept = {date(self.start_year, 12, 25), self.closing}
        free = [day for day in self.playing if not (day in kept or self.is_showcase_week(day))]
        surplus = sum(games.values()) - GAMES_IN_SEASON
        step = 1 if surplus > 0 else -1
        stride = max(1, len(free) // max(1, abs(surplus)))
        turn = 0
        while surplus:
            day = free[(turn * stride + turn // len(free)) % len(free)]
            if FEWEST <= games[day] - step <= MOST:
                games[day] -= step
                surplus -= step
            turn += 1
        return games
