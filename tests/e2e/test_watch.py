"""`watch` in another process: any run, live, to its end, also when it has none."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.simulator.running import RunningSimulator, running

_REFETCH = ("refetch", "--days", "1", "--game", "401810622")
_SLOW = [
    {"path": r"/markets\?", "fault": "slow-drip", "params": {"chunk_bytes": 300, "pause_s": 0.05}}
]


@pytest.fixture
def slow_league() -> Iterator[RunningSimulator]:
    with running(league=7, faults=_SLOW) as league:
        yield league


def _begun(league: RunningSimulator, eventually: Any) -> None:
    eventually(lambda: any("/markets" in one.path for one in league.requests))


def test_a_run_is_followed_from_before_its_start(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    with panel.warehouse():
        watching = panel.start("watch", "--once", "--feeds", slow_league.url)
        assert watching.stderr is not None
        assert watching.stderr.readline() == "No run is active. Waiting for one.\n"
        panel(*_REFETCH, "--feeds", slow_league.url)
        done = finished(watching)
    assert done.code == 0
    assert "\x1b" not in done.out
    for step in STEPS.steps:
        assert f"▶ {step.title}\n" in done.out
        assert f"✓ {step.title}: done" in done.out
    assert re.search(r"Done in .* 14 done of 14 steps \(run 1\)\.", done.out)


def test_a_run_is_joined_in_the_middle(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    """What went before is read in the journal, so that the whole of it is told."""
    with panel.warehouse():
        run = panel.start(*_REFETCH, "--feeds", slow_league.url, "--json")
        _begun(slow_league, eventually)
        watched = panel("watch", "--once", "--json")
        ran = finished(run)
    assert watched.document["status"] == "done"
    assert [step["key"] for step in watched.document["steps"]] == list(STEPS.keys)
    ours = {step["key"]: (step["state"], step["changes"]) for step in watched.document["steps"]}
    theirs = {step["key"]: (step["state"], step["changes"]) for step in ran.document["steps"]}
    assert ours == theirs


def test_a_killed_run_is_noticed(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    """trap W9: nobody says that it is over, and yet it does not run for ever."""
    with panel.warehouse():
        run = panel.start(*_REFETCH, "--feeds", slow_league.url)
        _begun(slow_league, eventually)
        watching = panel.start("watch", "--once")
        assert watching.stdout is not None
        eventually(lambda: "▶" in watching.stdout.readline())
        run.send_signal(signal.SIGKILL)
        run.communicate()
        done = finished(watching)
    assert done.code == 1
    assert "Interrupted in" in done.out
    assert "Its process is gone." in done.out
    status = panel("status").out
    assert "run 1 was killed: nbapanel resume" in status


def test_a_cancelled_run_is_told_as_cancelled(
    panel: Any, slow_league: Any, finished: Any, eventually: Any
) -> None:
    with panel.warehouse():
        run = panel.start(*_REFETCH, "--feeds", slow_league.url)
        _begun(slow_league, eventually)
        watching = panel.start("watch", "--once", "--json")
        with panel.connection() as connection:
            eventually(lambda: _is_there(connection))
        run.send_signal(signal.SIGINT)
        assert finished(run).code == 130
        done = finished(watching)
    assert done.code == 130
    assert json.loads(done.out)["status"] == "cancelled"


def _is_there(connection: Any) -> bool:
    row = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel watch'"
    ).fetchone()
    return row is not None and row[0] > 0
