"""An archived play-by-play beside events: what is read of it, and what of it differs."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nbapanel.quality.actions import PayloadOdd, actions_of, breaks, differences, events_of, whole
from nbapanel.quality.finals import Final, dissenters


def _body(*listed: Any) -> bytes:
    return json.dumps({"game": {"actions": listed}}).encode()


def _action(number: Any = 1, order: Any = 10_000, **more: Any) -> dict[str, Any]:
    usual = {"period": 1, "clock": "PT12M00.00S", "actionType": "period", "subType": "start",
             "scoreHome": "0", "scoreAway": "0"}  # fmt: skip
    return {"actionNumber": number, "orderNumber": order} | usual | more


def test_a_blank_score_is_that_of_the_action_before() -> None:
    """As it stands in the list: a `jumpball` between two baskets leaves it blank."""
    made = actions_of(
        _body(
            _action(1, 1, scoreHome="", scoreAway=""),
            _action(2, 2, scoreHome="2", scoreAway="0"),
            _action(3, 3, scoreHome="", scoreAway=None),
        ),
        "pbp",
    )
    scores = [(one.score_home, one.score_away) for one in made]
    assert scores == [(None, None), (2, 0), (2, 0)]


def test_the_fallback_feed_tells_actions_apart_by_action_id() -> None:
    """A shot and its block share their actionNumber; a team's action has the team as person."""
    shot = {"actionNumber": 4, "actionId": 7, "actionType": "2pt", "teamId": 5, "personId": 9}
    block = shot | {"actionId": 8, "actionType": "", "personId": 5}
    made = actions_of(_body(shot, block, {"actionNumber": 11}), "pbp_v3")
    assert [(one.number, one.order, one.person) for one in made] == [
        (7, 7, 9), (8, 8, None), (11, 11, None)
    ]  # fmt: skip


def test_blank_is_not_said() -> None:
    """Trap L15: as the table has NULL where the payload has blanks, or the other way round."""
    made = actions_of(_body(_action(1, 1, clock=" ", scoreHome=" ", subType="")), "pbp")
    held = events_of(json.dumps([[1, 1, 1, None, "period", None, None, None, None, None, 0]]))
    assert list(differences(made, held)) == []


def test_nobody_is_person_0_and_no_team_is_team_0() -> None:
    (one,) = actions_of(_body(_action(teamId=0, personId=0)), "pbp")
    assert (one.team, one.person) == (None, None)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"game": []}', b'{"game": {"actions": 3}}', b"<html>",
     b'{"game": {"actions": [' + b"[" * 20_000],
)  # fmt: skip
def test_what_is_no_play_by_play_is_said_to_be_none(body: bytes) -> None:
    """Trap F8, in the archive of an earlier version."""
    with pytest.raises(PayloadOdd):
        actions_of(body, "pbp")


_NAMES = ("actionNumber", "actionId", "orderNumber", "period", "clock", "actionType", "subType",
          "description", "teamId", "personId", "scoreHome", "scoreAway")  # fmt: skip
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
_LISTS = st.lists(_VALUES | st.dictionaries(st.sampled_from(_NAMES), _VALUES), max_size=6)


@settings(max_examples=200)
@given(_LISTS, st.sampled_from(["pbp", "pbp_v3"]))
@example([{"actionNumber": 10**4_000}, {"actionNumber": [1]}, {"scoreHome": "\u0663"}], "pbp")
@example([{"actionNumber": float("nan")}], "pbp_v3")
def test_any_list_is_told_of_or_said_to_be_none(listed: list[Any], source_type: str) -> None:
    """Nothing that a feed says ends a check of all other games."""
    try:
        made = actions_of(_body(*listed), source_type)
    except PayloadOdd:
        return
    assert len(made) == len(listed)
    told = [*breaks(made), *differences(made, []), *differences([], made)]
    assert all(isinstance(text, str) for one in told for text in one)


@settings(max_examples=200)
@given(st.binary(max_size=40), st.integers(0, 200))
def test_any_bytes_are_a_list_or_said_to_be_none(noise: bytes, at: int) -> None:
    body = _body(_action(1, 1), _action(2, 2))
    with suppress(PayloadOdd):
        actions_of(body[:at] + noise + body[at + len(noise) :], "pbp")


def test_odd_values_are_read_as_far_as_they_go() -> None:
    """One bad action never takes its neighbours along."""
    made = actions_of(_body("odd", _action("x", 2.5, clock=7), _action(3, "30000")), "pbp")
    assert [(one.number, one.order) for one in made] == [(None, None), (None, None), (3, 30_000)]


def test_characters_that_no_table_holds_are_read_as_the_loader_reads_them() -> None:
    r"""Trap L17: NUL goes, half a surrogate is replaced; what is left is the same text."""
    body = _body(_action(description="A\u0000B")).replace(b'"start"', rb'"sta\ud800rt"')
    (one,) = actions_of(body, "pbp")
    assert (one.description, one.sub_type) == ("AB", "sta\ufffdrt")
    # bug: a byte that is no UTF-8, which the loader mends, ended the check of all games.
    (one,) = actions_of(_body(_action()).replace(b'"start"', b'"sta\xffrt"'), "pbp")
    assert one.sub_type == "sta\ufffdrt"


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), (" -7 ", -7), (True, None), (7.0, None), ("", None), ("1e3", None),
     ("²", None), ("9" * 5_000, None), (None, None)],
)  # fmt: skip
def test_whole_numbers(value: Any, number: int | None) -> None:
    assert whole(value) == number


def test_events_that_are_the_actions_differ_in_nothing() -> None:
    """In whatever order the table gives them."""
    made = actions_of(_body(_action(1, 1), _action(2, 2, teamId=5)), "pbp")
    text = json.dumps([list(one) for one in reversed(made)])
    assert list(differences(made, events_of(text))) == []
    assert list(breaks(made)) == []


def test_an_action_number_that_stands_twice() -> None:
    """Trap L14: by number alone the second one would pass unseen."""
    made = actions_of(_body(_action(1, 1), _action(1, 1)), "pbp")
    (found,) = differences(made, made[:1])
    assert found == ("action 1", "one action of that number", "2 of them")


def test_an_order_number_that_is_none() -> None:
    made = actions_of(_body(_action(1, 1), _action(2, None), _action(3, 1)), "pbp")
    assert [one.found for one in breaks(made)] == ["none", "1"]


def test_most_sources_are_right_about_the_final() -> None:
    finals = [Final("box score", 2, 1), Final("schedule", 2, 1), Final("ESPN", 2, 0)]
    ((final, due),) = dissenters(finals)
    assert (final.source, due) == ("ESPN", "2 – 1, as in box score, schedule")


def test_of_two_that_differ_the_box_score_is_believed() -> None:
    """It is what the league corrects the longest."""
    for finals in ([Final("scoreboard", 9, 9), Final("box score", 2, 1)],
                   [Final("box score", 2, 1), Final("scoreboard", 9, 9)]):  # fmt: skip
        ((final, due),) = dissenters(finals)
        assert (final.source, due) == ("scoreboard", "2 – 1, as in box score")


def test_one_source_alone_says_nothing_wrong() -> None:
    assert list(dissenters([Final("nba.games", 2, 1)])) == []
