"""Snapshot features, against the rules written down once more in Python, item by item."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

FEATURES = "derived.snapshot_features"
TIP_OFF = datetime(2026, 1, 16, 0, 41, tzinfo=UTC)
FETCHED = datetime(2026, 1, 16, 4, 10, tzinfo=UTC)
MOST_S = 60
COLUMNS = (
    "sequence_number, snapshot_ts, season_label, espn_home_prob, espn_away_prob, score_diff,"
    " time_remaining, period, home_score, away_score, score_diff_div_sqrt_time_remaining,"
    " espn_home_prob_lag_1, espn_away_prob_lag_1, espn_home_prob_delta_1, kalshi_home_bid,"
    " kalshi_home_ask, kalshi_home_mid_price, kalshi_home_spread, kalshi_away_bid,"
    " kalshi_away_ask, kalshi_away_mid_price, kalshi_away_spread, kalshi_match_seconds,"
    " kalshi_away_match_seconds, event_ts, aligned_by"
)
Row = dict[str, Any]


# -- the rules -----------------------------------------------------------------------------------


def expected(items: list[Row], plays: list[Row], sides: list[list[Row]]) -> list[tuple]:
    """The rows of a game. `sides`: for home and away, its markets with their candles."""
    chosen = [choose(markets) for markets in sides]
    if not any(chosen):
        return []
    states = {play["play_id"]: play for play in plays}
    rows = []
    before: Row | None = None
    for item in in_order(items):
        state = states.get(item["event_id"], {})
        ts, aligned_by = event_time(item, state, plays)
        home, away = (nearest(market["candles"], ts) if market else None for market in chosen)
        match = next((seconds(c, ts) for c in (home, away) if c), None)
        rows.append(
            (
                *(item["sequence_number"], item["last_modified_utc"], item["season_label"]),
                *(item["home_win_percentage"], item["away_win_percentage"]),
                *scores(state),
                *lags(item, before),
                *quote(home),
                *in_home_terms(away),
                *(match, seconds(away, ts) if away else None, ts, aligned_by),
            )
        )
        before = item
    return rows


def choose(markets: list[Row]) -> Row | None:
    """Of a side's markets with candles the newest that is still listed, else by its ticker."""
    traded = [m for m in markets if any(candle["minutes"] == 1 for candle in m["candles"])]
    traded.sort(key=lambda market: market["ticker"])
    return max(traded, key=preference, default=None)


def preference(market: Row) -> tuple:
    opened = market["open_time"]
    return market["gone_since"] is None, opened is not None, opened or TIP_OFF


def in_order(items: list[Row]) -> list[Row]:
    """One item of each (sequence, time, season): that of the latest play; in order of these."""
    latest: dict[tuple, Row] = {}
    for item in sorted(items, key=lambda i: -1 if i["event_id"] is None else i["event_id"]):
        latest[item["sequence_number"], item["last_modified_utc"], item["season_label"]] = item
    last = datetime.max.replace(tzinfo=UTC)
    return sorted(
        latest.values(), key=lambda i: (i["sequence_number"], i["last_modified_utc"] or last)
    )


def event_time(item: Row, state: Row, plays: list[Row]) -> tuple[datetime | None, str]:
    if state.get("wallclock"):
        return state["wallclock"], "wallclock"
    timed = [p for p in plays if p["wallclock"]]
    earlier = [p for p in timed if p["sequence_number"] <= item["sequence_number"]]
    if not earlier:
        return None, "none"
    return max(earlier, key=lambda p: (p["sequence_number"], p["play_id"]))[
        "wallclock"
    ], "neighbour"


def nearest(candles: list[Row], ts: datetime | None) -> Row | None:
    near = [
        c
        for c in candles
        if ts is not None
        and c["minutes"] == 1
        and None not in (c["bid"], c["ask"])
        and abs(seconds(c, ts)) <= MOST_S
    ]
    return min(near, key=lambda c: (abs(seconds(c, ts)), -seconds(c, ts)), default=None)


def seconds(candle: Row, ts: datetime) -> float:
    return (candle["period_ts"] - ts).total_seconds()


def scores(state: Row) -> tuple:
    if not state:
        return (None,) * 6
    home, away = state["home_score"], state["away_score"]
    left = 720 * (4 - state["period"]) + int(state["clock_seconds"])
    ahead = home - away
    return (ahead, left, state["period"], home, away, ahead / math.sqrt(left + 1) if left else None)


def lags(item: Row, before: Row | None) -> tuple:
    if before is None:
        return (None, None, None)
    home = before["home_win_percentage"]
    return (home, before["away_win_percentage"], item["home_win_percentage"] - home)


def quote(candle: Row | None) -> tuple:
    if candle is None:
        return (None,) * 4
    bid, ask = candle["bid"], candle["ask"]
    return bid, ask, (bid + ask) / 2, ask - bid


def in_home_terms(candle: Row | None) -> tuple:
    if candle is None:
        return (None,) * 4
    bid, ask = 1 - candle["ask"], 1 - candle["bid"]
    return bid, ask, (bid + ask) / 2, ask - bid


# -- games at random -----------------------------------------------------------------------------


