"""Days of a generated season as payloads: what weeks of refetching would have archived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta

import msgspec

from nbapanel.archive import Archive
from nbapanel.clock import eastern_midnight
from nbapanel.payload import Payload, SourceType
from nbapanel.simulator.league import League
from nbapanel.simulator.schedule import Coverage, Fixture
from nbapanel.simulator.source import Page, Refusal, Window

SEED = 7
_WHOLE = Page(1, 1000)
_HOURS_BEFORE = 24
_SEEN_AFTER = timedelta(hours=38)


def is_covered(fixture: Fixture) -> bool:
    """Whether it is played, and has plays and probabilities in the core feed."""
    return fixture.coverage is Coverage.FULL and fixture.postponed_at is None


def first_days(league: League, games: int) -> list[date]:
    """The first days of the season that together hold so many covered games."""
    days: list[date] = []
    found = 0
    for day, fixtures in sorted(league.schedule.by_day.items()):
        if found >= games:
            break
        days.append(day)
        found += sum(map(is_covered, fixtures))
    return days


def games_of(league: League, days: Iterable[date]) -> int:
    return sum(len(league.schedule.by_day[day]) for day in days)


def fill(archive: Archive, league: League, days: Iterable[date]) -> None:
    for day in days:
        for payload in payloads(league, day):
            # Nothing waits to be told to a database: who loads this registers all of it.
            archive.settle([archive.put(payload).manifest])


def seen_at(day: date) -> datetime:
    """The next day's early afternoon: finals are corrected up to noon."""
    return eastern_midnight(day) + _SEEN_AFTER


def payloads(league: League, day: date) -> Iterator[Payload]:
    """What the refetch of the next day fetches of this day."""
    seen = seen_at(day)
    yield _payload(
        SourceType.ESPN_SCOREBOARD,
        day.isoformat(),
        lambda: league.scoreboard(day, 1000, seen),
        seen,
    )
    fixtures = league.fixtures(day, seen)
    # Not the key of a sweep: what another day's listing lacks is not gone.
    yield _payload(
        SourceType.KALSHI_MARKETS,
        f"KXNBAGAME.day-{day}",
        lambda: {"markets": _markets(league, fixtures, seen), "cursor": ""},
        seen,
    )
    for fixture in fixtures:
        if fixture.postponed_at is None:
            yield from _espn(league, fixture, seen)
            yield _candles(league, fixture, seen)


def _espn(league: League, fixture: Fixture, seen: datetime) -> Iterator[Payload]:
    event = fixture.event_id
    core = [
        _payload(
            SourceType.ESPN_PROBABILITIES,
            f"{event}:{event}",
            lambda: league.probabilities(event, event, _WHOLE, seen),
            seen,
        ),
        _payload(
            SourceType.ESPN_PLAYS,
            f"{event}:{event}",
            lambda: league.plays(event, event, _WHOLE, seen),
            seen,
        ),
    ]
    yield from core
    if any(payload.http_status >= 400 for payload in core):
        yield _payload(SourceType.ESPN_SUMMARY, event, lambda: league.summary(event, seen), seen)


def _candles(league: League, fixture: Fixture, seen: datetime) -> Payload:
    start = int((fixture.tip_at - timedelta(hours=_HOURS_BEFORE)).timestamp())
    window = Window(start, int(seen.timestamp()), 1)

    def both_markets() -> object:
        return {
            "markets": [
                {
                    "market_ticker": ticker,
                    "candlesticks": league.candlesticks(ticker, window, seen, historical=False),
                }
                for ticker in (fixture.ticker(0), fixture.ticker(1))
            ]
        }

    return _payload(SourceType.KALSHI_CANDLESTICKS, fixture.event_ticker, both_markets, seen)


def _markets(league: League, fixtures: Iterable[Fixture], seen: datetime) -> list[object]:
    return [
        league.market(fixture.ticker(side), seen, historical=False)
        for fixture in fixtures
        for side in (0, 1)
    ]


def _payload(kind: SourceType, key: str, answer: Callable[[], object], seen: datetime) -> Payload:
    try:
        status, content = 200, answer()
    except Refusal as refusal:
        status, content = refusal.status, refusal.body
    body = content if isinstance(content, bytes) else msgspec.json.encode(content)
    return Payload(kind, key, "bench:", (body,), seen, http_status=status)
