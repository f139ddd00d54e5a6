"""When something is to happen by itself: refetches at times or while games are live, and refreshes.

Says that it is time; what is done then, and whether something runs already, is for others to know.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time

from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 30
_EXECUTOR_LOG = "apscheduler.executors.default"


@dataclass(frozen=True, slots=True)
class Times:
    """`at`: local times of day for a refetch. `while_live_min`: minutes between refetches while
    games are live; None: no such. `refresh_min`: minutes between looks at the views; None: none.
    """

    at: tuple[time, ...] = ()
    while_live_min: int | None = None
    refresh_min: int | None = 5


class Schedule:
    """Calls `refetch` and `refresh` when it is time, in the running asyncio loop.

    What was missed while the machine slept is called once. `are_games_live` decides whether the
    live interval does anything; `is_busy` whether a run is underway: then nothing is called. A
    refetch, however many came due meanwhile, is owed once and called at the first look at which
    nothing runs; a refresh is left out. `changed` hears that the next time moved.
    """

    def __init__(
        self,
        *,
        refetch: Callable[[], None],
        refresh: Callable[[], None],
        are_games_live: Callable[[], bool],
        is_busy: Callable[[], bool],
        changed: Callable[[], None],
    ) -> None:
        self._refetch = refetch
        self._refresh = refresh
        self._are_games_live = are_games_live
        self._is_busy = is_busy
        self._changed = changed
        self._is_owed = False
        self._scheduler = AsyncIOScheduler(
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )

    def start(self, times: Times) -> None:
        """Needs the loop running."""
        self._scheduler.start()
        self.set(times)

    def set(self, times: Times) -> None:
        """Have these times in place of those before."""
        self._scheduler.remove_all_jobs()
        self._is_owed = False
        for number, at in enumerate(times.at):
            self._scheduler.add_job(
                self._on_time,
                CronTrigger(hour=at.hour, minute=at.minute),
                id=f"at-{number}",
                name="Refetch",
            )
        if times.while_live_min is not None:
            self._scheduler.add_job(
                self._on_live,
                IntervalTrigger(minutes=times.while_live_min),
                id="live",
                name="Refetch",
            )
        if times.refresh_min is not None:
            self._scheduler.add_job(
                self._on_refresh,
                IntervalTrigger(minutes=times.refresh_min),
                id="refresh",
                name="View refresh",
            )
        # A timer of the loop stands still while the machine sleeps: this look at the wall clock
        # finds what came due meanwhile.
        self._scheduler.add_job(
            self._on_look, IntervalTrigger(seconds=_LOOK_EVERY_S), id="look", name="look"
        )
        self._changed()

    def next(self) -> tuple[datetime, str] | None:
        """When the next refetch comes (aware), and what it is called; None: none is planned."""
        coming: list[tuple[datetime, str]] = []
        for job in self._scheduler.get_jobs():
            if job.id.startswith("at-") or (job.id == "live" and self._are_games_live()):
                coming.append((_next_of(job), str(job.name)))
        return min(coming, default=None)

    def close(self) -> None:
        if self._scheduler.running:
            logging.getLogger(_EXECUTOR_LOG).addFilter(_is_no_cancel)
            self._scheduler.shutdown(wait=False)

    # Coroutines, though none waits: APScheduler calls plain functions in a thread of their own.

    async def _on_time(self) -> None:
        self._refetch_once()

    async def _on_live(self) -> None:
        if self._are_games_live():
            self._refetch_once()

    async def _on_refresh(self) -> None:
        if self._is_busy():
            log.info("scheduled refresh left out: a run is underway")
        else:
            self._refresh()
        self._changed()

    async def _on_look(self) -> None:
        """Above all the scheduler woke up; and what is owed may be possible by now."""
        if self._is_owed and not self._is_busy():
            self._refetch_once()

    def _refetch_once(self) -> None:
        """Now, which settles what was owed; or as soon as the run that is underway is over."""
        self._is_owed = self._is_busy()
        if self._is_owed:
            log.info("scheduled refetch put off: a run is underway")
        else:
            self._refetch()
        self._changed()


def _is_no_cancel(record: logging.LogRecord) -> bool:
    """A call that came due in the moment of `close` is cancelled: APScheduler tells an error."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))


def _next_of(job: Job) -> datetime:
    moment = job.next_run_time
    assert isinstance(moment, datetime)
    return moment