def random_plays(dice: random.Random, game: int, with_clock: bool) -> list[Row]:
    plays = []
    ts = TIP_OFF
    for number in range(1, dice.randrange(20, 60)):
        ts += timedelta(seconds=dice.choice((0, 1, 5, 10, 15, 20, 29, 30, 30, 60, 61, 90)))
        plays.append(
            {
                "game_id": str(game),
                "play_id": game * 1000 + number,
                "sequence_number": 2 * (number - (dice.random() < 0.2)),
                "period": dice.randrange(1, 5),
                "clock_seconds": float(dice.choice((0, 0, dice.randrange(721)))),
                "home_score": dice.randrange(100),
                "away_score": dice.randrange(100),
                "wallclock": ts if with_clock and dice.random() > 0.2 else None,
            }
        )
    return plays


def random_items(dice: random.Random, game: int, plays: list[Row]) -> list[Row]:
    items: dict[tuple, Row] = {}
    for play in plays:
        for _ in range(dice.choice((0, 1, 1, 1, 2))):
            event = dice.choice((play["play_id"],) * 6 + (None, game * 1000 + 900))
            home = dice.choice((0.0, 0.008, 0.5, 1.0, dice.random()))
            item = {
                "game_id": str(game),
                "sequence_number": play["sequence_number"] + dice.choice((0, 0, 0, 1)),
                "event_id": event,
                "season_label": "2025-26",
                "last_modified_utc": dice.choice((FETCHED, FETCHED - timedelta(minutes=1), None)),
                "home_win_percentage": home,
                "away_win_percentage": 1 - home,
            }
            items[item["sequence_number"], event] = item
    return list(items.values())


def random_candles(dice: random.Random, ticker: str) -> list[Row]:
    """A minute each; some are missing, some have no quotes, some are hours."""
    candles = {}
    for minute in range(-5, 60):
        if dice.random() < 0.3:
            continue
        bid = dice.randrange(0, 99)
        prices = (bid / 100, (bid + dice.randrange(1, 100 - bid)) / 100)
        if dice.random() < 0.2:
            prices = dice.choice(((None, prices[1]), (prices[0], None), (None, None)))
        ends = TIP_OFF + timedelta(minutes=minute)
        minutes = 60 if dice.random() < 0.1 else 1
        candles[ends] = {"ticker": ticker, "period_ts": ends, "minutes": minutes}
        candles[ends] |= {"bid": prices[0], "ask": prices[1]}
    return list(candles.values())


def random_markets(dice: random.Random, game: int, side: int) -> list[Row]:
    markets = []
    for number in range(dice.choice((0, 1, 1, 1, 1, 2, 3))):
        ticker = f"KX-{game}-{side}-{number}"
        markets.append(
            {
                "ticker": ticker,
                "gone_since": dice.choice((None, None, FETCHED)),
                "open_time": dice.choice((None, TIP_OFF, TIP_OFF - timedelta(days=3))),
                "candles": random_candles(dice, ticker) if dice.random() > 0.15 else [],
            }
        )
    return markets


def put(tables, game: int, plays: list[Row], items: list[Row], sides: list[list[Row]]) -> None:
    tables.game(str(game))
    tables.add("espn.plays", *plays)
    tables.add("espn.probabilities_raw_items", *items)
    for side, markets in enumerate(sides):
        for market in markets:
            about = {name: market[name] for name in ("gone_since", "open_time")}
            tables.market(str(game), side, market["ticker"], **about)
            tables.add(
                "kalshi.candlesticks",
                *(
                    {
                        "ticker": candle["ticker"],
                        "period_ts": candle["period_ts"],
                        "period_interval_min": candle["minutes"],
                        "yes_bid_close": candle["bid"],
                        "yes_ask_close": candle["ask"],
                    }
                    for candle in market["candles"]
                ),
            )


def same(found: tuple, wanted: tuple) -> bool:
    return len(found) == len(wanted) and all(
        math.isclose(a, b, abs_tol=1e-12)
        if isinstance(a, float) and isinstance(b, int | float)
        else a == b
        for a, b in zip(found, wanted, strict=True)
    )


@pytest.mark.parametrize("seed", range(5))
async def test_any_games(desk, tables, derived, seed):
    """trap D1, D2, D7, D8, D9, D10, D14: a row an item, each with the candle nearest to it."""
    dice = random.Random(seed)
    wanted: dict[str, list[tuple]] = {}
    for game in range(1, 13):
        plays = random_plays(dice, game, with_clock=dice.random() > 0.1)
        items = random_items(dice, game, plays)
        sides = [random_markets(dice, game, side) for side in (0, 1)]
        put(tables, game, plays, items, sides)
        wanted[str(game)] = expected(items, plays, sides)
    context = await derived(*wanted)
    total = sum(map(len, wanted.values()))
    assert total > 200
    assert context.changes[FEATURES].inserted == total
    for game, rows in wanted.items():
        found = desk.rows(
            f"SELECT {COLUMNS} FROM {FEATURES} WHERE game_id = %s"
            " ORDER BY sequence_number, snapshot_ts, season_label",
            game,
        )
        assert len(found) == len(rows), game
        for got, want in zip(found, rows, strict=True):
            assert same(got, want), (game, got, want)
    every = {status for (status,) in desk.rows(f"SELECT DISTINCT aligned_by FROM {FEATURES}")}
    assert every >= {"wallclock", "neighbour"}
