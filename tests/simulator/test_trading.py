"""Generated candles: a coherent book on both sides, following the game by its true times."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nbapanel.simulator.aggregation import aggregate
from nbapanel.simulator.league import League
from nbapanel.simulator.plan import Plan
from nbapanel.simulator.trading import Tape, held, tapes


@pytest.fixture(scope="module")
def markets(league: League) -> list[tuple[Plan, tuple[Tape, Tape]]]:
    plans = [league.plan(one.event_id) for one in league.schedule.fixtures[100::60]]
    lost = [league.plan(one.event_id) for one in league.schedule.fixtures if one.postponed_at]
    return [(plan, tapes(7, plan)) for plan in plans + lost]


def every(markets: list[tuple[Plan, tuple[Tape, Tape]]]) -> list[tuple[Plan, int, Tape]]:
    return [(plan, side, both[side]) for plan, both in markets for side in (0, 1)]


def test_the_bid_is_below_the_ask_at_every_point(
    markets: list[tuple[Plan, tuple[Tape, Tape]]],
) -> None:
    for _, _, tape in every(markets):
        for candle in tape.candles:
            assert all(
                1 <= bid < ask <= 99 for bid, ask in zip(candle.bid, candle.ask, strict=True)
            )
            for opened, high, low, closed in (candle.bid, candle.ask):
                assert low <= min(opened, closed)
                assert high >= max(opened, closed)


def test_trades_lie_in_the_book_and_volume_tells_them(
    markets: list[tuple[Plan, tuple[Tape, Tape]]],
) -> None:
    for _, _, tape in every(markets):
        previous = None
        for candle in tape.candles:
            assert (candle.volume > 0) == (candle.trade is not None)
            assert candle.previous == previous
            if candle.trade is not None:
                opened, high, low, closed = candle.trade.ohlc
                assert candle.bid[2] <= low <= min(opened, closed)
                assert max(opened, closed) <= high <= candle.ask[1]
                assert low * 100 <= candle.trade.mean_bp <= high * 100
                previous = closed


def test_volume_adds_up_to_that_of_the_market(
    markets: list[tuple[Plan, tuple[Tape, Tape]]],
) -> None:
    for plan, side, tape in every(markets):
        assert sum(candle.volume for candle in tape.candles) == plan.volumes[side]
        last = tape.candles[-1]
        assert last.open_interest == held(plan.volumes[side], plan.contract_unit)
        assert all(candle.volume % plan.contract_unit == 0 for candle in tape.candles)


def test_minutes_are_missing_and_minutes_are_without_trade(
    markets: list[tuple[Plan, tuple[Tape, Tape]]],
) -> None:
    for _, _, tape in every(markets):
        assert 1_100 <= len(tape.candles) <= 1_700
        steps = [later - sooner for sooner, later in pairwise(tape.ends)]
        assert all(step % 60 == 0 and step > 0 for step in steps)
        assert any(step > 60 for step in steps)
        idle = sum(1 for candle in tape.candles if candle.trade is None) / len(tape.candles)
        assert 0.01 <= idle <= 0.62


def test_both_sides_of_a_game_agree(markets: list[tuple[Plan, tuple[Tape, Tape]]]) -> None:
    for _, (home, away) in markets:
        other = {candle.end_ts: candle for candle in away.candles}
        for candle in home.candles:
            twin = other.get(candle.end_ts)
            if twin is not None:
                middle = (candle.bid[3] + candle.ask[3]) / 2
                mirrored = 100 - (twin.bid[3] + twin.ask[3]) / 2
                assert abs(middle - mirrored) <= 4


def test_prices_follow_the_game_by_wallclock_and_end_with_the_winner(
    league: League, markets: list[tuple[Plan, tuple[Tape, Tape]]]
) -> None:
    """trap D8: aligned by the true time of a play, not by the listed start."""
    for plan, (home, _) in markets:
        if plan.fixture.postponed_at:
            assert abs(home.candles[-1].bid[3] - 50) <= 6
            continue
        assert (home.candles[-1].bid[3] >= 95) == (plan.winner == 0)
        assert (home.candles[-1].ask[3] <= 5) == (plan.winner == 1)
        game = league.game(plan.fixture.event_id)
        gaps = []
        for candle in home.between(game.released[0] + 60, game.released[-1]):
            before = [play for play in game.plays if play.released_ts <= candle.end_ts][-1]
            gaps.append(abs(before.fair * 100 - (candle.bid[3] + candle.ask[3]) / 2))
        assert sum(gaps) / len(gaps) < 3


def test_hours_and_days_are_made_of_minutes(
    markets: list[tuple[Plan, tuple[Tape, Tape]]],
) -> None:
    tape = markets[0][1][0]
    for interval_min in (60, 1440):
        joined = aggregate(tape.candles, interval_min)
        assert sum(one.volume for one in joined) == sum(one.volume for one in tape.candles)
        assert joined[0].bid[0] == tape.candles[0].bid[0]
        assert joined[-1].bid[3] == tape.candles[-1].bid[3]
        assert max(one.ask[1] for one in joined) == max(one.ask[1] for one in tape.candles)
    assert all(one.end_ts % 3600 == 0 for one in aggregate(tape.candles, 60))
    # Daily candles end at midnight US Eastern, which is 05:00 UTC in winter.
    assert {one.end_ts % 86_400 for one in aggregate(tape.candles, 1440)} <= {4 * 3600, 5 * 3600}
