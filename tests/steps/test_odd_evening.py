"""A whole evening of odd values: every step takes what the one before it let through.

A parser may let nothing through that a later step stumbles over: a period of a hundred million
would be more seconds than an integer holds, and stop the derivation of every other game.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from nbapanel.errors import GateFailed

EVENTS = ("401800001", "401800002", "401800003")
CODES = {"401800001": ("NY", "NYK"), "401800002": ("SA", "SAS"), "401800003": ("GS", "GSW")}
TIP_OFF = datetime(2026, 1, 16, 0, 40, tzinfo=UTC)
STEPS = ("fetch_scoreboards", "load_scoreboards", "fetch_games", "load_games", "markets",
         "candlesticks", "game_state", "snapshot_features")  # fmt: skip

# By relation: what must hold in every row. The meanings are those of the tables' contract.
RANGES = {
    "espn.scoreboard_games": [
        "event_id ~ '^[0-9]{1,18}$' AND competition_id ~ '^[0-9]{1,18}$'",
        "home_score BETWEEN 0 AND 999 AND away_score BETWEEN 0 AND 999",
        "status_period BETWEEN 0 AND 50 AND status_clock BETWEEN 0 AND 720",
        "season_year BETWEEN 1947 AND 2200 AND attendance >= 0",
        "event_date BETWEEN '1900-01-01Z' AND '2201-01-01Z'",
        "final_seen_at IS NOT NULL OR NOT status_completed",
    ],
    "espn.probabilities_raw_items": [
        "home_win_percentage BETWEEN 0 AND 1 AND away_win_percentage BETWEEN 0 AND 1",
        "coalesce(tie_win_percentage, 0) BETWEEN 0 AND 1",
        "home_win_percentage + away_win_percentage + coalesce(tie_win_percentage, 0)"
        " BETWEEN 0.97 AND 1.03",
        "sequence_number >= 0 AND event_id >= 0",
        "last_modified_utc BETWEEN '1900-01-01Z' AND '2201-01-01Z'",
    ],
    "espn.plays": [
        "period BETWEEN 0 AND 50 AND clock_seconds BETWEEN 0 AND 720",
        "home_score BETWEEN 0 AND 999 AND away_score BETWEEN 0 AND 999",
        "abs(coordinate_x) <= 100000 AND abs(coordinate_y) <= 100000",
        "wallclock BETWEEN '1900-01-01Z' AND '2201-01-01Z'",
    ],
    "espn.prob_event_state": [
        "point_differential = home_score - away_score",
        "time_remaining BETWEEN 0 AND 2880 + 46 * 300 + 720",
        "time_remaining_regulation BETWEEN 0 AND 2880",
        "possession_side IN (0, 1) AND current_winning_team IN (0, 1)",
        "final_winning_team IN (0, 1)",
    ],
    "kalshi.markets": [
        "last_price BETWEEN 0 AND 1 AND yes_bid BETWEEN 0 AND 1 AND yes_ask BETWEEN 0 AND 1",
        "no_bid BETWEEN 0 AND 1 AND no_ask BETWEEN 0 AND 1 AND settlement_value BETWEEN 0 AND 1",
        "volume >= 0 AND open_interest >= 0 AND side IN (0, 1)",
        "close_time BETWEEN '1900-01-01Z' AND '2201-01-01Z'",
    ],
    "kalshi.candlesticks": [
        "yes_bid_open BETWEEN 0 AND 1 AND yes_bid_close BETWEEN 0 AND 1",
        "yes_ask_low BETWEEN 0 AND 1 AND yes_ask_high BETWEEN 0 AND 1",
        "price_mean BETWEEN 0 AND 1 AND price_previous BETWEEN 0 AND 1",
        "volume >= 0 AND open_interest >= 0",
        "period_ts BETWEEN '1970-01-01Z' AND '2201-01-01Z'",
    ],
    "derived.snapshot_features": [
        "espn_home_prob BETWEEN 0 AND 1 AND espn_away_prob BETWEEN 0 AND 1",
        "espn_home_prob_delta_1 BETWEEN -1 AND 1 AND espn_home_prob_lag_1 BETWEEN 0 AND 1",
        "kalshi_home_mid_price BETWEEN 0 AND 1 AND kalshi_away_mid_price BETWEEN 0 AND 1",
        "abs(kalshi_home_spread) <= 1 AND abs(kalshi_away_spread) <= 1",
        "abs(kalshi_match_seconds) <= 60 AND abs(score_diff) <= 999",
        "abs(score_diff_div_sqrt_time_remaining) <= 999",
    ],
    "derived.game_stats": [
        "brier_espn BETWEEN 0 AND 1 AND brier_kalshi BETWEEN 0 AND 1",
        "max_swing BETWEEN 0 AND 1 AND mean_abs_difference BETWEEN 0 AND 1",
    ],
}

ODD_VALUES: list[Any] = [
    *[
        0,
        1,
        -1,
        5,
        50,
        51,
        999,
        1000,
        2**31 - 1,
        2**31,
        2**63,
        10**18 - 1,
        10**30,
        0.5,
        720.0,
        1e308,
    ],
    *[
        "0",
        "7",
        "999",
        "2147483647",
        "9223372036854775807",
        str(10**18 - 1),
        "",
        "x",
        "\0",
        "a\ud800",
    ],
    *[
        "12:00",
        "0.0",
        "59.9",
        "0.0000",
        "1.0000",
        "1.0001",
        "1000000000000000",
        "final",
        "x" * 5_000,
    ],
    *[
        "1900-01-01T00:00:00Z",
        "2200-12-31T23:59:59Z",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
    ],
    *["2026-01-16T00:41:00Z", "../../etc/x", "home", "away", "NY", "post", "in", "pre"],
    *[None, True, False, [], {}, [None], {"number": 9}, {"value": 0.0}],
]


@pytest.fixture
def evening(desk, make):
    """Three games that are over, each with plays, probabilities, two markets and candles."""
    feed = desk.feed
    feed.scoreboards["20260115"] = []
    for event, (code, nba) in CODES.items():
        feed.scoreboards["20260115"].append(make.event(event, home=code, away="BOS", score=(9, 0)))
        feed.plays[event] = [make.play(number, event) for number in range(1, 10)]
        feed.probabilities[event] = [
            make.item(number, 0.5 + number / 100, event) for number in range(1, 10)
        ]
        market = f"KXNBAGAME-26JAN15BOS{nba}"
        for team in (nba, "BOS"):
            feed.markets.append(make.market(team, market))
            feed.candles[f"{market}-{team}"] = [
                make.candle(TIP_OFF + timedelta(minutes=minute)) for minute in range(5)
            ]
    return desk


async def walk(desk: Any) -> list[tuple[str, str]]:
    """Every step, up to the derived ones; then publication, whose gates may object. What was set
    aside on the way."""
    bad: list[tuple[str, str]] = []
    for step in STEPS:
        context = await desk.do(step)
        bad += context.bad_items
    with suppress(GateFailed):
        await desk.do("publish")
    return bad


def check_ranges(desk: Any) -> None:
    for relation, claims in RANGES.items():
        for claim in claims:
            wrong = desk.one(f"SELECT count(*) FROM {relation} WHERE NOT ({claim})")
            assert wrong == 0, (relation, claim)


def neighbours(desk: Any) -> list[tuple[Any, ...]]:
    """What was derived of the first and the last game, whatever befell the one between them."""
    return desk.rows(
        "SELECT game_id, count(*), round(sum(espn_home_prob)::numeric, 6), sum(score_diff),"
        " sum(time_remaining), count(kalshi_home_mid_price), count(kalshi_away_mid_price)"
        " FROM derived.snapshot_features WHERE game_id = ANY(%s) GROUP BY 1 ORDER BY 1",
        [EVENTS[0], EVENTS[2]],
    )


SOUND = [(event, 9, Decimal("4.95"), 45, 9 * 2880 - 45, 9, 9) for event in (EVENTS[0], EVENTS[2])]


async def test_values_at_the_ends_of_their_ranges(evening, make):
    """Each loads, and everything reckoned from it is within its own range."""
    desk, feed, event = evening, evening.feed, EVENTS[1]
    ends = ("1900-01-01T00:00:00Z", "2200-12-31T23:59:59Z")
    listed = feed.scoreboards["20260115"][1]
    for side in listed["competitions"][0]["competitors"]:
        side["score"] = "999" if side["homeAway"] == "home" else "0"
    listed["competitions"][0]["status"] |= {"period": 50, "clock": 720.0}
    listed["competitions"][0]["attendance"] = 2**31 - 1
    feed.plays[event] = [
        make.play(
            number,
            event,
            id=str(2**63 - number),
            sequenceNumber=str(2**31 - number),
            period={"number": period},
            clock={"value": clock},
            homeScore=home,
            awayScore=away,
            scoreValue=2**31 - 1,
            pointsAttempted=2**31 - 1,
            coordinate={"x": 100_000, "y": -100_000},
            wallclock=ends[number % 2],
        )
        for number, (period, clock, home, away) in enumerate(
            [(1, 720.0, 0, 0), (50, 0.0, 999, 0), (50, 720.0, 0, 999), (0, 0.0, 999, 999)], 1
        )
    ]
    feed.probabilities[event] = [
        make.item(
            2**31 - number,
            float(number % 2),
            event,
            lastModified=ends[number % 2],
            play={"$ref": f"http://x.test/plays/{2**63 - number}"},
        )
        for number in (1, 2, 3, 4)
    ]
    market = "KXNBAGAME-26JAN15BOSSAS"
    for sold in feed.markets:
        if sold["event_ticker"] == market:
            sold |= {"open_time": ends[0], "expiration_time": ends[1], "volume_fp": "1" * 15}
            sold |= {"yes_bid_dollars": "0.0000", "yes_ask_dollars": "1.0000"}
    for team in ("SAS", "BOS"):
        candles = [make.candle(TIP_OFF, "0.0000", "1.0000") for _ in range(3)]
        for candle, ends_at in zip(candles, (0, 7_289_654_399, 1_768_525_200), strict=True):
            candle |= {"end_period_ts": ends_at, "volume_fp": "9" * 15 + "." + "9" * 10}
        feed.candles[f"{market}-{team}"] = candles
    assert await walk(desk) == []
    check_ranges(desk)
    assert neighbours(desk) == SOUND
    for relation in ("espn.plays", "espn.prob_event_state", "derived.snapshot_features"):
        found = desk.one(f"SELECT count(*) FROM {relation} WHERE game_id = %s", event)
        assert found == 4, relation


@pytest.mark.parametrize("number", [100_000_000, 51, -1])
async def test_a_period_beyond_reason_does_not_stop_the_other_games(evening, number):
    """300 seconds a period: more than an integer holds, and the derivation of all games failed."""
    evening.feed.plays[EVENTS[1]][4]["period"]["number"] = number
    ((where, reason),) = await walk(evening)
    assert where.startswith(f"{EVENTS[1]}:{EVENTS[1]} items[4]")
    assert "period.number" in reason
    check_ranges(evening)
    assert neighbours(evening) == SOUND


@pytest.mark.parametrize(
    "seed",
    [*range(1, 16), *(pytest.param(n, marks=[pytest.mark.soak]) for n in range(16, 316))],
)
async def test_odd_values_anywhere_cost_their_own_game_at_most(evening, seed):
    """Traps L5 to L7: in the listing, the plays, items, markets and candles of a game."""
    chance = random.Random(seed)
    desk, feed, event = evening, evening.feed, EVENTS[1]
    tickers = [t for t in feed.candles if "BOSSAS" in t]
    of_game = [
        [feed.scoreboards["20260115"][1]],
        feed.plays[event],
        feed.probabilities[event],
        [sold for sold in feed.markets if sold["ticker"] in tickers],
        *(feed.candles[ticker] for ticker in tickers),
    ]
    for items in of_game:
        for _ in range(chance.randint(0, 4)):
            spoil(items, chance)
    bad = await walk(desk)
    assert all(reason for _, reason in bad)
    check_ranges(desk)
    assert neighbours(desk) == SOUND
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE load_error IS NOT NULL") == 0


async def test_an_id_that_nobody_can_ask_for_is_set_aside(evening):
    """Trap F16: loaded, it failed the fetch of its plays, in this run and in all that followed."""
    evening.feed.scoreboards["20260115"][1]["id"] = "../../etc/x"
    ((where, reason),) = await walk(evening)
    assert where.startswith("2026-01-15 events[1]")
    assert "$.id" in reason
    assert neighbours(evening) == SOUND


async def test_markets_that_all_name_one_event_are_set_aside(evening, make):
    """An event of 120 markets: more than are asked for at once; the step broke off."""
    wrong = [
        make.market(
            "BOS", f"KXNBAGAME-{year}JAN15BOS{code}", event_ticker="KXNBAGAME-26JAN15BOSNYK"
        )
        for year in range(10, 25)
        for code in ("ATL", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET")
    ]
    evening.feed.markets += wrong
    bad = await walk(evening)
    assert len(bad) == len(wrong) == 120
    assert all("not the one of its ticker" in reason for _, reason in bad)
    assert neighbours(evening) == SOUND


def spoil(items: list[Any], chance: random.Random) -> None:
    """One value somewhere in an item becomes another, or goes. The item itself stays one."""
    item = chance.choice(items)
    node, key = chance.choice(list(places(item)))
    if chance.random() < 0.1:
        del node[key]
    else:
        node[key] = copy.deepcopy(chance.choice(ODD_VALUES))


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    for key, value in pairs:
        yield node, key
        if isinstance(value, dict | list):
            yield from places(value)
