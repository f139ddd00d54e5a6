"""The lane in a whole run: what it does beside the others, and what it never holds up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.engine.events import RunStatus, StepState

GAME = "0022500575"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
OURS = ("nba_lists", "fetch_nba", "load_nba", "nba_state")


@pytest.fixture
def evening(desk, make, nba):
    """A game that is over, as all three feeds have it."""
    feed, event = desk.feed, "401800001"
    feed.scoreboards["20260115"] = [make.event(score=(9, 0))]
    feed.plays[event] = [make.play(number) for number in range(1, 10)]
    feed.probabilities[event] = [make.item(number) for number in range(1, 10)]
    feed.markets = [make.market(), make.market("UTA")]
    for team in ("NYK", "UTA"):
        minutes = [make.candle(TIP_OFF + timedelta(minutes=n)) for n in range(11, 16)]
        feed.candles[f"KXNBAGAME-26JAN15UTANYK-{team}"] = minutes
    final = nba.scheduled(GAME, 3, score=(9, 0))
    feed.nba["scheduleLeagueV2.json"] = nba.schedule(final)
    feed.nba[f"playbyplay_{GAME}.json"] = nba.play_by_play(nba.played((9, 0)))
    feed.nba[f"boxscore_{GAME}.json"] = nba.box_score(score=(9, 0))
    return feed


def states(ended, *keys):
    return {key: ended[key].state for key in keys}


@pytest.mark.usefixtures("evening")
async def test_one_run_brings_a_game_from_all_feeds(desk, walk):
    """And the next one has nothing to write."""
    _, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert finished.skipped == ()
    assert desk.one("SELECT nba_game_id, espn_event_id FROM derived.game_map") == (
        GAME,
        "401800001",
    )
    assert desk.one("SELECT count(*) FROM kalshi.markets WHERE nba_game_id = %s", GAME) == 2
    ended, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert {"fetch_nba", "nba_state", "publish"} <= set(finished.skipped)
    assert not [c for event in ended.values() for c in event.changes.values() if c.any]
    assert desk.wrong_versions() == []


@pytest.mark.usefixtures("evening")
@pytest.mark.parametrize("piece", ["cdn.nba.com", "playbyplay", "boxscore"])
async def test_a_league_out_of_reach_holds_up_nothing(desk, walk, piece):
    """trap F12, trap W1: the other lanes and the published views are as without it, the run says
    what failed, and the next one mends it."""
    desk.feed.broken[piece] = 400
    ended, finished = await walk()
    assert finished.status is RunStatus.FAILED
    assert set(finished.failed) <= set(OURS)
    assert finished.blocked == ()
    others = ("load_games", "candlesticks", "snapshot_features", "publish", "invalidate_caches")
    assert set(states(ended, *others).values()) == {StepState.DONE}
    assert desk.count("derived.snapshot_features_v1") == 9
    desk.feed.broken.clear()
    _, finished = await walk()
    assert finished.status is RunStatus.DONE
    assert desk.one("SELECT final_from FROM nba.games") == "pbp"


@pytest.mark.usefixtures("evening")
async def test_a_bad_payload_of_the_league_holds_up_nothing_of_its_lane(desk, walk):
    desk.feed.nba[f"boxscore_{GAME}.json"] = {"game": {"homeTeam": {}, "awayTeam": {}}}
    ended, finished = await walk()
    assert finished.failed == ("load_nba",)
    assert states(ended, "nba_state", "publish") == {
        "nba_state": StepState.DONE,
        "publish": StepState.DONE,
    }
    assert desk.count("derived.pbp_event_state") > 0


@pytest.mark.usefixtures("evening")
async def test_every_relation_of_the_lane_is_on_record(desk, walk):
    """A row in the refresh log for each that a step writes: the charts read nothing else."""
    await walk()
    logged = {relation for (relation,) in desk.log()}
    schemas = "('nba', 'derived')"
    tables = desk.rows(
        "SELECT schemaname || '.' || tablename FROM pg_tables"
        f" WHERE schemaname IN {schemas} ORDER BY 1"
    )
    assert {name for (name,) in tables} <= logged
