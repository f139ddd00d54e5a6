"""Scoreboards: which days are asked for again, and what their games become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.payload import SourceType
from nbapanel.source.settings import FeedSettings
from nbapanel.steps.espn_games import games_to_fetch
from nbapanel.steps.espn_scoreboards import days_to_fetch
from nbapanel.steps.resources import Window

DAY = date(2026, 1, 15)
DAYS = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1)]
GAMES = "espn.scoreboard_games"
MARKED = ["espn.prob_event_state", "derived.snapshot_features"]


def path(day: date) -> str:
    return f"{day:%Y%m%d}"


async def refetch(desk, **changes):
    await desk.do("fetch_scoreboards", **changes)
    return await desk.do("load_scoreboards", **changes)


# -- which days ----------------------------------------------------------------------------------


async def test_the_days_of_the_window(desk):
    assert await days_to_fetch(desk.resources) == DAYS
    context = await desk.do("fetch_scoreboards")
    asked = {dict(request.url.params)["dates"] for request in desk.feed.asked("scoreboard")}
    assert asked == {path(day) for day in DAYS}
    assert context.requests == 3
    assert context.reason.startswith("3 days")
    await desk.do("load_scoreboards")
    assert (await desk.plan("fetch_scoreboards")).requests == 1, "the others are settled"


async def test_a_day_fetched_before_its_games_is_fetched_again(desk, make):
    """trap F1: the file exists, so the scores stay 0 for ever."""
    desk.clock.moment = datetime(2026, 1, 15, 14, 0, tzinfo=UTC)
    desk.feed.scoreboards[path(DAY)] = [make.event(status="pre")]
    await refetch(desk)
    assert desk.one(f"SELECT home_score, status_completed FROM {GAMES}") == (None, False)
    desk.feed.scoreboards[path(DAY)] = [make.event(status="final")]
    desk.clock.moment = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
    context = await refetch(desk)
    assert desk.one(f"SELECT home_score, away_score, status_completed FROM {GAMES}") == (
        110,
        99,
        True,
    )
    assert context.changes[GAMES].updated == 1
    assert desk.wrong_versions() == []


async def test_an_archived_day_with_an_unfinished_game_is_fetched_however_old(desk, make):
    """trap F1: once its day has left the window, nobody would ever ask again."""
    old = DAY - timedelta(days=40)
    start = datetime(2025, 12, 7, 0, 30, tzinfo=UTC)
    event = make.event(status="in", start=start)
    desk.put(SourceType.ESPN_SCOREBOARD, old.isoformat(), {"events": [event]})
    await desk.do("load_scoreboards")
    assert await days_to_fetch(desk.resources) == [old, *DAYS]
    desk.feed.scoreboards[path(old)] = [make.event(status="final", start=start)]
    await refetch(desk)
    assert old not in await days_to_fetch(desk.resources)


@pytest.mark.parametrize("status", ["postponed", "canceled", "final"])
async def test_what_waits_for_nothing_is_not_asked_for_again(desk, make, status):
    """trap L18: a postponed game of that day will be played on another."""
    old = DAY - timedelta(days=40)
    event = make.event(status=status, start=datetime(2025, 12, 7, 0, 30, tzinfo=UTC))
    desk.put(SourceType.ESPN_SCOREBOARD, old.isoformat(), {"events": [event]})
    await desk.do("load_scoreboards")
    assert await days_to_fetch(desk.resources) == DAYS


async def test_a_game_that_has_not_begun_is_no_unfinished_one(desk, make):
    ahead = DAY + timedelta(days=9)
    event = make.event(status="pre", start=datetime(2026, 1, 25, 0, 30, tzinfo=UTC))
    desk.put(SourceType.ESPN_SCOREBOARD, ahead.isoformat(), {"events": [event]})
    await desk.do("load_scoreboards")
    assert await days_to_fetch(desk.resources) == DAYS
    desk.clock.moment = datetime(2026, 1, 25, 0, 30, tzinfo=UTC)
    assert await days_to_fetch(desk.resources) == [*DAYS, ahead]


@pytest.mark.parametrize(
    ("fetched_at", "is_settled"),
    [
        (datetime(2026, 1, 16, 16, 59, tzinfo=UTC), False),
        (datetime(2026, 1, 16, 17, 0, tzinfo=UTC), True),
    ],
)
async def test_a_day_is_settled_at_noon_after_it(desk, make, fetched_at, is_settled):
    """Finals are corrected until the next morning. Noon is noon in New York (trap F13)."""
    desk.clock.moment = fetched_at
    desk.feed.scoreboards[path(DAY)] = [make.event(status="final")]
    await refetch(desk)
    assert (DAY not in await days_to_fetch(desk.resources)) is is_settled
    assert DAY in await days_to_fetch(replace(desk.resources, force=True))
    told = (await desk.do("fetch_scoreboards")).reason
    assert ("settled" in told) or not is_settled


async def test_a_settled_day_with_an_unfinished_game_is_asked_for(desk, make):
    desk.feed.scoreboards[path(DAY)] = [make.event(status="in")]
    await refetch(desk)
    assert DAY in await days_to_fetch(desk.resources)


async def test_the_days_of_the_games_asked_for(desk, make):
    desk.feed.scoreboards[path(DAY)] = [make.event(status="final")]
    await refetch(desk)
    one = replace(desk.resources, games=("401800001",))
    assert await days_to_fetch(one) == [DAY], "settled or not"
    unknown = replace(desk.resources, games=("404",))
    assert await days_to_fetch(unknown) == DAYS, "it may stand on one of these"


async def test_a_day_that_did_not_change_costs_no_payload(desk, make):
    """Conditional requests: 304 confirms what is held, and then counts as a fetch."""
    desk.feed.with_etags = True
    desk.feed.scoreboards[path(DAY)] = [make.event(status="final")]
    desk.clock.moment = datetime(2026, 1, 16, 12, 0, tzinfo=UTC)
    await refetch(desk)
    assert DAY in await days_to_fetch(desk.resources)
    desk.clock.moment = datetime(2026, 1, 16, 18, 0, tzinfo=UTC)
    context = await desk.do("fetch_scoreboards")
    assert "2 unchanged" in context.reason
    again = await desk.do("load_scoreboards")
    assert again.reason == "no new payload"
    assert DAY not in await days_to_fetch(desk.resources)
    assert desk.count("ops.source_files") == 3


async def test_a_day_that_fails_keeps_no_other_from_coming(desk, make):
    """trap F9: what failed is said; trap L6: what came is there, and loads."""
    desk.feed.scoreboards[path(DAY)] = [make.event(status="final")]
    desk.feed.broken[f"dates={path(DAYS[2])}"] = 400
    context = desk.context("fetch_scoreboards")
    with pytest.raises(FeedFailed, match=r"1 of 3 days \(2026-01-16\)"):
        await context.step.action(context)
    assert list(context.notes["not_fetched"]) == [DAYS[2].isoformat()]
    await desk.do("load_scoreboards")
    assert desk.count(GAMES) == 1
    assert DAYS[2] in await days_to_fetch(desk.resources)


async def test_yesterday_is_that_of_new_york(desk):
    """trap F13: "yesterday" computed in the machine's zone instead of Eastern."""
    late = datetime(2026, 1, 16, 4, 59, tzinfo=UTC)
    assert Window.last_days(2, late).days == (date(2026, 1, 14), date(2026, 1, 15))
    assert Window.last_days(1, late + timedelta(minutes=1)).days == (date(2026, 1, 16),)
    summer = datetime(2026, 6, 14, 3, 59, tzinfo=UTC)
    assert Window.last_days(1, summer).days == (date(2026, 6, 13),)
    assert Window.last_days(1, summer).begins == datetime(2026, 6, 13, 4, 0, tzinfo=UTC)
    with pytest.raises(UserFacingError, match="0 days holds nothing"):
        Window.last_days(0, late)


