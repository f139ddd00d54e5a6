"""Runs a slice of steps: order, lanes, skip, time limit, retry, cancel; tells of it in events.

Whatever happens, each step ends in one final state and the last event is RunFinished.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Generic

from nbapanel.engine import outcome as ends
from nbapanel.engine.context import RunningStep
from nbapanel.engine.control import RunControl, Stage, Stopped
from nbapanel.engine.events import (
    CancelStage,
    RunFinished,
    RunStarted,
    RunStatus,
    StepStarted,
    StepState,
)
from nbapanel.engine.outcome import Outcome
from nbapanel.engine.steps import R, Step, StepList
from nbapanel.engine.tasks import RunTasks
from nbapanel.engine.telling import Observer, Teller

log = logging.getLogger(__name__)

PROGRESS_EVERY_S = 0.1
BACK_OFF_S = 0.5
LAST_WORDS_S = 1.0
PROMPT_S = 0.2


class Runner(Generic[R]):
    """One run of these steps, in declared order; made for one call of `run`.

    `resources` is handed to every step. Needs outside the slice are not considered. `force` runs
    steps that have nothing to do as well. Durations come from `monotonic`, never from `now`.
    """

    def __init__(
        self,
        steps: tuple[Step[R], ...],
        resources: R,
        *,
        run_id: int,
        kind: str,
        trigger: str,
        settings: Mapping[str, Any],
        observers: Sequence[Observer],
        control: RunControl,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        force: bool = False,
    ) -> None:
        self._steps = steps
        self._waits = _within_slice(steps)
        self._resources = resources
        self._run_id = run_id
        self._kind = kind
        self._trigger = trigger
        self._settings = dict(settings)
        self._control = control
        self._now = now
        self._monotonic = monotonic
        self._force = force
        self._events = Teller(tuple(observers), self._lose_journal)
        self._began = 0.0
        self._states: dict[str, StepState] = {}
        self._roots: dict[str, tuple[str, ...]] = {}
        self._ended = {step.key: asyncio.Event() for step in steps}
        self._running: dict[str, RunningStep[R]] = {}
        self._tasks = RunTasks(lambda: control.request_cancel("the program ends"))
        self._actions: set[asyncio.Task[str | None]] = set()
        self._error = ""
        self._fatal: BaseException | None = None

    async def run(self) -> RunFinished:
        """Run the steps and say how it ended.

        Trouble of a step never comes out of here. What does, after RunFinished was told: a
        KeyboardInterrupt or SystemExit raised inside a step, and a cancel of the calling task.
        """
        self._began = self._monotonic()
        body = self._tasks.spawn(self._body(), "run")
        control = self._control.attend(self._announce, self._cancel_actions)
        attend = self._tasks.spawn(control, "run control")
        await self._tasks.first_of(body, attend)
        leaving = not body.done()
        if leaving:
            await self._leave_behind(body)
        elif not body.cancelled() and (bug := body.exception()) is not None:
            self._error = self._error or ends.describe(bug)
            log.error("The run broke off", exc_info=bug, extra={"run": self._run_id})
        finished = await self._last_words(attend, ends.LEFT_BEHIND if leaving else ends.STOPPED)
        await self._tasks.tidy()
        if leaving and self._control.abandon is not None:
            self._control.abandon()
        if self._fatal is not None:
            raise self._fatal
        if self._tasks.cancelled:
            raise asyncio.CancelledError
        return finished

    # ---- the walk ----------------------------------------------------------------------------

    async def _body(self) -> None:
        await self._events.tell(
            RunStarted(
                run_id=self._run_id,
                kind=self._kind,
                trigger=self._trigger,
                steps=tuple(step.key for step in self._steps),
                settings=self._settings,
                at=self._now(),
            )
        )
        lanes: dict[str, list[Step[R]]] = {}
        for step in self._steps:
            lanes.setdefault(step.lane, []).append(step)
        async with asyncio.TaskGroup() as group:
            for lane, steps in lanes.items():
                group.create_task(self._run_lane(steps), name=f"lane {lane}")

    async def _run_lane(self, steps: list[Step[R]]) -> None:
        for step in steps:
            for key in self._waits[step.key].waits_for:
                await self._ended[key].wait()
            verdict = await self._why_not(step)
            if verdict is not None:
                await self._end(step, self._context(step, 0), verdict)
            else:
                await self._run_step(step)

    async def _why_not(self, step: Step[R]) -> Outcome | None:
        """How the step ends without having started; None when it is to start."""
        roots = self._failed_roots(step)
        if roots and not (self._control.stopping and self._only_cancelled(roots)):
            self._roots[step.key] = roots
            return Outcome(StepState.BLOCKED, reason="; ".join(map(self._say_ended, roots)))
        if not self._control.stopping and step.skip_if is not None and not self._force:
            skip_if = step.skip_if
            asked = await self._bounded(step, lambda: skip_if(self._resources))
            if asked.state is StepState.CANCELLED:
                return ends.cancelled(ends.NOT_STARTED)
            if asked.state is not StepState.DONE:
                return asked
            if asked.reason:
                return replace(asked, state=StepState.SKIPPED)
        return ends.cancelled(ends.NOT_STARTED) if self._control.stopping else None

    async def _run_step(self, step: Step[R]) -> None:
        for attempt in range(1, step.retries + 2):
            context = self._context(step, attempt)
            self._running[step.key] = context
            verdict = await self._attempt(step, context)
            again = verdict.transient and attempt <= step.retries and not self._control.stopping
            if not again:
                await self._end(step, context, verdict)
                return
            await self._events.tell(context.finished(verdict, self._now(), retrying=True))
            if await self._control.wait_stop(BACK_OFF_S * 2 ** (attempt - 1)):
                given_up = ends.cancelled("stopped before it was tried again", verdict.error)
                await self._end(step, self._context(step, attempt + 1), given_up)
                return

    async def _attempt(self, step: Step[R], context: RunningStep[R]) -> Outcome:
        await self._events.tell(
            StepStarted(self._run_id, step.key, attempt=context.attempt, at=self._now())
        )
        if self._control.stopping:  # asked meanwhile, or the journal did not take the start
            context.close()
            return ends.cancelled(ends.NOT_STARTED)
        context.begin()
        pump = self._tasks.spawn(self._pump(context), f"progress of {step.key}")
        try:
            verdict = await self._bounded(step, lambda: step.action(context))
        finally:
            context.close()
        await pump
        return verdict

    async def _pump(self, context: RunningStep[R]) -> None:
        """Tell of the step's progress, ten times a second at most; the step never waits for it."""
        while not await context.closed_within(PROGRESS_EVERY_S):
            if (progress := context.take_progress()) is not None:
                await self._events.tell(progress)
        while (progress := context.take_progress()) is not None:
            await self._events.tell(progress)

    async def _bounded(self, step: Step[R], work: Callable[[], Awaitable[str | None]]) -> Outcome:
        """Do it in a task of its own, which alone is cancelled by a time-out or by a cancel.

        Waiting from outside, rather than `asyncio.timeout` within, keeps our time-out apart from
        a TimeoutError of the action's own, and ends the step even if the action will not.
        """
        task = self._tasks.spawn(self._guard(work), f"step {step.key}")
        self._actions.add(task)
        try:
            await asyncio.wait({task}, timeout=step.timeout_s)
            late = not task.done()
            if late:
                task.cancel()
                await asyncio.wait({task}, timeout=self._control.cancel_grace_s)
        finally:
            self._actions.discard(task)
            task.cancel()
        if not task.done():
            where = {"run": self._run_id, "step": step.key}
            log.error("Step %s was %s", step.key, ends.LEFT_BEHIND, extra=where)
        if late:
            verdict = ends.timed_out(step.timeout_s, left_behind=not task.done())
        else:
            verdict = ends.judge(task, stop_asked=self._control.stopping)
        if verdict.bug is not None:
            where = {"run": self._run_id, "step": step.key}
            log.error("Step %s: %s", step.key, verdict.error, exc_info=verdict.bug, extra=where)
        return verdict

    async def _guard(self, work: Callable[[], Awaitable[str | None]]) -> str | None:
        try:
            return await work()
        except (KeyboardInterrupt, SystemExit) as error:
            # Out of a task it would break the loop off at once. It is raised again by `run`.
            self._fatal = error
            who = type(error).__name__
            self._control.request_cancel(who)
            raise Stopped(f"ended by {who}") from error

    # ---- states ------------------------------------------------------------------------------

    async def _end(self, step: Step[R], context: RunningStep[R], verdict: Outcome) -> None:
        context.close()
        self._running.pop(step.key, None)
        self._states[step.key] = verdict.state
        await self._events.tell(context.finished(verdict, self._now()))
        self._ended[step.key].set()

    def _context(self, step: Step[R], attempt: int) -> RunningStep[R]:
        return RunningStep(
            step,
            self._resources,
            run_id=self._run_id,
            attempt=attempt,
            control=self._control,
            monotonic=self._monotonic,
        )

    def _failed_roots(self, step: Step[R]) -> tuple[str, ...]:
        """The steps, however far up, that did not end well and so hold this one up."""
        roots: dict[str, None] = {}
        for key in self._waits[step.key].needs:
            if not self._states[key].is_good:
                roots |= dict.fromkeys(self._roots.get(key, (key,)))
        return tuple(roots)

    def _only_cancelled(self, roots: tuple[str, ...]) -> bool:
        return all(self._states[root] is StepState.CANCELLED for root in roots)

    def _say_ended(self, key: str) -> str:
        title = next(step.title for step in self._steps if step.key == key)
        return f"{title} {self._states[key].word.lower()}"

    # ---- stopping and ending -----------------------------------------------------------------

    def _announce(self, stage: Stage, message: str) -> None:
        event = CancelStage(self._run_id, int(stage), message)
        self._tasks.spawn(self._events.tell(event), f"cancel stage {int(stage)}")
        log.info("%s", message, extra={"run": self._run_id})

    def _cancel_actions(self) -> None:
        for task in self._actions:
            task.cancel()

    def _lose_journal(self, error: BaseException) -> None:
        """An observer failed: what is not on record is not done, so the run ends here."""
        if isinstance(error, (KeyboardInterrupt, SystemExit)):
            self._fatal = error
        self._error = self._error or ends.advise(error)
        self._control.request_cancel("events can no longer be recorded")

    async def _leave_behind(self, body: asyncio.Task[None]) -> None:
        """The last stage was reached: wait no longer for what does not end."""
        await self._tasks.first_of(body, timeout_s=PROMPT_S)
        body.cancel()
        await self._tasks.first_of(body, timeout_s=PROMPT_S)
        for key in self._running:
            where = {"run": self._run_id, "step": key}
            log.error("Step %s was %s", key, ends.LEFT_BEHIND, extra=where)

    async def _last_words(self, attend: asyncio.Task[None], cut_off: str) -> RunFinished:
        """Give an end to the steps that are still without one, then tell of the end of the run.

        Observers have all the time they need, until the last stage is reached.
        """
        endless = [step for step in self._steps if step.key not in self._states]
        self._states |= {step.key: StepState.CANCELLED for step in endless}
        finished = self._finished()
        words = self._tasks.spawn(self._tell_end(endless, cut_off, finished), "end of the run")
        if not attend.done():
            await self._tasks.first_of(words, attend)
        if not words.done():
            await self._tasks.first_of(words, timeout_s=LAST_WORDS_S)
        if not words.done():
            self._events.close()
            log.error("The end of the run could not be told", extra={"run": self._run_id})
        if self._error and not finished.error:  # the journal was lost at the very end
            finished = replace(finished, status=RunStatus.FAILED, error=self._error)
        return finished

    async def _tell_end(self, endless: list[Step[R]], cut_off: str, finished: RunFinished) -> None:
        for step in endless:
            context = self._running.get(step.key)
            reason = ends.NOT_STARTED if context is None else cut_off
            context = context or self._context(step, 0)
            context.close()
            await self._events.tell(context.finished(ends.cancelled(reason), self._now()))
        await self._events.tell(finished)

    def _finished(self) -> RunFinished:
        def ended(*states: StepState) -> tuple[str, ...]:
            return tuple(s.key for s in self._steps if self._states[s.key] in states)

        status, error = self._status()
        return RunFinished(
            run_id=self._run_id,
            status=status,
            at=self._now(),
            seconds=self._monotonic() - self._began,
            done=ended(StepState.DONE),
            skipped=ended(StepState.SKIPPED),
            failed=ended(StepState.FAILED, StepState.TIMED_OUT),
            blocked=ended(StepState.BLOCKED),
            cancelled=ended(StepState.CANCELLED),
            error=error,
        )

    def _status(self) -> tuple[RunStatus, str]:
        """The status of the run and its error. Only a run whose every step ended well is done."""
        states = self._states.values()
        if self._error:
            return RunStatus.FAILED, self._error
        if all(state.is_good for state in states):
            return RunStatus.DONE, ""
        if self._control.deadline_passed:
            return RunStatus.FAILED, f"not finished within {self._control.deadline_s:g} s"
        if self._control.stopping and StepState.CANCELLED in states:
            return RunStatus.CANCELLED, ""
        return RunStatus.FAILED, ""


def _within_slice(steps: tuple[Step[R], ...]) -> dict[str, Step[R]]:
    """The steps without what they need from outside these; checked as any list of steps is."""
    inside = {step.key for step in steps}
    return dict(
        StepList(
            tuple(
                replace(
                    step,
                    needs=tuple(key for key in step.needs if key in inside),
                    follows=tuple(key for key in step.follows if key in inside),
                )
                for step in steps
            )
        ).by_key
    )
