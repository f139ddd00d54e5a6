"""`refetch` and its options: which steps run, what is refused, what is said."""

from __future__ import annotations

import re
from typing import Any

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.warehouse.db import connect

_COUNTS = ["inserted", "updated", "unchanged", "deleted"]


def test_the_document_has_the_shape_of_the_issue(refetch: Any) -> None:
    done = refetch("--json")
    assert done.code == 0
    assert done.err == ""
    assert done.out.count("\n") == 1, "one document and nothing else"
    document = done.document
    assert list(document)[:2] == ["run_id", "status"]
    assert set(document) == {"run_id", "status", "seconds", "error", "steps"}
    assert (document["run_id"], document["status"]) == (1, "done")
    assert [step["key"] for step in document["steps"]] == list(STEPS.keys)
    for step in document["steps"]:
        assert list(step)[:7] == [
            "key", "state", "reason", "seconds", "requests", "bad_items", "changes",
        ]  # fmt: skip
        assert set(step) - {"detail"} == set(list(step)[:7])
        assert step["state"] == "done"
        assert step["seconds"] >= 0
        assert step["bad_items"] == 0
        written = set(STEPS.by_key[step["key"]].writes)
        assert set(step["changes"]) == written
        assert all(list(counts) == _COUNTS for counts in step["changes"].values())
        assert (step["requests"] > 0) == STEPS.by_key[step["key"]].asks_feeds


def test_plain_lines_when_piped(refetch: Any) -> None:
    done = refetch()
    assert done.code == 0
    assert "\x1b" not in done.out + done.err
    for step in STEPS.steps:
        assert f"▶ {step.title}\n" in done.out
        assert re.search(rf"✓ {re.escape(step.title)}: done in \d+(\.\d)? m?s", done.out)
    assert re.search(r"Done in \d+(\.\d)? m?s: 14 done of 14 steps \(run 1\)\.", done.out)
    assert re.search(r"espn\.plays +[\d,]+ +0 +0 +0", done.out)


def test_the_second_refetch_says_why_it_skips(refetch: Any) -> None:
    """trap R8: nothing changed, so nothing is derived, refreshed or cleared."""
    refetch()
    again = refetch("--json")
    for step in again.document["steps"]:
        for counts in step["changes"].values():
            assert (counts["inserted"], counts["updated"], counts["deleted"]) == (0, 0, 0), step
    skipped = {s["key"]: s["reason"] for s in again.document["steps"] if s["state"] == "skipped"}
    assert skipped == {
        "nba_state": "no game of the NBA changed since it was last computed",
        "game_state": "no game changed since it was last computed",
        "snapshot_features": "no game changed since it was last computed",
        "publish": "nothing changed since the views were published",
        "invalidate_caches": "nothing was published since the caches were last cleared",
    }


def test_one_step_alone(refetch: Any, simulator: Any) -> None:
    refetch()
    simulator.forget_requests()
    only = refetch("--only", "load_scoreboards", "--only", "markets", "--json")
    assert only.states == {"load_scoreboards": "done", "markets": "done"}
    assert {one.path.rpartition("/")[2] for one in simulator.requests} == {"markets", "cutoff"}


def test_from_a_step_on_and_up_to_one(refetch: Any) -> None:
    refetch()
    on = refetch("--from", "load_games", "--json")
    assert list(on.states) == ["load_games", "game_state", "snapshot_features", "publish",
                               "invalidate_caches"]  # fmt: skip
    up_to = refetch("--until", "game_state", "--json")
    assert list(up_to.states) == ["fetch_scoreboards", "load_scoreboards", "fetch_games",
                                  "load_games", "game_state"]  # fmt: skip
    between = refetch("--from", "load_games", "--until", "snapshot_features", "--json")
    assert list(between.states) == ["load_games", "game_state", "snapshot_features"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--only", "publich"), ("publich", "publish", "fetch_scoreboards")),
        (("--from", "nowhere"), ("nowhere", "load_games", "invalidate_caches")),
        (("--until", ""), ("fetch_scoreboards",)),
        (("--from", "publish", "--until", "markets"), ("No step lies between",)),
        (("--days", "0"), ("--days", "0")),
        (("--days", "many"), ("--days", "many")),
        (("--days", "2", "--date", "2026-01-15"), ("twice",)),
        (("--date", "yesterday"), ("yesterday", "2024-01-14..2024-01-16")),
        (("--date", "2026-02-30"), ("2026-02-30",)),
        (("--date", "2026-01-16..2026-01-15"), ("ends before it begins",)),
        (("--game", "LAL-BOS"), ("LAL-BOS", "401585607")),
        (("--feeds", "dmeo"), ("dmeo", "live, demo, recorded:DIR or http://HOST:PORT")),
        (("--feeds", "recorded:/nowhere"), ("There is no folder /nowhere",)),
        (("--feeds", "demo:seven"), ("seven",)),
        (("--sideways",), ("--sideways",)),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(
    options: tuple[str, ...], told: tuple[str, ...], nbapanel: Any, tmp_path: Any
) -> None:
    done = nbapanel("refetch", *options)
    assert done.code == 2, done
    assert done.out == ""
    assert all(word in done.err for word in told), done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "data").exists(), "nothing was begun"


