"""Compute every derived row again from scratch, beside the working tables, and compare."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nbapanel.steps.derived import FEATURES, STATE, Derivation
from nbapanel.steps.nba_state import PBP_STATE
from nbapanel.warehouse.computing import computed, computing, differing
from nbapanel.warehouse.relations import NBA_GAMES
from nbapanel.warehouse.statements import statement

BATCH_GAMES = 300

_SETTLED = Derivation(computed=((NBA_GAMES, "compute_nba_games"),))
_COMPARED = (
    ("games_to_verify", (STATE, FEATURES)),
    ("nba_games_to_verify", (_SETTLED, PBP_STATE)),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows that only the working table has, and rows that it lacks; `games` names a few."""

    relation: str
    too_many: int
    missing: int
    games: tuple[str, ...]


async def differences(connection: AsyncConnection[Any]) -> AsyncIterator[tuple[int, Difference]]:
    """For each batch of games and each derived relation: (games compared, what differs)."""
    for name, derivations in _COMPARED:
        cursor = await connection.execute(statement(name))
        games = [game for (game,) in await cursor.fetchall()]
        for start in range(0, len(games), BATCH_GAMES):
            batch = games[start : start + BATCH_GAMES]
            for derivation in derivations:
                async for difference in _of_batch(connection, derivation, batch):
                    yield len(batch), difference


async def _of_batch(
    connection: AsyncConnection[Any], derivation: Derivation, games: list[str]
) -> AsyncIterator[Difference]:
    for relation, name in derivation.computed:
        async with (
            connection.transaction(force_rollback=True),
            computing(connection, games),
            computed(connection, relation, name),
        ):
            too_many, missing = await differing(connection, relation)
        named = sorted({game for game, _ in too_many + missing})
        yield Difference(
            relation.name,
            sum(count for _, count in too_many),
            sum(count for _, count in missing),
            tuple(named[:10]),
        )
