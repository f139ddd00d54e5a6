"""Empties the data tables for a rebuild, if the archive can give back what they hold."""

from __future__ import annotations

import asyncio
from typing import Any

from psycopg import AsyncConnection

from nbapanel.archive import Archive
from nbapanel.steps.loading import register_manifests
from nbapanel.warehouse.statements import statement

_MANIFESTS_AT_ONCE = 1_000


async def empty_the_tables(
    connection: AsyncConnection[Any], archive: Archive, *, accept_loss: bool
) -> None:
    """In one transaction: the tables empty, every payload of the archive waiting to be loaded."""
    manifests = await asyncio.to_thread(lambda: list(archive.all()))
    async with connection.transaction():
        await connection.execute(statement("empty_the_data_tables"))
        await connection.execute(statement("forget_what_views_are_built_from"))
        for start in range(0, len(manifests), _MANIFESTS_AT_ONCE):
            await register_manifests(connection, manifests[start : start + _MANIFESTS_AT_ONCE])
