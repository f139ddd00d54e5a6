"""`refetch --dry-run`: what would happen, by the same code that would do it; nothing is done."""

from __future__ import annotations

from typing import Any

from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import connect


def test_what_is_planned_on_an_empty_warehouse(
    refetch: Any, simulator: Any, conninfo: str, tmp_path: Any
) -> None:
    done = refetch("--dry-run", "--json")
    assert done.code == 0
    assert done.err == ""
    document = done.document
    assert [step["key"] for step in document["steps"]] == list(STEPS.keys)
    assert document["seconds"] is None, "no run is known, so nobody knows"
    assert all(step["seconds"] is None for step in document["steps"])
    by_key = {step["key"]: step for step in document["steps"]}
    assert by_key["fetch_scoreboards"]["plan"]["requests"] == 1
    assert by_key["markets"]["plan"]["requests"] == 2
    assert by_key["game_state"]["skip_reason"] == "no game changed since it was last computed"
    assert not simulator.requests
    assert not (tmp_path / "data" / "archive").exists()
    with connect(conninfo, purpose="test") as connection:
        assert connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone() == (0,)


def test_it_says_that_it_does_not_know_how_long(refetch: Any) -> None:
    done = refetch("--dry-run")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert done.out.count("not known") == len(STEPS) + 1
    assert "How long it takes is not known: that needs three runs of each step." in done.out
    for step in STEPS.steps:
        assert step.title in done.out


def test_with_three_runs_behind_it_says_how_long(refetch: Any) -> None:
    for _ in range(3):
        assert refetch("--force").code == 0
    known = refetch("--dry-run", "--force", "--json").document
    assert all(step["seconds"] is not None for step in known["steps"])
    assert known["seconds"] > 0
    plain = refetch("--dry-run", "--force")
    assert "not known" not in plain.out
    assert "Nothing was done." in plain.out


def test_what_is_planned_is_what_is_done(refetch: Any, simulator: Any) -> None:
    """The requests that it announces for what is known are those that the run makes."""
    refetch()
    planned = {s["key"]: s for s in refetch("--dry-run", "--json").document["steps"]}
    simulator.forget_requests()
    made = {s["key"]: s for s in refetch("--json").document["steps"]}
    for key in ("fetch_scoreboards", "fetch_games", "markets", "candlesticks"):
        assert planned[key]["plan"]["requests"] == made[key]["requests"], key
    assert {key for key, step in planned.items() if step["skip_reason"]} == {
        key for key, step in made.items() if step["state"] == "skipped"
    }


def test_a_slice_is_planned_as_a_slice(refetch: Any) -> None:
    done = refetch("--dry-run", "--only", "publish", "--json")
    assert [step["key"] for step in done.document["steps"]] == ["publish"]
