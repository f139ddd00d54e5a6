"""The forms in which candles were recorded, each turned into the feed's list of candles."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import msgspec

from nbapanel.simulator.recorded_files import FILE_TROUBLE, raw_bytes, unreadable
from nbapanel.simulator.source import Json

_NAMED_INTERVALS = {"1min": 1, "hourly": 60, "daily": 1440}
_PRICES = ("open", "high", "low", "close")


_Time = Annotated[int, msgspec.Meta(ge=0, le=7_289_654_399)]
"""Unix seconds, to the end of the year 2200."""


class _Timed(msgspec.Struct):
    end_period_ts: _Time


class _RecordedMarket(msgspec.Struct):
    candlesticks: list[Json] = []
    period_interval: Annotated[int, msgspec.Meta(ge=0, le=1440)] | None = None


class _Recorded(msgspec.Struct):
    ticker: str | None = None
    candlesticks: list[Json] | None = None
    markets: dict[str, _RecordedMarket] | None = None

    @property
    def every_candle(self) -> list[Json]:
        of_markets = [market.candlesticks for market in (self.markets or {}).values()]
        return [candle for candles in (self.candlesticks or [], *of_markets) for candle in candles]


@dataclass(frozen=True, slots=True)
class Recording:
    """`is_all_there_is`: nothing else of that market may have been recorded."""

    ticker: str
    interval_min: int
    candles: Sequence[Json]
    is_all_there_is: bool = False

    @property
    def last_end_ts(self) -> int:
        return max(int(candle["end_period_ts"]) for candle in self.candles)

    def between(self, start_ts: int, end_ts: int) -> Iterator[Json]:
        return (one for one in self.candles if start_ts <= one["end_period_ts"] <= end_ts)


def read_json(path: Path, document: Mapping[str, Any]) -> Iterator[Recording]:
    """{"ticker", "candlesticks"}, {"candlesticks"}, or {"markets": {ticker: {...}}}.

    Raises UsageError for candles that cannot be told apart by their time.
    """
    try:
        recorded = msgspec.convert(document, _Recorded)
        msgspec.convert(recorded.every_candle, list[_Timed])
    except msgspec.ValidationError as error:
        raise unreadable(path, error) from error
    for ticker, market in (recorded.markets or {}).items():
        candles = market.candlesticks
        yield Recording(ticker, market.period_interval or _interval(path, candles), candles)
    if recorded.candlesticks is not None:
        candles = recorded.candlesticks
        ticker = recorded.ticker or path.name.partition("_")[0]
        yield Recording(ticker, _interval(path, candles), candles)


def _interval(path: Path, candles: Sequence[Json]) -> int:
    """By the file's name, else by the shortest step from one candle to the next."""
    for word, minutes in _NAMED_INTERVALS.items():
        if word in path.name:
            return minutes
    ends = sorted(candle["end_period_ts"] for candle in candles)
    steps = [later - sooner for sooner, later in pairwise(ends)]
    return min(steps, default=60) // 60 or 1


def read_csv(path: Path) -> Iterator[Recording]:
    """Columns game_id, ticker, timestamp, datetime, open, high, low, close, volume.

    The recorder kept the trades' prices only (integer cents, written as floats), so the candles
    have neither bid nor ask.
    """
    by_ticker: dict[str, list[Json]] = defaultdict(list)
    try:
        for row in csv.DictReader(io.StringIO(raw_bytes(path).decode("utf-8"), newline="")):
            by_ticker[row["ticker"]].append(_candle(row))
    except (*FILE_TROUBLE, csv.Error, LookupError, ValueError, TypeError, OverflowError) as error:
        raise unreadable(path, error) from error
    for ticker, candles in by_ticker.items():
        candles.sort(key=lambda candle: int(candle["end_period_ts"]))
        yield Recording(ticker, 1, candles, is_all_there_is=True)


def _candle(row: Mapping[str, str]) -> Json:
    return {
        "end_period_ts": msgspec.convert(row["timestamp"], _Time, strict=False),
        "price": {name: int(float(row[name])) if row[name] else None for name in _PRICES},
        "volume": int(float(row["volume"] or 0)),
    }
