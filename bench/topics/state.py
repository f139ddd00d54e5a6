"""The state of the game at each play, of many games."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench import usual_loads, usual_state
from bench.figures import PATIENCE_S, Figure, repeated
from bench.loaded import all_games, covered_games, loaded, mark
from bench.warehouse import assert_same, do, resources, run, timed
from bench.workbench import Workbench
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PROB_EVENT_STATE

_TOPIC = "state"
_COPY = "bench.prob_event_state"


def measure(work: Workbench) -> Iterator[Figure]:
    conninfo = loaded(work)
    games = work.share(500)
    first = repeated(lambda: asyncio.run(_process(conninfo, games)), work.repeats)

    def usual() -> float:
        usual_loads.prepare(conninfo, PROB_EVENT_STATE, _COPY)
        return usual_state.process(conninfo, _COPY, _games_with_state(conninfo))

    usual_first = repeated(usual, work.repeats, PATIENCE_S)
    rows = assert_same(conninfo, PROB_EVENT_STATE.name, _COPY)
    asyncio.run(_restore(conninfo))
    yield Figure(
        _TOPIC,
        f"state of {games:,} games ({rows:,} plays)",
        "s",
        first.sample("one statement for 300 games", rows=rows),
        usual_first.sample("a game at a time in Python", rows=rows),
        is_chief=True,
    )


def _games_with_state(conninfo: str) -> list[str]:
    """Those that our way did."""
    with connect(conninfo, purpose="bench") as connection:
        found = connection.execute("SELECT DISTINCT game_id FROM espn.prob_event_state").fetchall()
    return [game for (game,) in found]


async def _process(conninfo: str, most: int) -> float:
    async with resources(conninfo) as held:
        await run(held, "TRUNCATE espn.prob_event_state, ops.game_changes")
        games = await covered_games(held, most)
        assert len(games) == most, f"there are only {len(games)} games"
        await mark(held, PROB_EVENT_STATE.name, games)
        seconds, _ = await timed(held, "game_state")
        return seconds


async def _restore(conninfo: str) -> None:
    """The state of all games, for whoever measures what is made of it."""
    async with resources(conninfo) as held:
        await mark(held, PROB_EVENT_STATE.name, await all_games(held))
        await do(held, "game_state")
        await do(held, "snapshot_features")
        await do(held, "publish")
