"""An evening refetched while it goes on, on a bad line, ends as one that is fetched when over."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from nbapanel.paths import DataDir

_EVENING = date(2026, 1, 15)
_FIRST_LOOK = datetime(2026, 1, 15, 20, 0, tzinfo=UTC)
_MORNING = datetime(2026, 1, 16, 14, 0, tzinfo=UTC)
_FAULTS = ("500", "cut-body", "reset", "html-200", "empty-body", "cut-json", "wrong-encoding")
_PATHS = (
    "/nba/scoreboard", "/probabilities", "/plays", r"/markets\?", "/candlesticks",
    "scheduleLeagueV2", "todaysScoreboard", "playbyplay_", "boxscore_", "odds_todaysGames",
)  # fmt: skip


@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=[pytest.mark.soak]) for seed in range(2, 21))]
)
def test_looking_in_between_changes_nothing_in_the_end(
    seed: int,
    desk: Any,
    data: Any,
    same_contents: Any,
    lasting: Any,
    empty_database: Callable[[], Any],
) -> None:
    """trap F1, trap F2: whenever it was looked at, and whatever failed then, the next morning all
    games are final and whole."""
    chance = random.Random(seed)
    desk = desk.with_settings(request_attempts=1)
    moment = _FIRST_LOOK
    while (moment := moment + timedelta(minutes=chance.randint(20, 150))) < _MORNING:
        desk.simulator.set_clock(moment)
        desk.simulator.faults(
            [
                {"path": chance.choice(_PATHS), "fault": chance.choice(_FAULTS),
                 "nth": chance.randint(1, 5)}
                for _ in range(3)
            ]
        )  # fmt: skip
        _refetch(desk)
    desk.simulator.faults()
    desk.simulator.set_clock(_MORNING)
    assert _refetch(desk).finished.status == "done"
    quiet = _refetch(desk)
    assert not any(c.inserted or c.updated or c.deleted for c in quiet.board.changes.values())

    with empty_database() as conninfo:
        place = replace(
            desk.place,
            data_dir=DataDir(desk.place.data_dir.root.with_name("in-the-morning")),
            settings=replace(desk.place.settings, database_url=conninfo),
        )
        assert _refetch(replace(desk, place=place)).finished.status == "done"
        same_contents(lasting(data(desk.conninfo)), lasting(data(conninfo)))


def _refetch(desk: Any) -> Any:
    return desk(games=(), day=_EVENING)