def test_a_clock_that_is_none(nbapanel: Any) -> None:
    done = nbapanel("refetch", "--feeds", "demo", "--clock", "noon")
    assert done.code != 0
    assert "'noon' is no time for the clock" in done.err
    assert "Traceback" not in done.err


def test_no_publish_leaves_the_views_alone(refetch: Any, conninfo: str) -> None:
    done = refetch("--no-publish", "--json")
    assert done.code == 0
    assert done.states["publish"] == done.states["invalidate_caches"] == "skipped"
    with connect(conninfo, purpose="test") as connection:
        published = connection.execute("SELECT count(*) FROM derived.game_summary").fetchone()
        assert published == (0,)
    assert refetch("--json").states["publish"] == "done"


def test_publish_anyway_is_on_record(refetch: Any, conninfo: str) -> None:
    assert refetch().code == 0
    with connect(conninfo, purpose="test") as connection:
        connection.execute(
            "UPDATE espn.scoreboard_games SET home_score = home_score + 1"
            " WHERE competition_id = '401810622'"
        )
    refused = refetch("--only", "publish", "--force")
    assert refused.code == 1
    assert "Not published: the gates object." in refused.out
    assert "401810622" in refused.out
    assert "--publish-anyway" in refused.out

    anyway = refetch("--only", "publish", "--force", "--publish-anyway", "--json")
    assert anyway.code == 0
    (step,) = anyway.document["steps"]
    assert step["detail"]["published_anyway"] is True
    assert "401810622" in str(step["detail"]["objections"])
    with connect(conninfo, purpose="test") as connection:
        kept = connection.execute(
            "SELECT DISTINCT published_anyway FROM ops.published_views"
        ).fetchall()
        assert kept == [(True,)]
        recorded = connection.execute(
            "SELECT settings -> 'publish_anyway' FROM ops.pipeline_runs ORDER BY run_id DESC"
        ).fetchone()
        assert recorded == (True,)


def test_a_run_whose_every_fetch_failed_is_not_complete(
    refetch: Any, nbapanel: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W1: neither the run, nor its exit code, nor `status` calls that complete."""
    monkeypatch.setenv("NBAPANEL_REQUEST_ATTEMPTS", "2")
    refetch()
    simulator.set_clock(simulator.now.replace(hour=8))
    simulator.faults([{"fault": "500"}])
    done = refetch("--json")
    assert done.code == 1
    assert done.document["status"] == "failed"
    failed = [key for key, state in done.states.items() if state == "failed"]
    assert failed == [step.key for step in STEPS.steps if step.asks_feeds]
    status = nbapanel("status")
    assert status.code == 0
    assert status.out.startswith("! Not ")
    assert "run 2 failed" in status.out.splitlines()[0]
    assert "nbapanel history 2" in status.out


def test_resume_runs_what_failed_and_what_stood_on_it(
    refetch: Any, nbapanel: Any, simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NBAPANEL_REQUEST_ATTEMPTS", "2")
    simulator.faults([{"path": "/candlesticks", "fault": "500"}])
    assert refetch().code == 1
    simulator.faults()
    resumed = nbapanel("resume", "--json")
    assert resumed.code == 0
    assert resumed.states == dict.fromkeys(
        ("candlesticks", "nba_state", "snapshot_features", "publish", "invalidate_caches"), "done"
    ) | {"nba_state": "skipped"}
    nothing = nbapanel("resume")
    assert nothing.code == 0
    assert "Nothing to resume" in nothing.out
    assert nbapanel("resume", "--json").document == {"run_id": None, "status": "done", "steps": []}
