"""What is on record of a backfill, and its course: found, worked, derived, over. No feed here.

Whoever changes the course has the backfill's row locked, and puts jobs into the queue in the same
transaction: there is never a unit that is open and has no job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import procrastinate
from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.backfill import queue
from nbapanel.backfill.record import course, in_batches, number, side_by_side, tell
from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.stages import Stage, Unit
from nbapanel.backfill.units import Units
from nbapanel.errors import UsageError
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.statements import statement

Found = Sequence[tuple[Stage, Sequence[Unit]]]

_OPENING_LOCK = 0x6E62_6105


@dataclass(frozen=True, slots=True)
class Backfill:
    """`phase`: discover, work, derive, over; `status`: running, paused, done, failed."""

    backfill_id: int
    seasons: list[str]
    lanes: list[str]
    most_games: int | None
    force: bool
    phase: str
    status: str
    reason: str

    @property
    def request(self) -> BackfillRequest:
        return BackfillRequest(tuple(self.seasons), tuple(self.lanes), self.most_games, self.force)


@dataclass(frozen=True, slots=True)
class Book:
    """The record of the backfills in `database`, and the queue of their jobs in `app`."""

    database: Database
    app: procrastinate.App

    @property
    def units(self) -> Units:
        return Units(self.database, self.app)

    # -- how it begins ---------------------------------------------------------------------------

    async def open(self, request: BackfillRequest, trigger: str, found: Found) -> int:
        """Put a backfill on record, with its first units and their jobs.

        Where somebody else was asked for the same in the same moment, it is that one.
        """
        async with self.database.connection() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_OPENING_LOCK,))
            same = await _as_asked(connection, request)
            if same is not None:
                return same
            backfill_id = await number(
                connection, "backfill_opened", trigger=trigger, **_words_of(request)
            )
            await self._add(connection, backfill_id, found)
            await tell(connection, backfill_id)
        return backfill_id

    async def as_asked(self, request: BackfillRequest) -> int | None:
        """The backfill that was asked for in the same words and is not over."""
        async with self.database.connection() as connection:
            return await _as_asked(connection, request)

    async def to_resume(self, backfill_id: int | None) -> int:
        """That one, or the last that left something undone. Raises UsageError if there is none."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(
                statement("backfill_to_resume"), {"backfill_id": backfill_id}
            )
            row = await cursor.fetchone()
        if row is not None:
            return int(row[0])
        if backfill_id is not None:
            raise UsageError(
                f"There is no backfill {backfill_id}.", hint="See: nbapanel backfill --list"
            )
        raise UsageError(
            "There is no backfill to resume.", hint="Begin one: nbapanel backfill --season 2023-24"
        )

    async def resume(self, backfill_id: int, stages: Mapping[str, Stage]) -> None:
        """Have it go on: what failed is tried again, and what lost its job gets another."""
        async with course(self.database, backfill_id) as connection:
            cursor = await connection.execute(
                statement("failed_units_again"), {"backfill_id": backfill_id}
            )
            again = {stages[stage].phase for (stage,) in await cursor.fetchall()}
            phase = _resumed_at((await self.read(backfill_id)).phase, again)
            await connection.execute(
                statement("backfill_resumed"), {"backfill_id": backfill_id, "phase": phase}
            )
            await self._defer_lost(connection, backfill_id, stages)
            if phase == "derive":
                await queue.defer_derive(self.app, connection, backfill_id)

    async def _defer_lost(
        self, connection: AsyncConnection[Any], backfill_id: int, stages: Mapping[str, Stage]
    ) -> None:
        waiting = await queue.waiting_jobs(self.app, backfill_id)
        held = {
            (job.task_kwargs.get("stage"), key)
            for job in waiting
            for key in _keys_of(job.task_kwargs)
        }
        cursor = await connection.execute(statement("open_units"), {"backfill_id": backfill_id})
        lost: dict[str, list[str]] = {}
        for stage, key in await cursor.fetchall():
            if (stage, key) not in held:
                lost.setdefault(stage, []).append(key)
        batches = [in_batches(name, keys, stages[name].at_once) for name, keys in lost.items()]
        await queue.defer_work(self.app, connection, backfill_id, side_by_side(batches))

    # -- its course ------------------------------------------------------------------------------

    async def read(self, backfill_id: int) -> Backfill:
        async with (
            self.database.connection() as connection,
            connection.cursor(row_factory=class_row(Backfill)) as cursor,
        ):
            await cursor.execute(statement("backfill"), {"backfill_id": backfill_id})
            found = await cursor.fetchone()
        if found is None:
            raise UsageError(f"There is no backfill {backfill_id}.")
        return found

    async def enter(
        self, backfill_id: int, phase: str, found: Found = (), most_games: int | None = None
    ) -> None:
        """Begin a phase with the units found for it.

        At most so many of each stage in all: where a failed day was tried again, some are on record
        already. Only from the phase before it, so that of two who come at once one does.
        """
        async with course(self.database, backfill_id) as connection:
            if not await _is_before(connection, backfill_id, phase):
                return
            await _phase(connection, backfill_id, phase)
            await self._add(connection, backfill_id, found, most_games)
            if phase == "derive":
                await queue.defer_derive(self.app, connection, backfill_id)

    async def _add(
        self,
        connection: AsyncConnection[Any],
        backfill_id: int,
        found: Found,
        most: int | None = None,
    ) -> None:
        """Units, at most so many of each stage, and a job for each batch of them."""
        jobs = []
        for stage, units in found:
            cursor = await connection.execute(
                statement("units_found"),
                {
                    "backfill_id": backfill_id,
                    "stage": stage.name,
                    "keys": [unit.key for unit in units],
                    "days": [unit.day for unit in units],
                    "most": most,
                },
            )
            new = {key for (key,) in await cursor.fetchall()}
            keys = [unit.key for unit in units if unit.key in new]
            jobs.append(in_batches(stage.name, keys, stage.at_once))
        await queue.defer_work(self.app, connection, backfill_id, side_by_side(jobs))

    async def has_open_units(self, backfill_id: int) -> bool:
        async with self.database.connection() as connection:
            return bool(await number(connection, "count_open_units", backfill_id=backfill_id))

    async def end(self, backfill_id: int) -> None:
        """It is over: done, or failed where units did. One that is paused ends when it goes on."""
        async with course(self.database, backfill_id) as connection:
            await connection.execute(statement("backfill_over"), {"backfill_id": backfill_id})
            await connection.execute(statement("refreshes_left_by_killed_workers"))

    async def pause(self, backfill_id: int, reason: str) -> None:
        """Nobody takes another unit from now on; those underway are ended."""
        async with course(self.database, backfill_id) as connection:
            await connection.execute(
                statement("backfill_paused"), {"backfill_id": backfill_id, "reason": reason}
            )

    async def running(self) -> list[int]:
        async with self.database.connection() as connection:
            cursor = await connection.execute(statement("running_backfills"))
            return [number for (number,) in await cursor.fetchall()]


