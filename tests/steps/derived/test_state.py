"""The state of the game at each play, against the rules written down once more in Python."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any

import pytest

STATE = "espn.prob_event_state"
COLUMNS = (
    "point_differential, time_remaining, period, clock_seconds, possession_side, home_score,"
    " away_score, current_winning_team, final_winning_team, wallclock,"
    " time_remaining_regulation, sequence_number"
)
HOME, AWAY = "18", "26"
KINDS = ["Jumpball", "Jumpball Violation", "Offensive Rebound", "Lost Ball Turnover", "Jump Shot"]
KINDS += ["Free Throw - 1 of 2", "End Period", "Full Timeout", "Personal Foul", "rebound", None]

Play = dict[str, Any]


# -- the rules -----------------------------------------------------------------------------------


def expected(game: dict[str, Any], plays: list[Play]) -> dict[int, tuple]:
    periods = [play["period"] for play in plays if play["period"] is not None]
    last = max(periods, default=None)
    winner = leader(game["home_score"], game["away_score"])
    return {
        play["play_id"]: (
            difference(play["home_score"], play["away_score"]),
            time_remaining(play, last, is_over=game["status_completed"]),
            play["period"],
            play["clock_seconds"],
            possession(play),
            play["home_score"],
            play["away_score"],
            leader(play["home_score"], play["away_score"]),
            winner if game["status_completed"] else None,
            play["wallclock"],
            regulation(play),
            play["sequence_number"],
        )
        for play in plays
    }


def difference(home: int | None, away: int | None) -> int | None:
    return None if home is None or away is None else home - away


def leader(home: int | None, away: int | None) -> int | None:
    """0 home, 1 away, None for a tie and for what is not known."""
    ahead = difference(home, away)
    return None if not ahead else int(ahead < 0)


def half_up(seconds: float) -> int:
    return int(Decimal(seconds).quantize(Decimal(1), ROUND_HALF_UP))


def time_remaining(play: Play, last: int | None, *, is_over: bool) -> int | None:
    period, clock = play["period"], play["clock_seconds"]
    if not period or clock is None:
        return None
    if period > 4:
        return half_up(300 * (last - period) + clock)
    overtimes = max(last - 4, 0) if is_over else 0
    return half_up(720 * (4 - period) + clock + 300 * overtimes)


def regulation(play: Play) -> int | None:
    period, clock = play["period"], play["clock_seconds"]
    if not period:
        return None
    if period > 4:
        return 0
    return None if clock is None else half_up(720 * (4 - period) + clock)


def possession(play: Play) -> int | None:
    kind = play["play_type_text"] or ""
    words = ("Rebound", "Turnover", "Free Throw")
    speaks = kind == "Jumpball" or any(word in kind for word in words)
    if not (speaks or play["is_shooting_play"] or (play["points_attempted"] or 0) > 0):
        return None
    return {HOME: 0, AWAY: 1}.get(play["team_id"])


# -- games at random -----------------------------------------------------------------------------


def random_plays(dice: random.Random, game: str, periods: int, start) -> list[Play]:
    numbers = count(1)
    plays = []
    home = away = 0
    for period in range(1, periods + 1):
        length = 720 if period <= 4 else 300
        clocks = sorted((dice.randrange(0, 2 * length + 1) / 2 for _ in range(12)), reverse=True)
        for clock in [float(length), *clocks, 0.0]:
            home, away = home + dice.choice((0, 0, 1, 2, 3)), away + dice.choice((0, 0, 1, 2, 3))
            number = next(numbers)
            known = dice.random() > 0.05
            plays.append(
                {
                    "play_id": int(game) * 10_000 + number,
                    "sequence_number": number + dice.choice((0, 0, 1)),
                    "period": period if dice.random() > 0.03 else dice.choice((None, 0)),
                    "clock_seconds": clock if dice.random() > 0.05 else None,
                    "home_score": home if known else None,
                    "away_score": away if dice.random() > 0.05 else None,
                    "play_type_text": dice.choice(KINDS),
                    "is_shooting_play": dice.choice((True, False, None)),
                    "points_attempted": dice.choice((None, None, 0, 2, 3)),
                    "team_id": dice.choice((HOME, AWAY, AWAY, HOME, "99", None)),
                    "wallclock": dice.choice((None, start + timedelta(seconds=number))),
                }
            )
    # A row of the scorer's table after the end, that says 0-0.
    plays.append(plays[-1] | {"play_id": int(game) * 10_000, "home_score": 0, "away_score": 0})
    return plays


def random_game(dice: random.Random, plays: list[Play]) -> dict[str, Any]:
    home, away = plays[-2]["home_score"] or 90, plays[-2]["away_score"] or 90
    scores = dice.choice(((home, away), (home, away), (100, 100), (None, None), (None, away)))
    over = dice.random() > 0.3
    return {
        "home_score": scores[0],
        "away_score": scores[1],
        "status_completed": over,
        "status_state": "post" if over else "in",
    }


@pytest.mark.parametrize("seed", range(4))
async def test_any_games(desk, tables, seed):
    """trap D3, D4, D5, D6, D12, D13: all of them at once, over regulation and overtimes."""
    dice = random.Random(seed)
    wanted = {}
    for number in range(1, 13):
        game = str(number)
        plays = random_plays(dice, game, dice.choice((1, 2, 4, 4, 5, 6)), desk.clock.now())
        about = random_game(dice, plays)
        tables.game(game, **about)
        tables.plays(game, *plays)
        wanted |= {(game, play): row for play, row in expected(about, plays).items()}
    tables.mark(*{game for game, _ in wanted})
    context = await desk.do("game_state")
    rows = desk.rows(f"SELECT game_id, event_id, {COLUMNS} FROM {STATE}")
    assert len(rows) == len(wanted)
    for game, play, *row in rows:
        assert tuple(row) == wanted[game, play], (game, play)
    assert context.changes[STATE].inserted == len(wanted)


# -- one by one ----------------------------------------------------------------------------------


@pytest.fixture
def state(desk, tables):
    """The given columns of every play of a game, in order, after deriving it."""

    async def state(columns: str, *plays: Play, **game: Any) -> list[tuple]:
        tables.game("1", **game)
        tables.plays("1", *plays)
        tables.mark("1")
        await desk.do("game_state")
        return desk.rows(f"SELECT {columns} FROM {STATE} ORDER BY event_id")

    return state


def at(period: int, clock: float, **more: Any) -> Play:
    return {"period": period, "clock_seconds": clock} | more


async def test_the_beginning_of_each_period(state):
    found = await state("time_remaining", *(at(period, 720.0) for period in (1, 2, 3, 4)))
    assert found == [(2880,), (2160,), (1440,), (720,)]


async def test_the_period_is_the_play_s_own(state):
    """trap D3: period guessed from the time left: wrong at quarter ends and in overtime."""
    found = await state("period, time_remaining", at(1, 0.0), at(2, 720.0), at(4, 0.0), at(5, 10.0))
    assert found == [(1, 2460), (2, 2460), (4, 300), (5, 10)]


async def test_an_unfinished_game_knows_nothing_of_overtime(state):
    """trap D4: time left of an unfinished game pretends to know about overtime."""
    live = {"status_completed": False, "status_state": "in"}
    found = await state(
        "time_remaining, time_remaining_regulation", at(4, 60.0), at(5, 200.0), at(6, 100.0), **live
    )
    assert found == [(60, 60), (500, 0), (100, 0)]


async def test_a_finished_game_counts_its_overtimes(state):
    found = await state(
        "time_remaining, time_remaining_regulation", at(1, 720.0), at(5, 200.0), at(6, 100.0)
    )
    assert found == [(3480, 2880), (500, 0), (100, 0)]


async def test_clocks_are_rounded_half_up(state):
    """trap D5: half-even rounding of clocks (0.5 -> 0, 2.5 -> 2)."""
    found = await state(
        "time_remaining, clock_seconds", *(at(4, clock) for clock in (0.5, 1.5, 2.5, 2.4, 59.96))
    )
    assert found == [(1, 0.5), (2, 1.5), (3, 2.5), (2, 2.4), (60, 59.96)]


@pytest.mark.parametrize(
    ("game", "winner"),
    [
        ({"status_completed": False}, None),
        ({"home_score": 110, "away_score": 99}, 0),
        ({"home_score": 99, "away_score": 110}, 1),
        ({"home_score": 99, "away_score": 99}, None),
        ({"home_score": None, "away_score": None}, None),
    ],
)
async def test_the_final_winner(state, game, winner):
    """trap D6: the final winner of a game that is not over; trap W7: the winner inverted."""
    assert await state("final_winning_team", at(1, 1.0), **game) == [(winner,)]


async def test_administrative_rows_after_the_end_decide_nothing(state):
    """trap D13: trailing 0-0 rows taken as the final score."""
    last = at(4, 0.0, home_score=0, away_score=0)
    scored = at(4, 1.0, home_score=110, away_score=99)
    found = await state("current_winning_team, final_winning_team", scored, last)
    assert found == [(0, 0), (None, 0)]


async def test_possession_needs_the_teams(state):
    """trap D12: possession_side NULL for all because team ids were missing."""
    shots = [at(1, 9.0, is_shooting_play=True, team_id=team) for team in (HOME, AWAY, "99", None)]
    assert await state("possession_side", *shots) == [(0,), (1,), (None,), (None,)]


async def test_a_game_without_plays_has_no_state(desk, tables):
    tables.game("1")
    tables.mark("1", "2")
    context = await desk.do("game_state")
    assert desk.count(STATE) == 0
    assert not context.changes[STATE].any
    assert STATE not in desk.marks


async def test_a_game_seen_at_half_time_does_not_stay_there(desk, tables):
    """It is computed whenever its plays or its result changed, not once."""
    tables.game("1", status_completed=False, status_state="in")
    tables.plays("1", at(2, 0.0, home_score=50, away_score=40))
    tables.mark("1")
    await desk.do("game_state")
    desk.look.execute("UPDATE espn.scoreboard_games SET status_completed = true")
    late = at(5, 0.0, home_score=110, away_score=99, play_id=1999, sequence_number=999)
    tables.plays("1", late)
    tables.mark("1")
    context = await desk.do("game_state")
    assert (context.changes[STATE].inserted, context.changes[STATE].updated) == (1, 1)
    found = desk.rows(f"SELECT time_remaining, final_winning_team FROM {STATE} ORDER BY event_id")
    assert found == [(1740, 0), (0, 0)]
