"""Kalshi candlesticks, of every generation, into kalshi.candlesticks.

Most pages are of one generation and sound: they are decoded whole (candle_pages). The others are
read here, candle by candle, with whatever forms each of them has.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from nbapanel.rows.candle_pages import CandleTime, add_whole
from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Row
from nbapanel.rows.prices import count_text, price_text
from nbapanel.rows.refusal import refuse
from nbapanel.rows.scalars import Ticker, TickerOrBlank, moment_of
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "a page of Kalshi candlesticks"

Plain = int | float | str | None


class AnyQuote(Struct, gc=False):
    open: Plain = None
    open_dollars: str | None = None
    high: Plain = None
    high_dollars: str | None = None
    low: Plain = None
    low_dollars: str | None = None
    close: Plain = None
    close_dollars: str | None = None


class AnyTrade(AnyQuote, gc=False):
    mean: Plain = None
    mean_dollars: str | None = None
    previous: Plain = None
    previous_dollars: str | None = None


class AnyCandle(Struct, gc=False):
    end_period_ts: CandleTime
    price: AnyTrade | None = None
    yes_bid: AnyQuote | None = None
    yes_ask: AnyQuote | None = None
    volume: Plain = None
    volume_fp: str | None = None
    open_interest: Plain = None
    open_interest_fp: str | None = None


class _MarketPieces(Struct):
    market_ticker: Ticker
    candlesticks: list[Raw]


class _Envelope(Struct):
    markets: list[Raw] | UnsetType = UNSET
    candlesticks: list[Raw] | UnsetType = UNSET
    ticker: TickerOrBlank | None = None


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_MARKET = msgspec.json.Decoder(_MarketPieces)
_CANDLES = ItemReader(AnyCandle, rb'"end_period_ts"\s*:\s*"?(-?[0-9]{1,19})')


def parse_candlesticks(
    parts: Sequence[bytes],
    *,
    source_key: str,
    source_file_id: int,
    period_interval_min: int = 1,
    most_items: int = MOST_ITEMS,
) -> Parsed:
    """Pages of one market, or of a batch of markets, into rows of models.CANDLESTICKS.

    The columns of type numeric hold decimal TEXT ("0.5600"), checked: COPY wants text, and Decimal
    would cost more than all the rest. A page that names no ticker is of the market `source_key`.
    A candle that repeats a market's period replaces the earlier one and is counted. Prices NULL
    (no trade, no quote) are normal. Raises PayloadRefused.
    """
    harvest = Harvest(_WHAT, most_items)
    for number, body in enumerate(parts, 1):
        harvest.admit_body(number, body)
        taken = add_whole(
            body,
            harvest,
            page=number,
            source_key=source_key,
            source_file_id=source_file_id,
            interval_min=period_interval_min,
        )
        if not taken:
            page = _Page(body, number, len(parts) > 1)
            _read_pieces(page, harvest, source_key, source_file_id, period_interval_min)
    return harvest.parsed()


@dataclass(frozen=True, slots=True)
class _Page:
    body: bytes
    number: int
    is_one_of_many: bool

    def place(self, text: str) -> str:
        return f"page {self.number}, {text}" if self.is_one_of_many else text


def _read_pieces(
    page: _Page, into: Harvest, source_key: str, source_file_id: int, interval_min: int
) -> None:
    envelope = split(_ENVELOPE, page.body, what=_WHAT, page=page.number)
    if envelope.markets is not UNSET:
        into.admit_items(page.number, len(envelope.markets))
        for index, piece in enumerate(envelope.markets):
            place = page.place(f"markets[{index}]")
            try:
                market = _MARKET.decode(piece)
            except (msgspec.DecodeError, RecursionError) as error:
                into.set_aside(place, str(error))
                continue
            into.admit_items(page.number, len(market.candlesticks))
            build = _builder(market.market_ticker, source_file_id, interval_min)
            place = f"{place} {market.market_ticker}, candlesticks"
            _CANDLES.read(market.candlesticks, build, into, place)
    elif envelope.candlesticks is not UNSET:
        into.admit_items(page.number, len(envelope.candlesticks))
        build = _builder(envelope.ticker or source_key, source_file_id, interval_min)
        _CANDLES.read(envelope.candlesticks, build, into, page.place("candlesticks"))
    else:
        reason = "it has neither `markets` nor `candlesticks`"
        raise refuse(_WHAT, page.number, page.body, reason)


def _builder(ticker: str, source_file_id: int, interval_min: int) -> Build[AnyCandle]:
    def build(candle: AnyCandle, _raw: str | None) -> tuple[Hashable, Row]:
        price = candle.price or AnyTrade()
        return (ticker, candle.end_period_ts), (
            ticker,
            interval_min,
            moment_of(candle.end_period_ts),
            *_quote_columns(price),
            price_text(price.mean_dollars, price.mean),
            price_text(price.previous_dollars, price.previous),
            *_quote_columns(candle.yes_bid),
            *_quote_columns(candle.yes_ask),
            count_text(candle.volume_fp, candle.volume),
            count_text(candle.open_interest_fp, candle.open_interest),
            source_file_id,
        )

    return build


def _quote_columns(quote: AnyQuote | None) -> tuple[str | None, ...]:
    """Open, high, low, close."""
    if quote is None:
        return (None,) * 4
    return (
        price_text(quote.open_dollars, quote.open),
        price_text(quote.high_dollars, quote.high),
        price_text(quote.low_dollars, quote.low),
        price_text(quote.close_dollars, quote.close),
    )
