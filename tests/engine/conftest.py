"""A virtual clock, and a stage on which runs are played: no test of a run takes real time."""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nbapanel.engine.control import RunControl
from nbapanel.engine.events import Event, RunFinished, StepFinished, StepState
from nbapanel.engine.runner import Runner
from nbapanel.engine.steps import Step

WALL = datetime(2026, 3, 8, 6, 59, tzinfo=UTC)


class _JumpingSelector(selectors.SelectSelector):
    """Where a real loop would sleep, the clock jumps; where it would sleep for ever, it fails."""

    def __init__(self) -> None:
        super().__init__()
        self.clock_s = 1000.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if ready:
            return ready
        if timeout is None:
            raise AssertionError("the loop waits for something that never comes")
        self.clock_s += timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.clock_s


@dataclass
class Play:
    """What came of a run: what it returned, what it raised, what it told, what it left."""

    finished: RunFinished | None
    raised: BaseException | None
    events: list[Event]
    tasks_left: set[str]
    seconds: float

    def of(self, kind: type, step: str | None = None) -> list[Any]:
        found = [event for event in self.events if isinstance(event, kind)]
        return [event for event in found if step is None or event.step == step]

    @property
    def last(self) -> RunFinished:
        """RunFinished as it was told, which is what window and journal see."""
        told = self.events[-1]
        assert isinstance(told, RunFinished), f"the last event is {told}"
        return told

    def end(self, step: str) -> StepFinished:
        (final,) = [e for e in self.of(StepFinished, step) if not e.retrying]
        return final

    @property
    def states(self) -> dict[str, StepState]:
        return {e.step: e.state for e in self.of(StepFinished) if not e.retrying}


@dataclass
class Stage:
    """Plays runs on a virtual clock, and makes the steps for them."""

    wall: Callable[[], datetime] | None = None
    log: list[str] = field(default_factory=list)
    over: bool = False

    async def deaf(self, _: Any) -> str | None:
        """An action that does not end when told to, until the play is over."""
        while not self.over:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(1e6)
        return None

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(main)

    def step(self, key: str, action: Any = None, **more: Any) -> Step[Any]:
        """A step called `key`; without an action it takes one second and logs begin and end."""

        async def one_second(_: Any) -> str | None:
            self.log.append(f"{key} begins")
            await asyncio.sleep(1)
            self.log.append(f"{key} ends")
            return None

        more.setdefault("title", f"Do {key}")
        more.setdefault("lane", key)
        more.setdefault("timeout_s", 60.0)
        return Step(key=key, action=action or one_second, **more)

    def play(
        self,
        *steps: Step[Any],
        control: RunControl | None = None,
        meanwhile: Callable[[asyncio.Task[RunFinished]], Awaitable[None]] | None = None,
        observer: Callable[[Event], Awaitable[None]] | None = None,
        resources: Any = None,
        force: bool = False,
    ) -> Play:
        """Run these steps to the end. `observer` comes before the one that keeps the events."""
        return self.run(self._play(steps, control, meanwhile, observer, resources, force))

    async def _play(
        self,
        steps: tuple[Step[Any], ...],
        control: RunControl | None,
        meanwhile: Any,
        observer: Any,
        resources: Any,
        force: bool,
    ) -> Play:
        loop = asyncio.get_running_loop()
        main = asyncio.current_task()
        assert main is not None
        main.set_name("play")
        events: list[Event] = []

        async def keep(event: Event) -> None:
            events.append(event)

        runner = Runner(
            steps,
            resources,
            run_id=7,
            kind="refetch",
            trigger="test",
            settings={"days": 7},
            observers=[keep] if observer is None else [observer, keep],
            control=control or RunControl(monotonic=loop.time),
            now=self.wall or (lambda: WALL + timedelta(seconds=loop.time())),
            monotonic=loop.time,
            force=force,
        )
        began = loop.time()
        task = asyncio.create_task(runner.run())
        other = asyncio.create_task(meanwhile(task)) if meanwhile else None
        finished: RunFinished | None = None
        raised: BaseException | None = None
        try:
            finished = await asyncio.shield(task)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001
            raised = error
        if other is not None:
            await other
        left = {t.get_name() for t in asyncio.all_tasks() - {main, task, other}}
        self.over = True
        return Play(finished, raised, events, left, loop.time() - began)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.fixture(scope="session")
def make_stage() -> Callable[[], Stage]:
    """For hypothesis, which wants a fresh one for every example."""
    return Stage
