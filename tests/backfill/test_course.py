"""Paused and resumed, hopeless games, a feed that is down, a refetch in between."""

from __future__ import annotations

import signal
from typing import Any

import pytest

_STATUS = "SELECT status FROM ops.backfills WHERE backfill_id = 1"
_DERIVED = "SELECT count(DISTINCT game_id) FROM espn.prob_event_state"
_UNDERWAY = "SELECT count(*) FROM ops.backfill_units WHERE status = 'underway'"
_CUT = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SLOW = [{"path": "/probabilities", "fault": "slow-drip", "params": {"pause_s": 0.02}}]


@pytest.mark.parametrize(
    "by",
    [
        "ctrl-c",
        pytest.param("a line on stdin", marks=pytest.mark.soak),
        pytest.param("another terminal", marks=pytest.mark.soak),
    ],
)
@pytest.mark.timeout(280)
def test_paused_it_ends_what_is_underway_and_resumed_it_does_the_rest(
    by: str,
    hands: Any,
    end_of: Any,
    feed: Any,
    wait_until: Any,
    undisturbed: Any,
    held: Any,
    same_contents: Any,
    publish: Any,
) -> None:
    """Nothing is underway then, and what was done is not done again."""
    feed.faults(_SLOW)
    first = hands.backfill("--workers", "1")
    wait_until(lambda: _at_games(hands))
    if by == "ctrl-c":
        first.send_signal(signal.SIGINT)
    elif by == "a line on stdin":
        first.stdin.write("cancel\n")
        first.stdin.flush()
    else:
        told = end_of(hands.start("backfill", "--pause"))
        assert "Backfill 1 is paused" in told.out, told
    wait_until(lambda: hands.one(_STATUS) == "paused")
    feed.faults()
    ended = end_of(first)
    assert ended.code == 130, ended
    assert ended.document["status"] == "paused"
    assert hands.one(_UNDERWAY) == 0
    left = hands.one("SELECT count(*) FROM ops.backfill_units WHERE status = 'waiting'")
    assert left, "it was over before it was paused"

    feed.forget_requests()
    resumed = end_of(hands.start("backfill", "--resume", "--json"))
    assert resumed.code == 0, resumed
    assert resumed.document["backfill_id"] == 1
    assert resumed.document["done"] == resumed.document["units"]
    publish(hands.conninfo)
    same_contents(held(hands.conninfo), undisturbed)


def _at_games(hands: Any) -> bool:
    return bool(
        hands.one(
            "SELECT count(*) FROM ops.backfill_units WHERE stage = 'espn_games'"
            " AND status = 'underway'"
        )
    )


@pytest.mark.timeout(280)
def test_a_hopeless_game_and_a_hopeless_day_hold_up_nobody_and_are_listed(
    hands: Any, end_of: Any, feed: Any
) -> None:
    """trap L6: each is tried three times, the exit code is 1. Mended, --resume brings them, and the
    games that the day holds."""
    hands.extra |= {"NBAPANEL_REQUEST_ATTEMPTS": "2", "NBAPANEL_REQUEST_BACKOFF_S": "0.01"}
    feed.faults(
        [
            {"path": "/events/401810010/.*plays", "fault": "500"},
            {"path": "scoreboard.*20251021", "fault": "500"},
        ]
    )
    ended = end_of(hands.start("backfill", "--season", "2025-26", "--lane", "espn", "--json"))
    assert ended.code == 1, ended
    told = ended.document
    failed = {(one["stage"], one["key"], one["attempts"]) for one in told["failures"]}
    assert failed == {("espn_games", "401810010", 3), ("espn_days", "2025-10-21", 3)}
    assert all("500" in one["reason"] for one in told["failures"])
    assert told["done"] == told["units"] - 2
    assert hands.one(_DERIVED) == 8, "of nine games on the other day"

    feed.faults()
    resumed = end_of(hands.start("backfill", "--resume", "--json"))
    assert resumed.code == 0, resumed
    assert resumed.document["failures"] == []
    assert hands.one(_DERIVED) == 16
    again = end_of(hands.start("backfill", "--resume"))
    assert again.code == 2
    assert "no backfill to resume" in again.err


def test_a_feed_that_shuts_us_out_is_left_alone(hands: Any, end_of: Any, feed: Any) -> None:
    """trap F11: the backfill is paused with the feed's sentence, and nothing is hammered."""
    feed.faults([{"path": "/probabilities", "fault": "403-html"}])
    ended = end_of(hands.start("backfill", "--season", "2025-26", "--lane", "espn", "--json"))
    assert ended.code == 130, ended
    told = ended.document
    assert told["status"] == "paused"
    assert "has shut us out" in told["reason"]
    assert told["failed"] == 0
    assert len([one for one in feed.requests if "/probabilities" in one.path]) <= 8


@pytest.mark.timeout(280)
def test_a_refetch_passes_in_between(hands: Any, end_of: Any, feed: Any, wait_until: Any) -> None:
    """trap W15: the workers share the run lock while they write; a run has it for itself."""
    feed.faults(_SLOW)
    first = hands.backfill("--workers", "1")
    wait_until(lambda: _at_games(hands))
    other = end_of(hands.start("refetch", "--json", "--days", "1", "--until", "load_scoreboards"))
    assert other.code == 0, other
    assert hands.one(_STATUS) == "running", "the refetch came after the backfill"
    feed.faults()
    ended = end_of(first)
    assert ended.code == 0, ended


@pytest.mark.timeout(280)
def test_postgresql_is_restarted_under_it_and_it_goes_on_by_itself(
    hands: Any,
    end_of: Any,
    feed: Any,
    wait_until: Any,
    undisturbed: Any,
    held: Any,
    same_contents: Any,
    publish: Any,
) -> None:
    """trap W13: an updated server, at night; the workers wait for it, and nothing is lost."""
    feed.faults(_SLOW)
    first = hands.backfill("--workers", "1")
    other = hands.start("worker", "--until-idle")
    wait_until(lambda: _at_games(hands))
    assert hands.query(_CUT), "nobody was connected"
    feed.faults()
    ended = end_of(first)
    assert ended.code == 0, ended
    assert ended.document["failures"] == []
    assert end_of(other).code == 0
    publish(hands.conninfo)
    same_contents(held(hands.conninfo), undisturbed)


@pytest.mark.soak
@pytest.mark.timeout(280)
def test_a_limit_is_one_for_all_of_it_resumed_or_not(hands: Any, end_of: Any, feed: Any) -> None:
    """bug: resumed once the failed day came, it brought as many games again."""
    hands.extra |= {"NBAPANEL_REQUEST_ATTEMPTS": "2", "NBAPANEL_REQUEST_BACKOFF_S": "0.01"}
    feed.faults([{"path": "scoreboard.*20251021", "fault": "500"}])
    ended = end_of(hands.backfill("--lane", "espn", "--limit", "3"))
    assert ended.code == 1, ended
    assert ended.document["stages"]["espn_games"]["done"] == 3
    feed.faults()
    resumed = end_of(hands.start("backfill", "--resume", "--json"))
    assert resumed.code == 0, resumed
    assert resumed.document["stages"]["espn_games"]["units"] == 3
