"""Minute candles of a game's two markets, in cents, following the game by its true times."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.game import Game, Play, generate
from nbapanel.simulator.plan import Plan
from nbapanel.simulator.winning import REGULATION_S, home_win_probability

MINUTE_S = 60
# Of the contracts of a market so many are still held at any time.
_HELD_SHARE = 0.35
_BEFORE_SHARE = 0.3

Ohlc = tuple[int, int, int, int]


class Trade(NamedTuple):
    """Cents; `mean_bp` in hundredths of a cent."""

    ohlc: Ohlc
    mean_bp: int


class Candle(NamedTuple):
    """`end_ts` ends the minute; volume and open interest are hundredths of contracts."""

    end_ts: int
    bid: Ohlc
    ask: Ohlc
    trade: Trade | None
    previous: int | None
    volume: int
    open_interest: int


class Tape(NamedTuple):
    """All candles of one market, in order, and their end times for searching."""

    candles: tuple[Candle, ...]
    ends: tuple[int, ...]

    def between(self, start_ts: int, end_ts: int) -> Sequence[Candle]:
        """Those that end within, both bounds included."""
        return self.candles[bisect_left(self.ends, start_ts) : bisect_right(self.ends, end_ts)]


class _Minute(NamedTuple):
    """The middle of the book in one minute, in cents of the home side."""

    end_ts: int
    open: float
    high: float
    low: float
    close: float
    in_play: bool


def tapes(seed: int, plan: Plan, game: Game | None = None) -> tuple[Tape, Tape]:
    """Home's and away's, from opening to close; the game is played for it where not given."""
    played = game
    if played is None and plan.fixture.postponed_at is None:
        played = generate(seed, plan)
    stream = draws(seed, plan.fixture.event_id, "tape")
    minutes = _minutes(stream, plan, played.plays if played else ())
    home = _tape(stream, minutes, plan.volumes[0], plan.contract_unit)
    mirrored = [
        _Minute(one.end_ts, 100 - one.open, 100 - one.low, 100 - one.high, 100 - one.close,
                one.in_play)
        for one in minutes
    ]  # fmt: skip
    return home, _tape(stream, mirrored, plan.volumes[1], plan.contract_unit)


def _minutes(stream: Draws, plan: Plan, plays: Sequence[Play]) -> list[_Minute]:
    first = _minute_end(plan.opens_at)
    last = int(plan.closes_at.timestamp()) // MINUTE_S * MINUTE_S
    fair = 100.0 * home_win_probability(0.0, REGULATION_S, plan.expected_margin)
    starts = int(plan.first_play_at.timestamp())
    shaken_from = plan.fixture.postponed_at
    minutes: list[_Minute] = []
    drift, middle = stream.gauss(0.0, 3.0), fair
    place, count = 0, len(plays)
    for end_ts in range(first, last + 1, MINUTE_S):
        opened = middle
        high = low = fair_now = fair
        in_play = end_ts > starts and count > 0
        if in_play:
            fair_now = 100.0 * plays[max(0, place - 1)].fair
            high = low = fair_now
            while place < count and plays[place].released_ts <= end_ts:
                fair_now = 100.0 * plays[place].fair
                high, low = max(high, fair_now), min(low, fair_now)
                place += 1
            drift = 0.8 * drift + stream.gauss(0.0, 0.5)
        else:
            if shaken_from is not None and end_ts > shaken_from.timestamp():
                fair += (50.0 - fair) * 0.05
                drift *= 0.95
            drift = 0.995 * drift + stream.gauss(0.0, 0.25)
        weight = 4.0 * (fair_now / 100.0) * (1.0 - fair_now / 100.0)
        middle = fair_now + drift * weight
        minutes.append(
            _Minute(
                end_ts, opened, max(opened, middle, high), min(opened, middle, low), middle, in_play
            )
        )
    return minutes


def _minute_end(moment: datetime) -> int:
    return -(-int(moment.timestamp()) // MINUTE_S) * MINUTE_S + MINUTE_S


def _quote(middle: float, spread: int) -> tuple[int, int]:
    """Bid and ask in whole cents, 1..99, the bid always below the ask."""
    bid = min(98, max(1, int(middle - spread / 2.0 + 0.5)))
    return bid, min(99, max(bid + 1, bid + spread))


def _tape(stream: Draws, minutes: Sequence[_Minute], volume: int, unit: int) -> Tape:
    kept = _kept_minutes(stream, minutes)
    sizes = _sizes(stream, kept, volume // unit)
    candles: list[Candle] = []
    previous: int | None = None
    traded, spread = 0, 2
    bid, ask = _quote(kept[0].open, spread) if kept else (1, 99)
    chance, pick = stream.random, stream.pick
    for minute, size in zip(kept, sizes, strict=True):
        if chance() < 0.2:
            spread = pick((1, 1, 2, 2, 3))
        top, bottom = _quote(minute.high, spread), _quote(minute.low, spread)
        bid_now, ask_now = _quote(minute.close, spread)
        bids = (bid, max(bid, bid_now, top[0]), min(bid, bid_now, bottom[0]), bid_now)
        asks = (ask, max(ask, ask_now, top[1]), min(ask, ask_now, bottom[1]), ask_now)
        trade = None
        if size:
            trade = _trade(stream, bids, asks)
        traded += size
        candles.append(
            Candle(
                minute.end_ts, bids, asks, trade, previous, size * unit,
                int(traded * _HELD_SHARE) * unit,
            )
        )  # fmt: skip
        if trade is not None:
            previous = trade.ohlc[3]
        bid, ask = bid_now, ask_now
    return Tape(tuple(candles), tuple(candle.end_ts for candle in candles))


def held(volume: int, unit: int) -> int:
    """The open interest that a market of that volume ends with, as its last candle has it."""
    return int(volume // unit * _HELD_SHARE) * unit


def _trade(stream: Draws, bids: Ohlc, asks: Ohlc) -> Trade:
    opened = asks[0] if stream.random() < 0.5 else bids[0]
    closed = asks[3] if stream.random() < 0.5 else bids[3]
    high, low = max(opened, closed), min(opened, closed)
    if stream.random() < 0.5:
        high, low = max(high, bids[1]), min(low, asks[2])
    mean_bp = low * 100 + int((high - low) * 100 * stream.random())
    return Trade((opened, high, low, closed), mean_bp)


def _kept_minutes(stream: Draws, minutes: Sequence[_Minute]) -> list[_Minute]:
    """Some minutes are missing: single ones, a few short gaps, and rarely hours before play."""
    gaps: list[tuple[int, int]] = []
    for _ in range(stream.whole(1, 4)):
        start = stream.whole(0, len(minutes) - 1)
        gaps.append((start, start + stream.whole(2, 9)))
    before = sum(1 for minute in minutes if not minute.in_play)
    if stream.chance(0.2):
        start = stream.whole(0, max(0, before - 400))
        gaps.append((start, start + stream.whole(60, 240)))
    single = 0.002 + 0.01 * stream.random()
    kept = []
    for place, minute in enumerate(minutes):
        is_edge = place in (0, len(minutes) - 1)
        missing = any(start <= place < end for start, end in gaps) and not minute.in_play
        if is_edge or not (missing or stream.random() < single):
            kept.append(minute)
    return kept


def _sizes(stream: Draws, minutes: Sequence[_Minute], contracts: int) -> list[int]:
    """How much trades in each minute, 0 in many before play; together exactly `contracts`."""
    quiet = 0.03 + 0.57 * stream.random()
    weights: list[float] = []
    for minute in minutes:
        idle = stream.random() < (0.01 if minute.in_play else quiet)
        weights.append(0.0 if idle else 0.15 + stream.random() * stream.random())
    weights[-1] = max(weights[-1], 0.15)  # what rounding leaves over must trade at some time
    before = sum(w for w, minute in zip(weights, minutes, strict=True) if not minute.in_play)
    during = sum(weights) - before
    share = _BEFORE_SHARE if during > 0 and before > 0 else 1.0
    sizes: list[int] = []
    reached, given = 0.0, 0
    for weight, minute in zip(weights, minutes, strict=True):
        if minute.in_play:
            reached += weight / during * (1.0 - share if before > 0 else 1.0)
        else:
            reached += weight / before * share
        now = int(contracts * reached) if weight else given
        sizes.append(now - given)
        given = now
    sizes[-1] += contracts - given
    return sizes
