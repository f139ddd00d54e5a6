"""Snapshot features of small games whose figures can be checked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

FEATURES = "derived.snapshot_features"
TIP_OFF = datetime(2026, 1, 16, 0, 41, tzinfo=UTC)
LISTED_START = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)


@pytest.fixture
def game(tables):
    """A game with plays at these seconds after tip-off, and an item of each."""

    def game(*seconds: float | None, home: list | None = None, away: list | None = None) -> None:
        tables.game("1")
        clock = [None if s is None else TIP_OFF + timedelta(seconds=s) for s in seconds]
        tables.plays("1", *({"wallclock": ts} for ts in clock))
        tables.items("1", *({} for _ in seconds))
        for side, candles in enumerate((home, away)):
            if candles is not None:
                tables.candles(tables.market("1", side), *candles)

    return game


@pytest.fixture
def features(desk, derived):
    async def features(columns: str) -> list[tuple]:
        await derived("1")
        return desk.rows(f"SELECT {columns} FROM {FEATURES} ORDER BY sequence_number, snapshot_ts")

    return features


async def test_the_away_market_in_home_terms(game, features):
    """trap D2: bid and ask not swapped when an away market is turned into home terms."""
    game(0, away=[(0, "0.3000", "0.3400")])
    columns = (
        "kalshi_away_bid, kalshi_away_ask, kalshi_away_mid_price, kalshi_away_spread,"
        " kalshi_home_bid, kalshi_home_mid_price"
    )
    (row,) = await features(columns)
    assert row[:4] == pytest.approx((0.66, 0.70, 0.68, 0.04))
    assert row[4:] == (None, None)


async def test_both_markets_say_the_same_thing_once(game, features):
    """trap D1: rows inverted twice. Mirrored quotes come out as the same home-win probability."""
    game(0, home=[(0, "0.6600", "0.7000")], away=[(0, "0.3000", "0.3400")])
    columns = "bid, kalshi_{}_ask, kalshi_{}_mid_price, kalshi_{}_spread"
    (row,) = await features(
        ", ".join(f"kalshi_{side}_{columns.replace('{}', side)}" for side in ("home", "away"))
    )
    assert row[:4] == pytest.approx(row[4:])
    assert row[:4] == pytest.approx((0.66, 0.70, 0.68, 0.04))


async def test_a_balanced_market_is_turned_like_any_other(game, features):
    """trap D14: a balanced market (both near 0.5) taken for "not converted"."""
    game(0, home=[(0, "0.5000", "0.5200")], away=[(0, "0.4700", "0.4900")])
    (row,) = await features("kalshi_home_mid_price, kalshi_away_mid_price")
    assert row == pytest.approx((0.51, 0.52))


NEAREST = {-60: 60, 0: 0, 20: -20, 29.5: -29.5, 30: 30, 31: 29, 60: 0, 120: -60}
"""Seconds of a play -> to the candle that counts, of two that end at 0 and at 60."""


async def test_the_nearest_candle_and_of_two_the_later(game, features):
    """trap D7: nearest candle chosen by latest instead of by distance; ties."""
    game(*NEAREST, home=[(0, "0.1000", "0.1200"), (60, "0.2000", "0.2200")])
    found = await features("kalshi_match_seconds, kalshi_home_bid")
    assert found == [
        (match, 0.1 if seconds + match == 0 else 0.2) for seconds, match in NEAREST.items()
    ]


async def test_a_candle_is_used_within_a_minute_only(game, features):
    """trap D7: a candle used outside 60 s."""
    game(-60.001, -60, 0, 60, 60.001, home=[(0, "0.1000", "0.1200")])
    found = await features("kalshi_home_bid")
    assert found == [(None,), (0.1,), (0.1,), (0.1,), (None,)]


async def test_a_candle_without_both_quotes_is_passed_over(game, features):
    candles = [(0, "0.1000", "0.1200"), (60, None, "0.2200"), (120, "0.3000", None)]
    game(45, 61, 100, home=candles)
    assert await features("kalshi_match_seconds") == [(-45,), (None,), (None,)]


async def test_the_time_of_a_row_is_its_play_s(game, features):
    """trap D8: alignment by scheduled start: tip-off is ten to eleven minutes after it."""
    early = (LISTED_START - TIP_OFF).total_seconds()
    game(0, home=[(early, "0.9000", "0.9200"), (0, "0.1000", "0.1200")])
    found = await features("event_ts, kalshi_home_bid, snapshot_ts")
    assert found == [(TIP_OFF, 0.1, datetime(2026, 1, 16, 4, 10, tzinfo=UTC))]


async def test_where_the_play_has_no_time_its_neighbour_s_counts(game, features):
    """trap D8: `wallclock`, else the nearest earlier play's, else nothing."""
    game(None, 10, None, None, 60, home=[(0, "0.1000", "0.1200"), (60, "0.2000", "0.2200")])
    found = await features("aligned_by, event_ts, kalshi_home_bid")
    at = [TIP_OFF + timedelta(seconds=s) for s in (10, 60)]
    assert found == [
        ("none", None, None),
        ("wallclock", at[0], 0.1),
        ("neighbour", at[0], 0.1),
        ("neighbour", at[0], 0.1),
        ("wallclock", at[1], 0.2),
    ]


