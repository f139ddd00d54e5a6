"""What a running step reports through: the counters and the progress of one attempt.

One object an attempt, so that nothing of a failed attempt is counted again. It waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, Generic

from nbapanel.engine.control import RunControl, Stopped
from nbapanel.engine.events import Changes, StepFinished, StepProgress, StepState
from nbapanel.engine.outcome import Outcome
from nbapanel.engine.steps import R, Step

BAD_ITEMS_NAMED = 20


class RunningStep(Generic[R]):
    """The `StepContext` of one attempt. Attempt 0 stands for a step that never started."""

    def __init__(
        self,
        step: Step[R],
        resources: R,
        *,
        run_id: int,
        attempt: int,
        control: RunControl,
        monotonic: Callable[[], float],
    ) -> None:
        self._step = step
        self._resources = resources
        self._run_id = run_id
        self.attempt = attempt
        self._control = control
        self._monotonic = monotonic
        self._began = monotonic()
        self._ended: float | None = None
        self._requests = 0
        self._bytes_fetched = 0
        self._changes: dict[str, Changes] = {}
        self._bad_items = 0
        self._bad_named: list[dict[str, str]] = []
        self._notes: dict[str, Any] = {}
        self._done: tuple[int, int | None, str, str] | None = None
        self._unsent: list[StepProgress] = []
        self._first_taken = False
        self._closed = asyncio.Event()

    @property
    def resources(self) -> R:
        return self._resources

    @property
    def run_id(self) -> int:
        return self._run_id

    @property
    def step(self) -> Step[R]:
        return self._step

    @property
    def stopping(self) -> bool:
        return self._control.stopping

    def check_stop(self) -> None:
        """Raise Stopped once somebody asked for the run to stop: between two units of work."""
        if self._control.stopping:
            raise Stopped

    def progress(self, done: int, total: int | None, unit: str, message: str = "") -> None:
        self._done = (done, total, unit, message)
        self._report()

    def fetched(self, requests: int, size: int) -> None:
        self._requests += requests
        self._bytes_fetched += size
        self._report()

    def changed(self, relation: str, changes: Changes) -> None:
        self._changes[relation] = self._changes.get(relation, Changes()) + changes

    def bad(self, where: str, reason: str) -> None:
        self._bad_items += 1
        if len(self._bad_named) < BAD_ITEMS_NAMED:
            self._bad_named.append({"where": where, "reason": reason})

    def note(self, key: str, value: object) -> None:
        self._notes[key] = value

    @property
    def seconds(self) -> float:
        """How long this attempt has run, or ran."""
        return (self._monotonic() if self._ended is None else self._ended) - self._began

    def begin(self) -> None:
        """The action starts now: its duration does not hold what was waited for before."""
        self._began = self._monotonic()

    def close(self) -> None:
        """The attempt has ended: its duration stands."""
        if self._ended is None:
            self._ended = self._monotonic()
        self._closed.set()

    async def closed_within(self, timeout_s: float) -> bool:
        try:
            async with asyncio.timeout(timeout_s):
                await self._closed.wait()
        except TimeoutError:
            return False
        return True

    def take_progress(self) -> StepProgress | None:
        """The next progress worth telling: the first ever, then only ever the latest."""
        if not self._unsent:
            return None
        self._first_taken = True
        return self._unsent.pop(0)

    def finished(self, outcome: Outcome, at: datetime, *, retrying: bool = False) -> StepFinished:
        """The event that ends this attempt, with everything counted in it."""
        changes = dict(self._changes)
        if outcome.state is StepState.DONE:
            untouched = {relation: Changes() for relation in self._step.writes}
            changes = untouched | changes
        return StepFinished(
            run_id=self._run_id,
            step=self._step.key,
            attempt=self.attempt,
            state=outcome.state,
            at=at,
            seconds=self.seconds if self.attempt else 0.0,
            reason=outcome.reason,
            requests=self._requests,
            bytes_fetched=self._bytes_fetched,
            bad_items=self._bad_items,
            changes=changes,
            detail=self._notes | ({"bad": list(self._bad_named)} if self._bad_named else {}),
            error=outcome.error,
            hint=outcome.hint,
            retrying=retrying,
        )

    def _report(self) -> None:
        if self._done is None:
            return
        done, total, unit, message = self._done
        latest = StepProgress(
            run_id=self._run_id,
            step=self._step.key,
            done=done,
            total=total,
            unit=unit,
            message=message,
            requests=self._requests,
            bytes_fetched=self._bytes_fetched,
            seconds=self.seconds,
        )
        if self._first_taken:
            self._unsent = [latest]
        else:
            self._unsent[1:] = [latest]
