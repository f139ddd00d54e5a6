"""What the journal forgets, and what it never does."""

from __future__ import annotations

from nbapanel.warehouse.retention import KEPT_RUNS, forget_runs


def add_run(connection, days_ago, status="done", resumes=None) -> int:
    """A run with a step, two refreshes and a game of its own."""
    row = connection.execute(
        "INSERT INTO ops.pipeline_runs (kind, trigger, steps, settings, started_at, status,"
        " app_version, host, pid, resumes) VALUES ('refetch', 'button', '{a}', '{}',"
        " now() - make_interval(days => %s), %s, '1', 'h', 1, %s) RETURNING run_id",
        (days_ago, status, resumes),
    ).fetchone()
    (run_id,) = row
    connection.execute("INSERT INTO ops.run_games VALUES (%s, '1')", (run_id,))
    add_refreshes(connection, run_id, days_ago)
    return run_id


def add_refreshes(connection, run_id, days_ago) -> None:
    connection.execute(
        "INSERT INTO ops.refresh_log (run_id, relation, kind, strategy, triggered_by, started_at,"
        " status) SELECT %s, 'x.y', 'load', 'upsert', 't', now() - make_interval(days => %s), 'ok'"
        " FROM generate_series(1, 2)",
        (run_id, days_ago),
    )


def add_step(connection, run_id, step, status) -> None:
    connection.execute(
        "INSERT INTO ops.step_runs (run_id, step, attempt, status, finished_at)"
        " SELECT run_id, %s, 1, %s, started_at FROM ops.pipeline_runs WHERE run_id = %s",
        (step, status, run_id),
    )


def left(connection, table) -> set[int | None]:
    return {run for (run,) in connection.execute(f"SELECT run_id FROM ops.{table}")}


def test_old_runs_go_with_all_that_is_theirs(connection):
    old = [add_run(connection, 100) for _ in range(3)]
    recent = [add_run(connection, 1, resumes=old[0]) for _ in range(KEPT_RUNS)]
    for run_id in (*old, *recent):
        add_step(connection, run_id, "a", "done")
    add_refreshes(connection, None, 100)
    assert forget_runs(connection, older_than_days=30) == 3
    for table in ("pipeline_runs", "step_runs", "refresh_log", "run_games"):
        assert left(connection, table) == set(recent), table
    resumed = connection.execute("SELECT DISTINCT resumes FROM ops.pipeline_runs").fetchall()
    assert resumed == [(None,)]
    assert forget_runs(connection, older_than_days=30) == 0


def test_the_last_runs_stay_however_old(connection):
    runs = [add_run(connection, 100) for _ in range(KEPT_RUNS + 2)]
    assert forget_runs(connection, older_than_days=30) == 2
    assert left(connection, "pipeline_runs") == set(runs[2:])


def test_a_run_that_runs_stays(connection):
    running = add_run(connection, 100, "running")
    newer = {add_run(connection, 100) for _ in range(KEPT_RUNS)}
    assert forget_runs(connection, older_than_days=30) == 0
    assert left(connection, "pipeline_runs") == {running} | newer


def test_what_is_owed_and_what_last_went_well_is_not_forgotten(connection):
    """trap W1: that a step failed stays known until it succeeds, and since when data is so."""
    failed, skipped, done, nothing = (add_run(connection, 100) for _ in range(4))
    add_step(connection, failed, "owed", "failed")
    add_step(connection, done, "fine", "done")
    add_step(connection, skipped, "still fine", "done")
    for _ in range(KEPT_RUNS):
        add_step(connection, add_run(connection, 1), "still fine", "skipped")
    assert forget_runs(connection, older_than_days=30) == 1
    assert left(connection, "pipeline_runs") >= {failed, done, skipped}
    assert nothing not in left(connection, "pipeline_runs")
