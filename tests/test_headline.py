"""The one line: fresh and complete only where that is so, and otherwise what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nbapanel.engine.board import Board
from nbapanel.engine.events import (
    CancelStage,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)
from nbapanel.headline import Headline, aftermath, headline, lacking, underway
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import (
    NOTHING,
    Overview,
    PublishedView,
    RelationSize,
    RunRow,
    SlateDay,
    StepFacts,
    StepRow,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TITLES = {step.key: step.title for step in STEPS.steps}


def _run(status: str = "done", **given: Any) -> RunRow:
    values: dict[str, Any] = {
        "run_id": 7, "kind": "refetch", "trigger": "button", "status": status,
        "started_at": NOW - timedelta(minutes=3), "finished_at": NOW - timedelta(minutes=2),
        "duration_ms": 60_000, "host": "here", "pid": 1, "error": None, "steps": tuple(TITLES),
        "settings": {}, "resumes": None, "inserted": 0, "updated": 0, "deleted": 0,
    }  # fmt: skip
    return RunRow(**values | given)


def _day(back: int = 1, **given: Any) -> SlateDay:
    values: dict[str, Any] = {
        "season_label": "2026-27", "game_date": date(2026, 11, 22) - timedelta(days=back),
        "games": 8, "live": 0, "final": 8, "postponed": 0, "with_probabilities": 8,
        "with_state": 8, "with_kalshi": 8, "complete": True, "last_change": NOW,
    }  # fmt: skip
    return SlateDay(**values | given)


def _step(step: str, status: str = "failed", run_id: int = 7, error: str = "No.") -> StepRow:
    return StepRow(run_id, step, 1, status, None, NOW, NOW, 10, 0, 0, 0, error, None, {}, {})


def _seen(**given: Any) -> Overview:
    values: dict[str, Any] = {
        "feeds": "live", "server_version": "18.4", "days": (_day(),),
        "views": (PublishedView("derived.slate", 1, NOW - timedelta(minutes=2), False),),
        "relations": (), "marked_games": 0, "unloaded_files": 0,
        "fetched_at": NOW - timedelta(minutes=3), "behind": (), "undone": {},
        "last_run": _run(), "active_run_id": None,
    }  # fmt: skip
    return Overview(**values | given)


def _said(seen: Overview, steps: dict[str, StepFacts] | None = None) -> Headline:
    return headline(seen, steps or {}, TITLES, NOW)


def test_fresh_says_of_which_day_and_when_published() -> None:
    told = _said(_seen())
    published = (NOW - timedelta(minutes=2)).astimezone()
    assert told.words == (
        f"Fresh: 8 of 8 games of 21 Nov complete, views published {published:%H:%M}."
    )
    assert (told.glyph, told.role, told.lacks, told.resumable) == ("✓", "good", (), "")
    assert told.fetched == "fetched 3 min ago"
    assert told.line.startswith("Fresh: fetched 3 min ago, 8 of 8 games of 21 Nov complete")


def test_nothing_yet() -> None:
    told = _said(NOTHING)
    assert told.words == "Nothing was ever fetched here."
    assert told.line.startswith("Nothing was ever fetched here: nbapanel refetch")


def test_what_only_a_backfill_brought_is_there_and_not_published() -> None:
    tables = (RelationSize("nba.games", 1_230, 400_000), RelationSize("nba.pbp_events", 0, 8_192))
    told = _said(replace(NOTHING, relations=tables))
    assert told.words == "Not complete: nothing was ever published here."
    assert told.line == "Not complete: nothing was ever published here: nbapanel refetch."
    assert (told.role, told.lacks[0].leads_to) == ("warning", ("refetch",))
    assert _said(replace(NOTHING, relations=tables[1:])).words == "Nothing was ever fetched here."


@pytest.mark.parametrize(
    "given",
    [
        {"fetched_at": None},
        {"fetched_at": NOW - timedelta(days=2)},
        {"fetched_at": NOW - timedelta(hours=4), "days": (_day(0, live=2, final=6),)},
        {"overdue_games": 8},
        {"last_run": _run("failed")},
        {"last_run": _run("cancelled")},
        {"last_run": _run("interrupted")},
        {"last_run": _run("running", finished_at=None)},
        {"undone": {"publish": _step("publish", run_id=3)}},
        {"behind": ("derived.slate",)},
        {"marked_games": 3},
        {"unloaded_files": 1},
        {"days": (_day(complete=False, with_kalshi=5),)},
        {"active_run_id": 7, "last_run": _run("running", finished_at=None)},
    ],
    ids=lambda given: ",".join(given),
)  # fmt: skip
def test_never_fresh_while_something_is_missing(given: dict[str, Any]) -> None:
    """trap W1"""
    told = _said(_seen(**given))
    assert told.role != "good"
    assert "Fresh" not in told.words
    assert told.lacks
    assert all(lack.leads_to for lack in told.lacks)


def test_a_failure_names_its_step_and_leads_there() -> None:
    seen = _seen(
        last_run=_run("failed"),
        undone={key: _step(key, state) for key, state in (
            ("fetch_games", "failed"), ("candlesticks", "timed_out"), ("publish", "blocked"))},
        days=(_day(complete=False, with_kalshi=5),),
    )  # fmt: skip
    told = _said(seen)
    assert told.words.startswith(
        "Not complete: run 7 failed at Fetch ESPN probabilities and plays and 1 more step, "
    )
    assert told.words.endswith("; 3 of 8 games of 21 Nov have no candles.")
    assert [lack.leads_to for lack in told.lacks] == [
        ("step", "fetch_games"),
        ("day", date(2026, 11, 21)),
    ]
    assert ": nbapanel history 7; " in told.line
    assert "Run 7 failed" in told.resumable


UNREACHED = "No connection to site.api.espn.com. Name or service not known."


def _undone(**errors: str) -> dict[str, StepRow]:
    failed = {key: _step(key, error=error) for key, error in errors.items()}
    return failed | {"publish": _step("publish", "blocked", error="")}


def test_without_a_network_that_is_said_once() -> None:
    undone = _undone(fetch_scoreboards=UNREACHED, markets=UNREACHED.replace("espn", "kalshi"))
    undone["candlesticks"] = _step("candlesticks", run_id=3, error=UNREACHED)
    told = _said(_seen(last_run=_run("failed"), undone=undone, fetched_at=NOW - timedelta(days=2)))
    assert told.words.startswith("The feeds cannot be reached; what is here still works: ")
    assert "Fetch" not in told.words
    assert "last fetched 2 days ago; run 7 failed, " in told.words
    assert [lack.leads_to for lack in told.lacks] == [("refetch",), ("step", "fetch_scoreboards")]
    assert ": nbapanel history 7" in told.line
    one = _said(_seen(last_run=_run("failed"), undone=_undone(markets=UNREACHED)))
    assert one.words.startswith("A feed cannot be reached; what is here still works: run 7 failed")


def test_what_failed_for_another_reason_is_named() -> None:
    undone = _undone(fetch_scoreboards=UNREACHED, markets="Kalshi answered 500.")
    told = _said(_seen(last_run=_run("failed"), undone=undone))
    assert "reached" not in told.words
    assert "run 7 failed at Fetch ESPN scoreboards and 1 more step" in told.words
    by_name = dict(sorted(undone.items(), reverse=True))
    assert _said(_seen(last_run=_run("failed"), undone=by_name)) == told, "as the steps are listed"
    ended = RunFinished(7, RunStatus.FAILED, NOW, 4.0, failed=("fetch_scoreboards", "markets"))
    errors = {"fetch_scoreboards": UNREACHED, "markets": UNREACHED}
    assert aftermath(ended, TITLES, errors).words == (
        "The feeds cannot be reached; what is here still works: 0 done."
    )
    assert aftermath(ended, TITLES, errors | {"markets": "No."}).words.startswith("Failed at")


@pytest.mark.parametrize(
    ("status", "words"),
    [("running", "run 7 was killed"), ("cancelled", "run 7 was cancelled"),
     ("interrupted", "run 7 was interrupted")],
)  # fmt: skip
def test_an_unfinished_run_can_be_resumed(status: str, words: str) -> None:
    told = _said(_seen(last_run=_run(status)))
    assert words in told.words
    assert told.resumable


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"with_kalshi": 5}, "3 of 8 games of 21 Nov have no candles"),
        ({"with_kalshi": 7}, "1 of 8 games of 21 Nov has no candles"),
        ({"with_probabilities": 6, "with_state": 6},
         "2 of 8 games of 21 Nov have no probabilities"),
        ({"with_state": 6, "with_kalshi": 7},
         "2 of 8 games of 21 Nov have no game state, 1 no candles"),
        ({}, "some of the 8 games of 21 Nov have candles of one team only"),
        ({"final": 7, "postponed": 1, "with_kalshi": 5},
         "at least 2 of 8 games of 21 Nov have no candles"),
        ({"final": 7, "postponed": 1},
         "some of the 8 games of 21 Nov lack probabilities, state or candles"),
    ],
)  # fmt: skip
def test_what_a_day_lacks(given: dict[str, Any], words: str) -> None:
    assert lacking(_day(complete=False, **given), NOW) == words


def test_many_incomplete_days_are_summed_up() -> None:
    days = tuple(_day(back, complete=False, with_kalshi=5) for back in range(1, 6))
    told = _said(_seen(days=days))
    assert [lack.leads_to[0] for lack in told.lacks] == ["day", "day", "games"]
    assert "3 earlier days are not complete" in told.words


def test_a_day_that_is_not_over_lacks_nothing_yet() -> None:
    told = _said(_seen(days=(_day(0, live=2, final=1, complete=False), _day(1))))
    assert told.role == "good"
    assert "2 games live" in told.words


def test_stale_steps_are_told_where_nothing_else_says_so() -> None:
    facts = {"publish": StepFacts("publish", stale="its features are newer.")}
    told = _said(_seen(), facts)
    assert told.words == "Not complete: Publish: gates, then views is stale:" + (
        " its features are newer."
    )
    assert "stale" not in _said(_seen(behind=("derived.slate",)), facts).words


def test_an_active_run_is_told_as_such() -> None:
    told = _said(_seen(active_run_id=7, last_run=_run("running", trigger="terminal")))
    assert told.words.startswith("Refetch is running: run 7, since ")
    assert told.words.endswith(", from a terminal.")
    assert told.line.endswith(": nbapanel watch.")
    assert _said(_seen(active_run_id=8)).words == "Run 8 is running."


def _board() -> Board:
    board = Board.of(STEPS.steps)
    board.take(RunStarted(7, "refetch", "button", tuple(TITLES), {}, NOW))
    return board


def test_a_run_underway_names_what_runs_and_what_failed() -> None:
    board = _board()
    assert underway(board).words == "Refetch is running: about to start."
    for key in ("fetch_scoreboards", "markets"):
        board.take(StepStarted(7, key, 1, NOW))
    board.take(StepFinished(7, "fetch_scoreboards", 1, StepState.FAILED, NOW, 1.0))
    assert underway(board).words == (
        "Refetch is running: Fetch and load Kalshi markets; Fetch ESPN scoreboards failed."
    )
    board.take(CancelStage(7, 2, "Cancelling: waiting for PostgreSQL to stop the statement."))
    assert underway(board).words == ("Cancelling: waiting for PostgreSQL to stop the statement.")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"status": RunStatus.DONE, "done": ("a", "b"), "skipped": ("c",)},
         "Done in 4.0 s: 2 done, 1 skipped."),
        ({"status": RunStatus.DONE, "skipped": ("c",)}, "Done in 4.0 s: nothing to do."),
        ({"status": RunStatus.FAILED, "failed": ("publish",), "blocked": ("x",)},
         "Failed at Publish: gates, then views: 0 done, 1 blocked."),
        ({"status": RunStatus.FAILED, "error": "The database is gone."},
         "Failed: The database is gone."),
        ({"status": RunStatus.CANCELLED}, "Cancelled after 4.0 s."),
        ({"status": RunStatus.INTERRUPTED, "error": "Its process is gone."},
         "Interrupted: Its process is gone."),
    ],
)  # fmt: skip
def test_how_a_run_ended(given: dict[str, Any], words: str) -> None:
    assert aftermath(RunFinished(run_id=7, at=NOW, seconds=4.0, **given), TITLES).words == words


def test_where_the_slate_was_not_read_it_says_so() -> None:
    seen = _seen(fallback="derived.slate is being rebuilt: read from the base tables")
    told = headline(seen, {}, TITLES, NOW)
    assert "read from the base tables" in told.fetched
