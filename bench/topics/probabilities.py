"""Win probabilities from archived files into their table, new and known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from bench import usual_loads
from bench.figures import PATIENCE_S, Aim, Figure, Seconds, repeated
from bench.warehouse import assert_same, do, fresh_database, register, resources, run, timed
from bench.workbench import Workbench
from nbapanel.archive import Archive
from nbapanel.payload import SourceType
from nbapanel.rows.models import PROBABILITY_ITEMS
from nbapanel.settings import Settings

_TOPIC = "probabilities"
_AIM_ROWS_PER_S = 60_000
_AIM_RELOAD = 10
_SCOREBOARDS = (SourceType.ESPN_SCOREBOARD,)
_FILES = (SourceType.ESPN_PROBABILITIES,)
_TEMPLATE = "scoreboards_only"
_COPY = "bench.probabilities"


def measure(work: Workbench) -> Iterator[Figure]:
    # Plays come in the same step; here they are left out of the archive.
    archive = work.archive(work.games, (*_SCOREBOARDS, *_FILES))
    template = fresh_database(work.server, _TEMPLATE)
    asyncio.run(_load_scoreboards(template, archive))
    each = [asyncio.run(_load_thrice(_fresh(work), archive)) for _ in range(work.repeats)]
    first, nothing_new, again = (Seconds(times) for times in zip(*each, strict=True))
    with_raw = repeated(lambda: asyncio.run(_load_with_raw(_fresh(work), archive)), work.repeats)

    conninfo = _fresh(work)
    asyncio.run(_load_thrice(conninfo, archive))
    manifests = [m for m in archive.all() if m.source_type in _FILES and m.http_status < 400]

    def usual_load() -> float:
        return usual_loads.load(
            conninfo,
            archive,
            manifests,
            PROBABILITY_ITEMS,
            _COPY,
            usual_loads.probability_rows,
        )

    def usual_first() -> float:
        usual_loads.prepare(conninfo, PROBABILITY_ITEMS, _COPY)
        return usual_load()

    usual = repeated(usual_first, work.repeats, PATIENCE_S)
    usual_again = repeated(usual_load, work.repeats, PATIENCE_S)
    rows = assert_same(conninfo, PROBABILITY_ITEMS.name, _COPY)
    yield from _figures(rows, first, with_raw, nothing_new, again, usual, usual_again)


def _figures(
    rows: int,
    first: Seconds,
    with_raw: Seconds,
    nothing_new: Seconds,
    again: Seconds,
    usual: Seconds,
    usual_again: Seconds,
) -> Iterator[Figure]:
    executemany = usual.rate("json + executemany", rows)
    executemany_again = usual_again.rate("json + executemany", rows)
    ours = first.rate("typed decode + COPY", rows)
    yield Figure(
        _TOPIC,
        f"{rows:,} probability items, archive to table",
        "rows/s",
        ours,
        executemany,
        Aim(_AIM_ROWS_PER_S),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "the same with each item's JSON kept",
        "rows/s",
        with_raw.rate("the same + jsonb", rows),
    )
    yield Figure(
        _TOPIC,
        "the same files again",
        "rows/s",
        nothing_new.rate("known by their hash, not read", rows),
        executemany_again,
        Aim(_AIM_RELOAD * ours.median),
        is_chief=True,
    )
    yield Figure(
        _TOPIC,
        "the same rows again, as of new files",
        "rows/s",
        again.rate("COPY + DO UPDATE WHERE distinct", rows),
        executemany_again,
    )


def _fresh(work: Workbench) -> str:
    return fresh_database(work.server, "probabilities", template=_TEMPLATE)


async def _load_scoreboards(conninfo: str, archive: Archive) -> None:
    async with resources(conninfo, archive) as held:
        await register(held, _SCOREBOARDS)
        await do(held, "load_scoreboards")


async def _load_thrice(conninfo: str, archive: Archive) -> tuple[float, float, float]:
    """Seconds: the first load, one with nothing new, one of the same rows as of new files."""
    async with resources(conninfo, archive) as held:
        await run(held, "CHECKPOINT")
        start = time.perf_counter()
        await register(held, _FILES)
        loaded = await do(held, "load_games")
        first = time.perf_counter() - start
        rows = loaded[PROBABILITY_ITEMS.name].inserted

        nothing_new, changes = await timed(held, "load_games")
        assert not any(changes.values()), changes

        await run(
            held,
            "UPDATE ops.source_files SET loaded_at = NULL WHERE source_type = %s",
            _FILES[0].value,
        )
        again, changes = await timed(held, "load_games")
        assert changes[PROBABILITY_ITEMS.name].unchanged == rows, changes
    return first, nothing_new, again


async def _load_with_raw(conninfo: str, archive: Archive) -> float:
    async with resources(conninfo, archive, Settings(keep_raw_in_database=True)) as held:
        await run(held, "CHECKPOINT")
        start = time.perf_counter()
        await register(held, _FILES)
        await do(held, "load_games")
        return time.perf_counter() - start
