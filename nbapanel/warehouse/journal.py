"""The journal: what runs, steps and refreshes did, written as it happens and told by NOTIFY.

Its rows are committed apart from the work they speak of, so that failed, cancelled and killed work
is on record too.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import psycopg
from psycopg import AsyncConnection, Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from nbapanel import __version__
from nbapanel.engine import events
from nbapanel.errors import RunActive
from nbapanel.redaction import without_known_secrets
from nbapanel.rows.scalars import MAX_INT8
from nbapanel.warehouse.db import Database, in_words
from nbapanel.warehouse.statements import statement

log = logging.getLogger(__name__)

CHANNEL = "nbapanel_events"
CACHE_CHANNEL = "nbapanel_caches"
RUN_LOCK = 0x6E62_6102
"""The advisory lock of the one run that a database has at a time. A backfill's workers share it
while they write, so that none of them and a run ever write at once."""

_WORKERS_PAUSE_S = 60
_LOOK_AGAIN_S = 0.1

_MOST_NOTIFY_BYTES = 7_500  # PostgreSQL takes payloads below 8,000 bytes


@dataclass(frozen=True, slots=True, eq=False)
class Journal:
    """Observes a run's events and writes them down, over a connection of its own."""

    connection: AsyncConnection[Any]

    async def __call__(self, event: events.Event) -> None:
        with in_words():
            match event:
                case events.StepStarted():
                    await self._do(
                        "step_opened",
                        run_id=event.run_id,
                        step=event.step,
                        attempt=event.attempt,
                    )
                case events.StepFinished():
                    await self._step_closed(event)
                case events.RunFinished():
                    await self._do(
                        "run_closed",
                        run_id=event.run_id,
                        status=event.status.value,
                        error=event.error or None,
                        duration_ms=round(event.seconds * 1000),
                    )
                case events.RunStarted() | events.StepProgress() | events.CancelStage():
                    pass
            await self._tell(event)

    async def _step_closed(self, event: events.StepFinished) -> None:
        await self._do(
            "step_closed",
            run_id=event.run_id,
            step=event.step,
            attempt=event.attempt,
            status=event.state.value,
            reason=event.reason or None,
            duration_ms=round(event.seconds * 1000),
            requests=event.requests,
            bytes_fetched=event.bytes_fetched,
            bad_items=event.bad_items,
            detail=Jsonb(_storable(msgspec.to_builtins(dict(event.detail))))
            if event.detail
            else None,
            error=event.error or None,
            hint=event.hint or None,
            changes=Jsonb(msgspec.to_builtins(dict(event.changes))) if event.changes else None,
        )

    async def _tell(self, event: events.Event) -> None:
        await self.connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, encode_event(event)))

    async def _do(self, name: str, **values: Any) -> None:
        await self.connection.execute(
            statement(name), {key: _storable(value) for key, value in values.items()}
        )


