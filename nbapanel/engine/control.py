"""Stop, cancel and deadline of one run: the stages, when each falls due, and the words for it.

Who asks (a signal, a line on stdin) is in `interrupts`; what is stopped is the runner's business.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from enum import IntEnum

GRACE_S = 0.7
CANCEL_GRACE_S = 5.0
TWICE_S = 1.5


class Stopped(Exception):
    """Raised by a step that notices that it is to stop and has not finished: it is cancelled."""


class Stage(IntEnum):
    """How far the stopping of a run has come."""

    NONE = 0
    STOP = 1
    CANCEL = 2
    LEAVE = 3


Announce = Callable[[Stage, str], None]


class RunControl:
    """Takes requests to stop one run and walks it through the stages, each with a deadline.

    STOP: steps are asked to finish the unit in hand, for `grace_s`. CANCEL: their tasks are
    cancelled, and given `cancel_grace_s`. LEAVE: what still runs is left behind and `abandon` is
    called, which a command line lets end the process. The same asker twice within `twice_s` goes
    straight to LEAVE. `deadline_s` bounds the whole run; None leaves it unbounded.

    Everything here belongs to the event loop's thread.
    """

    def __init__(
        self,
        *,
        grace_s: float = GRACE_S,
        cancel_grace_s: float = CANCEL_GRACE_S,
        twice_s: float = TWICE_S,
        deadline_s: float | None = None,
        abandon: Callable[[], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.grace_s = grace_s
        self.cancel_grace_s = cancel_grace_s
        self.twice_s = twice_s
        self.deadline_s = deadline_s
        self.abandon = abandon
        self.who = ""
        self.deadline_passed = False
        self._monotonic = monotonic
        self._last_request: tuple[str, float] | None = None
        self._reached = {stage: asyncio.Event() for stage in Stage if stage}

    @property
    def stage(self) -> Stage:
        return max((s for s, event in self._reached.items() if event.is_set()), default=Stage.NONE)

    @property
    def stopping(self) -> bool:
        return self._reached[Stage.STOP].is_set()

    def request_stop(self, who: str) -> None:
        """Ask the run to stop. `who` is shown as it is: "Ctrl-C", "as asked"."""
        moment = self._monotonic()
        previous, self._last_request = self._last_request, (who, moment)
        # Only the same asker counts as asking twice: a window that writes `cancel` and sends
        # SIGTERM in the same breath has asked once.
        again = previous is not None and previous[0] == who
        if again and previous is not None and moment - previous[1] <= self.twice_s:
            self._advance(Stage.LEAVE, who)
        else:
            self._advance(Stage.STOP, who)

    def request_cancel(self, who: str) -> None:
        """Ask the run to cancel what it does, without waiting for units in hand."""
        self._advance(Stage.CANCEL, who)

    async def wait_stop(self, timeout_s: float | None = None) -> bool:
        """True as soon as a stop is asked for; False when `timeout_s` went by without."""
        return await self._wait(Stage.STOP, timeout_s)

    async def attend(self, announce: Announce, cancel: Callable[[], None]) -> None:
        """Walk the stages as they are asked for or fall due, and return at the last one.

        `announce` is told of each stage and must not wait. `cancel` cancels the tasks. Whoever
        calls this cancels it once the run has ended.
        """
        if not await self._wait(Stage.STOP, self.deadline_s):
            self.deadline_passed = True
            self._advance(Stage.STOP, f"time limit of {self.deadline_s:g} s")
        if self.stage is Stage.STOP:
            announce(Stage.STOP, f"Stopping ({self.who}): finishing the units in hand.")
        if not await self._wait(Stage.CANCEL, self.grace_s):
            self._advance(Stage.CANCEL, self.who)
        if self.stage is Stage.CANCEL:
            announce(Stage.CANCEL, "Cancelling: waiting for PostgreSQL to stop the statement.")
        cancel()
        if await self._wait(Stage.LEAVE, self.cancel_grace_s):
            announce(Stage.LEAVE, f"Leaving at once ({self.who}, twice).")
            return
        self._advance(Stage.LEAVE, self.who)
        announce(
            Stage.LEAVE,
            f"Leaving: not stopped {self.cancel_grace_s:g} s after the cancel, left behind.",
        )

    def _advance(self, stage: Stage, who: str) -> None:
        if not self.stopping or stage is Stage.LEAVE:
            self.who = who
        for each, event in self._reached.items():
            if each <= stage:
                event.set()

    async def _wait(self, stage: Stage, timeout_s: float | None) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._reached[stage].wait()
        except TimeoutError:
            return False
        return True
