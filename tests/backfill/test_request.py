"""What a season is, and what a backfill may be asked."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from nbapanel.backfill.lanes import STAGES, stages_of
from nbapanel.backfill.request import season_window, windows_of
from nbapanel.errors import UsageError
from nbapanel.rows.backfills import LANES, STAGE_TITLES

NOW = datetime(2026, 1, 16, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("season", "first", "last"),
    [
        ("2023-24", date(2023, 9, 30), date(2024, 6, 30)),
        ("1999-00", date(1999, 9, 30), date(2000, 6, 30)),
        ("2019-20", date(2019, 9, 30), date(2020, 10, 12)),
        ("2020-21", date(2020, 12, 11), date(2021, 7, 21)),
    ],
)
def test_days_of_a_season(season: str, first: date, last: date) -> None:
    """trap F14: nothing is taken from today; two seasons had months of their own."""
    window = season_window(season, NOW)
    assert (window.first, window.last) == (first, last)


def test_a_season_that_is_on_ends_with_today_in_new_york() -> None:
    """trap F13: at 05:00 UTC on the 16th it is midnight there; at 04:59 still the 15th."""
    assert season_window("2025-26", NOW).last == date(2026, 1, 16)
    assert season_window("2025-26", NOW.replace(hour=4, minute=59)).last == date(2026, 1, 15)


@pytest.mark.parametrize(
    "season", ["2023", "2023-25", "2023-2024", "23-24", "1945-46", "2026-27", "2023-24 ", "", "é"]
)
def test_what_is_no_season_is_refused_in_words(season: str) -> None:
    with pytest.raises(UsageError):
        season_window(season, NOW)


def test_seasons_come_in_order_and_once() -> None:
    assert list(windows_of(["2023-24", "2021-22", "2023-24"], NOW)) == ["2021-22", "2023-24"]


def test_every_lane_finds_units_before_it_works_them_and_every_stage_has_a_title() -> None:
    for lane in LANES:
        assert [stage.phase for stage in stages_of([lane], "discover")]
        assert len(stages_of([lane], "work")) == 1
    assert set(STAGES) == set(STAGE_TITLES)


def test_no_job_holds_more_units_than_fetching_names() -> None:
    """`fetch_each` names twenty of what failed: what it does not name would count as done."""
    assert all(stage.at_once <= 20 for stage in stages_of(LANES, "work"))
    assert STAGES["espn_days"].at_once <= 20
