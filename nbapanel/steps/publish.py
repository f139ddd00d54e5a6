"""The Publish lane: gates, then the materialized views that people's scripts read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from nbapanel.engine.steps import Plan
from nbapanel.errors import GateFailed
from nbapanel.steps.gates import FUTURE, SLATE, Objection, objections
from nbapanel.steps.refresh_entries import threshold_ms
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.journal import RefreshEntry, open_refresh
from nbapanel.warehouse.materialized import is_populated, refresh, row_count, written
from nbapanel.warehouse.statements import statement


@dataclass(frozen=True, slots=True)
class View:
    """A published view and the relations that it is made of, the first being the one it shows."""

    name: str
    made_of: tuple[str, ...]


VIEWS = (
    View("derived.snapshot_features_v1", ("derived.snapshot_features",)),
    View("derived.game_summary", ("derived.game_stats", "espn.scoreboard_games")),
    View(SLATE, ("derived.game_stats", "espn.scoreboard_games")),
)
_ROWS_MUST_NOT_FALL = (
    ("derived.snapshot_features_v1", "derived.snapshot_features"),
    ("derived.game_summary", "espn.scoreboard_games"),
)
_MOST_NAMED = 12


async def skip_publish(resources: Resources) -> str | None:
    if not resources.publish:
        return "not asked for (--no-publish)"
    async with resources.database.connection() as connection:
        if await _behind(connection, resources):
            return None
    return "nothing changed since the views were published"


async def plan_publish(resources: Resources) -> Plan:
    async with resources.database.connection() as connection:
        behind = await _behind(connection, resources)
    return Plan(
        requests=0, units=len(behind), unit="views", note="and views that the steps before change"
    )


async def publish(context: Context) -> str:
    """Refresh every view whose relations changed, if no gate objects.

    Raises GateFailed naming what the gates found; the published views then stay as they are.
    """
    resources = context.resources
    # A REFRESH runs on a connection of its own: as long as it takes, and never in a transaction
    # that somebody may forget to commit.
    connection = await resources.database.open_connection(autocommit=True)
    try:
        with in_words():
            behind = await _behind(connection, resources)
            judged = await (await connection.execute(statement("unpublished_games"))).fetchall()
            found = await objections(connection, resources, _ROWS_MUST_NOT_FALL)
            await _judge(context, connection, found)
            for number, view in enumerate(VIEWS):
                context.progress(number, len(VIEWS), "views", view.name)
                if view in behind:
                    await _refresh(context, connection, view, bool(found))
                else:
                    await _note_skipped(context, view)
                context.check_stop()
            context.progress(len(VIEWS), len(VIEWS), "views")
            await connection.execute(
                statement("games_published"),
                {"games": [game for game, _ in judged], "changed": [at for _, at in judged]},
            )
    finally:
        await connection.close()
    return f"{len(behind)} of {len(VIEWS)} views" + (", despite objections" if found else "")


async def _judge(
    context: Context, connection: AsyncConnection[Any], found: list[Objection]
) -> None:
    if not found:
        return
    context.note("objections", {one.title: list(one.about[:_MOST_NAMED]) for one in found})
    context.note("published_anyway", context.resources.publish_anyway)
    if context.resources.publish_anyway:
        return
    games = sorted({game for one in found for game in one.games})
    await connection.execute(statement("games_objected"), {"games": games})
    told = []
    for one in found:
        rest = len(one.about) - _MOST_NAMED
        named = ", ".join(one.about[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
        told.append(f"{one.title}: {named}.")
    is_late = any(one.gate == FUTURE for one in found)
    raise GateFailed(
        "Not published: the gates object.",
        " ".join(told),
        "The views stay as they were. "
        + ("See that this machine's clock is right, then refetch. " if is_late else "")
        + "Mend the games and refetch, or: --publish-anyway",
    )


async def _behind(connection: AsyncConnection[Any], resources: Resources) -> list[View]:
    """Views that were built from other versions of their relations than there are now."""
    behind = []
    for view in VIEWS:
        now = await _versions(connection, view)
        cursor = await connection.execute(statement("published_view"), {"relation": view.name})
        row = await cursor.fetchone()
        if resources.force or row is None or now != row[0]:
            behind.append(view)
    return behind


async def _versions(connection: AsyncConnection[Any], view: View) -> dict[str, int]:
    cursor = await connection.execute(
        statement("relation_versions"), {"relations": list(view.made_of)}
    )
    found = {relation: version for relation, version, _ in await cursor.fetchall()}
    # A relation that nothing was ever written to has a version too: what says nothing is a view
    # that a rebuild made forget what it was built from.
    return dict.fromkeys(view.made_of, 0) | found


async def _refresh(
    context: Context, connection: AsyncConnection[Any], view: View, anyway: bool
) -> None:
    # Versions first: what changes while the view is built makes it be built again next time.
    versions = await _versions(connection, view)
    concurrently = await is_populated(connection, view.name)
    entry = await _open(context, connection, view, concurrently=concurrently)
    before = await written(connection, view.name)
    try:
        await refresh(connection, view.name, concurrently=concurrently)
        rows_after = await row_count(connection, view.name)
        after = await written(connection, view.name)
        changes = after.since(before, rows_after - entry.rows_before)
        await _published(connection, view, versions, rows_after, anyway)
    except asyncio.CancelledError:
        await entry.close("cancelled", rows_after=entry.rows_before)
        raise
    except Exception as error:
        await entry.close("failed", rows_after=entry.rows_before, error=str(error))
        raise
    await entry.close("ok", changes, rows_after=rows_after)
    context.changed(view.name, changes)


async def _published(
    connection: AsyncConnection[Any],
    view: View,
    versions: Mapping[str, int],
    rows: int,
    anyway: bool,
) -> None:
    await connection.execute(
        statement("view_published"),
        {
            "relation": view.name,
            "built_from": Jsonb(dict(versions)),
            "row_count": rows,
            "anyway": anyway,
        },
    )


async def _open(
    context: Context, connection: AsyncConnection[Any], view: View, *, concurrently: bool
) -> RefreshEntry:
    return await open_refresh(
        # Not the refreshing connection: its row has to be there while the REFRESH runs.
        context.resources.journal,
        run_id=context.run_id,
        step=context.step.key,
        relation=view.name,
        kind="refresh",
        strategy="concurrent" if concurrently else "full",
        triggered_by=context.resources.triggered_by,
        rows_before=await row_count(connection, view.name) if concurrently else 0,
        threshold_ms=threshold_ms(view.name),
    )


async def _note_skipped(context: Context, view: View) -> None:
    entry = await _open(context, context.resources.journal, view, concurrently=True)
    await entry.close("skipped", rows_after=entry.rows_before)
