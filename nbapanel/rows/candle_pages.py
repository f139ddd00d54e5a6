"""The quick way through a page of candlesticks: decoded whole, where every candle is sound.

A page is taken only if all its prices stand on the grid of four places under the names of one
generation, or under the *_dollars names of one that has whole cents beside them (the dollars count;
a price in cents alone is not for here). Anything else is for candlesticks.py to read candle by
candle. No leniency here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from nbapanel.rows.harvest import Harvest
from nbapanel.rows.mending import has_nul
from nbapanel.rows.models import Row
from nbapanel.rows.prices import GRID, checked_count
from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import Ticker, TickerOrBlank, moment_of

CandleTime = Annotated[int, Meta(ge=0, le=7_289_654_399)]
"""Unix seconds, to the end of the year 2200 (milliseconds are beyond it)."""

# In the feed's own order: a struct is decoded faster when its fields come as it expects them.
_QUOTE = ("close", "high", "low", "open")
_TRADE = ("close", "high", "low", "mean", "open", "previous")


_HAS_TWIN = re.compile(rb'"close"\s*:')
_LOOK_FOR_TWIN = 4_000


class _Counts(dict[str | None, str | None]):
    """Counts that were checked: most minutes repeat the open interest, or trade nothing."""

    def __missing__(self, text: str) -> str:
        self[text] = checked = checked_count(text)
        return checked


def add_whole(
    body: bytes,
    into: Harvest,
    *,
    page: int,
    source_key: str,
    source_file_id: int,
    interval_min: int,
) -> bool:
    """Put a page's candles into the harvest, by (ticker, end_period_ts); False: it was not taken.

    The rows are of models.CANDLESTICKS.
    """
    if has_nul(body):
        return False
    in_dollars = b'_dollars"' in body
    has_twins = in_dollars and _HAS_TWIN.search(body, 0, _LOOK_FOR_TWIN) is not None
    decoder = _decoder("_dollars", "", has_twins) if in_dollars else _decoder("", "_dollars", False)
    rows: dict[Any, Row] = {}
    try:
        markets = _markets(decoder.decode(body), source_key)
        total = sum(len(candles) for _, candles in markets)
        into.admit_items(page, total)
        for ticker, candles in markets:
            if has_twins:
                _take_twins(candles)
            _add_rows(rows, ticker, candles, source_file_id, interval_min)
    except (ValueError, RecursionError):  # candlesticks.py finds out what it is
        return False
    into.absorb(rows, total)
    return True


def _markets(page: Any, source_key: str) -> Sequence[tuple[str, Any]]:
    if page.markets is not UNSET:
        return [(market.market_ticker, market.candlesticks) for market in page.markets]
    if page.candlesticks is not UNSET:
        return [(page.ticker or source_key, page.candlesticks)]
    raise OddValue("there are no candlesticks")


def _take_twins(candles: Any) -> None:
    """Take counts from where they stand; OddValue for a price that stands in cents alone."""
    for candle in candles:
        if candle.volume is None:
            candle.volume = _whole(candle.other_volume)
        if candle.open_interest is None:
            candle.open_interest = _whole(candle.other_open_interest)
        price = candle.price
        if (
            _is_in_cents_alone(price)
            or _is_in_cents_alone(candle.yes_bid)
            or _is_in_cents_alone(candle.yes_ask)
            or (price.mean is None and price.other_mean is not None)
            or (price.previous is None and price.other_previous is not None)
        ):
            raise OddValue("a price is given in cents alone")


def _is_in_cents_alone(quote: Any) -> bool:
    # Spelt out: a minute without trade is as common as one with, and this is asked of each.
    return (
        (quote.close is None and quote.other_close is not None)
        or (quote.open is None and quote.other_open is not None)
        or (quote.high is None and quote.other_high is not None)
        or (quote.low is None and quote.other_low is not None)
    )


def _whole(count: int | None) -> str | None:
    return None if count is None else str(count)


def _add_rows(
    rows: dict[Any, Row], ticker: str, candles: Any, source_file_id: int, interval_min: int
) -> None:
    count = _Counts({None: None})
    for candle in candles:
        ends = candle.end_period_ts
        price, bid, ask = candle.price, candle.yes_bid, candle.yes_ask
        rows[ticker, ends] = (
            ticker,
            interval_min,
            moment_of(ends),
            price.open,
            price.high,
            price.low,
            price.close,
            price.mean,
            price.previous,
            bid.open,
            bid.high,
            bid.low,
            bid.close,
            ask.open,
            ask.high,
            ask.low,
            ask.close,
            count[candle.volume],
            count[candle.open_interest],
            source_file_id,
        )


@cache
def _grid_price() -> Any:
    """The type of a price, or none: one of the grid's, of which there is one str each.

    As a Literal it is checked while it is decoded. Made once: making it takes some milliseconds.
    """
    return Literal[GRID] | None


@cache
def _decoder(suffix: str, other: str, has_twins: bool) -> msgspec.json.Decoder[Any]:
    """Of pages whose prices are named with `suffix`.

    Names with `other` must hold nothing, or where there are twins whole numbers.
    """
    fp, other_fp = ("_fp", "") if suffix else ("", "_fp")
    quote: Any = _shape("Quote", _QUOTE, suffix, other, has_twins)
    trade: Any = _shape("Trade", _TRADE, suffix, other, has_twins)
    twin: Any = int | None if has_twins else None
    candle: Any = msgspec.defstruct(
        "Candle",
        [
            ("end_period_ts", CandleTime),
            ("open_interest", str | None, None),
            ("price", trade, trade()),
            ("volume", str | None, None),
            ("yes_ask", quote, quote()),
            ("yes_bid", quote, quote()),
            ("other_open_interest", twin, None),
            ("other_volume", twin, None),
        ],
        rename={
            "open_interest": f"open_interest{fp}",
            "volume": f"volume{fp}",
            "other_open_interest": f"open_interest{other_fp}",
            "other_volume": f"volume{other_fp}",
        },
        gc=False,
    )
    market: Any = msgspec.defstruct(
        "Market", [("market_ticker", Ticker), ("candlesticks", list[candle])]
    )
    page = msgspec.defstruct(
        "Page",
        [
            ("markets", list[market] | UnsetType, UNSET),
            ("candlesticks", list[candle] | UnsetType, UNSET),
            ("ticker", TickerOrBlank | None, None),
        ],
    )
    return msgspec.json.Decoder(page)


def _shape(
    name: str, fields: tuple[str, ...], suffix: str, other: str, has_twins: bool
) -> type[msgspec.Struct]:
    """A struct of prices, read under their suffixed names."""
    price = _grid_price()
    given: list[Any] = [(field, price, None) for field in fields]
    twin: Any = int | None if has_twins else None
    barred: list[Any] = [(f"other_{field}", twin, None) for field in fields]
    names = {field: field + suffix for field in fields}
    names |= {f"other_{field}": field + other for field in fields}
    return msgspec.defstruct(name, given + barred, rename=names, frozen=True, gc=False)
