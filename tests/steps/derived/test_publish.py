"""Publishing: what changed and only that, seen by everybody, counted, and on record."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from nbapanel import views
from nbapanel.engine.events import Changes
from nbapanel.errors import UserFacingError
from nbapanel.steps.publish import VIEWS
from nbapanel.warehouse.db import connect

FEATURES, V1 = "derived.snapshot_features", "derived.snapshot_features_v1"
SUMMARY, SLATE = "derived.game_summary", "derived.slate"


@pytest.fixture
async def two_games(tables, derived):
    for number in ("1", "2"):
        tables.game(number, home_score=4, away_score=0)
        tables.plays(number, {"home_score": 2}, {"home_score": 4, "clock_seconds": 0.0})
        tables.items(number, {}, {})
        tables.candles(tables.market(number, 0), (0, "0.5500", "0.5700"))
    await derived("1", "2")


def refreshes(desk, *columns: str) -> dict[str, tuple]:
    """View -> columns of its last row in the refresh log."""
    names = ", ".join(columns)
    found = desk.rows(
        f"SELECT relation, {names} FROM ops.refresh_log WHERE kind = 'refresh' ORDER BY refresh_id"
    )
    return {relation: tuple(rest) for relation, *rest in found}


async def test_the_first_time_everything_is_published(desk, two_games):
    context = await desk.do("publish")
    assert context.reason.startswith("3 of 3")
    assert context.changes == {
        V1: Changes(inserted=4),
        SUMMARY: Changes(inserted=2),
        SLATE: Changes(inserted=1),
    }
    assert desk.rows(f"SELECT * FROM {V1} ORDER BY 1, 2") == desk.rows(
        f"SELECT * FROM {FEATURES} ORDER BY 1, 2"
    )
    assert dict(desk.rows("SELECT relation, row_count FROM ops.published_views")) == {
        V1: 4,
        SUMMARY: 2,
        SLATE: 1,
    }


async def test_it_is_seen_by_others_at_once_and_no_lock_is_left(desk, two_games):
    """trap R1: a REFRESH in a transaction that never commits: seen by nobody, lock kept."""
    await desk.do("publish")
    assert desk.count(V1) == 4
    open_ones = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND state LIKE 'idle in transaction%'"
    )
    assert desk.one(open_ones) == 0
    desk.look.execute("SET lock_timeout = '2s'")
    with desk.look.transaction():
        desk.look.execute(f"LOCK TABLE {FEATURES} IN ACCESS EXCLUSIVE MODE NOWAIT")


async def test_a_view_that_was_never_populated_is_filled_plainly(desk, two_games):
    """trap R2: CONCURRENTLY on a view that was never populated."""
    desk.look.execute(f"REFRESH MATERIALIZED VIEW {V1} WITH NO DATA")
    context = await desk.do("publish")
    columns = ("strategy", "rows_before", "rows_after", "status")
    assert refreshes(desk, *columns) == {
        V1: ("full", 0, 4, "ok"),
        SUMMARY: ("concurrent", 0, 2, "ok"),
        SLATE: ("concurrent", 0, 1, "ok"),
    }
    assert context.changes[V1] == Changes(inserted=4)


async def test_nothing_changed_nothing_refreshed(desk, two_games):
    """trap R8: refreshing when nothing changed."""
    await desk.do("publish")
    assert await desk.skip("publish"), "a reason in words"
    before = desk.rows("SELECT * FROM ops.published_views ORDER BY 1")
    written = desk.rows(f"SELECT xmin::text FROM {V1}")
    context = await desk.do("publish")
    assert context.changes == {}
    assert context.reason.startswith("0 of 3")
    assert {status for (status,) in refreshes(desk, "status").values()} == {"skipped"}
    assert desk.rows("SELECT * FROM ops.published_views ORDER BY 1") == before
    assert desk.rows(f"SELECT xmin::text FROM {V1}") == written
    assert await desk.skip("publish", force=True) is None


async def test_only_the_views_behind_are_refreshed(desk, tables, two_games):
    await desk.do("publish")
    desk.look.execute("UPDATE espn.scoreboard_games SET short_name = 'x'")
    desk.look.execute(
        "UPDATE ops.relation_versions SET version = version + 1"
        " WHERE relation = 'espn.scoreboard_games'"
    )
    assert (await desk.plan("publish")).units == 2
    await desk.do("publish")
    found = {view: status for view, (status,) in refreshes(desk, "status").items()}
    assert found == {V1: "skipped", SUMMARY: "ok", SLATE: "ok"}


async def test_what_is_said_to_be_behind_is_what_would_be_published(desk, tables, two_games):
    """trap W1: published is not fresh: status and the step must be of one mind."""
    made_of = {view.name: view.made_of for view in VIEWS}

    def behind() -> set[str]:
        return set(views.overview(desk.look, days=7, made_of=made_of).behind)

    assert behind() == {V1, SUMMARY, SLATE}, "never published"
    await desk.do("publish")
    assert behind() == set()
    tables.game("3", status_completed=False, status_state="pre")
    assert behind() == {SUMMARY, SLATE}
    assert (await desk.plan("publish")).units == 2
    await desk.do("publish")
    assert behind() == set()


async def test_not_asked_for(desk, two_games):
    assert "--no-publish" in await desk.skip("publish", publish=False)


async def test_what_a_refresh_wrote_is_counted(desk, tables, derived, two_games):
    """Inserted, updated, deleted: a changed row is one that is updated."""
    await desk.do("publish")
    desk.look.execute(
        "UPDATE espn.probabilities_raw_items SET home_win_percentage = 0.61"
        " WHERE game_id = '1' AND sequence_number = 2"
    )
    tables.items("2", *[{"sequence_number": n, "event_id": None} for n in (8, 9, 10)])
    desk.look.execute(
        "DELETE FROM espn.probabilities_raw_items WHERE game_id = '2' AND sequence_number = 1"
    )
    await derived("1", "2")
    context = await desk.do("publish", publish_anyway=True)
    # Three new rows, one gone, and two changed: one was edited, one lost its predecessor. What
    # PostgreSQL counts is rows written and removed: a new one and a gone one pass for a change.
    changes = context.changes[V1]
    assert (changes.inserted + changes.updated, changes.deleted + changes.updated) == (5, 3)
    row = refreshes(desk, "rows_before", "rows_after", "strategy", "triggered_by", "step")[V1]
    assert row == (4, 6, "concurrent", "terminal", "publish")
    assert context.changes[SUMMARY] == Changes(updated=2)


async def test_only_new_rows_are_only_inserted(desk, tables, derived, two_games):
    await desk.do("publish")
    tables.game("3", home_score=4, away_score=0)
    tables.plays("3", {"home_score": 4})
    tables.items("3", {})
    tables.candles(tables.market("3", 1), (0, "0.5500", "0.5700"))
    await derived("3")
    context = await desk.do("publish")
    assert context.changes[V1] == Changes(inserted=1)
    assert context.changes[SUMMARY] == Changes(inserted=1)
    assert context.changes[SLATE] == Changes(updated=1)


async def test_what_changes_while_a_view_is_built_is_published_next_time(
    desk, derived, two_games, monkeypatch
):
    """The versions are read before the REFRESH, so that nothing can slip in between."""
    from nbapanel.steps import publish

    count = publish.row_count

    async def meanwhile(connection, view):
        if view == V1:
            desk.look.execute(
                "UPDATE ops.relation_versions SET version = version + 1 WHERE relation = %s",
                (FEATURES,),
            )
        return await count(connection, view)

    monkeypatch.setattr(publish, "row_count", meanwhile)
    await desk.do("publish")
    monkeypatch.setattr(publish, "row_count", count)
    assert await desk.skip("publish") is None
    assert (await desk.plan("publish")).units == 1


async def test_a_refresh_that_fails_is_on_record_and_the_view_as_it_was(desk, two_games):
    """trap R3: the log row written in the refresh's own transaction disappears with it."""
    await desk.do("publish")
    desk.look.execute(f"DROP INDEX {V1}_key")  # without it, CONCURRENTLY is refused
    context = desk.context("publish", force=True)
    with pytest.raises((psycopg.Error, UserFacingError)):
        await context.step.action(context)
    status, error, before, after = refreshes(desk, "status", "error", "rows_before", "rows_after")[
        V1
    ]
    assert (status, before, after) == ("failed", 4, 4)
    assert "unique index" in error
    assert desk.count(V1) == 4


