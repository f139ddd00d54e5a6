"""A warehouse of the season's first games with everything loaded, derived and published."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bench.warehouse import do, fresh_database, register, resources, run
from bench.workbench import Workbench
from nbapanel.archive import Archive
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.merge import mark_games

_STEPS = (
    "load_scoreboards",
    "load_games",
    "markets",
    "candlesticks",
    "game_state",
    "snapshot_features",
    "publish",
)


def loaded(work: Workbench) -> str:
    """Its conninfo. Of 660 games in a season, which have 310,000 feature rows: a user's size."""
    if work.loaded is None:
        work.say("  loading a warehouse for the derived relations")
        archive = work.archive(work.share(660))
        work.loaded = fresh_database(work.server, "loaded")
        asyncio.run(_load(work.loaded, archive))
    return work.loaded


async def _load(conninfo: str, archive: Archive) -> None:
    async with resources(conninfo, archive) as held:
        await register(held)
        for key in _STEPS:
            await do(held, key)
        # As autovacuum does within a minute; not in the middle of what is measured.
        await run(held, "VACUUM ANALYZE")


async def mark(held: Resources, dataset: str, games: Sequence[str]) -> None:
    async with held.database.connection() as connection:
        await mark_games(connection, [dataset], games, None)


async def all_games(held: Resources) -> list[str]:
    cursor = await held.journal.execute("SELECT competition_id FROM espn.scoreboard_games")
    return [game for (game,) in await cursor.fetchall()]


async def covered_games(held: Resources, most: int) -> list[str]:
    """The latest games that have plays, probabilities and candles."""
    cursor = await held.journal.execute(
        "SELECT game_id FROM derived.game_stats"
        " WHERE plays > 0 AND items > 0 AND home_candles > 0 ORDER BY game_id DESC LIMIT %s",
        (most,),
    )
    return [game for (game,) in await cursor.fetchall()]


async def change_probabilities(held: Resources, games: Sequence[str]) -> None:
    """Something to compute again: each item of these games by a hair's breadth, to and fro."""
    await run(
        held,
        "UPDATE espn.probabilities_raw_items SET home_win_percentage = 1 - away_win_percentage"
        " + CASE WHEN home_win_percentage <> 1 - away_win_percentage THEN 0"
        "   WHEN away_win_percentage > 0.5 THEN 0.0001 ELSE -0.0001 END"
        " WHERE game_id = ANY(%s)",
        list(games),
    )
