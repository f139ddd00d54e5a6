"""Deriving: the games that were marked and no others; marks go with the result, or stand again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from nbapanel.engine.control import Stopped
from nbapanel.engine.events import Changes
from nbapanel.pipeline import STEPS
from nbapanel.steps.derived import FEATURES as FEATURES_DERIVATION
from nbapanel.steps.derived import STATE as STATE_DERIVATION
from nbapanel.steps.derived import derive
from nbapanel.steps.resources import Window

STATE, FEATURES, STATS = "espn.prob_event_state", "derived.snapshot_features", "derived.game_stats"
TIP_OFF = datetime(2026, 1, 16, 0, 41, tzinfo=UTC)


@pytest.fixture
def games(tables):
    """Games with two plays, two items and a candle each."""

    def games(*numbers: str, **more) -> None:
        for number in numbers:
            tables.game(number, **more)
            tables.plays(number, {"home_score": 2}, {"home_score": 4})
            tables.items(number, {}, {})
            tables.candles(tables.market(number, 0), (0, "0.5500", "0.5700"))

    return games


def versions(desk, relation: str) -> dict[str, list]:
    """Game -> the transactions that wrote its rows."""
    found: dict[str, list] = {}
    for game, wrote in desk.rows(f"SELECT game_id, xmin::text FROM {relation} ORDER BY 1, 2"):
        found.setdefault(game, []).append(wrote)
    return found


async def test_only_marked_games_are_touched(desk, tables, games, derived):
    games("1", "2", "3")
    await derived("1", "2", "3")
    before = {relation: versions(desk, relation) for relation in (STATE, FEATURES, STATS)}
    desk.look.execute("UPDATE espn.plays SET home_score = home_score + 1")
    context = await derived("2")
    assert context.changes[FEATURES] == Changes(updated=2)
    for relation, was in before.items():
        now = versions(desk, relation)
        assert (now["1"], now["3"]) == (was["1"], was["3"])
        assert now["2"] != was["2"], relation
    assert desk.wrong_versions() == []


async def test_what_did_not_change_is_not_written(desk, games, derived):
    """trap L8: the derived tables too: compared, and left as they are."""
    games("1", "2")
    await derived("1", "2")
    before = {relation: versions(desk, relation) for relation in (STATE, FEATURES, STATS)}
    counted = desk.rows("SELECT * FROM ops.relation_versions ORDER BY 1")
    context = await derived("1", "2")
    assert context.changes == {FEATURES: Changes(unchanged=4), STATS: Changes(unchanged=2)}
    assert {relation: versions(desk, relation) for relation in before} == before
    assert desk.rows("SELECT * FROM ops.relation_versions ORDER BY 1") == counted


async def test_marks_go_with_the_result(desk, tables, games):
    games("1", "2")
    tables.mark("1", "2", datasets=(STATE,))
    assert (await desk.plan("game_state")).units == 2
    await desk.do("game_state")
    assert desk.marks == {FEATURES: {"1", "2"}}, "what changed is marked for the next"
    await desk.do("snapshot_features")
    assert desk.marks == {}


async def test_a_state_that_did_not_change_marks_nothing(desk, tables, games):
    games("1", "2")
    tables.mark("1", "2", datasets=(STATE,))
    await desk.do("game_state", "snapshot_features")
    desk.look.execute("UPDATE espn.plays SET away_score = 1 WHERE game_id = '2'")
    tables.mark("1", "2", datasets=(STATE,))
    await desk.do("game_state")
    assert desk.marks == {FEATURES: {"2"}}


@pytest.mark.parametrize("step", ["game_state", "snapshot_features"])
async def test_marks_stand_again_when_it_fails(desk, tables, games, step):
    """The marks are taken in the transaction of the result."""
    games("1")
    tables.mark("1")
    relation = {"game_state": STATE, "snapshot_features": FEATURES}[step]
    desk.look.execute(f"ALTER TABLE {relation} ADD CHECK (game_id <> '1')")
    before = desk.marks
    context = desk.context(step)
    with pytest.raises(psycopg.errors.CheckViolation):
        await context.step.action(context)
    assert desk.marks == before
    assert desk.count(relation) == 0
    found = dict(desk.log("status"))
    assert found[relation] == "failed"
    assert context.changes == {}


async def test_no_marks_is_a_reason_to_skip(desk, tables, games):
    games("1")
    for step in ("game_state", "snapshot_features"):
        assert await desk.skip(step), "a reason in words"
        assert await desk.skip(step, force=True) is None
    tables.mark("1", datasets=(STATE,))
    assert await desk.skip("game_state") is None
    assert await desk.skip("snapshot_features")


async def test_force_computes_the_window_again(desk, tables, games):
    games("1")
    games("2", game_date=date(2025, 11, 2))
    games("3", game_date=None)
    await desk.do("game_state", force=True)
    assert desk.rows(f"SELECT DISTINCT game_id FROM {STATE}") == [("1",)]
    window = Window(date(2025, 11, 1), date(2025, 11, 3))
    await desk.do("game_state", force=True, window=window)
    assert desk.rows(f"SELECT DISTINCT game_id FROM {STATE} ORDER BY 1") == [("1",), ("2",)]
    await desk.do("game_state", force=True, games=("3",))
    assert desk.one(f"SELECT count(DISTINCT game_id) FROM {STATE}") == 3


async def test_a_batch_a_transaction(desk, tables, games):
    games(*(str(number) for number in range(1, 8)))
    tables.mark(*(str(number) for number in range(1, 8)))
    context = desk.context("game_state")
    told = await derive(context, STATE_DERIVATION, batch=3)
    assert told.startswith("7 games")
    assert [done for done, *_ in context.told] == [0, 3, 6, 7]
    assert context.changes[STATE] == Changes(inserted=14)
    context = desk.context("snapshot_features")
    await derive(context, FEATURES_DERIVATION, batch=2)
    assert context.changes == {FEATURES: Changes(inserted=14), STATS: Changes(inserted=7)}
    assert desk.wrong_versions() == []


async def test_a_stop_between_batches_keeps_what_is_done_and_the_marks_of_the_rest(
    desk, tables, games
):
    games("1", "2", "3")
    tables.mark("1", "2", "3", datasets=(STATE,))
    context = desk.context("game_state")
    context.stop_after = 1
    with pytest.raises(Stopped):
        await derive(context, STATE_DERIVATION, batch=2)
    assert desk.count(STATE) == 4
    assert desk.marks == {STATE: {"3"}, FEATURES: {"1", "2"}}
    assert dict(desk.log("status"))[STATE] == "cancelled"
    await desk.do("game_state")
    assert desk.count(STATE) == 6


async def test_what_vanished_from_a_game_vanishes_here(desk, games, derived):
    """trap L2: down to the last table."""
    games("1", "2")
    await derived("1", "2")
    desk.look.execute("DELETE FROM espn.plays WHERE play_id = 1002")
    desk.look.execute("DELETE FROM espn.probabilities_raw_items WHERE event_id = 1002")
    context = await derived("1")
    assert context.changes[FEATURES] == Changes(unchanged=1, deleted=1)
    assert desk.one(f"SELECT count(*) FROM {STATE} WHERE game_id = '1'") == 1
    desk.look.execute("DELETE FROM espn.scoreboard_games WHERE event_id = '2'")
    context = await derived("2")
    assert context.changes == {FEATURES: Changes(deleted=2), STATS: Changes(deleted=1)}
    assert desk.rows(f"SELECT DISTINCT game_id FROM {STATE}") == [("1",)]


async def test_one_row_of_the_refresh_log_for_each_relation(desk, games, derived):
    games("1")
    await derived("1")
    about = ["step", "kind", "strategy", "rows_before", "rows_after", "status", "threshold_ms"]
    assert desk.log(*about) == [
        (STATE, "game_state", "derive", "incremental", 0, 2, "ok", 30_000),
        (FEATURES, "snapshot_features", "derive", "incremental", 0, 2, "ok", 900_000),
        (STATS, "snapshot_features", "derive", "incremental", 0, 1, "ok", 30_000),
    ]
    logged = {relation for relation, *_ in desk.log()}
    assert logged == set(
        STEPS.by_key["game_state"].writes + STEPS.by_key["snapshot_features"].writes
    )


# -- the figures of a game -----------------------------------------------------------------------


async def stats(desk, columns: str):
    return desk.one(f"SELECT {columns} FROM {STATS} WHERE game_id = '1'")


async def test_brier_and_difference(desk, tables, derived):
    """The mean squared error of a probability of a home win, of both feeds."""
    tables.game("1", home_score=100, away_score=90)
    tables.plays("1", *[{}] * 4)
    shares = (0.5, 0.6, 0.9, 1.0)
    tables.items("1", *({"home_win_percentage": s, "away_win_percentage": 1 - s} for s in shares))
    tables.candles(tables.market("1", 0), (0, "0.7000", "0.9000"))
    await derived("1")
    espn, kalshi, difference, swing = await stats(
        desk, "brier_espn, brier_kalshi, mean_abs_difference, max_swing"
    )
    assert espn == pytest.approx((0.25 + 0.16 + 0.01 + 0) / 4)
    assert kalshi == pytest.approx(0.04)
    assert difference == pytest.approx((0.3 + 0.2 + 0.1 + 0.2) / 4)
    assert swing == pytest.approx(0.3)


@pytest.mark.parametrize("score", [(99, 99), (None, None)])
async def test_without_an_outcome_there_is_no_brier(desk, tables, derived, score):
    """trap D6: the outcome of a game that has none."""
    tables.game("1", home_score=score[0], away_score=score[1])
    tables.items("1", {})
    await derived("1")
    assert await stats(desk, "brier_espn, brier_kalshi, items, plays") == (None, None, 1, 0)


async def test_lead_changes_count_across_ties(desk, tables, derived):
    scores = [(0, 0), (2, 0), (2, 2), (4, 2), (4, 4), (4, 6), (6, 6), (8, 6), (8, 9)]
    tables.game("1")
    plays = [
        {"home_score": home, "away_score": away, "clock_seconds": 700.0 - number}
        for number, (home, away) in enumerate(scores)
    ]
    tables.plays("1", *plays)
    await derived("1")
    assert await stats(desk, "lead_changes, last_play_home_score, last_play_away_score") == (
        3,
        8,
        9,
    )


async def test_the_last_play_is_the_last_of_the_clock(desk, tables, derived):
    """trap D13: trailing 0-0 rows; and corrections that are numbered beyond the end."""
    tables.game("1")
    tables.plays(
        "1",
        {"period": 4, "clock_seconds": 10.0, "home_score": 98, "away_score": 90},
        {"period": 4, "clock_seconds": 0.0, "home_score": 100, "away_score": 90},
        {"period": 4, "clock_seconds": 0.0, "home_score": 0, "away_score": 0},
        {"period": 2, "clock_seconds": 300.0, "home_score": 40, "away_score": 41},
        {"period": 4, "clock_seconds": 0.0, "home_score": None, "away_score": None},
    )
    await derived("1")
    assert await stats(desk, "last_play_home_score, last_play_away_score") == (100, 90)


async def test_counts(desk, tables, games, derived):
    games("1")
    tables.candles(tables.market("1", 1), (0, "0.4", "0.5"), (60, "0.4", "0.5"))
    tables.items("1", {"sequence_number": 9, "event_id": None})
    await derived("1")
    columns = (
        "items, plays, state_rows, snapshots, snapshots_with_kalshi, home_candles, away_candles"
    )
    assert await stats(desk, columns) == (3, 2, 2, 3, 3, 1, 2)


async def test_when_it_was_fetched_is_a_change_of_the_figures(desk, tables, games, derived):
    games("1")
    tables.add(
        "ops.source_files",
        {
            "source_file_id": 1,
            "source_type": "espn_plays",
            "source_key": "1:1",
            "url": "",
            "path": "",
            "fetched_at": TIP_OFF,
            "checked_at": TIP_OFF,
            "arrived_at": TIP_OFF,
            "http_status": 200,
            "sha256_hex": "",
            "byte_size": 0,
        },
    )
    await derived("1")
    assert await stats(desk, "last_fetched_at") == TIP_OFF
    desk.look.execute("UPDATE ops.source_files SET fetched_at = %s", (TIP_OFF + timedelta(1),))
    context = await derived("1")
    assert context.changes[STATS] == Changes(updated=1)
