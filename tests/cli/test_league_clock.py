"""A league's clock never goes back: what was fetched at a later hour would lie in the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

_EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
_LATER, _EARLIER = "2026-01-16T06:00:00Z", "2026-01-16T05:00:00Z"
_LIVE_GAME = "401810626"


@pytest.fixture
def demo(nbapanel: Any) -> Any:
    """A refetch of one game of the built-in league, which goes on at its usual hour."""
    return lambda *options: nbapanel(
        "refetch", "--feeds", "demo", "--days", "2", "--game", _LIVE_GAME, "--json", *options
    )


def _until(connection: psycopg.Connection) -> datetime:
    row = connection.execute("SELECT max(checked_at) FROM ops.source_files").fetchone()
    assert row is not None
    return row[0]


def _is_published(done: Any) -> None:
    assert done.code == 0, done
    assert done.document["status"] == "done"


def test_a_run_without_a_clock_goes_on_where_the_last_one_ended(
    demo: Any, connection: psycopg.Connection
) -> None:
    _is_published(demo("--clock", _LATER))
    held = _until(connection)
    done = demo()
    _is_published(done)
    assert timedelta(0) <= _until(connection) - held < timedelta(seconds=1)
    assert not any(
        counts["inserted"] or counts["updated"] or counts["deleted"]
        for step in done.document["steps"]
        for counts in step["changes"].values()
    )


def test_a_clock_that_runs_goes_on_in_the_next_run(
    demo: Any, connection: psycopg.Connection
) -> None:
    _is_published(demo("--clock", "600x"))
    first = _until(connection)
    assert first > _EVENING
    _is_published(demo("--clock", "600x"))
    assert _until(connection) > first
    _is_published(demo())


def test_an_earlier_clock_is_refused_before_anything_is_done(
    demo: Any, nbapanel: Any, connection: psycopg.Connection, tmp_path: Any
) -> None:
    _is_published(demo("--clock", _LATER))
    for asked in (
        ("refetch", "--feeds", "demo"),
        ("refetch", "--feeds", "demo", "--dry-run"),
        ("rebuild", "--yes"),
    ):
        done = nbapanel(*asked, "--clock", _EARLIER)
        assert done.code == 2, done
        assert "The league's clock cannot go back." in done.err
        assert f"already holds data up to {_LATER}" in done.err
        assert f"the clock of the demo league is at {_EARLIER}" in done.err
        assert f"--clock {_LATER}" in done.err
    assert connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone() == (1,)
    assert connection.execute("SELECT count(*) > 0 FROM espn.plays").fetchone() == (True,)
    assert not (tmp_path / "data" / "requested_run.json").exists()
    # What the hint names is taken.
    _is_published(demo("--clock", _LATER))


def test_what_a_killed_run_fetched_counts_too(
    nbapanel: Any, connection: psycopg.Connection
) -> None:
    """Payloads that the archive has and the database has not heard of."""
    fetch = ("--feeds", "demo", "--days", "1", "--until", "fetch_scoreboards")
    assert nbapanel("refetch", *fetch, "--clock", _LATER).code == 0
    assert connection.execute("SELECT count(*) FROM ops.source_files").fetchone() == (0,)
    assert nbapanel("refetch", *fetch, "--clock", _EARLIER).code == 2


def test_a_simulator_whose_clock_was_set_back_is_refused(
    refetch: Any, simulator: Any, connection: psycopg.Connection
) -> None:
    usual = simulator.now
    simulator.advance(3600)
    assert refetch().code == 0
    simulator.set_clock(usual)
    done = refetch()
    assert done.code == 2
    assert f"the clock of {simulator.url} is at 2026-01-16T03:30:00Z" in done.err
    assert "Set that clock to 2026-01-16T04:30:00Z or later" in done.err
    assert connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone() == (1,)
    simulator.advance(3600)
    assert refetch().code == 0


def test_a_league_goes_on_in_a_later_season(nbapanel: Any, connection: psycopg.Connection) -> None:
    fetch = ("refetch", "--feeds", "demo", "--days", "1", "--until", "load_scoreboards")
    assert nbapanel(*fetch, "--clock", "2027-01-16T03:30:00Z").code == 0
    games = "SELECT min(game_date)::text, max(game_date)::text, count(*) FROM espn.scoreboard_games"
    before = connection.execute(games).fetchone()
    assert before is not None
    assert before[:2] == ("2027-01-15", "2027-01-15")
    assert nbapanel(*fetch).code == 0
    assert connection.execute(games).fetchone() == before
