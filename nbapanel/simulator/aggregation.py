"""Minute candles put together to hours and US Eastern days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby

from nbapanel.clock import eastern_date, eastern_midnight
from nbapanel.simulator.trading import Candle, Ohlc, Trade

_DAY_MIN = 1440


def aggregate(candles: Sequence[Candle], interval_min: int) -> list[Candle]:
    """Each candle belongs to the period within which it ends, the period's end included."""
    return [
        _joined(end_ts, list(group))
        for end_ts, group in groupby(candles, lambda one: _period_end(one.end_ts, interval_min))
    ]


def _period_end(end_ts: int, interval_min: int) -> int:
    if interval_min < _DAY_MIN:
        length_s = interval_min * 60
        return -(-end_ts // length_s) * length_s
    inside = datetime.fromtimestamp(end_ts - 1, UTC)
    return int(eastern_midnight(eastern_date(inside) + timedelta(days=1)).timestamp())


def _joined(end_ts: int, group: Sequence[Candle]) -> Candle:
    return Candle(
        end_ts=end_ts,
        bid=_ohlc([one.bid for one in group]),
        ask=_ohlc([one.ask for one in group]),
        trade=_trades(group),
        previous=group[0].previous,
        volume=sum(one.volume for one in group),
        open_interest=group[-1].open_interest,
    )


def _trades(group: Sequence[Candle]) -> Trade | None:
    traded = [(one.trade, one.volume) for one in group if one.trade is not None]
    if not traded:
        return None
    volume = sum(size for _, size in traded)
    mean_bp = sum(trade.mean_bp * size for trade, size in traded) // volume
    return Trade(_ohlc([trade.ohlc for trade, _ in traded]), mean_bp)


def _ohlc(parts: Sequence[Ohlc]) -> Ohlc:
    return parts[0][0], max(one[1] for one in parts), min(one[2] for one in parts), parts[-1][3]
