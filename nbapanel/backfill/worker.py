"""A worker: takes jobs of the backfills that are running, until there are none or it is stopped.

It looks after what killed workers left, too: whoever says nothing for a while is taken for dead.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import procrastinate
from procrastinate import exceptions
from procrastinate.job_context import JobContext
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker

from nbapanel.backfill import jobs, queue
from nbapanel.backfill.jobs import Desk, PutBack
from nbapanel.errors import DatabaseUnavailable, UserFacingError

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.3
_POLL_S = 1.0
_AGAIN_AFTER_S = 1
_MOST_TROUBLES = 4
_MOST_DEATHS = 20
"""A job that came back from dead workers so often is given up: it may be what ends them."""


class _Again(BaseRetryStrategy):
    """What the units did not do wrong is no reason to give a job up: it waits, and comes back."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        return RetryDecision(retry_in={"seconds": _AGAIN_AFTER_S})


def take_on(app: procrastinate.App, desk: Callable[[], Desk]) -> None:
    """Say what the jobs of the queue are to do, at whichever desk is open then."""

    @app.task(name=queue.WORK, retry=_Again(), pass_context=True)
    async def work(context: JobContext, backfill_id: int, stage: str, keys: list[str]) -> None:
        done = jobs.work(desk(), backfill_id, stage, keys)
        await _attended(desk(), context.job, backfill_id, done)

    @app.task(name=queue.DERIVE, retry=_Again(), pass_context=True)
    async def derive(context: JobContext, backfill_id: int) -> None:
        await _attended(desk(), context.job, backfill_id, jobs.derive(desk(), backfill_id))


async def _attended(
    desk: Desk, job: Job, backfill_id: int, work: Coroutine[Any, Any, None]
) -> None:
    """Do it; trouble that is no unit's and comes again and again pauses the backfill, in words."""
    try:
        await work
    except PutBack:
        raise
    except Exception as trouble:
        log.info("%s is done again: %s", job.call_string, trouble)
        if job.attempts >= _MOST_TROUBLES:
            said = trouble if isinstance(trouble, UserFacingError) else f"internal error: {trouble}"
            await desk.book.pause(backfill_id, str(said))
            desk.stop()
        raise


@dataclass(slots=True)
class Serving:
    """Serves the queues of some backfills, `at_once` jobs at a time.

    `silent_s`: after so many seconds without a sign of life a worker is taken for dead.
    `joins`: it is here for whichever backfills run, also those that begin meanwhile.
    """

    desk: Desk
    at_once: int
    silent_s: float
    joins: bool = False

    async def serve(self, backfills: Sequence[int]) -> None:
        """Until these are not what is running any more, or the desk is to stop.

        What is underway then is ended. Raises DatabaseUnavailable where the queue was lost.
        """
        app = self.desk.book.app
        worker: Any = Worker(  # its methods have no types
            app=app,
            queues=[queue.queue_of(number) for number in backfills],
            name=None,
            concurrency=self.at_once,
            wait=True,
            fetch_job_polling_interval=_POLL_S,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=False,
            update_heartbeat_interval=self.silent_s / 5,
            stalled_worker_timeout=self.silent_s,
        )
        working = asyncio.create_task(worker.run(), name="backfill worker")
        watching = asyncio.create_task(self._watch(set(backfills)), name="backfill watch")
        try:
            await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
            was_lost = working.done()
        finally:
            watching.cancel()
            worker.stop()
            await asyncio.wait((working, watching))
        if not watching.cancelled() and (trouble := watching.exception()) is not None:
            raise trouble
        if was_lost:
            said = working.exception()
            raise DatabaseUnavailable(
                "The worker lost the database.",
                str(said or ""),
                "What is done stays done. When it is up again: nbapanel backfill --resume",
            )

    async def _watch(self, backfills: set[int]) -> None:
        """Return once there is another set of backfills to serve."""
        looked_s = 0.0
        while not self.desk.is_stopping():
            running = set(await self.desk.book.running())
            if (running if self.joins else running & backfills) != backfills:
                return
            looked_s += _LOOK_EVERY_S
            if looked_s >= self.silent_s / 3:
                looked_s = 0.0
                await rescue(self.desk, self.silent_s)
            await asyncio.sleep(_LOOK_EVERY_S)


async def rescue(desk: Desk, silent_s: float) -> None:
    """Put back what dead workers were at; what killed too many of them is given up."""
    app = desk.book.app
    for job in await queue.rescue(app, desk.database, silent_s):
        log.info("%s was left by a worker that is gone, and is done again", job.call_string)
        if job.attempts >= _MOST_DEATHS and job.task_name == queue.WORK:
            await _give_up(desk, job)


async def _give_up(desk: Desk, job: Job) -> None:
    told = job.task_kwargs
    backfill_id, stage, keys = int(str(told["backfill_id"])), str(told["stage"]), told["keys"]
    assert isinstance(keys, list)
    assert job.id is not None
    reason = f"given up: {job.attempts} workers ended while they were at it"
    await desk.book.units.give_up(backfill_id, stage, [str(key) for key in keys], reason)
    try:
        await desk.book.app.job_manager.cancel_job_by_id_async(job.id)
    except exceptions.ConnectorException:
        log.info("%s is at work again", job.call_string)
    await jobs.advance(desk, backfill_id)
