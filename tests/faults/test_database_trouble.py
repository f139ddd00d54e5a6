"""The database fails in the middle of a run: restarted, full, locked, or held by another run."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbapanel.archive.files import write_whole
from nbapanel.engine.events import StepFinished, StepStarted
from nbapanel.errors import RunActive
from nbapanel.paths import DataDir
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.journal import RUN_LOCK
from nbapanel.warehouse.server import acquire, status


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server folder that was made before: to be copied, for making one takes a second."""
    folder = tmp_path_factory.mktemp("cluster") / "postgres"
    acquire(folder, purpose="template").release()
    (folder / "port").unlink()
    return folder


@pytest.fixture
def own_desk(desk: Any, cluster: Path) -> Iterator[Any]:
    """A desk whose embedded server is nobody else's, so that it may be killed."""
    place = replace(desk.place, settings=replace(desk.place.settings, database_url=""))
    place.data_dir.make()
    # With its owners: as root, the server runs as somebody else.
    subprocess.run(["cp", "-a", str(cluster), str(place.data_dir.postgres)], check=True)
    with acquire(place.data_dir.postgres, purpose="test"):
        yield replace(desk, place=place)


def _fail(conninfo: str, table: str, state: str, message: str) -> None:
    """Have the server itself refuse the next rows of that table, in its own words."""
    with connect(conninfo, purpose="test") as connection:
        connection.execute(
            "CREATE FUNCTION ops.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            f" RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = '{message}'; END $$"
        )
        connection.execute(
            f"CREATE TRIGGER refuse BEFORE INSERT ON {table} EXECUTE FUNCTION ops.refuse()"
        )


def _mend(conninfo: str) -> None:
    with connect(conninfo, purpose="test") as connection:
        connection.execute("DROP FUNCTION ops.refuse() CASCADE")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("step", ["load_games", "snapshot_features"])
@pytest.mark.warns_in_log
def test_a_restart_of_postgresql_in_the_middle_of_a_run(
    number: int,
    step: str,
    own_desk: Any,
    undisturbed: Any,
    contents: Callable[..., Any],
    same_contents: Any,
) -> None:
    """trap W13: shut down or killed while a step runs; the run ends with a sentence, and the next
    one does the rest."""
    room = own_desk.place.data_dir.postgres
    before = status(room).pid

    def shoot(event: Any) -> None:
        if isinstance(event, StepStarted) and event.step == step:
            assert before is not None
            os.kill(before, number)

    ended = own_desk(observer=shoot)
    assert ended.finished.status == "failed"
    assert any(
        words in ended.finished.error
        for words in ("The database was shut down.", "The database does not answer.",
                      "The database crashed.")
    ), ended.finished  # fmt: skip

    _wait_for_another_server(room, before)
    assert own_desk().finished.status == "done"
    with acquire(room, purpose="test") as lease:
        same_contents(contents(lease.conninfo), undisturbed)
        with connect(lease.conninfo, purpose="test") as connection:
            runs = connection.execute(
                "SELECT status FROM ops.pipeline_runs ORDER BY run_id"
            ).fetchall()
            steps = connection.execute("SELECT DISTINCT status FROM ops.step_runs").fetchall()
    assert runs in ([("interrupted",), ("done",)], [("failed",), ("done",)])
    assert ("running",) not in steps


def _wait_for_another_server(room: Path, than: int | None) -> None:
    deadline = time.monotonic() + 30
    while status(room).pid in (than, None):
        assert time.monotonic() < deadline, "the keeper did not start the server again"
        time.sleep(0.02)


_REFUSALS = {
    "53100": ("No space left on device", "The database's disk is full."),
    "25006": ("cannot execute INSERT in a read-only transaction", "The database is read-only."),
    "42501": ("permission denied for table", "The database user lacks a right."),
    "57014": ("canceling statement due to statement timeout", "The database stopped the statement"),
}


