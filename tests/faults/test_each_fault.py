"""Every way in which a feed may fail an answer, at every request that a refetch makes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from nbapanel.simulator.faults import POISONS, Fault

_SCOREBOARD = "/nba/scoreboard"
_PROBABILITIES = "/probabilities"
_PLAYS = "/plays"
_SUMMARY = "/summary"
_MARKETS = r"/markets\?"
_CANDLES = "/candlesticks"
_SCHEDULE = "scheduleLeagueV2"
_BOARD = "todaysScoreboard"
_ODDS = "odds_todaysGames"
_ACTIONS = "playbyplay_"
_BOX_SCORE = "boxscore_"
_NBA = (_SCHEDULE, _BOARD, _ODDS, _ACTIONS, _BOX_SCORE)
# Of the statistics site: past seasons, and a play-by-play that the network has not.
_FINDER = "leaguegamefinder"
_FALLBACK = "playbyplayv3"
_LAST_YEAR = date(2025, 1, 10)
_EVERY = (_SCOREBOARD, _PROBABILITIES, _PLAYS, _SUMMARY, _MARKETS, _CANDLES, *_NBA)

# fault -> (how the rule is made worse, what the sentence says of it)
_FAILING = {
    "429": ({"retry_after_s": 0}, "answered 429"),
    "500": ({}, "answered 500"),
    "502": ({}, "answered 502"),
    "503": ({}, "answered 503"),
    "time-out": ({}, "was silent for 0.3 s"),
    "slow-drip": ({"chunk_bytes": 8, "pause_s": 0.06}, "did not finish its answer within 0.4 s"),
    "cut-body": ({}, "broke the connection"),
    "wrong-length": ({"short_by": 60}, "answered with cut or garbled JSON"),
    "reset": ({}, "broke the connection"),
    "html-200": ({}, "answered with an HTML page where JSON is due"),
    "empty-body": ({}, "answered with an empty body"),
    "null": ({}, "answered with null where an object is due"),
    "array": ({}, "answered with a JSON array where an object is due"),
    "cut-json": ({}, "answered with cut or garbled JSON"),
    "wrong-encoding": ({}, "answered with a body that is not encoded as it says"),
}
# Limits that a good answer keeps with ease, for the faults that are waited out.
_LIMITS = {"time-out": {"request_silence_s": 0.3}, "slow-drip": {"request_attempt_s": 0.4}}


def _rule(path: str, fault: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "fault": fault, "params": _FAILING[fault][0], **more}


def _is_told(step: Any, fault: str, path: str) -> bool:
    """What happened, and where; in short in the sentence, and at length in the detail."""
    at_length = " ".join(step.detail.get("not_fetched", {}).values()) or step.error
    said = _FAILING[fault][1]
    if path in (_FINDER, _FALLBACK) and fault == "wrong-length":
        said = "answered with a packed body that breaks off"  # the statistics site packs
    return said in step.error and path.strip("\\?") in at_length


@pytest.mark.parametrize("fault", _FAILING)
def test_an_answer_that_fails_once_is_asked_for_again(
    fault: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap F8: none of these is taken for an answer; the second attempt gives the whole one."""
    desk = desk.with_settings(**_LIMITS.get(fault, {}))
    desk.simulator.faults([_rule(path, fault, times=1) for path in _EVERY])
    ended = desk()
    assert ended.finished.status == "done", ended.finished
    assert set(ended.states.values()) == {"done"}
    failed = [one.fault for one in desk.simulator.requests if one.fault]
    assert failed == [fault] * len(_EVERY)
    asked = sum(ended.step(key).requests for key in ended.states)
    assert asked == len(desk.simulator.requests), "failed attempts are counted too"
    same_contents(contents(desk.conninfo), undisturbed)


# One of each kind; the others of a kind, which the client cannot tell apart, are for `make soak`.
_ALIKE = ("502", "503", "wrong-length", "reset", "empty-body", "null", "array")


def _one_of_each_kind(faults: Iterable[str], alike: tuple[str, ...]) -> list[Any]:
    return [pytest.param(f, marks=[pytest.mark.soak]) if f in alike else f for f in faults]


