"""What the two kinds of job do: a few units fetched and loaded, and what changed derived.

A unit is fetched and loaded by the same worker: its archive holds what its loads read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from nbapanel.archive import Archive, ArchiveUnwritable
from nbapanel.backfill.book import Backfill, Book, Found
from nbapanel.backfill.lanes import DERIVED, STAGES, context_of, stages_of
from nbapanel.backfill.request import BackfillRequest, windows_of
from nbapanel.backfill.stages import Asked, Do, Keys, Stage
from nbapanel.backfill.unit_context import UnitContext
from nbapanel.backfill.units import Tally
from nbapanel.clock import Clock
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.settings import Settings
from nbapanel.source.feeds import Feeds
from nbapanel.steps.resources import Resources, Window
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import beside_other_workers

log = logging.getLogger(__name__)

DERIVE_FROM_GAMES = 100
"""So many games that changed are worth a pass; the rest is derived at the end."""


class PutBack(Exception):
    """The job was not done, through no fault of its units: it goes back into the queue."""


@dataclass(slots=True)
class Desk:
    """What a worker works with. `name` tells it from others; `stop` has it take nothing more."""

    name: str
    book: Book
    database: Database
    settings: Settings
    archive: Archive
    feeds: Feeds
    clock: Clock
    is_stopping: Callable[[], bool]
    stop: Callable[[], None]
    loading: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One load at a time in a process: two would only take each other's processor."""

    @asynccontextmanager
    async def asked(self, request: BackfillRequest) -> AsyncIterator[Asked]:
        """The request with what it is worked with; the refresh log has a connection meanwhile."""
        windows = windows_of(request.seasons, self.clock.now())
        every = tuple(windows.values())
        async with self.database.connection() as journal:
            resources = Resources(
                settings=self.settings,
                archive=self.archive,
                feeds=self.feeds,
                database=self.database,
                journal=journal,
                clock=self.clock,
                window=Window(min(w.first for w in every), max(w.last for w in every)),
                triggered_by="backfill",
            )
            yield Asked(request, windows, resources)


# -- the course ----------------------------------------------------------------------------------


async def find(desk: Desk, request: BackfillRequest, phase: str) -> Found:
    """The units of a phase: all that the seasons hold and the warehouse does not."""
    found = []
    async with desk.asked(request) as asked:
        for stage in stages_of(request.lanes, phase):
            found.append((stage, await stage.find(asked)))
    return found


async def advance(desk: Desk, backfill_id: int) -> None:
    """Go on to the next phase where the one before is worked off."""
    backfill = await desk.book.read(backfill_id)
    while backfill.status == "running" and not await desk.book.has_open_units(backfill_id):
        match backfill.phase:
            case "discover":
                async with beside_other_workers(desk.database, desk.is_stopping) as may:
                    if not may:
                        raise PutBack
                    found = await find(desk, backfill.request, "work")
                most = backfill.request.most_games
                await desk.book.enter(backfill_id, "work", found, most)
            case "work":
                await desk.book.enter(backfill_id, "derive")
            case _:
                return
        backfill = await desk.book.read(backfill_id)


# -- units ---------------------------------------------------------------------------------------


async def work(desk: Desk, backfill_id: int, stage_name: str, keys: Keys) -> None:
    """Bring these units, note how each ended, and go on where they were the last."""
    book, stage = desk.book, STAGES[stage_name]
    backfill = await book.read(backfill_id)
    if backfill.status != "running" or desk.is_stopping():
        raise PutBack
    mine = await book.units.begin(backfill_id, stage_name, keys, desk.name)
    if mine:
        await _work(desk, backfill, stage, mine)
    await advance(desk, backfill_id)


