"""Generated games: clocks, scores, times and probabilities that fit together."""

from __future__ import annotations

from itertools import pairwise

import pytest

from nbapanel.simulator import kinds
from nbapanel.simulator.game import Game, clock_text, generate
from nbapanel.simulator.league import League
from nbapanel.simulator.winning import home_win_probability


@pytest.fixture(scope="module")
def games(league: League) -> list[Game]:
    fixtures = league.schedule.fixtures
    overtime = [one for one in fixtures if one.overtimes]
    chosen = [one for one in fixtures[::16] if not one.postponed_at] + overtime
    return [generate(7, league.plan(one.event_id)) for one in chosen]


def test_a_game_has_as_many_plays_as_a_real_one(games: list[Game]) -> None:
    regulation = [len(one.plays) for one in games if not one.plan.fixture.overtimes]
    assert 430 <= sum(regulation) / len(regulation) <= 500
    points = [one.plays[-1].home + one.plays[-1].away for one in games]
    assert 190 <= sum(points) / len(points) <= 250


def test_scores_only_grow_and_by_what_the_play_is_worth(games: list[Game]) -> None:
    for game in games:
        home = away = 0
        for play in game.plays:
            home += play.points if play.side == 0 else 0
            away += play.points if play.side == 1 else 0
            assert (play.home, play.away) == (home, away)
            assert play.points <= play.attempted


def test_the_winner_is_the_planned_one_and_overtime_comes_when_due(games: list[Game]) -> None:
    for game in games:
        last = game.plays[-1]
        assert last.kind is kinds.END_GAME
        assert (last.home > last.away) == (game.plan.winner == 0)
        assert last.home != last.away
        assert last.period == 4 + game.plan.fixture.overtimes
        for ended in (play for play in game.plays if play.kind is kinds.END_PERIOD):
            is_level = ended.home == ended.away
            if ended.period >= 4:
                assert is_level == (ended.period < last.period)


def test_the_clock_never_runs_back_within_a_period(games: list[Game]) -> None:
    for game in games:
        for before, after in pairwise(game.plays):
            assert after.period - before.period in (0, 1)
            if after.period == before.period:
                assert after.clock_s <= before.clock_s
            else:
                assert before.kind is kinds.END_PERIOD
                assert before.clock_s == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(720.0, "12:00"), (521.0, "8:41"), (60.0, "1:00"), (53.1, "53.1"), (0.0, "0.0")],
)
def test_clocks_are_written_as_the_feed_writes_them(seconds: float, text: str) -> None:
    assert clock_text(seconds) == text


def test_play_begins_ten_or_eleven_minutes_after_the_listed_start(games: list[Game]) -> None:
    """trap D8: the scheduled start is not the time of the first play."""
    for game in games:
        wait_s = game.plays[0].wall_ts - game.plan.fixture.tip_at.timestamp()
        assert 600 <= wait_s < 720
        length_s = game.plays[-1].wall_ts - game.plays[0].wall_ts
        assert 7_800 <= length_s <= 8_800 + 1_000 * game.plan.fixture.overtimes
        assert game.plays[-1].wall_ts == game.plan.final_at.timestamp()


def test_wall_clocks_go_back_a_few_times_but_plays_come_out_in_order(games: list[Game]) -> None:
    backwards = [
        sum(1 for one, other in pairwise(game.plays) if other.wall_ts < one.wall_ts)
        for game in games
    ]
    assert 1 <= sum(backwards) / len(backwards) <= 6
    for game in games:
        assert list(game.released) == sorted(game.released)
        assert all(play.wall_ts <= play.released_ts for play in game.plays)


def test_sequence_numbers_rise_with_gaps(games: list[Game]) -> None:
    for game in games:
        steps = {two.sequence - one.sequence for one, two in pairwise(game.plays)}
        assert steps == {1, 2, 3}


def test_teams_and_players_are_absent_where_the_feed_lacks_them(games: list[Game]) -> None:
    for game in games:
        ends = [play for play in game.plays if play.side is None]
        assert {play.kind for play in ends} == {kinds.END_PERIOD, kinds.END_GAME}
        assert any(play.side is not None and not play.players for play in game.plays)
        assert not any("None" in play.text for play in game.plays)


def test_probabilities_end_with_the_winner_and_move_with_the_score(games: list[Game]) -> None:
    for game in games:
        assert all(0.0 <= play.told <= 1.0 for play in game.plays)
        last = game.plays[-1]
        assert last.told > 0.95 if game.plan.winner == 0 else last.told < 0.05
    leads = [play for game in games for play in game.plays if play.home - play.away >= 15]
    assert sum(play.told for play in leads) / len(leads) > 0.85


def test_a_lead_counts_for_more_the_later_it_is() -> None:
    early, late = home_win_probability(5, 2400, 0), home_win_probability(5, 60, 0)
    assert 0.5 < early < late < 1.0
    assert home_win_probability(0, 0, 4.0) == 0.5
    assert home_win_probability(0, 2880, 4.0) > 0.5
