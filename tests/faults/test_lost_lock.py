"""The connection that holds the run lock is lost in the middle of a run: the run does not go on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nbapanel.engine.events import StepStarted
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.journal import RUN_LOCK, is_locked

_LOSE = """
    SELECT pg_terminate_backend(pid, 10000) FROM pg_locks
    WHERE locktype = 'advisory' AND objid = %s AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class Robber:
    """Ends the lock's connection when a step starts, and takes the lock, as a second run would."""

    def __init__(self, other: psycopg.Connection[Any], step: str) -> None:
        self.other = other
        self.step = step
        self.begun: set[str] = set()
        self.has_the_lock = False

    def __call__(self, event: Any) -> None:
        if not isinstance(event, StepStarted) or self.has_the_lock:
            return
        self.begun.add(event.step)
        if event.step == self.step:
            assert self.other.execute(_LOSE, (RUN_LOCK,)).fetchall() == [(True,)]
            taken = self.other.execute("SELECT pg_try_advisory_lock(%s)", (RUN_LOCK,)).fetchone()
            assert taken == (True,), "nothing keeps a second run out"
            self.has_the_lock = True


@pytest.mark.parametrize(
    "step",
    ["fetch_scoreboards", "load_games", "snapshot_features", "publish", "invalidate_caches"],
)
@pytest.mark.warns_in_log
def test_a_run_that_lost_its_lock_ends(
    step: str, desk: Any, undisturbed: Any, contents: Callable[..., Any], same_contents: Any
) -> None:
    """trap W2, trap W13: a second run can begin now, so the first does not go on beside it."""
    with connect(desk.conninfo, purpose="a second run") as other:
        robber = Robber(other, step)
        ended = desk(observer=robber)
        assert robber.has_the_lock
        assert is_locked(other)
    assert ended.finished.status == "failed"
    assert set(ended.finished.done) <= robber.begun, "no step began without the lock"
    assert "invalidate_caches" not in ended.finished.done
    words = ("The database was shut down.", "The database does not answer.")
    assert ended.finished.error.startswith(words)
    assert not [key for key in ended.states if "internal error" in ended.step(key).error]

    assert desk().finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)
    with connect(desk.conninfo, purpose="test") as connection:
        runs = connection.execute("SELECT status FROM ops.pipeline_runs ORDER BY run_id").fetchall()
    assert runs == [("interrupted",), ("done",)]
