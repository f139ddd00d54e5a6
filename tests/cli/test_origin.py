"""A warehouse belongs to one set of feeds; another set is refused before anything happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from nbapanel.warehouse.db import connect

_ASKING = [("refetch",), ("refetch", "--dry-run"), ("status",), ("history",), ("resume",),
           ("rebuild", "--yes"), ("migrate",), ("doctor",), ("verify", "features"),
           ("db", "psql")]  # fmt: skip


@pytest.mark.parametrize("asked", _ASKING, ids=" ".join)
def test_a_demo_data_directory_takes_no_live_data(
    asked: tuple[str, ...], refetch: Any, nbapanel: Any, simulator: Any, tmp_path: Any
) -> None:
    assert refetch("--until", "load_scoreboards").code == 0
    simulator.forget_requests()
    done = nbapanel(*asked, "--feeds", "live")
    assert done.code == 2
    assert f"The data directory {tmp_path / 'data'} belongs to the feeds 'demo:7'" in done.err
    assert "not 'live'" in done.err
    assert "Use --feeds demo:7, or another --data-dir." in done.err
    assert not simulator.requests


def test_a_live_data_directory_takes_no_invented_data(
    nbapanel: Any, simulator: Any, tmp_path: Any, conninfo: str, recorded: Any
) -> None:
    room = tmp_path / "data"
    room.mkdir(mode=0o700)
    (room / "origin.json").write_text(json.dumps({"kind": "live", "value": ""}))
    for feeds in ("demo", "demo:8", simulator.url, f"recorded:{recorded}"):
        done = nbapanel("refetch", "--feeds", feeds)
        assert done.code == 2
        assert "belongs to the feeds 'live'" in done.err
    assert not simulator.requests
    assert list(room.iterdir()) == [room / "origin.json"]


def test_one_league_is_not_another(refetch: Any, nbapanel: Any) -> None:
    assert refetch("--until", "load_scoreboards").code == 0
    done = nbapanel("refetch", "--feeds", "demo:8")
    assert done.code == 2
    assert "belongs to the feeds 'demo:7', not 'demo:8'" in done.err


def test_a_database_of_another_origin_is_refused(
    refetch: Any, run_command: Any, conninfo: str, tmp_path: Any, contents: Callable[[str], Any]
) -> None:
    """trap W15: two data directories, one database."""
    assert refetch("--until", "load_scoreboards").code == 0
    before = contents(conninfo)
    elsewhere = ("--data-dir", str(tmp_path / "elsewhere"))
    for command in (("refetch", "--feeds", "live"), ("status",)):
        done = run_command(*command, *elsewhere)
        assert done.code == 2, command
        assert "The database belongs to the feeds 'demo:7', not 'live'." in done.err
    with connect(conninfo, purpose="test") as connection:
        runs = connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone()
    assert runs == (1,)
    assert contents(conninfo) == before


def test_the_same_origin_from_another_data_directory_is_welcome(
    refetch: Any, run_command: Any, simulator: Any, tmp_path: Any
) -> None:
    """trap W15: two panels on one database take turns."""
    assert refetch().code == 0
    other = ("--data-dir", str(tmp_path / "elsewhere"), "--feeds", simulator.url, "--json")
    done = run_command("refetch", "--days", "1", "--game", "401810622", *other)
    assert done.code == 0
    assert not any(
        counts["inserted"] or counts["updated"] or counts["deleted"]
        for step in done.document["steps"]
        for counts in step["changes"].values()
    )


def test_a_damaged_note_of_the_origin_is_not_guessed_at(nbapanel: Any, tmp_path: Any) -> None:
    room = tmp_path / "data"
    room.mkdir(mode=0o700)
    (room / "origin.json").write_text("{")
    done = nbapanel("status")
    assert done.code == 2
    assert "It cannot be told whose data this directory holds." in done.err
    assert str(room / "origin.json") in done.err


def test_a_proxy_of_the_machine_is_not_between_us_and_a_simulator(
    refetch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise the league would pass for real data, at a live feed's pace and hour."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("urllib.request._opener", None)  # it remembers the proxies of before
    done = refetch("--until", "load_scoreboards", "--json")
    assert done.code == 0, done
    assert done.document["steps"][1]["changes"]["espn.scoreboard_games"]["inserted"] == 8
