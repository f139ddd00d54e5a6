"""`status` says Fresh only of data that is: fetched of late, published, and no step left undone."""

from __future__ import annotations

from typing import Any

import psycopg


def _first_line(done: Any) -> str:
    assert done.code == 0, done
    return str(done.out.splitlines()[0])


def test_old_data_is_not_fresh(refetch: Any, nbapanel: Any, connection: psycopg.Connection) -> None:
    assert refetch(all_games=True).code == 0
    assert _first_line(nbapanel("status")).startswith("✓ Fresh: fetched just now")
    connection.execute("UPDATE ops.step_runs SET finished_at = finished_at - interval '3 hours'")
    assert "fetched 3 h ago" in _first_line(nbapanel("status"))
    connection.execute("UPDATE ops.step_runs SET finished_at = finished_at - interval '60 days'")
    line = _first_line(nbapanel("status"))
    assert line.startswith("! Not fresh: last fetched 60 days ago: nbapanel refetch")


def test_a_refetch_that_skipped_its_feeds_makes_nothing_fresh(
    refetch: Any, nbapanel: Any, connection: psycopg.Connection
) -> None:
    refetch(all_games=True)
    connection.execute("UPDATE ops.step_runs SET finished_at = finished_at - interval '60 days'")
    only = refetch("--only", "markets")
    assert only.code == 0
    assert "1 done of 1 step (run " in only.out
    assert _first_line(nbapanel("status")).startswith("! Not fresh: last fetched 60 days ago")


def test_views_that_are_behind_are_named(refetch: Any, nbapanel: Any) -> None:
    assert refetch("--no-publish", all_games=True).code == 0
    line = _first_line(nbapanel("status"))
    assert line.startswith("! Not complete: ")
    assert "3 published views are behind: nbapanel refetch --only publish" in line
    assert nbapanel("status", "--json").document["behind"] == [
        "derived.game_summary", "derived.slate", "derived.snapshot_features_v1",
    ]  # fmt: skip
    assert refetch("--only", "publish").code == 0
    assert _first_line(nbapanel("status")).startswith("✓ Fresh")


def test_a_step_that_failed_before_the_last_run_is_not_forgotten(
    refetch: Any, nbapanel: Any, connection: psycopg.Connection
) -> None:
    """Gates objected; then a slice that has nothing to do with them went well."""
    assert refetch(all_games=True).code == 0
    connection.execute(
        "UPDATE espn.scoreboard_games SET home_score = home_score + 1 WHERE status_completed"
    )
    connection.execute(
        "UPDATE ops.relation_versions SET version = version + 1"
        " WHERE relation = 'espn.scoreboard_games'"
    )
    assert refetch("--only", "publish").code == 1
    assert refetch("--only", "markets").code == 0
    line = _first_line(nbapanel("status"))
    assert line.startswith("! Not complete: ")
    assert "publish failed in run 2: nbapanel history 2" in line
    assert nbapanel("status", "--json").document["undone"]["publish"]["run_id"] == 2
