"""The refresh log in arrays, ticks of axes, and numbers in words: no window needed."""

from __future__ import annotations

import statistics
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbapanel.rows.reads import RefreshSeries
from nbapanel.ui.charts import bars, series
from nbapanel.ui.charts.game_time import Periods
from nbapanel.ui.charts.ranges import (
    Range,
    Span,
    holding,
    local,
    log_ticks,
    number_ticks,
    time_ticks,
    zone_words,
)
from nbapanel.ui.charts.reading import Track, beside, nearest, short, signed

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)


def refreshes(
    relation: str,
    at: list[float],
    rows: list[int | None],
    step: str = "load",
    **columns: Any,
) -> RefreshSeries:
    number = len(at)
    held: dict[str, Any] = {
        "refresh_id": list(range(1, number + 1)),
        "run_id": list(range(1, number + 1)),
        "duration_ms": [1000] * number,
        "threshold_ms": [30_000] * number,
        "inserted": [0] * number,
        "updated": [0] * number,
        "deleted": [0] * number,
        "status": ["ok"] * number,
        "is_alert": [False] * number,
    }
    return RefreshSeries(relation, "load", step, started_at=at, rows_after=rows, **(held | columns))


class TestLog:
    def test_all_series_come_in_one_by_time(self) -> None:
        log = series.log_of([refreshes("b", [30.0, 50.0], [3, 4]), refreshes("a", [10.0], [1])])
        assert log.at.tolist() == [10.0, 30.0, 50.0]
        assert [log.relations[code] for code in log.relation] == ["a", "b", "b"]
        assert log.rows.tolist() == [1.0, 3.0, 4.0]

    def test_nothing_is_nothing(self) -> None:
        log = series.log_of([refreshes("a", [], [])])
        assert len(log) == 0
        assert series.slowest_step(log) is None
        assert len(bars.changes(log)) == 0
        assert len(series.counts(log, "a").at) == 0

    def test_a_relation_of_two_series_is_one_line(self) -> None:
        """kalshi.markets is written by two steps."""
        log = series.log_of(
            [
                refreshes("m", [10.0, 30.0], [1, 3], step="markets"),
                refreshes("m", [20.0], [2], step="candlesticks"),
            ]
        )
        assert series.counts(log, "m").rows.tolist() == [1.0, 2.0, 3.0]
        assert log.steps == ("markets", "candlesticks")

    def test_what_is_not_known_is_left_out(self) -> None:
        log = series.log_of(
            [refreshes("a", [1.0, 2.0, 3.0], [5, None, 9], inserted=[5, 0, 4], run_id=[1, None, 3])]
        )
        counts = series.counts(log, "a")
        assert counts.rows.tolist() == [5.0, 9.0]
        assert counts.gain.tolist() == [5.0, 4.0]
        assert counts.run_id.tolist() == [1, 3]


