"""Publishing after an evening's change, beside refreshing a plain copy of the same size."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from psycopg import AsyncConnection

from bench import usual_views
from bench.figures import Aim, Figure, Seconds, repeated
from bench.loaded import change_probabilities, covered_games, loaded, mark
from bench.warehouse import assert_same, do, resources, rows_of, run, timed
from bench.workbench import Workbench
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.relations import SNAPSHOT_FEATURES

_TOPIC = "publish"
_AIM_S = 4.0
_CHANGED = 10
_VIEW = "derived.snapshot_features_v1"


def measure(work: Workbench) -> Iterator[Figure]:
    conninfo = loaded(work)
    rows = rows_of(conninfo, SNAPSHOT_FEATURES.name)
    asyncio.run(_make_copy(conninfo))

    def again(refresh: Callable[[Resources], Awaitable[float]]) -> Seconds:
        async def after_change() -> float:
            async with resources(conninfo) as held:
                await _change(held)
                return await refresh(held)

        return repeated(lambda: asyncio.run(after_change()), work.repeats)

    published = again(_publish)
    concurrently = again(lambda held: _seconds(held, usual_views.refresh_copy))
    plainly = again(lambda held: _seconds(held, usual_views.refresh_copy_locking))
    asyncio.run(_publish_last(conninfo))
    assert_same(conninfo, _VIEW, usual_views.COPY)
    yield Figure(
        _TOPIC,
        f"publish {rows:,} rows, {_CHANGED} games changed",
        "s",
        published.sample("gates, three views, readers never wait"),
        concurrently.sample("REFRESH .. CONCURRENTLY of one copy"),
        Aim(_AIM_S),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "the same, beside a refresh that locks readers out",
        "s",
        published.sample("the same"),
        plainly.sample("REFRESH of one copy"),
    )


async def _make_copy(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await usual_views.create_copy(held.journal)


async def _change(held: Resources) -> None:
    games = await covered_games(held, _CHANGED)
    await change_probabilities(held, games)
    await mark(held, SNAPSHOT_FEATURES.name, games)
    await do(held, "snapshot_features")


async def _publish(held: Resources) -> float:
    seconds, changes = await timed(held, "publish")
    assert changes[_VIEW].updated, changes
    return seconds


async def _seconds(
    held: Resources, refresh: Callable[[AsyncConnection[Any]], Awaitable[None]]
) -> float:
    await run(held, "CHECKPOINT")
    start = time.perf_counter()
    await refresh(held.journal)
    return time.perf_counter() - start


async def _publish_last(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await do(held, "publish")
