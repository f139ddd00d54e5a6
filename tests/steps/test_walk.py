"""All the steps in a row, over an evening of a small league: twice, and after a change."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from nbapanel.engine.events import RunStatus, StepFinished, StepState
from nbapanel.pipeline import STEPS
from nbapanel.settings import Settings
from nbapanel.source.hooks import _TIMEOUT_S as HOOK_TIMEOUT_S
from nbapanel.steps.verification import differences

EVENTS = {"401800001": ("NY", "NYK"), "401800002": ("SA", "SAS"), "401800003": ("GS", "GSW")}


@pytest.fixture
def league(desk, make):
    """Three games that are over, each with plays, probabilities, two markets and candles."""
    feed, first = desk.feed, datetime.fromisoformat("2026-01-16T00:40:00Z")
    feed.scoreboards["20260115"] = []
    for event, (code, nba) in EVENTS.items():
        feed.scoreboards["20260115"].append(make.event(event, home=code, away="BOS", score=(9, 0)))
        feed.plays[event] = [make.play(number, event) for number in range(1, 10)]
        feed.probabilities[event] = [
            make.item(number, 0.5 + number / 100, event) for number in range(1, 10)
        ]
        market = f"KXNBAGAME-26JAN15BOS{nba}"
        for team in (nba, "BOS"):
            feed.markets.append(make.market(team, market))
            feed.candles[f"{market}-{team}"] = [
                make.candle(first + timedelta(minutes=minute)) for minute in range(5)
            ]
    return feed


def changed(ended: dict[str, StepFinished]) -> dict[str, tuple[int, int, int]]:
    return {
        relation: (changes.inserted, changes.updated, changes.deleted)
        for event in ended.values()
        for relation, changes in event.changes.items()
        if changes.any
    }


async def nothing_differs(desk) -> bool:
    async with desk.resources.database.connection() as connection:
        return not [d async for _, d in differences(connection) if d.too_many or d.missing]


async def test_twice_changes_nothing_the_second_time(desk, league, walk):
    """trap L8, L9, R8: what is there already is neither written nor derived nor published."""
    first, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert finished.skipped == ("fetch_nba",), "the league has nothing of that evening"
    assert len(finished.done) == len(STEPS) - 1
    assert changed(first)["derived.snapshot_features_v1"] == (27, 0, 0)
    assert first["load_games"].bad_items == 0
    assert desk.wrong_versions() == []
    assert await nothing_differs(desk)

    desk.feed.requests.clear()
    second, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert changed(second) == {}
    assert set(finished.skipped) == {
        *("fetch_games", "fetch_nba", "nba_state", "game_state", "snapshot_features", "publish"),
        "invalidate_caches",
    }
    assert all(second[key].reason for key in finished.skipped), "each says why"
    assert {request.url.path.rsplit("/", 1)[1] for request in desk.feed.requests} <= {
        *("scoreboard", "markets", "cutoff"),
        *("scheduleLeagueV2.json", "todaysScoreboard_00.json", "odds_todaysGames.json"),
    }


async def test_only_what_changed_goes_its_way(desk, league, walk):
    await walk()
    event = "401800002"
    league.scoreboards["20260115"][1]["competitions"][0]["competitors"][1]["score"] = "3"
    league.plays[event][-1] |= {"awayScore": 3}
    before = dict(desk.rows("SELECT game_id, max(xmin::text) FROM derived.game_stats GROUP BY 1"))
    ended, finished = await walk(force=False, window=desk.resources.window)
    assert finished.status is RunStatus.DONE
    # The day is settled: nobody asks again, unless told to.
    assert changed(ended) == {}
    ended, finished = await walk(games=(event,))
    assert finished.status is RunStatus.DONE
    assert changed(ended)["espn.prob_event_state"] == (0, 1, 0)
    assert changed(ended)["derived.snapshot_features"] == (0, 1, 0)
    after = dict(desk.rows("SELECT game_id, max(xmin::text) FROM derived.game_stats GROUP BY 1"))
    assert {game for game in before if before[game] != after[game]} == {event}
    assert await nothing_differs(desk)
    assert desk.wrong_versions() == []


async def test_a_feed_that_is_away_holds_up_nothing_else(desk, league, walk):
    """trap W1: the run has failed, and says which; what could be done is done."""
    league.broken["trade-api"] = 400
    ended, finished = await walk()
    assert finished.status is RunStatus.FAILED
    assert finished.failed == ("markets",)
    assert "400" in ended["markets"].error
    assert ended["load_games"].state is StepState.DONE
    assert desk.count("espn.prob_event_state") == 27
    league.broken.clear()
    ended, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert changed(ended)["derived.snapshot_features_v1"] == (27, 0, 0)
    assert await nothing_differs(desk)


def test_no_step_s_limit_is_shorter_than_its_requests_may_take():
    """trap F10: the outer time limit is shorter than the inner deadline."""
    fetching = [step for step in STEPS.steps if step.asks_feeds]
    assert len(fetching) >= 4
    for step in fetching:
        assert step.timeout_s >= 3 * Settings().request_deadline_s
    assert STEPS.by_key["invalidate_caches"].timeout_s >= 3 * HOOK_TIMEOUT_S
