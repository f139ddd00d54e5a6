"""A generated season straight into an archive: what weeks of refetching would have left there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from nbapanel.archive import Archive
from nbapanel.payload import Payload, SourceType
from nbapanel.simulator.league import League
from nbapanel.simulator.schedule import Coverage, Fixture
from nbapanel.simulator.source import Page, Window

_WHOLE = Page(1, 1000)
_HOURS_BEFORE = 24
_SEEN_AFTER = timedelta(hours=20)


def played(league: League, games: int) -> list[Fixture]:
    """The first `games` games of the season that are played and fully covered."""
    fixtures = [
        one
        for one in sorted(league.schedule.fixtures, key=lambda f: (f.tip_at, f.event_id))
        if one.coverage is Coverage.FULL and one.postponed_at is None
    ]
    return fixtures[:games]


def fill(
    archive: Archive,
    league: League,
    fixtures: Sequence[Fixture],
    *,
    kinds: Sequence[SourceType] = tuple(SourceType),
    told: Callable[[int], None] | None = None,
) -> None:
    """Put the payloads of these games into the archive, as fetched the day after each game."""
    if SourceType.ESPN_SCOREBOARD in kinds:
        for day in sorted({fixture.day for fixture in fixtures}):
            last = max(f.tip_at for f in fixtures if f.day == day) + _SEEN_AFTER
            body = league.scoreboard(day, 1000, last)
            _put(archive, SourceType.ESPN_SCOREBOARD, day.isoformat(), body, last)
    if SourceType.KALSHI_MARKETS in kinds:
        for name, body, seen in _listings(league, fixtures):
            _put(archive, SourceType.KALSHI_MARKETS, name, body, seen)
    for number, fixture in enumerate(fixtures, 1):
        for kind, key, body in _of_game(league, fixture, kinds):
            _put(archive, kind, key, body, fixture.tip_at + _SEEN_AFTER)
        if told is not None:
            told(number)


def _of_game(
    league: League, fixture: Fixture, kinds: Sequence[SourceType]
) -> Iterator[tuple[SourceType, str, object]]:
    event, now = fixture.event_id, fixture.tip_at + _SEEN_AFTER
    if SourceType.ESPN_PROBABILITIES in kinds:
        items = league.probabilities(event, event, _WHOLE, now)
        yield SourceType.ESPN_PROBABILITIES, f"{event}:{event}", items
    if SourceType.ESPN_PLAYS in kinds:
        yield SourceType.ESPN_PLAYS, f"{event}:{event}", league.plays(event, event, _WHOLE, now)
    if SourceType.KALSHI_CANDLESTICKS in kinds:
        start = int((fixture.tip_at - timedelta(hours=_HOURS_BEFORE)).timestamp())
        window = Window(start, int(now.timestamp()), 1)
        markets = []
        for side in (0, 1):
            ticker = fixture.ticker(side)
            candles = league.candlesticks(ticker, window, now, historical=False)
            markets.append({"market_ticker": ticker, "candlesticks": candles})
        yield SourceType.KALSHI_CANDLESTICKS, fixture.event_ticker, {"markets": markets}


def _listings(
    league: League, fixtures: Sequence[Fixture]
) -> Iterator[tuple[str, object, datetime]]:
    for start in range(0, len(fixtures), 500):
        some = fixtures[start : start + 500]
        markets = []
        for fixture in some:
            now = fixture.tip_at + _SEEN_AFTER
            for side in (0, 1):
                markets.append(league.market(fixture.ticker(side), now, historical=False))
        # Not a sweep's key: what a later page lacks is not gone.
        yield f"KXNBAGAME.page-{start}", {"markets": markets, "cursor": ""}, now


def _put(archive: Archive, kind: SourceType, key: str, body: object, seen: datetime) -> None:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    archive.put(Payload(kind, key, "bench:", (raw,), seen))
