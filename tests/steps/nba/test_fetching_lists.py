"""Schedule, scoreboard, odds and the finder: what is asked for, and what their absence means."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.steps.nba_finder import season_of
from nbapanel.steps.nba_lists import discover_season
from nbapanel.steps.resources import Window

GAME = "0022500575"
EVENING = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
NEXT_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
KINDS = ("Pre Season", "Regular Season", "Playoffs", "PlayIn", "IST")


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


async def test_odds_that_come_back_are_a_snapshot_of_their_own(desk, league, as_rebuilt):
    """bug: books that went back to what they had said before lost that snapshot: what was last held
    of them said otherwise, for ever."""
    league(1)
    for price in ("1.370", "1.410", "1.370", "1.370"):
        desk.clock.moment += timedelta(minutes=5)
        desk.feed.nba["odds_todaysGames.json"] = odds(price)
        await desk.do("nba_lists")
    taken = desk.rows(
        "SELECT s.taken_at, o.odds_text FROM nba.odds_outcomes AS o"
        " JOIN nba.odds_snapshots AS s USING (snapshot_id) ORDER BY 1"
    )
    assert taken == [
        (EVENING + timedelta(minutes=minutes), price)
        for minutes, price in ((5, "1.370"), (10, "1.410"), (15, "1.370"))
    ]
    assert desk.count("nba.odds_games") == desk.count("nba.odds_books") == 3
    await desk.do("nba_state")
    await as_rebuilt()


async def test_a_failing_list_does_not_hold_up_the_others(desk, nba, league):
    league(1)
    desk.feed.nba["odds_todaysGames.json"] = odds()
    desk.feed.broken["todaysScoreboard"] = 418
    with pytest.raises(FeedFailed, match="418"):
        await desk.do("nba_lists")
    assert desk.count("nba.odds_snapshots") == desk.count("nba.games") == 1


@pytest.mark.parametrize("name", ["scheduleLeagueV2.json", "todaysScoreboard_00.json"])
async def test_a_list_that_was_there_and_is_no_more_fails_its_step(desk, league, name):
    """trap F9: what is held of it would only grow old, and be called fresh."""
    league(1)
    desk.feed.nba["odds_todaysGames.json"] = odds()
    await desk.do("nba_lists")
    del desk.feed.nba[name]
    with pytest.raises(FeedFailed, match="did not give what was asked for"):
        await desk.do("nba_lists")
    desk.feed.nba["odds_todaysGames.json"] = odds("1.410")
    with pytest.raises(FeedFailed, match="did not give what was asked for"):
        await desk.do("nba_lists")
    assert desk.count("nba.odds_snapshots") == 2
    assert desk.count("nba.games") == 1


async def test_a_day_without_odds_is_told(desk, league):
    """Summer has none."""
    league(1)
    context = await desk.do("nba_lists")
    assert context.reason == "2 payloads; the NBA has no odds"


async def test_lists_that_fail_in_two_ways_are_both_told(desk, league):
    league(1)
    desk.feed.broken |= {"leaguegamefinder": 418, "odds_todaysGames": 409}
    with pytest.raises(UserFacingError) as failed:
        await desk.do("nba_lists", window=Window(date(2024, 1, 15), date(2024, 1, 15)))
    assert "NBA answered 409" in failed.value.title
    assert "NBA statistics answered 418" in failed.value.title
    assert desk.count("nba.games") == 1


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


@pytest.fixture
def finder(desk, nba):
    """The finder has of each kind of these seasons nothing but one regular game."""

    def has(*seasons):
        for season in seasons:
            desk.feed.nba |= {f"leaguegamefinder:{season}:{kind}": nba.finder() for kind in KINDS}
            game = f"002{season[2:4]}00580"
            rows = [
                (game, f"{season[:2]}{season[5:]}-01-15", "NYK", "NYK vs. UTA", "L", 90),
                (game, f"{season[:2]}{season[5:]}-01-15", "UTA", "UTA @ NYK", "W", 97),
            ]
            found = nba.finder(*rows, season_id=f"2{season[:4]}")
            desk.feed.nba[f"leaguegamefinder:{season}:Regular Season"] = found

    return has


OF_LAST_YEAR = Window(date(2025, 1, 15), date(2025, 1, 15))


@pytest.mark.parametrize(("status", "questions"), [(1, 5), (3, 0)], ids=["open", "over"])
async def test_a_season_that_the_schedule_left_unfinished_is_asked_of_the_finder(
    desk, nba, league, finder, asked, status, questions
):
    """bug: any schedule ever loaded counted as the one that is on. Last seen in October, it names
    no game of the playoffs and none that was moved."""
    finder("2024-25")
    old = nba.scheduled(
        "0022400001", status, score=(99, 98), start=datetime(2024, 10, 23, tzinfo=UTC)
    )
    desk.feed.nba["scheduleLeagueV2.json"] = nba.schedule(old, season="2024-25")
    await desk.do("nba_lists")
    league(1)
    plan = await desk.plan("nba_lists", window=OF_LAST_YEAR)
    found = await asked("nba_lists", window=OF_LAST_YEAR)
    assert found.count("leaguegamefinder") == questions
    assert plan.requests == 3, "the schedule that is held was that season's still"
    assert (await asked("nba_lists", window=OF_LAST_YEAR)) == [], "once"


async def test_past_days_are_asked_of_the_finder_where_no_schedule_is_to_be_had(
    desk, finder, requested
):
    """bug: with the content network shut to us (and it shuts out many) a refetch of past days
    brought nothing, though the statistics site answers."""
    finder("2024-25")
    desk.feed.broken["cdn.nba.com"] = 418
    assert (await desk.plan("nba_lists", window=OF_LAST_YEAR)).requests == 3 + 5
    with pytest.raises(FeedFailed, match="418"):
        await desk.do("nba_lists", window=OF_LAST_YEAR)
    assert requested().count("leaguegamefinder") == 5
    assert desk.rows("SELECT game_id, final_score_away FROM nba.games") == [("0022400580", 97)]
    with pytest.raises(FeedFailed, match="418"):
        await desk.do("nba_lists")
    assert requested().count("leaguegamefinder") == 5, "never for the season that is on"


# -- a season made known for a backfill ----------------------------------------------------------


async def test_the_schedule_that_is_on_is_looked_at_again(desk, nba, league):
    """bug: a season that was known at all was taken to be known whole: the playoffs were never
    found. What is held will do where the schedule is not to be had."""
    league(1)
    await discover_season(desk.context("nba_lists"), "2025-26")
    playoffs = nba.scheduled("0042500101", start=datetime(2026, 4, 20, tzinfo=UTC))
    desk.feed.nba["scheduleLeagueV2.json"] = nba.schedule(nba.scheduled(), playoffs)
    await discover_season(desk.context("nba_lists"), "2025-26")
    assert desk.count("nba.games") == 2
    desk.feed.broken["scheduleLeagueV2"] = 418
    await discover_season(desk.context("nba_lists"), "2025-26")
    assert desk.feed.asked("leaguegamefinder") == []


async def test_a_season_that_is_not_known_at_all_fails_with_what_was_said(desk):
    desk.feed.broken |= {"scheduleLeagueV2": 418, "leaguegamefinder": 409}
    with pytest.raises(UserFacingError, match="409"):
        await discover_season(desk.context("nba_lists"), "2025-26")


async def test_one_kind_of_games_that_fails_does_not_keep_the_others_unknown(desk, league, finder):
    """bug: what the finder did give was archived and not loaded."""
    league(1)
    await desk.do("nba_lists")
    finder("2023-24")
    desk.feed.broken["SeasonType=IST"] = 418
    with pytest.raises(FeedFailed, match="418"):
        await discover_season(desk.context("nba_lists"), "2023-24")
    assert desk.rows("SELECT game_id FROM nba.games ORDER BY 1") == [("0022300580",), (GAME,)]
    desk.feed.broken.clear()
    desk.feed.requests.clear()
    await discover_season(desk.context("nba_lists"), "2023-24")
    assert len(desk.feed.asked("leaguegamefinder")) == 1
