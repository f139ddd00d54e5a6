"""Candlesticks of games that began, up to the market's close; by the hour where none are finer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.engine.steps import Plan
from nbapanel.errors import UserFacingError
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.kalshi import parse_candlesticks
from nbapanel.rows.models import CANDLESTICKS, MARKETS
from nbapanel.settings import Settings
from nbapanel.source.answers import Absent, absence_of
from nbapanel.source.feeds import Feeds
from nbapanel.source.kalshi import HOURLY_SUFFIX
from nbapanel.steps.fetching import fetch_each, keep
from nbapanel.steps.kalshi_markets import mark_games_of
from nbapanel.steps.loading import (
    Contribution,
    Loader,
    Parse,
    ParsedFile,
    UnloadedFile,
    load_unloaded,
    register,
)
from nbapanel.steps.refresh_entries import logged
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged, mark_games
from nbapanel.warehouse.relations import SNAPSHOT_FEATURES
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

_LONGEST_GAME = timedelta(hours=8)
_UNLISTED_SPAN = timedelta(days=7)
_SETTLING = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class MarketToFetch:
    event_ticker: str
    ticker: str
    open_time: datetime | None
    close_time: datetime | None
    settlement_time: datetime | None
    event_date: datetime | None
    competition_id: str | None
    game_date: Any

    def span(self, now: datetime, before_start: timedelta) -> tuple[datetime, datetime]:
        """From when to when its candles are kept: so long before the game, until it closed."""
        # A minute that still runs has no candle yet, whatever the feed gives for it.
        ends = [now.replace(second=0, microsecond=0)]
        if self.close_time is not None:
            ends.append(self.close_time + _SETTLING)
        if self.event_date is not None:
            ends.append(self.event_date + _LONGEST_GAME)
            begin = self.event_date - before_start
        else:
            begin = min(ends) - _UNLISTED_SPAN
        if self.open_time is not None:
            begin = max(begin, self.open_time)
        return begin, max(min(ends), begin)


async def markets_to_fetch(resources: Resources) -> list[MarketToFetch]:
    return await _markets(
        resources,
        "candles_to_fetch",
        now=resources.clock.now(),
        games=resources.games_or_none,
        events=_events_or_none(resources),
        force=resources.force,
        first=resources.window.first,
        last=resources.window.last,
    )


async def _markets(resources: Resources, name: str, **about: Any) -> list[MarketToFetch]:
    async with (
        resources.database.connection() as connection,
        connection.cursor(row_factory=class_row(MarketToFetch)) as cursor,
    ):
        await cursor.execute(statement(name), about)
        return await cursor.fetchall()


def _events_or_none(resources: Resources) -> list[str] | None:
    return None if resources.market_events is None else list(resources.market_events)


def by_event(markets: Sequence[MarketToFetch]) -> list[list[MarketToFetch]]:
    return [list(both) for _, both in groupby(markets, key=lambda market: market.event_ticker)]


async def plan_candlesticks(resources: Resources) -> Plan:
    markets = await markets_to_fetch(resources)
    games = len(by_event(markets))
    return Plan(
        requests=games,
        units=games,
        rows=1_500 * len(markets),
        note="and games whose markets are still to be listed" if not games else "",
    )


async def fetch_and_load_candlesticks(context: Context) -> str:
    await link_markets(context)
    await register(context)
    offline = context.resources.offline
    games = [] if offline else by_event(await markets_to_fetch(context.resources))
    failure: UserFacingError | None = None
    try:
        await fetch_candles(context, games)
    except UserFacingError as error:
        failure = error
    told = await load_candles(context)
    if failure is not None:
        raise failure
    if not offline and await fetch_hourly(context):
        await load_candles(context)
    return f"{counted(len(games), 'game')}; {told}" if games else told


async def load_candles(context: Context) -> str:
    return await load_unloaded(context, _candle_loader(context))


async def link_markets(context: Context) -> None:
    """Note the ESPN game of each market, and mark the games that gained or lost one."""
    async with (
        logged(context, MARKETS.name, kind="load", strategy="upsert") as entries,
        context.resources.database.connection() as connection,
        connection.transaction(),
    ):
        cursor = await connection.execute(statement("link_markets"))
        linked = await cursor.fetchall()
        games = {game for pair in linked for game in pair if game is not None}
        await mark_games(connection, [SNAPSHOT_FEATURES.name], games, context.run_id)
        if linked:
            await connection.execute(
                statement("relation_changed"), {"relation": MARKETS.name, "grown_by": 0}
            )
        entries.add(MARKETS.name, Merged(updated=len(linked)))


async def fetch_candles(context: Context, games: Sequence[list[MarketToFetch]]) -> None:
    """Fetch the candlesticks of these games, each with its two markets."""
    resources = context.resources
    feeds = resources.feeds.counted_by(context.fetched)
    now = resources.clock.now()
    cutoff = await _cutoff(feeds, games, now)
    before = timedelta(hours=resources.settings.candle_hours_before_start)

    async def fetch(markets: list[MarketToFetch]) -> None:
        begin = min(market.span(now, before)[0] for market in markets)
        end = max(market.span(now, before)[1] for market in markets)
        settled = [m.settlement_time for m in markets if m.settlement_time is not None]
        if cutoff is not None and settled and max(settled) < cutoff:
            for market in markets:
                got = await feeds.kalshi.historical_candlesticks(market.ticker, begin, end)
                await _keep_or_note(context, market.ticker, got)
            return
        tickers = [market.ticker for market in markets]
        got_all = await feeds.kalshi.candlesticks(markets[0].event_ticker, tickers, begin, end)
        if isinstance(got_all, Absent):
            await _keep_or_note(context, markets[0].event_ticker, got_all)
            return
        for payload in got_all:
            await keep(context, payload)

    await fetch_each(context, games, "games", fetch, lambda both: both[0].event_ticker)


async def _keep_or_note(context: Context, key: str, got: Payload | Absent) -> None:
    if isinstance(got, Absent):
        got = absence_of(SourceType.KALSHI_CANDLESTICKS, key, got)
    await keep(context, got)


async def _cutoff(
    feeds: Feeds, games: Sequence[list[MarketToFetch]], now: datetime
) -> datetime | None:
    """The historical cutoff, asked for only when something may lie behind it."""
    old = any(
        market.settlement_time is not None and market.settlement_time < now - timedelta(days=7)
        for both in games
        for market in both
    )
    cutoff = await feeds.kalshi.historical_cutoff() if old else None
    return cutoff if isinstance(cutoff, datetime) else None


async def fetch_hourly(context: Context) -> bool:
    """Ask for hourly candles of closed markets that have none a minute: old ones may not."""
    resources = context.resources
    now = resources.clock.now()
    bare = await _markets(
        resources,
        "markets_without_minutes",
        now=now,
        games=resources.games_or_none,
        events=_events_or_none(resources),
        suffix=HOURLY_SUFFIX,
    )
    feeds = resources.feeds.counted_by(context.fetched)
    before = timedelta(hours=resources.settings.candle_hours_before_start)

    async def fetch(market: MarketToFetch) -> None:
        begin, end = market.span(now, before)
        got = await feeds.kalshi.hourly_candlesticks(market.ticker, begin, end)
        await _keep_or_note(context, market.ticker + HOURLY_SUFFIX, got)

    if bare:
        await fetch_each(context, bare, "markets", fetch, lambda market: market.ticker)
    return bool(bare)


def _candle_loader(context: Context) -> Loader:
    async def prepare(_: AsyncConnection[Any], files: Sequence[UnloadedFile]) -> Parse:
        return partial(_parse_candlesticks, context.resources.settings)

    return Loader(
        source_types=(SourceType.KALSHI_CANDLESTICKS,),
        relations=(CANDLESTICKS,),
        prepare=prepare,
        afterwards=partial(_mark_changed_games, context.run_id),
        marks={CANDLESTICKS.name: "ticker"},
    )


def _parse_candlesticks(
    settings: Settings, file: UnloadedFile, payload: Payload
) -> Sequence[Contribution]:
    is_hourly = file.source_key.endswith(HOURLY_SUFFIX)
    parsed = parse_candlesticks(
        payload.parts,
        source_key=file.source_key.removesuffix(HOURLY_SUFFIX),
        source_file_id=file.source_file_id,
        period_interval_min=60 if is_hourly else 1,
        most_items=settings.most_items,
    )
    return [Contribution(CANDLESTICKS, parsed)]


async def _mark_changed_games(
    run_id: int,
    connection: AsyncConnection[Any],
    _: Sequence[ParsedFile],
    merged: dict[str, Merged],
) -> None:
    if CANDLESTICKS.name in merged:
        await mark_games_of(connection, merged[CANDLESTICKS.name].touched, run_id)
