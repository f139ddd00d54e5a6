"""Kalshi's parameters: filters, cursors, limits, and the 400 for what the API would refuse."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from nbapanel.simulator.source import (
    FILTER_WORDS,
    Json,
    Listed,
    Refusal,
    Source,
    Window,
    kalshi_refusal,
)

_STATUS_FILTERS = frozenset(FILTER_WORDS.values())
_DEFAULT_LIMIT, _MOST_MARKETS = 100, 1000
_MOST_PERIODS, _MOST_TICKERS, _MOST_CANDLES = 5_000, 100, 10_000
_INTERVALS = (1, 60, 1440)
# Each kind of time filter goes with these status filters only (the API's own table).
_CLOSE_FILTERS, _SETTLED_FILTERS = (
    ("min_close_ts", "max_close_ts"),
    ("min_settled_ts", "max_settled_ts"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    source: Source
    path: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime


def markets(asked: Asked) -> Json:
    query = asked.query
    _check_filters(query)
    rows = asked.source.listed(query.get("series_ticker", ""), asked.now, historical=False)
    return _sheet(_filtered(rows, query), query)


def old_markets(asked: Asked) -> Json:
    query = asked.query
    rows = asked.source.listed(query.get("series_ticker", ""), asked.now, historical=True)
    return _sheet(_filtered(rows, {"tickers": query.get("tickers", "")}), query)


def market(asked: Asked) -> Json:
    return {"market": asked.source.market(asked.path["ticker"], asked.now, historical=False)}


def old_market(asked: Asked) -> Json:
    return {"market": asked.source.market(asked.path["ticker"], asked.now, historical=True)}


def cutoff(asked: Asked) -> Json:
    moment = f"{asked.source.cutoff(asked.now):%Y-%m-%dT%H:%M:%SZ}"
    return {
        "market_settled_ts": moment,
        "trades_created_ts": moment,
        "orders_updated_ts": moment,
    }


def candlesticks(asked: Asked) -> Json:
    if not asked.path["ticker"].startswith(f"{asked.path['series']}-"):
        raise kalshi_refusal(404)
    return _single(asked, historical=False)


def old_candlesticks(asked: Asked) -> Json:
    return _single(asked, historical=True)


def _single(asked: Asked, *, historical: bool) -> Json:
    window = _window(asked.query)
    if _periods(window) > _MOST_PERIODS:
        raise kalshi_refusal(400, f"more than {_MOST_PERIODS} periods")
    ticker = asked.path["ticker"]
    found = asked.source.candlesticks(ticker, window, asked.now, historical=historical)
    return {"ticker": ticker, "candlesticks": found}


def batch_candlesticks(asked: Asked) -> Json:
    """Tickers that the live data does not hold are left out."""
    window = _window(asked.query)
    tickers = [one for one in asked.query.get("market_tickers", "").split(",") if one]
    if not 1 <= len(tickers) <= _MOST_TICKERS:
        raise kalshi_refusal(400, f"1 to {_MOST_TICKERS} market_tickers")
    if _periods(window) * len(tickers) > _MOST_CANDLES:
        raise kalshi_refusal(400, f"more than {_MOST_CANDLES} candlesticks")
    found: list[Json] = []
    for ticker in dict.fromkeys(tickers):
        try:
            candles = asked.source.candlesticks(ticker, window, asked.now, historical=False)
        except Refusal:
            continue
        found.append({"market_ticker": ticker, "candlesticks": candles})
    return {"markets": found}


def _window(query: Mapping[str, str]) -> Window:
    start_ts, end_ts = _required(query, "start_ts"), _required(query, "end_ts")
    interval_min = _required(query, "period_interval")
    if interval_min not in _INTERVALS:
        raise kalshi_refusal(400, "period_interval is 1, 60 or 1440")
    if start_ts > end_ts:
        raise kalshi_refusal(400, "start_ts is after end_ts")
    return Window(start_ts, end_ts, interval_min)


def _periods(window: Window) -> int:
    return (window.end_ts - window.start_ts) // (60 * window.interval_min)


def _required(query: Mapping[str, str], name: str) -> int:
    value = _number(query, name)
    if value is None:
        raise kalshi_refusal(400, f"{name} is required")
    return value


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name, "")
    if not text:
        return None
    if not text.isdigit() or len(text) > 15:
        raise kalshi_refusal(400, f"invalid {name}")
    return int(text)


def _check_filters(query: Mapping[str, str]) -> None:
    """Closing times go with `closed` or no status, times of settling with `settled` or none."""
    status = query.get("status", "")
    if status and status not in _STATUS_FILTERS:
        raise kalshi_refusal(400, "invalid status filter")
    by_close = any(query.get(name) for name in _CLOSE_FILTERS)
    by_settled = any(query.get(name) for name in _SETTLED_FILTERS)
    if by_close and by_settled:
        raise kalshi_refusal(400, "timestamp filters are mutually exclusive")
    if by_close and status not in ("", "closed"):
        raise kalshi_refusal(400, f"close time filters do not go with status {status}")
    if by_settled and status not in ("", "settled"):
        raise kalshi_refusal(400, f"settled time filters do not go with status {status}")


def _filtered(rows: Sequence[Listed], query: Mapping[str, str]) -> list[Listed]:
    status = query.get("status", "")
    tickers = {one for one in query.get("tickers", "").split(",") if one}
    event = query.get("event_ticker", "")
    settled = _bounds(query, _SETTLED_FILTERS)
    close = _bounds(query, _CLOSE_FILTERS)
    return [
        row
        for row in rows
        if (not status or row.filter_word == status)
        and (not tickers or row.ticker in tickers)
        and (not event or row.ticker.rpartition("-")[0] == event)
        and (row.close_ts is None or close[0] <= row.close_ts <= close[1])
        and (
            settled is _ANY or row.settled_ts is None or settled[0] <= row.settled_ts <= settled[1]
        )
    ]


_ANY = (float("-inf"), float("inf"))


def _bounds(query: Mapping[str, str], names: tuple[str, str]) -> tuple[float, float]:
    lowest, highest = (_number(query, name) for name in names)
    if lowest is None and highest is None:
        return _ANY
    return (
        _ANY[0] if lowest is None else float(lowest),
        _ANY[1] if highest is None else float(highest),
    )


def _sheet(rows: Sequence[Listed], query: Mapping[str, str]) -> Json:
    """One page; its cursor is the place of its last market, "" where nothing follows."""
    limit = _number(query, "limit") or _DEFAULT_LIMIT
    if limit > _MOST_MARKETS:
        raise kalshi_refusal(400, f"limit is at most {_MOST_MARKETS}")
    if query.get("cursor"):
        after = _place(query["cursor"])
        rows = [row for row in rows if row.order > after]
    page = rows[:limit]
    cursor = _cursor(page[-1].order) if len(rows) > limit else ""
    return {"cursor": cursor, "markets": [row.shape() for row in page]}


def _cursor(order: tuple[int, str]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(order)).decode().rstrip("=")


def _place(cursor: str) -> tuple[int, str]:
    try:
        packed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(packed, type=tuple[int, str])
    except (binascii.Error, ValueError, msgspec.MsgspecError) as error:
        raise kalshi_refusal(400, "invalid cursor") from error
