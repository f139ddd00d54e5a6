"""How any panel asks a run to stop, wherever the run's process is: a NOTIFY that the run hears.

What stopping means is the engine's business.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Literal

import msgspec
import psycopg
from psycopg import AsyncConnection, Connection

from nbapanel.errors import UserFacingError
from nbapanel.warehouse.db import Database, in_words

CONTROL_CHANNEL = "nbapanel_control"
A_PANEL = "a panel"

_RETRY_S = 2.0

log = logging.getLogger(__name__)


class _Asked(msgspec.Struct):
    run_id: int
    ask: Literal["stop"]


def ask_to_stop(connection: Connection[Any], run_id: int) -> None:
    """Ask that run to stop; nothing happens if it is not there any more."""
    asked = msgspec.json.encode(_Asked(run_id, "stop")).decode()
    with in_words():
        connection.execute("SELECT pg_notify(%s, %s)", (CONTROL_CHANNEL, asked))
        if not connection.autocommit:
            connection.commit()


@asynccontextmanager
async def heeding(
    database: Database, run_id: int, stop: Callable[[str], None]
) -> AsyncIterator[None]:
    """Call `stop` once if a panel asks this run to stop, for as long as the block lasts.

    Whatever becomes of the connection that listens: the run goes on without it.
    """
    ear = _Ear(database, run_id)
    await ear.open()
    task = asyncio.create_task(ear.heed(stop), name=f"control of run {run_id}")
    try:
        yield
    finally:
        task.cancel()
        try:
            await asyncio.wait((task,))
        finally:
            await ear.close()


class _Ear:
    """The connection that listens for one run, and is made anew when it was lost."""

    def __init__(self, database: Database, run_id: int) -> None:
        self._database = database
        self._run_id = run_id
        self._where = {"run": run_id}
        self._connection: AsyncConnection[Any] | None = None

    async def open(self) -> None:
        try:
            self._connection = await self._database.open_connection(autocommit=True)
            with in_words():
                await self._connection.execute(f"LISTEN {CONTROL_CHANNEL}")
        except UserFacingError as error:
            log.info("No panel can stop this run for now: %s", error, extra=self._where)
            await self.close()

    async def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def heed(self, stop: Callable[[str], None]) -> None:
        try:
            while not await self._is_asked():
                await self.close()
                await asyncio.sleep(_RETRY_S)
                await self.open()
            # One request, however many: a double click must not turn into "leave at once".
            log.info("A panel asks to stop", extra=self._where)
            stop(A_PANEL)
        except Exception:
            log.exception("Nothing more is heard from panels", extra=self._where)

    async def _is_asked(self) -> bool:
        """True once this run is asked to stop; False when there is no connection any more."""
        if self._connection is None:
            return False
        try:
            async for notification in self._connection.notifies():
                if _is_ours(notification.payload, self._run_id):
                    return True
        except psycopg.OperationalError:
            log.info("The connection that hears of a stop was lost", extra=self._where)
        return False


def _is_ours(payload: str, run_id: int) -> bool:
    try:
        return msgspec.json.decode(payload, type=_Asked).run_id == run_id
    except (msgspec.DecodeError, RecursionError):
        log.warning("%s: not understood: %.200s", CONTROL_CHANNEL, payload)
        return False
