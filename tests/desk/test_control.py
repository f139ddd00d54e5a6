"""Any panel stops a run wherever its process is: over the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from nbapanel.warehouse.control_channel import A_PANEL, CONTROL_CHANNEL, ask_to_stop, heeding
from nbapanel.warehouse.db import Database, connect

_LISTENS = """
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'
"""


@pytest.fixture
async def database(conninfo: str) -> AsyncIterator[Database]:
    async with Database(conninfo, "run") as opened:
        yield opened


def test_a_run_of_another_process_is_stopped(
    conninfo: str, connection: Any, slow: Any, start_run: Any, until: Any
) -> None:
    """trap W3, trap W15: and is on record as cancelled, not as failed."""
    process = start_run()
    slow()
    (run_id,) = until(
        lambda: connection.execute(
            "SELECT run_id FROM ops.pipeline_runs WHERE status = 'running'"
        ).fetchone()
    )
    ask_to_stop(connection, run_id + 1)
    ask_to_stop(connection, run_id)
    ask_to_stop(connection, run_id)
    assert process.wait(60) == 130
    assert connection.execute("SELECT status FROM ops.pipeline_runs").fetchall() == [("cancelled",)]
    states = dict(connection.execute("SELECT step, status FROM ops.step_runs").fetchall())
    assert states["markets"] == "cancelled"
    working = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel run'"
        " AND datname = current_database()"
    )
    # The server takes a moment to see that a client is gone.
    until(lambda: connection.execute(working).fetchone() == (0,))


async def test_it_is_asked_once_however_often(
    database: Database, connection: Any, eventually: Any
) -> None:
    """A double click is not the "twice quickly" that leaves everything behind."""
    asked: list[str] = []
    async with heeding(database, 7, asked.append):
        for _ in range(3):
            ask_to_stop(connection, 7)
        await eventually(lambda: asked)
        ask_to_stop(connection, 7)
        await asyncio.sleep(0.3)
    assert asked == [A_PANEL]


async def test_a_request_outside_autocommit_goes_out_too(
    database: Database, conninfo: str, eventually: Any
) -> None:
    asked: list[str] = []
    async with heeding(database, 7, asked.append):
        with connect(conninfo, purpose="test", autocommit=False) as other:
            ask_to_stop(other, 7)
        await eventually(lambda: asked)


@pytest.mark.warns_in_log
async def test_what_is_not_meant_for_it_is_passed_over(
    database: Database, connection: Any, eventually: Any
) -> None:
    asked: list[str] = []
    async with heeding(database, 7, asked.append):
        for payload in (
            "", "stop", "[7]", '{"run_id": "7", "ask": "stop"}', '{"run_id": 7, "ask": "dance"}',
            '{"run_id": 8, "ask": "stop"}',
        ):  # fmt: skip
            connection.execute("SELECT pg_notify(%s, %s)", (CONTROL_CHANNEL, payload))
        await asyncio.sleep(0.3)
        assert not asked
        ask_to_stop(connection, 7)
        await eventually(lambda: asked)


async def test_a_lost_connection_does_the_run_no_harm(
    database: Database, connection: Any, eventually: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """trap W13: it is told in the log, and made anew."""
    asked: list[str] = []
    with caplog.at_level(logging.INFO):
        async with heeding(database, 7, asked.append):
            (pid,) = connection.execute(_LISTENS).fetchone()
            connection.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
            await eventually(lambda: "was lost" in caplog.text)
            await eventually(lambda: connection.execute(_LISTENS).fetchone())
            ask_to_stop(connection, 7)
            await eventually(lambda: asked)


async def test_without_a_database_the_run_begins_all_the_same(
    conninfo: str, caplog: pytest.LogCaptureFixture
) -> None:
    nowhere = Database(make_conninfo(conninfo, port="1"), "run")
    with caplog.at_level(logging.INFO):
        async with heeding(nowhere, 7, lambda _: None):
            pass
    assert "No panel can stop this run for now" in caplog.text


@pytest.mark.parametrize("pause_s", [0.0, 0.1])
async def test_nothing_is_left_of_it(
    pause_s: float, database: Database, connection: Any, eventually: Any
) -> None:
    """Also where the run breaks off before it has begun."""
    async with heeding(database, 7, lambda _: None):
        assert connection.execute(_LISTENS).fetchone()
        if pause_s:
            await asyncio.sleep(pause_s)
    assert len(asyncio.all_tasks()) == 1
    await eventually(lambda: not connection.execute(_LISTENS).fetchone())
