"""Findings about `rebuild`: what it destroys, and what becomes of one that was broken off."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from typing import Any

import pytest

from nbapanel.warehouse.db import connect
from nbapanel.warehouse.server import acquire

_GAMES = "SELECT count(*) FROM espn.scoreboard_games"
_REFETCH = ("refetch", "--feeds", "demo", "--days", "1")


@pytest.fixture(scope="module")
def filled(new_module_panel: Any) -> Any:
    panel = new_module_panel()
    panel(*_REFETCH)
    return panel


@pytest.fixture
def panel(new_panel: Any, filled: Any) -> Any:
    """A data directory of the test's own with one game's payloads and rows."""
    panel = new_panel()
    filled.wait_until_nothing_runs()
    # With its owners: as root, the server runs as somebody else.
    subprocess.run(["cp", "-a", str(filled.data_dir), str(panel.data_dir)], check=True)
    return panel


def test_what_the_archive_cannot_give_back_is_not_emptied(panel: Any) -> None:
    """Finding 2: an archive that was lost, or is that of another data directory."""
    shutil.rmtree(panel.data_dir / "archive" / "espn")
    with panel.connection() as connection:
        games = connection.execute(_GAMES).fetchone()
        assert games != (0,)
        refused = panel("rebuild", "--yes", code=1)
        assert "espn_scoreboard" in refused.err
        assert "--accept-loss" in refused.err
        assert connection.execute(_GAMES).fetchone() == games
        assert not (panel.data_dir / "requested_run.json").exists()
        panel("rebuild", "--yes", "--accept-loss", code=1)  # the gates object
        assert connection.execute(_GAMES).fetchone() == (0,)
        shown = "SELECT count(*) FROM derived.game_summary"
        assert connection.execute(shown).fetchone() == games


def test_a_payload_without_its_file_is_missing_too(panel: Any) -> None:
    lost = sorted((panel.data_dir / "archive").glob("espn/plays/*/*.json.gz"))[0]
    lost.unlink()
    assert "espn_plays 1" in panel("rebuild", "--yes", code=1).err


def test_a_killed_rebuild_is_resumed_as_a_rebuild(panel: Any) -> None:
    """Finding 3: killed before the tables were emptied, and so before the journal knew of it."""
    with panel.connection() as connection:
        connection.execute("UPDATE espn.scoreboard_games SET venue_name = 'wrong'")
        # A reader holds the tables: the rebuild waits for it, and is killed there.
        with connect(of(connection), purpose="test", autocommit=False) as held:
            held.execute(_GAMES)
            process = panel.start("rebuild", "--yes")
            wait_for_truncate(connection)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        kept = json.loads((panel.data_dir / "requested_run.json").read_text())
        assert kept["rebuild"] is True
        panel("resume")
        wrong = "SELECT count(*) FROM espn.scoreboard_games WHERE venue_name = 'wrong'"
        assert connection.execute(wrong).fetchone() == (0,)
        settings = "SELECT settings FROM ops.pipeline_runs ORDER BY run_id DESC LIMIT 1"
        assert connection.execute(settings).fetchone()[0]["rebuild"] is False


def of(connection: Any) -> str:
    return f"{connection.info.dsn} password={connection.info.password}"


def wait_for_truncate(connection: Any) -> None:
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND wait_event_type = 'Lock'"
    )
    for _ in range(3_000):
        if connection.execute(waiting, ("%TRUNCATE%",)).fetchone() != (0,):
            return
        connection.execute("SELECT pg_sleep(0.01)")
    pytest.fail("the rebuild never waited")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_a_rebuild_that_waits_can_be_stopped(panel: Any, stop: int) -> None:
    """Finding 15: Ctrl-C was heard by nobody before the first step."""
    with panel.connection() as connection:
        games = connection.execute(_GAMES).fetchone()
        with connect(of(connection), purpose="test", autocommit=False) as held:
            held.execute(_GAMES)
            process = panel.start("rebuild", "--yes")
            wait_for_truncate(connection)
            process.send_signal(stop)
            process.communicate(timeout=60)
        assert process.returncode == 130
        assert connection.execute(_GAMES).fetchone() == games
    assert not (panel.data_dir / "requested_run.json").exists()


def test_a_rebuild_does_not_wait_for_ever(panel: Any) -> None:
    """Finding 15: nor do others wait behind it for as long."""
    with panel.connection() as connection:
        games = connection.execute(_GAMES).fetchone()
        with connect(of(connection), purpose="test", autocommit=False) as held:
            held.execute(_GAMES)
            refused = panel("rebuild", "--yes", code=3)
        assert "10 s" in refused.err
        assert connection.execute(_GAMES).fetchone() == games


def test_an_impossible_window_empties_nothing(panel: Any) -> None:
    """Finding 15."""
    panel.extra["NBAPANEL_DAYS"] = "0"
    with acquire(panel.data_dir / "postgres", purpose="test") as lease:
        assert panel("rebuild", "--yes", code=None).code != 0
        with connect(lease.conninfo, purpose="test") as connection:
            assert connection.execute(_GAMES).fetchone() != (0,)
    assert not (panel.data_dir / "requested_run.json").exists()


def test_a_moved_clock_is_the_rebuild_s_too(new_panel: Any) -> None:
    """Finding 13: at the league's usual hour the archive's candles would lie in the future."""
    panel = new_panel()
    panel("refetch", "--feeds", "demo", "--days", "2", "--clock", "2026-01-17T05:00:00Z")
    future = "SELECT count(*) FROM kalshi.candlesticks WHERE period_ts > '2026-01-16T03:30:00Z'"
    with panel.connection() as connection:
        assert connection.execute(future).fetchone() != (0,)
        panel("rebuild", "--yes", "--clock", "2026-01-16T03:30:00Z", code=2)
        assert connection.execute(future).fetchone() != (0,), "nothing was emptied"
        assert panel("rebuild", "--yes", "--json").document["status"] == "done"