_BEFORE = {"work": "discover", "derive": "work"}


async def _as_asked(connection: AsyncConnection[Any], request: BackfillRequest) -> int | None:
    cursor = await connection.execute(statement("backfill_as_asked"), _words_of(request))
    row = await cursor.fetchone()
    return None if row is None else int(row[0])


def _words_of(request: BackfillRequest) -> dict[str, Any]:
    return {
        "seasons": list(request.seasons),
        "lanes": list(request.lanes),
        "most_games": request.most_games,
        "force": request.force,
    }


def _resumed_at(phase: str, again: Set[str]) -> str:
    """Where it goes on, if units of these phases are tried again: what finds units comes first."""
    if "discover" in again or phase == "discover":
        return "discover"
    if "work" in again or phase == "work":
        return "work"
    return "derive"


async def _is_before(connection: AsyncConnection[Any], backfill_id: int, phase: str) -> bool:
    cursor = await connection.execute(statement("lock_backfill"), {"backfill_id": backfill_id})
    row = await cursor.fetchone()
    return row is not None and row[0] == _BEFORE[phase]


async def _phase(connection: AsyncConnection[Any], backfill_id: int, phase: str) -> None:
    await connection.execute(
        statement("backfill_phase"), {"backfill_id": backfill_id, "phase": phase}
    )


def _keys_of(arguments: Mapping[str, Any]) -> list[str]:
    keys = arguments.get("keys", [])
    return list(keys) if isinstance(keys, list) else []
