"""The disk is full, for real: a data directory on a small tmpfs, with and without PostgreSQL in it.

Needs the right to mount, as root has it; is skipped elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from nbapanel.simulator.running import RunningSimulator

_REFETCH = ("refetch", "--days", "1", "--game", "401810622")
_PAGE = 4096


@pytest.fixture(scope="module")
def undisturbed(
    league: RunningSimulator,
    new_module_panel: Callable[..., Any],
    empty_database: Callable[[], Any],
    contents: Callable[[str], Any],
) -> Any:
    with empty_database() as conninfo:
        new_module_panel(DATABASE_URL=conninfo)(*_REFETCH, "--feeds", league.url)
        return contents(conninfo)


def _is_told(done: Any) -> None:
    assert done.code in (1, 3), done
    told = done.out + done.err
    assert "disk is full" in told, told
    assert "Free some space" in told, told
    assert "Traceback" not in told
    assert "Logging error" not in told


# What is left, in pages: nothing; the origin; the request; the lock; the log and some payloads.
_LEFT = (0, 1, 2, 3, 16)


def test_the_data_directorys_disk(
    small_disk: Callable[[int], Any],
    new_panel: Callable[..., Any],
    conninfo: str,
    simulator: RunningSimulator,
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
    left_whole: Any,
) -> None:
    """trap W14: full at whichever file of a first refetch, it says so and leaves no half file; with
    space again the next one does all that is left."""
    disk = small_disk(4)
    panel = new_panel(disk.folder / "data", DATABASE_URL=conninfo)
    for pages in _LEFT:
        with disk.full_but_for(pages * _PAGE):
            _is_told(panel(*_REFETCH, "--feeds", simulator.url, code=None))
            assert not list(panel.data_dir.rglob("*.tmp")), f"half a file, {pages} pages left"
    assert panel(*_REFETCH, "--feeds", simulator.url).code == 0
    same_contents(contents(conninfo), undisturbed)
    left_whole(conninfo, panel.data_dir)


def test_the_embedded_servers_disk(
    small_disk: Callable[[int], Any],
    new_panel: Callable[..., Any],
    simulator: RunningSimulator,
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
    left_whole: Any,
) -> None:
    """trap W14: too small to make the database at all; then full while it connects, loads and
    derives. It says so each time, and what was loaded stays."""
    disk = small_disk(24)
    panel = new_panel(disk.folder / "data")
    _is_told(panel(*_REFETCH, "--feeds", simulator.url, code=None))
    disk.grow(200)
    panel("migrate", "--feeds", simulator.url)
    with panel.warehouse() as server:
        for pages in (0, 4, 64, 256):
            with disk.full_but_for(pages * _PAGE):
                _is_told(panel(*_REFETCH, "--feeds", simulator.url, code=None))
        assert panel("resume").code == 0
        same_contents(contents(server), undisturbed)
        left_whole(server, panel.data_dir)
    assert "Fresh" in panel("status").out


def test_the_disk_of_the_servers_log_of_changes(
    small_disk: Callable[[int], Any],
    new_panel: Callable[..., Any],
    simulator: RunningSimulator,
    undisturbed: Any,
    contents: Callable[[str], Any],
    same_contents: Any,
    left_whole: Any,
) -> None:
    """traps W13, W14: PostgreSQL ends itself where it cannot write what it did, and cannot come up
    either. That is said, and as soon as there is space it is there again, with all it had."""
    disk = small_disk(200)
    panel = new_panel(disk.folder / "data")
    panel("refetch", "--days", "1", "--until", "load_scoreboards", "--feeds", simulator.url)
    with panel.warehouse() as server:
        with disk.full_but_for(64 * _PAGE):
            with pytest.raises(psycopg.Error):
                _use_up_the_reserve(server)
            _is_told(panel(*_REFETCH, code=None))
        assert panel(*_REFETCH).code == 0
    with panel.warehouse() as server:
        same_contents(contents(server), undisturbed)
        left_whole(server, panel.data_dir)


def _use_up_the_reserve(server: str) -> None:
    """Fill the segments that PostgreSQL has made in advance, until it has to make another."""
    with psycopg.connect(server, autocommit=True) as opened:
        for number in range(20):
            opened.execute(f"CREATE TABLE public.more_{number} ()")
            opened.execute("SELECT pg_switch_wal()")
