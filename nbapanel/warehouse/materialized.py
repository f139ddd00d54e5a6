"""Materialized views, by name: refreshed, counted, and what a refresh changed in them.

When one is refreshed, and what that is good for, is not here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, sql

from nbapanel.engine.events import Changes
from nbapanel.warehouse.statements import statement


async def refresh(connection: AsyncConnection[Any], view: str, *, concurrently: bool) -> None:
    """`connection` is in autocommit: CONCURRENTLY, for which readers never wait, needs that; and a
    view that is populated, which `is_populated` says."""
    how = sql.SQL("CONCURRENTLY" if concurrently else "")
    await connection.execute(sql.SQL("REFRESH MATERIALIZED VIEW {} {}").format(how, _named(view)))


async def is_populated(connection: AsyncConnection[Any], view: str) -> bool:
    cursor = await connection.execute(statement("view_populated"), {"view": view})
    row = await cursor.fetchone()
    return bool(row and row[0])


async def row_count(connection: AsyncConnection[Any], view: str) -> int:
    cursor = await connection.execute(sql.SQL("SELECT count(*) FROM {}").format(_named(view)))
    row = await cursor.fetchone()
    return 0 if row is None else int(row[0])


@dataclass(frozen=True, slots=True)
class Written:
    """Rows that were ever inserted into a view, and deleted from it, as PostgreSQL counts them."""

    inserted: int
    deleted: int

    def since(self, before: Written, grown_by: int) -> Changes:
        """What a REFRESH CONCURRENTLY did. It replaces a changed row by deleting and inserting.

        PostgreSQL may report its counts late; the growth of the view is known in any case.
        """
        inserted = max(self.inserted - before.inserted, grown_by, 0)
        deleted = max(inserted - grown_by, 0)
        updated = min(inserted, deleted)
        return Changes(inserted=inserted - updated, updated=updated, deleted=deleted - updated)


async def written(connection: AsyncConnection[Any], view: str) -> Written:
    if connection.info.server_version >= 150000:
        await connection.execute("SELECT pg_stat_force_next_flush()")
    cursor = await connection.execute(statement("written_to_view"), {"view": view})
    row = await cursor.fetchone()
    return Written(0, 0) if row is None else Written(int(row[0]), int(row[1]))


def _named(view: str) -> sql.Identifier:
    return sql.Identifier(*view.split("."))
