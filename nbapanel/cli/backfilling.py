"""Opens what a backfill's worker needs, works, and says how it ended: for `backfill`, `worker`."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

from nbapanel.archive import Archive
from nbapanel.backfill import queue
from nbapanel.backfill.book import Book
from nbapanel.backfill.jobs import Desk, PutBack, advance
from nbapanel.backfill.worker import Serving, rescue, take_on
from nbapanel.cli.feeds import Reached, reach
from nbapanel.cli.league_time import held_until
from nbapanel.cli.leftovers import name_of, sharing
from nbapanel.cli.lost_database import through_restarts
from nbapanel.engine.control import RunControl, Stage
from nbapanel.engine.interrupts import install_signal_handlers, watch_stdin
from nbapanel.opening import open_warehouse
from nbapanel.origin import claim
from nbapanel.place import Place
from nbapanel.source.feeds import open_feeds
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.feed_turns import FeedTurns

log = logging.getLogger(__name__)

_PATIENCE_S = 24 * 3600.0
_SHOWN_EVERY_S = 0.5
_IDLE_S = 1.0

Say = Callable[[str], None]
Show = Callable[[], None]


class Room:
    """What a worker has open. `say` tells the person what happens when it is asked to stop."""

    def __init__(
        self, place: Place, database: Database, book: Book, reached: Reached, say: Say
    ) -> None:
        self.place = place
        self.database = database
        self.book = book
        self.say = say
        self.control = RunControl(grace_s=_PATIENCE_S, abandon=lambda: os._exit(130))
        self._reached = reached
        self._has_enough = asyncio.Event()
        self._desk: Desk | None = None

    def current_desk(self) -> Desk:
        assert self._desk is not None, "jobs are worked while a desk is open"
        return self._desk

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        """For one round of work: what is learnt of the feeds' hosts holds until its end."""
        self._has_enough.clear()
        settings, turns = self.place.settings, FeedTurns(self.database)
        archive = self.place.data_dir.archive
        async with open_feeds(self._reached.settings, turns=turns) as feeds:
            self._desk = Desk(
                name=f"{socket.gethostname()}:{os.getpid()}",
                book=self.book,
                database=self.database,
                settings=settings,
                archive=Archive(archive, most_bytes=settings.most_payload_mb * 1_000_000),
                feeds=feeds,
                clock=self._reached.clock,
                is_stopping=lambda: self.control.stopping or self._has_enough.is_set(),
                stop=self._has_enough.set,
            )
            yield self._desk

    async def until_left(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work. Asked to stop it ends what is underway; asked twice we leave at once."""
        task = asyncio.create_task(work, name="backfill")
        attending = asyncio.create_task(
            self.control.attend(self._announce, lambda: None), name="backfill control"
        )
        await asyncio.wait((task, attending), return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and self.control.abandon is not None:
            self.control.abandon()
        attending.cancel()
        await asyncio.wait((attending,))
        await task

    def _announce(self, stage: Stage, words: str) -> None:
        self.say(f"{words} Again within a moment: leave at once." if stage is Stage.STOP else words)


def run_backfill(
    place: Place,
    clock: str,
    at_once: int,
    say: Say,
    begin: Callable[[Desk], Awaitable[int]],
    shown: Callable[[str, int], Show],
) -> int:
    """Begin or resume a backfill and work it to its end, or until it is paused; its number.

    `begin` puts it on record. `shown` is given the connection string and the number; what it
    returns is called now and then, in a thread, to show how far it is.
    """

    async def body(room: Room) -> int:
        async with room.desk() as desk:
            backfill_id = await begin(desk)
        show = shown(room.database.conninfo, backfill_id)
        await room.until_left(_work_off(room, backfill_id, at_once, show))
        return backfill_id

    return _in_room(place, clock, say, body)


def run_worker(place: Place, clock: str, at_once: int, say: Say, *, until_idle: bool) -> None:
    """Take a share of whichever backfills run, until it is stopped."""

    async def body(room: Room) -> int:
        await room.until_left(_take_share(room, at_once, until_idle=until_idle))
        return 0

    _in_room(place, clock, say, body)


async def _work_off(room: Room, backfill_id: int, at_once: int, show: Show) -> None:
    helpers = [
        asyncio.create_task(_keep_showing(show), name="backfill shown"),
        asyncio.create_task(_pause_when_asked(room, backfill_id), name="backfill pause"),
    ]

    async def round_of_work() -> bool:
        if (await room.book.read(backfill_id)).status != "running":
            return False
        with queue.in_our_words():
            await _round(room, backfill_id, at_once)
        if room.control.stopping:
            await helpers[1]  # it is paused, before anybody reads how it ended
        return True

    try:
        await through_restarts(room.database, room.control, room.say, round_of_work)
    finally:
        for helper in helpers:
            helper.cancel()
        await asyncio.wait(helpers)
    await asyncio.to_thread(show)


async def _round(room: Room, backfill_id: int, at_once: int) -> None:
    """Until it is over or paused, or another beginning is needed."""
    async with room.desk() as desk:
        with suppress(PutBack):  # asked to stop before there was anything to do
            await advance(desk, backfill_id)
        if at_once:
            await _serving(room, desk, at_once).serve([backfill_id])
        else:
            await _watch_others(room, desk, backfill_id)


async def _watch_others(room: Room, desk: Desk, backfill_id: int) -> None:
    """Have other processes do it all, and see to what they leave."""
    while backfill_id in await room.book.running():
        await rescue(desk, room.place.settings.worker_silence_s)
        if await room.control.wait_stop(_IDLE_S):
            return


async def _keep_showing(show: Show) -> None:
    while True:
        await asyncio.to_thread(show)
        await asyncio.sleep(_SHOWN_EVERY_S)


async def _pause_when_asked(room: Room, backfill_id: int) -> None:
    """For every worker, wherever it is."""
    await room.control.wait_stop()
    await room.book.pause(backfill_id, f"paused ({room.control.who})")


async def _take_share(room: Room, at_once: int, *, until_idle: bool) -> None:
    async def round_of_work() -> bool:
        running = await room.book.running()
        if running:
            room.say(f"At work on backfill {', '.join(map(str, running))}.")
            with queue.in_our_words():
                async with room.desk() as desk:
                    await _serving(room, desk, at_once, joins=True).serve(running)
        elif until_idle:
            return False
        else:
            await room.control.wait_stop(_IDLE_S)
        return not room.control.stopping

    await through_restarts(room.database, room.control, room.say, round_of_work)


def _serving(room: Room, desk: Desk, at_once: int, *, joins: bool = False) -> Serving:
    return Serving(desk, at_once, room.place.settings.worker_silence_s, joins)


# -- how it is opened ----------------------------------------------------------------------------


def _in_room(place: Place, clock: str, say: Say, body: Callable[[Room], Awaitable[int]]) -> int:
    claim(place.data_dir, place.feeds)
    with (
        open_warehouse(place, "backfill", claiming=True) as conninfo,
        sharing(place.data_dir, Archive(place.data_dir.archive), name_of(place.settings)),
        reach(place.feeds, place.settings, clock, held_until(place, conninfo)) as reached,
    ):
        return asyncio.run(_opened(place, reached, conninfo, say, body))


async def _opened(
    place: Place,
    reached: Reached,
    conninfo: str,
    say: Say,
    body: Callable[[Room], Awaitable[int]],
) -> int:
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(Database(conninfo, "backfill"))
        app = queue.make_app(database)
        room = Room(place, database, Book(database, app), reached, say)
        stack.callback(install_signal_handlers(room.control, loop))
        stack.callback(watch_stdin(room.control, loop))
        take_on(app, room.current_desk)
        await stack.enter_async_context(queue.opened(app, database))
        return await body(room)
