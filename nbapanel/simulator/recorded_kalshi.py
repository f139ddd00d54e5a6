"""Recorded Kalshi markets and candles, in whichever form they were recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from nbapanel.errors import UsageError
from nbapanel.simulator.recorded_candles import Recording, read_csv, read_json
from nbapanel.simulator.recorded_files import FILE_TROUBLE, raw_bytes, unreadable
from nbapanel.simulator.source import FILTER_WORDS, Json, Listed, Window, kalshi_refusal

_NO_ARCHIVE = datetime(2021, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class _Market:
    shape: Json
    is_historical: bool


class RecordedKalshi:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def cutoff(self) -> datetime:
        """Just after the newest settlement among what was recorded as historical."""
        settled = [
            moment
            for market in self._markets.values()
            if market.is_historical
            for moment in (_moment(market.shape, "settlement_ts", "close_time"),)
            if moment is not None
        ]
        return max(settled) + timedelta(seconds=1) if settled else _NO_ARCHIVE

    def moments(self) -> list[datetime]:
        """The last moments of what was recorded: settlements, and ends of candles."""
        over = [
            _moment(market.shape, "settlement_ts", "close_time")
            for market in self._markets.values()
            if market.shape.get("status") == "finalized"
        ]
        ends = [
            datetime.fromtimestamp(recording.last_end_ts, UTC)
            for recordings in self._recordings.values()
            for recording in recordings
            if recording.candles
        ]
        return [moment for moment in over if moment is not None] + ends

    def listed(self, series: str, *, historical: bool) -> list[Listed]:
        """A recording has no time filter of its own, so none cuts it."""
        return [
            Listed(
                ticker=ticker,
                order=(place, ticker),
                filter_word=FILTER_WORDS.get(str(market.shape.get("status"))),
                close_ts=None,
                settled_ts=None,
                shape=market.shape.copy,
            )
            for place, (ticker, market) in enumerate(self._markets.items())
            if market.is_historical is historical
            and (not series or ticker.startswith(f"{series}-"))
        ]

    def market(self, ticker: str, *, historical: bool) -> Json:
        market = self._markets.get(ticker)
        if market is None or market.is_historical is not historical:
            raise kalshi_refusal(404)
        return market.shape

    def candlesticks(self, ticker: str, window: Window) -> list[Json]:
        """Of the interval asked for and no other: hourly candles are no answer to one a minute."""
        recordings = self._recordings.get(ticker)
        if recordings is None:
            if ticker in self._markets:
                return []
            raise kalshi_refusal(404)
        by_end: dict[int, Json] = {}
        for recording in recordings:
            if recording.interval_min == window.interval_min:
                for candle in recording.between(window.start_ts, window.end_ts):
                    by_end.setdefault(candle["end_period_ts"], candle)
        return [by_end[end_ts] for end_ts in sorted(by_end)]

    @cached_property
    def _markets(self) -> dict[str, _Market]:
        markets: dict[str, _Market] = {}
        for path in sorted((self.folder / "kalshi_markets").glob("*.json*")):
            for shape in _market_shapes(_decoded(path)):
                found = _Market(shape, "historical" in path.name)
                markets.setdefault(shape["ticker"], found)
        for ticker, recordings in self._recordings.items():
            csv = next((one for one in recordings if one.is_all_there_is and one.candles), None)
            if csv is not None and ticker not in markets:
                markets[ticker] = _Market(_known_by_candles(ticker, csv), is_historical=False)
        return markets

    @cached_property
    def _recordings(self) -> dict[str, list[Recording]]:
        found: dict[str, list[Recording]] = {}
        folder = self.folder / "kalshi_candlesticks"
        for path in sorted(folder.glob("*.json*")):
            for recording in read_json(path, _decoded(path)):
                found.setdefault(recording.ticker, []).append(recording)
        for path in sorted(folder.glob("*/*.csv*")):
            for recording in read_csv(path):
                found.setdefault(recording.ticker, []).append(recording)
        return found


def _decoded(path: Path) -> Json:
    try:
        return msgspec.json.decode(raw_bytes(path), type=dict)
    except FILE_TROUBLE as error:
        raise unreadable(path, error) from error


def _market_shapes(document: Mapping[str, Any]) -> Iterator[Json]:
    """Every object with a ticker under "markets" or "market", in an event as well."""
    places: list[Any] = [document.get("market")]
    for holder in (document, document.get("event")):
        if isinstance(holder, Mapping) and isinstance(holder.get("markets"), Sequence):
            places += holder["markets"]
    for place in places:
        if isinstance(place, dict) and isinstance(place.get("ticker"), str):
            yield place


def _known_by_candles(ticker: str, recording: Recording) -> Json:
    """A market of which only candles were kept: what they tell of it, and no more."""
    first, last = recording.candles[0]["end_period_ts"], recording.last_end_ts
    return {
        "ticker": ticker,
        "event_ticker": ticker.rpartition("-")[0],
        "market_type": "binary",
        "status": "finalized",
        "open_time": _iso(first - recording.interval_min * 60),
        "close_time": _iso(last),
    }


def _iso(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _moment(shape: Json, *names: str) -> datetime | None:
    for name in names:
        value = shape.get(name)
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(_FRACTION.sub(r"\1", value)).astimezone(UTC)
            except (ValueError, OverflowError) as error:
                raise UsageError(
                    f"The recorded market {shape['ticker']} has the {name} {value!r}.",
                    str(error),
                ) from error
    return None
