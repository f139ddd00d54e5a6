"""The Derived lane: game states and snapshot features, of the games that changed and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import AsyncConnection

from nbapanel.engine.steps import Plan
from nbapanel.rows.models import Relation
from nbapanel.steps.marks import marked, take_marks
from nbapanel.steps.refresh_entries import Log, logged
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.computing import COMPUTED, computed, computing
from nbapanel.warehouse.merge import Merged, bring, mark_games
from nbapanel.warehouse.relations import GAME_STATS, PROB_EVENT_STATE, SNAPSHOT_FEATURES
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

BATCH_GAMES = 300


@dataclass(frozen=True, slots=True)
class Derivation:
    """Relations computed together for the games marked for the first of them.

    `marks`: the relation for which a game is marked where the first one changed.
    """

    computed: tuple[tuple[Relation, str], ...]
    marks: Relation | None = None

    @property
    def dataset(self) -> str:
        return self.computed[0][0].name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(relation.name for relation, _ in self.computed)


STATE = Derivation(
    computed=((PROB_EVENT_STATE, "compute_prob_event_state"),), marks=SNAPSHOT_FEATURES
)
FEATURES = Derivation(
    computed=(
        (SNAPSHOT_FEATURES, "compute_snapshot_features"),
        (GAME_STATS, "compute_game_stats"),
    )
)


async def skip_state(resources: Resources) -> str | None:
    return await _skip(resources, STATE)


async def skip_features(resources: Resources) -> str | None:
    return await _skip(resources, FEATURES)


async def plan_state(resources: Resources) -> Plan:
    return await _plan(resources, STATE)


async def plan_features(resources: Resources) -> Plan:
    return await _plan(resources, FEATURES)


async def process_state(context: Context) -> str:
    return await derive(context, STATE)


async def update_features(context: Context) -> str:
    return await derive(context, FEATURES)


async def derive(context: Context, derivation: Derivation, batch: int = BATCH_GAMES) -> str:
    """Compute the marked games again, a batch a transaction; the marks go with the result."""
    if context.resources.force:
        await _mark_window(context, derivation)
    total = await marked(context.resources, derivation.dataset)
    done = 0
    async with logged(context, *derivation.names, kind="derive", strategy="incremental") as entries:
        context.progress(0, total, "games")
        while games := await _next_batch(context, derivation, entries, batch):
            done += len(games)
            context.progress(done, max(total, done), "games")
            context.check_stop()
    return counted(done, "game")


async def _next_batch(
    context: Context, derivation: Derivation, entries: Log, batch: int
) -> list[str]:
    async with (
        context.resources.database.connection() as connection,
        connection.transaction(),
    ):
        games = await take_marks(connection, derivation.dataset, batch)
        if not games:
            return []
        merged = await compute(connection, derivation, games)
        if derivation.marks is not None:
            await mark_games(
                connection,
                [derivation.marks.name],
                merged[derivation.dataset].touched,
                context.run_id,
            )
    for relation, done in merged.items():
        entries.add(relation, done)
    return games


async def compute(
    connection: AsyncConnection[Any], derivation: Derivation, games: Sequence[str]
) -> dict[str, Merged]:
    """Compute these games from scratch and bring the result into the working tables."""
    merged = {}
    async with computing(connection, games):
        for relation, name in derivation.computed:
            async with computed(connection, relation, name):
                merged[relation.name] = await bring(
                    connection, relation, source=COMPUTED, scope=games, mark="game_id"
                )
    return merged


async def _mark_window(context: Context, derivation: Derivation) -> None:
    resources = context.resources
    async with resources.database.connection() as connection, connection.transaction():
        cursor = await connection.execute(
            statement("games_of_window"),
            {
                "games": resources.games_or_none,
                "first": resources.window.first,
                "last": resources.window.last,
            },
        )
        games = [game for (game,) in await cursor.fetchall()]
        await mark_games(connection, [derivation.dataset], games, context.run_id)


async def _skip(resources: Resources, derivation: Derivation) -> str | None:
    if resources.force or await marked(resources, derivation.dataset):
        return None
    return "no game changed since it was last computed"


async def _plan(resources: Resources, derivation: Derivation) -> Plan:
    games = await marked(resources, derivation.dataset)
    return Plan(
        requests=0,
        units=games,
        rows=480 * games,
        note="and games that the loads will change",
    )
