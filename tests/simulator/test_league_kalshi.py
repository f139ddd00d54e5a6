"""What the generated league says in Kalshi's shapes, in each of the three formats."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.simulator.league import League
from nbapanel.simulator.plan import Generation, Plan
from nbapanel.simulator.source import Refusal, Window

NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
EVER = Window(0, 2**33, 1)


@pytest.fixture(scope="module")
def shapes(league: League) -> list[dict]:
    rows = league.listed("KXNBAGAME", NOW, historical=False)
    return [row.shape() for row in rows]


def week(league: League) -> list[Plan]:
    days = [date(2026, 1, 15) - timedelta(days=back) for back in range(7)]
    return [league.plan(one.event_id) for day in days for one in league.schedule.by_day[day]]


def generation_in_week(league: League, generation: Generation) -> Plan:
    return next(
        one
        for one in week(league)
        if one.generation is generation and one.fixture.postponed_at is None
        and one.settles_at < NOW
    )  # fmt: skip


def test_all_three_formats_occur_in_the_week(league: League) -> None:
    assert {one.generation for one in week(league)} == set(Generation)


def test_a_game_has_two_markets_whose_results_agree_with_the_winner(
    league: League, shapes: list[dict]
) -> None:
    """trap W8: neither of the two is lost."""
    by_event: dict[str, list[dict]] = defaultdict(list)
    for shape in shapes:
        by_event[shape["event_ticker"]].append(shape)
    assert {len(both) for both in by_event.values()} == {2}
    for shape in shapes:
        fixture, side = league.schedule.by_ticker[shape["ticker"]]
        plan = league.plan(fixture.event_id)
        if shape["status"] != "finalized":
            assert shape["result"] == ""
        elif fixture.postponed_at:
            assert shape["result"] == "scalar"
            assert shape["settlement_value_dollars"] == "0.5000"
        else:
            assert shape["result"] == ("yes" if plan.winner == side else "no")
            assert shape["yes_ask_dollars"] == "1.0000"
            assert shape["last_price_dollars"] in ("0.9900", "0.0100")


def test_both_sub_titles_are_the_yes_team(shapes: list[dict]) -> None:
    assert all(one["yes_sub_title"] == one["no_sub_title"] for one in shapes)
    assert {"Los Angeles L", "Los Angeles C"} <= {one["yes_sub_title"] for one in shapes}


def test_market_objects_have_the_fields_of_their_generation(league: League) -> None:
    for generation in Generation:
        plan = generation_in_week(league, generation)
        shape = league.market(plan.fixture.ticker(0), NOW, historical=False)
        has_cents, has_fixed = "yes_bid" in shape, "volume_fp" in shape
        assert "yes_bid_dollars" in shape
        assert has_cents is (generation is not Generation.DOLLARS)
        assert has_fixed is (generation is not Generation.CENTS)
        assert ("settlement_value" in shape) is has_cents
        assert ("occurrence_datetime" in shape) is (generation is Generation.DOLLARS)
        if has_cents:
            assert shape["volume"] * 100 == plan.volumes[0]
        if has_cents and has_fixed:
            assert shape["volume_fp"] == f"{shape['volume']}.00"


def test_candles_have_the_fields_of_their_generation(league: League) -> None:
    for generation in Generation:
        plan = generation_in_week(league, generation)
        candles = league.candlesticks(plan.fixture.ticker(1), EVER, NOW, historical=False)
        idle = next(one for one in candles[5:] if one["price"].get("close_dollars") is None)
        busy = next(one for one in candles if one["price"].get("close_dollars") is not None)
        if generation is Generation.DOLLARS:
            assert set(idle["price"]) == {"previous_dollars"}
            assert set(busy["yes_bid"]) == {
                "open_dollars", "high_dollars", "low_dollars", "close_dollars"
            }  # fmt: skip
            assert "volume" not in busy
        else:
            assert idle["price"]["close"] is None
            assert "close_dollars" not in idle["price"]
            assert idle["price"]["previous"] is not None
            assert busy["price"]["close_dollars"] == f"{busy['price']['close'] / 100:.4f}"
            assert ("volume_fp" in busy) is (generation is Generation.BOTH)


def test_before_the_first_trade_nothing_is_told_of_prices(league: League) -> None:
    for plan in (generation_in_week(league, generation) for generation in Generation):
        first = league.candlesticks(plan.fixture.ticker(0), EVER, NOW, historical=False)[0]
        price = first["price"]
        assert "previous_dollars" not in price
        if plan.generation is not Generation.DOLLARS:
            assert price["previous"] is None


def test_candles_end_at_now_and_within_the_window(league: League) -> None:
    live = next(one for one in week(league) if one.first_play_at < NOW < one.final_at)
    ticker = live.fixture.ticker(0)
    candles = league.candlesticks(ticker, EVER, NOW, historical=False)
    assert NOW.timestamp() - 600 <= candles[-1]["end_period_ts"] <= NOW.timestamp()
    first, last = candles[10]["end_period_ts"], candles[20]["end_period_ts"]
    inside = league.candlesticks(ticker, Window(first, last, 1), NOW, historical=False)
    assert inside == candles[10:21]
    shape = league.market(ticker, NOW, historical=False)
    assert shape["status"] == "active"
    last_bid = candles[-1]["yes_bid"]
    assert shape["yes_bid_dollars"] == last_bid["close_dollars"]


def test_a_market_lives_through_its_statuses(league: League) -> None:
    plan = generation_in_week(league, Generation.DOLLARS)
    ticker = plan.fixture.ticker(0)
    with pytest.raises(Refusal):
        league.market(ticker, plan.opens_at - timedelta(hours=1), historical=False)
    moments = [
        plan.opens_at - timedelta(minutes=1),
        plan.opens_at + timedelta(minutes=5),
        plan.closes_at,
        plan.settles_at - timedelta(seconds=1),
        plan.settles_at,
    ]
    told = [league.market(ticker, moment, historical=False) for moment in moments]
    assert [one["status"] for one in told] == [
        "initialized", "active", "closed", "determined", "finalized"
    ]  # fmt: skip
    assert [one["result"] != "" for one in told] == [False, False, False, True, True]
    assert told[1]["close_time"] > told[4]["close_time"]
    assert "settlement_ts" in told[4]


def test_old_markets_are_historical_only(league: League) -> None:
    cutoff = league.cutoff(NOW)
    old = league.listed("KXNBAGAME", NOW, historical=True)
    new = league.listed("KXNBAGAME", NOW, historical=False)
    assert old
    assert not {one.ticker for one in old} & {one.ticker for one in new}
    assert max(one.settled_ts for one in old) < cutoff.timestamp()
    ticker = old[0].ticker
    with pytest.raises(Refusal) as refusal:
        league.candlesticks(ticker, EVER, NOW, historical=False)
    assert refusal.value.status == 404
    candle = league.candlesticks(ticker, EVER, NOW, historical=True)[700]
    assert isinstance(candle["yes_bid"]["open"], str)
    assert isinstance(candle["volume"], str)
    assert "close" in candle["price"]
    shape = league.market(ticker, NOW, historical=True)
    assert "yes_bid" not in shape
    assert shape["settlement_ts"]


def test_other_series_are_empty(league: League) -> None:
    assert league.listed("KXMLBGAME", NOW, historical=False) == []
