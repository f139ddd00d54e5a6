"""The queue in its own schema: made once, made anew; what dead workers were at is put back."""

from __future__ import annotations

import asyncio
from typing import Any

import procrastinate
import pytest
from procrastinate.jobs import Status

from nbapanel.backfill import queue
from nbapanel.backfill.book import Book
from nbapanel.backfill.lanes import STAGES
from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.stages import Unit
from nbapanel.backfill.units import Tally
from nbapanel.warehouse.db import Database

REQUEST = BackfillRequest(("2023-24",), ("espn",))
STAGE = STAGES["espn_games"]
UNITS = [Unit(str(number), None) for number in range(30)]
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'procrastinate'"
_ELSEWHERE = "SELECT count(*) FROM pg_class WHERE relname LIKE 'procrastinate%%'"
_SILENT = "UPDATE procrastinate.procrastinate_workers SET last_heartbeat = now() - interval '1 h'"


async def fetched(app: procrastinate.App, backfill_id: int) -> Any:
    """The next job, as a worker of its own takes it."""
    worker_id = await app.job_manager.register_worker()
    queues = [queue.queue_of(backfill_id)]
    return await app.job_manager.fetch_job(queues=queues, worker_id=worker_id)


async def test_all_of_it_lies_in_a_schema_of_its_own(
    app: procrastinate.App, database: Database, connection: Any
) -> None:
    in_schema = connection.execute(_TABLES).fetchone()[0]
    assert in_schema >= 4
    found = connection.execute(_ELSEWHERE + " AND relkind = 'r'").fetchone()[0]
    assert found == in_schema
    async with queue.opened(queue.make_app(database), database):  # it is there already
        assert connection.execute(_TABLES).fetchone()[0] == in_schema


async def test_two_who_come_first_make_it_once(database: Database, conninfo: str) -> None:
    """Two workers of an empty database, at the same moment."""

    async def come() -> None:
        async with Database(conninfo, "test") as mine, queue.opened(queue.make_app(mine), mine):
            pass

    await asyncio.gather(*(come() for _ in range(4)))
    async with database.connection() as looking:
        cursor = await looking.execute(_TABLES)
        assert (await cursor.fetchone() or (0,))[0] >= 4


async def test_that_of_another_version_is_made_anew_and_its_jobs_come_from_the_units(
    book: Book, database: Database, connection: Any
) -> None:
    """So is one that a kill left half made: nothing is in it that the record does not have."""
    number = await book.open(REQUEST, "terminal", [(STAGE, UNITS)])
    connection.execute("COMMENT ON SCHEMA procrastinate IS 'procrastinate 3.0.0'")
    again = queue.make_app(database)
    async with queue.opened(again, database):
        assert await queue.waiting_jobs(again, number) == []
        await Book(database, again).resume(number, STAGES)
        jobs = await queue.waiting_jobs(again, number)
    keys = [key for job in jobs for key in job.task_kwargs["keys"]]  # type: ignore[union-attr]
    assert sorted(keys) == sorted(unit.key for unit in UNITS)


async def test_units_and_jobs_come_together_or_not_at_all(book: Book, connection: Any) -> None:
    with pytest.raises(Exception, match="unit_key"):
        await book.open(REQUEST, "terminal", [(STAGE, [*UNITS, Unit(None, None)])])  # type: ignore[arg-type]
    assert connection.execute("SELECT count(*) FROM ops.backfills").fetchone() == (0,)
    rows = connection.execute("SELECT count(*) FROM procrastinate.procrastinate_jobs").fetchone()
    assert rows == (0,)


async def test_what_a_silent_worker_was_at_is_put_back_once(
    book: Book, app: procrastinate.App, database: Database, connection: Any
) -> None:
    """By its heartbeat: a worker that still speaks keeps its job."""
    number = await book.open(REQUEST, "terminal", [(STAGE, UNITS[:12])])
    job = await fetched(app, number)
    assert await queue.rescue(app, database, 60) == []
    connection.execute(_SILENT)
    assert [one.id for one in await queue.rescue(app, database, 60)] == [job.id]
    assert await queue.rescue(app, database, 60) == []
    again = await fetched(app, number)
    assert again.id == job.id
    assert again.attempts == 1


async def test_resume_gives_a_job_to_units_that_lost_theirs_and_to_no_others(
    book: Book, app: procrastinate.App, connection: Any
) -> None:
    number = await book.open(REQUEST, "terminal", [(STAGE, UNITS)])
    job = await fetched(app, number)
    await app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=True)
    await book.pause(number, "test")
    await book.resume(number, STAGES)
    jobs = await queue.waiting_jobs(app, number)
    keys = [key for one in jobs for key in one.task_kwargs["keys"]]  # type: ignore[union-attr]
    assert sorted(keys) == sorted(unit.key for unit in UNITS)
    assert len(keys) == len(set(keys))


async def test_two_who_finish_last_go_on_once(book: Book, app: procrastinate.App) -> None:
    """Both see that no unit is open; the next phase begins with one set of jobs."""
    number = await book.open(REQUEST, "terminal", [])
    await asyncio.gather(*(book.enter(number, "work", [(STAGE, UNITS)]) for _ in range(4)))
    assert len(await queue.waiting_jobs(app, number)) == 3
    await asyncio.gather(*(book.enter(number, "derive") for _ in range(4)))
    waiting = await queue.waiting_jobs(app, number)
    assert [job.task_name for job in waiting].count(queue.DERIVE) == 1


async def test_a_unit_is_tried_three_times_by_itself_and_then_given_up(
    book: Book, app: procrastinate.App, connection: Any
) -> None:
    number = await book.open(REQUEST, "terminal", [(STAGE, UNITS[:3])])
    keys = [unit.key for unit in UNITS[:3]]
    for attempt in (1, 2, 3):
        await book.units.begin(number, STAGE.name, keys, "here:1")
        await book.units.note(number, STAGE, keys, {"1": "It answered 500."}, Tally(), "here:1")
        keys = ["1"]
        row = connection.execute(
            "SELECT status, attempts, reason FROM ops.backfill_units WHERE unit_key = '1'"
        ).fetchone()
        assert row == ("failed" if attempt == 3 else "waiting", attempt, "It answered 500.")
    alone = [job for job in await queue.waiting_jobs(app, number) if job.scheduled_at]
    assert [job.task_kwargs["keys"] for job in alone] == [["1"], ["1"]]
