"""Places on a logarithmic axis: equal ratios are equal distances, and labels do not overlap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.axis import LogAxis, apart, span_of

PIXELS = st.floats(min_value=-2_000, max_value=2_000, allow_nan=False)
SECONDS = st.floats(min_value=1e-3, max_value=1e4, allow_nan=False)


def test_equal_ratios_are_equal_distances() -> None:
    axis = LogAxis(0.1, 1_000.0, 400.0, 0.0)
    assert [axis.at(value) for value in (0.1, 1.0, 10.0, 100.0, 1_000.0)] == pytest.approx(
        [400.0, 300.0, 200.0, 100.0, 0.0]
    )


def test_decades_are_those_on_the_axis() -> None:
    assert LogAxis(0.05, 120.0, 0.0, 1.0).decades == pytest.approx([0.1, 1.0, 10.0, 100.0])
    assert LogAxis(0.1, 10.0, 0.0, 1.0).decades == pytest.approx([0.1, 1.0, 10.0])


@given(st.lists(SECONDS, min_size=1, max_size=20))
def test_an_axis_has_room_for_its_values_and_a_line_to_read_them_by(values: list[float]) -> None:
    low, high = span_of(values)
    assert low < min(values) <= max(values) < high
    assert LogAxis(low, high, 0.0, 1.0).decades


@given(PIXELS, PIXELS, st.floats(min_value=0, max_value=100))
def test_labels_are_moved_apart_and_keep_their_order(
    first: float, second: float, least: float
) -> None:
    one, other = apart((first, second), least)
    assert abs(other - one) >= least - 1e-6
    assert (one <= other) is (first <= second) or abs(first - second) < 1e-9
    assert one + other == pytest.approx(first + second, abs=1e-6), "neither is favoured"