# -- what the games become -----------------------------------------------------------------------


async def test_the_season_is_the_game_s_own(desk, make):
    """trap F14: the season taken from a constant or from today."""
    desk.clock.moment = datetime(2031, 7, 1, tzinfo=UTC)
    season = {"year": 2024, "type": 3, "slug": "post-season"}
    document = {"events": [make.event(season=season)]}
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", document)
    await desk.do("load_scoreboards")
    assert desk.one(f"SELECT season_label, season_year, season_type FROM {GAMES}") == (
        "2023-24",
        2024,
        3,
    )


async def test_a_postponed_game_is_not_played(desk, make):
    """trap L18: a postponed game (state `post`, as a final one) counted as played."""
    desk.feed.scoreboards[path(DAY)] = [make.event(status="postponed", score=(0, 0))]
    await refetch(desk)
    row = desk.one(
        f"SELECT status_state, status_completed, home_score, away_score, final_seen_at FROM {GAMES}"
    )
    assert row == ("post", False, None, None, None)
    assert await games_to_fetch(desk.resources) == []
    assert await desk.skip("fetch_games") is not None


@pytest.mark.parametrize("order", ["old first", "new first"])
async def test_a_game_moved_to_another_day_exists_once(desk, make, order):
    """trap L18: a game moved to another day counted twice."""
    moved = make.event(status="pre", start=datetime(2026, 1, 17, 0, 30, tzinfo=UTC))
    other = make.event("401800002", home="SA")
    desk.feed.scoreboards[path(DAY)] = [make.event(status="pre"), other]
    await refetch(desk)
    desk.clear_marks()
    days = {path(DAY): [other], path(DAYS[2]): [moved]}
    for day in days if order == "old first" else reversed(days):
        desk.clock.moment += timedelta(minutes=1)
        desk.feed.scoreboards[day] = days[day]
        window = Window(*[datetime.strptime(day, "%Y%m%d").date()] * 2)
        await refetch(desk, window=window, force=True)
        assert desk.wrong_versions() == []
    found = desk.rows(f"SELECT event_id, scoreboard_date, game_date FROM {GAMES} ORDER BY 1")
    assert found == [("401800001", DAYS[2], DAYS[2]), ("401800002", DAY, DAY)]
    assert desk.marks == {key: {"401800001"} for key in MARKED}


