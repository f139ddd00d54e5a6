"""The last step of the NBA lane: games are settled and mapped, and the changed ones get states."""

from __future__ import annotations

from nbapanel.engine.steps import Plan
from nbapanel.steps.derived import Derivation, compute
from nbapanel.steps.marks import marked, take_marks
from nbapanel.steps.nba_mapping import RELATIONS as MAPPED
from nbapanel.steps.nba_mapping import days_to_map, draw_map, unmatched
from nbapanel.steps.nba_settling import ACTIONS_A_GAME, mark, settle
from nbapanel.steps.refresh_entries import Log, logged
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.relations import NBA_GAMES, NBA_TEAMS, PBP_EVENT_STATE
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

PBP_STATE = Derivation(computed=((PBP_EVENT_STATE, "compute_pbp_event_state"),))
RELATIONS = (NBA_TEAMS.name, *MAPPED, *PBP_STATE.names)
BATCH_GAMES = 200
"""About as many actions as the plays that ESPN's lane computes at once."""


async def skip_nba_state(resources: Resources) -> str | None:
    if resources.force or await _waiting(resources) or await days_to_map(resources):
        return None
    return "no game of the NBA changed since it was last computed"


async def plan_nba_state(resources: Resources) -> Plan:
    games = await _waiting(resources)
    return Plan(
        requests=0,
        units=games,
        rows=ACTIONS_A_GAME * games,
        note="and games that the loads will change",
    )


async def process_nba(context: Context) -> str:
    """Settle the games that changed, map them to ESPN's and Kalshi's, compute their states."""
    if context.resources.force:
        await _mark_window(context)
    settled = await settle(context)
    await draw_map(context)
    derived = await derive_states(context)
    lacking = await unmatched(context.resources)
    if lacking.named:
        context.note("unmatched_games", lacking.named)
    told = f"{counted(settled, 'game')} settled, {counted(derived, 'state list')} computed"
    return told + (f"; {lacking.total:,} unmatched" if lacking.total else "")


async def derive_states(context: Context) -> int:
    """Compute the states of the marked games again; how many there were."""
    total = await marked(context.resources, PBP_STATE.dataset)
    done = 0
    async with logged(context, *PBP_STATE.names, kind="derive", strategy="incremental") as entries:
        context.progress(0, total, "games")
        while batch := await _next_batch(context, entries):
            done += len(batch)
            context.progress(done, max(total, done), "games")
            context.check_stop()
    return done


async def _next_batch(context: Context, entries: Log) -> list[str]:
    async with (
        context.resources.database.connection() as connection,
        connection.transaction(),
    ):
        batch = await take_marks(connection, PBP_STATE.dataset, BATCH_GAMES)
        if not batch:
            return []
        merged = await compute(connection, PBP_STATE, batch)
        await connection.execute(
            statement("note_nba_games_of_run"),
            {
                "run_id": context.run_id,
                "games": sorted(merged[PBP_STATE.dataset].touched),
            },
        )
    for relation, done in merged.items():
        entries.add(relation, done)
    return batch


async def _mark_window(context: Context) -> None:
    resources = context.resources
    async with resources.database.connection() as connection, connection.transaction():
        if resources.games:
            cursor = await connection.execute(
                statement("nba_games_asked_for"), {"games": list(resources.games)}
            )
        else:
            cursor = await connection.execute(
                statement("nba_games_of_window"),
                {"first": resources.window.first, "last": resources.window.last},
            )
        games = [game for (game,) in await cursor.fetchall()]
        await mark(connection, (NBA_GAMES.name, PBP_STATE.dataset), games, context.run_id)


async def _waiting(resources: Resources) -> int:
    return max(await marked(resources, NBA_GAMES.name), await marked(resources, PBP_STATE.dataset))
