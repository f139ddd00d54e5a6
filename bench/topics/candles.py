"""One-minute candlesticks from archived files into their table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

from psycopg import sql

from bench import usual_loads
from bench.figures import PATIENCE_S, Aim, Figure, repeated
from bench.warehouse import do, fresh_database, register, resources, rows_of, run
from bench.workbench import Workbench
from nbapanel.archive import Archive
from nbapanel.payload import SourceType
from nbapanel.rows.models import CANDLESTICKS
from nbapanel.warehouse.db import connect

_TOPIC = "candles"
_AIM_ROWS_PER_S = 150_000
_MARKETS = (SourceType.ESPN_SCOREBOARD, SourceType.KALSHI_MARKETS)
_FILES = (SourceType.KALSHI_CANDLESTICKS,)
_TEMPLATE = "markets_only"
_COPY = "bench.candlesticks"
_PARTS = 10
"""The usual way is measured on every tenth file: on all it takes minutes, at the same rate."""


def measure(work: Workbench) -> Iterator[Figure]:
    archive = work.archive(work.games, (*_MARKETS, *_FILES))
    template = fresh_database(work.server, _TEMPLATE)
    asyncio.run(_load_markets(template, archive))

    def ours() -> float:
        conninfo = fresh_database(work.server, "candles", template=_TEMPLATE)
        return asyncio.run(_load(conninfo, archive))

    first = repeated(ours, work.repeats)
    conninfo = fresh_database(work.server, "candles", template=_TEMPLATE)
    asyncio.run(_load(conninfo, archive))
    rows = rows_of(conninfo, CANDLESTICKS.name)
    manifests = [m for m in archive.all() if m.source_type in _FILES][::_PARTS]

    def usual() -> float:
        usual_loads.prepare(conninfo, CANDLESTICKS, _COPY)
        return usual_loads.load(
            conninfo, archive, manifests, CANDLESTICKS, _COPY, usual_loads.candle_rows
        )

    usual_first = repeated(usual, work.repeats, PATIENCE_S)
    part = _assert_same_part(conninfo)
    yield Figure(
        _TOPIC,
        f"{rows:,} candlesticks, archive to table",
        "rows/s",
        first.rate("typed decode + COPY", rows),
        usual_first.rate(f"json + executemany, {part:,} of them", part),
        Aim(_AIM_ROWS_PER_S),
        is_chief=True,
    )


def _assert_same_part(conninfo: str) -> int:
    """How many rows the usual way loaded; we have the same of the same markets."""
    with connect(conninfo, purpose="bench") as connection:
        row = connection.execute(
            sql.SQL(
                "WITH ours AS (SELECT * FROM kalshi.candlesticks"
                "  WHERE ticker IN (SELECT ticker FROM {0}))"
                " SELECT (SELECT count(*) FROM {0}), (SELECT count(*) FROM ours),"
                " (SELECT count(*) FROM (SELECT * FROM ours EXCEPT SELECT * FROM {0}) AS d)"
            ).format(sql.Identifier(*_COPY.split(".")))
        ).fetchone()
    assert row is not None
    theirs, ours, differing = row
    assert theirs == ours, f"{ours} candles, the usual way has {theirs}"
    assert differing == 0, f"{differing} candles differ"
    return int(theirs)


async def _load_markets(conninfo: str, archive: Archive) -> None:
    async with resources(conninfo, archive) as held:
        await register(held, _MARKETS)
        await do(held, "load_scoreboards")
        await do(held, "markets")


async def _load(conninfo: str, archive: Archive) -> float:
    async with resources(conninfo, archive) as held:
        await run(held, "CHECKPOINT")
        start = time.perf_counter()
        await register(held, _FILES)
        await do(held, "candlesticks")
        return time.perf_counter() - start
