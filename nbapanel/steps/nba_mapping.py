"""Which game of the league is which of ESPN's and of Kalshi's: one map of them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import AsyncConnection

from nbapanel.steps.refresh_entries import logged
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.computing import COMPUTED, computed
from nbapanel.warehouse.merge import Merged, merge
from nbapanel.warehouse.relations import GAME_MAP
from nbapanel.warehouse.statements import statement

_NBA_GAMES, _MARKETS = "nba.games", "kalshi.markets"
RELATIONS = (GAME_MAP.name, _NBA_GAMES, _MARKETS)
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Unmatched:
    """Games of the window that a feed lacks though it could have them; some `named`, with which."""

    total: int
    named: dict[str, str]


async def days_to_map(resources: Resources) -> list[date]:
    """Days on which the map is not what the feeds' tables say: a look at the tables tells."""
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("game_map_days"))
        return sorted(day for (day,) in await cursor.fetchall() if day is not None)


async def draw_map(context: Context) -> None:
    """Bring the map up to date, and what games and markets bear of it."""
    days = await days_to_map(context.resources)
    async with (
        logged(context, *RELATIONS, kind="derive", strategy="incremental") as entries,
        context.resources.database.connection() as connection,
    ):
        if not days:
            return
        async with connection.transaction():
            merged = {GAME_MAP.name: await _map(connection, days)}
            merged[_NBA_GAMES] = await _link(connection, "link_nba_games", _NBA_GAMES)
            merged[_MARKETS] = await _link(connection, "link_nba_markets", _MARKETS)
        for relation, done in merged.items():
            entries.add(relation, done)


async def unmatched(resources: Resources) -> Unmatched:
    async with resources.database.connection() as connection:
        cursor = await connection.execute(
            statement("unmatched_games"),
            {
                "first": resources.window.first,
                "last": resources.window.last,
                "limit": _MOST_NAMED,
            },
        )
        found = await cursor.fetchall()
    named = {game: f"not known to {lacks}" for _, game, lacks in found}
    return Unmatched(found[0][0] if found else 0, named)


async def _map(connection: AsyncConnection[Any], days: list[date]) -> Merged:
    async with computed(connection, GAME_MAP, "compute_game_map", {"days": days}):
        return await merge(connection, GAME_MAP, source=COMPUTED, scope=days)


async def _link(connection: AsyncConnection[Any], name: str, relation: str) -> Merged:
    cursor = await connection.execute(statement(name))
    linked = len(await cursor.fetchall())
    if linked:
        await connection.execute(
            statement("relation_changed"), {"relation": relation, "grown_by": 0}
        )
    return Merged(updated=linked)