def _storable(value: Any) -> Any:
    """The same without secrets, and without what PostgreSQL takes in no text."""
    match value:
        case str():
            told = without_known_secrets(value).encode("utf-8", "replace").decode()
            return told.replace("\0", "\N{REPLACEMENT CHARACTER}")
        case dict():
            return {_storable(key): _storable(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_storable(inner) for inner in value]
        case _:
            return value


def encode_event(event: events.Event) -> str:
    """The event as JSON for NOTIFY, {"type": ..., fields}; where too long, details are left out."""
    fields = _storable(msgspec.to_builtins(event))
    value: dict[str, Any] = {"type": type(event).__name__, **fields}
    for spare in ("detail", "settings", "changes", "error", "reason", "message", "hint"):
        text = msgspec.json.encode(value)
        if len(text) <= _MOST_NOTIFY_BYTES:
            break
        value.pop(spare, None)
        value["shortened"] = True
    return msgspec.json.encode(value).decode()


_EVENTS: dict[str, type[events.Event]] = {
    kind.__name__: kind
    for kind in (
        events.RunStarted,
        events.StepStarted,
        events.StepProgress,
        events.StepFinished,
        events.CancelStage,
        events.RunFinished,
    )
}


def decode_event(text: str) -> events.Event | None:
    """An event out of a notification; None for a kind that this version does not know.

    What encode_event left out for want of room comes back empty: the journal has it.
    """
    value = msgspec.json.decode(text)
    kind = _EVENTS.get(value.pop("type", ""))
    if kind is None:
        return None
    if value.pop("shortened", False):
        value = {"settings": {}, "message": ""} | value
    return msgspec.convert(value, kind)


def heard_event(payload: str) -> events.Event | None:
    """What was said on the channel, if a run may have said it; None for anything else.

    Whoever may connect to the database can say anything there.
    """
    try:
        event = decode_event(payload)
        if event is None or 0 < event.run_id <= MAX_INT8:
            return event
    except (msgspec.MsgspecError, TypeError, AttributeError, RecursionError):
        pass
    log.warning("%s: not understood: %.200s", CHANNEL, payload)
    return None


async def clear_read_caches(
    connection: AsyncConnection[Any], run_id: int, views: Sequence[str]
) -> None:
    """Tell every process that listens that these views were published anew."""
    told = msgspec.json.encode({"run_id": run_id, "views": views}).decode()
    with in_words():
        await connection.execute("SELECT pg_notify(%s, %s)", (CACHE_CHANNEL, told))


async def open_run(
    connection: AsyncConnection[Any],
    *,
    kind: str,
    trigger: str,
    steps: Sequence[str],
    settings: Mapping[str, Any],
    resumes: int | None = None,
) -> int:
    """Put a run on record as running, and return its run_id."""
    about = {
        "kind": kind,
        "trigger": trigger,
        "steps": list(steps),
        "settings": Jsonb(dict(settings)),
        "app_version": __version__,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "resumes": resumes,
    }
    with in_words():
        cursor = await connection.execute(statement("run_opened"), about)
        row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


@asynccontextmanager
async def run_lock(database: Database) -> AsyncIterator[tuple[AsyncConnection[Any], list[int]]]:
    """Hold the run lock for as long as the block lasts, on a connection that does nothing else.

    Yields the connection and the runs that were found to have been killed, now marked so.
    Raises RunActive, saying who holds it since when.
    """
    connection = await database.open_connection(autocommit=True)
    try:
        with in_words():
            cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (RUN_LOCK,))
            row = await cursor.fetchone()
            if (row is None or not row[0]) and not await _let_in_by_workers(connection):
                raise RunActive(*await _holder_in_words(connection))
            cursor = await connection.execute(statement("interrupt_runs"))
            interrupted = [run_id for (run_id,) in await cursor.fetchall()]
        yield connection, interrupted
    finally:
        await connection.close()


async def _let_in_by_workers(connection: AsyncConnection[Any]) -> bool:
    """Where only a backfill's workers have the lock: wait until they have ended what they write.

    Whoever of them comes later waits behind us. False: a run has it. Raises RunActive where they do
    not end in time.
    """
    cursor = await connection.execute(statement("lock_holder"), {"key": RUN_LOCK})
    if await cursor.fetchone() is not None:
        return False
    await connection.execute(f"SET lock_timeout = '{_WORKERS_PAUSE_S}s'")
    try:
        await connection.execute("SELECT pg_advisory_lock(%s)", (RUN_LOCK,))
    except psycopg.errors.LockNotAvailable:
        cursor = await connection.execute(statement("lock_holder"), {"key": RUN_LOCK})
        if await cursor.fetchone() is not None:
            return False
        raise RunActive(
            "A backfill writes to this database, and made no room for a run.",
            f"Its workers were waited for, {_WORKERS_PAUSE_S} s.",
            "Run it again in a while, or pause the backfill first: nbapanel backfill --pause",
        ) from None
    await connection.execute("RESET lock_timeout")
    return True


