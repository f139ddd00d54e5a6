"""`--wait`: ends with the run that it waited for, and tells of that one and no other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbapanel.archive import Archive
from nbapanel.cli.leftovers import working_in
from nbapanel.cli.place import find_place
from nbapanel.cli.watching import follow
from nbapanel.paths import DataDir
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.journal import RUN_LOCK

_LOOKING = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel watch'"
_BEGIN = (
    "INSERT INTO ops.pipeline_runs (kind, trigger, steps, settings, started_at, status,"
    " app_version, host, pid) VALUES ('steps', 'terminal', '{markets}', '{}', now(),"
    " 'running', '1', 'here', 1)"
)
_END = (
    "UPDATE ops.pipeline_runs SET status = 'done', finished_at = now(), duration_ms = 1"
    " WHERE status = 'running'"
)


@contextmanager
def _another_run(conninfo: str, play: Callable[[psycopg.Connection], None]) -> Iterator[None]:
    """Somebody holds the run lock, does `play` once they are watched, and lets go."""
    holding = connect(conninfo, purpose="another")
    holding.execute("SELECT pg_advisory_lock(%s)", (RUN_LOCK,))

    def work() -> None:
        with holding:
            deadline = time.monotonic() + 30
            while holding.execute(_LOOKING).fetchone() == (0,) and time.monotonic() < deadline:
                time.sleep(0.01)
            play(holding)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join()


def _begin_and_end(connection: psycopg.Connection) -> None:
    time.sleep(0.3)
    connection.execute(_BEGIN)
    time.sleep(0.3)
    connection.execute(_END)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_that_is_still_starting_is_waited_for(
    refetch: Any, conninfo: str, connection: psycopg.Connection, as_json: bool
) -> None:
    assert refetch("--only", "markets", all_games=True).code == 0
    connection.execute("UPDATE ops.pipeline_runs SET status = 'failed'")
    with _another_run(conninfo, _begin_and_end):
        done = refetch("--wait", *(["--json"] if as_json else []))
    assert done.code == 0, done
    if as_json:
        assert (done.document["run_id"], done.document["status"]) == (2, "done")
    else:
        assert "(run 2)" in done.out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_that_ends_before_it_began_is_not_the_one_before(
    refetch: Any, conninfo: str, as_json: bool
) -> None:
    assert refetch("--only", "markets", all_games=True).code == 0
    with _another_run(conninfo, lambda _: time.sleep(0.3)):
        done = refetch("--wait", *(["--json"] if as_json else []))
    assert done.code == 1, done
    if as_json:
        assert done.document == {"run_id": None, "status": "interrupted", "steps": []}
    else:
        assert "It ended before it began." in done.out


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_that_has_just_ended_is_told(
    refetch: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str], as_json: bool
) -> None:
    assert refetch("--only", "markets", all_games=True).code == 0
    assert follow(find_place(tmp_path / "data", None), as_json=as_json) == 0
    said = capfd.readouterr().out
    assert ('"run_id":1' if as_json else "(run 1)") in said


def test_a_run_of_another_database_cannot_be_followed(refetch: Any, tmp_path: Path) -> None:
    assert refetch("--only", "markets", all_games=True).code == 0
    room = DataDir(tmp_path / "data")
    with working_in(room, Archive(room.archive)):
        done = refetch("--wait", "--json")
    assert done.code == 3
    assert "with another database" in done.err
    assert done.out == ""
