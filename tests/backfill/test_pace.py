"""The pace toward a feed is one, however many processes of a database make requests."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from psycopg.conninfo import make_conninfo

from nbapanel.source.pacing import Pace
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.feed_turns import FeedTurns

_PER_S = 40.0
_HELD = "SELECT next_at > clock_timestamp() + interval '1 min' FROM ops.feed_turns"


async def _take(pace: Pace, turns: int) -> list[float]:
    """When each turn came."""
    loop, came = asyncio.get_running_loop(), []
    for _ in range(turns):
        assert await pace.turn(loop.time() + 60) is None
        came.append(time.monotonic())
    return came


async def test_two_processes_share_it(conninfo: str) -> None:
    """Each with a connection of its own: together they do not exceed it, and both get on."""
    async with Database(conninfo, "one") as one, Database(conninfo, "other") as other:
        paces = [Pace("espn", _PER_S, FeedTurns(database)) for database in (one, other)]
        both = await asyncio.gather(*(_take(pace, 20) for pace in paces))
    came = sorted(moment for moments in both for moment in moments)
    # The database hands the turns out; a process may come late for one, never early.
    assert came[-1] - came[0] >= (len(came) - 1) / _PER_S - 0.05
    assert all(both)


async def test_what_one_was_asked_to_wait_all_wait(
    conninfo: str, connection: Any, eventually: Any
) -> None:
    """trap F6: a Retry-After is for every worker, and they know it at once."""
    async with Database(conninfo, "one") as one, Database(conninfo, "other") as other:
        asked, unaware = (Pace("espn", _PER_S, FeedTurns(each)) for each in (one, other))
        await _take(asked, 1)
        asked.hold(300.0)
        await eventually(lambda: connection.execute(_HELD).fetchone() == (True,))
        wait_s = await unaware.turn(asyncio.get_running_loop().time() + 1)
    assert wait_s is not None
    assert wait_s > 60


async def test_groups_have_turns_of_their_own(database: Database) -> None:
    """trap F12: a feed that asks to wait holds up no other."""
    turns = FeedTurns(database)
    await turns.hold("espn", 30.0)
    assert await _take(Pace("kalshi", _PER_S, turns), 3)


async def test_a_turn_that_comes_too_late_is_left_to_others(database: Database) -> None:
    turns = FeedTurns(database)
    await turns.hold("espn", 300.0)
    before = await turns.take("espn", 1.0, 1.0)
    after = await turns.take("espn", 1.0, 1.0)
    assert before is not None
    assert after is not None
    assert 60 < after <= before <= 300


async def test_without_the_database_each_keeps_the_pace_by_itself(conninfo: str) -> None:
    """trap W13: a restart of PostgreSQL in mid-fetch fails no request."""
    nowhere = make_conninfo(conninfo, port=1)
    async with Database(nowhere, "test") as database:
        pace = Pace("espn", _PER_S, FeedTurns(database))
        began = time.monotonic()
        await _take(pace, 5)
    assert time.monotonic() - began >= 4 / _PER_S - 0.02


async def test_no_pace_asks_nothing(conninfo: str, connection: Any) -> None:
    """A simulated league is not paced, and costs no statement."""
    async with Database(conninfo, "test") as database:
        await _take(Pace("espn", 0.0, FeedTurns(database)), 10)
    assert connection.execute("SELECT count(*) FROM ops.feed_turns").fetchone() == (0,)
