"""Empties the data tables for a rebuild, if the archive can give back what they hold."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import AsyncConnection

from nbapanel.archive import Archive, Manifest
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.steps.loading import register_manifests
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

_MANIFESTS_AT_ONCE = 1_000


class ArchiveIncomplete(UserFacingError):
    """Rows would be lost, for the archive does not hold what they were made from."""


async def empty_the_tables(
    connection: AsyncConnection[Any], archive: Archive, *, accept_loss: bool
) -> None:
    """In one transaction: the tables empty, every payload of the archive waiting to be loaded.

    Raises ArchiveIncomplete, unless `accept_loss`; then, as after a stop, nothing was changed.
    """
    manifests = await asyncio.to_thread(_held, archive)
    try:
        async with connection.transaction():
            await connection.execute(statement("wait_for_tables_briefly"))
            if not accept_loss:
                await _refuse_loss(connection, archive, manifests)
            await connection.execute(statement("empty_the_data_tables"))
            await connection.execute(statement("forget_what_views_are_built_from"))
            # The oldest first: what came back is loaded at each of its places, as when it came.
            for start in range(0, len(manifests), _MANIFESTS_AT_ONCE):
                await register_manifests(connection, manifests[start : start + _MANIFESTS_AT_ONCE])
    except psycopg.errors.LockNotAvailable as error:
        raise DatabaseUnavailable(
            "The data tables are in use.",
            "Somebody held one of them for more than 10 s; nothing was emptied.",
            "Let long queries end, then run the same again.",
        ) from error


def _held(archive: Archive) -> list[Manifest]:
    """What can be loaded again: each is read, for a damaged one gives no row back."""
    return [manifest for manifest in archive.all() if archive.is_sound(manifest)]


async def _refuse_loss(
    connection: AsyncConnection[Any], archive: Archive, manifests: Sequence[Manifest]
) -> None:
    held = [manifest.source_file_id for manifest in manifests]
    cursor = await connection.execute(statement("not_in_archive"), {"held": held})
    lacking = await cursor.fetchall()
    if not lacking:
        return
    named = ", ".join(f"{kind} {number} (such as {key})" for kind, number, key in lacking)
    total = counted(sum(number for _, number, _ in lacking), "loaded payload")
    raise ArchiveIncomplete(
        f"The archive lacks {total}: a rebuild would lose their rows.",
        f"Missing or damaged in {archive.root}: {named}. Nothing was emptied.",
        "See that this is the data directory that filled the database (nbapanel archive verify"
        " names what is damaged; nbapanel refetch --force --date DAY fetches it again). To lose"
        " these rows: --accept-loss",
    )
