"""Which documents of the league are asked for, when, and what their absence means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType
from nbapanel.steps.nba_finder import season_of
from nbapanel.steps.resources import Window

GAME, OTHER_GAME = "0022500575", "0022500576"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
EVENING = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
NEXT_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
WALK = ("nba_lists", "fetch_nba", "load_nba", "nba_state")
PLAYS, BOX = f"playbyplay_{GAME}.json", f"boxscore_{GAME}.json"


@pytest.fixture
def league(desk, nba):
    """One game of tonight, as the feeds have it: scheduled, in play, or over."""
    desk.clock.moment = EVENING

    def stands(status, score=(110, 99), game=GAME, **more):
        listed = nba.scheduled(game, status, score=score if status > 1 else (0, 0), **more)
        desk.feed.nba["scheduleLeagueV2.json"] = nba.schedule(listed)
        desk.feed.nba["todaysScoreboard_00.json"] = nba.scoreboard()
        if status > 1:
            actions = nba.played(score) if status == 3 else nba.played(score)[:5]
            desk.feed.nba[f"playbyplay_{game}.json"] = nba.play_by_play(actions, game)
            desk.feed.nba[f"boxscore_{game}.json"] = nba.box_score(game, status, score=score)

    return stands


@pytest.fixture
def asked(desk):
    """Run the lane; what was asked of the league's games, by the end of the address."""

    async def asked(*steps, **changes):
        desk.feed.requests.clear()
        for step in steps or WALK:
            await desk.do(step, **changes)
        tails = [request.url.path.rsplit("/", 1)[-1] for request in desk.feed.requests]
        return sorted(t for t in tails if t.startswith(("playby", "boxscore", "leaguegame")))

    return asked


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


# -- odds, and the finder --------------------------------------------------------------------------


def odds(price="1.370"):
    outcome = {"odds_field_id": 1, "type": "home", "odds": price, "opening_odds": "1.400"}
    book = {"id": "sr:book:1", "name": "Book", "countryCode": "AU", "outcomes": [outcome]}
    market = {"name": "2way", "odds_type_id": 1, "group_name": "regular", "books": [book]}
    game = {"gameId": GAME, "homeTeamId": "1610612752", "awayTeamId": "1610612762"}
    return {"games": [game | {"sr_id": "sr:match:1", "markets": [market]}]}


async def test_each_refetch_takes_a_snapshot_of_the_odds(desk, nba, league):
    """The feed has today's alone: a snapshot that is not taken is gone. The same odds again are no
    new one."""
    league(1)
    desk.feed.nba["odds_todaysGames.json"] = odds()
    await desk.do("nba_lists")
    await desk.do("nba_lists")
    assert desk.count("nba.odds_snapshots") == 1
    desk.clock.moment += timedelta(minutes=5)
    desk.feed.nba["odds_todaysGames.json"] = odds("1.410")
    await desk.do("nba_lists")
    assert desk.rows(
        "SELECT s.taken_at, o.odds_text FROM nba.odds_outcomes AS o"
        " JOIN nba.odds_snapshots AS s USING (snapshot_id) ORDER BY 1"
    ) == [(EVENING, "1.370"), (EVENING + timedelta(minutes=5), "1.410")]
    assert desk.rows("SELECT DISTINCT source_key FROM ops.source_files"
                     " WHERE source_type = 'odds_today'") == [("2026-01-15",)]  # fmt: skip


async def test_a_failing_list_does_not_hold_up_the_others(desk, nba, league):
    league(1)
    desk.feed.nba["odds_todaysGames.json"] = odds()
    desk.feed.broken["todaysScoreboard"] = 418
    with pytest.raises(FeedFailed, match="418"):
        await desk.do("nba_lists")
    assert desk.count("nba.odds_snapshots") == desk.count("nba.games") == 1


async def test_the_finder_is_asked_for_a_season_that_the_schedule_left(desk, nba, league, asked):
    """Once: it is over. Never for the season that the schedule carries."""
    desk.clock.moment = NEXT_NOON
    league(1, start=NEXT_NOON + timedelta(days=1))
    rows = [
        ("0022300580", "2024-01-15", "NYK", "NYK vs. UTA", "L", 90),
        ("0022300580", "2024-01-15", "UTA", "UTA @ NYK", "W", 97),
    ]
    for kind in ("Pre Season", "Playoffs", "PlayIn", "IST"):
        desk.feed.nba[f"leaguegamefinder:2023-24:{kind}"] = nba.finder()
    desk.feed.nba["leaguegamefinder:2023-24:Regular Season"] = nba.finder(*rows)
    window = Window(date(2024, 1, 15), date(2024, 1, 15))
    found = await asked(window=window)
    assert found.count("leaguegamefinder") == 5
    assert "boxscore_0022300580.json" in found
    assert await asked(window=window) == []
    assert await asked() == []
    again = await asked("nba_lists", window=window, force=True)
    assert again.count("leaguegamefinder") == 5


@pytest.mark.parametrize(
    ("day", "season"),
    [
        (date(2026, 1, 15), 2025),
        (date(2025, 10, 2), 2025),
        (date(2025, 6, 22), 2024),
        (date(2021, 7, 20), 2020),
        (date(2020, 10, 11), 2019),
        (date(2020, 10, 12), 2020),
    ],
)
def test_a_day_belongs_to_the_season_that_was_on(day, season):
    """The season of 2019 ended in October 2020."""
    assert season_of(day) == season


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
