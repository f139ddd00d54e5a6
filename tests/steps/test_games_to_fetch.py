"""Which games' feeds are asked for: those that began, until each is held complete."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.payload import SourceType
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.steps.espn_games import GameToFetch, games_to_fetch
from nbapanel.steps.resources import Window

GAME = "401800001"
PLAYS, ITEMS = "espn.plays", "espn.probabilities_raw_items"
FINAL_SEEN = datetime(2026, 1, 16, 3, 0, tzinfo=UTC)


@pytest.fixture
def league(desk, make):
    """Sets the scoreboard of the day, refetches its games, and derives what there is to derive.

    The feeds have four plays and four items of the game; the last play says 4-0.
    """

    async def refetch(*events, at: datetime | None = None, **changes):
        if at is not None:
            desk.clock.moment = at
        if events:
            desk.feed.scoreboards["20260115"] = list(events)
        await desk.do("fetch_scoreboards", "load_scoreboards", **changes)
        desk.feed.requests.clear()
        context = await desk.do("fetch_games", **changes)
        await desk.do("load_games", "game_state", "snapshot_features", **changes)
        return context

    desk.feed.plays[GAME] = [make.play(number) for number in range(1, 5)]
    desk.feed.probabilities[GAME] = [make.item(number) for number in range(1, 5)]
    return refetch


async def wanted(desk, **changes) -> list[tuple[bool, bool, bool]]:
    games = await games_to_fetch(replace(desk.resources, **changes))
    return [(game.probabilities, game.plays, game.summary) for game in games]


def asked(desk) -> list[str]:
    return [request.url.path.rsplit("/", 1)[-1] for request in desk.feed.requests]


async def test_a_final_game_is_fetched_once(desk, make, league):
    context = await league(make.event(score=(4, 0)))
    assert sorted(asked(desk)) == ["plays", "probabilities"]
    assert context.requests == 2
    assert (desk.count(PLAYS), desk.count(ITEMS)) == (4, 4)
    assert await wanted(desk) == []
    assert await desk.skip("fetch_games"), "a reason in words"
    await league(at=desk.clock.now() + timedelta(hours=1))
    assert asked(desk) == []


@pytest.mark.parametrize("status", ["pre", "postponed", "canceled"])
async def test_a_game_that_was_not_played_is_not_asked_for(desk, make, league, status):
    """trap L18: state `post` alone does not say that it was played."""
    await league(make.event(status=status))
    assert asked(desk) == []


async def test_a_live_game_is_fetched_until_it_was_fetched_after_its_final(desk, make, league):
    """trap F2: a game fetched while live is never completed."""
    await league(make.event(status="in"), at=FINAL_SEEN - timedelta(minutes=30))
    assert sorted(asked(desk)) == ["plays", "probabilities"]
    await league(at=FINAL_SEEN - timedelta(minutes=20))
    assert sorted(asked(desk)) == ["plays", "probabilities"], "still live"
    desk.feed.plays[GAME].append(make.play(5))
    await league(make.event(status="final", score=(5, 0)), at=FINAL_SEEN)
    assert sorted(asked(desk)) == ["plays", "probabilities"], "held, but from before the end"
    assert (desk.count(PLAYS), desk.count(ITEMS)) == (5, 4)
    await league(at=FINAL_SEEN + timedelta(minutes=10))
    assert asked(desk) == [], "the probabilities did not change, and were confirmed all the same"


async def test_a_correction_of_the_final_asks_again(desk, make, league):
    await league(make.event(score=(4, 0)), at=FINAL_SEEN)
    await league(make.event(score=(4, 1)), at=FINAL_SEEN + timedelta(hours=1))
    assert sorted(asked(desk)) == ["plays", "probabilities"]


async def test_what_ends_otherwise_than_the_scoreboard_says_was_fetched_too_early(
    desk, make, league
):
    """trap F2: the feed was behind its own scoreboard; the game is asked for until it fits."""
    await league(make.event(score=(5, 0)), at=FINAL_SEEN)
    await league(at=FINAL_SEEN + timedelta(minutes=10))
    assert sorted(asked(desk)) == ["plays", "probabilities"]
    desk.feed.plays[GAME].append(make.play(5))
    await league(at=FINAL_SEEN + timedelta(minutes=20))
    assert sorted(asked(desk)) == ["plays", "probabilities"]
    await league(at=FINAL_SEEN + timedelta(minutes=30))
    assert asked(desk) == []


async def test_each_feed_is_judged_by_itself(desk, make, league):
    """trap F3: "new" is judged by one file, "done" by two."""
    desk.feed.broken["/plays"] = 400
    desk.feed.scoreboards["20260115"] = [make.event(score=(4, 0))]
    await desk.do("fetch_scoreboards", "load_scoreboards")
    context = desk.context("fetch_games")
    with pytest.raises(FeedFailed):
        await context.step.action(context)
    await desk.do("load_games")
    assert (desk.count(PLAYS), desk.count(ITEMS)) == (0, 4)
    assert await wanted(desk) == [(False, True, False)]
    desk.feed.broken.clear()
    await league()
    assert asked(desk) == ["plays"]
    assert await wanted(desk) == []


async def test_where_the_core_feed_has_none_the_summary_is_asked(desk, make, league):
    plays = desk.feed.plays.pop(GAME)
    desk.feed.summaries[GAME] = {
        "header": {},
        "plays": plays,
        "winprobability": [
            {"playId": play["id"], "homeWinPercentage": 0.7, "tiePercentage": 0} for play in plays
        ],
    }
    context = await league(make.event(score=(4, 0)))
    assert sorted(asked(desk)) == ["plays", "probabilities", "summary"]
    assert desk.count(PLAYS) == 4
    shares = desk.one(f"SELECT DISTINCT home_win_percentage FROM {ITEMS}")
    assert shares == 0.6, "of what the core feed gave the summary is not listened to"
    assert "ESPN has nothing" not in context.reason
    assert await wanted(desk) == []
    await league(at=desk.clock.now() + timedelta(hours=1))
    assert asked(desk) == []


async def test_that_there_is_none_at_all_is_remembered(desk, make, league):
    desk.feed.plays.clear()
    desk.feed.probabilities.clear()
    context = await league(make.event(score=(4, 0)), at=FINAL_SEEN)
    assert sorted(asked(desk)) == ["plays", "probabilities", "summary"]
    assert "of 1 ESPN has nothing" in context.reason
    assert await wanted(desk) == []
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE http_status = 404") == 3
    await league(at=FINAL_SEEN + timedelta(hours=1))
    assert asked(desk) == []
    await league(make.event(score=(120, 99)), at=FINAL_SEEN + timedelta(hours=2))
    assert sorted(asked(desk)) == ["plays", "probabilities", "summary"], "the game changed"


async def test_an_empty_list_is_none_too(desk, make, league):
    """The feed answers 200 with an empty list: the summary is asked, and that is remembered."""
    plays, desk.feed.plays[GAME] = desk.feed.plays[GAME], []
    desk.feed.summaries[GAME] = {"header": {}, "plays": plays, "winprobability": []}
    await league(make.event(score=(4, 0)), at=FINAL_SEEN)
    assert sorted(asked(desk)) == ["plays", "probabilities", "summary"]
    assert (desk.count(PLAYS), desk.count(ITEMS)) == (4, 4)
    assert await wanted(desk) == []
    await league(at=FINAL_SEEN + timedelta(hours=1))
    assert asked(desk) == []


async def test_that_a_live_game_has_none_yet_is_not_remembered(desk, make, league):
    """trap F1: what is not there yet at tip-off will be."""
    del desk.feed.plays[GAME]
    await league(make.event(status="in"), at=FINAL_SEEN - timedelta(minutes=30))
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE http_status = 404") == 0
    desk.feed.plays[GAME] = [make.play(1)]
    await league(at=FINAL_SEEN - timedelta(minutes=20))
    assert desk.count(PLAYS) == 1


@pytest.fixture
def unreadable(monkeypatch):
    """Plays cannot be read from now on; `unreadable.undo()` brings a program that can."""
    with monkeypatch.context() as patched:

        def refuse(*_, **__):
            raise PayloadRefused("Plays of a kind that nobody knows.")

        patched.setattr("nbapanel.steps.espn_games.parse_plays", refuse)
        yield patched


@pytest.fixture
def refused(desk, make, league, unreadable):
    """A final game whose plays are refused, at so many minutes after; what is asked for then."""

    async def at(minutes: int, **changes) -> list[str]:
        with pytest.raises(UserFacingError, match="could not be loaded"):
            await league(make.event(score=(4, 0)), at=FINAL_SEEN + timedelta(minutes=minutes),
                         **changes)  # fmt: skip
        found = sorted(asked(desk))
        await desk.do("game_state", "snapshot_features", **changes)
        return found

    return at


async def test_what_is_refused_twice_is_not_asked_for_at_each_refetch(refused, desk):
    """bug: a payload that never parses was fetched at every refetch. It may have been an accident
    of the way; where the feed says the same again, it is what the feed has."""
    assert await refused(0) == ["plays", "probabilities"]
    assert await refused(10) == ["plays", "probabilities"]
    assert await refused(20) == []
    assert await refused(60) == []
    assert await refused(70, force=True) == ["plays", "probabilities"]
    assert await refused(80) == []
    assert "plays" in await refused(70 + 24 * 60), "once a day: a feed mends what it has"
    assert await refused(80 + 24 * 60) == []


async def test_what_was_refused_is_loaded_by_a_program_that_understands_it(
    refused, unreadable, desk, league
):
    """trap L13: from the archive, and nothing is asked for."""
    await refused(0)
    await refused(10)
    unreadable.undo()
    await league(at=FINAL_SEEN + timedelta(minutes=20))
    assert asked(desk) == []
    assert desk.count(PLAYS) == 4
    await league(at=FINAL_SEEN + timedelta(minutes=30))
    assert asked(desk) == []


async def test_another_answer_in_place_of_a_refused_one_is_a_first_one(refused, make, desk):
    await refused(0)
    desk.feed.plays[GAME].append(make.play(5))
    assert "plays" in await refused(10)
    assert "plays" in await refused(20), "heard once so far"
    assert await refused(30) == []


async def test_force_asks_for_the_games_of_the_window_again(desk, make, league):
    await league(make.event(score=(4, 0)))
    assert await wanted(desk, force=True) == [(True, True, False)]
    other = Window(date(2026, 1, 1), date(2026, 1, 2))
    assert await wanted(desk, force=True, window=other) == []
    assert await wanted(desk, force=True, window=other, games=(GAME,)) == [(True, True, False)]


async def test_only_the_games_asked_for(desk, make, league):
    await desk.do("load_scoreboards")
    events = [make.event(), make.event("401800002", home="SA")]
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": events})
    await desk.do("load_scoreboards")
    found = await games_to_fetch(replace(desk.resources, games=("401800002",)))
    assert [game.event_id for game in found] == ["401800002"]
    assert len(await games_to_fetch(desk.resources)) == 2
    assert (await desk.plan("fetch_games")).requests == 4


async def test_a_game_outside_the_window_is_asked_for_too(desk, make):
    """trap W4: what is not complete is seen wherever it is, not in one count of days only."""
    old = make.event(start=datetime(2025, 11, 2, 0, 30, tzinfo=UTC))
    desk.put(SourceType.ESPN_SCOREBOARD, "2025-11-01", {"events": [old]})
    await desk.do("load_scoreboards")
    assert await wanted(desk) == [(True, True, False)]


async def test_a_competition_with_an_id_of_its_own(desk, make, league):
    """The event's id and the competition's are two things, though mostly the same."""
    await league(make.event(competition="401999999", score=(4, 0)))
    assert {r.url.path.split("/competitions/")[1] for r in desk.feed.requests} == {
        "401999999/plays",
        "401999999/probabilities",
    }
    assert desk.one(f"SELECT DISTINCT game_id FROM {PLAYS}") == "401999999"
    assert desk.one(f"SELECT DISTINCT game_id FROM {ITEMS}") == "401999999"
    assert await wanted(desk) == []


def test_a_game_s_key_names_both():
    game = GameToFetch("1", "2", True, None, True, True, False)
    assert game.key == "1:2"
