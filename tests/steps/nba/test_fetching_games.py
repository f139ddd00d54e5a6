"""Which documents of the league are asked for, when, and what their absence means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType
from nbapanel.steps.resources import Window

GAME, OTHER_GAME = "0022500575", "0022500576"
EVENING = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
NEXT_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
PLAYS, BOX = f"playbyplay_{GAME}.json", f"boxscore_{GAME}.json"


async def test_a_game_is_fetched_once_it_began(desk, nba, league, asked):
    """trap F1: by the clock, whatever the schedule says; nothing is there before."""
    league(1, start=EVENING + timedelta(hours=1))
    assert await asked() == []
    desk.clock.moment = EVENING + timedelta(hours=1)
    assert await asked() == [BOX, PLAYS]
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE source_type = 'pbp'") == 0, (
        "that there is none yet is not remembered"
    )
    assert desk.rows("SELECT status FROM nba.games") == [(1,)]


async def test_a_live_game_is_fetched_until_it_is_over(desk, league, asked):
    """trap F2: asked for at every refetch, and completed by its final."""
    league(2, score=(50, 49))
    assert await asked() == await asked() == [BOX, PLAYS]
    league(3)
    desk.clock.moment += timedelta(hours=1)
    assert await asked() == [BOX, PLAYS]
    assert desk.one("SELECT final_score_home, final_from FROM nba.games") == (110, "pbp")
    assert await asked() == [], "complete as it says itself"
    assert await desk.skip("fetch_nba") == "no known game of the NBA lacks anything"


async def test_a_final_is_fetched_once_more_the_next_morning(desk, nba, league, asked):
    """Scores and figures are corrected over night; what the last look at noon saw stands."""
    league(3)
    await asked()
    league(3, score=(110, 98))
    assert await asked() == []
    desk.clock.moment = NEXT_NOON
    assert await asked() == [BOX, PLAYS]
    assert desk.one("SELECT final_score_away FROM nba.games") == 98
    desk.clock.moment += timedelta(days=1)
    assert await asked() == []


async def test_what_was_loaded_half_is_not_complete(desk, nba, league, asked):
    """The schedule knows the final score while the network's list still stops in the middle."""
    league(3)
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played()[:5])
    assert await asked() == [BOX, PLAYS]
    assert await asked() == [PLAYS]
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played())
    assert await asked() == [PLAYS]
    assert await asked() == []


async def test_two_feeds_that_disagree_are_asked_again(desk, nba, league, asked):
    """Of the window, after the corrections: until they agree."""
    desk.clock.moment = NEXT_NOON
    league(3)
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played((110, 97)))
    assert await asked() == [BOX, PLAYS]
    assert await asked() == [BOX, PLAYS]
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played((110, 99)))
    assert await asked() == [BOX, PLAYS]
    assert await asked() == []


async def test_none_at_all_is_remembered_of_a_game_that_is_over(desk, nba, league, asked):
    """trap F4, trap F11: and then the statistics site is asked, once."""
    desk.clock.moment = NEXT_NOON
    league(3)
    del desk.feed.nba[PLAYS]
    desk.feed.nba[f"playbyplayv3:{GAME}"] = nba.play_by_play([])
    assert await asked() == [BOX, PLAYS, "playbyplayv3"]
    assert await asked() == []
    assert desk.rows("SELECT http_status FROM ops.source_files WHERE source_type = 'pbp'") == [
        (403,)
    ]


async def test_a_postponed_game_is_not_asked_for(desk, nba, league, asked):
    """trap L18: its day is over, and it was never played."""
    league(1)
    board = nba.on_board(status=1, text="PPD")
    desk.feed.nba["todaysScoreboard_00.json"] = nba.scoreboard(board)
    assert await asked() == []


async def test_the_rest_of_the_season_is_left_to_a_backfill(desk, nba, league, asked):
    """A new warehouse knows the whole schedule; a refetch is about its window."""
    league(3, start=datetime(2025, 11, 2, 0, 30, tzinfo=UTC))
    assert await asked() == []
    assert await asked(window=Window(date(2025, 11, 1), date(2025, 11, 1))) == [BOX, PLAYS]
    assert await asked() == []


