"""Two lanes of one run meet in the database: neither fails for it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nbapanel.archive import Archive
from nbapanel.payload import Payload, SourceType
from nbapanel.steps.loading import register_manifests
from nbapanel.warehouse.db import Database

_NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)


async def test_all_lanes_register_the_same_payloads(
    conninfo: str, tmp_path: Path, connection: Any
) -> None:
    """trap L4: each lane tells the database of all that is pending, also of what another lane is
    just telling it of; none is thrown back by the other's rows."""
    archive = Archive(tmp_path)
    archive.put(Payload(SourceType.ESPN_SCOREBOARD, "2026-01-15", "http://x", (b"{}",), _NOW))
    pending = archive.pending()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(conninfo, "test"))
        lanes = [await stack.enter_async_context(database.connection()) for _ in range(4)]
        for _ in range(120):
            connection.execute("DELETE FROM ops.source_files")
            await asyncio.gather(*(register_manifests(lane, pending) for lane in lanes))
    assert connection.execute("SELECT count(*) FROM ops.source_files").fetchone() == (1,)