async def test_a_refresh_that_is_cancelled_is_on_record(desk, conninfo, two_games, eventually):
    """trap W3: the statement is cancelled at the server, and the row says so."""
    in_the_way = connect(conninfo, purpose="test", autocommit=False)
    in_the_way.execute(f"CREATE INDEX more ON {V1} (period)")
    task = asyncio.create_task(desk.do("publish"))
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'REFRESH%'"
        " AND datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()"
    )
    await eventually(lambda: desk.one(waiting))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await eventually(lambda: not desk.one(waiting))
    in_the_way.close()
    assert refreshes(desk, "status", "rows_after")[V1] == ("cancelled", 0)
    assert desk.count("ops.published_views") == 0
    await desk.do("publish")
    assert desk.count(V1) == 4


async def test_each_view_has_a_row_with_its_threshold(desk, two_games):
    """trap R10: fifteen minutes for snapshot features, half a minute for the small ones."""
    await desk.do("publish")
    found = refreshes(desk, "threshold_ms", "alert_triggered", "duration_ms >= 0", "size_bytes > 0")
    assert found == {
        V1: (900_000, False, True, True),
        SUMMARY: (30_000, False, True, True),
        SLATE: (30_000, False, True, True),
    }


# -- the views themselves ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("view", "key"),
    [
        (V1, ["game_id", "sequence_number", "snapshot_ts", "season_label"]),
        (SUMMARY, ["game_id"]),
        (SLATE, ["season_label", "game_date"]),
    ],
)
def test_the_key_comes_first_and_is_unique(connection, view, key):
    """trap R5: a low-cardinality column first is 2-4x slower; trap R2: no unique index."""
    columns = connection.execute(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
        " ORDER BY attnum LIMIT %s",
        (view, len(key)),
    ).fetchall()
    assert [name for (name,) in columns] == key
    indexes = connection.execute(
        "SELECT array_agg(a.attname::text ORDER BY k.place) FROM pg_index AS i,"
        " unnest(i.indkey) WITH ORDINALITY AS k (number, place), pg_attribute AS a"
        " WHERE i.indrelid = %s::regclass AND i.indisunique AND i.indpred IS NULL"
        " AND a.attrelid = i.indrelid AND a.attnum = k.number GROUP BY i.indexrelid",
        (view,),
    ).fetchall()
    assert (key,) in indexes


