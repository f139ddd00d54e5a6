"""The season's fixtures: days, tip-offs and the odd ones among them; nothing that is played."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property

from nbapanel.clock import EASTERN
from nbapanel.simulator.dealing import deal
from nbapanel.simulator.draws import draws
from nbapanel.simulator.pairings import Pairing, season_pairings
from nbapanel.simulator.season_days import MOST, SeasonDays
from nbapanel.simulator.teams import NEUTRAL_VENUES, Team, Venue

_MONTHS = "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
SERIES = "KXNBAGAME"
FIRST_MAKEUP = 5001
_FIRST_EVENT, _EVENTS_A_SEASON = 401_810_000, 10_000
_SHOWCASE_TIPS = ("19:00", "19:30", "20:00", "21:00", "22:00", "22:30", "22:30")
_TIPS_BY_ZONE = {
    0: ("19:00", "19:00", "19:30", "19:30", "20:00"),
    1: ("19:30", "20:00", "20:00", "20:30"),
    2: ("21:00", "21:00", "21:30", "22:00"),
    3: ("22:00", "22:00", "22:30", "22:30"),
}
_WEEKEND_TIPS = ("13:00", "15:30", "18:00", "18:30")


class Coverage(StrEnum):
    """Where the plays and probabilities of a game can be had."""

    FULL = "core and summary"
    NO_PROBABILITIES = "core plays and summary"
    SUMMARY_ONLY = "summary"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Fixture:
    """One event of the schedule. `day` is the US Eastern date; times are aware UTC."""

    event_id: str
    day: date
    tip_at: datetime
    home: Team
    away: Team
    neutral: Venue | None = None
    overtimes: int = 0
    coverage: Coverage = Coverage.FULL
    postponed_at: datetime | None = None
    listed_from: datetime | None = None  # a make-up game is in no schedule before that

    @property
    def venue(self) -> Venue:
        return self.neutral or self.home.venue

    @property
    def event_ticker(self) -> str:
        month = _MONTHS[3 * self.day.month - 3 : 3 * self.day.month]
        stamp = f"{self.day:%y}{month}{self.day:%d}"
        return f"{SERIES}-{stamp}{self.away.code}{self.home.code}"

    def ticker(self, side: int) -> str:
        """The market of a side, 0 = home."""
        return f"{self.event_ticker}-{(self.away if side else self.home).code}"

    def is_listed(self, now: datetime) -> bool:
        return self.listed_from is None or now >= self.listed_from


def event_number(event_id: str) -> int:
    """The number of an event within its season, from 1; make-up games from FIRST_MAKEUP."""
    return (int(event_id) - _FIRST_EVENT) % _EVENTS_A_SEASON


# What befalls a game, each with its probability; else 0 overtimes and full coverage.
_OVERTIMES = ((0.007, 2), (0.041, 1), (1.0, 0))
_COVERAGE = (
    (0.01, Coverage.SUMMARY_ONLY),
    (0.01, Coverage.NO_PROBABILITIES),
    (1.0, Coverage.FULL),
)


class Schedule:
    """All fixtures of one season of one seed, found by day, event and market ticker."""

    def __init__(self, seed: int, start_year: int) -> None:
        self.seed = seed
        self.days = SeasonDays(start_year)
        stream = draws(seed, start_year, "schedule")
        dealt = deal(season_pairings(stream), self.days, stream)
        self.fixtures = _with_makeups(self._regular(dealt), self)

    @cached_property
    def by_event(self) -> dict[str, Fixture]:
        return {fixture.event_id: fixture for fixture in self.fixtures}

    @cached_property
    def by_day(self) -> dict[date, list[Fixture]]:
        days: dict[date, list[Fixture]] = defaultdict(list)
        for fixture in sorted(self.fixtures, key=lambda one: (one.tip_at, one.event_id)):
            days[fixture.day].append(fixture)
        return dict(days)

    @cached_property
    def by_ticker(self) -> dict[str, tuple[Fixture, int]]:
        return {one.ticker(side): (one, side) for one in self.fixtures for side in (0, 1)}

    def event_id(self, number: int) -> str:
        return str(_FIRST_EVENT + (self.days.start_year - 2025) * _EVENTS_A_SEASON + number)

    def _regular(self, dealt: dict[date, list[Pairing]]) -> list[Fixture]:
        timed = [
            (tip, day, home, away)
            for day, pairings in dealt.items()
            for (home, away), tip in self._tips(day, pairings)
        ]
        timed.sort(key=lambda one: (one[0], one[2].code))
        return [
            self._oddities(Fixture(self.event_id(number), day, tip, home, away))
            for number, (tip, day, home, away) in enumerate(timed, start=1)
        ]

    def _tips(self, day: date, pairings: Iterable[Pairing]) -> Iterable[tuple[Pairing, datetime]]:
        """Eastern tip-off times; on the showcase evening so that every state is on at half ten."""
        stream = draws(self.seed, "tips", day)
        ordered = sorted(pairings, key=lambda pair: (pair[0].zone, pair[0].code))
        neutral = self.days.neutral_sites.get(day)
        if neutral is not None:
            yield ordered.pop(0), _eastern(day, neutral.tip)
        for place, pair in enumerate(ordered):
            if day == self.days.showcase:
                tip = _SHOWCASE_TIPS[min(place, len(_SHOWCASE_TIPS) - 1)]
            elif day.weekday() >= 5 and stream.chance(0.35):
                tip = stream.pick(_WEEKEND_TIPS)
            else:
                tip = stream.pick(_TIPS_BY_ZONE[pair[0].zone])
            yield pair, _eastern(day, tip)

    def _oddities(self, fixture: Fixture) -> Fixture:
        """Overtime and coverage by chance; neutral sites by the calendar."""
        stream = draws(self.seed, fixture.event_id, "oddities")
        odd = replace(
            fixture,
            overtimes=stream.draw_from(_OVERTIMES),
            coverage=stream.draw_from(_COVERAGE),
        )
        site = self.days.neutral_sites.get(fixture.day)
        if site is not None and fixture.tip_at == _eastern(fixture.day, site.tip):
            odd = replace(odd, neutral=NEUTRAL_VENUES[site.venue])
        return odd


def _eastern(day: date, tip: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(tip), EASTERN).astimezone(UTC)


def _with_makeups(regular: list[Fixture], schedule: Schedule) -> tuple[Fixture, ...]:
    """Marks what the calendar asks for by day, and adds a new event for each postponed game."""
    by_day: dict[date, list[int]] = defaultdict(list)
    for place, fixture in enumerate(regular):
        by_day[fixture.day].append(place)
    fixtures = list(regular)

    def change(day: date, number: int, **what: object) -> Fixture:
        place = by_day[day][number]
        fixtures[place] = replace(fixtures[place], **what)  # type: ignore[arg-type]
        return fixtures[place]

    days = schedule.days
    change(days.forced_overtime, -1, overtimes=1)
    change(days.forced_summary, 1, coverage=Coverage.SUMMARY_ONLY, overtimes=0)
    change(days.forced_summary, 2, coverage=Coverage.NO_PROBABILITIES)
    for day in days.nowhere:
        change(day, 0, coverage=Coverage.NOWHERE)
    for number, day in enumerate(days.postponements):
        place = by_day[day][0]
        announced = fixtures[place].tip_at - timedelta(hours=4)
        lost = change(
            day, 0, postponed_at=announced, overtimes=0, coverage=Coverage.FULL, neutral=None
        )
        fixtures.append(_makeup(lost, fixtures, schedule, number))
    return tuple(fixtures)


def _makeup(lost: Fixture, fixtures: Sequence[Fixture], schedule: Schedule, number: int) -> Fixture:
    """The same teams on the first day, some weeks later, on which neither plays."""
    assert lost.postponed_at is not None
    busy = {one.day for one in fixtures if {one.home, one.away} & {lost.home, lost.away}}
    full = {day for day, games in Counter(one.day for one in fixtures).items() if games >= MOST}
    wanted = lost.day + timedelta(days=25)
    day = next(one for one in schedule.days.playing if one >= wanted and one not in busy | full)
    return Fixture(
        event_id=schedule.event_id(FIRST_MAKEUP + number),
        day=day,
        tip_at=_eastern(day, "19:00" if lost.home.zone < 2 else "21:00"),
        home=lost.home,
        away=lost.away,
        listed_from=lost.postponed_at + timedelta(days=2),
    )