class TestDurations:
    def test_of_a_relation(self) -> None:
        log = series.log_of(
            [
                refreshes(
                    "a", [1.0, 2.0, 3.0], [1, 1, 1],
                    duration_ms=[500, None, 2500], threshold_ms=[1000, 1000, None],
                    status=["ok", "running", "failed"], is_alert=[False, False, True],
                )
            ]
        )  # fmt: skip
        found = series.durations_of_relation(log, "a")
        assert found.seconds.tolist() == [0.5, 2.5]
        assert found.has_failed.tolist() == [False, True]
        assert found.status == ("ok", "failed")
        assert np.isnan(found.threshold_s[1])

    def test_relations_written_side_by_side_count_once(self) -> None:
        log = series.log_of(
            [
                refreshes("a", [100.0, 200.0], [1, 1], duration_ms=[4000, 1000]),
                refreshes("b", [100.1, 205.0], [1, 1], duration_ms=[3900, 2000]),
            ]
        )
        found = series.durations_of_step(log, "load")
        assert found.seconds.tolist() == pytest.approx([4.0, 3.0])
        assert found.at.tolist() == [100.0, 200.0]
        assert found.run_id.tolist() == [1, 2]

    @given(
        st.lists(
            st.tuples(st.integers(1, 4), st.integers(0, 400), st.integers(0, 90)),
            min_size=1, max_size=40,
        )
    )  # fmt: skip
    def test_a_step_is_at_work_as_long_as_any_of_its_refreshes(
        self, rows: list[tuple[int, int, int]]
    ) -> None:
        log = series.log_of(
            [
                refreshes(
                    "a", [float(start) for _, start, _ in rows], [1] * len(rows),
                    run_id=[run for run, _, _ in rows],
                    duration_ms=[seconds * 1000 for _, _, seconds in rows],
                )
            ]
        )  # fmt: skip
        found = series.durations_of_step(log, "load")
        busy: dict[int, set[int]] = {}
        for run, start, seconds in rows:
            busy.setdefault(run, set()).update(range(start, start + seconds))
        got = dict(zip(found.run_id.tolist(), found.seconds.tolist(), strict=True))
        assert got == pytest.approx({run: float(len(each)) for run, each in busy.items()})

    def test_refreshes_outside_a_run_are_not_lumped_together(self) -> None:
        log = series.log_of([refreshes("a", [1.0, 900.0], [1, 1], run_id=[None, None])])
        assert series.durations_of_step(log, "load").seconds.tolist() == [1.0, 1.0]
        assert len(bars.changes(log)) == 2

    def test_a_step_over_its_declared_limit_is_an_alert(self) -> None:
        log = series.log_of([refreshes("a", [1.0, 2e3], [1, 1], duration_ms=[1000, 60_000])])
        found = series.durations_of_step(log, "load", alert_after_s=30.0)
        assert found.is_alert.tolist() == [False, True]
        assert found.threshold_s.tolist() == [30.0, 30.0]

    def test_the_slowest_step_by_its_median(self) -> None:
        log = series.log_of(
            [
                refreshes("a", [1.0, 2.0, 3.0], [1] * 3, step="s", duration_ms=[10, 10, 90_000]),
                refreshes("b", [1.0, 2.0, 3.0], [1] * 3, step="t", duration_ms=[500, 500, 500]),
            ]
        )
        assert series.slowest_step(log) == "t"


class TestBand:
    def test_median_of_the_last_twenty_that_went_well(self) -> None:
        rng = np.random.default_rng(1)
        seconds = rng.uniform(1, 9, 70)
        failed = rng.random(70) < 0.1
        found = series.Durations(
            np.arange(70.0), seconds, np.full(70, np.nan), np.arange(70),
            failed, failed, tuple("failed" if bad else "ok" for bad in failed),
        )  # fmt: skip
        band = series.band(found)
        good = np.flatnonzero(~failed)
        assert band.at.tolist() == good[2:].tolist()
        for place, median in enumerate(band.median, start=3):
            window = seconds[good][max(0, place - 20) : place]
            assert median == pytest.approx(statistics.median(window))
            assert band.low[place - 3] == pytest.approx(np.quantile(window, 0.25))
            assert band.high[place - 3] == pytest.approx(np.quantile(window, 0.75))

    def test_two_are_too_few(self) -> None:
        log = series.log_of([refreshes("a", [1.0, 2.0], [1, 1])])
        assert len(series.band(series.durations_of_relation(log, "a")).at) == 0

    def test_many_points_are_thinned(self) -> None:
        number = 50_000
        log = series.log_of([refreshes("a", [float(n) for n in range(number)], [1] * number)])
        band = series.band(series.durations_of_relation(log, "a"))
        assert 1_000 < len(band.at) <= 2_000
        assert band.at[-1] == number - 1


