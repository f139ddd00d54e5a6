"""Compute every derived row again from scratch, beside the working tables, and compare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection, sql

from nbapanel.steps.derived import FEATURES, STATE, Derivation, fill_computing
from nbapanel.warehouse.statements import statement

BATCH_GAMES = 300


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that only the working table has, and rows that it lacks; `games` names a few."""

    relation: str
    too_many: int
    missing: int
    games: tuple[str, ...]


async def differences(connection: AsyncConnection[Any]) -> AsyncIterator[tuple[int, Difference]]:
    """For each batch of games and each derived relation: (games compared, what differs)."""
    cursor = await connection.execute(statement("games_to_verify"))
    games = [game for (game,) in await cursor.fetchall()]
    for start in range(0, len(games), BATCH_GAMES):
        batch = games[start : start + BATCH_GAMES]
        for derivation in (STATE, FEATURES):
            async for difference in _of_batch(connection, derivation, batch):
                yield len(batch), difference


async def _of_batch(
    connection: AsyncConnection[Any], derivation: Derivation, games: list[str]
) -> AsyncIterator[Difference]:
    for relation, name in derivation.computed:
        async with connection.transaction(force_rollback=True):
            await fill_computing(connection, games)
            target = sql.Identifier(*relation.name.split("."))
            await connection.execute(
                sql.SQL("CREATE TEMPORARY TABLE computed (LIKE {}) ON COMMIT DROP").format(target)
            )
            await connection.execute(statement(name), {})
            columns = sql.SQL(", ").join(
                sql.Identifier(column)
                for column in relation.column_names
                if column not in relation.uncompared
            )
            working = sql.SQL(
                "SELECT {} FROM {} WHERE game_id IN (SELECT game_id FROM computing)"
            ).format(columns, target)
            fresh = sql.SQL("SELECT {} FROM computed").format(columns)
            too_many = await _rows_of(connection, working, fresh)
            missing = await _rows_of(connection, fresh, working)
        named = sorted({game for game, _ in too_many + missing})
        yield Difference(
            relation.name,
            sum(count for _, count in too_many),
            sum(count for _, count in missing),
            tuple(named[:10]),
        )


async def _rows_of(
    connection: AsyncConnection[Any], these: sql.Composed, without: sql.Composed
) -> list[tuple[str, int]]:
    cursor = await connection.execute(
        sql.SQL(
            "SELECT game_id, count(*) FROM (({}) EXCEPT ALL ({})) AS differing"
            " GROUP BY game_id ORDER BY game_id"
        ).format(these, without)
    )
    return await cursor.fetchall()
