"""Work that goes on where the database was lost and comes back: servers are restarted at times."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nbapanel.engine.control import RunControl
from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.db import Database

log = logging.getLogger(__name__)

_AWAY_S = 600.0
_TRY_EVERY_S = 1.0
_MOST_LOSSES = 20
"""What is lost so often has another reason than that somebody restarts it."""


async def through_restarts(
    database: Database,
    control: RunControl,
    say: Callable[[str], None],
    work: Callable[[], Awaitable[bool]],
) -> None:
    """Call `work` until it returns False; where the database is lost, again once it is back.

    Raises DatabaseUnavailable where it stays away, is lost again and again, or we are to stop.
    """
    losses = 0
    while True:
        try:
            if not await work():
                return
        except DatabaseUnavailable as lost:
            losses += 1
            log.info("The database was lost: %s", lost)
            if losses > _MOST_LOSSES:
                raise
            say(f"{lost.title} Waiting until it is back.")
            if not await _is_back(database, control):
                raise
            say("The database is back.")


async def _is_back(database: Database, control: RunControl) -> bool:
    """Whether it answers again, before patience ends or we are to stop."""
    deadline_s = asyncio.get_running_loop().time() + _AWAY_S
    while not await control.wait_stop(_TRY_EVERY_S):
        try:
            async with database.connection() as connection:
                await connection.execute("SELECT 1")
        except DatabaseUnavailable:
            if asyncio.get_running_loop().time() > deadline_s:
                return False
        else:
            return True
    return False
