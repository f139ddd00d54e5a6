"""How the units of a backfill stand, written down as workers begin and end them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import procrastinate
from psycopg import AsyncConnection

from nbapanel.backfill import queue
from nbapanel.backfill.record import about, course, number, tell
from nbapanel.backfill.stages import Keys, Stage
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.statements import statement

MOST_ATTEMPTS = 3
_BACK_OFF = (2, 10)
"""So many times as long as a request waits after its first failure, a unit does: first, then."""


@dataclass(slots=True)
class Tally:
    """What one job did, for the figures of the whole."""

    requests: int = 0
    bytes_fetched: int = 0
    rows_loaded: int = 0
    load_s: float = 0.0
    rows_derived: int = 0
    derive_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Units:
    """Beside each write of `database` goes what that means for the queue in `app`."""

    database: Database
    app: procrastinate.App

    async def begin(self, backfill_id: int, stage: str, keys: Keys, worker: str) -> list[str]:
        """Those of the units that are still to be done; they are underway now."""
        async with self.database.connection() as connection, connection.transaction():
            cursor = await connection.execute(
                statement("units_underway"), about(backfill_id, stage, keys, worker=worker)
            )
            await tell(connection, backfill_id)
            return [key for (key,) in await cursor.fetchall()]

    async def put_back(self, backfill_id: int, stage: str, keys: Keys) -> None:
        async with self.database.connection() as connection:
            await connection.execute(statement("units_waiting"), about(backfill_id, stage, keys))

    async def note(
        self,
        backfill_id: int,
        stage: Stage,
        keys: Keys,
        lacking: Mapping[str, str],
        tally: Tally,
        worker: str,
        backoff_s: float = 1.0,
    ) -> None:
        """How the units of a job ended. What is lacking is tried again by itself, or given up."""
        done = [key for key in keys if key not in lacking]
        async with course(self.database, backfill_id) as connection:
            await connection.execute(
                statement("units_done"), about(backfill_id, stage.name, done, worker=worker)
            )
            cursor = await connection.execute(
                statement("units_troubled"),
                about(
                    backfill_id,
                    stage.name,
                    list(lacking),
                    reasons=list(lacking.values()),
                    worker=worker,
                    most_attempts=MOST_ATTEMPTS,
                ),
            )
            for key, attempts, is_failed in await cursor.fetchall():
                if not is_failed:
                    wait_s = backoff_s * _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]
                    await queue.defer_work(
                        self.app, connection, backfill_id, [(stage.name, [key])], wait_s
                    )
            await count_in(connection, backfill_id, tally)

    async def give_up(self, backfill_id: int, stage: str, keys: Keys, reason: str) -> None:
        async with course(self.database, backfill_id) as connection:
            await connection.execute(
                statement("units_of_dead_jobs"), about(backfill_id, stage, keys, reason=reason)
            )

    async def count(self, backfill_id: int, tally: Tally) -> None:
        async with course(self.database, backfill_id) as connection:
            await count_in(connection, backfill_id, tally)

    async def have_derived(self, backfill_id: int, least_games: int) -> None:
        """Put a job into the queue that derives what changed, once that is worth one."""
        async with course(self.database, backfill_id) as connection:
            if await number(connection, "marked_for_derivation") >= least_games:
                await queue.defer_derive(self.app, connection, backfill_id)


async def count_in(connection: AsyncConnection[Any], backfill_id: int, tally: Tally) -> None:
    await connection.execute(
        statement("backfill_counted"), {"backfill_id": backfill_id, **asdict(tally)}
    )
