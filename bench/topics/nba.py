"""The league's play-by-play: from archived files into its table, and the state at each action."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from bench import usual_actions, usual_loads
from bench.figures import PATIENCE_S, Aim, Figure, Seconds, repeated
from bench.league_games import archive_of
from bench.warehouse import assert_same, do, fresh_database, register, resources, timed
from bench.workbench import Workbench
from nbapanel.archive import Archive
from nbapanel.payload import SourceType
from nbapanel.rows.nba.relations import PBP_EVENTS
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PBP_EVENT_STATE

_TOPIC = "nba"
_AIM_EVENTS_PER_S = 40_000
_TEMPLATE = "nba_schedule_only"
_ACTIONS_COPY, _STATE_COPY = "bench.pbp_events", "bench.pbp_event_state"
_FILES = (SourceType.NBA_PBP, SourceType.NBA_BOXSCORE)


def measure(work: Workbench) -> Iterator[Figure]:
    archive = archive_of(work.archives.root, work.league, work.games)
    template = fresh_database(work.server, _TEMPLATE)
    asyncio.run(_load_schedule(template, archive))
    each = [asyncio.run(_load_and_derive(_fresh(work), archive)) for _ in range(work.repeats)]
    loaded, derived, again = (Seconds(times) for times in zip(*each, strict=True))

    conninfo = _fresh(work)
    asyncio.run(_load_and_derive(conninfo, archive))
    manifests = [m for m in archive.all() if m.source_type is SourceType.NBA_PBP]

    def usual_load() -> float:
        usual_loads.prepare(conninfo, PBP_EVENTS, _ACTIONS_COPY)
        return usual_loads.load(
            conninfo, archive, manifests, PBP_EVENTS, _ACTIONS_COPY, usual_actions.action_rows
        )

    def usual_state() -> float:
        usual_loads.prepare(conninfo, PBP_EVENT_STATE, _STATE_COPY)
        return usual_actions.process(conninfo, _STATE_COPY, _games(conninfo))

    usual_loaded = repeated(usual_load, work.repeats, PATIENCE_S)
    rows = assert_same(conninfo, PBP_EVENTS.name, _ACTIONS_COPY)
    usual_derived = repeated(usual_state, work.repeats, PATIENCE_S)
    assert_same(conninfo, PBP_EVENT_STATE.name, _STATE_COPY, PBP_EVENT_STATE.column_names)
    both = _sum(loaded, derived)
    usual_both = _sum(usual_loaded, usual_derived)
    yield Figure(
        _TOPIC,
        f"{rows:,} actions of {len(manifests):,} games and their box scores, archive to state",
        "rows/s",
        both.rate("typed decode, COPY, one statement for 300 games", rows),
        usual_both.rate("json + executemany, without box scores; states in Python", rows),
        Aim(_AIM_EVENTS_PER_S),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "of that, into the table",
        "rows/s",
        loaded.rate("typed decode + COPY, box scores too", rows),
        usual_loaded.rate("json + executemany", rows),
    )
    yield Figure(
        _TOPIC,
        "of that, games settled and states computed",
        "rows/s",
        derived.rate("one statement for 300 games", rows),
        usual_derived.rate("a game at a time in Python", rows),
    )
    yield Figure(
        _TOPIC,
        "the same files again",
        "s",
        again.sample("known by their hash, not read"),
        aim=Aim(1.0),
    )


def _sum(ones: Seconds, others: Seconds) -> Seconds:
    return Seconds(tuple(map(sum, zip(ones.each, others.each, strict=False))))


def _fresh(work: Workbench) -> str:
    return fresh_database(work.server, "nba", template=_TEMPLATE)


async def _load_schedule(conninfo: str, archive: Archive) -> None:
    async with resources(conninfo, archive) as held:
        await register(held, (SourceType.NBA_SCHEDULE,))
        await do(held, "nba_lists")


async def _load_and_derive(conninfo: str, archive: Archive) -> tuple[float, float, float]:
    """Seconds of the load, of the derivation, and of both again with nothing new."""
    async with resources(conninfo, archive) as held:
        await register(held, _FILES)
        loaded, changes = await timed(held, "load_nba")
        assert changes[PBP_EVENTS.name].inserted, changes
        derived, changes = await timed(held, "nba_state")
        assert changes[PBP_EVENT_STATE.name].inserted, changes
        again, changes = await timed(held, "load_nba")
        assert not any(changes.values()), changes
        return loaded, derived, again


def _games(conninfo: str) -> list[str]:
    with connect(conninfo, purpose="bench") as connection:
        found = connection.execute("SELECT DISTINCT game_id FROM nba.pbp_events").fetchall()
    return [game for (game,) in found]
