"""What deriving and publishing cost in one warehouse after an evening, both ways."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bench import season, usual_loads, usual_state, usual_views
from bench.figures import PATIENCE_S, Sample, Seconds, repeated
from bench.loaded import change_probabilities, covered_games, mark
from bench.usual_evening import Evening, NewGame
from bench.warehouse import assert_same, do, resources, run, timed
from bench.warehouses import Warehouse
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PROB_EVENT_STATE, SNAPSHOT_FEATURES

CHANGED = 10
_VIEW = "derived.snapshot_features_v1"
_STATE_COPY = "bench.prob_event_state"


@dataclass(frozen=True, slots=True)
class Both:
    """Seconds of both ways."""

    ours: Sample
    usual: Sample


def derive_and_publish(conninfo: str, repeats: int) -> tuple[Both, Both]:
    """After some games changed, whose plays were loaded again as well."""

    def again(
        once: Callable[[Resources], Awaitable[float]], patience_s: float | None = None
    ) -> Seconds:
        async def in_resources() -> float:
            async with resources(conninfo) as held:
                return await once(held)

        return repeated(lambda: asyncio.run(in_resources()), repeats, patience_s)

    asyncio.run(_prepare(conninfo))
    derived = again(_derive)
    derived_as_usual = again(_derive_as_usual, PATIENCE_S)
    assert_same(conninfo, SNAPSHOT_FEATURES.name, usual_views.VIEW, usual_views.COLUMNS)
    asyncio.run(_catch_up(conninfo))
    published = again(_publish)
    refreshed = again(_refresh_copy)
    asyncio.run(_drop(conninfo))
    return (
        Both(
            derived.sample("those games only, in the tables"),
            derived_as_usual.sample(
                "their state play by play in Python, then REFRESH .. CONCURRENTLY of one view over"
                " everything, which publishes too"
            ),
        ),
        Both(
            published.sample("gates and three views, readers never wait"),
            refreshed.sample("REFRESH .. CONCURRENTLY of one plain copy, no gates"),
        ),
    )


def undo_evening(conninfo: str, warehouse: Warehouse, data_dir: str) -> Evening:
    """Take back what the evening brought, but for its listings, and make the usual view.

    What the usual way is told to fetch is what we did.
    """
    fixtures = [
        fixture
        for fixture in warehouse.work.league.schedule.by_day[warehouse.evening]
        if season.is_covered(fixture)
    ]
    games = []
    with connect(conninfo, purpose="bench") as connection:
        for fixture in fixtures:
            tickers = [fixture.ticker(0), fixture.ticker(1)]
            row = connection.execute(
                "SELECT extract(epoch FROM min(period_ts))::bigint,"
                " extract(epoch FROM max(period_ts))::bigint"
                " FROM kalshi.candlesticks WHERE ticker = ANY(%s)",
                (tickers,),
            ).fetchone()
            assert row is not None
            games.append(NewGame(fixture.event_id, tuple(tickers), row[0], row[1]))
            for table in ("espn.probabilities_raw_items", "espn.plays", "espn.prob_event_state"):
                connection.execute(f"DELETE FROM {table} WHERE game_id = %s", (fixture.event_id,))
            connection.execute("DELETE FROM kalshi.candlesticks WHERE ticker = ANY(%s)", (tickers,))
    asyncio.run(_make_view(conninfo))
    day = f"{warehouse.evening:%Y%m%d}"
    return Evening(data_dir, warehouse.feeds.url, (day,), tuple(games))


async def _prepare(conninfo: str) -> None:
    usual_loads.prepare(conninfo, PROB_EVENT_STATE, _STATE_COPY)
    async with resources(conninfo) as held:
        await run(held, "VACUUM ANALYZE")
        await usual_views.create(held.journal)
        await usual_views.create_copy(held.journal)
        await _derive(held)  # so that all that follows is warm
        await do(held, "publish")


async def _catch_up(conninfo: str) -> None:
    """Publish what was derived: changes go to and fro, and the next one might undo them all."""
    async with resources(conninfo) as held:
        await do(held, "publish")


async def _change(held: Resources) -> Sequence[str]:
    games = await covered_games(held, CHANGED)
    await change_probabilities(held, games)
    await mark(held, SNAPSHOT_FEATURES.name, games)
    return games


async def _derive(held: Resources) -> float:
    games = await _change(held)
    await mark(held, PROB_EVENT_STATE.name, games)
    state, _ = await timed(held, "game_state")
    features, changes = await timed(held, "snapshot_features")
    assert changes[SNAPSHOT_FEATURES.name].updated, changes
    return state + features


async def _derive_as_usual(held: Resources) -> float:
    """Ours follow, untimed: they are compared."""
    games = await _change(held)
    conninfo = held.database.conninfo
    state = await asyncio.to_thread(usual_state.process, conninfo, _STATE_COPY, games)
    await run(held, "CHECKPOINT")
    start = time.perf_counter()
    await usual_views.refresh(held.journal)
    seconds = state + time.perf_counter() - start
    await do(held, "snapshot_features")
    return seconds


async def _publish(held: Resources) -> float:
    await _change(held)
    await do(held, "snapshot_features")
    seconds, changes = await timed(held, "publish")
    assert changes[_VIEW].updated, changes
    return seconds


async def _refresh_copy(held: Resources) -> float:
    await _change(held)
    await do(held, "snapshot_features")
    await run(held, "CHECKPOINT")
    start = time.perf_counter()
    await usual_views.refresh_copy(held.journal)
    return time.perf_counter() - start


async def _make_view(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await usual_views.create(held.journal)
        await run(held, "VACUUM ANALYZE")


async def _drop(conninfo: str) -> None:
    async with resources(conninfo) as held:
        await usual_views.drop(held.journal)
        await run(held, "DROP TABLE bench.prob_event_state")
