"""Workers write beside each other and never beside a run; and they share a data directory."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from nbapanel.archive import Archive
from nbapanel.cli.leftovers import DirectoryTaken, sharing, working_in
from nbapanel.errors import RunActive
from nbapanel.paths import DataDir
from nbapanel.warehouse import journal
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import active_run, beside_other_workers, is_locked, run_lock

_DEAD = 2**22 + 1
"""No process has this number: it is above the kernel's largest."""


def never() -> bool:
    return False


async def test_workers_share_it_and_are_no_run(conninfo: str, connection: Any) -> None:
    async with (
        Database(conninfo, "one") as one,
        Database(conninfo, "two") as two,
        beside_other_workers(one, never) as first,
        beside_other_workers(two, never) as second,
    ):
        assert first
        assert second
        assert active_run(connection) is None
        assert not is_locked(connection)


async def test_a_run_waits_for_what_they_write_and_they_for_the_run(
    conninfo: str, eventually: Any, connection: Any
) -> None:
    """trap W15: the run goes first once it waits: who comes later waits behind it."""
    order: list[str] = []
    has_written = asyncio.Event()
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def write(database: Database) -> None:
        async with beside_other_workers(database, never):
            order.append("worker")
            await has_written.wait()

    async def run(database: Database) -> None:
        async with run_lock(database):
            order.append("run")
            await asyncio.sleep(0.2)
            order.append("run ends")

    async with (
        Database(conninfo, "one") as one,
        Database(conninfo, "two") as two,
        Database(conninfo, "run") as mine,
    ):
        early = asyncio.create_task(write(one))
        await eventually(lambda: order)
        running = asyncio.create_task(run(mine))
        await eventually(lambda: connection.execute(waiting).fetchone() == (1,))
        late = asyncio.create_task(write(two))
        has_written.set()
        await asyncio.gather(early, running, late)
    assert order == ["worker", "run", "run ends", "worker"]


async def test_workers_that_make_no_room_are_named(
    conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """bug: "Another run is starting or just ended", where none was: a long load had it."""
    monkeypatch.setattr(journal, "_WORKERS_PAUSE_S", 1)
    async with (
        Database(conninfo, "one") as one,
        Database(conninfo, "run") as mine,
        beside_other_workers(one, never),
    ):
        with pytest.raises(RunActive, match="A backfill writes to this database") as refused:
            await run_lock(mine).__aenter__()
    assert "--pause" in refused.value.hint


async def test_who_is_to_stop_does_not_wait_for_a_run(conninfo: str) -> None:
    async with (
        Database(conninfo, "run") as mine,
        Database(conninfo, "one") as one,
        run_lock(mine),
        beside_other_workers(one, lambda: True) as may,
    ):
        assert not may


async def test_trouble_in_the_block_lets_go_of_it(conninfo: str, connection: Any) -> None:
    async with Database(conninfo, "one") as one:
        with pytest.raises(ValueError, match="trouble"):
            async with beside_other_workers(one, never):
                raise ValueError("trouble")
        async with run_lock(one):
            assert is_locked(connection)


# -- the data directory --------------------------------------------------------------------------


@pytest.fixture
def room(tmp_path: Path) -> DataDir:
    made = DataDir(tmp_path / "data")
    made.make()
    return made


@pytest.fixture
def half_a_file(room: DataDir) -> Path:
    """What a killed process was writing."""
    folder = room.archive / "espn" / "plays" / "1_1"
    folder.mkdir(parents=True)
    path = folder / ".20260115T000000.000000Z.json.gz.4711-abcdef01.tmp"
    path.write_bytes(b"half")
    return path


def test_a_run_of_the_same_database_works_beside_a_worker(room: DataDir) -> None:
    archive = Archive(room.archive)
    with sharing(room, archive, "embedded"), working_in(room, archive, "embedded"):
        assert len(room.worker_locks) == 1
    assert room.worker_locks == ()


def test_one_of_another_database_is_refused_either_way(room: DataDir) -> None:
    """What the one told its database of, the other would take for told."""
    archive = Archive(room.archive)
    with sharing(room, archive, "embedded"), pytest.raises(DirectoryTaken):
        working_in(room, archive, "postgresql://there/other").__enter__()
    with working_in(room, archive, "embedded"), pytest.raises(DirectoryTaken):
        sharing(room, archive, "postgresql://there/other").__enter__()
    with working_in(room, archive, "embedded"):
        assert room.worker_locks == ()


def test_what_a_killed_worker_left_is_cleared_by_the_next(room: DataDir, half_a_file: Path) -> None:
    """trap F15: no half file stays for good."""
    room.worker_lock(_DEAD).write_text("embedded")
    with sharing(room, Archive(room.archive), "embedded"):
        assert not half_a_file.exists()
        assert [path.name for path in room.worker_locks] == [f"worker.{os.getpid()}.lock"]


def test_it_stays_as_long_as_another_worker_may_be_writing_it(
    room: DataDir, half_a_file: Path
) -> None:
    archive = Archive(room.archive)
    with sharing(room, archive, "embedded"):
        room.worker_lock(_DEAD).write_text("embedded")
        room.run_lock.write_text("123")  # what a killed run leaves
        with working_in(room, archive, "embedded"):
            assert half_a_file.exists()
    with working_in(room, archive, "embedded"):
        assert not half_a_file.exists()
