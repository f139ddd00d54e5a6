"""`steps`, `status` and `history`: what there is and what happened, in words and as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import connect


def test_the_steps_in_reading_order(run_command: Any) -> None:
    plain = run_command("steps")
    assert plain.code == 0
    places = [plain.out.index(f" {key} ") for key in STEPS.keys]
    assert places == sorted(places)
    listed = run_command("steps", "--json").document
    assert [step["key"] for step in listed] == list(STEPS.keys)
    assert all(step["timeout_s"] > 0 for step in listed)


def test_the_steps_take_what_other_commands_take(run_command: Any, tmp_path: Any) -> None:
    where = ("--data-dir", str(tmp_path / "data"))
    plain = run_command("steps")
    assert run_command("steps", "--feeds", "demo", *where).out == plain.out
    refused = run_command("steps", "--feeds", "nonsense", *where)
    assert (refused.code, "not a set of feeds" in refused.err) == (2, True)
    assert not (tmp_path / "data").exists()


def test_status_before_anything_was_fetched(nbapanel: Any, tmp_path: Any) -> None:
    done = nbapanel("status")
    assert done.code == 0
    assert done.out.startswith("○ Nothing was ever fetched here: nbapanel refetch")
    for step in STEPS.steps:
        assert step.title in done.out
    assert "\x1b" not in done.out


def test_a_look_around_claims_nothing(nbapanel: Any, refetch: Any) -> None:
    """Who looks into a new directory first has not decided whose data it will hold."""
    for look in ("status", "history", "doctor", "migrate", "resume"):
        assert nbapanel(look).code in (0, 1), look
    assert refetch().code == 0
    assert nbapanel("status").code == 0


def test_status_after_a_refetch(refetch: Any, nbapanel: Any) -> None:
    assert refetch(all_games=True).code == 0
    plain = nbapanel("status")
    assert plain.out.startswith("✓ Fresh: fetched just now"), plain.out
    assert "2026-01-15" in plain.out
    document = nbapanel("status", "--json").document
    assert document["feeds"] == "demo:7"
    assert document["active_run_id"] is None
    assert document["marked_games"] == document["unloaded_files"] == 0
    (day,) = document["days"]
    assert (day["games"], day["final"], day["live"], day["postponed"]) == (8, 4, 2, 0)
    assert day["with_probabilities"] == day["with_state"] == 6
    assert document["last_run"]["status"] == "done"
    assert {view["relation"] for view in document["views"]} == set(STEPS.by_key["publish"].writes)
    rows = {one["relation"]: one["row_count"] for one in document["relations"]}
    assert rows["espn.scoreboard_games"] == 8
    assert all(one["size_bytes"] > 0 for one in document["relations"])


def test_status_names_what_waits(refetch: Any, nbapanel: Any) -> None:
    refetch("--until", "load_games")
    words = nbapanel("status").out.splitlines()[0]
    assert words.startswith("! Not ")
    assert "games wait to be derived" in words


def test_history_and_one_run_of_it(
    refetch: Any, nbapanel: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    refetch()
    simulator.faults([{"path": "/nba/scoreboard", "fault": "404"}])
    assert refetch("--only", "fetch_scoreboards").code == 1
    plain = nbapanel("history")
    assert plain.code == 0
    assert "✓ Done" in plain.out
    assert "✗ Failed" in plain.out
    runs = nbapanel("history", "--json").document["runs"]
    assert [(run["run_id"], run["kind"], run["status"]) for run in runs] == [
        (2, "steps", "failed"),
        (1, "refetch", "done"),
    ]
    assert runs[1]["inserted"] > 1000
    assert len(nbapanel("history", "--limit", "1", "--json").document["runs"]) == 1

    one = nbapanel("history", "2")
    assert "ESPN did not give what was asked for." in one.out
    assert "again later" in one.out, "the hint too"
    steps = nbapanel("history", "1", "--json").document["steps"]
    assert {step["step"] for step in steps} == set(STEPS.keys)
    games = next(step for step in steps if step["step"] == "load_games")
    assert games["changes"]["espn.plays"]["inserted"] > 400
    monkeypatch.setattr("nbapanel.cli.screen._PIPED_WIDTH", 80)
    narrow = nbapanel("history", "1").out
    assert "espn.probabilities_raw_items " in narrow
    assert "…" not in narrow, "names of tables ended in the middle"


@pytest.mark.parametrize("run", ["4711", "last"])
def test_a_run_that_there_is_not(run: str, nbapanel: Any) -> None:
    done = nbapanel("history", run)
    assert done.code == 2
    assert run in done.err


def test_a_killed_run_is_told_as_such(refetch: Any, nbapanel: Any, conninfo: str) -> None:
    """trap W1: a row that says `running`, and nobody behind it."""
    refetch()
    with connect(conninfo, purpose="test") as connection:
        connection.execute("UPDATE ops.pipeline_runs SET status = 'running', finished_at = NULL")
    assert "run 1 was killed: nbapanel resume" in nbapanel("status").out
