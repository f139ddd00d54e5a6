"""What the warehouse is asked: runs, their steps, what waits, what is published."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel import views
from nbapanel.engine import events
from nbapanel.engine.events import Changes, StepState
from nbapanel.errors import UserFacingError
from nbapanel.views import attempts
from nbapanel.warehouse.journal import Journal, open_refresh, open_run, run_lock

AT = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)


@pytest.fixture
async def journal(database):
    opened = await database.open_connection(autocommit=True)
    yield Journal(opened)
    await opened.close()


async def a_run(
    journal, *steps: tuple[str, StepState], status="done", settings=None, resumes=None
) -> int:
    """A run on record, each of whose steps ended as it says (None: it has not ended)."""
    run_id = await open_run(
        journal.connection,
        kind="refetch",
        trigger="terminal",
        steps=[key for key, _ in steps],
        settings=settings or {},
        resumes=resumes,
    )
    for key, state in steps:
        await journal(events.StepStarted(run_id, key, 1, AT))
        if state is not None:
            changes = {"espn.plays": Changes(inserted=3)}
            await journal(
                events.StepFinished(run_id, key, 1, state, AT, 2.0, requests=4, changes=changes)
            )
    if status is not None:
        await journal(events.RunFinished(run_id, events.RunStatus(status), AT, 9.5))
    return run_id


def test_a_warehouse_that_is_new(connection):
    assert views.runs(connection) == []
    assert views.last_unfinished(connection) is None
    assert attempts.last_successes(connection) == {}
    found = views.overview(connection, days=7, made_of={})
    assert (found.feeds, found.days, found.views, found.relations) == ("unknown", (), (), ())
    assert (found.marked_games, found.unloaded_files) == (0, 0)
    assert (found.last_run, found.active_run_id) == (None, None)
    assert int(found.server_version.split(".")[0]) >= 15


async def test_runs_newest_first(journal, connection):
    first = await a_run(journal, ("a", StepState.DONE))
    second = await a_run(journal, ("a", StepState.FAILED), status="failed", resumes=first)
    found = views.runs(connection)
    assert [run.run_id for run in found] == [second, first]
    assert [run.run_id for run in views.runs(connection, limit=1)] == [second]
    assert [run.run_id for run in views.runs(connection, run_id=first)] == [first]
    assert views.runs(connection, run_id=99) == []
    assert (found[0].status, found[0].resumes, found[0].duration_ms) == ("failed", first, 9500)
    assert found[0].steps == ("a",)
    with pytest.raises(FrozenInstanceError):
        found[0].status = "done"


async def test_a_run_s_figures_are_those_of_its_tables(journal, connection):
    """What a refresh wrote into a view is the same rows once more, and is not counted."""
    run_id = await a_run(journal, ("a", StepState.DONE))
    for kind, inserted in (("load", 10), ("derive", 5), ("refresh", 1_000)):
        entry = await open_refresh(
            journal.connection,
            run_id=run_id,
            step="a",
            relation="espn.plays",
            kind=kind,
            strategy="upsert",
            triggered_by="terminal",
            rows_before=0,
            threshold_ms=1,
        )
        await entry.close("ok", Changes(inserted=inserted, updated=1, deleted=2))
    (run,) = views.runs(connection)
    assert (run.inserted, run.updated, run.deleted) == (15, 2, 4)


async def test_steps_in_the_order_they_began_each_by_its_last_attempt(journal, connection):
    """What the attempts before it committed stays, and is told with it."""
    run_id = await a_run(journal, ("b", StepState.FAILED), ("a", StepState.DONE), status=None)
    await journal(events.StepStarted(run_id, "b", 2, AT))
    changes = {"espn.plays": Changes(inserted=2, updated=1), "espn.x": Changes(deleted=1)}
    await journal(
        events.StepFinished(
            run_id, "b", 2, StepState.DONE, AT, 1.0, requests=1, bad_items=2, changes=changes
        )
    )
    await journal(events.StepFinished(run_id, "c", 0, StepState.SKIPPED, AT, 0.0, reason="none"))
    found = attempts.run_steps(connection, run_id)
    assert [(step.step, step.attempt, step.status) for step in found] == [
        ("a", 1, "done"),
        ("b", 2, "done"),
        ("c", 0, "skipped"),
    ]
    assert found[0].changes["espn.plays"]["inserted"] == 3
    made = {relation: Changes(**counts) for relation, counts in found[1].changes.items()}
    assert made == {"espn.plays": Changes(inserted=5, updated=1), "espn.x": Changes(deleted=1)}
    assert (found[1].requests, found[1].bad_items, found[1].detail) == (5, 2, {})
    assert (found[0].requests, found[2].changes, found[2].reason) == (4, {}, "none")
    assert [row for row in attempts.last_steps(connection) if row.step == "b"] == [found[1]]
    assert attempts.last_successes(connection)["b"] == found[1]
    single = attempts.attempts(connection, run_id)
    assert [(row.step, row.attempt, row.requests) for row in single if row.step == "b"] == [
        ("b", 1, 4),
        ("b", 2, 1),
    ]


async def test_when_a_step_last_ended_well(journal, connection):
    """trap W1: a failure since then does not count as success, nor does it hide it."""
    first = await a_run(journal, ("a", StepState.DONE), ("b", StepState.FAILED), status="failed")
    await a_run(journal, ("a", StepState.FAILED), status="failed")
    found = attempts.last_successes(connection)
    assert {key: row.run_id for key, row in found.items()} == {"a": first}


async def test_an_unfinished_run_and_its_states(journal, connection):
    await a_run(journal, ("a", StepState.DONE))
    assert views.last_unfinished(connection) is None
    steps = (("a", StepState.DONE), ("b", StepState.CANCELLED))
    run_id = await a_run(journal, *steps, status="cancelled", settings={"days": 3})
    left = views.last_unfinished(connection)
    assert left is not None
    assert (left.run_id, left.status, left.settings) == (run_id, "cancelled", {"days": 3})
    assert tuple(left.steps) == ("a", "b")
    assert left.states == {"a": "done", "b": "cancelled"}
    await a_run(journal, ("a", StepState.DONE))
    assert views.last_unfinished(connection) is None, "a later run did it all"


async def test_a_run_under_way(database, connection):
    async with run_lock(database) as (locked, _):
        run_id = await a_run(Journal(locked), ("a", None), status=None)
        found = views.overview(connection, days=7, made_of={})
        assert found.active_run_id == run_id
        assert found.last_run is not None
        assert found.last_run.status == "running"
        assert found.last_run.finished_at is None


def test_overview_counts_what_waits_and_what_there_is(connection):
    connection.execute("INSERT INTO ops.game_changes VALUES ('d', '1'), ('d', '2'), ('e', '1')")
    connection.execute(
        "INSERT INTO ops.source_files (source_file_id, source_type, source_key, url, path,"
        " fetched_at, http_status, sha256_hex, byte_size, checked_at, arrived_at, loaded_at)"
        " SELECT n, 't', n::text, '', '', now(), 200, '', 1, now(), now(),"
        " CASE WHEN n > 2 THEN now() END FROM generate_series(1, 5) AS n"
    )
    connection.execute("INSERT INTO ops.warehouse (key, value) VALUES ('feeds', '\"demo:7\"')")
    connection.execute(
        "INSERT INTO ops.relation_versions VALUES ('espn.plays', 3, now(), 7),"
        " ('no.more', 1, now(), 0)"
    )
    connection.execute(
        "INSERT INTO ops.published_views VALUES ('derived.slate', '{}', 4, now(), true)"
    )
    found = views.overview(connection, days=7, made_of={})
    assert (found.feeds, found.marked_games, found.unloaded_files) == ("demo:7", 3, 2)
    sizes = {row.relation: row for row in found.relations}
    assert sizes["espn.plays"].row_count == 7
    assert sizes["espn.plays"].size_bytes > 0
    assert sizes["no.more"].size_bytes == 0, "a relation that is no more is no error"
    (view,) = found.views
    assert (view.relation, view.row_count, view.published_anyway) == ("derived.slate", 4, True)


def _overview(connection):
    return views.overview(connection, days=7, made_of={})


async def test_the_scoreboards_of_one_game_make_no_day_fresh(journal, connection):
    """trap W1: nor do those of days long ago."""
    _hold(connection, "live")
    today = {"first": "2026-01-09", "last": "2026-01-15", "games": []}
    fetched = ("fetch_scoreboards", StepState.DONE)
    await a_run(journal, fetched, settings=today)
    connection.execute("UPDATE ops.step_runs SET finished_at = %s", (AT,))
    await a_run(journal, fetched, settings=today | {"games": ["401585607"]})
    assert _overview(connection).fetched_at == AT


async def test_what_was_fetched_of_days_long_ago_is_as_old_as_they_are(journal, connection):
    _hold(connection, "live")
    long_ago = {"first": "2025-11-01", "last": "2025-11-02", "games": []}
    await a_run(journal, ("fetch_scoreboards", StepState.DONE), settings=long_ago)
    assert _overview(connection).fetched_at == datetime(2025, 11, 3, 5, tzinfo=UTC), (
        "their midnight"
    )


async def test_a_league_of_its_own_clock_is_as_fresh_as_its_last_fetch(journal, connection):
    _hold(connection, "demo:7")
    its_evening = {"first": "2025-01-09", "last": "2025-01-15", "games": []}
    await a_run(journal, ("fetch_scoreboards", StepState.DONE), settings=its_evening)
    connection.execute("UPDATE ops.step_runs SET finished_at = %s", (AT,))
    assert _overview(connection).fetched_at == AT


async def test_games_that_should_be_on_are_overdue(journal, connection):
    _hold(connection, "live")
    await a_run(journal, ("fetch_scoreboards", StepState.DONE))
    connection.execute("UPDATE ops.step_runs SET finished_at = now() - interval '5 hours'")
    for number, (hours, state) in enumerate(
        [(-6, "pre"), (-3, "pre"), (-3, "post"), (-0.25, "pre"), (2, "pre")]
    ):
        connection.execute(
            "INSERT INTO espn.scoreboard_games (event_id, competition_id, event_date, status_state,"
            " status_completed, season_label, scoreboard_date, source_file_id)"
            " VALUES (%s, %s, now() + %s * interval '1 hour', %s, false, '2025-26',"
            " '2026-01-15', 1)",
            (str(number), str(number), hours, state),
        )
    assert _overview(connection).overdue_games == 1
    connection.execute("UPDATE ops.warehouse SET value = '\"demo:7\"'")
    assert _overview(connection).overdue_games == 0, "its clock stands still"


def _hold(connection, feeds):
    connection.execute(
        "INSERT INTO ops.warehouse (key, value) VALUES ('feeds', to_jsonb(%s::text))", (feeds,)
    )


async def test_what_did_not_end_well_stays_undone_until_it_does(journal, connection):
    """trap W1: a later run of other steps does not make up for it."""
    first = await a_run(journal, ("a", StepState.DONE), ("b", StepState.FAILED), status="failed")
    await a_run(journal, ("a", StepState.DONE))
    undone = views.overview(connection, days=7, made_of={}).undone
    assert {step: row.run_id for step, row in undone.items()} == {"b": first}
    await a_run(journal, ("b", StepState.DONE))
    assert views.overview(connection, days=7, made_of={}).undone == {}


def test_the_slate_is_as_published(connection):
    """What the list of days says is what the published view says, newest day first."""
    first = date(2026, 1, 10)
    for number in range(4):
        day = first + timedelta(days=number)
        connection.execute(
            "INSERT INTO espn.scoreboard_games (event_id, scoreboard_date, season_label,"
            " competition_id, status_name, status_state, status_completed, source_file_id,"
            " game_date) VALUES (%s, %s, '2025-26', %s, 'STATUS_FINAL', 'post', true, 1, %s)",
            (str(number), day, str(number), day),
        )
    assert views.slate(connection, limit=9) == []
    connection.execute("REFRESH MATERIALIZED VIEW derived.slate")
    found = views.slate(connection, limit=3)
    assert [day.game_date for day in found] == [first + timedelta(days=n) for n in (3, 2, 1)]
    assert (found[0].games, found[0].final, found[0].complete) == (1, 1, False)


def test_trouble_comes_in_words(connection):
    connection.execute("SET statement_timeout = '1ms'")
    connection.execute("SET default_transaction_read_only = on")
    connection.close()
    with pytest.raises(UserFacingError, match="does not answer"):
        views.runs(connection)
