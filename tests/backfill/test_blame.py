"""Whose fault it was that units did not come: theirs, the disk's, or a host's that shut us out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from nbapanel.archive import ArchiveUnwritable
from nbapanel.backfill import jobs, queue
from nbapanel.backfill.book import Book
from nbapanel.backfill.lanes import STAGES
from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.stages import Keys, Unit
from nbapanel.backfill.unit_context import UnitContext
from nbapanel.errors import UserFacingError
from nbapanel.settings import Settings
from nbapanel.steps.fetching import attempted, fetch_each, together
from nbapanel.warehouse.db import Database

REQUEST = BackfillRequest(("2023-24",), ("espn", "nba"))
KEYS = ["1", "2"]
_UNITS = "SELECT unit_key, status, attempts FROM ops.backfill_units ORDER BY 1"
_STATUS = "SELECT status, reason FROM ops.backfills"
Make = Callable[..., None]


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Any]:
    """As much of one as a job needs whose stage is stood in for. Some other host is down."""
    app = queue.make_app(database)

    @asynccontextmanager
    async def asked(_: BackfillRequest) -> AsyncIterator[Any]:
        yield SimpleNamespace(resources=SimpleNamespace(database=database))

    client = SimpleNamespace(is_of_host_down=lambda said: "has shut us out" in said)
    async with queue.opened(app, database):
        yield SimpleNamespace(
            name="here:1", book=Book(database, app), database=database, asked=asked,
            settings=Settings(), is_stopping=lambda: False, stop=lambda: None,
            loading=asyncio.Lock(), feeds=SimpleNamespace(client=client),
        )  # fmt: skip


@pytest.fixture
def stage_that(monkeypatch: pytest.MonkeyPatch) -> Make:
    """Have the games of ESPN fetched like this, and these be lacking afterwards."""

    def make(fetch: Any, lacking: Mapping[str, str]) -> None:
        async def narrow(asked: Any, _: Keys) -> Any:
            return asked.resources

        async def load(_: UnitContext, __: Keys) -> None:
            return None

        async def told(*_: Any) -> Mapping[str, str]:
            return lacking

        made = replace(STAGES["espn_games"], narrow=narrow, fetch=fetch, load=load, lacking=told)
        monkeypatch.setattr(jobs, "STAGES", {"espn_games": made})

    return make


async def _opened(desk: Any) -> int:
    stage = STAGES["espn_games"]
    units = [Unit(key, None) for key in KEYS]
    return int(await desk.book.open(REQUEST, "terminal", [(stage, units)]))


async def _keep(_: str) -> None:
    raise ArchiveUnwritable("The disk is full.", "/data: No space left on device.")


async def _keep_both(_: str) -> None:
    """As the NBA's documents of a game are fetched, each for itself."""
    troubles: list[UserFacingError] = []
    for _ in range(2):
        await attempted(_keep(""), troubles)
    raise together(troubles)


@pytest.mark.parametrize("keep", [_keep, _keep_both])
async def test_a_full_disk_is_no_fault_of_the_games(
    keep: Any, desk: Any, stage_that: Make, connection: Any
) -> None:
    """trap W14; bug: each game of the season was tried three times and given up for it."""

    async def fetch(context: Any, keys: Keys) -> None:
        await fetch_each(context, keys, "games", keep, str)

    stage_that(fetch, dict.fromkeys(KEYS, "The disk is full."))
    number = await _opened(desk)
    with pytest.raises(ArchiveUnwritable):
        await jobs.work(desk, number, "espn_games", KEYS)
    assert connection.execute(_UNITS).fetchall() == [("1", "waiting", 0), ("2", "waiting", 0)]


async def test_a_game_that_failed_is_not_taken_for_the_host_of_another_lane(
    desk: Any, stage_that: Make, connection: Any
) -> None:
    """bug: while the NBA's host was down, ESPN's next hopeless game paused all of it."""

    async def fetch(_: Any, __: Keys) -> None:
        raise UserFacingError("ESPN answered 500.")

    stage_that(fetch, {"1": "ESPN answered 500."})
    number = await _opened(desk)
    await jobs.work(desk, number, "espn_games", KEYS)
    assert connection.execute(_STATUS).fetchone() == ("running", None)
    assert connection.execute(_UNITS).fetchall() == [("1", "waiting", 1), ("2", "done", 0)]


async def test_a_host_that_shuts_us_out_pauses_it_with_its_words(
    desk: Any, stage_that: Make, connection: Any
) -> None:
    """trap F11: and no unit is counted for it."""
    said = "espn has shut us out (403 with an HTML page)."

    async def fetch(_: Any, __: Keys) -> None:
        raise UserFacingError(said)

    stage_that(fetch, {"1": "ESPN answered 500.", "2": said})
    number = await _opened(desk)
    with pytest.raises(jobs.PutBack):
        await jobs.work(desk, number, "espn_games", KEYS)
    assert connection.execute(_STATUS).fetchone() == ("paused", said)
    assert connection.execute(_UNITS).fetchall() == [("1", "waiting", 0), ("2", "waiting", 0)]
