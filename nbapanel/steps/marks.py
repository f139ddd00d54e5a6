"""The games that are marked for a derived relation: those that changed since it was computed."""

from __future__ import annotations

from typing import Any

from psycopg import AsyncConnection

from nbapanel.steps.resources import Resources
from nbapanel.warehouse.statements import statement


async def take_marks(connection: AsyncConnection[Any], dataset: str, batch: int) -> list[str]:
    """Take the marks of some games, in the transaction that computes them; which these are."""
    cursor = await connection.execute(
        statement("take_marked_games"), {"dataset": dataset, "batch": batch}
    )
    return [game for (game,) in await cursor.fetchall()]


async def marked(resources: Resources, dataset: str) -> int:
    """How many games are marked for it."""
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("marked_games"), {"dataset": dataset})
        row = await cursor.fetchone()
        return 0 if row is None else int(row[0])
