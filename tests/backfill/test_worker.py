"""A worker at its jobs: trouble that is no unit's, what kills its workers, a queue that is lost."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from nbapanel.backfill import jobs, queue, worker
from nbapanel.backfill.book import Book
from nbapanel.backfill.lanes import STAGES
from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.stages import Unit
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.warehouse.db import Database

REQUEST = BackfillRequest(("2023-24",), ("espn",))
STAGE = STAGES["espn_games"]
_STATUS = "SELECT status, reason FROM ops.backfills"
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def desk(database: Database) -> Any:
    """As much of one as a worker needs whose jobs are stood in for."""
    app = queue.make_app(database)
    enough = asyncio.Event()
    made = SimpleNamespace(
        name="here:1", book=Book(database, app), database=database,
        is_stopping=enough.is_set, stop=enough.set,
    )  # fmt: skip
    worker.take_on(app, lambda: made)  # type: ignore[arg-type,return-value]
    async with queue.opened(app, database):
        yield made


async def test_trouble_that_is_no_units_pauses_it_with_its_sentence(
    desk: Any, monkeypatch: pytest.MonkeyPatch, connection: Any
) -> None:
    """trap W14: a full disk is not the fault of a game, and is not tried for ever."""
    tried = 0

    async def full(*_: Any) -> None:
        nonlocal tried
        tried += 1
        raise UserFacingError("The disk is full.", hint="Free some space there.")

    monkeypatch.setattr(jobs, "work", full)
    monkeypatch.setattr(worker, "_AGAIN_AFTER_S", 0)
    number = await desk.book.open(REQUEST, "terminal", [(STAGE, [Unit("1", None)])])
    async with asyncio.timeout(60):
        await worker.Serving(desk, 1, 30.0).serve([number])
    assert connection.execute(_STATUS).fetchone() == (
        "paused",
        "The disk is full. Free some space there.",
    )
    assert tried >= 5
    assert len(await queue.waiting_jobs(desk.book.app, number)) == 1, "it can be resumed"


async def test_what_ends_its_workers_again_and_again_is_given_up(
    desk: Any, monkeypatch: pytest.MonkeyPatch, connection: Any
) -> None:
    """The rest goes on: a unit that takes the memory of a machine is no reason to stop."""
    advanced: list[int] = []

    async def advance(_: Any, backfill_id: int) -> None:
        advanced.append(backfill_id)

    monkeypatch.setattr(jobs, "advance", advance)
    number = await desk.book.open(REQUEST, "terminal", [(STAGE, [Unit("1", None)])])
    connection.execute("SET search_path = procrastinate")
    connection.execute("UPDATE procrastinate_jobs SET status = 'doing', attempts = 20")
    await worker.rescue(desk, 30.0)
    row = connection.execute("SELECT status, reason FROM ops.backfill_units").fetchone()
    assert row == ("failed", "given up: 20 workers ended while they were at it")
    assert await queue.waiting_jobs(desk.book.app, number) == []
    assert advanced == [number]


@pytest.mark.warns_in_log
async def test_a_database_that_is_lost_ends_the_worker_in_words(
    desk: Any, connection: Any, eventually: Any
) -> None:
    """trap W13: PostgreSQL restarts; the worker says so, and what it was at is done again."""
    number = await desk.book.open(REQUEST, "terminal", [])
    serving = asyncio.create_task(worker.Serving(desk, 1, 30.0).serve([number]))
    count = "SELECT count(*) FROM procrastinate.procrastinate_workers"
    await eventually(lambda: connection.execute(count).fetchone() == (1,))
    connection.execute(_CUT)
    with pytest.raises(DatabaseUnavailable):
        async with asyncio.timeout(60):
            await serving