@asynccontextmanager
async def beside_other_workers(
    database: Database, is_stopping: Callable[[], bool]
) -> AsyncIterator[bool]:
    """Share the run lock for the length of the block: other workers may write too, no run may.

    While a run has it, or waits for it, we wait. False: it was not got, for we are to stop.
    """
    async with database.connection() as connection:
        # No event tells that a lock has become free.
        while not (got := await _shared(connection)) and not is_stopping():  # noqa: ASYNC110
            await asyncio.sleep(_LOOK_AGAIN_S)
        yield got
        if got:
            await connection.execute("SELECT pg_advisory_unlock_shared(%s)", (RUN_LOCK,))


async def _shared(connection: AsyncConnection[Any]) -> bool:
    cursor = await connection.execute("SELECT pg_try_advisory_lock_shared(%s)", (RUN_LOCK,))
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _holder_in_words(connection: AsyncConnection[Any]) -> tuple[str, str, str]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(statement("lock_holder"), {"key": RUN_LOCK})
        holder = await cursor.fetchone()
    hint = "Follow it with: nbapanel watch (or: nbapanel refetch --wait)"
    if holder is None or holder["run_id"] is None:
        return "Another run is starting or just ended on this database.", "", hint
    return (
        f"Run {holder['run_id']} is active on this database.",
        f"Process {holder['pid']} on {holder['host']} holds the lock since"
        f" {holder['started_at'].astimezone():%Y-%m-%d %H:%M:%S %Z}"
        f" ({holder['kind']}, started from the {holder['trigger']}).",
        hint,
    )


def active_run(connection: Connection[Any]) -> int | None:
    """The run_id of the run that holds the lock now, or None."""
    with connection.cursor(row_factory=dict_row) as cursor:
        holder = cursor.execute(statement("lock_holder"), {"key": RUN_LOCK}).fetchone()
    return None if holder is None else holder["run_id"]


def is_locked(connection: Connection[Any]) -> bool:
    """Whether somebody holds the run lock now, be it for a run that is not on record yet."""
    return connection.execute(statement("lock_holder"), {"key": RUN_LOCK}).fetchone() is not None


@dataclass(slots=True)
class RefreshEntry:
    """One open row of the refresh log; `close` ends it, however the work ended."""

    connection: AsyncConnection[Any]
    refresh_id: int
    rows_before: int
    begun: float = field(default_factory=time.monotonic)

    async def close(
        self,
        status: str,
        changes: events.Changes | None = None,
        *,
        rows_after: int | None = None,
        error: str | None = None,
    ) -> None:
        """`rows_after` defaults to what was before, plus inserted, less deleted."""
        counts = changes or events.Changes()
        if rows_after is None:
            rows_after = self.rows_before + counts.inserted - counts.deleted
        with in_words():
            await self.connection.execute(
                statement("refresh_closed"),
                {
                    "refresh_id": self.refresh_id,
                    "status": status,
                    "duration_ms": round((time.monotonic() - self.begun) * 1000),
                    "rows_after": rows_after,
                    "inserted": counts.inserted if changes else None,
                    "updated": counts.updated if changes else None,
                    "unchanged": counts.unchanged if changes else None,
                    "deleted": counts.deleted if changes else None,
                    "error": error,
                },
            )


async def open_refresh(
    connection: AsyncConnection[Any],
    *,
    run_id: int | None,
    step: str,
    relation: str,
    kind: str,
    strategy: str,
    triggered_by: str,
    rows_before: int,
    threshold_ms: int,
) -> RefreshEntry:
    """Open a row of the refresh log. `connection` must be in autocommit: the row has to outlive
    the transaction of the work it speaks of."""
    with in_words():
        cursor = await connection.execute(
            statement("refresh_opened"),
            {
                "run_id": run_id,
                "step": step,
                "relation": relation,
                "kind": kind,
                "strategy": strategy,
                "triggered_by": triggered_by,
                "rows_before": rows_before,
                "threshold_ms": threshold_ms,
            },
        )
        row = await cursor.fetchone()
    assert row is not None
    return RefreshEntry(connection, int(row[0]), rows_before)
