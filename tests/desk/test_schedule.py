"""The schedule under a loop: at times, while games are live, never twice, once after a sleep."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest

from nbapanel.desk.schedule import Schedule, Times


class Seen:
    def __init__(self) -> None:
        self.refetches = self.refreshes = self.changes = 0
        self.live = self.busy = False
        self.threads: set[str] = set()

    def refetch(self) -> None:
        self.refetches += 1
        self.threads.add(threading.current_thread().name)

    def refresh(self) -> None:
        self.refreshes += 1
        self.threads.add(threading.current_thread().name)

    def change(self) -> None:
        self.changes += 1


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
async def schedule(seen: Seen) -> Iterator[Schedule]:
    made = Schedule(
        refetch=seen.refetch,
        refresh=seen.refresh,
        are_games_live=lambda: seen.live,
        is_busy=lambda: seen.busy,
        changed=seen.change,
    )
    yield made
    made.close()


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - what is awaited has no event
            await asyncio.sleep(0.01)


def come_due(schedule: Schedule, name: str, ago: timedelta = timedelta(0)) -> None:
    """Have a job's time be now, or some time ago."""
    job = schedule._scheduler.get_job(name)
    job.modify(next_run_time=datetime.now(UTC) - ago)


async def test_nothing_is_planned_by_default(schedule: Schedule) -> None:
    schedule.start(Times(refresh_min=None))
    assert schedule.next() is None


async def test_the_next_refetch_is_the_earliest_of_the_times(schedule: Schedule) -> None:
    schedule.start(Times(at=(time(6, 0), time(18, 30))))
    found = schedule.next()
    assert found is not None
    at, what = found
    assert what == "Refetch"
    assert at.astimezone().time() in (time(6, 0), time(18, 30))
    assert timedelta(0) < at - datetime.now(UTC) <= timedelta(hours=12, minutes=30)


async def test_a_time_that_comes_refetches_once(schedule: Schedule, seen: Seen) -> None:
    schedule.start(Times(at=(time(6, 0),)))
    come_due(schedule, "at-0")
    await until(lambda: seen.refetches == 1)
    assert seen.refreshes == 0


async def test_all_is_called_in_the_thread_of_the_loop(schedule: Schedule, seen: Seen) -> None:
    """Which is the window's: what is called there touches widgets."""
    schedule.start(Times(at=(time(6, 0),), refresh_min=5))
    come_due(schedule, "at-0")
    come_due(schedule, "refresh")
    await until(lambda: seen.refetches == 1 and seen.refreshes == 1)
    assert seen.threads == {threading.current_thread().name}


async def test_what_a_sleep_missed_is_done_once(schedule: Schedule, seen: Seen) -> None:
    """trap W11: the machine slept through hours of refreshes and a refetch."""
    schedule.start(Times(at=(time(6, 0),), refresh_min=5))
    come_due(schedule, "refresh", timedelta(hours=8))
    come_due(schedule, "at-0", timedelta(hours=3))
    await until(lambda: seen.refetches == 1 and seen.refreshes == 1)
    await asyncio.sleep(0.05)
    assert (seen.refetches, seen.refreshes) == (1, 1)


async def test_the_wall_clock_is_looked_at_though_timers_stood_still(schedule: Schedule) -> None:
    """trap W11: a timer of the loop does not see the hours of a sleep; this one looks."""
    schedule.start(Times())
    look = schedule._scheduler.get_job("look")
    assert look.next_run_time - datetime.now(UTC) <= timedelta(seconds=31)


async def come_due_in_vain(schedule: Schedule, seen: Seen, name: str) -> None:
    before = seen.changes
    come_due(schedule, name)
    await until(lambda: seen.changes > before)


async def looked(schedule: Schedule) -> None:
    come_due(schedule, "look")
    job = schedule._scheduler.get_job
    await until(lambda: job("look").next_run_time > datetime.now(UTC))
    await asyncio.sleep(0.05)


async def test_a_refetch_due_during_a_run_is_owed_once(schedule: Schedule, seen: Seen) -> None:
    """trap W2: neither started beside it, nor dropped, nor done twice."""
    seen.busy = True
    schedule.start(Times(at=(time(6, 0), time(7, 0)), refresh_min=5))
    for name in ("at-0", "at-1", "refresh"):
        await come_due_in_vain(schedule, seen, name)
    await looked(schedule)
    assert seen.refetches == 0
    seen.busy = False
    await looked(schedule)
    assert seen.refetches == 1
    await looked(schedule)
    assert (seen.refetches, seen.refreshes) == (1, 0)


async def test_the_next_time_settles_what_is_owed(schedule: Schedule, seen: Seen) -> None:
    seen.busy = True
    schedule.start(Times(at=(time(6, 0),)))
    await come_due_in_vain(schedule, seen, "at-0")
    seen.busy = False
    await come_due_in_vain(schedule, seen, "at-0")
    await looked(schedule)
    assert seen.refetches == 1


async def test_other_times_owe_nothing(schedule: Schedule, seen: Seen) -> None:
    seen.busy = True
    schedule.start(Times(at=(time(6, 0),)))
    await come_due_in_vain(schedule, seen, "at-0")
    schedule.set(Times())
    seen.busy = False
    await looked(schedule)
    assert seen.refetches == 0


async def test_the_live_interval_waits_for_a_live_game(schedule: Schedule, seen: Seen) -> None:
    schedule.start(Times(while_live_min=2, refresh_min=None))
    assert schedule.next() is None
    come_due(schedule, "live")
    await asyncio.sleep(0.1)
    assert seen.refetches == 0
    seen.live = True
    assert schedule.next() is not None
    come_due(schedule, "live")
    await until(lambda: seen.refetches == 1)


async def test_new_times_take_the_place_of_the_old(schedule: Schedule) -> None:
    schedule.start(Times(at=(time(6, 0), time(7, 0)), refresh_min=5))
    schedule.set(Times(at=(time(9, 15),), refresh_min=None))
    assert {job.id for job in schedule._scheduler.get_jobs()} == {"at-0", "look"}


async def test_what_came_due_at_its_end_is_no_error(
    schedule: Schedule, seen: Seen, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled before it began: a line of an error at each such end would be taken for one."""
    schedule.start(Times(refresh_min=5))
    come_due(schedule, "refresh")
    schedule.close()  # in the same turn of the loop: it was handed over, and has not begun
    await asyncio.sleep(0.1)
    assert seen.refreshes == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
