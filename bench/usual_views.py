"""The usual way of deriving and publishing: one materialized view over everything, refreshed.

Beside it a plain copy of our features, which is the least that a view of them can be.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from psycopg import AsyncConnection

from nbapanel.warehouse.relations import SNAPSHOT_FEATURES

VIEW, COPY = "bench.snapshot_features", "bench.copy"
_NOT_IN_VIEW = ("aligned_by", "opening_moneyline_home", "opening_moneyline_away",
                "opening_spread", "opening_total")  # fmt: skip
COLUMNS = tuple(name for name in SNAPSHOT_FEATURES.column_names if name not in _NOT_IN_VIEW)
"""Those that the view and our table both have."""

_CREATE = Path(__file__).with_name("usual_view.sql").read_text(encoding="utf-8")


async def create(connection: AsyncConnection[Any]) -> float:
    """The view and its index, in the place of one that is there; seconds that this took."""
    await connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
    await connection.execute("DROP MATERIALIZED VIEW IF EXISTS bench.snapshot_features")
    await connection.execute("CHECKPOINT")
    start = time.perf_counter()
    await connection.execute(_CREATE.encode())
    await connection.execute(
        "CREATE UNIQUE INDEX ON bench.snapshot_features"
        " (game_id, sequence_number, snapshot_ts, season_label)"
    )
    return time.perf_counter() - start


async def refresh(connection: AsyncConnection[Any]) -> None:
    await connection.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY bench.snapshot_features")


async def create_copy(connection: AsyncConnection[Any]) -> None:
    await connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
    await connection.execute("DROP MATERIALIZED VIEW IF EXISTS bench.copy")
    await connection.execute(
        "CREATE MATERIALIZED VIEW bench.copy AS SELECT * FROM derived.snapshot_features"
    )
    await connection.execute(
        "CREATE UNIQUE INDEX ON bench.copy"
        " (game_id, sequence_number, snapshot_ts, season_label) NULLS NOT DISTINCT"
    )
    await connection.execute("ANALYZE bench.copy")


async def refresh_copy(connection: AsyncConnection[Any]) -> None:
    await connection.execute("REFRESH MATERIALIZED VIEW CONCURRENTLY bench.copy")


async def refresh_copy_locking(connection: AsyncConnection[Any]) -> None:
    """Nobody can read it meanwhile."""
    await connection.execute("REFRESH MATERIALIZED VIEW bench.copy")


async def drop(connection: AsyncConnection[Any]) -> None:
    await connection.execute("DROP MATERIALIZED VIEW IF EXISTS bench.snapshot_features, bench.copy")
