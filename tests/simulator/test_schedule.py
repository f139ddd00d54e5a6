"""A season: 82 games a team, sensible days, and the oddities a week must show."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from nbapanel.clock import eastern_date
from nbapanel.simulator.schedule import Coverage, Schedule
from nbapanel.simulator.season_days import season_start_year


@pytest.fixture(scope="module", params=[(7, 2025), (1, 2025), (3, 2024), (11, 2026)])
def schedule(request: pytest.FixtureRequest) -> Schedule:
    return Schedule(*request.param)


def played(schedule: Schedule) -> list:
    return [one for one in schedule.fixtures if one.postponed_at is None]


def test_every_team_plays_82_games_41_of_them_at_home(schedule: Schedule) -> None:
    games = played(schedule)
    assert len(games) == 1230
    teams = Counter(code for one in games for code in (one.home.code, one.away.code))
    assert set(teams.values()) == {82}
    assert len(teams) == 30
    assert set(Counter(one.home.code for one in games).values()) == {41}


def test_nobody_plays_twice_on_a_day(schedule: Schedule) -> None:
    on = Counter(
        (one.day, code) for one in schedule.fixtures for code in (one.home.code, one.away.code)
    )
    assert max(on.values()) == 1


def test_days_hold_5_to_12_games_and_the_dark_days_none(schedule: Schedule) -> None:
    sizes = {day: len(games) for day, games in schedule.by_day.items()}
    assert min(sizes.values()) >= 5
    assert max(sizes.values()) <= 12
    assert not schedule.days.dark & sizes.keys()
    assert min(sizes) == schedule.days.opening
    assert max(sizes) == schedule.days.closing


def test_the_day_is_the_eastern_one_though_many_games_are_on_the_next_utc_day(
    schedule: Schedule,
) -> None:
    """trap F13: "yesterday" is the Eastern one."""
    assert all(eastern_date(one.tip_at) == one.day for one in schedule.fixtures)
    late = sum(1 for one in schedule.fixtures if one.tip_at.date() != one.day)
    assert late > len(schedule.fixtures) / 2


def test_ids_and_tickers_name_one_game_each(schedule: Schedule) -> None:
    assert len(schedule.by_event) == len(schedule.fixtures)
    assert len(schedule.by_ticker) == 2 * len(schedule.fixtures)
    by_date = sorted((one.tip_at, one.event_id) for one in played(schedule) if not one.listed_from)
    assert all(sooner[1] < later[1] for sooner, later in pairwise(by_date) if sooner[0] < later[0])


def test_the_week_up_to_the_evening_shows_every_oddity(schedule: Schedule) -> None:
    last = schedule.days.showcase
    week = [one for number in range(7) for one in schedule.by_day[last - timedelta(days=number)]]
    assert 50 <= len(week) <= 58
    assert any(one.overtimes for one in week)
    assert sum(1 for one in week if one.postponed_at) == 1
    assert any(one.neutral for one in week)
    assert any(one.coverage is Coverage.SUMMARY_ONLY for one in week)
    assert not any(one.coverage is Coverage.NOWHERE for one in week)


def test_about_sixty_games_go_to_overtime_and_some_twice(schedule: Schedule) -> None:
    overtimes = Counter(one.overtimes for one in schedule.fixtures)
    assert 35 <= overtimes[1] + overtimes[2] <= 90
    assert overtimes[2] >= 1


def test_a_postponed_game_is_played_later_as_another_event(schedule: Schedule) -> None:
    """trap L18: a game moved to another day is not the same event twice."""
    lost = [one for one in schedule.fixtures if one.postponed_at]
    made_up = [one for one in schedule.fixtures if one.listed_from]
    assert len(lost) == len(made_up) == 2
    for one, other in zip(lost, made_up, strict=True):
        assert (one.home, one.away) == (other.home, other.away)
        assert one.event_id != other.event_id
        assert other.day > one.day
        assert not other.is_listed(one.tip_at)
        assert other.is_listed(one.tip_at + timedelta(days=3))


def test_tickers_have_the_nba_code_and_the_eastern_date(schedule: Schedule) -> None:
    """trap L10: Kalshi says NYK where ESPN says NY."""
    codes = {one.home.code for one in schedule.fixtures}
    names = {one.home.abbreviation for one in schedule.fixtures}
    assert {"NYK", "SAS", "GSW", "NOP", "UTA", "WAS"} <= codes
    assert {"NY", "SA", "GS", "NO", "UTAH", "WSH"} <= names
    one = schedule.by_day[date(schedule.days.start_year + 1, 1, 1)][0]
    year = (schedule.days.start_year + 1) % 100
    assert one.ticker(1) == f"KXNBAGAME-{year}JAN01{one.away.code}{one.home.code}-{one.away.code}"


def test_the_same_seed_makes_the_same_season_and_another_another() -> None:
    assert Schedule(5, 2025).fixtures == Schedule(5, 2025).fixtures
    assert Schedule(5, 2025).fixtures != Schedule(6, 2025).fixtures


@pytest.mark.parametrize(
    ("moment", "year"), [((2026, 1, 16), 2025), ((2025, 8, 1), 2025), ((2026, 7, 31), 2025)]
)
def test_a_season_is_named_after_the_year_it_begins_in(
    moment: tuple[int, int, int], year: int
) -> None:
    """trap F14: the season follows from the date of the game."""
    assert season_start_year(datetime(*moment, tzinfo=UTC)) == year
