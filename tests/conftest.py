"""What every test may lean on: recorded payloads, a real PostgreSQL, and guards against leftovers."""

from __future__ import annotations

import logging
import os
import threading
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.server import acquire

_TEMPLATE = "nbapanel_template"
_THREAD_GRACE_S = 5.0


@pytest.fixture(scope="session")
def recorded() -> Path:
    """The folder of recorded payloads; tests that need it skip where it is absent."""
    named = os.environ.get("NBAPANEL_RECORDED")
    beside = Path(__file__).resolve().parents[2] / "shared" / "recorded"
    folder = Path(named) if named else beside
    if not folder.is_dir():
        pytest.skip(f"no recorded payloads: {folder} is not there (set NBAPANEL_RECORDED)")
    return folder


@pytest.fixture(scope="session")
def server_conninfo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An embedded PostgreSQL for the whole session, with a migrated database to copy."""
    folder = tmp_path_factory.mktemp("postgres")
    with acquire(folder / "postgres", purpose="tests", fast_unsafe=True) as lease:
        with connect(lease.conninfo, purpose="tests") as connection:
            connection.execute(f"CREATE DATABASE {_TEMPLATE}")
        template = make_conninfo(lease.conninfo, dbname=_TEMPLATE)
        with connect(template, purpose="tests") as connection:
            migrate.apply(connection)
        yield lease.conninfo


@pytest.fixture
def conninfo(server_conninfo: str) -> Iterator[str]:
    """A migrated, empty database of the test's own."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(_TEMPLATE)
            )
        )
    yield make_conninfo(server_conninfo, dbname=name)
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
async def database(conninfo: str) -> AsyncIterator[Database]:
    async with Database(conninfo, "test") as opened:
        yield opened


@pytest.fixture
def connection(conninfo: str) -> Iterator[psycopg.Connection]:
    """A synchronous connection in autocommit, to look with."""
    with connect(conninfo, purpose="test") as opened:
        yield opened


@pytest.fixture(autouse=True)
def no_unexpected_warning(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """A WARNING in the log fails the test, unless it says that it expects one."""
    yield
    if request.node.get_closest_marker("warns_in_log"):
        return
    for when in ("setup", "call"):
        found = [r for r in caplog.get_records(when) if r.levelno >= logging.WARNING]
        assert not found, f"unexpected in the log: {found[0].name}: {found[0].getMessage()}"


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A thread that outlives its test fails it, by name. The loop's own pool goes with the loop."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _THREAD_GRACE_S
    while left := [t for t in threading.enumerate() if t not in before and _counts(t)]:
        assert time.monotonic() < deadline, f"left running: {[t.name for t in left]}"
        time.sleep(0.01)


def _counts(thread: threading.Thread) -> bool:
    return not thread.name.startswith(("asyncio_", "pytest_timeout"))
