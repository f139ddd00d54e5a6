"""The asyncio tasks of one run: started, waited for, and none left behind at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

TIDY_S = 0.2

T = TypeVar("T")


class RunTasks:
    """`on_cancel` is called when the task that waits here is cancelled from outside; the wait goes
    on, so that the run can come to its end, and `cancelled` says that it happened.
    """

    def __init__(self, on_cancel: Callable[[], None]) -> None:
        self._on_cancel = on_cancel
        self._tasks: set[asyncio.Task[Any]] = set()
        self.cancelled = False

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    async def first_of(self, *tasks: asyncio.Task[Any], timeout_s: float | None = None) -> None:
        """Wait until one of these has ended, or `timeout_s` has gone by."""
        while True:
            try:
                await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                self.cancelled = True
                self._on_cancel()
            else:
                return

    async def tidy(self) -> None:
        """Cancel what is left, and wait a moment for it to end."""
        left = set(self._tasks)
        for task in left:
            task.cancel()
        if left:
            await self.first_of(asyncio.create_task(_all_of(left)))

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # has been judged, or belongs to a step that was left behind


async def _all_of(tasks: set[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks, timeout=TIDY_S)
