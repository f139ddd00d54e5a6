"""The temporary tables in which derived rows are computed: of which games, and what came of it.

All within one transaction, at whose end they are gone in any case.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import Any

from psycopg import AsyncConnection, sql

from nbapanel.rows.models import Relation
from nbapanel.warehouse.statements import statement

COMPUTED = "computed"
"""Holds the rows of one relation, within `computed`."""

GameCounts = list[tuple[str, int]]

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@asynccontextmanager
async def computing(connection: AsyncConnection[Any], games: Sequence[str]) -> AsyncIterator[None]:
    """These are the games that the statements compute, as the table that they join."""
    await connection.execute(statement("games_to_compute"))
    await connection.execute(statement("choose_games_to_compute"), {"games": list(games)})
    await connection.execute("ANALYZE computing")
    yield
    await connection.execute("DROP TABLE computing")


@asynccontextmanager
async def computed(
    connection: AsyncConnection[Any],
    relation: Relation,
    name: str,
    about: Mapping[str, Any] = _NOTHING,
) -> AsyncIterator[None]:
    """The relation's rows of these games, computed from scratch by the statement of that name.

    `about`: what else the statement is about.
    """
    await connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE computed (LIKE {}) ON COMMIT DROP").format(_named(relation))
    )
    await connection.execute(statement(name), about)
    # Of the key alone: nothing else is joined or looked up by.
    key = sql.SQL(", ").join(map(sql.Identifier, relation.key))
    await connection.execute(sql.SQL("ANALYZE computed ({})").format(key))
    yield
    await connection.execute("DROP TABLE computed")


async def differing(
    connection: AsyncConnection[Any], relation: Relation
) -> tuple[GameCounts, GameCounts]:
    """By game, the rows that only the working table has, and those that only `computed` has."""
    columns = sql.SQL(", ").join(
        sql.Identifier(column)
        for column in relation.column_names
        if column not in relation.uncompared
    )
    working = sql.SQL("SELECT {} FROM {} WHERE game_id IN (SELECT game_id FROM computing)").format(
        columns, _named(relation)
    )
    fresh = sql.SQL("SELECT {} FROM computed").format(columns)
    too_many = await _rows_of(connection, working, fresh)
    return too_many, await _rows_of(connection, fresh, working)


async def _rows_of(
    connection: AsyncConnection[Any], these: sql.Composed, without: sql.Composed
) -> GameCounts:
    cursor = await connection.execute(
        sql.SQL(
            "SELECT game_id, count(*) FROM (({}) EXCEPT ALL ({})) AS differing"
            " GROUP BY game_id ORDER BY game_id"
        ).format(these, without)
    )
    return await cursor.fetchall()


def _named(relation: Relation) -> sql.Identifier:
    return sql.Identifier(*relation.name.split("."))