class TestChanges:
    def test_sums_over_relations_by_run(self) -> None:
        log = series.log_of(
            [
                refreshes("a", [10.0, 20.0], [1, 1], inserted=[5, 1], updated=[2, 0]),
                refreshes("b", [11.0, 21.0], [1, 1], inserted=[7, 0], deleted=[0, 4]),
            ]
        )
        every = bars.changes(log)
        assert every.inserted.tolist() == [12, 1]
        assert every.deleted.tolist() == [0, 4]
        assert every.run_id.tolist() == [1, 2]
        assert every.at.tolist() == [10.0, 20.0]
        assert bars.changes(log, "b").inserted.tolist() == [7, 0]

    def test_runs_come_in_the_order_of_their_start(self) -> None:
        log = series.log_of([refreshes("a", [30.0, 10.0], [1, 1], run_id=[7, 9])])
        assert bars.changes(log).run_id.tolist() == [9, 7]

    @given(st.integers(1, 3_000), st.integers(1, 500))
    def test_bundles_hold_every_run_once(self, number: int, most: int) -> None:
        log = series.log_of(
            [refreshes("a", [float(n) for n in range(number)], [1] * number,
                       inserted=list(range(number)))]
        )  # fmt: skip
        runs = bars.changes(log)
        drawn = bars.bundled(runs, 0, number - 1, most)
        assert len(drawn) <= most
        assert drawn.inserted.sum() == sum(range(number))
        assert drawn.count.sum() == number
        assert (drawn.run_id[drawn.count > 1] == series.NO_RUN).all()

    def test_a_part_that_is_seen_keeps_its_bundles(self) -> None:
        log = series.log_of([refreshes("a", [float(n) for n in range(1_000)], [1] * 1_000)])
        runs = bars.changes(log)
        some, other = bars.bundled(runs, 13, 800, 100), bars.bundled(runs, 27, 814, 100)
        assert set(some.first % 10) == set(other.first % 10) == {0}

    def test_one_huge_bar_is_cut_and_even_ones_are_not(self) -> None:
        assert bars.cap(np.array([10, 12, 9, 11])) is None
        assert bars.cap(np.array([10, 12, 9, 11, 10, 9, 12, 10, 11, 10, 4_000])) == 18.0
        assert bars.cap(np.array([0, 0, 5])) is None


def test_steps_hold_until_the_next_value() -> None:
    x, y = series.stepped(np.array([1.0, 4.0]), np.array([10.0, 20.0]), end=9.0)
    assert list(zip(x.tolist(), y.tolist(), strict=True)) == [
        (1.0, 10.0), (4.0, 10.0), (4.0, 20.0), (9.0, 20.0), (9.0, 20.0),
    ]  # fmt: skip


class TestRanges:
    def test_since(self) -> None:
        assert Range.DAY.since(NOW) == datetime(2026, 11, 21, 7, tzinfo=UTC)
        assert Range.ALL.since(NOW) is None
        assert Range.SEASON.since(NOW) == datetime(2026, 10, 1, 4, tzinfo=UTC)

    def test_the_season_of_spring_began_the_year_before(self) -> None:
        since = Range.SEASON.since(datetime(2027, 4, 3, tzinfo=UTC))
        assert since is not None
        assert since.year == 2026

    def test_asking_again_within_the_hour_is_the_same_question(self) -> None:
        assert Range.WEEK.since(NOW) == Range.WEEK.since(NOW + timedelta(minutes=20))

    def test_the_shortest_that_holds_a_moment(self) -> None:
        assert holding(NOW.timestamp() - 3 * 86_400, NOW) is Range.WEEK
        assert holding(NOW.timestamp() - 40 * 86_400, NOW) is Range.SEASON
        assert holding(NOW.timestamp() - 400 * 86_400, NOW) is Range.ALL


class TestTicks:
    def test_eight_days_name_the_month(self) -> None:
        ticks = time_ticks(Span(NOW.timestamp() - 8 * 86_400, NOW.timestamp()), 10, BERLIN)
        assert [words for _, words in ticks][:2] == ["15 Nov", "16 Nov"]
        assert all(local(at, BERLIN).hour == 0 for at, _ in ticks)

    def test_a_day_has_hours_and_names_the_day_at_midnight(self) -> None:
        ticks = time_ticks(Span(NOW.timestamp() - 86_400, NOW.timestamp()), 10, BERLIN)
        assert "22 Nov" in [words for _, words in ticks]
        assert "12:00" in [words for _, words in ticks]

    def test_months(self) -> None:
        ticks = time_ticks(Span(NOW.timestamp() - 200 * 86_400, NOW.timestamp()), 8, BERLIN)
        assert [words for _, words in ticks] == ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]

    def test_the_hour_that_a_change_of_time_skips_has_no_tick(self) -> None:
        night = datetime(2027, 3, 28, 0, 0, tzinfo=BERLIN).timestamp()
        words = [words for _, words in time_ticks(Span(night, night + 4 * 3600), 5, BERLIN)]
        assert words == ["28 Mar", "01:00", "03:00", "04:00", "05:00"]

    @given(st.integers(60, 3 * 365 * 86_400), st.integers(0, 400 * 86_400), st.integers(2, 20))
    def test_never_far_too_many_and_always_in_order(
        self, seconds: int, ago: int, most: int
    ) -> None:
        last = NOW.timestamp() - ago
        ticks = time_ticks(Span(last - seconds, last), most, BERLIN)
        assert len(ticks) <= most * 1.5 + 2
        assert [at for at, _ in ticks] == sorted({at for at, _ in ticks})

    @given(st.floats(-1e7, 1e7), st.floats(1e-3, 1e7), st.integers(2, 12))
    def test_numbers_are_within(self, low: float, size: float, most: int) -> None:
        high = low + size
        _, numbers = number_ticks(low, high, most)
        slack = size * 1e-3 + 1e-6
        assert len(numbers) <= most + 1
        assert all(low - slack <= number <= high + slack for number in numbers)

    def test_log(self) -> None:
        assert log_ticks(1.9, 6.7, 6) == [100.0, 1e3, 1e4, 1e5, 1e6]
        assert log_ticks(2.0, 3.0, 6) == [100.0, 200.0, 500.0, 1000.0]