async def test_a_game_without_any_time_keeps_its_rows(game, features):
    game(None, None, home=[(0, "0.1000", "0.1200")])
    assert await features("aligned_by, espn_home_prob, kalshi_home_bid") == [
        ("none", 0.6, None),
        ("none", 0.6, None),
    ]


async def test_an_item_without_a_play_is_a_row(tables, game, features):
    game(0, home=[(0, "0.1000", "0.1200")])
    bare = {"sequence_number": 5, "event_id": None}
    unknown = {"sequence_number": 6, "event_id": 777}
    tables.items("1", bare, unknown)
    found = await features("sequence_number, score_diff, aligned_by, kalshi_home_bid")
    assert found == [
        (1, 0, "wallclock", 0.1),
        (5, None, "neighbour", 0.1),
        (6, None, "neighbour", 0.1),
    ]


async def test_no_row_is_multiplied_and_none_is_dropped(desk, tables, game, features):
    """trap D9: a join that multiplies rows, then DISTINCT that drops some."""
    game(*(10 * n for n in range(40)), home=[(60 * n, "0.1000", "0.1200") for n in range(9)])
    tables.candles(tables.market("1", 0, "KX-other"), *((60 * n, "0.5", "0.6") for n in range(9)))
    tables.candles(tables.market("1", 1), *((60 * n, "0.5", "0.6") for n in range(9)))
    found = await features("sequence_number, kalshi_home_bid")
    assert found == [(n, 0.1) for n in range(1, 41)], "equal items are no duplicates"


async def test_two_items_of_one_time_that_differ_in_their_play_alone(tables, game, features):
    game(0, 60, home=[(0, "0.1000", "0.1200"), (60, "0.2000", "0.2200")])
    tables.items("1", {"event_id": 1002, "home_win_percentage": 0.9})
    found = await features("sequence_number, espn_home_prob, kalshi_home_bid")
    assert found == [(1, 0.9, 0.2), (2, 0.6, 0.2)], "the published key holds no play"


async def test_lags_follow_the_order_of_the_items(tables, features):
    """trap D10: LAG without a full order."""
    tables.game("1")
    tables.candles(tables.market("1", 0), (0, "0.1", "0.2"))
    late, early = (datetime(2026, 1, 16, 4, minute, tzinfo=UTC) for minute in (10, 9))
    rows = [(9, late, 0.9), (2, late, 0.3), (2, early, 0.2), (1, late, 0.1), (25, early, 0.5)]
    items = [
        {
            "sequence_number": sequence,
            "last_modified_utc": ts,
            "home_win_percentage": home,
            "away_win_percentage": 1 - home,
            "event_id": number,
        }
        for number, (sequence, ts, home) in enumerate(rows)
    ]
    tables.items("1", *items)
    found = await features("espn_home_prob, espn_home_prob_lag_1, espn_home_prob_delta_1")
    assert [row[:2] for row in found] == [
        (0.1, None),
        (0.2, 0.1),
        (0.3, 0.2),
        (0.9, 0.3),
        (0.5, 0.9),
    ]
    deltas = [delta for *_, delta in found if delta is not None]
    assert deltas == pytest.approx([0.1, 0.1, 0.6, -0.4])


async def test_a_small_share_stays_small(tables, features):
    """trap D11: percentages in 0..1 read as 0..100 (0.8 % is 0.008)."""
    tables.game("1")
    tables.items("1", {"home_win_percentage": 0.008, "away_win_percentage": 0.992})
    tables.candles(tables.market("1", 0), (0, "0.0050", "0.0100"))
    tables.plays("1", {"wallclock": TIP_OFF})
    (row,) = await features("espn_home_prob, espn_away_prob, kalshi_home_mid_price")
    assert row == (0.008, 0.992, 0.0075)


async def test_the_score_over_the_root_of_the_time(tables, features):
    tables.game("1")
    tables.plays(
        "1",
        {"period": 4, "clock_seconds": 99.0, "home_score": 90, "away_score": 85},
        {"period": 4, "clock_seconds": 0.0, "home_score": 90, "away_score": 85},
    )
    tables.items("1", {}, {})
    tables.candles(tables.market("1", 0), (0, "0.1", "0.2"))
    found = await features("time_remaining, score_diff_div_sqrt_time_remaining")
    assert found == [(99, 0.5), (0, None)]


async def test_a_game_without_candles_has_no_rows(desk, tables, game, features):
    game(0, 10)
    tables.market("1", 0)
    assert await features("1") == []
    hourly = {"ticker": "KX-1-0", "period_ts": TIP_OFF, "period_interval_min": 60}
    tables.add("kalshi.candlesticks", hourly | {"yes_bid_close": "0.1", "yes_ask_close": "0.2"})
    assert await features("1") == [], "hours are not near enough to a play"


async def test_the_market_that_is_still_listed_counts(desk, tables, game, features):
    game(0)
    gone = {"gone_since": TIP_OFF, "open_time": TIP_OFF}
    tables.candles(tables.market("1", 0, "KX-old", **gone), (0, "0.1000", "0.1200"))
    tables.candles(tables.market("1", 0, "KX-new"), (0, "0.2000", "0.2200"))
    assert await features("kalshi_home_bid") == [(0.2,)]
    desk.look.execute("UPDATE kalshi.markets SET gone_since = NULL, open_time = now()")
    desk.look.execute("UPDATE kalshi.markets SET open_time = NULL WHERE ticker = 'KX-new'")
    assert await features("kalshi_home_bid") == [(0.1,)]
