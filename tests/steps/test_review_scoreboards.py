"""Findings about scoreboards: what is asked for again, and what one listing may do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from nbapanel.steps.espn_games import games_to_fetch
from nbapanel.steps.espn_scoreboards import days_to_fetch
from nbapanel.steps.resources import Window

DAY = "20260115"
GAME_DAY = date(2026, 1, 15)


@pytest.fixture
def listed(desk):
    """Fetch and load the day as it is listed now, an hour after the last time."""

    async def listed(*events):
        desk.feed.scoreboards[DAY] = list(events)
        desk.clock.moment += timedelta(hours=1)
        await desk.do("fetch_scoreboards", "load_scoreboards", force=True)

    return listed


def unnamed(event):
    """The event without the name of its status."""
    del event["competitions"][0]["status"]["type"]["name"]
    return event


def games(desk) -> list[str]:
    return [e for (e,) in desk.rows("SELECT event_id FROM espn.scoreboard_games ORDER BY 1")]


async def test_a_game_without_the_name_of_its_status_is_waited_for(desk, make, listed):
    """Finding 18: NULL is neither in a list nor outside of it."""
    await listed(unnamed(make.event(status="in")))
    assert desk.one("SELECT status_name FROM espn.scoreboard_games") is None
    desk.clock.moment += timedelta(days=30)
    window = Window.last_days(2, desk.clock.now())
    days = await days_to_fetch(desk.context("fetch_scoreboards", window=window).resources)
    assert days == [GAME_DAY, *window.days]


async def test_a_day_with_such_a_game_is_not_complete(desk, make, listed):
    """Finding 18: nine games of which eight are whole are not all."""
    await listed(unnamed(make.event(status="in")))
    await desk.do("publish", publish_anyway=True)
    assert desk.one("SELECT complete FROM derived.slate") is False


async def test_a_market_is_linked_to_such_a_game_rather_than_to_a_postponed_one(desk, make, listed):
    """Finding 18: the third list of the same two names."""
    desk.feed.markets = [make.market()]
    await listed(
        make.event("401800001", "postponed"), unnamed(make.event("401800002", status="in"))
    )
    await desk.do("markets", "candlesticks")
    assert desk.one("SELECT espn_event_id FROM kalshi.markets") == "401800002"


# -- final_seen_at -------------------------------------------------------------------------------

SEEN = "SELECT final_seen_at FROM espn.scoreboard_games"


async def test_another_figure_of_a_final_game_does_not_make_its_score_new(desk, make, listed):
    """Finding 29: the attendance came, and the game was fetched again."""
    desk.feed.plays["401800001"] = [make.play(1, homeScore=110, awayScore=99)]
    desk.feed.probabilities["401800001"] = [make.item(1)]
    await listed(make.event())
    await desk.do("fetch_games", "load_games", "game_state", "snapshot_features")
    seen = desk.one(SEEN)
    with_attendance = make.event()
    with_attendance["competitions"][0]["attendance"] = 19_812
    await listed(with_attendance)
    assert desk.one("SELECT attendance FROM espn.scoreboard_games") == 19_812
    assert desk.one(SEEN) == seen
    await desk.do("game_state", "snapshot_features")
    assert await games_to_fetch(desk.resources) == []


async def test_another_score_does(desk, make, listed):
    await listed(make.event())
    seen = desk.one(SEEN)
    await listed(make.event(score=(112, 99)))
    assert desk.one(SEEN) > seen
    await listed(make.event(status="in", score=(112, 99)))
    assert desk.one(SEEN) is None
    await listed(make.event(score=(113, 99)))
    assert desk.one(SEEN) == desk.clock.now()


# -- what is no longer listed --------------------------------------------------------------------


async def test_an_empty_scoreboard_takes_no_game_that_began(desk, make, listed):
    """Finding 28: a live game whose plays are still to come was deleted by a listing of nothing."""
    late = make.event("401800003", "pre", home="GS", away="SA")
    await listed(make.event("401800001", "in"), make.event("401800002", home="BOS"), late)
    await listed()
    assert games(desk) == ["401800001", "401800002"]


async def test_a_game_that_stopped_after_it_began_stays(desk, make, listed):
    stopped = make.event("401800001", "postponed")
    stopped["competitions"][0]["status"]["period"] = 2
    await listed(stopped)
    await listed()
    assert games(desk) == ["401800001"]


async def test_an_event_may_get_another_id(desk, make, listed):
    """Finding 28: the same competition under a new event, and the whole day was refused."""
    other = make.event("401800002", home="BOS")
    await listed(make.event("401800001", competition="77"), other)
    await listed(make.event("401800009", competition="77", score=(112, 99)), other)
    assert games(desk) == ["401800002", "401800009"]
    assert (
        desk.one("SELECT home_score FROM espn.scoreboard_games WHERE event_id='401800009'") == 112
    )
    assert desk.wrong_versions() == []
    assert "77" in desk.marks["espn.prob_event_state"]
