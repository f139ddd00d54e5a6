"""The league's games and teams, settled from what its feeds said: of the games that changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from psycopg import AsyncConnection

from nbapanel.steps.marks import take_marks
from nbapanel.steps.refresh_entries import logged
from nbapanel.steps.resources import Context
from nbapanel.warehouse.computing import COMPUTED, computed, computing
from nbapanel.warehouse.merge import Merged, bring, merge
from nbapanel.warehouse.relations import NBA_GAMES, NBA_TEAMS, PBP_EVENT_STATE
from nbapanel.warehouse.statements import statement

BATCH_GAMES = 2_000
"""A season at once: a game is one row here."""
ACTIONS_A_GAME = 560
"""Of a usual game, for what a plan says."""


async def mark(
    connection: AsyncConnection[Any], datasets: Sequence[str], games: Iterable[str], run_id: int
) -> None:
    """Mark games of the league for these derived relations, in the transaction that changed them.

    Not by `mark_games`: what that one marks is to be published, and judged by the gates before.
    """
    marked = sorted(set(games))
    if marked:
        await connection.execute(
            statement("mark_nba_games"),
            {"datasets": list(datasets), "games": marked, "run_id": run_id},
        )


async def settle(context: Context) -> int:
    """Settle the marked games; how many there were.

    Their states are marked in turn where they have any.
    """
    settled = 0
    async with logged(
        context, NBA_GAMES.name, NBA_TEAMS.name, kind="derive", strategy="incremental"
    ) as entries:
        while True:
            async with (
                context.resources.database.connection() as connection,
                connection.transaction(),
            ):
                batch = await take_marks(connection, NBA_GAMES.name, BATCH_GAMES)
                merged = await _settle(connection, batch, context.run_id) if batch else {}
            for relation, done in merged.items():
                entries.add(relation, done)
            settled += len(batch)
            if not batch:
                return settled
            context.check_stop()


async def _settle(
    connection: AsyncConnection[Any], games: Sequence[str], run_id: int
) -> dict[str, Merged]:
    async with computing(connection, games):
        async with computed(connection, NBA_GAMES, "compute_nba_games"):
            settled = await bring(
                connection, NBA_GAMES, source=COMPUTED, scope=games, mark="game_id"
            )
        cursor = await connection.execute(statement("nba_team_ids"))
        known = [team for (team,) in await cursor.fetchall()]
        async with computed(connection, NBA_TEAMS, "compute_nba_teams"):
            teams = await merge(connection, NBA_TEAMS, source=COMPUTED, scope=known)
    await connection.execute(
        statement("mark_nba_states"),
        {"dataset": PBP_EVENT_STATE.name, "games": sorted(settled.touched), "run_id": run_id},
    )
    return {NBA_GAMES.name: settled, NBA_TEAMS.name: teams}
