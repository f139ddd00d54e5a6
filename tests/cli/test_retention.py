"""The history of runs is kept for as long as the settings say."""

from __future__ import annotations

from typing import Any

import pytest

from nbapanel.warehouse.db import connect


@pytest.mark.parametrize(("days", "left"), [("30", 51), ("0", 63)])
def test_a_run_forgets_what_is_older_than_the_setting(
    refetch: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch, days: str, left: int
) -> None:
    assert refetch("--until", "load_scoreboards").code == 0
    with connect(conninfo, purpose="test") as connection:
        connection.execute(
            "INSERT INTO ops.pipeline_runs (kind, trigger, steps, settings, started_at, status,"
            " app_version, host, pid) SELECT 'refetch', 'terminal', '{}', '{}',"
            " now() - interval '40 days', 'done', '0', 'here', 1 FROM generate_series(1, 61)"
        )
    monkeypatch.setenv("NBAPANEL_KEEP_RUNS_DAYS", days)
    assert refetch("--until", "load_scoreboards").code == 0
    with connect(conninfo, purpose="test") as connection:
        found = connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone()
    # Of the old ones the last 49 stay beside the new one; the first run holds last successes.
    assert found == (left,)