def test_no_view_says_now(connection):
    """trap R4: `now()` in the view makes every row differ, and CONCURRENTLY rewrite all."""
    found = connection.execute(
        "SELECT schemaname || '.' || matviewname, definition FROM pg_matviews"
        " UNION ALL SELECT schemaname || '.' || viewname, definition FROM pg_views"
        " WHERE schemaname IN ('ops', 'espn', 'kalshi', 'nba', 'derived')"
    ).fetchall()
    assert {name for name, _ in found} >= {view.name for view in VIEWS}
    for name, definition in found:
        text = definition.lower()
        for word in ("now(", "current_", "random(", "clock_timestamp", "localtime", "txid_"):
            assert word not in text, name


def test_every_published_view_is_declared(connection):
    found = connection.execute("SELECT schemaname || '.' || matviewname FROM pg_matviews")
    assert {name for (name,) in found.fetchall()} == {view.name for view in VIEWS}


async def test_the_slate_counts_the_games_of_a_day(desk, tables, derived, two_games):
    """trap L18: a postponed game counts as neither played nor missing."""
    tables.game("3", status_name="STATUS_POSTPONED", status_completed=False, home_score=None)
    tables.game("4", status_state="in", status_completed=False, status_name="STATUS_IN_PROGRESS")
    tables.candles(tables.market("1", 1), (0, "0.4", "0.5"))
    tables.candles(tables.market("2", 1), (0, "0.4", "0.5"))
    await derived("1", "2", "3", "4")
    await desk.do("publish", publish_anyway=True)
    columns = "games, live, final, postponed, with_probabilities, with_state, with_kalshi, complete"
    assert desk.one(f"SELECT {columns} FROM {SLATE}") == (4, 1, 2, 1, 2, 2, 2, False)
    desk.look.execute("DELETE FROM espn.scoreboard_games WHERE event_id = '4'")
    await derived("4")
    await desk.do("publish", force=True)
    assert desk.one(f"SELECT games, complete FROM {SLATE}") == (3, True)


@pytest.mark.parametrize(
    ("game", "expected"),
    [
        ({"home_score": 4, "away_score": 0}, (4, 0, 0)),
        ({"home_score": 0, "away_score": 4}, (0, 4, 1)),
        ({"home_score": 4, "away_score": 0, "status_completed": False}, (None, None, None)),
        ({"home_score": 4, "away_score": 4}, (4, 4, None)),
    ],
)
async def test_the_winner_of_a_game(desk, tables, derived, game, expected):
    """trap W7: the winner shown inverted when only the scoreboard knows it."""
    tables.game("1", **game)
    await derived("1")
    await desk.do("publish", publish_anyway=True)
    columns = "final_home_score, final_away_score, winner"
    assert desk.one(f"SELECT {columns} FROM {SUMMARY}") == expected
