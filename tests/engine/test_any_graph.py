"""Any steps, any outcomes, a stop at any moment: each step gets one end, the run the last word."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.engine.control import RunControl
from nbapanel.engine.events import RunFinished, RunStarted, RunStatus, StepFinished, StepState
from nbapanel.errors import FeedFailed

ENDS = {
    "done": StepState.DONE,
    "skip": StepState.SKIPPED,
    "fail": StepState.FAILED,
    "late": StepState.TIMED_OUT,
}


@dataclass(frozen=True)
class Sketch:
    lane: int
    fate: str
    seconds: float
    needs: frozenset[int]
    follows: frozenset[int]


@st.composite
def sketches(draw: st.DrawFn) -> list[Sketch]:
    count = draw(st.integers(1, 10))
    earlier = [
        st.frozensets(st.integers(0, i - 1), max_size=3) if i else st.just(frozenset())
        for i in range(count)
    ]
    return [
        Sketch(
            lane=draw(st.integers(0, 3)),
            fate=draw(st.sampled_from(["done", "done", "done", "skip", "fail", "late"])),
            seconds=draw(st.integers(0, 30)) / 10,
            needs=draw(earlier[i]),
            follows=draw(earlier[i]),
        )
        for i in range(count)
    ]


def make_steps(stage: Any, drawn: list[Sketch]) -> list[Any]:
    def action(sketch: Sketch) -> Any:
        async def run(ctx: Any) -> str | None:
            ctx.progress(0, 1, "games")
            await asyncio.sleep(1e6 if sketch.fate == "late" else sketch.seconds)
            if sketch.fate == "fail":
                raise FeedFailed("Down.", transient=True)
            return None

        return run

    async def nothing_to_do(_: Any) -> str | None:
        return "nothing to do"

    return [
        stage.step(
            f"s{i}",
            action(sketch),
            lane=f"lane {sketch.lane}",
            timeout_s=10,
            retries=i % 2,
            needs=tuple(f"s{n}" for n in sorted(sketch.needs)),
            follows=tuple(f"s{n}" for n in sorted(sketch.follows)),
            skip_if=nothing_to_do if sketch.fate == "skip" else None,
        )
        for i, sketch in enumerate(drawn)
    ]


def expected(drawn: list[Sketch]) -> list[StepState]:
    states: list[StepState] = []
    for sketch in drawn:
        held_up = any(not states[need].is_good for need in sketch.needs)
        states.append(StepState.BLOCKED if held_up else ENDS[sketch.fate])
    return states


def check_shape(play: Any, steps: list[Any]) -> None:
    """What holds for every run, however it went."""
    keys = [step.key for step in steps]
    assert isinstance(play.events[0], RunStarted)
    assert play.events[0].steps == tuple(keys)
    assert sum(isinstance(event, RunFinished) for event in play.events) == 1
    last = play.last
    assert play.finished == last
    lists = (last.done, last.skipped, last.failed, last.blocked, last.cancelled)
    assert sorted(key for each in lists for key in each) == sorted(keys)
    for each in lists:
        assert list(each) == [key for key in keys if key in each], "in declared order"
    finals = [event.step for event in play.of(StepFinished) if not event.retrying]
    assert sorted(finals) == sorted(keys)
    assert all(state.is_final for state in play.states.values())
    assert (last.status is RunStatus.DONE) == all(s.is_good for s in play.states.values())
    assert play.tasks_left == set()


def check_order(play: Any, steps: list[Any]) -> None:
    """Nothing starts before what it waits for has ended, and a lane is one step at a time."""
    ended: set[str] = set()
    busy: dict[str, str] = {}
    by_key = {step.key: step for step in steps}
    for event in play.events:
        step = by_key.get(getattr(event, "step", ""))
        if step is None:
            continue
        if isinstance(event, StepFinished):
            if not event.retrying:
                ended.add(step.key)
                busy.pop(step.lane, None)
        else:
            assert set(step.waits_for) <= ended
            assert busy.setdefault(step.lane, step.key) == step.key


@settings(max_examples=150, deadline=None)
@given(drawn=sketches())
def test_a_step_is_blocked_exactly_when_something_it_needs_did_not_end_well(make_stage, drawn):
    """trap W9: the end state is always set; trap W1: done only if every step ended well."""
    stage = make_stage()
    steps = make_steps(stage, drawn)
    play = stage.play(*steps)
    check_shape(play, steps)
    check_order(play, steps)
    states = expected(drawn)
    assert [play.states[step.key] for step in steps] == states
    assert (play.last.status is RunStatus.FAILED) == any(not state.is_good for state in states)
    for step, state in zip(steps, states, strict=True):
        if state is StepState.BLOCKED:
            reasons = play.end(step.key).reason.split("; ")
            roots = [reason.removeprefix("Do ").split()[0] for reason in reasons]
            assert roots
            assert all(play.states[root].is_final for root in roots)
            assert all(
                play.states[root] in (StepState.FAILED, StepState.TIMED_OUT) for root in roots
            )


@settings(max_examples=150, deadline=None)
@given(
    drawn=sketches(),
    asked_after_s=st.integers(0, 120).map(lambda tenths: tenths / 10),
    twice=st.booleans(),
)
def test_a_stop_at_any_moment_leaves_nothing_open(make_stage, drawn, asked_after_s, twice):
    """trap W3, trap W9: a cancel reaches the tasks, and every step gets an end."""

    async def ask(task: asyncio.Task[RunFinished]) -> None:
        await asyncio.wait({task}, timeout=asked_after_s)
        control.request_stop("Ctrl-C")
        if twice:
            control.request_stop("Ctrl-C")

    control = RunControl(monotonic=lambda: asyncio.get_running_loop().time())
    stage = make_stage()
    steps = make_steps(stage, drawn)
    play = stage.play(*steps, control=control, meanwhile=ask)
    check_shape(play, steps)
    check_order(play, steps)
    assert play.seconds <= asked_after_s + 1, "these all stop when cancelled"
    if play.last.cancelled:
        assert play.last.status is RunStatus.CANCELLED
