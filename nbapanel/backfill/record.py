"""The record of backfills in the database, for the two who write it. No course is decided here."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection

from nbapanel.backfill.stages import Keys
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.statements import statement


@asynccontextmanager
async def course(database: Database, backfill_id: int) -> AsyncIterator[AsyncConnection[Any]]:
    """A transaction that has the backfill's row; windows hear of it at its end."""
    async with database.connection() as connection, connection.transaction():
        await connection.execute(statement("lock_backfill"), {"backfill_id": backfill_id})
        yield connection
        await tell(connection, backfill_id)


async def tell(connection: AsyncConnection[Any], backfill_id: int) -> None:
    await connection.execute(statement("tell_backfill"), {"backfill_id": backfill_id})


async def number(connection: AsyncConnection[Any], name: str, **values: Any) -> int:
    cursor = await connection.execute(statement(name), values)
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def about(backfill_id: int, stage: str, keys: Keys, **more: Any) -> dict[str, Any]:
    return {"backfill_id": backfill_id, "stage": stage, "keys": list(keys), **more}


Batch = tuple[str, Keys]
"""What one job does: of which stage, and which units."""


def in_batches(stage: str, keys: Keys, size: int) -> list[Batch]:
    return [(stage, keys[start : start + size]) for start in range(0, len(keys), size)]


def side_by_side(stages: Sequence[Sequence[Batch]]) -> list[Batch]:
    """The batches of several stages, each stage spread evenly over the whole.

    Each lane asks hosts of its own, at a pace of their own: worked one after the other, all but one
    of them would always be idle, and no day be done before the last lane is.
    """
    placed = [
        (number / len(batches), batch) for batches in stages for number, batch in enumerate(batches)
    ]
    return [batch for _, batch in sorted(placed, key=lambda each: each[0])]
