"""The machine's clock is set back an hour, between two runs of live games or within one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from nbapanel.engine.events import StepStarted
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.simulator.running import RunningSimulator

_EVENING = date(2026, 1, 15)
# One that is over, and one that is played meanwhile.
_GAMES = ("401810622", "401810626")
_AN_HOUR = timedelta(hours=1)


@dataclass
class MachineClock:
    """Shows the league's time, but for what it is wrong by."""

    simulator: RunningSimulator
    wrong_by: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return self.simulator.now + self.wrong_by


@pytest.fixture
def clock(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    made = MachineClock(simulator)
    monkeypatch.setattr("nbapanel.cli.feeds.SystemClock", lambda: made)
    return made


@pytest.fixture
def live(desk: Any, simulator: RunningSimulator) -> Any:
    """A desk on live feeds, whose time is the machine's: the simulator stands in for them."""
    url = simulator.url
    found = desk.with_settings(
        espn_site_url=url, espn_core_url=url, kalshi_url=url, nba_cdn_url=url, nba_stats_url=url,
        espn_requests_per_s=500.0, kalshi_requests_per_s=500.0, nba_cdn_requests_per_s=500.0,
    )  # fmt: skip
    return replace(found, place=replace(found.place, feeds=FeedSet("live")))


def _refetch(live: Any, **options: Any) -> Any:
    return live(games=_GAMES, day=_EVENING, **options)


@pytest.fixture
def as_if_it_had_been_right(
    live: Any, data: Any, same_contents: Any, lasting: Any, empty_database: Callable[[], Any]
) -> Callable[[], None]:
    """The tables are those of a first refetch made now."""

    def compare() -> None:
        elsewhere = DataDir(live.place.data_dir.root.with_name("elsewhere"))
        with empty_database() as conninfo:
            other = replace(live, place=replace(live.place, data_dir=elsewhere))
            other = other.with_settings(database_url=conninfo)
            assert _refetch(other).finished.status == "done"
            same_contents(lasting(data(live.conninfo)), lasting(data(conninfo)))

    return compare


def test_between_runs(
    live: Any, clock: MachineClock, as_if_it_had_been_right: Callable[[], None], left_whole: Any
) -> None:
    """trap W12: what was fetched before lies in the future: that is not published, and the clock is
    named. Nothing is lost by it: what was played meanwhile comes in all the same."""
    assert _refetch(live).finished.status == "done"
    live.simulator.advance(1200)
    clock.wrong_by = -_AN_HOUR
    early = _refetch(live)
    assert early.finished.failed == ("publish",)
    assert "by the clock it is 2026-01-16 02:50:00" in early.step("publish").error
    assert "this machine's clock is right" in early.step("publish").hint
    assert early.step("load_games").changes["espn.plays"].inserted > 0

    clock.wrong_by = timedelta()
    live.simulator.advance(1200)
    assert _refetch(live).finished.status == "done"
    live.simulator.advance(6 * 3600)
    assert _refetch(live).finished.status == "done"
    quiet = _refetch(live)
    assert not any(c.inserted or c.updated or c.deleted for c in quiet.board.changes.values())
    as_if_it_had_been_right()
    left_whole(live.conninfo, live.place.data_dir.root)


@pytest.mark.parametrize(
    "step", ["load_games", *(pytest.param(s, marks=[pytest.mark.soak])
                             for s in ("fetch_games", "candlesticks", "publish"))]
)  # fmt: skip
def test_in_the_middle_of_a_run(
    step: str,
    live: Any,
    clock: MachineClock,
    as_if_it_had_been_right: Callable[[], None],
    left_whole: Any,
) -> None:
    """trap W12: the run ends; whatever it could not do is done once the clock is right."""

    def set_back(event: Any) -> None:
        if isinstance(event, StepStarted) and event.step == step:
            clock.wrong_by = -_AN_HOUR

    ended = _refetch(live, observer=set_back)
    assert clock.wrong_by == -_AN_HOUR
    assert set(ended.finished.failed) <= {"publish"}, ended.finished
    assert all(0 <= ended.step(key).seconds <= ended.finished.seconds for key in ended.states)
    clock.wrong_by = timedelta()
    assert _refetch(live).finished.status == "done"
    as_if_it_had_been_right()
    left_whole(live.conninfo, live.place.data_dir.root)
