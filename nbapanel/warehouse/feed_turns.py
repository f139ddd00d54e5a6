"""Turns toward the feeds, agreed on by all processes of one database: one row a group of hosts."""

from __future__ import annotations

import logging

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.statements import statement

log = logging.getLogger(__name__)


class FeedTurns:
    """The `source.pacing.Turns` of a database. Its clock is everybody's.

    Where the database does not answer, each process keeps the pace by itself.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, group: str, interval_s: float, within_s: float) -> float | None:
        """Take the next turn; in how many seconds it is due. One that is due later is not taken:
        the seconds are more than `within_s` then. None: the database was not to be asked."""
        try:
            async with self._database.connection() as connection:
                cursor = await connection.execute(
                    statement("take_feed_turn"),
                    {"group": group, "interval_s": interval_s, "within_s": within_s},
                )
                row = await cursor.fetchone()
        except DatabaseUnavailable as trouble:
            log.info("%s: the pace is kept by this process alone: %s", group, trouble)
            return None
        assert row is not None
        return float(row[0])

    async def hold(self, group: str, wait_s: float) -> None:
        """No turn for anybody for so long."""
        try:
            async with self._database.connection() as connection:
                await connection.execute(
                    statement("hold_feed_turns"), {"group": group, "wait_s": wait_s}
                )
        except DatabaseUnavailable as trouble:
            log.info("%s: only this process waits %g s: %s", group, wait_s, trouble)
