"""One run at a time on a database, and what becomes of the record of one that was killed."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from nbapanel.cli.running import durations
from nbapanel.errors import DatabaseUnavailable, RunActive
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import active_run, open_refresh, open_run, run_lock

HOLDER = """
import asyncio, sys
from nbapanel.engine.events import StepStarted
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import Journal, open_refresh, open_run, run_lock
from datetime import UTC, datetime

async def main():
    async with Database(sys.argv[1], "holder") as database, run_lock(database) as (journal, _):
        run_id = await open_run(journal, kind="refetch", trigger="terminal", steps=["a"],
            settings={})
        await Journal(journal)(StepStarted(run_id, "a", 1, datetime.now(UTC)))
        await open_refresh(journal, run_id=run_id, step="a", relation="espn.plays", kind="load",
            strategy="upsert", triggered_by="terminal", rows_before=0, threshold_ms=30_000)
        print(run_id, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
def holder(conninfo):
    """Another process that holds the lock, in the middle of its run."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, conninfo], stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


async def opened(journal) -> int:
    return await open_run(journal, kind="refetch", trigger="terminal", steps=["a"], settings={})


async def test_trouble_of_the_database_is_told_in_words(database):
    """Where the connection goes between the lock and the run's first row."""
    async with run_lock(database) as (journal, _):
        await journal.close()
        with pytest.raises(DatabaseUnavailable):
            await opened(journal)
        with pytest.raises(DatabaseUnavailable):
            await durations(journal, ("a",))


async def test_a_second_holder_is_told_who_and_since_when(
    conninfo, database, connection, eventually
):
    """trap W2: two quick clicks start two runs. trap W15: two panels on one database."""
    async with run_lock(database) as (journal, interrupted):
        assert interrupted == []
        run_id = await opened(journal)
        async with Database(conninfo, "second") as second:
            with pytest.raises(RunActive) as refused:
                async with run_lock(second):
                    pytest.fail("two runs at once")
        assert refused.value.title == f"Run {run_id} is active on this database."
        assert f"Process {os.getpid()} on " in refused.value.detail
        assert re.search(r"since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+", refused.value.detail)
        assert "nbapanel watch" in refused.value.hint
        assert refused.value.exit_code == 3
        assert active_run(connection) == run_id
    # A server may notice a moment later that its client has gone.
    await eventually(lambda: active_run(connection) is None)


async def test_the_refused_one_changes_nothing(conninfo, database, connection, eventually):
    async with run_lock(database) as (journal, _):
        await opened(journal)
        before = connection.execute("SELECT xmin::text, * FROM ops.pipeline_runs").fetchall()
        async with Database(conninfo, "second") as second:
            with pytest.raises(RunActive):
                await run_lock(second).__aenter__()
        found = connection.execute("SELECT xmin::text, * FROM ops.pipeline_runs").fetchall()
        assert found == before
        left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel second'"
        await eventually(lambda: connection.execute(left).fetchone() == (0,))


async def test_before_a_run_is_on_record(conninfo, database):
    async with run_lock(database), Database(conninfo, "second") as second:
        with pytest.raises(RunActive, match="starting or just ended"):
            await run_lock(second).__aenter__()


async def test_the_lock_is_of_one_database(database, server_conninfo):
    """The embedded server may hold more than one."""
    async with run_lock(database), Database(server_conninfo, "other") as other:
        # Without a schema there: what is asked after the lock is what fails, not the lock.
        with pytest.raises(Exception, match=r"ops\.pipeline_runs"):
            await run_lock(other).__aenter__()


async def test_of_a_killed_holder(holder, database, connection, eventually):
    """Its rows say what became of it, and the lock is free as soon as its connection is gone."""
    run_id = int(holder.stdout.readline())
    with pytest.raises(RunActive, match=f"Run {run_id} is active"):
        await run_lock(database).__aenter__()
    holder.kill()
    holder.wait()
    await eventually(lambda: active_run(connection) is None)
    for table in ("pipeline_runs", "step_runs", "refresh_log"):
        found = connection.execute(f"SELECT status FROM ops.{table}").fetchall()
        assert found == [("running",)], table
    async with run_lock(database) as (_, interrupted):
        assert interrupted == [run_id]
    row = connection.execute(
        "SELECT status, finished_at IS NOT NULL, error FROM ops.pipeline_runs"
    ).fetchone()
    assert row == ("interrupted", True, "the process ended without a word")
    row = connection.execute("SELECT status, finished_at IS NOT NULL FROM ops.step_runs").fetchone()
    assert row == ("interrupted", True)
    assert connection.execute("SELECT status FROM ops.refresh_log").fetchone() == ("failed",)
    async with run_lock(database) as (_, interrupted):
        assert interrupted == [], "each is told of once"


async def test_what_ended_is_left_as_it_was(database, connection):
    async with run_lock(database) as (journal, _):
        await opened(journal)
        entry = await open_refresh(
            journal,
            run_id=None,
            step="a",
            relation="espn.plays",
            kind="load",
            strategy="upsert",
            triggered_by="terminal",
            rows_before=0,
            threshold_ms=1,
        )
        await entry.close("cancelled")
        await journal.execute("UPDATE ops.pipeline_runs SET status = 'cancelled'")
    async with run_lock(database) as (_, interrupted):
        assert interrupted == []
    assert connection.execute("SELECT status FROM ops.pipeline_runs").fetchone() == ("cancelled",)
    assert connection.execute("SELECT status FROM ops.refresh_log").fetchone() == ("cancelled",)


async def test_the_lock_goes_with_the_block(database):
    with pytest.raises(ZeroDivisionError):
        async with run_lock(database):
            raise ZeroDivisionError
    async with run_lock(database) as (journal, _):
        assert not journal.closed
    assert journal.closed
