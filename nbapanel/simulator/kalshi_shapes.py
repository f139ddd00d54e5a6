"""Kalshi's candles in each format that the API has had; numbers in, JSON shapes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nbapanel.simulator.plan import Generation
from nbapanel.simulator.trading import Candle, Ohlc

Json = dict[str, Any]

DOLLARS = tuple(f"{cents / 100:.4f}" for cents in range(101))


def fixed_point(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def candle_shapes(candles: Sequence[Candle], generation: Generation) -> list[Json]:
    if generation is Generation.DOLLARS:
        return [_dollars(candle) for candle in candles]
    both = generation is Generation.BOTH
    return [_cents(candle, with_fixed_point=both) for candle in candles]


def historical_shapes(candles: Sequence[Candle]) -> list[Json]:
    return [_historical(candle) for candle in candles]


def _cents(candle: Candle, *, with_fixed_point: bool) -> Json:
    shape: Json = {
        "end_period_ts": candle.end_ts,
        "open_interest": candle.open_interest // 100,
        "price": _cents_price(candle),
        "volume": candle.volume // 100,
        "yes_ask": _cents_book(candle.ask),
        "yes_bid": _cents_book(candle.bid),
    }
    if with_fixed_point:
        shape["open_interest_fp"] = fixed_point(candle.open_interest)
        shape["volume_fp"] = fixed_point(candle.volume)
    return shape


def _cents_book(ohlc: Ohlc) -> Json:
    opened, high, low, closed = ohlc
    return {
        "close": closed,
        "close_dollars": DOLLARS[closed],
        "high": high,
        "high_dollars": DOLLARS[high],
        "low": low,
        "low_dollars": DOLLARS[low],
        "open": opened,
        "open_dollars": DOLLARS[opened],
    }


def _cents_price(candle: Candle) -> Json:
    """Without a trade all cents are null and their dollar twins absent."""
    price: Json = {"max": None, "min": None}
    if candle.trade is None:
        price |= {"close": None, "high": None, "low": None, "mean": None, "open": None}
    else:
        price |= _cents_book(candle.trade.ohlc)
        price["mean"] = (candle.trade.mean_bp + 50) // 100
        price["mean_dollars"] = f"{candle.trade.mean_bp / 10_000:.4f}"
    price["previous"] = candle.previous
    if candle.previous is not None:
        price["previous_dollars"] = DOLLARS[candle.previous]
    return price


def _dollars(candle: Candle) -> Json:
    """Without a trade only the previous price is told, and before the first not even that."""
    price: Json = {}
    if candle.trade is not None:
        price |= _dollars_book(candle.trade.ohlc)
        price["mean_dollars"] = f"{candle.trade.mean_bp / 10_000:.4f}"
    if candle.previous is not None:
        price["previous_dollars"] = DOLLARS[candle.previous]
    return {
        "end_period_ts": candle.end_ts,
        "open_interest_fp": fixed_point(candle.open_interest),
        "price": price,
        "volume_fp": fixed_point(candle.volume),
        "yes_ask": _dollars_book(candle.ask),
        "yes_bid": _dollars_book(candle.bid),
    }


def _dollars_book(ohlc: Ohlc) -> Json:
    opened, high, low, closed = ohlc
    return {
        "close_dollars": DOLLARS[closed],
        "high_dollars": DOLLARS[high],
        "low_dollars": DOLLARS[low],
        "open_dollars": DOLLARS[opened],
    }


def _historical(candle: Candle) -> Json:
    """The archive's own form: dollars under the bare names, null where nothing traded."""
    trade = candle.trade
    names = ("open", "high", "low", "close")
    return {
        "end_period_ts": candle.end_ts,
        "open_interest": fixed_point(candle.open_interest),
        "price": {
            **dict(zip(names, (DOLLARS[p] for p in trade.ohlc) if trade else [None] * 4,
                       strict=True)),
            "mean": f"{trade.mean_bp / 10_000:.4f}" if trade else None,
            "previous": None if candle.previous is None else DOLLARS[candle.previous],
        },
        "volume": fixed_point(candle.volume),
        "yes_ask": dict(zip(names, (DOLLARS[p] for p in candle.ask), strict=True)),
        "yes_bid": dict(zip(names, (DOLLARS[p] for p in candle.bid), strict=True)),
    }  # fmt: skip
