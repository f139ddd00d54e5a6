"""Snapshot features of the games that changed, and of all, beside one view over everything."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

from bench import usual_views
from bench.figures import PATIENCE_S, Aim, Figure, Seconds, repeated
from bench.loaded import all_games, change_probabilities, covered_games, loaded, mark
from bench.warehouse import assert_same, do, number, resources, rows_of, run, timed
from bench.workbench import Workbench
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.relations import SNAPSHOT_FEATURES

_TOPIC = "features"
_CHANGED = 10
_AIM_CHANGED_S, _AIM_ALL_S = 0.1, 5.0


def measure(work: Workbench) -> Iterator[Figure]:
    conninfo = loaded(work)
    rows = rows_of(conninfo, SNAPSHOT_FEATURES.name)

    def again(
        once: Callable[[Resources], Awaitable[float]], patience_s: float | None = None
    ) -> Seconds:
        async def in_resources() -> float:
            async with resources(conninfo) as held:
                return await once(held)

        return repeated(lambda: asyncio.run(in_resources()), work.repeats, patience_s)

    asyncio.run(_warm(conninfo))
    changed = again(_changed)
    all_anew = again(_all_from_nothing)
    all_again = again(_all_again)
    created = again(_create_view, PATIENCE_S)
    refreshed = again(_refresh_view_concurrently, PATIENCE_S)
    assert_same(conninfo, SNAPSHOT_FEATURES.name, usual_views.VIEW, usual_views.COLUMNS)
    asyncio.run(_tidy(conninfo))
    create = created.sample("CREATE MATERIALIZED VIEW and its index")
    refresh = refreshed.sample("REFRESH .. CONCURRENTLY of all")
    yield Figure(
        _TOPIC,
        f"features of {_CHANGED} changed games, {rows:,} rows in all",
        "s",
        changed.sample("those games only"),
        refresh,
        Aim(_AIM_CHANGED_S),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "features of all games, from nothing",
        "s",
        all_anew.sample("300 games a statement"),
        create,
        Aim(_AIM_ALL_S),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "features of all games again, nothing changed",
        "s",
        all_again.sample("300 games a statement"),
        refresh,
    )


async def _warm(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await _changed(held)


async def _changed(held: Resources) -> float:
    games = await covered_games(held, _CHANGED)
    await change_probabilities(held, games)
    await mark(held, SNAPSHOT_FEATURES.name, games)
    seconds, changes = await timed(held, "snapshot_features")
    done = changes[SNAPSHOT_FEATURES.name]
    expected = await number(
        held,
        "SELECT count(*) FROM derived.snapshot_features WHERE game_id = ANY(%s)",
        games,
    )
    assert done.updated == expected, f"{done} of {expected} rows"
    return seconds


async def _all_from_nothing(held: Resources) -> float:
    await run(held, "TRUNCATE derived.snapshot_features, derived.game_stats")
    await mark(held, SNAPSHOT_FEATURES.name, await all_games(held))
    seconds, _ = await timed(held, "snapshot_features")
    return seconds


async def _all_again(held: Resources) -> float:
    await mark(held, SNAPSHOT_FEATURES.name, await all_games(held))
    seconds, changes = await timed(held, "snapshot_features")
    assert not changes[SNAPSHOT_FEATURES.name].updated, changes
    return seconds


async def _create_view(held: Resources) -> float:
    return await usual_views.create(held.journal)


async def _refresh_view_concurrently(held: Resources) -> float:
    """After the same games changed as for ours, whose features follow untimed."""
    games = await covered_games(held, _CHANGED)
    await change_probabilities(held, games)
    await run(held, "CHECKPOINT")
    start = time.perf_counter()
    await usual_views.refresh(held.journal)
    seconds = time.perf_counter() - start
    await mark(held, SNAPSHOT_FEATURES.name, games)
    await do(held, "snapshot_features")
    return seconds


async def _tidy(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await usual_views.drop(held.journal)
        await run(held, "VACUUM ANALYZE derived.snapshot_features")