class TestReading:
    @given(
        st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=30),
        st.floats(-5, 55), st.floats(-5, 55),
    )  # fmt: skip
    def test_the_nearest_along_x_is_read(
        self, points: list[tuple[int, int]], x: float, y: float
    ) -> None:
        points = sorted({place: (place, height) for place, height in points}.values())
        track = Track(
            np.array([p for p, _ in points], dtype=float),
            np.array([h for _, h in points], dtype=float),
        )
        spot = nearest([track], x, y, (1.0, 1e9))
        assert spot is not None
        away = abs(points[spot.index][0] - x)
        assert away == pytest.approx(min(abs(place - x) for place, _ in points))
        assert abs(points[beside(track, x)][0] - x) == pytest.approx(away)

    def test_of_two_lines_the_nearer(self) -> None:
        low = Track(np.array([1.0, 2.0]), np.array([0.0, 0.0]))
        high = Track(np.array([1.0, 2.0]), np.array([10.0, 10.0]))
        spot = nearest([low, high], 1.9, 8.0, (1.0, 1.0))
        assert spot is not None
        assert (spot.track, spot.index) == (1, 1)
        assert nearest([Track(np.empty(0), np.empty(0))], 1.0, 1.0, (1.0, 1.0)) is None

    def test_numbers_in_words(self) -> None:
        assert [short(n) for n in (0.5, 850, 9_000, 310_000, 4.05e6, -20)] == [
            "0.5", "850", "9,000", "310 k", "4.05 M", "−20",
        ]  # fmt: skip
        assert [signed(n) for n in (4_820, -12, 0)] == ["+4,820", "−12", "±0"]

    def test_the_zone_is_an_offset(self) -> None:
        assert zone_words(NOW.timestamp(), BERLIN) == "UTC+01:00"


class TestPeriods:
    def test_words(self) -> None:
        periods = Periods.of((720.0, 1440.0, 2160.0, 2880.0, 3180.0), 3180.0)
        assert periods.words(1_908.0) == "Q3 4:12"
        assert periods.words(720.0) == "Q1 0:00"
        assert periods.words(721.0) == "Q2 11:59"
        assert periods.words(3_000.0) == "OT1 3:00"
        assert periods.words(0.0) == "Q1 12:00"

    def test_a_live_game_has_four_quarters_before_it(self) -> None:
        assert Periods.of((720.0,), 900.0).ends == (720.0, 1440.0, 2160.0, 2880.0)
        assert Periods.of((), 2_900.0).ends[-1] == 3180.0

    def test_marks_run_down(self) -> None:
        periods = Periods.of((), 0.0)
        assert periods.marks(0.0, 720.0, 8) == [(180.0, "9:00"), (360.0, "6:00"), (540.0, "3:00")]
        assert [words for _, words in periods.marks(0.0, 2_880.0, 9)] == ["6:00"] * 4


def test_the_first_of_october_is_eastern() -> None:
    since = Range.SEASON.since(NOW)
    assert since is not None
    assert since.astimezone(ZoneInfo("America/New_York")).date() == date(2026, 10, 1)
