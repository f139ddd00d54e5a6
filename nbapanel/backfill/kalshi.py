"""The Kalshi lane of a backfill: the listing of the markets, then the candles of each event."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from nbapanel.backfill.stages import Asked, Keys, Stage, Unit, narrowed, not_loaded
from nbapanel.backfill.unit_context import UnitContext, named_step
from nbapanel.payload import SourceType
from nbapanel.source.kalshi import HOURLY_SUFFIX
from nbapanel.steps import kalshi_candlesticks, kalshi_markets
from nbapanel.steps.kalshi_candlesticks import MarketToFetch
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.statements import statement

_LISTING = "listing"
_CANDLES = (SourceType.KALSHI_CANDLESTICKS,)
_NEVER = datetime.max.replace(tzinfo=UTC)
_SETTLING = timedelta(hours=1)
"""What closed later than that ago may not be settled yet, and is left to the next refetch."""


async def _find_listing(asked: Asked) -> Sequence[Unit]:
    """One: it reaches from the first of the seasons to now."""
    return [Unit(_LISTING, None)]


async def _narrow_listing(asked: Asked, _: Keys) -> Resources:
    """All that there is of markets and not loaded: told to the database already, or not yet."""
    pending = await asyncio.to_thread(asked.resources.archive.pending)
    keys = {m.source_key for m in pending if m.source_type is SourceType.KALSHI_MARKETS}
    async with asked.resources.database.connection() as connection:
        cursor = await connection.execute(
            statement("unloaded_keys"), {"source_type": SourceType.KALSHI_MARKETS.value}
        )
        keys |= {key for (key,) in await cursor.fetchall()}
    return narrowed(asked.resources, keys)


async def _fetch_listing(context: UnitContext, _: Keys) -> None:
    await kalshi_markets.fetch_markets(context)


async def _load_listing(context: UnitContext, _: Keys) -> None:
    await kalshi_markets.load_markets(context)
    await kalshi_candlesticks.link_markets(context)


async def _lacking_listing(_: Asked, __: Keys, ___: Mapping[str, str]) -> dict[str, str]:
    """Neither its fetch nor its load fails in part."""
    return {}


async def _find_events(asked: Asked) -> Sequence[Unit]:
    """The games whose markets closed, and whose candles are not held up to that."""
    await _link_once(asked)
    resources = replace(asked.resources, force=asked.request.force)
    markets = await kalshi_candlesticks.markets_to_fetch(resources)
    settled = resources.clock.now() - _SETTLING
    found = [
        both
        for both in kalshi_candlesticks.by_event(markets)
        if asked.holds(both[0].game_date) and all(_closed_before(m, settled) for m in both)
    ]
    found.sort(key=_played_in_order)
    return [Unit(both[0].event_ticker, both[0].game_date) for both in found]


def _closed_before(market: MarketToFetch, moment: datetime) -> bool:
    return market.close_time is not None and market.close_time <= moment


def _played_in_order(both: Sequence[MarketToFetch]) -> tuple[date, datetime, str]:
    """As ESPN's games are taken, so that the first so many are the same in both lanes."""
    first = both[0]
    return first.game_date, first.event_date or _NEVER, first.competition_id or first.ticker


async def _link_once(asked: Asked) -> None:
    """The scoreboards may have come after the listing."""
    await kalshi_candlesticks.link_markets(UnitContext(asked.resources, MARKETS.step))


async def _narrow_events(asked: Asked, keys: Keys) -> Resources:
    async with asked.resources.database.connection() as connection:
        cursor = await connection.execute(statement("tickers_of_events"), {"events": list(keys)})
        tickers = [ticker for (ticker,) in await cursor.fetchall()]
    payloads = {*keys, *tickers, *(ticker + HOURLY_SUFFIX for ticker in tickers)}
    resources = narrowed(asked.resources, payloads)
    return replace(resources, market_events=tuple(keys), force=asked.request.force)


async def _fetch_events(context: UnitContext, _: Keys) -> None:
    markets = await kalshi_candlesticks.markets_to_fetch(context.resources)
    await kalshi_candlesticks.fetch_candles(context, kalshi_candlesticks.by_event(markets))


async def _load_events(context: UnitContext, _: Keys) -> None:
    await kalshi_candlesticks.load_candles(context)


async def _fetch_hours(context: UnitContext, _: Keys) -> None:
    await kalshi_candlesticks.fetch_hourly(context)


async def _lacking_events(asked: Asked, keys: Keys, told: Mapping[str, str]) -> dict[str, str]:
    resources = replace(await _narrow_events(asked, keys), force=False)
    markets = await kalshi_candlesticks.markets_to_fetch(resources)
    lacking = {market.event_ticker: "Kalshi did not give all of it" for market in markets}
    for key, reason in (await not_loaded(resources, _CANDLES) | dict(told)).items():
        lacking[_event_of(key, keys)] = reason
    return {key: lacking[key] for key in keys if key in lacking}


def _event_of(payload_key: str, events: Keys) -> str:
    """A ticker is that of its event and a team: "KXNBAGAME-26JAN15UTANYK-NYK"."""
    return next((one for one in events if payload_key.startswith(one)), payload_key)


MARKETS = Stage(
    name="kalshi_markets",
    lanes=("kalshi",),
    phase="discover",
    at_once=1,
    step=named_step("backfill_kalshi_markets", "Backfill markets", "Kalshi"),
    find=_find_listing,
    narrow=_narrow_listing,
    fetch=_fetch_listing,
    load=_load_listing,
    lacking=_lacking_listing,
)

EVENTS = Stage(
    name="kalshi_events",
    lanes=("kalshi",),
    phase="work",
    at_once=6,
    step=named_step("backfill_kalshi_events", "Backfill candlesticks", "Kalshi"),
    find=_find_events,
    narrow=_narrow_events,
    fetch=_fetch_events,
    load=_load_events,
    lacking=_lacking_events,
    fetch_more=_fetch_hours,
)
