"""Two refetches of one warehouse: one runs, the other is told, or follows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbapanel.simulator.running import RunningSimulator, running

_SLOW = [
    {"path": r"/markets\?", "fault": "slow-drip", "params": {"chunk_bytes": 300, "pause_s": 0.05}}
]
_REFETCH = ("refetch", "--days", "1", "--game", "401810622")


@pytest.fixture
def slow_league() -> Iterator[RunningSimulator]:
    """A league whose list of markets takes its time, until it is let go."""
    with running(league=7, faults=_SLOW) as league:
        yield league


def _begun(league: RunningSimulator, eventually: Any) -> None:
    eventually(lambda: any("/markets" in one.path for one in league.requests))


def test_the_second_is_told_who_runs_since_when(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    """trap W2: neither two runs nor one that is dropped without a word."""
    first = panel.start(*_REFETCH, "--feeds", slow_league.url, "--json")
    _begun(slow_league, eventually)
    second = panel(*_REFETCH, code=3)
    assert second.out == ""
    assert "Run 1 is active on this database." in second.err
    assert re.search(
        rf"Process {first.pid} on \S+ holds the lock since \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d",
        second.err,
    )
    assert "(refetch, started from the terminal)" in second.err
    assert "nbapanel watch" in second.err
    done = finished(first)
    assert done.code == 0
    assert done.document["status"] == "done"
    with panel.connection() as connection:
        assert connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone() == (1,)


def test_with_wait_the_second_follows_the_first(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    first = panel.start(*_REFETCH, "--feeds", slow_league.url)
    _begun(slow_league, eventually)
    waiting = panel.start(*_REFETCH, "--wait")
    done = finished(waiting)
    assert done.code == 0, done
    assert "Run 1 is active" in done.err
    assert "✓ Fetch and load Kalshi markets: done" in done.out
    assert re.search(r"Done in .* 14 done of 14 steps \(run 1\)\.", done.out)
    assert finished(first).code == 0


@pytest.mark.parametrize("quick", range(2))
def test_two_started_in_the_same_moment(
    quick: int, panel: Any, slow_league: Any, finished: Any, tmp_path: Path
) -> None:
    """trap W2: two quick clicks, on a warehouse that does not even exist yet."""
    both = [panel.start(*_REFETCH, "--feeds", slow_league.url) for _ in range(2)]
    codes = sorted(finished(one).code for one in both)
    assert codes == [0, 3]
    with panel.connection() as connection:
        runs = connection.execute("SELECT status FROM ops.pipeline_runs").fetchall()
    assert runs == [("done",)]
