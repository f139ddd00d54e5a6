"""Every run of a database is told, once and in order, whoever runs it and however it ends."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from nbapanel.desk.follower import Follower
from nbapanel.engine.board import Board
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
from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import CACHE_CHANNEL, CHANNEL, Journal, open_run, run_lock

A, B = "fetch_scoreboards", "load_scoreboards"


class Ear:
    """What a follower told, and of which kind."""

    def __init__(self, conninfo: str) -> None:
        self.events: list[Event] = []
        self.caches = 0
        self.losses: list[UserFacingError] = []
        self.follower = Follower(conninfo, self.events.append, self._on_caches, self.losses.append)

    def _on_caches(self) -> None:
        self.caches += 1

    @property
    def told(self) -> list[str]:
        return [_in_short(event) for event in tuple(self.events)]

    @property
    def finished(self) -> list[RunFinished]:
        return [event for event in tuple(self.events) if isinstance(event, RunFinished)]


def _in_short(event: Event) -> str:
    match event:
        case RunStarted():
            return f"run {event.run_id}"
        case StepStarted():
            return f"{event.step}>{event.attempt}"
        case StepFinished():
            return f"{event.step}={event.state.value}"
        case RunFinished():
            return f"end {event.run_id} {event.status.value}"
        case StepProgress():
            return f"{event.step} {event.done}"
        case _:
            return type(event).__name__


@pytest.fixture
def listen() -> Iterator[Callable[[str], Ear]]:
    """`listen(conninfo)`: a follower that has begun, and what it tells."""
    ears: list[Ear] = []

    def start(conninfo: str) -> Ear:
        ears.append(Ear(conninfo))
        ears[-1].follower.start()
        return ears[-1]

    yield start
    for ear in ears:
        ear.follower.close()


class Acting:
    """A run that does nothing but tell, as a real one does: it holds the lock and the journal."""

    def __init__(self, connection: Any, run_id: int) -> None:
        self.connection = connection
        self.run_id = run_id
        self._journal = Journal(connection)

    async def start(self) -> None:
        await self._journal(
            RunStarted(self.run_id, "refetch", "terminal", (A, B), {}, datetime.now(UTC))
        )

    async def begin(self, step: str, attempt: int = 1) -> None:
        await self._journal(StepStarted(self.run_id, step, attempt, datetime.now(UTC)))

    async def progress(self, step: str, done: int) -> None:
        await self._journal(StepProgress(self.run_id, step, done, 10, "games"))

    async def end(self, step: str, attempt: int = 1, **more: Any) -> None:
        state = more.pop("state", StepState.DONE)
        await self._journal(
            StepFinished(self.run_id, step, attempt, state, datetime.now(UTC), 1.5, **more)
        )

    async def finish(self) -> None:
        await self._journal(
            RunFinished(self.run_id, RunStatus.DONE, datetime.now(UTC), 3.0, done=(A, B))
        )


@asynccontextmanager
async def acting(conninfo: str) -> AsyncIterator[Acting]:
    """At its end the process is gone, whether it said so or not."""
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(conninfo, "run"))
        connection, _ = await stack.enter_async_context(run_lock(database))
        run_id = await open_run(
            connection, kind="refetch", trigger="terminal", steps=(A, B), settings={"days": 3}
        )
        yield Acting(connection, run_id)


async def _listens(conninfo: str, number: int = 1) -> None:
    """Until so many followers listen."""
    found = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query"
    with psycopg.connect(conninfo, autocommit=True) as looking:
        deadline = time.monotonic() + 60
        while looking.execute(
            f"{found} NOT LIKE 'LISTEN%%' AND application_name = 'nbapanel follows'"
        ).fetchone() != (number,):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)


async def test_a_run_from_start_to_end(conninfo: str, listen: Any, eventually: Any) -> None:
    ear = listen(conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await eventually(lambda: ear.follower.running == run.run_id)
        await run.begin(A)
        await run.progress(A, 3)
        await run.end(A, state=StepState.FAILED, retrying=True)
        await run.begin(A, 2)
        await run.end(A, 2)
        await run.end(B, 0, state=StepState.SKIPPED)
        await run.finish()
    await eventually(lambda: ear.finished)
    assert ear.told == [
        "run 1", f"{A}>1", f"{A} 3", f"{A}=failed", f"{A}>2", f"{A}=done", f"{B}=skipped",
        "end 1 done",
    ]  # fmt: skip
    assert ear.follower.running is None
    assert ear.caches == 0
    assert not ear.losses


async def test_a_run_that_is_active_already(conninfo: str, listen: Any, eventually: Any) -> None:
    """Its journal is told first; what follows, live."""
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        await run.end(A, changes={"espn.scoreboard_games": Changes(inserted=4)})
        await run.begin(B)
        ear = listen(conninfo)
        await eventually(lambda: len(ear.events) == 3)
        first, a, b = ear.events
        assert isinstance(first, RunStarted)
        assert (first.run_id, first.steps, first.settings) == (run.run_id, (A, B), {"days": 3})
        assert isinstance(a, StepFinished)
        assert a.changes == {"espn.scoreboard_games": Changes(inserted=4)}
        assert isinstance(b, StepStarted)
        assert ear.follower.running == run.run_id
        await run.progress(B, 5)
        await run.end(B)
        await run.finish()
        await eventually(lambda: ear.finished)
    assert ear.told[2:] == [f"{B}>1", f"{B} 5", f"{B}=done", "end 1 done"]


async def test_a_killed_run_is_ended(conninfo: str, listen: Any, eventually: Any) -> None:
    """trap W9, trap W13: nobody says that it is over, and yet nothing runs for ever."""
    ear = listen(conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        await run.end(A)
        await run.begin(B)
        await eventually(lambda: len(ear.events) == 4)
    await eventually(lambda: ear.finished)
    assert ear.told[4:] == [f"{B}=interrupted", "end 1 interrupted"]
    (end,) = ear.finished
    assert end.done == (A,)
    assert end.cancelled == (B,)
    assert end.error == "Its process is gone."
    assert ear.follower.running is None

    async with acting(conninfo) as again:
        await again.start()
        await eventually(lambda: ear.follower.running == again.run_id)
    assert ear.told.count("run 1") == 1


async def test_the_next_run_begins_before_the_end_was_noticed(
    conninfo: str, listen: Any, eventually: Any
) -> None:
    ear = listen(conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as first:
        await first.start()
        await first.begin(A)
    async with acting(conninfo) as second:
        await second.start()
        await second.begin(A)
        await eventually(lambda: len(ear.events) == 6)
        assert ear.told == [
            "run 1", f"{A}>1", f"{A}=interrupted", "end 1 interrupted", "run 2", f"{A}>1",
        ]  # fmt: skip


async def test_a_lost_connection_is_taken_up_where_it_was(
    conninfo: str, wire: Any, listen: Any, eventually: Any
) -> None:
    """trap W11: what happened meanwhile is told from the journal, and nothing twice."""
    ear = listen(wire.conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        await eventually(lambda: len(ear.events) == 2)
        wire.cut()
        await eventually(lambda: ear.losses)
        assert "does not answer" in ear.losses[0].title
        await run.end(A)
        await run.begin(B)
        wire.mend()
        await eventually(lambda: len(ear.events) == 4)
        assert ear.caches == 1
        await run.end(B)
        await run.finish()
        await eventually(lambda: ear.finished)
    assert ear.told == [
        "run 1", f"{A}>1", f"{A}=done", f"{B}>1", f"{B}=done", "end 1 done",
    ]  # fmt: skip
    assert len(ear.losses) == 1


async def test_every_attempt_counts_once_whoever_heard_it(
    conninfo: str, wire: Any, listen: Any, eventually: Any
) -> None:
    """What a card says was changed is what all attempts changed: of one that was heard, of one that
    came and went while the connection was gone, and for somebody who came late."""
    plays = {"espn.plays": Changes(inserted=1)}
    ear = listen(wire.conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        await run.end(A, state=StepState.FAILED, retrying=True, changes=plays)
        await eventually(lambda: len(ear.events) == 3)
        wire.cut()
        await eventually(lambda: ear.losses)
        await run.begin(A, 2)
        await run.end(A, 2, state=StepState.FAILED, retrying=True, changes=plays)
        await run.begin(A, 3)
        wire.mend()
        await eventually(lambda: f"{A}>3" in ear.told)
        late = listen(conninfo)
        await eventually(lambda: f"{A}>3" in late.told)
        await run.end(A, 3, changes=plays)
        await run.finish()
        await eventually(lambda: ear.finished and late.finished)
    for one in (ear, late):
        board = Board.of(STEPS.steps, [A, B])
        for event in one.events:
            board.take(event)
        assert board.lines[A].changes == {"espn.plays": Changes(inserted=3)}, one.told
        assert board.lines[A].state is StepState.DONE
    assert late.told == [
        "run 1", f"{A}=failed", f"{A}=failed", f"{A}>3", f"{A}=done", "end 1 done",
    ]  # fmt: skip


async def test_what_ended_while_nobody_listened(
    conninfo: str, wire: Any, listen: Any, eventually: Any
) -> None:
    """The run that was underway is ended; of one that came and went, the caches are told."""
    ear = listen(wire.conninfo)
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        await eventually(lambda: len(ear.events) == 2)
        wire.cut()
        await eventually(lambda: ear.losses)
        await run.end(A)
        await run.finish()
    async with acting(conninfo) as unheard:
        await unheard.start()
        await unheard.finish()
    wire.mend()
    await eventually(lambda: ear.caches)
    assert ear.told == ["run 1", f"{A}>1", f"{A}=done", "end 1 done"]
    assert len(ear.losses) == 1


async def test_another_address(
    conninfo: str, wire: Any, listen: Any, eventually: Any, empty_database: Any
) -> None:
    """An embedded server that was started anew has another port; a run there counts anew."""
    ear = listen(wire.conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await eventually(lambda: ear.events)
        with empty_database() as elsewhere:
            ear.follower.reconnect(elsewhere)
            await eventually(lambda: ear.finished)
            assert ear.told == ["run 1", "end 1 interrupted"]
            async with acting(elsewhere) as other:
                assert other.run_id == run.run_id
                await other.start()
                await eventually(lambda: len(ear.events) == 3)
                assert ear.told[2:] == ["run 1"]
            ear.follower.close()
    assert not ear.losses


async def test_the_same_address_again_changes_nothing(
    conninfo: str, wire: Any, listen: Any, eventually: Any
) -> None:
    ear = listen(wire.conninfo)
    await _listens(conninfo)
    ear.follower.reconnect(wire.conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await eventually(lambda: ear.events)
    assert wire.connected == 1
    assert ear.caches == 0


@pytest.mark.warns_in_log
async def test_what_is_not_ours_is_passed_over(
    conninfo: str, connection: Any, listen: Any, eventually: Any
) -> None:
    ear = listen(conninfo)
    await _listens(conninfo)
    for payload in (
        "", "nonsense", "[]", "7", '"text"', "{}", '{"type": "RunStarted"}', '{"type": "Later"}',
        '{"type": "StepFinished", "run_id": 1, "state": "odd"}', '{"type": ["RunStarted"]}',
        '{"type":"RunFinished","run_id":4711,"status":"done","at":"2026-01-15T00:00:00Z",'
        '"seconds":1}',
    ):  # fmt: skip
        connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))
    connection.execute("SELECT pg_notify(%s, %s)", (CACHE_CHANNEL, "nonsense"))
    await eventually(lambda: ear.caches == 1)
    assert not ear.events
    async with acting(conninfo) as run:
        await run.start()
        await eventually(lambda: ear.told == ["run 1"])
    assert not ear.losses


async def test_what_was_too_long_for_a_notification_is_read_in_the_journal(
    conninfo: str, listen: Any, eventually: Any
) -> None:
    ear = listen(conninfo)
    await _listens(conninfo)
    detail = {"bad": [{"where": f"item {number}", "reason": "x" * 400} for number in range(20)]}
    async with acting(conninfo) as run:
        await run.start()
        await run.begin(A)
        changes = {"espn.scoreboard_games": Changes(1, 2, 3, 4)}
        await run.end(A, detail=detail, changes=changes, bad_items=20, retrying=True)
        await eventually(lambda: len(ear.events) == 3)
    end = ear.events[2]
    assert isinstance(end, StepFinished)
    assert end.detail == detail
    assert end.changes == changes
    assert end.retrying


@pytest.mark.warns_in_log
async def test_a_listener_that_fails_hears_the_rest(conninfo: str, eventually: Any) -> None:
    told: list[str] = []

    def fail(event: Event) -> None:
        told.append(_in_short(event))
        raise ValueError("not now")

    follower = Follower(conninfo, fail, lambda: None, lambda _: None)
    follower.start()
    await _listens(conninfo)
    async with acting(conninfo) as run:
        await run.start()
        await run.finish()
        await eventually(lambda: len(told) == 2)
    follower.close()


async def test_it_ends_at_once_though_the_server_is_silent(
    conninfo: str, wire: Any, listen: Any, until: Any
) -> None:
    """trap W11: a server that says nothing more, and does not hang up either."""
    ear = listen(wire.conninfo)
    await _listens(conninfo)
    wire.silence()
    await asyncio.sleep(3.5)  # the thread has asked meanwhile, and waits for an answer
    ear.follower.close()
    until(lambda: not [one for one in threading.enumerate() if one.name == "follower"])
    assert not ear.losses


def test_it_may_be_closed_before_it_was_started(conninfo: str, until: Any) -> None:
    """Then it never listens: its thread ends by itself."""
    ear = Ear(conninfo)
    ear.follower.close()
    ear.follower.start()
    until(lambda: not [one for one in threading.enumerate() if one.name == "follower"])
    assert (ear.told, ear.losses) == ([], [])


def test_a_real_run_and_one_that_is_killed(
    conninfo: str, slow: Any, start_run: Any, listen: Any, until: Any, simulator: Any
) -> None:
    """In processes of their own: each step told once, the board as the terminal's; then kill -9."""
    ear = listen(conninfo)
    process = start_run()
    slow()
    until(lambda: ear.follower.running)
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: ear.finished, lambda: ear.told)
    assert ear.finished[0].status is RunStatus.INTERRUPTED
    assert "markets" in {event.step for event in _ends(ear, StepState.INTERRUPTED)}

    simulator.faults()
    ear.events.clear()
    assert start_run("resume").wait(60) == 0
    until(lambda: ear.finished)
    first = ear.events[0]
    assert isinstance(first, RunStarted)
    board = Board.of(STEPS.steps, first.steps)
    for event in ear.events:
        board.take(event)
    assert {line.state for line in board.lines.values()} == {StepState.DONE}
    starts = [event.step for event in ear.events if isinstance(event, StepStarted)]
    assert sorted(starts) == sorted(set(starts))
    assert ear.told[0] == "run 2"
    assert ear.told[-1] == "end 2 done"


def _ends(ear: Ear, state: StepState) -> list[StepFinished]:
    return [e for e in ear.events if isinstance(e, StepFinished) and e.state is state]
