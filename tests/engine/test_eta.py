"""Estimates are medians, add up along lanes and needs, and are silent when history is thin."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbapanel.engine.eta import Underway, about, is_slow, median_seconds, remaining, usual
from nbapanel.engine.steps import Step


async def _nothing(_: Any) -> str | None:
    return None


def step(key: str, lane: str, *needs: str, follows: tuple[str, ...] = ()) -> Step[Any]:
    return Step(key, key, lane, _nothing, 60, needs=needs, follows=follows)


STEPS = (
    step("fetch", "espn"),
    step("load", "espn", follows=("fetch",)),
    step("markets", "kalshi"),
    step("candles", "kalshi", "load", "markets"),
    step("state", "derived", "load"),
    step("publish", "publish", "candles", "state"),
)
USUAL = {"fetch": 10, "load": 5, "markets": 40, "candles": 20, "state": 7, "publish": 3}
HISTORY = {key: [float(seconds)] * 3 for key, seconds in USUAL.items()}


def test_fewer_than_three_durations_say_nothing():
    assert median_seconds([]) is None
    assert median_seconds([1, 2]) is None
    assert median_seconds([9, 1, 2]) == 2
    assert median_seconds([1, 2, 3, 100]) == 2.5


def test_usual_looks_at_the_last_twenty():
    assert usual([1000.0] * 30 + [2.0] * 20) == 2
    assert usual([5, 5]) is None


def test_slow_is_more_than_three_times_as_long_as_usual():
    assert is_slow(6.1, [2, 2, 2])
    assert not is_slow(6.0, [2, 2, 2])
    assert not is_slow(1000, [2, 2])


def test_what_is_left_is_the_longest_way_through_lanes_and_needs():
    assert remaining(STEPS, HISTORY, {}, set(USUAL)) == 40 + 20 + 3
    assert remaining(STEPS, HISTORY, {}, {"load", "state", "publish"}) == 5 + 7 + 3
    assert remaining(STEPS, HISTORY, {}, set()) == 0


def test_a_lane_is_one_step_at_a_time_even_without_needs():
    lane = (step("a", "x"), step("b", "x"), step("c", "y"))
    assert remaining(lane, dict.fromkeys("abc", [4.0] * 3), {}, {"a", "b", "c"}) == 8


def test_a_running_step_counts_with_what_is_left_of_it():
    left = remaining(STEPS, HISTORY, {"markets": Underway(30)}, {"candles", "publish"})
    assert left == 10 + 20 + 3


def test_progress_outweighs_history_as_it_grows():
    def markets(elapsed_s: float, done: int) -> float | None:
        return remaining(STEPS, HISTORY, {"markets": Underway(elapsed_s, done, 100)}, set())

    assert markets(10, 0) == 30, "nothing done yet: history alone"
    assert markets(100, 50) == pytest.approx(0.5 * 100 + 0.5 * 4)
    assert markets(500, 99) == pytest.approx(0.99 * 500 / 99 + 0.01 * 4)
    assert markets(20, 100) == 0


def test_thin_history_of_any_step_still_to_run_says_nothing():
    thin = HISTORY | {"candles": [20.0, 20.0]}
    assert remaining(STEPS, thin, {}, set(USUAL)) is None
    assert remaining(STEPS, thin, {"candles": Underway(1, 50, 100)}, {"publish"}) is None
    assert remaining(STEPS, thin, {}, {"state", "publish"}) == 10, "it has ended: it matters not"


def test_a_step_far_over_its_time_that_does_not_say_how_far_it_is_is_unknown():
    assert remaining(STEPS, HISTORY, {"markets": Underway(119)}, set()) == 4
    assert remaining(STEPS, HISTORY, {"markets": Underway(121)}, set()) is None
    assert remaining(STEPS, HISTORY, {"markets": Underway(121, 90, 100)}, set()) is not None


@given(st.sets(st.sampled_from(sorted(USUAL))), st.floats(0.1, 100))
def test_never_less_than_the_longest_step_nor_more_than_all_in_a_row(pending, unit):
    history = {key: [seconds * unit] * 3 for key, seconds in USUAL.items()}
    left = remaining(STEPS, history, {}, pending)
    durations = [USUAL[key] * unit for key in pending]
    assert left is not None
    assert max(durations, default=0) <= left * (1 + 1e-9)
    assert left <= sum(durations) * (1 + 1e-9)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3, "under 5 s"),
        (0, "under 5 s"),
        (4.9, "under 5 s"),
        (5, "about 5 s"),
        (18, "about 20 s"),
        (57, "about 55 s"),
        (58, "about 1 min"),
        (89, "about 1 min"),
        (90, "about 2 min"),
        (245, "about 4 min"),
        (59.4 * 60, "about 59 min"),
        (59.6 * 60, "about 1 h"),
        (100 * 60, "about 1 h 40 min"),
        (7140, "about 2 h"),
    ],
)
def test_about(seconds, words):
    assert about(seconds) == words
