"""How much is measured: whole days of the season, and at least the week that a refetch looks at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bench import season
from bench.archives import Archives
from bench.warehouses import days_before, last_evening
from bench.workbench import SEASON, Workbench
from nbapanel.simulator.league import League

LEAGUE = League(season.SEED)


def workbench(games: int) -> Workbench:
    return Workbench(games, 1, Path("scratch"), Archives(Path("archives"), LEAGUE))


def test_a_whole_season_is_what_it_is_called() -> None:
    days = season.first_days(LEAGUE, SEASON)
    assert days == sorted(LEAGUE.schedule.by_day)
    assert season.games_of(LEAGUE, days) >= SEASON


@pytest.mark.parametrize("games", [20, 50, 660])
def test_first_days_hold_as_many_covered_games_as_asked_and_no_day_more(games: int) -> None:
    def covered(days: list[object]) -> int:
        return sum(season.is_covered(one) for day in days for one in LEAGUE.schedule.by_day[day])  # type: ignore[index]

    days = season.first_days(LEAGUE, games)
    assert covered([*days[:-1]]) < games <= covered([*days])


@pytest.mark.parametrize("games", [20, 120, 600, SEASON])
def test_an_evening_comes_after_warehouses_of_growing_size(games: int) -> None:
    work = workbench(games)
    evening = last_evening(work)
    assert 1 <= season.games_of(LEAGUE, [evening]) <= 8
    spans = [days_before(work, evening, asked) for asked in (50, 200, 600, SEASON)]
    sizes = [season.games_of(LEAGUE, days) for days in spans]
    assert sizes == sorted(sizes)
    assert all(max(days) < evening for days in spans)
    week = {day for day in LEAGUE.schedule.by_day if evening - timedelta(days=6) <= day < evening}
    assert all(week <= set(days) for days in spans)


def test_other_sizes_are_in_proportion() -> None:
    assert workbench(SEASON).share(660) == 660
    assert workbench(SEASON // 2).share(660) == 330
