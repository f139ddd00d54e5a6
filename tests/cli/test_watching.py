"""`watch` joins a run: what the journal holds and a notification says as well is told once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from nbapanel.cli.watching import follow_run
from nbapanel.engine.events import (
    Changes,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.journal import CHANNEL, Journal, open_run, run_lock

_STEP = "nba_lists"
_DEADLINE_S = 60.0


class _Run:
    """One step, told of as a real run tells of its own."""

    def __init__(self, connection: Any, run_id: int) -> None:
        self.run_id = run_id
        self._tell = Journal(connection)

    async def begin(self) -> None:
        now = datetime.now(UTC)
        await self._tell(RunStarted(self.run_id, "steps", "terminal", (_STEP,), {}, now))
        await self._tell(StepStarted(self.run_id, _STEP, 1, now))

    async def end(self, changes: dict[str, Changes]) -> None:
        now = datetime.now(UTC)
        done = StepFinished(self.run_id, _STEP, 1, StepState.DONE, now, 1.5, changes=changes)
        await self._tell(done)
        await self._tell(RunFinished(self.run_id, RunStatus.DONE, now, 2.0, done=(_STEP,)))


@asynccontextmanager
async def _running(conninfo: str) -> AsyncIterator[_Run]:
    async with Database(conninfo, "run") as database, run_lock(database) as (connection, _):
        run_id = await open_run(
            connection, kind="steps", trigger="terminal", steps=(_STEP,), settings={}
        )
        yield _Run(connection, run_id)


@pytest.fixture
def listening(conninfo: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(conninfo, purpose="watch") as connection:
        connection.execute(f"LISTEN {CHANNEL}")
        yield connection


async def test_what_ends_while_the_journal_is_read_counts_once(
    conninfo: str, listening: psycopg.Connection[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    async with _running(conninfo) as run:
        await run.begin()
        await run.end({"nba.games": Changes(inserted=1_232)})
        # All of that is in the journal by now, and waits to be heard besides.
        assert await asyncio.to_thread(follow_run, listening, run.run_id, as_json=True) == 0
    (step,) = json.loads(capfd.readouterr().out)["steps"]
    assert step["state"] == "done"
    assert step["changes"]["nba.games"]["inserted"] == 1_232


async def test_a_run_whose_end_was_not_heard_is_told_whole(
    conninfo: str, capfd: pytest.CaptureFixture[str]
) -> None:
    async with _running(conninfo) as run:
        await run.begin()
        await run.end({"nba.games": Changes(inserted=1_232)})
    with connect(conninfo, purpose="watch") as deaf:
        assert await asyncio.to_thread(follow_run, deaf, run.run_id, as_json=True) == 0
    (step,) = json.loads(capfd.readouterr().out)["steps"]
    assert (step["state"], step["changes"]["nba.games"]["inserted"]) == ("done", 1_232)


async def test_what_is_too_long_for_a_notification_is_read_in_the_journal(
    conninfo: str, listening: psycopg.Connection[Any], capfd: pytest.CaptureFixture[str]
) -> None:
    said = ""
    changes = {f"nba.relation_{number:03}": Changes(inserted=1) for number in range(150)}
    async with _running(conninfo) as run, asyncio.timeout(_DEADLINE_S):
        await run.begin()
        watching = asyncio.create_task(
            asyncio.to_thread(follow_run, listening, run.run_id, as_json=False)
        )
        while "▶" not in said:
            await asyncio.sleep(0.01)
            said += capfd.readouterr().out
        await run.end(changes)
        assert await watching == 0
    said += capfd.readouterr().out
    assert "(+150 ~0 =0 -0)" in said
