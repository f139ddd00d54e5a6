"""The rules of a run: order, lanes, skip, time limit, retry, what is told and how it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from nbapanel.engine.events import (
    Changes,
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.engine.steps import StepContext
from nbapanel.errors import FeedFailed

pytestmark = pytest.mark.warns_in_log  # trouble is what these are about


def failing(error: Exception | None = None) -> Callable[[Any], Any]:
    async def action(_: Any) -> str | None:
        await asyncio.sleep(1)
        raise error or FeedFailed("The feed is down.", "503 from a.example", "Try later.")

    return action


# ---- order ---------------------------------------------------------------------------------


def test_lanes_run_side_by_side(stage):
    play = stage.play(*(stage.step(key) for key in "abc"))
    assert play.seconds == pytest.approx(1)
    assert stage.log[:3] == ["a begins", "b begins", "c begins"]
    assert play.last.done == ("a", "b", "c")


def test_inside_a_lane_one_step_at_a_time_in_declared_order(stage):
    play = stage.play(*(stage.step(key, lane="one") for key in "bac"))
    assert stage.log == ["b begins", "b ends", "a begins", "a ends", "c begins", "c ends"]
    assert play.seconds == pytest.approx(3)


def test_a_step_starts_when_all_it_waits_for_has_ended(stage):
    play = stage.play(
        stage.step("a"),
        stage.step("b", lane="a"),
        stage.step("k"),
        stage.step("s", needs=("k",), follows=("b",)),
    )
    assert stage.log.index("s begins") > stage.log.index("b ends")
    assert play.seconds == pytest.approx(3)


def test_needs_outside_the_slice_are_not_considered(stage):
    play = stage.play(stage.step("s", needs=("gone",), follows=("gone_too",)))
    assert play.last.status is RunStatus.DONE


def test_a_slice_out_of_order_is_refused_rather_than_waited_for(stage):
    with pytest.raises(ValueError, match="'b' needs 'a', not declared before it"):
        stage.play(stage.step("b", needs=("a",)), stage.step("a"))


def test_no_steps_at_all_is_a_run_too(stage):
    play = stage.play()
    assert [type(event) for event in play.events] == [RunStarted, RunFinished]
    assert play.last.status is RunStatus.DONE


# ---- blocked -------------------------------------------------------------------------------


def test_what_needs_a_failed_step_is_blocked_and_names_the_root(stage):
    play = stage.play(
        stage.step("load", failing(), title="Load scoreboards"),
        stage.step("plays", needs=("load",), title="Load plays"),
        stage.step("state", needs=("plays",), title="Process game state"),
        stage.step("free"),
    )
    assert play.last.failed == ("load",)
    assert play.last.blocked == ("plays", "state")
    assert play.last.done == ("free",)
    assert play.end("plays").reason == "Load scoreboards failed"
    assert play.end("state").reason == "Load scoreboards failed"
    assert play.end("state").attempt == 0
    assert not play.of(StepStarted, "state")


def test_every_root_is_named_once(stage):
    play = stage.play(
        stage.step("a", failing()),
        stage.step("b", lambda _: asyncio.sleep(99), timeout_s=5),
        stage.step("c", needs=("a",)),
        stage.step("d", needs=("a", "b", "c")),
    )
    assert play.end("d").reason == "Do a failed; Do b timed out"


def test_what_only_follows_a_failed_step_runs(stage):
    play = stage.play(
        stage.step("fetch", failing()),
        stage.step("load", follows=("fetch",)),
        stage.step("derive", needs=("load",)),
    )
    assert play.last.done == ("load", "derive")
    assert play.last.failed == ("fetch",)


def test_a_run_whose_steps_failed_is_never_done(stage):
    """trap W1: the status says "complete" after every step failed."""
    play = stage.play(stage.step("a", failing()), stage.step("b", needs=("a",)))
    assert play.last.status is RunStatus.FAILED
    assert play.finished == play.last
    assert play.last.done == ()


# ---- skip ----------------------------------------------------------------------------------


def test_a_step_with_nothing_to_do_is_skipped_with_its_reason(stage):
    async def nothing_new(resources: dict[str, int]) -> str | None:
        stage.log.append("asked")
        return None if resources["marks"] else "no game has changed"

    steps = (
        stage.step("before", lane="x"),
        stage.step("state", lane="x", skip_if=nothing_new, writes=("espn.state",)),
        stage.step("after", needs=("state",)),
    )
    play = stage.play(*steps, resources={"marks": 0})
    assert play.end("state").state is StepState.SKIPPED
    assert play.end("state").reason == "no game has changed"
    assert play.end("state").changes == {}
    assert stage.log.index("asked") > stage.log.index("before ends"), "asked just before the start"
    assert play.last.status is RunStatus.DONE
    assert (play.last.done, play.last.skipped) == (("before", "after"), ("state",))
    assert not play.of(StepStarted, "state")

    assert stage.play(*steps, resources={"marks": 2}).end("state").state is StepState.DONE
    forced = stage.play(*steps, resources={"marks": 0}, force=True)
    assert forced.end("state").state is StepState.DONE


def test_trouble_in_asking_whether_to_skip_fails_the_step(stage, caplog):
    async def broken(_: Any) -> str | None:
        raise KeyError("marks")

    async def endless(_: Any) -> str | None:
        await asyncio.sleep(1e6)
        return None

    play = stage.play(
        stage.step("a", skip_if=broken), stage.step("b", skip_if=endless, timeout_s=9)
    )
    assert play.end("a").state is StepState.FAILED
    assert play.end("a").error == "internal error: KeyError: 'marks'"
    assert play.end("b").state is StepState.TIMED_OUT
    assert "KeyError" in caplog.text


# ---- failure, time limit, retry ------------------------------------------------------------


def test_known_trouble_is_told_in_its_own_words(stage, caplog):
    end = stage.play(stage.step("a", failing())).end("a")
    assert end.state is StepState.FAILED
    assert end.error == "The feed is down. 503 from a.example"
    assert end.hint == "Try later."
    assert not any(record.exc_info for record in caplog.records)


def test_a_bug_is_told_as_such_and_logged_with_its_traceback(stage, caplog):
    end = stage.play(stage.step("a", failing(ZeroDivisionError("by zero")))).end("a")
    assert end.error == "internal error: ZeroDivisionError: by zero"
    (record,) = (record for record in caplog.records if record.exc_info)
    assert (record.run, record.step) == (7, "a")


def test_errors_out_of_a_task_group_keep_their_words(stage):
    async def grouped(_: Any) -> str | None:
        async def feed() -> None:
            raise FeedFailed("The feed is down.", "503", "Try later.", transient=True)

        async with asyncio.TaskGroup() as group:
            group.create_task(feed())
            group.create_task(feed())
        return None

    end = stage.play(stage.step("a", grouped, retries=1)).end("a")
    assert end.error == "The feed is down. 503 (and 1 more)"
    assert end.hint == "Try later."
    assert end.attempt == 2


def test_a_step_that_does_not_end_in_time_is_ended(stage):
    ended: list[str] = []

    async def endless(_: Any) -> str | None:
        try:
            await asyncio.sleep(1e6)
        finally:
            ended.append("really")
        return None

    play = stage.play(stage.step("a", endless, timeout_s=120), stage.step("b", needs=("a",)))
    end = play.end("a")
    assert end.state is StepState.TIMED_OUT
    assert end.reason == "no end after 120 s"
    assert end.seconds == pytest.approx(120)
    assert ended == ["really"]
    assert play.last.failed == ("a",)
    assert play.end("b").reason == "Do a timed out"


def test_a_timeout_error_of_its_own_is_a_failure_not_our_time_out(stage, caplog):
    end = stage.play(stage.step("a", failing(TimeoutError("read")), timeout_s=1.5)).end("a")
    assert end.state is StepState.FAILED
    assert end.error == "internal error: TimeoutError: read"


def test_a_step_cut_short_by_its_time_limit_is_not_done_even_if_it_returns(stage):
    async def stubborn(_: Any) -> str | None:
        try:
            await asyncio.sleep(1e6)
        except asyncio.CancelledError:
            return "all well"
        return None

    assert stage.play(stage.step("a", stubborn)).end("a").state is StepState.TIMED_OUT


def test_a_step_that_will_not_end_does_not_hold_up_the_run(stage, caplog):
    play = stage.play(stage.step("a", stage.deaf, timeout_s=10), stage.step("b", follows=("a",)))
    assert play.end("a").state is StepState.TIMED_OUT
    assert play.end("a").reason == "no end after 10 s, left behind: it did not stop"
    assert play.last.done == ("b",)
    assert "left behind" in caplog.text


def test_a_cancel_that_nobody_asked_for_is_a_failure(stage, caplog):
    async def odd(_: Any) -> str | None:
        raise asyncio.CancelledError

    play = stage.play(stage.step("a", odd))
    assert play.end("a").state is StepState.FAILED
    assert play.last.status is RunStatus.FAILED


def test_a_retry_is_a_new_attempt_with_fresh_counters(stage):
    """trap L4: counters not reset between retries after a deadlock."""

    async def third_time_lucky(ctx: StepContext[Any]) -> str | None:
        ctx.fetched(2, 100)
        ctx.changed("espn.plays", Changes(inserted=5))
        ctx.bad("item 3", "no id")
        ctx.note("tries", len(attempts))
        attempts.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)
        if len(attempts) < 3:
            raise FeedFailed("Deadlock.", transient=True)
        return "450 plays"

    attempts: list[float] = []
    play = stage.play(stage.step("a", third_time_lucky, retries=4))
    ends = play.of(StepFinished, "a")
    assert [(e.attempt, e.state, e.retrying) for e in ends] == [
        (1, StepState.FAILED, True),
        (2, StepState.FAILED, True),
        (3, StepState.DONE, False),
    ]
    assert [e.attempt for e in play.of(StepStarted, "a")] == [1, 2, 3]
    for tries, end in enumerate(ends):
        assert (end.requests, end.bytes_fetched, end.bad_items) == (2, 100, 1)
        assert end.changes == {"espn.plays": Changes(inserted=5)}
        assert end.detail == {"tries": tries, "bad": [{"where": "item 3", "reason": "no id"}]}
        assert end.seconds == pytest.approx(1)
    assert [b - a for a, b in pairwise(attempts)] == pytest.approx([1.5, 2.0]), "0.5 s, then 1 s"
    assert play.last.status is RunStatus.DONE


def test_retries_end_and_the_last_failure_stands(stage, caplog):
    caplog.set_level(logging.INFO)
    play = stage.play(stage.step("a", failing(FeedFailed("Down.", transient=True)), retries=2))
    assert [e.retrying for e in play.of(StepFinished, "a")] == [True, True, False]
    assert play.last.failed == ("a",)
    assert caplog.text.count("Down.") == 3, "once for each attempt"


@pytest.mark.parametrize("error", [FeedFailed("No such game."), OSError("disk full")])
def test_what_is_not_transient_is_not_retried(stage, caplog, error):
    play = stage.play(stage.step("a", failing(error), retries=5))
    assert len(play.of(StepFinished, "a")) == 1


def test_any_error_may_say_that_it_is_transient(stage, caplog):
    error = OSError("deadlock detected")
    error.transient = True
    play = stage.play(stage.step("a", failing(error), retries=1))
    assert len(play.of(StepFinished, "a")) == 2


# ---- what is told --------------------------------------------------------------------------


def test_the_sentence_that_a_step_returns_is_its_reason(stage):
    async def action(ctx: StepContext[Any]) -> str | None:
        assert ctx.step.key == "a"
        assert ctx.resources == "pool"
        assert ctx.run_id == 7
        assert not ctx.stopping
        return "7 days, 55 games"

    play = stage.play(stage.step("a", action), resources="pool")
    assert play.end("a").reason == "7 days, 55 games"
    assert play.end("a").state is StepState.DONE


def test_a_done_step_reports_every_relation_that_it_writes(stage):
    async def action(ctx: StepContext[Any]) -> str | None:
        ctx.changed("espn.b", Changes(1, 2, 3, 4))
        ctx.changed("espn.b", Changes(10, 20, 30, 40))
        ctx.changed("ops.extra", Changes(deleted=1))
        return None

    async def half(ctx: StepContext[Any]) -> str | None:
        ctx.changed("espn.b", Changes(1))
        raise FeedFailed("Down.")

    writes = ("espn.a", "espn.b")
    play = stage.play(stage.step("a", action, writes=writes), stage.step("f", half, writes=writes))
    assert list(play.end("a").changes.items()) == [
        ("espn.a", Changes()),
        ("espn.b", Changes(11, 22, 33, 44)),
        ("ops.extra", Changes(deleted=1)),
    ]
    assert play.end("f").changes == {"espn.b": Changes(1)}


def test_bad_items_are_all_counted_and_the_first_twenty_named(stage):
    async def action(ctx: StepContext[Any]) -> str | None:
        for number in range(50):
            ctx.bad(f"play {number}", "no id")
        ctx.note("games", 3)
        return None

    end = stage.play(stage.step("a", action)).end("a")
    assert end.bad_items == 50
    assert [item["where"] for item in end.detail["bad"]] == [f"play {n}" for n in range(20)]
    assert end.detail["games"] == 3


def test_events_come_one_at_a_time_and_a_step_starts_after_its_start_is_recorded(stage):
    inside = 0
    recorded: list[str] = []

    async def slow_journal(event: Event) -> None:
        nonlocal inside
        assert inside == 0, "two events at once"
        inside += 1
        await asyncio.sleep(0.3)
        inside -= 1
        if isinstance(event, StepStarted):
            recorded.append(event.step)

    def action(key: str) -> Callable[[Any], Any]:
        async def run(ctx: StepContext[Any]) -> str | None:
            assert key in recorded
            ctx.progress(1, 1, "games")
            await asyncio.sleep(1)
            return None

        return run

    play = stage.play(
        *(stage.step(key, action(key)) for key in "abc"),
        stage.step("d", action("d"), needs=("a", "b", "c")),
        observer=slow_journal,
    )
    assert play.last.done == ("a", "b", "c", "d")
    assert isinstance(play.events[0], RunStarted)
    assert play.events[0].steps == ("a", "b", "c", "d")
    assert play.events[0].settings == {"days": 7}
    assert play.end("d").seconds == pytest.approx(1), "the journal's time is not the step's"


def test_progress_is_thinned_to_ten_a_second_and_first_and_last_get_through(stage):
    async def busy(ctx: StepContext[Any]) -> str | None:
        for done in range(2001):
            ctx.progress(done, 2000, "plays", f"game {done}")
            ctx.fetched(1, 10)
            await asyncio.sleep(0.001)
        return None

    play = stage.play(stage.step("a", busy))
    told = play.of(StepProgress, "a")
    assert told[0].done == 0
    assert (told[-1].done, told[-1].total) == (2000, 2000)
    assert (told[-1].requests, told[-1].bytes_fetched) == (2001, 20010)
    assert 18 <= len(told) <= 23, "2 s of work"
    assert [p.done for p in told] == sorted(p.done for p in told)
    assert play.events.index(told[-1]) < play.events.index(play.end("a"))


def test_a_short_step_tells_its_first_and_its_last_progress(stage):
    async def quick(ctx: StepContext[Any]) -> str | None:
        for done in range(100):
            ctx.progress(done, 99, "games")
        return None

    assert [p.done for p in stage.play(stage.step("a", quick)).of(StepProgress)] == [0, 99]


def test_a_slow_observer_of_progress_does_not_hold_up_the_step(stage):
    async def slow(event: Event) -> None:
        if isinstance(event, StepProgress):
            await asyncio.sleep(0.5)

    async def busy(ctx: StepContext[Any]) -> str | None:
        for done in range(100):
            ctx.progress(done, 100, "games")
            await asyncio.sleep(0.01)
        return None

    play = stage.play(stage.step("a", busy), observer=slow)
    assert play.end("a").seconds == pytest.approx(1)
    assert play.of(StepProgress)[-1].done == 99


def test_what_a_step_reports_after_its_end_is_not_heard(stage):
    kept: list[StepContext[Any]] = []

    async def keeps(ctx: StepContext[Any]) -> str | None:
        kept.append(ctx)
        return None

    async def later(_: Any) -> str | None:
        kept[0].progress(1, 1, "ghosts")
        await asyncio.sleep(1)
        return None

    play = stage.play(stage.step("a", keeps), stage.step("b", later, needs=("a",)))
    assert not play.of(StepProgress)


def test_durations_survive_a_jump_of_the_clock(stage):
    """trap W12: the clock jumps (DST, NTP); durations come from a monotonic clock."""
    times = iter(range(100, 0, -1))
    stage.wall = lambda: datetime(2026, 3, 8, 10, next(times) % 60, tzinfo=UTC)
    play = stage.play(stage.step("a"), stage.step("b", needs=("a",)))
    assert play.end("a").seconds == pytest.approx(1)
    assert play.end("b").seconds == pytest.approx(1)
    assert play.last.seconds == pytest.approx(2)
    assert play.end("b").at < play.end("a").at, "the wall clock did run backwards"


def test_nothing_is_left_running(stage):
    play = stage.play(stage.step("a"), stage.step("b", failing(), retries=1))
    assert play.tasks_left == set()
