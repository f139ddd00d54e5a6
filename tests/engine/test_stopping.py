"""Stop, cancel, deadline, lost observers: whatever happens, each step and the run get an end."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from nbapanel.engine.control import RunControl, Stopped
from nbapanel.engine.events import (
    CancelStage,
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
from nbapanel.errors import DatabaseUnavailable, FeedFailed

pytestmark = pytest.mark.warns_in_log  # trouble is what these are about


class Asker:
    """Asks for a stop at moments of the virtual clock, counted from the start of the run."""

    def __init__(self, *moments: tuple[float, str], **limits: Any) -> None:
        self.moments = moments
        self.abandoned: list[int] = []
        self.events: list[Event] = []
        self.control = RunControl(
            monotonic=lambda: asyncio.get_running_loop().time(),
            abandon=lambda: self.abandoned.append(len(self.events)),
            **limits,
        )

    async def meanwhile(self, _: asyncio.Task[RunFinished]) -> None:
        began = asyncio.get_running_loop().time()
        for after_s, who in self.moments:
            await asyncio.sleep(began + after_s - asyncio.get_running_loop().time())
            self.control.request_stop(who)

    @property
    def how(self) -> dict[str, Any]:
        return {"control": self.control, "meanwhile": self.meanwhile}


def units(count: int, unit_s: float) -> Any:
    async def action(ctx: StepContext[Any]) -> str | None:
        for done in range(count):
            ctx.check_stop()
            ctx.progress(done, count, "games")
            await asyncio.sleep(unit_s)
            ctx.changed("espn.plays", Changes(inserted=10))
        return None

    return action


async def until_asked(ctx: StepContext[Any]) -> None:
    for _ in range(1000):
        if ctx.stopping:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("nobody asked")


def stages(play: Any) -> list[tuple[int, str]]:
    return [(event.stage, event.message) for event in play.of(CancelStage)]


# ---- the stages ----------------------------------------------------------------------------


def test_first_the_units_in_hand_are_finished(stage):
    play = stage.play(
        stage.step("a", units(100, 0.5), lane="x"),
        stage.step("later", lane="x"),
        stage.step("deeper", needs=("later",)),
        **Asker((10.2, "Ctrl-C")).how,
    )
    end = play.end("a")
    assert end.state is StepState.CANCELLED
    assert end.changes == {"espn.plays": Changes(inserted=210)}, "21 units, the last one whole"
    assert play.seconds == pytest.approx(10.5)
    assert (play.end("later").state, play.end("later").reason) == (
        StepState.CANCELLED,
        "not started",
    )
    assert play.last.cancelled == ("a", "later", "deeper")
    assert play.last.status is RunStatus.CANCELLED
    assert play.last.failed == play.last.blocked == ()
    assert stages(play) == [(1, "Stopping (Ctrl-C): finishing the units in hand.")]


def test_a_step_that_returns_after_a_stop_was_asked_is_done(stage):
    async def quick_to_finish(ctx: StepContext[Any]) -> str | None:
        await until_asked(ctx)
        return "12 of 12 games"

    play = stage.play(stage.step("a", quick_to_finish), **Asker((5, "SIGTERM")).how)
    assert play.end("a").state is StepState.DONE
    assert play.last.status is RunStatus.DONE, "nothing was cancelled by it"


def test_then_the_tasks_are_cancelled(stage):
    """trap W3: cancel changes the screen and nothing else."""
    seen: list[str] = []

    async def statement(_: Any) -> str | None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            seen.append("cancelled on the server")
            await asyncio.sleep(2)
            raise
        return None

    asker = Asker((10, "Ctrl-C"))
    play = stage.play(stage.step("a", statement, timeout_s=2000), **asker.how)
    assert seen == ["cancelled on the server"]
    assert play.seconds == pytest.approx(10 + 0.7 + 2)
    assert play.end("a").state is StepState.CANCELLED
    assert play.end("a").seconds == pytest.approx(12.7)
    assert [number for number, _ in stages(play)] == [1, 2]
    assert stages(play)[1][1] == "Cancelling: waiting for PostgreSQL to stop the statement."
    assert play.events.index(play.of(CancelStage)[1]) < play.events.index(play.end("a"))
    assert asker.abandoned == []
    assert play.tasks_left == set()


def test_at_last_what_will_not_stop_is_left_behind(stage, caplog):
    """trap W9: the end state is always set, even for a step that never answers."""
    asker = Asker((10, "Ctrl-C"))
    play = stage.play(
        stage.step("a", stage.deaf, timeout_s=2000), stage.step("b", needs=("a",)), **asker.how
    )
    assert [number for number, _ in stages(play)] == [1, 2, 3]
    assert play.end("a").state is StepState.CANCELLED
    assert play.end("a").reason == "left behind: it did not stop"
    assert play.end("b").reason == "not started"
    assert play.last.status is RunStatus.CANCELLED
    assert play.last.cancelled == ("a", "b")
    assert len(asker.abandoned) == 1
    assert play.seconds == pytest.approx(10 + 0.7 + 5, abs=1)
    assert play.tasks_left == {"step a"}
    assert "left behind" in caplog.text


def test_twice_quickly_leaves_at_once(stage, caplog):
    asker = Asker((10, "Ctrl-C"), (10.4, "Ctrl-C"))
    play = stage.play(stage.step("a", stage.deaf, timeout_s=2000), **asker.how)
    assert play.seconds == pytest.approx(10.4, abs=1)
    assert [number for number, _ in stages(play)] == [1, 3]
    assert stages(play)[1][1] == "Leaving at once (Ctrl-C, twice)."
    assert len(asker.abandoned) == 1


def test_a_step_that_ends_after_it_was_left_behind_has_one_end(stage, caplog):
    async def slow_journal(event: Event) -> None:
        if isinstance(event, StepFinished):
            await asyncio.sleep(0.3)

    async def at_last(_: Any) -> str | None:
        began = asyncio.get_running_loop().time()
        while (left_s := began + 10.7 - asyncio.get_running_loop().time()) > 0:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(left_s)
        return "all well"

    asker = Asker((10, "Ctrl-C"), (10.1, "Ctrl-C"))
    play = stage.play(
        stage.step("a", at_last, lane="x"),
        stage.step("b", lane="x"),
        observer=slow_journal,
        **asker.how,
    )
    assert play.end("a").reason == "left behind: it did not stop"
    assert stage.log == [], "b did not start"


def test_nothing_is_told_after_the_end_of_the_run(stage):
    async def slow_end(event: Event) -> None:
        if isinstance(event, RunFinished):
            await asyncio.sleep(3)

    play = stage.play(stage.step("a"), observer=slow_end, **Asker((2, "Ctrl-C")).how)
    assert play.last.status is RunStatus.DONE
    assert not play.of(CancelStage)


def test_twice_quickly_still_tells_how_a_prompt_step_ended(stage):
    asker = Asker((10, "Ctrl-C"), (10.4, "Ctrl-C"))
    play = stage.play(stage.step("a", lambda _: asyncio.sleep(1000), timeout_s=2000), **asker.how)
    assert play.end("a").reason == "stopped before it was finished"
    assert play.last.cancelled == ("a",)


@pytest.mark.parametrize(
    "moments", [((10, "Ctrl-C"), (11.6, "Ctrl-C")), ((10, "SIGTERM"), (10.1, "as asked"))]
)
def test_twice_slowly_or_by_two_askers_is_once(stage, moments):
    async def slow_to_stop(_: Any) -> str | None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(3)
        return None

    asker = Asker(*moments)
    play = stage.play(stage.step("a", slow_to_stop, timeout_s=2000), **asker.how)
    assert [number for number, _ in stages(play)] == [1, 2]
    assert asker.abandoned == []


def test_a_stop_asked_for_before_the_run_starts_nothing(stage):
    async def refused(_: Any) -> str | None:
        raise AssertionError("asked although the run was to stop")

    control = RunControl()
    control.request_stop("SIGTERM")
    play = stage.play(stage.step("a", skip_if=refused), stage.step("b"), control=control)
    assert stage.log == []
    assert isinstance(play.events[0], RunStarted)
    assert play.last.cancelled == ("a", "b")
    assert play.last.status is RunStatus.CANCELLED


def test_a_step_that_is_being_asked_about_is_not_started(stage):
    async def slow(_: Any) -> str | None:
        await asyncio.sleep(100)
        return None

    play = stage.play(stage.step("a", skip_if=slow, timeout_s=500), **Asker((1, "Ctrl-C")).how)
    assert play.end("a").reason == "not started"
    assert not play.of(StepStarted)


def test_a_stop_cuts_the_pause_before_a_retry_short(stage):
    async def down(_: Any) -> str | None:
        raise FeedFailed("Down.", transient=True)

    play = stage.play(stage.step("a", down, retries=9), **Asker((2, "Ctrl-C")).how)
    assert play.seconds == pytest.approx(2)
    final = play.end("a")
    assert final.state is StepState.CANCELLED
    assert (final.reason, final.error) == ("stopped before it was tried again", "Down.")
    assert play.of(StepFinished, "a")[-2].retrying, "which had promised another attempt"


def test_what_failed_before_the_stop_still_blocks_and_is_still_failed(stage):
    async def down(_: Any) -> str | None:
        raise FeedFailed("Down.")

    play = stage.play(
        stage.step("a", down),
        stage.step("b", units(100, 0.5)),
        stage.step("c", needs=("a", "b")),
        **Asker((2, "Ctrl-C")).how,
    )
    assert play.states == {
        "a": StepState.FAILED,
        "b": StepState.CANCELLED,
        "c": StepState.BLOCKED,
    }
    assert play.last.status is RunStatus.CANCELLED


def test_an_error_made_of_our_cancel_is_not_a_failure(stage):
    async def driver(_: Any) -> str | None:
        try:
            await asyncio.sleep(1000)
        except asyncio.CancelledError:
            raise FeedFailed("The statement was cancelled.") from None
        return None

    play = stage.play(stage.step("a", driver, timeout_s=2000), **Asker((1, "Ctrl-C")).how)
    assert play.end("a").state is StepState.CANCELLED
    assert play.end("a").error == "The statement was cancelled."
    assert play.last.status is RunStatus.CANCELLED


def test_an_error_before_the_cancel_is_a_failure_and_not_retried(stage):
    async def fails_while_stopping(ctx: StepContext[Any]) -> str | None:
        await until_asked(ctx)
        raise FeedFailed("Down.", transient=True)

    play = stage.play(stage.step("a", fails_while_stopping, retries=3), **Asker((1, "Ctrl-C")).how)
    assert play.end("a").state is StepState.FAILED
    assert play.last.status is RunStatus.FAILED


def test_stopping_out_of_a_task_group_is_stopping(stage):
    async def grouped(ctx: StepContext[Any]) -> str | None:
        async def game() -> None:
            while True:
                ctx.check_stop()
                await asyncio.sleep(0.1)

        async with asyncio.TaskGroup() as group:
            group.create_task(game())
            group.create_task(game())
        return None

    assert stage.play(stage.step("a", grouped), **Asker((1, "Ctrl-C")).how).last.cancelled == ("a",)


def test_stopped_without_anybody_asking_is_a_failure(stage, caplog):
    async def confused(_: Any) -> str | None:
        raise Stopped

    assert stage.play(stage.step("a", confused)).last.failed == ("a",)


# ---- deadline, the program's own end ---------------------------------------------------------


def test_a_run_that_passes_its_deadline_is_stopped_and_has_failed(stage):
    asker = Asker(deadline_s=30)
    play = stage.play(stage.step("a", units(100, 1), timeout_s=500), control=asker.control)
    assert play.seconds == pytest.approx(30.7, abs=0.4)
    assert stages(play)[0] == (1, "Stopping (time limit of 30 s): finishing the units in hand.")
    assert play.last.cancelled == ("a",)
    assert play.last.status is RunStatus.FAILED
    assert play.last.error == "not finished within 30 s"


def test_a_deadline_that_is_kept_changes_nothing(stage):
    play = stage.play(stage.step("a"), control=RunControl(deadline_s=30))
    assert play.last.status is RunStatus.DONE
    assert not play.of(CancelStage)
    assert play.tasks_left == set()


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_the_programs_own_end_comes_out_after_run_finished(stage, error):
    """trap F5: Ctrl-C and cancellation are swallowed by `except BaseException` and retried."""
    calls = 0

    async def interrupted(_: Any) -> str | None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(1)
        raise error

    told: list[Event] = []

    async def keep(event: Event) -> None:
        told.append(event)

    with pytest.raises(type(error)):
        stage.play(
            stage.step("a", interrupted, retries=5),
            stage.step("b", lambda _: asyncio.sleep(1000), timeout_s=2000),
            stage.step("c", needs=("b",)),
            observer=keep,
        )
    assert calls == 1
    last = told[-1]
    assert isinstance(last, RunFinished)
    assert last.cancelled == ("a", "b", "c")
    assert last.status is RunStatus.CANCELLED


def test_cancelling_the_caller_ends_the_run_and_is_not_swallowed(stage):
    """trap F5: a cancel from outside is passed on, after every step and the run got their end."""

    async def cancel(task: asyncio.Task[RunFinished]) -> None:
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.sleep(0.5)
        task.cancel()

    async def slow_to_stop(_: Any) -> str | None:
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(1)
        return None

    play = stage.play(
        stage.step("a", slow_to_stop, timeout_s=2000), stage.step("b", lane="a"), meanwhile=cancel
    )
    assert isinstance(play.raised, asyncio.CancelledError)
    assert play.last.cancelled == ("a", "b")
    assert play.last.status is RunStatus.CANCELLED
    assert play.tasks_left == set()


def test_a_loop_that_is_being_closed_still_ends_the_run(stage):
    """trap F5: every task is cancelled at once, as asyncio.run does after Ctrl-C."""

    async def cancel_all(_: asyncio.Task[RunFinished]) -> None:
        await asyncio.sleep(3)
        for each in asyncio.all_tasks() - {asyncio.current_task()}:
            if each.get_name() != "play":
                each.cancel()

    play = stage.play(
        stage.step("a", lambda _: asyncio.sleep(1000), timeout_s=2000),
        stage.step("b", lane="a"),
        meanwhile=cancel_all,
    )
    assert isinstance(play.raised, asyncio.CancelledError)
    assert play.last.cancelled == ("a", "b")
    assert play.states == {"a": StepState.CANCELLED, "b": StepState.CANCELLED}


# ---- observers that fail ---------------------------------------------------------------------


def journal(fails_on: type, *, again: bool = False, error: BaseException | None = None) -> Any:
    """An observer that fails on the first event of that kind (and on each after it, if `again`)."""
    calls: list[Event] = []

    async def observe(event: Event) -> None:
        calls.append(event)
        lost = any(isinstance(seen, fails_on) for seen in calls[:-1])
        if isinstance(event, fails_on) or (again and lost):
            raise error or DatabaseUnavailable(
                "The database is gone.", "It was at 127.0.0.1.", "Start it."
            )

    observe.calls = calls
    return observe


@pytest.mark.parametrize("kind", [RunStarted, StepStarted, StepProgress, StepFinished])
@pytest.mark.parametrize("again", [False, True])
def test_a_lost_journal_ends_the_run(stage, caplog, kind, again):
    lost = journal(kind, again=again)
    play = stage.play(
        stage.step("a", units(3, 1)),
        stage.step("b", lambda _: asyncio.sleep(1000), timeout_s=2000),
        stage.step("c", needs=("a",)),
        observer=lost,
    )
    assert play.last.status is RunStatus.FAILED
    assert play.last.error == "The database is gone. It was at 127.0.0.1. Start it."
    assert play.finished == play.last, "the other observer was told all the same"
    assert "c" in play.last.cancelled
    assert "b" in play.last.cancelled
    assert set(play.states) == {"a", "b", "c"}
    assert isinstance(lost.calls[-1], RunFinished), "it is tried once more"
    assert play.seconds < 5
    assert play.tasks_left == set()
    assert ("The end of the run could not be recorded" in caplog.text) is again


@pytest.mark.parametrize("error", [DatabaseUnavailable("The database is gone."), KeyError("a")])
def test_where_a_lost_journal_was_lost_is_told_of_a_bug_alone(stage, caplog, error):
    """bug: a database that was shut down in mid-run filled the log with the way to it."""
    stage.play(stage.step("a"), observer=journal(StepStarted, error=error))
    (told,) = [one for one in caplog.records if "StepStarted could not be" in one.getMessage()]
    assert (told.exc_info is not None) is isinstance(error, KeyError)
    assert str(error) in told.getMessage()


def test_no_action_starts_whose_start_is_not_on_record(stage, caplog):
    play = stage.play(stage.step("a"), observer=journal(StepStarted))
    assert stage.log == []
    assert play.end("a").reason == "not started"
    assert play.last.cancelled == ("a",)


def test_a_journal_lost_at_the_very_end_makes_the_run_a_failure(stage, caplog):
    play = stage.play(stage.step("a"), observer=journal(RunFinished))
    assert play.finished is not None
    assert play.finished.status is RunStatus.FAILED
    assert play.finished.done == ("a",)
    assert "The database is gone." in play.finished.error


def test_a_bug_in_an_observer_is_told_as_such(stage, caplog):
    play = stage.play(stage.step("a"), observer=journal(StepFinished, error=KeyError("x")))
    assert play.last.error == "internal error: KeyError: 'x'"


def test_an_observer_that_cancels_itself_is_a_lost_one(stage, caplog):
    play = stage.play(
        stage.step("a"),
        stage.step("b", needs=("a",)),
        observer=journal(StepFinished, error=asyncio.CancelledError()),
    )
    assert play.last.status is RunStatus.FAILED


def test_an_observer_that_hangs_does_not_hold_up_leaving(stage, caplog):
    async def hangs(event: Event) -> None:
        if isinstance(event, StepFinished | RunFinished):
            await asyncio.sleep(1e6)

    asker = Asker((5, "Ctrl-C"))
    play = stage.play(stage.step("a"), observer=hangs, **asker.how)
    assert play.finished is not None
    assert play.seconds == pytest.approx(5 + 0.7 + 5, abs=2)
    assert play.tasks_left == set()
    assert "could not be told" in caplog.text
    assert "could not be recorded" not in caplog.text, "it was cut off, it did not fail"
    assert play.finished.done == ("a",)
    assert play.finished.error == ""
    assert len(asker.abandoned) == 1
