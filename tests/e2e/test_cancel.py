"""A run is asked to stop: it does, everywhere, says so, and can be taken up again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from nbapanel.simulator.running import RunningSimulator, running

_REFETCH = ("refetch", "--days", "1", "--game", "401810622", "--game", "401810626")
_DRIP = {"chunk_bytes": 200, "pause_s": 0.1}
_BACKENDS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel run'"


@pytest.fixture(scope="module")
def undisturbed(new_module_panel: Any, contents: Callable[[str], Any]) -> Any:
    with running(league=7) as league:
        panel = new_module_panel()
        with panel.warehouse() as conninfo:
            panel(*_REFETCH, "--feeds", league.url)
            return contents(conninfo)


@pytest.fixture
def league() -> Iterator[RunningSimulator]:
    with running(league=7) as simulator:
        yield simulator


def _drip(league: RunningSimulator, path: str) -> None:
    league.faults([{"path": path, "fault": "slow-drip", "params": _DRIP}])


def _asked_for(league: RunningSimulator, path: str) -> bool:
    return any(path in one.path for one in league.requests)


def _by_interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def _by_terminate(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)


def _by_line(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("cancel\n")
    process.stdin.flush()


@pytest.mark.parametrize(
    ("cancel", "fetching"),
    [(_by_interrupt, "candlesticks"), (_by_line, "candlesticks"), (_by_terminate, "plays")],
)
def test_in_the_middle_of_a_fetch(
    cancel: Callable[[Any], None],
    fetching: str,
    panel: Any,
    league: RunningSimulator,
    finished: Any,
    eventually: Any,
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
) -> None:
    """trap F5, trap W3: the request under way is given up and not made again; the run, its step
    and the server know of it, not just the screen."""
    _drip(league, f"/{fetching}")
    step = {"candlesticks": "candlesticks", "plays": "fetch_games"}[fetching]
    with panel.warehouse() as conninfo, psycopg.connect(conninfo, autocommit=True) as looking:
        process = panel.start(*_REFETCH, "--feeds", league.url, stdin=subprocess.PIPE)
        eventually(lambda: _asked_for(league, f"/{fetching}"))
        cancel(process)
        done = finished(process, timeout_s=20)
        assert done.code == 130, done
        assert "Stopping (" in done.out
        assert "Cancelled: nothing left running" in done.out
        _is_on_record(looking, step)
        assert looking.execute(_BACKENDS).fetchone() == (0,)

        league.faults()
        league.forget_requests()
        assert panel("resume").code == 0
        assert panel("status").out.startswith("✓")
        same_contents(contents(conninfo), undisturbed)


def _is_on_record(looking: Any, step: str) -> None:
    runs = looking.execute("SELECT status FROM ops.pipeline_runs").fetchall()
    assert runs == [("cancelled",)]
    states = dict(looking.execute("SELECT step, status FROM ops.step_runs").fetchall())
    assert states[step] == "cancelled"
    assert "running" not in states.values()
    assert states["publish"] == "cancelled"
    open_refreshes = looking.execute(
        "SELECT count(*) FROM ops.refresh_log WHERE status = 'running'"
    ).fetchone()
    assert open_refreshes == (0,)


def _hold(connection: Any, table: str) -> None:
    """In a transaction that is left open. A materialized view cannot be locked by name."""
    is_view = table == "derived.game_summary"
    connection.execute(
        f"REFRESH MATERIALIZED VIEW {table}" if is_view else f"LOCK TABLE {table} IN EXCLUSIVE MODE"
    )


@pytest.mark.parametrize(
    ("table", "step"),
    [
        ("espn.plays", "load_games"),
        ("kalshi.candlesticks", "candlesticks"),
        ("espn.prob_event_state", "game_state"),
        ("derived.game_summary", "publish"),
    ],
)
def test_in_the_middle_of_a_statement(
    table: str,
    step: str,
    panel: Any,
    league: RunningSimulator,
    finished: Any,
    eventually: Any,
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
) -> None:
    """trap W3, trap R1: the statement ends on the server too, with its transaction and locks."""
    panel("migrate", "--feeds", league.url)
    with panel.warehouse() as conninfo, psycopg.connect(conninfo, autocommit=True) as looking:
        with psycopg.connect(conninfo) as holding:
            _hold(holding, table)
            process = panel.start(*_REFETCH, "--feeds", league.url)
            # For us: lanes that run side by side wait for each other too, a moment at a time.
            waiting = f"{_BACKENDS} AND {holding.info.backend_pid} = ANY(pg_blocking_pids(pid))"
            eventually(lambda: looking.execute(waiting).fetchone()[0])
            process.send_signal(signal.SIGINT)
            done = finished(process, timeout_s=20)
            assert done.code == 130, done
            assert "Cancelling: waiting for PostgreSQL to stop the statement." in done.out
            assert looking.execute(_BACKENDS).fetchone() == (0,)
            _is_on_record(looking, step)
        locks = looking.execute(
            "SELECT count(*) FROM pg_locks WHERE relation = %s::regclass", (table,)
        ).fetchone()
        assert locks == (0,)
        assert panel("resume").code == 0
        same_contents(contents(conninfo), undisturbed)


def test_twice_quickly_leaves_at_once(
    panel: Any, league: RunningSimulator, finished: Any, eventually: Any
) -> None:
    """trap W3: also when a statement would have to be waited for; what it left is taken up."""
    panel("migrate", "--feeds", league.url)
    with panel.warehouse() as conninfo, psycopg.connect(conninfo, autocommit=True) as looking:
        with psycopg.connect(conninfo) as holding:
            holding.execute("LOCK TABLE espn.plays IN EXCLUSIVE MODE")
            process = panel.start(*_REFETCH, "--feeds", league.url)
            # For us: lanes that run side by side wait for each other too, a moment at a time.
            waiting = f"{_BACKENDS} AND {holding.info.backend_pid} = ANY(pg_blocking_pids(pid))"
            eventually(lambda: looking.execute(waiting).fetchone()[0])
            process.send_signal(signal.SIGINT)
            assert process.stdout is not None
            eventually(lambda: "Stopping (Ctrl-C)" in process.stdout.readline())
            process.send_signal(signal.SIGINT)
            assert finished(process, timeout_s=10).code == 130
        eventually(lambda: looking.execute(_BACKENDS).fetchone() == (0,))
        assert panel("resume").code == 0
        states = looking.execute("SELECT DISTINCT status FROM ops.step_runs").fetchall()
        assert ("running",) not in states


def test_ctrl_c_in_a_terminal_reaches_the_whole_group(panel: Any, eventually: Any) -> None:
    """The run's own simulator and server are not torn away from under it."""
    process = panel.start("refetch", "--feeds", "demo", start_new_session=True)
    assert process.stdout is not None
    eventually(lambda: "▶ Fetch ESPN probabilities" in process.stdout.readline())
    os.killpg(process.pid, signal.SIGINT)
    rest, err = process.communicate(timeout=30)
    assert process.returncode == 130, (rest, err)
    assert "Cancelled: nothing left running" in rest
    assert "Traceback" not in rest + err
    assert "failed" not in rest
    panel.wait_until_nothing_runs()
