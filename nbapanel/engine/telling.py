"""Tells the observers of a run what happens: in order, one event at a time, the last one last."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from nbapanel.engine.events import Event, RunFinished
from nbapanel.engine.logbook import log_event
from nbapanel.errors import UserFacingError

log = logging.getLogger(__name__)

Observer = Callable[[Event], Awaitable[None]]
"""Is told of each event, one at a time; what it tells of waits until it returns."""


class Teller:
    """Passes events on. An observer that fails is reported to `on_failure`, and from then on it is
    told of nothing but the end of the run: a lost database would hold up each further event.
    """

    def __init__(
        self, observers: tuple[Observer, ...], on_failure: Callable[[BaseException], None]
    ) -> None:
        self._observers = observers
        self._on_failure = on_failure
        self._failed: set[Observer] = set()
        self._one_at_a_time = asyncio.Lock()
        self._closed = False

    async def tell(self, event: Event) -> None:
        """Tell every observer. Returns whatever they do; nothing is told after RunFinished."""
        async with self._one_at_a_time:
            if self._closed:
                return
            last = isinstance(event, RunFinished)
            self._closed = last
            log_event(event)  # first: the log knows also what cannot be recorded
            for observer in self._observers:
                if last or observer not in self._failed:
                    await self._tell_one(observer, event)

    def close(self) -> None:
        self._closed = True

    async def _tell_one(self, observer: Observer, event: Event) -> None:
        try:
            await observer(event)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._fail(observer, event, error)  # its own doing, nobody cancelled us
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001
            self._fail(observer, event, error)

    def _fail(self, observer: Observer, event: Event, error: BaseException) -> None:
        where = {"run": event.run_id}
        if observer in self._failed:
            log.error("The end of the run could not be recorded: %s", error, extra=where)
            return
        self._failed.add(observer)
        what = type(event).__name__
        bug = None if isinstance(error, UserFacingError) else error
        log.error("%s could not be recorded: %s", what, error, exc_info=bug, extra=where)
        self._on_failure(error)
