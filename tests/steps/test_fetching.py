"""Fetching a list of units: each for itself, a few at once, and stopping when asked to."""

from __future__ import annotations

import asyncio

import pytest

from nbapanel.engine.control import Stopped
from nbapanel.errors import DatabaseUnavailable, FeedFailed, UserFacingError
from nbapanel.steps.fetching import STREAMS, attempted, fetch_each, together


@pytest.fixture
def context(desk):
    return desk.context("fetch_games")


async def test_every_unit_is_fetched_once(context):
    fetched = []

    async def fetch(unit: int) -> None:
        fetched.append(unit)

    await fetch_each(context, range(10), "games", fetch, str)
    assert sorted(fetched) == list(range(10))
    assert context.told[0] == (0, 10, "games")
    assert context.told[-1] == (10, 10, "games")


async def test_a_few_at_once(context):
    running, most = 0, 0

    async def fetch(unit: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1

    await fetch_each(context, range(20), "games", fetch, str)
    assert most == STREAMS


async def test_nothing_to_fetch(context):
    await fetch_each(context, [], "games", None, str)
    assert context.told == [(0, 0, "games")]


async def test_one_that_fails_keeps_no_other_from_coming(context):
    """trap F12: one in trouble holds up the others."""
    fetched = []

    async def fetch(unit: int) -> None:
        if unit == 3:
            raise FeedFailed("ESPN answered 500.", "Nothing came.", "Later.")
        fetched.append(unit)

    with pytest.raises(FeedFailed) as failed:
        await fetch_each(context, range(6), "games", fetch, lambda unit: f"game {unit}")
    assert sorted(fetched) == [0, 1, 2, 4, 5]
    assert failed.value.title == "ESPN answered 500."
    assert "1 of 6 games" in failed.value.detail
    assert failed.value.hint == "Later."
    assert list(context.notes["not_fetched"]) == ["game 3"]
    assert "ESPN answered 500." in context.notes["not_fetched"]["game 3"]


async def test_all_that_failed_in_one_way_are_told_in_one_sentence(context):
    async def fetch(unit: int) -> None:
        raise FeedFailed("ESPN cannot be reached.", "No route.", "Check the network.")

    with pytest.raises(FeedFailed) as failed:
        await fetch_each(context, range(9), "days", fetch, str)
    assert failed.value.title == "ESPN cannot be reached."
    assert "9 of 9 days" in failed.value.detail
    assert failed.value.hint == "Check the network."
    assert set(context.notes["not_fetched"].values()) == {"ESPN cannot be reached. No route."}


async def test_different_failures_are_told_by_name(context):
    async def fetch(unit: int) -> None:
        raise FeedFailed(f"Trouble number {unit}.", hint=f"Do {unit}.")

    with pytest.raises(FeedFailed) as failed:
        await fetch_each(context, range(7), "games", fetch, lambda unit: f"game {unit}")
    assert failed.value.title == "7 of 7 games could not be fetched."
    assert "game 0: Trouble number 0." in failed.value.detail
    assert failed.value.detail.endswith("...")
    assert context.notes["not_fetched"]["game 6"] == "Trouble number 6. Do 6."
    assert len(context.notes["not_fetched"]) == 7


async def test_a_single_unit_is_named(context):
    async def fetch(unit: str) -> None:
        raise FeedFailed("ESPN answered 500.", "Nothing came.")

    with pytest.raises(FeedFailed) as failed:
        await fetch_each(context, ["2026-01-15"], "days", fetch, str)
    assert "2026-01-15" in failed.value.detail


async def test_a_stop_lets_the_units_under_way_finish(context):
    begun, finished = [], []

    async def fetch(unit: int) -> None:
        begun.append(unit)
        if len(begun) == STREAMS:
            context.stopping = True
        await asyncio.sleep(0.005)
        finished.append(unit)

    with pytest.raises(Stopped):
        await fetch_each(context, range(50), "games", fetch, str)
    assert sorted(finished) == sorted(begun)
    assert len(begun) == STREAMS


async def test_a_cancel_is_no_failure_of_a_unit(context):
    """trap F5: cancellation is swallowed and the unit counted as failed, or fetched again."""
    begun = []

    async def fetch(unit: int) -> None:
        begun.append(unit)
        await asyncio.sleep(60)

    task = asyncio.create_task(fetch_each(context, range(50), "games", fetch, str))
    async with asyncio.timeout(60):
        while len(begun) < STREAMS:  # noqa: ASYNC110
            await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(begun) == STREAMS
    assert context.notes == {}


async def test_a_bug_is_not_taken_for_trouble_of_the_feed(context):
    async def fetch(unit: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(BaseExceptionGroup) as raised:
        await fetch_each(context, range(3), "games", fetch, str)
    assert not isinstance(raised.value, UserFacingError)
    assert context.notes == {}


async def test_what_comes_after_trouble_is_done_all_the_same():
    """But for trouble of the database: the step is tried again as a whole then (trap W13)."""

    async def failing(error: UserFacingError) -> None:
        raise error

    troubles: list[UserFacingError] = []
    assert await attempted(asyncio.sleep(0, "done"), troubles) == "done"
    for where in ("/a.", "/b."):
        trouble = FeedFailed("NBA answered 418.", where, "Later.")
        assert await attempted(failing(trouble), troubles) is None
    assert str(together(troubles)) == "NBA answered 418. /a. /b. Later."
    with pytest.raises(DatabaseUnavailable):
        await attempted(failing(DatabaseUnavailable("gone")), troubles)
    assert len(troubles) == 2
    assert together(troubles[:1]) is troubles[0]
