"""A ratio above one says that ours is better, whatever the unit; an aim is met or it is not."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pytest

from bench.figures import Aim, Figure, Sample, Seconds, Unit, repeated


def figure(unit: Unit, ours: float, usual: float | None = None, **about: object) -> Figure:
    other = Sample("usual", (usual,)) if usual is not None else None
    return Figure("topic", "what", unit, Sample("ours", (ours,)), other, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("unit", "ours", "usual"), [("rows/s", 120.0, 40.0), ("s", 0.1, 0.3), ("ms", 20.0, 60.0)]
)
def test_ratio_says_how_many_times_better(unit: Unit, ours: float, usual: float) -> None:
    assert figure(unit, ours, usual).ratio == pytest.approx(3.0)


def test_ratio_of_another_case_says_how_many_times_as_much() -> None:
    assert figure("s", 1.2, 1.0, is_other_case=True).ratio == pytest.approx(1.2)
    assert figure("s", 1.2).ratio is None


@pytest.mark.parametrize(
    ("unit", "ours", "bound", "is_met"),
    [
        ("rows/s", 150_000.0, 150_000, True),
        ("rows/s", 149_999.0, 150_000, False),
        ("s", 0.1, 0.1, True),
        ("s", 0.101, 0.1, False),
    ],
)
def test_aim_is_a_bound(unit: Unit, ours: float, bound: float, is_met: bool) -> None:
    assert figure(unit, ours, aim=Aim(bound)).is_met is is_met


def test_aim_may_be_of_the_ratio() -> None:
    assert figure("s", 1.25, 1.0, is_other_case=True, aim=Aim(1.2, of="ratio")).is_met is False
    assert figure("s", 1.15, 1.0, is_other_case=True, aim=Aim(1.2, of="ratio")).is_met is True


def test_of_memory_and_stalls_the_most_is_told() -> None:
    """A median would hide the one stall that a person notices."""
    sample = Sample("ours", (10.0, 10.0, 90.0))
    assert Figure("t", "w", "ms", sample).ours_shown == 90.0
    assert Figure("t", "w", "MB", sample, aim=Aim(50)).is_met is False
    assert Figure("t", "w", "s", sample).ours_shown == 10.0


def test_figure_comes_back_from_its_json() -> None:
    there = figure("s", 0.1, 0.3, aim=Aim(0.2), is_chief=True)
    told = msgspec.json.encode(there.as_json())
    assert msgspec.json.decode(told, type=Figure) == there
    assert msgspec.json.decode(told)["met"] is True


def test_patience_ends_the_repeats() -> None:
    """The usual ways take minutes: five of them would tell no more than two."""
    each = iter([5.0, 5.0, 5.0, 5.0])

    def once() -> float:
        return next(each)

    assert repeated(once, 4, patience_s=9.0).each == (5.0, 5.0)


def test_without_patience_all_are_done() -> None:
    def numbers() -> Iterator[float]:
        yield from (100.0, 200.0, 300.0)

    each = numbers()
    assert repeated(lambda: next(each), 3).each == (100.0, 200.0, 300.0)


def test_seconds_become_rates() -> None:
    assert Seconds((2.0, 4.0)).rate("way", 100).values == (50.0, 25.0)
