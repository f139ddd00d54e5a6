"""Backfills of the league's first days, by real processes over real sockets."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import procrastinate
import psycopg
import pytest

from nbapanel.backfill import queue
from nbapanel.backfill.book import Book
from nbapanel.simulator.running import RunningSimulator, running
from nbapanel.warehouse.db import Database, connect

HOUR = datetime(2025, 10, 23, 16, tzinfo=UTC)
"""The season is two days old: 24 days to be asked for, 16 games."""

SEASON = "2025-26"
MOMENTS = ("last_fetched_at", "last_change", "first_seen_at", "last_seen_at")
"""A payload whose first writing was killed is kept a microsecond later: the name is taken."""

_FILLED = ("kalshi.candlesticks", "derived.snapshot_features", "derived.pbp_event_state")
_END_S = 120.0
_EVENTUALLY_S = 60.0


@dataclass
class Hands:
    """Runs `nbapanel ...` on one database, each process with a data directory of its own or not."""

    conninfo: str
    room: Path
    url: str
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    extra: dict[str, str] = field(default_factory=dict)

    def start(self, *words: str, data_dir: str = "data") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "nbapanel", *words),
                *("--data-dir", str(self.room / data_dir), "--feeds", self.url),
            ],
            env={
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
                "HOME": str(self.room),
                "DATABASE_URL": self.conninfo,
                "NBAPANEL_WORKER_SILENCE_S": "2",
                **self.extra,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.room,
            text=True,
        )
        self.started.append(process)
        return process

    def backfill(self, *words: str, **more: Any) -> subprocess.Popen[str]:
        return self.start("backfill", "--season", SEASON, "--json", *words, **more)

    def query(self, text: str, *values: Any) -> list[Any]:
        with connect(self.conninfo, purpose="test looks") as connection:
            return connection.execute(text, values).fetchall()

    def one(self, text: str, *values: Any) -> Any:
        found = self.query(text, *values)
        return found[0][0] if found else None

    @property
    def record(self) -> list[Any]:
        """How the backfills and their units stand, to be told."""
        return [
            self.query("SELECT backfill_id, phase, status, reason FROM ops.backfills"),
            self.query("SELECT stage, status, count(*) FROM ops.backfill_units GROUP BY 1, 2"),
        ]

    @contextmanager
    def looking(self) -> Iterator[psycopg.Connection[Any]]:
        with connect(self.conninfo, purpose="test looks") as connection:
            yield connection


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return json.loads(self.out)


def end_of(process: subprocess.Popen[str]) -> Ended:
    try:
        out, err = process.communicate(timeout=_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"{process.args} did not end: {out} {err}")
    return Ended(process.returncode, out, err)


@pytest.fixture
async def app(database: Database) -> AsyncIterator[procrastinate.App]:
    made = queue.make_app(database)
    async with queue.opened(made, database):
        yield made


@pytest.fixture
def book(database: Database, app: procrastinate.App) -> Book:
    return Book(database, app)


@pytest.fixture(name="end_of")
def _end_of() -> Callable[[subprocess.Popen[str]], Ended]:
    return end_of


@pytest.fixture(scope="session")
def young_league() -> Iterator[RunningSimulator]:
    with running(league=7, clock=HOUR.isoformat()) as simulator:
        yield simulator


@pytest.fixture
def feed(young_league: RunningSimulator) -> Iterator[RunningSimulator]:
    """The league on its third day, without faults, nothing asked of it yet."""
    young_league.faults()
    young_league.forget_requests()
    yield young_league
    young_league.faults()


@contextmanager
def _hands(conninfo: str, room: Path, url: str) -> Iterator[Hands]:
    hands = Hands(conninfo, room, url)
    yield hands
    for process in hands.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def hands(conninfo: str, tmp_path: Path, feed: RunningSimulator) -> Iterator[Hands]:
    with _hands(conninfo, tmp_path, feed.url) as made:
        yield made


@pytest.fixture(scope="session")
def undisturbed(
    empty_database: Any,
    young_league: RunningSimulator,
    tmp_path_factory: pytest.TempPathFactory,
    held: Any,
) -> Any:
    """What a backfill of all lanes brings where nothing happens to it."""
    young_league.faults()
    room = tmp_path_factory.mktemp("undisturbed")
    with empty_database() as conninfo, _hands(conninfo, room, young_league.url) as hands:
        ended = end_of(hands.backfill())
        assert ended.code == 0, ended
        publish(conninfo)
        found = held(conninfo)
        assert all(found[relation] for relation in _FILLED)
        return found


@pytest.fixture(scope="session")
def held(contents: Any) -> Callable[[str], Any]:
    """What the warehouse holds, to be compared with `undisturbed`."""
    return lambda conninfo: contents(conninfo, but=MOMENTS)


def publish(conninfo: str) -> None:
    """The views as they would be published: a backfill leaves that to the next refetch."""
    with connect(conninfo, purpose="test") as connection:
        for view in ("snapshot_features_v1", "game_summary", "slate"):
            connection.execute(f"REFRESH MATERIALIZED VIEW derived.{view}")


@pytest.fixture(name="publish")
def _publish() -> Callable[[str], None]:
    return publish


@pytest.fixture
def wait_until(hands: Hands) -> Callable[[Callable[[], object]], None]:
    """Wait, a minute at most, until something of another process has come about."""

    def wait(is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + _EVENTUALLY_S
        while not is_so():
            for process in hands.started:
                if process.poll() not in (None, 0, -signal.SIGKILL):
                    pytest.fail(f"{process.args} ended: {process.communicate()}")
            if time.monotonic() > deadline:
                for process in hands.started:
                    process.kill()
                told = [process.communicate() for process in hands.started]
                pytest.fail(f"not within a minute: {told} {hands.record}")
            time.sleep(0.02)

    return wait
