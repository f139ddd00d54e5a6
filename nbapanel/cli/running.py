"""Runs the pipeline for the terminal: opens what a run needs, runs it, and says how it ended."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncConnection

from nbapanel.archive import Archive
from nbapanel.cli.feeds import Reached, reach
from nbapanel.cli.league_time import held_until
from nbapanel.cli.leftovers import name_of, working_in
from nbapanel.cli.requests import RunRequest, drop, put_down
from nbapanel.engine.control import RunControl, Stage
from nbapanel.engine.events import Event, RunFinished, RunStatus
from nbapanel.engine.interrupts import install_signal_handlers, watch_stdin
from nbapanel.engine.runner import Runner
from nbapanel.errors import UsageError, UserFacingError, WrongOrigin
from nbapanel.opening import open_warehouse
from nbapanel.origin import claim
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.source.feeds import Feeds, open_feeds
from nbapanel.steps.emptying import empty_the_tables
from nbapanel.steps.resources import PipelineStep, Resources, Window
from nbapanel.warehouse.control_channel import heeding
from nbapanel.warehouse.db import Database, connect, in_words
from nbapanel.warehouse.feed_turns import FeedTurns
from nbapanel.warehouse.journal import Journal, open_run, run_lock
from nbapanel.warehouse.retention import forget_runs
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

log = logging.getLogger(__name__)

Observer = Callable[[Event], Awaitable[None]]
Begun = Callable[[int, tuple[PipelineStep, ...], dict[str, list[float]]], None]

EXIT_CODES = {RunStatus.DONE: 0, RunStatus.FAILED: 1, RunStatus.CANCELLED: 130}


def run(
    place: Place,
    request: RunRequest,
    observer: Observer,
    begun: Begun,
) -> RunFinished:
    """Run what was asked for, from nothing: server, schema, lock, journal, steps.

    Raises DatabaseUnavailable, RunActive or, for a league's clock that would go back, UsageError
    before anything was done.
    """
    claim(place.data_dir, place.feeds)
    put_down(place.data_dir, request)
    try:
        with (
            open_warehouse(place, "run", claiming=True) as conninfo,
            reach(
                place.feeds, place.settings, request.clock, held_until(place, conninfo)
            ) as reached,
        ):
            finished = asyncio.run(_run(place, request, reached, conninfo, observer, begun))
            _forget_old_runs(conninfo, place.settings.keep_runs_days)
            return finished
    except (UsageError, WrongOrigin):
        # Resumed, it would be refused again.
        drop(place.data_dir)
        raise


def _forget_old_runs(conninfo: str, days: int) -> None:
    """As the settings say; what this run did does not hang on it."""
    if not days:
        return
    try:
        with connect(conninfo, purpose="run") as connection:
            forgotten = forget_runs(connection, days)
    except UserFacingError as error:
        log.info("Old runs were not forgotten: %s", error)
    else:
        if forgotten:
            log.info("%s of more than %d days ago forgotten", counted(forgotten, "run"), days)


@dataclass(frozen=True, slots=True)
class _Room:
    """What a run has for itself: a database and a data directory in which no other run works."""

    database: Database
    journal: AsyncConnection[Any]
    archive: Archive
    window: Window


async def _run(
    place: Place,
    request: RunRequest,
    reached: Reached,
    conninfo: str,
    observer: Observer,
    begun: Begun,
) -> RunFinished:
    control = RunControl(abandon=lambda: os._exit(130))
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        stack.callback(install_signal_handlers(control, loop))
        stack.callback(watch_stdin(control, loop))
        database = await stack.enter_async_context(Database(conninfo, "run"))
        try:
            room = await _take_room(stack, place, request, reached, database)
            if request.rebuild:
                await _empty(room, control, accept_loss=request.accept_loss)
        except BaseException:
            drop(place.data_dir)
            raise
        request = _as_begun(request, room.window)
        run_id = await _put_on_record(room.journal, request)
        drop(place.data_dir)
        await stack.enter_async_context(heeding(database, run_id, control.request_stop))
        turns = FeedTurns(database)
        feeds = await stack.enter_async_context(open_feeds(reached.settings, turns=turns))
        steps = tuple(STEPS.by_key[key] for key in request.steps)
        begun(run_id, steps, await durations(room.journal, request.steps))
        return await Runner(
            steps,
            _resources(place, request, reached, room, feeds),
            run_id=run_id,
            kind=request.kind,
            trigger=request.trigger,
            settings=request.settings,
            observers=[Journal(room.journal), observer],
            control=control,
            now=lambda: datetime.now(UTC),
        ).run()


async def _take_room(
    stack: AsyncExitStack,
    place: Place,
    request: RunRequest,
    reached: Reached,
    database: Database,
) -> _Room:
    """Both locks, for as long as the stack is open. Raises RunActive where another has one."""
    archive = Archive(place.data_dir.archive, most_bytes=place.settings.most_payload_mb * 1_000_000)
    # The journal is written over the connection that holds the lock: a run that lost the lock must
    # not go on as if it were alone, and one that cannot write ends by itself.
    journal, _ = await stack.enter_async_context(run_lock(database))
    stack.enter_context(working_in(place.data_dir, archive, name_of(place.settings)))
    return _Room(database, journal, archive, window_of(request, reached))


async def _empty(room: _Room, control: RunControl, *, accept_loss: bool) -> None:
    """For a rebuild; it comes last, so that nothing is emptied for a run that could not begin."""
    emptying = empty_the_tables(room.journal, room.archive, accept_loss=accept_loss)
    await _stoppable(emptying, control)


def _as_begun(request: RunRequest, window: Window) -> RunRequest:
    """As it is to be resumed: days later it is still about the days that it was asked for, and
    tables that it emptied are not emptied again."""
    return replace(request, first=window.first, last=window.last, rebuild=False, accept_loss=False)


async def _put_on_record(journal: AsyncConnection[Any], request: RunRequest) -> int:
    return await open_run(
        journal,
        kind=request.kind,
        trigger=request.trigger,
        steps=request.steps,
        settings=request.settings,
        resumes=request.resumes,
    )


def _resources(
    place: Place, request: RunRequest, reached: Reached, room: _Room, feeds: Feeds
) -> Resources:
    return Resources(
        settings=place.settings,
        archive=room.archive,
        feeds=feeds,
        database=room.database,
        journal=room.journal,
        clock=reached.clock,
        window=room.window,
        triggered_by=request.trigger,
        games=request.games,
        force=request.force,
        publish=request.publish,
        publish_anyway=request.publish_anyway,
        offline=request.offline,
    )


async def _stoppable(work: Coroutine[Any, Any, None], control: RunControl) -> None:
    """Do something before the first step, as long as nobody asks for a stop.

    Raises KeyboardInterrupt after a stop; what was half done is rolled back.
    """
    task = asyncio.create_task(work)

    def cancel() -> None:
        task.cancel()

    attending = asyncio.create_task(control.attend(_announce, cancel))
    try:
        await asyncio.wait((task, attending), return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and control.abandon is not None:
            control.abandon()
    finally:
        attending.cancel()
    if task.cancelled():
        raise KeyboardInterrupt
    await task


def _announce(stage: Stage, words: str) -> None:
    log.info("%s: %s", stage.name, words)


def window_of(request: RunRequest, reached: Reached) -> Window:
    if request.first is not None and request.last is not None:
        return Window(request.first, request.last)
    return Window.last_days(request.days, reached.clock.now())


async def durations(connection: Any, steps: tuple[str, ...]) -> dict[str, list[float]]:
    """Seconds of each step's last good attempts, oldest first."""
    history: dict[str, list[float]] = {}
    with in_words():
        cursor = await connection.execute(statement("step_history"), {"steps": list(steps)})
        for step, seconds in await cursor.fetchall():
            history.setdefault(step, []).append(float(seconds))
    return history


def exit_code(finished: RunFinished) -> int:
    return EXIT_CODES.get(finished.status, 1)
