"""`qc` ended in the middle: no half report, and nobody who waits on for it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.installation import terminal_command
from nbapanel.warehouse.db import connect

_WITHIN_S = 60.0
_BACKENDS = (
    "SELECT 1 FROM pg_stat_activity"
    " WHERE application_name = 'nbapanel qc' AND datname = current_database()"
)
_WAITS = f"{_BACKENDS} AND wait_event_type = 'Lock'"


@pytest.fixture
def at_work(
    conninfo: str, connection: Connection[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[bytes]]:
    """A `qc` in a process of its own that has looked at a game and waits for a table of its."""
    monkeypatch.setenv("DATABASE_URL", conninfo)
    connection.execute(
        "INSERT INTO nba.games (game_id, season, season_type, season_label, game_date)"
        " VALUES ('0022500571', 2025, 2, '2025-26', '2026-01-15')"
    )
    # Of its own: within one transaction PostgreSQL shows the same activity again and again.
    holder = connect(conninfo, purpose="test holds")
    holder.execute("BEGIN; LOCK nba.odds_outcomes")
    process = subprocess.Popen(
        [*terminal_command(), "qc", f"--json={tmp_path / 'report.json'}",
         f"--data-dir={tmp_path / 'data'}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        _until(lambda: connection.execute(_WAITS).fetchone() is not None)
        yield process
    finally:
        process.kill()
        process.communicate()
        holder.close()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_ended_in_the_middle_nothing_is_left(
    at_work: subprocess.Popen[bytes],
    connection: Connection[Any],
    tmp_path: Path,
    number: signal.Signals,
    code: int,
) -> None:
    """Its backend goes too, though what that waits for is held on."""
    at_work.send_signal(number)
    told, complained = at_work.communicate(timeout=_WITHIN_S)
    assert (at_work.returncode, told, complained.strip()) == (code, b"", b"")
    _until(lambda: connection.execute(_BACKENDS).fetchone() is None)
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == []


def _until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_S
    while not is_so():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.02)