@pytest.mark.parametrize("fault", _one_of_each_kind(_FAILING, _ALIKE))
def test_an_answer_that_keeps_failing_costs_its_own_step_alone(
    fault: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap F9: one request after the other fails for good; each run loads all that the others gave.

    Nothing is loaded as if new that was not fetched, and the clean run at the end has only the
    rest to do.
    """
    desk = desk.with_settings(request_attempts=1, **_LIMITS.get(fault, {}))

    def refused(*paths_and_steps: tuple[str, str], **options: Any) -> Any:
        # What is asked because the core feed has none is held back until its own turn.
        held_back = [_rule(_SUMMARY, fault)] if "until" in options else []
        desk.simulator.faults([_rule(path, fault) for path, _ in paths_and_steps] + held_back)
        ended = desk(**options)
        assert ended.finished.status == "failed"
        assert ended.finished.failed == tuple(step for _, step in paths_and_steps), ended.states
        for path, step in paths_and_steps:
            assert _is_told(ended.step(step), fault, path), ended.step(step)
            assert "again" in ended.step(step).hint
        return ended

    first = refused(
        (_SCOREBOARD, "fetch_scoreboards"),
        (_MARKETS, "markets"),
        (_BOARD, "nba_lists"),
    )
    assert first.step("nba_lists").changes["nba.schedule_games"].inserted > 1000
    assert first.states["load_scoreboards"] == first.states["candlesticks"] == "done"
    assert first.states["fetch_games"] == "skipped"
    refused((_PROBABILITIES, "fetch_games"), until="load_games")
    plays = refused((_PLAYS, "fetch_games"), until="load_games")
    assert plays.step("load_games").changes["espn.probabilities_raw_items"].inserted > 400
    summary = refused(
        (_SUMMARY, "fetch_games"),
        (_CANDLES, "candlesticks"),
        only=("fetch_games", "load_games", "markets", "candlesticks"),
    )
    assert summary.step("load_games").changes["espn.plays"].inserted > 400
    assert summary.step("markets").changes["kalshi.markets"].inserted > 100
    nba = refused((_ACTIONS, "fetch_nba"), only=("fetch_nba", "load_nba"))
    assert nba.step("load_nba").changes["nba.boxscore_games"].inserted == 2
    last = refused((_MARKETS, "markets"))
    assert last.states["snapshot_features"] == last.states["publish"] == "done"

    desk.simulator.faults()
    clean = desk()
    assert clean.finished.status == "done"
    assert not any(c.inserted or c.updated or c.deleted for c in clean.board.changes.values())
    same_contents(contents(desk.conninfo), undisturbed)


def test_the_statistics_site_that_keeps_failing_costs_its_own_step_alone(
    desk: Any, undisturbed_data: Any, data: Any, same_contents: Any
) -> None:
    """traps F9, F12: asked for what the network has not, it fails in every way. The lists and the
    box scores are loaded all the same; once it answers, the rest comes."""
    desk = desk.with_settings(request_attempts=1)
    network_has_none = {"path": _ACTIONS, "fault": "404"}
    games = ("fetch_nba", "load_nba")
    assert desk(until="load_scoreboards").finished.status == "done"
    for fault in _FAILING:
        one = desk.with_settings(**_LIMITS.get(fault, {}))
        one.simulator.faults([_rule(_FINDER, fault), _rule(_FALLBACK, fault), network_has_none])
        lists = one(day=_LAST_YEAR, games=(), only=("nba_lists",))
        assert lists.finished.failed == ("nba_lists",), (fault, lists.states)
        assert _is_told(lists.step("nba_lists"), fault, _FINDER), lists.step("nba_lists")
        found = one(only=games, force=True)
        assert found.finished.failed == ("fetch_nba",), (fault, found.states)
        assert _is_told(found.step("fetch_nba"), fault, _FALLBACK), found.step("fetch_nba")
        assert found.states["load_nba"] == "done"
    held = data(desk.conninfo)
    assert len(held["nba.boxscore_games"].splitlines()) == 2
    assert len(held["nba.schedule_games"].splitlines()) > 1000
    assert not held["nba.pbp_events"]

    desk.simulator.faults([network_has_none])
    lists = desk(day=_LAST_YEAR, games=(), only=("nba_lists",))
    assert lists.step("nba_lists").changes["nba.finder_teams"].inserted > 2000
    assert desk(only=games).step("load_nba").changes["nba.pbp_events"].inserted > 800
    desk.simulator.faults()
    assert desk(force=True).finished.status == "done"
    mended = data(desk.conninfo)
    same_contents(
        {name: mended[name] for name in undisturbed_data if name.startswith("nba.pbp")},
        {name: rows for name, rows in undisturbed_data.items() if name.startswith("nba.pbp")},
    )


_SPOILED = {
    "duplicate-items": [
        {"path": path, "fault": "duplicate-items", "params": {"every": 3}} for path in _EVERY
    ],
    "fields-missing": [
        {"path": path, "fault": "fields-missing", "params": {"every": 7, "fields": fields}}
        for path, fields in (
            (_SCOREBOARD, ["competitions"]),
            (_PROBABILITIES, ["homeWinPercentage"]),
            (_PLAYS, ["id"]),
            (_SUMMARY, ["playId", "id"]),
            (_MARKETS, ["ticker"]),
            (_CANDLES, ["end_period_ts"]),
            (_SCHEDULE, ["gameId"]),
            (_BOARD, ["gameId"]),
            (_ODDS, ["markets"]),
            (_ACTIONS, ["actionNumber"]),
            (_BOX_SCORE, ["personId"]),
        )
    ],
}
_POISONED_FIELDS = (
    (_SCOREBOARD, "score"),
    (_PROBABILITIES, "homeWinPercentage"),
    (_PLAYS, "homeScore"),
    (_SUMMARY, "homeWinPercentage"),
    (_MARKETS, "close_time"),
    (_CANDLES, "end_period_ts"),
    (_SCHEDULE, "gameStatus"),
    (_BOARD, "gameStatus"),
    (_ODDS, "odds_type_id"),
    (_ACTIONS, "orderNumber"),
    (_BOX_SCORE, "points"),
)


def test_items_given_twice_are_loaded_once(
    desk: Any, undisturbed_data: Any, data: Any, same_contents: Any
) -> None:
    """trap L14: the same keys twice in one payload, at every request."""
    desk.simulator.faults(_SPOILED["duplicate-items"])
    ended = desk()
    assert ended.finished.status == "done", ended.finished
    assert {ended.step(key).bad_items for key in ended.states} == {0}
    assert any("duplicates in" in note for note in ended.step("load_games").detail)
    same_contents(data(desk.conninfo), undisturbed_data)


def test_a_number_that_is_no_json_refuses_the_whole_answer(
    desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap L7: NaN, which a lenient parser would let through, into every number behind it."""
    desk.simulator.faults(
        [
            {"path": path, "fault": "poison", "params": {"what": "nan", "field": field}}
            for path, field in _POISONED_FIELDS[1:]
        ]
    )
    ended = desk()
    assert set(ended.finished.failed) == {"fetch_games", "markets", "nba_lists", "publish"}
    assert "games without state (2)" in ended.step("publish").error
    desk.simulator.faults()
    assert desk().finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


_SPOILING = ("text", "huge", "year-0001", "nul", "surrogate", "null", "object", "negative",
             "fields-missing")  # fmt: skip


def test_no_rule_and_no_bad_value_of_the_simulator_is_left_out() -> None:
    """What is added there is tried here; the other four in test_refused and test_huge."""
    elsewhere = {Fault.HTML_403, Fault.XML_403, Fault.NOT_FOUND, Fault.HUGE}
    spoiling = {Fault.DUPLICATE_ITEMS, Fault.FIELDS_MISSING, Fault.POISON}
    assert {*_FAILING} | spoiling | elsewhere == set(Fault)
    assert {"nan", *_SPOILING} - {"fields-missing"} == set(POISONS)


@pytest.mark.parametrize("what", _one_of_each_kind(_SPOILING, ("year-0001", "object", "negative")))
def test_a_spoiled_item_is_named_and_its_neighbours_load(
    what: str, desk: Any, undisturbed_data: Any, data: Any, same_contents: Any, lasting: Any
) -> None:
    """trap L7: one bad value in every seventh item of every payload."""
    rules = _SPOILED.get(what) or [
        {"path": path, "fault": "poison", "params": {"what": what, "field": field, "every": 7}}
        for path, field in _POISONED_FIELDS
    ]
    desk.simulator.faults(rules)
    ended = desk()
    for key in (
        "load_scoreboards", "load_games", "markets", "candlesticks", "nba_lists", "load_nba",
    ):  # fmt: skip
        step = ended.step(key)
        assert step.state in ("done", "failed"), step
        if step.bad_items:
            named = step.detail["bad"]
            assert all(one["where"] and one["reason"] for one in named), named
    assert sum(ended.step(key).bad_items for key in ended.states) > 0
    found = data(desk.conninfo)
    for relation in (
        "espn.probabilities_raw_items", "espn.plays", "kalshi.candlesticks", "nba.pbp_events",
    ):  # fmt: skip
        kept = len(found[relation].splitlines())
        all_ = len(undisturbed_data[relation].splitlines())
        assert 0.8 * all_ <= kept <= all_, (relation, kept, all_)

    desk.simulator.faults()
    assert desk(force=True).finished.status == "done"
    same_contents(lasting(data(desk.conninfo)), lasting(undisturbed_data))
