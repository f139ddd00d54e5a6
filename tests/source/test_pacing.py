"""The pace toward a group of hosts, where several processes keep it together."""

from __future__ import annotations

import asyncio

import pytest

from nbapanel.source.pacing import Pace


class SlowlyTold:
    """Gives every turn at once: it learns only after a minute that there is to be a wait."""

    async def take(self, group, interval_s, within_s):
        return 0.0

    async def hold(self, group, wait_s):
        await asyncio.sleep(60)


async def test_a_wait_holds_here_before_the_others_know_of_it():
    """trap F6; bug: calls that were waiting for the database to be told went out meanwhile."""
    loop = asyncio.get_running_loop()
    pace = Pace("espn", 4.0, SlowlyTold())
    pace.hold(17.0)
    asked_s = loop.time()
    assert await pace.turn(asked_s + 180) is None
    assert loop.time() - asked_s == pytest.approx(17)
    await asyncio.sleep(60)  # until it is told
    asked_s = loop.time()
    assert await pace.turn(asked_s + 180) is None
    assert loop.time() == asked_s