async def test_an_unplayed_game_that_vanished_is_dropped(desk, make):
    desk.feed.scoreboards[path(DAY)] = [make.event(status="pre"), make.event("401800002")]
    await refetch(desk)
    desk.clear_marks()
    desk.feed.scoreboards[path(DAY)] = []
    desk.clock.moment += timedelta(minutes=1)
    context = await refetch(desk, force=True)
    found = desk.rows(f"SELECT event_id FROM {GAMES}")
    assert found == [("401800002",)], "one that was played is never dropped"
    assert context.changes[GAMES].deleted == 1
    assert desk.marks == {key: {"401800001"} for key in MARKED}
    assert desk.wrong_versions() == []
    (before, after, deleted) = desk.rows(
        "SELECT rows_before, rows_after, deleted FROM ops.refresh_log ORDER BY refresh_id"
    )[-1]
    assert (before, after, deleted) == (2, 1, 1)


async def test_a_game_that_cannot_be_read_has_not_vanished(desk, make):
    """It stands on the list, only not as it should: its row stays as it was."""
    desk.feed.scoreboards[path(DAY)] = [make.event(status="pre"), make.event("401800002")]
    await refetch(desk)
    odd = make.event(status="pre", competitions=[])
    desk.feed.scoreboards[path(DAY)] = [odd, make.event("401800002", score=(1, 2))]
    desk.clock.moment += timedelta(minutes=1)
    context = await refetch(desk, force=True)
    assert len(context.bad_items) == 1
    assert desk.count(GAMES) == 2
    assert desk.one(f"SELECT away_score FROM {GAMES} WHERE event_id = '401800002'") == 2


@pytest.mark.warns_in_log
async def test_marks_are_set_in_the_transaction_of_the_change(desk, make):
    """A change without its mark would never reach what is derived from it."""
    desk.look.execute("ALTER TABLE ops.game_changes ADD CHECK (game_id <> '401800001')")
    desk.feed.scoreboards[path(DAY)] = [make.event()]
    await desk.do("fetch_scoreboards")
    context = desk.context("load_scoreboards")
    with pytest.raises(UserFacingError):
        await context.step.action(context)
    assert desk.count(GAMES) == 0
    assert desk.marks == {}
    desk.look.execute("ALTER TABLE ops.game_changes DROP CONSTRAINT game_changes_game_id_check")
    await desk.do("load_scoreboards")
    assert desk.marks == {key: {"401800001"} for key in MARKED}


async def test_only_what_changed_is_marked(desk, make):
    desk.feed.scoreboards[path(DAY)] = [make.event(), make.event("401800002", home="SA")]
    await refetch(desk)
    desk.clear_marks()
    corrected = make.event("401800002", home="SA", score=(111, 99))
    desk.feed.scoreboards[path(DAY)] = [make.event(), corrected]
    desk.clock.moment += timedelta(minutes=1)
    context = await refetch(desk, force=True)
    assert desk.marks == {key: {"401800002"} for key in MARKED}
    assert (context.changes[GAMES].updated, context.changes[GAMES].unchanged) == (1, 1)


def test_the_feeds_of_these_tests_are_not_paced():
    assert FeedSettings(paces={}).paces == {}
