"""Every way in which a feed may fail an answer, at every request that a refetch makes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

_SCOREBOARD = "/scoreboard"
_PROBABILITIES = "/probabilities"
_PLAYS = "/plays"
_SUMMARY = "/summary"
_MARKETS = r"/markets\?"
_CANDLES = "/candlesticks"
_EVERY = (_SCOREBOARD, _PROBABILITIES, _PLAYS, _SUMMARY, _MARKETS, _CANDLES)

# fault -> (how the rule is made worse, what the sentence says of it)
_FAILING = {
    "429": ({"retry_after_s": 0}, "answered 429"),
    "500": ({}, "answered 500"),
    "502": ({}, "answered 502"),
    "503": ({}, "answered 503"),
    "time-out": ({}, "was silent for 0.5 s"),
    "slow-drip": ({"chunk_bytes": 16, "pause_s": 0.1}, "did not finish its answer within 0.7 s"),
    "cut-body": ({}, "broke the connection"),
    "wrong-length": ({}, "answered with"),
    "reset": ({}, "broke the connection"),
    "html-200": ({}, "answered with an HTML page where JSON is due"),
    "empty-body": ({}, "answered with an empty body"),
    "null": ({}, "answered with null where an object is due"),
    "array": ({}, "answered with a JSON array where an object is due"),
    "cut-json": ({}, "answered with cut or garbled JSON"),
    "wrong-encoding": ({}, "answered with a body that is not encoded as it says"),
}
# Limits that a good answer keeps with ease, for the faults that are waited out.
_LIMITS = {"time-out": {"request_silence_s": 0.5}, "slow-drip": {"request_attempt_s": 0.7}}
_BROKEN_LENGTH = ("broke the connection", "answered with cut or garbled JSON", "had promised",
                  "not encoded as it says")  # fmt: skip


def _rule(path: str, fault: str, **more: Any) -> dict[str, Any]:
    return {"path": path, "fault": fault, "params": _FAILING[fault][0], **more}


def _says(error: str, fault: str, path: str) -> bool:
    """What happened, and where."""
    words = _BROKEN_LENGTH if fault == "wrong-length" else (_FAILING[fault][1],)
    return any(word in error for word in words) and path.strip("\\?") in error


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


@pytest.mark.parametrize("fault", _FAILING)
def test_an_answer_that_keeps_failing_costs_its_own_step_alone(
    fault: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap F9: one request after the other fails for good; each run loads all that the others gave.

    Nothing is loaded as if new that was not fetched, and the clean run at the end has only the
    rest to do.
    """
    desk = desk.with_settings(request_attempts=1, **_LIMITS.get(fault, {}))

    def refused(path: str, step: str, **options: Any) -> Any:
        desk.simulator.faults([_rule(path, fault)])
        ended = desk(**options)
        assert ended.finished.status == "failed"
        assert ended.finished.failed == (step,), ended.states
        assert _says(ended.step(step).error, fault, path), ended.step(step)
        assert "Run the" in ended.step(step).hint
        return ended

    first = refused(_SCOREBOARD, "fetch_scoreboards")
    assert first.states["load_scoreboards"] == "done"
    assert first.states["markets"] == "done"
    assert first.states["fetch_games"] == "skipped"
    refused(_PROBABILITIES, "fetch_games", until="load_games")
    plays = refused(_PLAYS, "fetch_games", until="load_games")
    assert plays.step("load_games").changes["espn.probabilities_raw_items"].inserted > 400
    summary = refused(_SUMMARY, "fetch_games", until="load_games")
    assert summary.step("load_games").changes["espn.plays"].inserted > 400
    refused(_CANDLES, "candlesticks", until="candlesticks")
    last = refused(_MARKETS, "markets")
    assert last.states["snapshot_features"] == last.states["publish"] == "done"
    same_contents(contents(desk.conninfo), undisturbed)

    desk.simulator.faults()
    clean = desk()
    assert clean.finished.status == "done"
    assert not any(c.inserted or c.updated or c.deleted for c in clean.board.changes.values())
    same_contents(contents(desk.conninfo), undisturbed)


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
)


def test_items_given_twice_are_loaded_once(
    desk: Any, undisturbed: Any, contents: Any, same_contents: Any
) -> None:
    """trap L14: the same keys twice in one payload, at every request."""
    desk.simulator.faults(_SPOILED["duplicate-items"])
    ended = desk()
    assert ended.finished.status == "done", ended.finished
    assert {ended.step(key).bad_items for key in ended.states} == {0}
    assert any("duplicates in" in note for note in ended.step("load_games").detail)
    found = contents(desk.conninfo)
    for relation in undisturbed:
        # Other bytes are another file, and so is what names the file.
        assert len(found[relation].splitlines()) == len(undisturbed[relation].splitlines())
    desk.simulator.faults()
    assert desk(force=True).finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)


@pytest.mark.parametrize("what", ["text", "nan", "huge", "year-0001", "nul", "surrogate", "null",
                                  "object", "negative", "fields-missing"])  # fmt: skip
def test_a_spoiled_item_is_named_and_its_neighbours_load(
    what: str, desk: Any, undisturbed: Any, contents: Any, same_contents: Callable[..., None]
) -> None:
    """trap L7: one bad value in every seventh item of every payload."""
    rules = _SPOILED.get(what) or [
        {"path": path, "fault": "poison", "params": {"what": what, "field": field, "every": 7}}
        for path, field in _POISONED_FIELDS
    ]
    desk.simulator.faults(rules)
    ended = desk()
    for key in ("load_scoreboards", "load_games", "markets", "candlesticks"):
        step = ended.step(key)
        assert step.state in ("done", "failed"), step
        if step.bad_items:
            named = step.detail["bad"]
            assert all(one["where"] and one["reason"] for one in named), named
    assert sum(ended.step(key).bad_items for key in ended.states) > 0
    found = contents(desk.conninfo)
    for relation in ("espn.probabilities_raw_items", "espn.plays", "kalshi.candlesticks"):
        kept, all_ = len(found[relation].splitlines()), len(undisturbed[relation].splitlines())
        assert 0.8 * all_ <= kept <= all_, (relation, kept, all_)

    desk.simulator.faults()
    assert desk(force=True).finished.status == "done"
    same_contents(contents(desk.conninfo), undisturbed)
