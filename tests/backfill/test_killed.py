"""kill -9 of a worker at any moment: others take what it was at, and nothing tells it happened."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable
from typing import Any

import pytest

_UNDERWAY_AT = """
SELECT count(*) FROM ops.backfill_units
WHERE status = 'underway' AND split_part(worker, ':', 2) = %s
"""
_DONE = "SELECT count(*) FROM ops.backfill_units WHERE status = 'done'"
_STATUS = "SELECT status FROM ops.backfills ORDER BY backfill_id DESC LIMIT 1"
_OVER = ("done", "failed")
_SLOW = [{"path": ".", "fault": "slow-drip", "params": {"chunk_bytes": 4_096, "pause_s": 0.02}}]
_SLOWER = [{"path": ".", "fault": "slow-drip", "params": {"chunk_bytes": 4_096, "pause_s": 0.1}}]


@pytest.fixture
def kill_in_the_middle(hands: Any, wait_until: Any) -> Callable[..., None]:
    """End a process for good a moment after it began with a unit; False if there were none left.

    `least_done`: not before so many units are done, whoever did them.
    """

    def kill(process: Any, after_s: float, least_done: int = 0) -> bool:
        def is_due() -> bool:
            is_at_it = hands.one(_UNDERWAY_AT, str(process.pid)) and hands.one(_DONE) >= least_done
            return bool(is_at_it) or is_over(hands)

        wait_until(is_due)
        if is_over(hands):
            return False
        process_waits(process, after_s)
        process.send_signal(signal.SIGKILL)
        return bool(process.wait() == -signal.SIGKILL)

    return kill


def is_over(hands: Any) -> bool:
    return hands.one(_STATUS) in _OVER


def process_waits(process: Any, seconds: float) -> None:
    """A moment of chance, in which the process goes on."""
    try:
        process.wait(seconds)
    except Exception:  # noqa: BLE001 - that it did not end is what is hoped for
        return


@pytest.mark.parametrize(
    ("deaths", "pace", "seed"),
    [(3, _SLOW, 1), pytest.param(10, _SLOWER, 2, marks=pytest.mark.soak)],
    ids=["3", "10"],
)
@pytest.mark.timeout(280)
def test_two_workers_of_which_one_is_killed_again_and_again(
    deaths: int,
    pace: Any,
    seed: int,
    hands: Any,
    end_of: Any,
    feed: Any,
    kill_in_the_middle: Any,
    undisturbed: Any,
    held: Any,
    same_contents: Any,
    publish: Any,
) -> None:
    """No lost row, no double row, no unit given up: the end is that of an undisturbed one."""
    chance = random.Random(seed)
    feed.faults(pace)
    first = hands.backfill("--workers", "1")
    for _ in range(deaths):
        other = hands.start("worker", "--workers", "1")
        assert kill_in_the_middle(other, chance.uniform(0, 0.4)), "it was over before"
    feed.faults()
    ended = end_of(first)
    assert ended.code == 0, ended
    assert ended.document["failures"] == []
    publish(hands.conninfo)
    same_contents(held(hands.conninfo), undisturbed)


@pytest.mark.timeout(280)
def test_the_process_that_began_it_is_killed_and_the_same_command_goes_on(
    hands: Any,
    end_of: Any,
    feed: Any,
    kill_in_the_middle: Any,
    undisturbed: Any,
    held: Any,
    same_contents: Any,
    publish: Any,
    left_whole: Any,
) -> None:
    """Exactly what is left is done: what was held is not asked for again."""
    first = hands.backfill("--workers", "1")
    assert kill_in_the_middle(first, 0, least_done=1)
    done = hands.one(_DONE)
    ended = end_of(hands.backfill())
    assert ended.code == 0, ended
    assert ended.document["backfill_id"] == 1
    assert ended.document["done"] == ended.document["units"] >= done
    asked = [(one.path, one.query) for one in feed.requests if "/plays" in one.path]
    twice = {one for one in asked if asked.count(one) > 1}
    assert len(twice) <= 24, "at most the job that was under way is fetched again"
    publish(hands.conninfo)
    same_contents(held(hands.conninfo), undisturbed)
    left_whole(hands.conninfo, hands.room / "data")
