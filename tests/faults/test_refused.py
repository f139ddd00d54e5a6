"""A feed says no, at every request: 404, 403 in XML (no such thing), 403 in HTML (shut out)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from nbapanel.paths import DataDir
from nbapanel.warehouse.db import connect

_LISTS = r"/(probabilities|plays)"
_SCOREBOARDS = ("fetch_scoreboards", "load_scoreboards")
_GAMES = ("fetch_games", "load_games")
# What is asked for, by which steps; the steps before it, which go well.
_REQUESTS = {
    "/nba/scoreboard": _SCOREBOARDS,
    r"/markets\?": ("markets",),
    "/historical/cutoff": ("markets",),
    "/probabilities": _GAMES,
    "/plays": _GAMES,
    "/summary": _GAMES,
    "/candlesticks": ("candlesticks",),
    "scheduleLeagueV2": ("nba_lists",),
    "todaysScoreboard": ("nba_lists",),
    "odds_todaysGames": ("nba_lists",),
    "playbyplay_": ("fetch_nba", "load_nba"),
    "boxscore_": ("fetch_nba", "load_nba"),
}


def _under(desk: Any, fault: str, path: str, steps: tuple[str, ...]) -> Any:
    rules = [{"path": path, "fault": fault}]
    if path == "/summary":  # it is asked where the core feed has none
        rules.append({"path": _LISTS, "fault": "404"})
    desk.simulator.faults(rules)
    ended = desk(only=steps, force=True)
    desk.simulator.faults()
    return ended


def test_shut_out(
    desk: Any, undisturbed_data: Any, data: Any, same_contents: Any, left_whole: Any
) -> None:
    """trap F11, trap F9: wherever it happens the step says who shut us out and what to do; nothing
    is taken to be absent for it, and what was there before is loaded."""
    for path, steps in _REQUESTS.items():
        ended = _under(desk, "403-html", path, steps)
        assert ended.finished.failed == (steps[0],), (path, ended.states)
        failed = ended.step(steps[0])
        assert "has shut us out (403 with an HTML page)" in failed.error, path
        assert "No more requests go there in this run." in failed.error, path
        assert "Wait an hour" in failed.hint, path
        asked = [one for one in desk.simulator.requests if one.fault == "403-html"]
        assert 1 <= len(asked) <= 2, f"{path}: only what was under way"
        desk.simulator.forget_requests()
        assert desk(only=steps).finished.status == "done", path
    assert desk(force=True).finished.status == "done"
    same_contents(data(desk.conninfo), undisturbed_data)
    left_whole(desk.conninfo, desk.place.data_dir.root)


_MUST_BE_THERE = ("/nba/scoreboard", r"/markets\?", "scheduleLeagueV2", "todaysScoreboard")
_MAY_BE_LACKING = (
    "/historical/cutoff", "/summary", "/candlesticks",
    "odds_todaysGames", "playbyplay_", "boxscore_",
)  # fmt: skip


@pytest.mark.parametrize("fault", ["404", "403-xml"])
def test_no_such_thing(
    fault: str, desk: Any, undisturbed_data: Any, data: Any, same_contents: Any, left_whole: Any
) -> None:
    """trap F4, trap F11: a list that must be there fails its step, in words and at once; what may
    be lacking is lacking, and is had with --force once it is there."""
    desk = desk.with_settings(request_attempts=6)
    # The league's lists must stay: where they never were, there is no league (as in a recording).
    assert desk(only=("nba_lists",)).finished.status == "done"
    for path in _MUST_BE_THERE:
        steps = _REQUESTS[path]
        ended = _under(desk, fault, path, steps)
        assert ended.finished.failed == (steps[0],), (path, ended.states)
        assert "did not give what was asked for" in ended.step(steps[0]).error
        assert fault[:3] in ended.step(steps[0]).error
        assert "again later" in ended.step(steps[0]).hint
        assert len([one for one in desk.simulator.requests if one.fault]) == 1, "asked once"
        desk.simulator.forget_requests()
        assert desk(only=steps).finished.status == "done", path
    for path in _MAY_BE_LACKING:
        ended = _under(desk, fault, path, _REQUESTS[path])
        assert ended.finished.status == "done", (path, ended.states)
        assert any(one.fault == fault for one in desk.simulator.requests), path
        desk.simulator.forget_requests()
    assert desk(force=True).finished.status == "done"
    same_contents(data(desk.conninfo), undisturbed_data)
    left_whole(desk.conninfo, desk.place.data_dir.root)


# A day of which Kalshi gives all by its historical requests; the steps that ask for each.
_OLD_DAY = date(2025, 11, 10)
_HISTORICAL = {
    "/historical/cutoff": {"markets", "candlesticks"},
    r"/historical/markets\?": {"markets"},
    "/historical/markets/.*candlesticks": {"candlesticks"},
}


def test_what_lies_behind_kalshis_cutoff(
    desk: Any, data: Any, same_contents: Any, empty_database: Callable[[], Any], left_whole: Any
) -> None:
    """trap F9: the three requests that only old games need, each of which fails in its turn."""
    desk = desk.with_settings(request_attempts=1)
    assert desk(day=_OLD_DAY, games=(), only=_SCOREBOARDS).finished.status == "done"
    games = _two_games_of(desk)

    def refetch(one: Any, **options: Any) -> Any:
        return one(day=_OLD_DAY, games=games, **options)

    for fault in ("cut-json", "403-html"):
        for path, steps in _HISTORICAL.items():
            desk.simulator.faults([{"path": path, "fault": fault}])
            ended = refetch(desk, only=("markets", "candlesticks"), force=True)
            failed = set(ended.finished.failed)
            assert failed, (fault, path)
            # Shut out by one request it makes no other, whichever step would.
            assert failed <= (steps if fault == "cut-json" else {"markets", "candlesticks"})
            assert all(ended.step(key).error and ended.step(key).hint for key in failed)
    desk.simulator.faults()
    assert refetch(desk).finished.status == "done"
    with empty_database() as conninfo:
        elsewhere = DataDir(desk.place.data_dir.root.with_name("elsewhere"))
        other = replace(desk, place=replace(desk.place, data_dir=elsewhere))
        other = other.with_settings(database_url=conninfo)
        assert refetch(other).finished.status == "done"
        same_contents(data(desk.conninfo), data(conninfo))
    left_whole(desk.conninfo, desk.place.data_dir.root)


def _number(desk: Any, query: str) -> Any:
    with connect(desk.conninfo, purpose="test") as connection:
        return connection.execute(query).fetchone()[0]


def _two_games_of(desk: Any) -> tuple[str, ...]:
    with connect(desk.conninfo, purpose="test") as connection:
        found = connection.execute("SELECT event_id FROM espn.scoreboard_games ORDER BY 1 LIMIT 2")
        return tuple(game for (game,) in found.fetchall())


_LAST_YEAR = date(2025, 1, 10)


def test_the_finder_of_past_games(desk: Any) -> None:
    """trap F11, trap F12: asked for days of a season that the schedule does not carry. Shut out or
    cut short there, the schedule is loaded all the same; the next clean run asks for the rest."""
    for fault, said in (("403-html", "has shut us out"), ("cut-json", "cut or garbled JSON")):
        desk.simulator.faults([{"path": "leaguegamefinder.*Regular", "fault": fault}])
        ended = desk(day=_LAST_YEAR, games=(), only=("nba_lists",))
        assert ended.finished.failed == ("nba_lists",), ended.states
        assert said in ended.step("nba_lists").error
        assert ended.step("nba_lists").hint
        assert _number(desk, "SELECT count(*) FROM nba.schedule_games") > 1_000
    desk.simulator.faults()
    desk.simulator.forget_requests()
    ended = desk(day=_LAST_YEAR, games=(), only=("nba_lists",))
    assert ended.finished.status == "done"
    assert _number(desk, "SELECT count(*) FROM nba.finder_teams") > 2_000
    asked = [one.path for one in desk.simulator.requests if "leaguegamefinder" in one.path]
    assert 1 <= len(asked) <= 5


def test_the_fallback_of_a_play_by_play(desk: Any) -> None:
    """trap F11: the network has none, and the statistics site shuts us out: nothing is taken to be
    absent for it. Where it has none either, that is believed."""
    games = ("fetch_nba", "load_nba")
    assert desk(only=(*_SCOREBOARDS, "nba_lists")).finished.status == "done"

    def asked(fault: str) -> Any:
        desk.simulator.forget_requests()
        desk.simulator.faults(
            [{"path": "playbyplay_", "fault": "404"}, {"path": "playbyplayv3", "fault": fault}]
        )
        return desk(only=games)

    ended = asked("403-html")
    assert ended.finished.failed == ("fetch_nba",), ended.states
    assert "has shut us out (403 with an HTML page)" in ended.step("fetch_nba").error
    refused = [one for one in desk.simulator.requests if one.fault == "403-html"]
    assert 1 <= len(refused) <= 2, "only what was under way"
    assert _number(desk, "SELECT count(*) FROM nba.boxscore_games") == 2
    assert asked("404").finished.status == "done"
    assert [one for one in desk.simulator.requests if "playbyplayv3" in one.path]
    asked("404")
    assert not [one for one in desk.simulator.requests if "playbyplayv3" in one.path]

    desk.simulator.faults()
    assert desk(only=games, force=True).finished.status == "done"
    assert _number(desk, "SELECT count(DISTINCT game_id) FROM nba.pbp_events") == 2
