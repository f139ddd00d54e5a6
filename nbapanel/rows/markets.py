"""Kalshi market objects, of every generation, into kalshi.markets."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Row
from nbapanel.rows.prices import count_text, price_text
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import Ticker, TickerOrBlank, optional_moment, shown
from nbapanel.rows.tickers import parse_ticker
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "a list of Kalshi markets"
_ZERO_TIME = "0001-01-01"

Plain = int | float | str | None
"""A field without suffix: cents, or in some feeds text."""

Status = Annotated[str, Meta(min_length=1)]


class Market(Struct, gc=False):
    ticker: Ticker
    status: Status
    event_ticker: TickerOrBlank | None = None
    title: str | None = None
    subtitle: str | None = None
    yes_sub_title: str | None = None
    no_sub_title: str | None = None
    market_type: str | None = None
    result: str | None = None
    last_price: Plain = None
    last_price_dollars: str | None = None
    yes_bid: Plain = None
    yes_bid_dollars: str | None = None
    yes_ask: Plain = None
    yes_ask_dollars: str | None = None
    no_bid: Plain = None
    no_bid_dollars: str | None = None
    no_ask: Plain = None
    no_ask_dollars: str | None = None
    previous_price: Plain = None
    previous_price_dollars: str | None = None
    settlement_value: Plain = None
    settlement_value_dollars: str | None = None
    volume: Plain = None
    volume_fp: str | None = None
    volume_24h: Plain = None
    volume_24h_fp: str | None = None
    open_interest: Plain = None
    open_interest_fp: str | None = None
    open_time: str | None = None
    close_time: str | None = None
    expiration_time: str | None = None
    expected_expiration_time: str | None = None
    created_time: str | None = None
    settlement_ts: str | None = None
    rules_primary: str | None = None
    rules_secondary: str | None = None
    can_close_early: bool | None = None


class _Envelope(Struct):
    markets: list[Raw] | UnsetType = UNSET
    market: Raw = Raw()


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_READER = ItemReader(Market, rb'"ticker"\s*:\s*"([A-Za-z0-9._-]{1,100})"')


def parse_markets(
    parts: Sequence[bytes],
    *,
    fetched_at: datetime,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> Parsed:
    """Pages {"markets": [...]}, or {"market": {...}}, into rows of models.MARKETS.

    Prices are Decimal dollars 0..1 with four places. The columns of the game (game_date, the
    codes, side) come from the ticker alone and are NULL where it names no NBA game. Raises
    PayloadRefused.
    """
    harvest = Harvest(_WHAT, most_items)
    build = _builder(fetched_at, source_file_id)
    for page, body in enumerate(parts, 1):
        harvest.admit_body(page, body)
        envelope = split(_ENVELOPE, body, what=_WHAT, page=page)
        place = "markets" if len(parts) == 1 else f"page {page}, markets"
        if envelope.markets is not UNSET:
            pieces = envelope.markets
        elif len(envelope.market):
            pieces = [envelope.market]
        else:
            raise refuse(_WHAT, page, body, "it has neither `markets` nor `market`")
        harvest.admit_items(page, len(pieces))
        _READER.read(pieces, build, harvest, place, keep_raw=keep_raw)
    return harvest.parsed()


def _builder(fetched_at: datetime, source_file_id: int) -> Build[Market]:
    def build(market: Market, raw: str | None) -> tuple[Hashable, Row]:
        return market.ticker, (
            market.ticker,
            _event_ticker(market),
            market.title,
            market.subtitle,
            market.yes_sub_title,
            market.no_sub_title,
            market.market_type,
            market.status,
            market.result or None,
            *_price_columns(market),
            *_count_columns(market),
            *_time_columns(market),
            market.rules_primary,
            market.rules_secondary,
            market.can_close_early,
            *_game_columns(market.ticker),
            fetched_at,
            fetched_at,
            raw,
            source_file_id,
        )

    return build


def _event_ticker(market: Market) -> str:
    """The event's own, or what the market's ticker says before its last part."""
    of_ticker = market.ticker.rpartition("-")[0]
    event_ticker = market.event_ticker or of_ticker
    if not event_ticker:
        raise OddValue("the market names no event")
    if event_ticker != of_ticker and parse_ticker(market.ticker):
        # Candles are asked for event by event, of the two markets that a game has.
        raise OddValue(f"its event is {shown(event_ticker)}, not the one of its ticker")
    return event_ticker


def _price_columns(market: Market) -> tuple[Decimal | None, ...]:
    """From last_price to settlement_value."""
    return (
        _decimal(price_text(market.last_price_dollars, market.last_price)),
        _decimal(price_text(market.yes_bid_dollars, market.yes_bid)),
        _decimal(price_text(market.yes_ask_dollars, market.yes_ask)),
        _decimal(price_text(market.no_bid_dollars, market.no_bid)),
        _decimal(price_text(market.no_ask_dollars, market.no_ask)),
        _decimal(price_text(market.previous_price_dollars, market.previous_price)),
        _decimal(price_text(market.settlement_value_dollars, market.settlement_value)),
    )


def _count_columns(market: Market) -> tuple[Decimal | None, ...]:
    """volume, volume_24h, open_interest."""
    return (
        _decimal(count_text(market.volume_fp, market.volume)),
        _decimal(count_text(market.volume_24h_fp, market.volume_24h)),
        _decimal(count_text(market.open_interest_fp, market.open_interest)),
    )


def _time_columns(market: Market) -> tuple[datetime | None, ...]:
    """open, close, expiration, expected_expiration, created and settlement time."""
    return (
        _time(market.open_time),
        _time(market.close_time),
        _time(market.expiration_time),
        _time(market.expected_expiration_time),
        _time(market.created_time),
        _time(market.settlement_ts),
    )


def _game_columns(ticker: str) -> tuple[object, ...]:
    """game_date, away_code, home_code, team_code, side."""
    game = parse_ticker(ticker)
    if game is None:
        return (None,) * 5
    return game.game_date, game.away_code, game.home_code, game.team_code, game.side


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _time(text: str | None) -> datetime | None:
    """A time, NULL for the zero time that Go writes where there is none."""
    return None if text is None or text.startswith(_ZERO_TIME) else optional_moment(text)