async def _work(desk: Desk, backfill: Backfill, stage: Stage, keys: Keys) -> None:
    book, number, tally = desk.book, backfill.backfill_id, Tally()
    try:
        async with desk.asked(backfill.request) as asked:
            lacking = await _bring(desk, asked, stage, keys, tally)
    except (PutBack, DatabaseUnavailable, ArchiveUnwritable):
        await book.units.put_back(number, stage.name, keys)
        raise
    except Exception as bug:
        log.exception("%s %s broke off", stage.name, ", ".join(keys))
        lacking = dict.fromkeys(keys, f"internal error: {type(bug).__name__}: {bug}")
    shut_out = next(filter(desk.feeds.client.is_of_host_down, lacking.values()), None)
    if shut_out is not None:
        # Every other unit would fail alike: better nothing more is asked until somebody looked.
        await book.units.put_back(number, stage.name, keys)
        await book.pause(number, shut_out)
        desk.stop()
        raise PutBack
    await book.units.note(
        number, stage, keys, lacking, tally, desk.name, desk.settings.request_backoff_s
    )
    if stage.phase == "work":
        await book.units.have_derived(number, DERIVE_FROM_GAMES)


async def _bring(
    desk: Desk, asked: Asked, stage: Stage, keys: Keys, tally: Tally
) -> dict[str, str]:
    """Fetch and load; by key, why it is not held all the same."""
    context = context_of(stage.step, await stage.narrow(asked, keys))
    trouble = await _tried(stage.fetch, context, keys)
    trouble = await _load(desk, asked, stage, context, keys, tally) or trouble
    if stage.fetch_more is not None:
        before = context.requests
        trouble = await _tried(stage.fetch_more, context, keys) or trouble
        if context.requests > before:
            trouble = await _load(desk, asked, stage, context, keys, tally) or trouble
    lacking = await stage.lacking(asked, keys, context.not_fetched)
    tally.requests, tally.bytes_fetched = context.requests, context.bytes_fetched
    tally.rows_loaded = context.rows()
    if trouble is not None and not lacking:
        return dict.fromkeys(keys, str(trouble))
    return lacking


async def _load(
    desk: Desk, asked: Asked, stage: Stage, context: UnitContext, keys: Keys, tally: Tally
) -> UserFacingError | None:
    async with desk.loading, beside_other_workers(desk.database, desk.is_stopping) as may:
        if not may:
            raise PutBack
        began = time.monotonic()
        # What is to be loaded may only be known now that it was fetched.
        context.resources = await stage.narrow(asked, keys)
        trouble = await _tried(stage.load, context, keys)
        tally.load_s += time.monotonic() - began
    return trouble


async def _tried(do: Do, context: UnitContext, keys: Keys) -> UserFacingError | None:
    try:
        await do(context, keys)
    except DatabaseUnavailable:
        raise
    except UserFacingError as trouble:
        if full := _of_the_disk(trouble):
            raise full from trouble
        return trouble
    return None


def _of_the_disk(trouble: UserFacingError) -> ArchiveUnwritable | None:
    """That is no fault of a unit: every other would meet it. (A list has it for its cause.)"""
    for each in (trouble, trouble.__cause__):
        if isinstance(each, ArchiveUnwritable):
            return each
    return None


# -- what is derived -----------------------------------------------------------------------------


async def derive(desk: Desk, backfill_id: int) -> None:
    """Compute what waits for it, of whichever lane; at the end the backfill is over."""
    backfill = await desk.book.read(backfill_id)
    if backfill.status != "running" or desk.is_stopping():
        raise PutBack
    tally = Tally()
    async with (
        beside_other_workers(desk.database, desk.is_stopping) as may,
        desk.asked(backfill.request) as asked,
    ):
        if not may:
            raise PutBack
        began = time.monotonic()
        for each in DERIVED:
            if await each.skip_if(asked.resources) is None:
                context = context_of(each.step, asked.resources)
                await each.action(context)
                tally.rows_derived += context.rows()
        tally.derive_s = time.monotonic() - began
    await desk.book.units.count(backfill_id, tally)
    if backfill.phase == "derive" and not await desk.book.has_open_units(backfill_id):
        await desk.book.end(backfill_id)
