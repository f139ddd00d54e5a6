"""A server of ours that was killed comes back by itself: whoever connects meanwhile waits."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse import db
from nbapanel.warehouse.db import Database, EmbeddedConninfo, connect
from nbapanel.warehouse.server import Lease, acquire, status

_STARTING = "connection failed: FATAL:  the database system is in recovery mode"
_GONE = "connection failed: server closed the connection unexpectedly"
_REFUSED = 'connection to server at "127.0.0.1", port 1 failed: Connection refused'


@pytest.fixture(scope="module")
def lease(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lease]:
    with acquire(tmp_path_factory.mktemp("patience") / "postgres", purpose="test") as held:
        yield held


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server comes back within a second, where the machine has nothing else to do."""
    monkeypatch.setattr(db, "_PATIENCE_S", 60.0)


@pytest.fixture
def mortal(tmp_path: Path, patient: None) -> Iterator[Lease]:
    """A server of the test's own, that may be killed three times before its keeper gives it up."""
    with acquire(tmp_path / "postgres", purpose="test") as held:
        yield held


def _kill_a_backend(lease: Lease) -> None:
    """The server then ends every other one and recovers: from then on it takes nobody."""
    victim, other = psycopg.connect(lease.conninfo), psycopg.connect(lease.conninfo)
    os.kill(victim.info.backend_pid, signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        other.execute("SELECT pg_sleep(30)")
    victim.close()
    other.close()


def test_a_connection_right_after_a_backend_was_killed(mortal: Lease) -> None:
    """trap W13"""
    for _ in range(3):
        _kill_a_backend(mortal)
        with connect(mortal.conninfo, purpose="test") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_a_run_s_connection_right_after_a_backend_was_killed(mortal: Lease) -> None:
    """trap W13"""
    async with Database(mortal.conninfo, "test") as database:
        for _ in range(3):
            _kill_a_backend(mortal)
            connection = await database.open_connection()
            await connection.close()


def test_a_connection_right_after_the_server_was_killed(tmp_path: Path, patient: None) -> None:
    """trap W13: by the address that was known before, to which its keeper brings it back."""
    with acquire(tmp_path / "postgres", purpose="test") as held:
        pid = status(tmp_path / "postgres").pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with connect(held.conninfo, purpose="test") as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """`failing(words, times)`: so many connections fail with these words; a list of all tries."""

    def fail(words: str, times: int) -> list[str]:
        tried: list[str] = []

        def count(conninfo: str) -> None:
            tried.append(conninfo)
            if len(tried) <= times:
                raise psycopg.OperationalError(words)

        real, really = psycopg.connect, AsyncConnection.connect

        def try_it(conninfo: str, **options: Any) -> Any:
            count(conninfo)
            return real(conninfo, **options)

        async def try_it_async(conninfo: str, **options: Any) -> Any:
            count(conninfo)
            return await really(conninfo, **options)

        monkeypatch.setattr(psycopg, "connect", try_it)
        monkeypatch.setattr(AsyncConnection, "connect", try_it_async)
        return tried

    return fail


@pytest.mark.parametrize("words", [_STARTING, _GONE, _REFUSED])
async def test_it_is_tried_again_until_it_is_there(
    words: str, lease: Lease, failing: Callable[..., list[str]]
) -> None:
    tried = failing(words, times=3)
    connect(lease.conninfo, purpose="test").close()
    assert len(tried) == 4
    tried.clear()
    async with Database(lease.conninfo, "test") as database, database.connection():
        assert len(tried) == 4


@pytest.mark.parametrize(
    ("words", "is_embedded"),
    [
        (_STARTING, False),
        (_REFUSED, False),
        ("FATAL:  password authentication failed for user", True),
        ("FATAL:  sorry, too many clients already", True),
    ],
)
async def test_what_does_not_mend_itself_is_said_at_once(
    words: str, is_embedded: bool, lease: Lease, failing: Callable[..., list[str]]
) -> None:
    conninfo = EmbeddedConninfo(lease.conninfo) if is_embedded else str(lease.conninfo)
    tried = failing(words, times=1)
    with pytest.raises(DatabaseUnavailable):
        connect(conninfo, purpose="test")
    assert len(tried) == 1
    tried.clear()
    with pytest.raises(DatabaseUnavailable):
        await Database(conninfo, "test").open_connection()
    assert len(tried) == 1


async def test_there_is_an_end_to_patience(
    lease: Lease, failing: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "_PATIENCE_S", 0.1)
    tried = failing(_STARTING, times=10_000)
    with pytest.raises(DatabaseUnavailable, match="starting up or shutting down"):
        connect(lease.conninfo, purpose="test")
    assert len(tried) > 1
    with pytest.raises(DatabaseUnavailable, match="starting up or shutting down"):
        await Database(lease.conninfo, "test").open_connection()