async def test_what_is_held_in_part_is_completed_outside_the_window_too(desk, nba, league, asked):
    """trap F2, trap F3: a game that was live when the machine was put to sleep for a week."""
    league(2)
    await asked()
    desk.clock.moment += timedelta(days=9)
    league(3)
    days = Window(date(2026, 1, 20), date(2026, 1, 24))
    assert await asked(window=days) == [BOX, PLAYS]
    assert await asked(window=days) == []


async def test_force_asks_again_for_the_games_of_the_window(desk, nba, league, asked):
    desk.clock.moment = NEXT_NOON
    league(3)
    await asked()
    assert await asked(force=True) == [BOX, PLAYS]
    elsewhere = Window(date(2026, 1, 20), date(2026, 1, 24))
    assert await asked(force=True, window=elsewhere) == []


async def test_games_are_asked_for_by_their_espn_id(desk, nba, make, asked):
    """By date and teams: no map was drawn yet."""
    desk.clock.moment = NEXT_NOON
    games = [
        nba.scheduled(GAME, 3, score=(110, 99)),
        nba.scheduled(OTHER_GAME, 3, home="BOS", away="DAL", score=(90, 80)),
    ]
    desk.feed.nba["scheduleLeagueV2.json"] = nba.schedule(*games)
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event("401800001")]})
    await desk.do("load_scoreboards")
    found = await asked(games=("401800001",))
    assert [name for name in found if OTHER_GAME in name] == []
    assert found == [BOX, PLAYS, "playbyplayv3"]
    assert (await desk.plan("fetch_nba", games=("401800001",))).requests == 0
    assert (await desk.plan("fetch_nba")).requests == 2


async def test_what_is_unchanged_comes_without_a_body(desk, league, asked):
    """And counts as asked for: the next morning's look may be a 304."""
    desk.feed.with_etags = True
    league(3)
    await asked()
    desk.clock.moment = NEXT_NOON
    assert await asked() == [BOX, PLAYS]
    assert await asked() == []
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE source_type = 'pbp'") == 1
    assert len(desk.feed.asked("scheduleLeagueV2")) == 1


async def test_a_failing_game_is_named_and_the_others_come(desk, nba, league, asked):
    """trap F12"""
    games = [
        nba.scheduled(GAME, 3, score=(110, 99)),
        nba.scheduled(OTHER_GAME, 3, home="BOS", away="DAL", score=(90, 80)),
    ]
    league(3)
    desk.feed.nba["scheduleLeagueV2.json"] = nba.schedule(*games)
    desk.feed.nba[f"playbyplay_{OTHER_GAME}.json"] = nba.play_by_play(nba.played(), OTHER_GAME)
    desk.feed.nba[f"boxscore_{OTHER_GAME}.json"] = nba.box_score(OTHER_GAME)
    desk.feed.broken[PLAYS] = 404
    desk.feed.broken[f"boxscore_{OTHER_GAME}"] = 418
    await desk.do("nba_lists")
    with pytest.raises(FeedFailed) as failed:
        await desk.do("fetch_nba")
    assert OTHER_GAME in str(failed.value)
    await desk.do("load_nba", "nba_state")
    assert desk.rows("SELECT game_id FROM nba.boxscore_games") == [(GAME,)]


async def test_offline_nothing_is_asked(desk, nba, league, asked):
    league(3)
    await asked("nba_lists", "load_nba", "nba_state", offline=True)
    assert desk.feed.requests == []


async def test_the_plan_counts_what_the_steps_would_ask(desk, league, asked):
    """The dry run says it by the same statement."""
    assert (await desk.plan("nba_lists")).requests == 3
    assert (await desk.plan("fetch_nba")).note == "and games that the schedule will bring"
    league(2)
    await desk.do("nba_lists")
    plan = await desk.plan("fetch_nba")
    assert (plan.requests, plan.units) == (2, 1)
    await desk.do("fetch_nba", "load_nba")
    assert (await desk.plan("nba_state")).units == 1
