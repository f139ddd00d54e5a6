"""The queue of jobs: Procrastinate's, in a schema of its own, which its own manager makes.

Persistence, locks, retry and the recovery of what killed workers left are its business.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib.metadata import version
from typing import Any

import procrastinate
import psycopg
from procrastinate import exceptions, jobs
from psycopg import AsyncConnection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.backfill.record import Batch
from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.db import Database, explain, in_words

SCHEMA = "procrastinate"
WORK, DERIVE = "nbapanel.work", "nbapanel.derive"
_PREFIX = "backfill-"
_MAKING_LOCK, _RESCUE_LOCK = 0x6E62_6106, 0x6E62_6104
_DERIVED_FIRST = 10
_QUIET = frozenset(
    {
        *("job_error", "job_error_retry", "job_success", "start_job", "ending_job"),
        *("start_worker", "stop_worker", "stopping_worker", "jobs_deferred"),
    }
)


def queue_of(backfill_id: int) -> str:
    return f"{_PREFIX}{backfill_id}"


def make_app(database: Database) -> procrastinate.App:
    """The app over this database; its tables are found by its own search path."""
    parts = conninfo_to_dict(database.conninfo)
    options = f"{parts.get('options') or ''} -c search_path={SCHEMA} -c jit=off".strip()
    conninfo = make_conninfo(
        database.conninfo, application_name=f"nbapanel {database.purpose} queue", options=options
    )
    connector = procrastinate.PsycopgConnector(conninfo=conninfo, min_size=1, max_size=4)
    return procrastinate.App(connector=connector)


@asynccontextmanager
async def opened(app: procrastinate.App, database: Database) -> AsyncIterator[procrastinate.App]:
    """The queue, made if need be, for the length of the block; its trouble comes in our words."""
    for name in ("procrastinate.worker", "procrastinate.jobs"):
        logging.getLogger(name).addFilter(_is_worth_a_line)
    with in_words(), in_our_words():
        async with app.open_async():
            await _make(app, database)
            yield app


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn what the queue says of a lost database into what we say of it."""
    try:
        yield
    except exceptions.ConnectorException as error:
        raise _told(error) from error


def _told(error: exceptions.ConnectorException) -> Exception:
    said = error.__cause__
    told = explain(said) if isinstance(said, psycopg.Error) else None
    return told or DatabaseUnavailable(
        "The queue of the backfill does not answer.", str(said or error)
    )


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    """Each unit's end is on record, and told by us, in its own words."""
    return getattr(record, "action", "") not in _QUIET


async def _make(app: procrastinate.App, database: Database) -> None:
    """Make the schema as the installed version wants it.

    What is in it can be made anew from the units: that of another version is replaced.
    """
    ours = f"procrastinate {version('procrastinate')}"
    async with database.connection() as connection:
        await connection.execute("SELECT pg_advisory_lock(%s)", (_MAKING_LOCK,))
        found = await _made_by(connection)
        if found != ours:
            if found is not None:
                await connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(_name()))
            async with connection.transaction():
                await connection.execute(sql.SQL("CREATE SCHEMA {}").format(_name()))
            await app.schema_manager.apply_schema_async()
            await connection.execute(
                sql.SQL("COMMENT ON SCHEMA {} IS {}").format(_name(), sql.Literal(ours))
            )
        await connection.execute("SELECT pg_advisory_unlock(%s)", (_MAKING_LOCK,))


async def _made_by(connection: AsyncConnection[Any]) -> str | None:
    """The version that made the schema; empty for one that was not finished."""
    cursor = await connection.execute(
        "SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace"
        " WHERE nspname = %s",
        (SCHEMA,),
    )
    row = await cursor.fetchone()
    return None if row is None else str(row[0])


def _name() -> sql.Identifier:
    return sql.Identifier(SCHEMA)


# -- jobs ----------------------------------------------------------------------------------------


async def defer_work(
    app: procrastinate.App,
    connection: AsyncConnection[Any],
    backfill_id: int,
    batches: Sequence[Batch],
    delay_s: float = 0,
) -> None:
    """Put a job for each batch into the queue, in the transaction of `connection`."""
    if not batches:
        return
    await _in_our_path(connection)
    task = app.configure_task(
        WORK,
        queue=queue_of(backfill_id),
        schedule_in={"seconds": delay_s} if delay_s else None,
        connection=connection,
    )
    told: list[dict[str, Any]] = [
        {"backfill_id": backfill_id, "stage": stage, "keys": list(keys)} for stage, keys in batches
    ]
    await task.batch_defer_async(*told)


async def defer_derive(
    app: procrastinate.App, connection: AsyncConnection[Any], backfill_id: int
) -> None:
    """One at a time, and at most one that waits: it takes all there is.

    The caller has the backfill's row, so that nobody else puts one there meanwhile. (A queueing
    lock would keep a job of a killed worker from coming back beside one that waits.)
    """
    for job in await waiting_jobs(app, backfill_id):
        if job.task_name == DERIVE and job.status == "todo":
            return
    await _in_our_path(connection)
    await app.configure_task(
        DERIVE,
        queue=queue_of(backfill_id),
        lock=f"derive-{backfill_id}",
        priority=_DERIVED_FIRST,
        connection=connection,
    ).defer_async(backfill_id=backfill_id)


async def _in_our_path(connection: AsyncConnection[Any]) -> None:
    await connection.execute(sql.SQL("SET LOCAL search_path = {}").format(_name()))


async def waiting_jobs(app: procrastinate.App, backfill_id: int) -> list[jobs.Job]:
    """The jobs of a backfill that are not over."""
    found = await app.job_manager.list_jobs_async(queue=queue_of(backfill_id))
    return [job for job in found if job.status in ("todo", "doing")]


async def rescue(app: procrastinate.App, database: Database, silent_s: float) -> list[jobs.Job]:
    """Put back into the queue what workers were at that said nothing for so long. Tells what.

    One process at a time looks: what another puts back may be in good hands at once.
    """
    async with database.connection() as connection, connection.transaction():
        cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_RESCUE_LOCK,))
        row = await cursor.fetchone()
        if row is None or not row[0]:
            return []
        stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=silent_s)
        left = [job for job in stalled if job.queue.startswith(_PREFIX)]
        for job in left:
            await app.job_manager.retry_job(job)
        return left
