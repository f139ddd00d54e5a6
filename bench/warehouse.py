"""A warehouse to measure in, and steps run in it without the terminal around them."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, LiteralString

from psycopg import sql
from psycopg.conninfo import make_conninfo

from nbapanel.archive import Archive
from nbapanel.clock import LeagueClock
from nbapanel.engine.events import Changes
from nbapanel.payload import SourceType
from nbapanel.pipeline import STEPS
from nbapanel.settings import Settings
from nbapanel.source.feeds import open_feeds
from nbapanel.source.settings import UNPACED, FeedSettings
from nbapanel.steps.loading import register_manifests
from nbapanel.steps.resources import Resources, Window
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.journal import open_run
from nbapanel.warehouse.server import acquire

NOW = datetime(2026, 4, 20, 12, tzinfo=UTC)


@dataclass(slots=True)
class Counting:
    """The least that a step needs to run: it counts, and shows nothing."""

    resources: Resources
    run_id: int
    step: Any
    stopping: bool = False
    changes: dict[str, Changes] = field(default_factory=dict)

    def check_stop(self) -> None: ...
    def progress(self, done: int, total: int | None, unit: str, message: str = "") -> None: ...
    def fetched(self, requests: int, size: int) -> None: ...
    def bad(self, where: str, reason: str) -> None:
        raise AssertionError(f"{where}: {reason}")

    def note(self, key: str, value: object) -> None: ...

    def changed(self, relation: str, changes: Changes) -> None:
        self.changes[relation] = self.changes.get(relation, Changes()) + changes


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """An embedded server with the settings that users get."""
    with acquire(folder / "postgres", purpose="bench") as lease:
        yield lease.conninfo


def fresh_database(server: str, name: str, template: str | None = None) -> str:
    """A migrated database, or a copy of another one; replaces one of that name."""
    with connect(server, purpose="bench") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        copied = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        connection.execute(f"CREATE DATABASE {name}{copied}")
    conninfo = make_conninfo(server, dbname=name)
    with connect(conninfo, purpose="bench") as connection:
        migrate.apply(connection)
    return conninfo


@asynccontextmanager
async def resources(
    conninfo: str, archive: Archive | None = None, settings: Settings | None = None
) -> AsyncIterator[Resources]:
    """What steps are given. Without an archive nothing is fetched, registered or loaded."""
    clock = LeagueClock(NOW)
    async with (
        Database(conninfo, "bench") as database,
        open_feeds(FeedSettings(paces=UNPACED, clock=clock)) as feeds,
    ):
        journal = await database.open_connection(autocommit=True)
        try:
            yield Resources(
                settings=settings or Settings(),
                archive=archive or Archive(Path(os.devnull) / "none"),
                feeds=feeds,
                database=database,
                journal=journal,
                clock=clock,
                window=Window(date(2025, 10, 1), date(2026, 4, 19)),
                triggered_by="bench",
                offline=True,
            )
        finally:
            await journal.close()


async def register(held: Resources, kinds: Sequence[SourceType] = tuple(SourceType)) -> None:
    """Tell the database of the archive's payloads of these kinds."""
    async with held.database.connection() as connection:
        await register_manifests(
            connection, (m for m in held.archive.all() if m.source_type in kinds)
        )


async def do(held: Resources, key: str) -> dict[str, Changes]:
    """Run one step of the pipeline; what it changed."""
    step = STEPS.by_key[key]
    run_id = await open_run(
        held.journal, kind="steps", trigger="terminal", steps=[key], settings={}
    )
    context = Counting(held, run_id, step)
    await step.action(context)
    return context.changes


async def timed(held: Resources, key: str) -> tuple[float, dict[str, Changes]]:
    """Seconds that a step takes when nothing of before is still to be written to the disk."""
    await held.journal.execute("CHECKPOINT")
    start = time.perf_counter()
    changes = await do(held, key)
    return time.perf_counter() - start, changes


async def run(held: Resources, query: LiteralString, *values: Any) -> None:
    await held.journal.execute(query, values or None)


async def number(held: Resources, query: LiteralString, *values: Any) -> int:
    """The one number that a query gives."""
    cursor = await held.journal.execute(query, values or None)
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def rows_of(conninfo: str, relation: str) -> int:
    with connect(conninfo, purpose="bench") as connection:
        row = connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*relation.split(".")))
        ).fetchone()
    assert row is not None
    return int(row[0])


def assert_same(conninfo: str, ours: str, theirs: str, columns: Sequence[str] | None = None) -> int:
    """The rows of both relations: as many in each, and the same in these columns."""
    count = rows_of(conninfo, ours)
    assert count == rows_of(conninfo, theirs), f"{ours} and {theirs} differ in number"
    names = sql.SQL(", ").join(map(sql.Identifier, columns)) if columns else sql.SQL("*")
    with connect(conninfo, purpose="bench") as connection:
        row = connection.execute(
            sql.SQL(
                "SELECT count(*) FROM (SELECT {0} FROM {1} EXCEPT SELECT {0} FROM {2}) AS d"
            ).format(names, *(sql.Identifier(*name.split(".")) for name in (ours, theirs)))
        ).fetchone()
    assert row is not None
    assert row[0] == 0, f"{row[0]} rows of {ours} are not in {theirs}"
    return count