@pytest.mark.parametrize("state", _REFUSALS)
def test_a_table_that_takes_no_rows(
    state: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap W14: the disk is full, or the database refuses otherwise: what is loaded stays, what
    is not is loaded by the next run."""
    assert desk(only=("fetch_scoreboards",)).finished.status == "done"
    message, told = _REFUSALS[state]
    _fail(desk.conninfo, "espn.plays", state, message)
    ended = desk()
    assert ended.states["load_games"] == "failed"
    assert told in ended.step("load_games").error
    assert message in ended.step("load_games").error
    assert ended.step("load_games").hint
    assert ended.states["game_state"] == ended.states["publish"] == "blocked"
    assert ended.states["candlesticks"] == "done"

    _mend(desk.conninfo)
    assert desk().finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_counters_start_anew_after_a_deadlock(
    state: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap L4: the attempt that was rolled back counts for nothing."""
    assert desk(only=("fetch_scoreboards",)).finished.status == "done"
    _fail(desk.conninfo, "espn.plays", state, "deadlock detected")
    attempts: list[StepFinished] = []

    def mend(event: Any) -> None:
        if isinstance(event, StepFinished) and event.step == "load_games":
            attempts.append(event)
            if event.retrying:
                _mend(desk.conninfo)

    ended = desk(observer=mend)
    assert ended.finished.status == "done"
    assert [one.attempt for one in attempts] == [1, 2]
    plays = len(undisturbed["espn.plays"].splitlines())
    assert attempts[1].changes["espn.plays"].inserted == plays
    same_contents(contents(desk.conninfo), undisturbed)


@pytest.mark.parametrize("nth", [1, 4, 9])
def test_the_archives_disk_is_full(
    nth: int,
    desk: Any,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """trap W14: from the nth file on nothing can be written; no half file is left behind."""
    written = 0

    def write(path: Path, data: bytes) -> None:
        nonlocal written
        written += 1
        if written >= nth:
            raise OSError(28, "No space left on device")
        write_whole(path, data)

    with monkeypatch.context() as patched:
        patched.setattr("nbapanel.archive.files.write_whole", write)
        ended = desk()
    assert ended.finished.status == "failed"
    told = " ".join(ended.step(key).error for key in ended.finished.failed)
    assert "The disk is full." in told
    assert "Free some space" in " ".join(ended.step(key).hint for key in ended.finished.failed)
    assert not list(desk.place.data_dir.archive.rglob("*.tmp"))

    assert desk().finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


def test_another_panel_on_the_same_database(desk: Any) -> None:
    """trap W15: the second is told who works there, and since when, and changes nothing."""
    with connect(desk.conninfo, purpose="another panel") as other:
        other.execute("SELECT pg_advisory_lock(%s)", (RUN_LOCK,))
        other.execute(
            "INSERT INTO ops.pipeline_runs (kind, trigger, steps, settings, started_at, status,"
            " app_version, host, pid) VALUES ('refetch', 'button', '{}', '{}', now(), 'running',"
            " '1', 'desk-2', 4711)"
        )
        with pytest.raises(RunActive) as refused:
            desk()
    assert "Run 1 is active" in str(refused.value)
    assert "4711 on desk-2" in str(refused.value)
    assert "since" in str(refused.value)
    assert not desk.simulator.requests
    assert not desk.place.data_dir.requested_run.exists()


def test_another_database_in_the_same_data_directory(
    desk: Any, empty_database: Callable[[], Any]
) -> None:
    """trap F15: two runs never write one archive at the same time, whatever databases they use."""
    second: list[BaseException | None] = []
    with empty_database() as other_conninfo:
        other = desk.with_settings(database_url=other_conninfo)

        def try_too(event: Any) -> None:
            if isinstance(event, StepStarted) and not second:
                second.append(_refused(other))

        assert desk(observer=try_too).finished.status == "done"
    assert isinstance(second[0], RunActive)
    assert "Another run works in this data directory" in str(second[0])


def _refused(desk: Any) -> BaseException | None:
    from nbapanel.archive import Archive
    from nbapanel.cli.leftovers import working_in

    room: DataDir = desk.place.data_dir
    try:
        with working_in(room, Archive(room.archive)):
            return None
    except RunActive as error:
        return error


def test_a_table_locked_by_somebody_else_only_delays(
    desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap W15: a lock that is let go in time costs time and nothing else."""
    with psycopg.connect(desk.conninfo) as other:
        other.execute("LOCK TABLE kalshi.candlesticks IN EXCLUSIVE MODE")

        def let_go(event: Any) -> None:
            if isinstance(event, StepFinished) and event.step == "game_state":
                other.commit()

        assert desk(observer=let_go).finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


def test_the_clock_of_the_machine_jumps(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """trap W12: an hour back at every look; durations are those of a clock that does not jump."""
    from nbapanel.cli import running

    real = running.datetime

    class Jumping(real):  # type: ignore[misc, valid-type]
        looks = 0

        @classmethod
        def now(cls, zone: Any = None) -> Any:
            cls.looks += 1
            return real.fromtimestamp(real.now(zone).timestamp() - 3600 * cls.looks, zone)

    monkeypatch.setattr(running, "datetime", Jumping)
    began = time.monotonic()
    ended = desk()
    took_s = time.monotonic() - began
    assert Jumping.looks > len(ended.states)
    assert ended.finished.status == "done"
    assert 0 < ended.finished.seconds <= took_s
    assert all(0 <= ended.step(key).seconds <= took_s for key in ended.states)
    with connect(desk.conninfo, purpose="test") as connection:
        for table in ("pipeline_runs", "step_runs", "refresh_log"):
            durations = connection.execute(f"SELECT duration_ms FROM ops.{table}").fetchall()
            assert durations
            assert all(0 <= ms <= took_s * 1000 + 1 for (ms,) in durations), table
