"""ESPN plays of the core feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.rows.espn import parse_plays, parse_probabilities
from nbapanel.rows.models import PLAYS, PROBABILITY_ITEMS, Parsed

GAME = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}


def parse(*parts: bytes, keep_raw: bool = False) -> Parsed:
    return parse_plays(parts, **GAME, keep_raw=keep_raw)


@pytest.fixture
def play(make, named, fits):
    """The row of a play with these fields; it stands between two sound ones."""

    def row(**changes: Any) -> dict[str, Any]:
        items = [make.play(1), make.play(2, **changes), make.play(3)]
        parsed = parse(make.body({"items": items}))
        fits(PLAYS, parsed)
        assert parsed.bad == ()
        return named(PLAYS, parsed)[1]

    return row


def test_every_recorded_play(recorded, named, fits):
    """Trap D12: the team's id is cut from its link."""
    body = recorded("espn_plays/401584793_first25.json")
    parsed = parse(body)
    fits(PLAYS, parsed)
    assert (parsed.bad, parsed.duplicates, parsed.notes) == ((), 0, {"announced": 492})
    rows, items = named(PLAYS, parsed), json.loads(body)["items"]
    assert len(rows) == len(items) == 25
    for row, source in zip(rows, items, strict=True):
        is_nowhere = source["coordinate"]["x"] < -100_000
        assert row == {
            "game_id": "401584793",
            "play_id": int(source["id"]),
            "season_label": "2023-24",
            "sequence_number": int(source["sequenceNumber"]),
            "play_type_id": source["type"]["id"],
            "play_type_text": source["type"]["text"],
            "text": source["text"],
            "short_text": source.get("shortText"),
            "period": source["period"]["number"],
            "clock_seconds": source["clock"]["value"],
            "clock_display": source["clock"]["displayValue"],
            "home_score": source["homeScore"],
            "away_score": source["awayScore"],
            "score_value": source["scoreValue"],
            "is_scoring_play": source["scoringPlay"],
            "is_shooting_play": source["shootingPlay"],
            "points_attempted": source["pointsAttempted"],
            "coordinate_x": None if is_nowhere else source["coordinate"]["x"],
            "coordinate_y": None if is_nowhere else source["coordinate"]["y"],
            "team_id": source["team"]["$ref"].split("/teams/")[1].split("?")[0],
            "team_ref": source["team"]["$ref"],
            "wallclock": datetime.fromisoformat(source["wallclock"]),
            "modified": datetime.fromisoformat(source["modified"]),
            "raw_play": None,
            "source_file_id": 7,
        }
    assert rows[0]["short_text"] is None  # a jump ball has none
    assert rows[0]["wallclock"] == datetime(2023, 11, 9, 1, 10, 45, tzinfo=UTC)
    assert (rows[0]["coordinate_x"], rows[1]["coordinate_x"]) == (None, 29)


def test_recorded_plays_and_probabilities_join(recorded, named):
    plays = parse(recorded("espn_plays/401584793_first25.json"))
    body = recorded("espn_probabilities/401584793_first25.json")
    items = parse_probabilities([body], **GAME)
    by_id = {row["play_id"]: row["sequence_number"] for row in named(PLAYS, plays)}
    for item in named(PROBABILITY_ITEMS, items):
        assert by_id[item["event_id"]] == item["sequence_number"]


def test_the_pieces_are_kept_where_asked_for(recorded):
    body = recorded("espn_plays/401584793_first25.json")
    at = PLAYS.column_names.index("raw_play")
    kept = [json.loads(row[at]) for row in parse(body, keep_raw=True).rows]
    assert kept == json.loads(body)["items"]


@pytest.mark.parametrize(
    ("clock", "seconds"),
    [
        ({"value": 521.0, "displayValue": "8:41"}, 521.0),
        ({"displayValue": "8:41"}, 521.0),
        ({"displayValue": "12:00"}, 720.0),
        ({"displayValue": "53.1"}, 53.1),
        ({"displayValue": "0:53.1"}, 53.1),
        ({"displayValue": "0.0"}, 0.0),
        ({"displayValue": ""}, None),
        ({"value": 0.5, "displayValue": "0.5"}, 0.5),
        ({}, None),
        (None, None),
    ],
)
def test_clocks(play, clock, seconds):
    """Trap D5 starts here: half a second stays half a second."""
    assert play(clock=clock)["clock_seconds"] == seconds


@pytest.mark.parametrize("blank", ["", " "])
def test_blank_texts_load(play, blank):
    """Trap L15."""
    row = play(text=blank, shortText=blank, type={"id": "0", "text": blank})
    assert (row["text"], row["short_text"], row["play_type_text"]) == (blank,) * 3


def test_what_may_be_absent(play):
    """Ends of periods have no team; jump balls have no short text."""
    names = ["team", "coordinate", "type", "shortText", "pointsAttempted", "modified", "wallclock"]
    row = play(**dict.fromkeys(names))
    for name in ("team_id", "team_ref", "coordinate_x", "play_type_id", "short_text", "wallclock"):
        assert row[name] is None


def test_nul_and_lone_surrogates_in_text(play, make, named):
    """Trap L17."""
    assert play(text="a\x00b")["text"] == "ab"
    assert play(text="a\ud83d!")["text"] == "a\ufffd!"
    assert play(text="a\ude00!")["text"] == "a\ufffd!"
    assert play(text="\U0001f600")["text"] == "\U0001f600"
    assert play(text="\\u0000 \\ud800")["text"] == "\\u0000 \\ud800"  # escaped: only looks like it
    body = make.body({"items": [make.play(1, text="@@"), make.play(2)]})
    parsed = parse(body.replace(b'"@@"', b'"caf\xe9 \xed\xa0\x80\x00\n"'))
    rows = named(PLAYS, parsed)
    assert (len(rows), parsed.bad) == (2, ())
    assert rows[0]["text"].startswith("caf\ufffd ")


def test_kept_pieces_can_be_loaded_as_jsonb(make, fits):
    """Trap L17: jsonb takes neither U+0000 nor a lone surrogate, even as an escape."""
    items = [make.play(1, text="a\x00\ud800"), make.play(2, other="@@1e99999@@", text="e2024")]
    parsed = parse(make.body({"items": [*items, make.play(3, text="3e12345")]}), keep_raw=True)
    fits(PLAYS, parsed)
    at = PLAYS.column_names.index("raw_play")
    assert json.loads(parsed.rows[0][at])["text"] == "a\ufffd"
    assert parsed.rows[1][at] is None  # numeric has no room for it
    assert json.loads(parsed.rows[2][at])["text"] == "3e12345"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "x1"}, "id is 'x1'"),
        ({"id": "9" * 19}, "id is"),
        ({"id": None}, "$.id"),
        ({"sequenceNumber": "-4"}, "sequenceNumber"),
        ({"homeScore": "12"}, "homeScore"),
        ({"homeScore": -1}, "homeScore"),
        ({"awayScore": 2**31}, "awayScore"),
        ({"awayScore": 2.5}, "awayScore"),
        ({"scoringPlay": "true"}, "scoringPlay"),
        ({"period": {"number": "1"}}, "period.number"),
        ({"clock": {"value": -1.0}}, "clock.value"),
        ({"clock": {"value": "@@1e400@@"}}, "out of range"),
        ({"clock": {"displayValue": "8:61"}}, "the clock shows '8:61'"),
        ({"clock": {"displayValue": "999:00"}}, "the clock shows"),
        ({"clock": {"displayValue": "soon"}}, "the clock shows 'soon'"),
        ({"wallclock": "0001-01-01T00:00:00Z"}, "before 1900"),
        ({"wallclock": "2023-11-09"}, "cannot be read"),
        ({"text": 7}, "$.text"),
    ],
)
def test_a_bad_value_costs_its_play_and_no_other(make, fits, changes, reason):
    """Trap L7."""
    items = [make.play(1), make.play(2, **changes), make.play(3)]
    parsed = parse(make.body({"items": items}))
    fits(PLAYS, parsed)
    assert [row[3] for row in parsed.rows] == [1, 3]
    assert len(parsed.bad) == 1
    assert reason in parsed.bad[0].reason


def test_where_names_the_play(make, recorded):
    for changes in ({"homeScore": "?"}, {"clock": {"displayValue": "?"}}):
        parsed = parse(make.body({"items": [make.play(1), make.play(2, **changes)]}))
        assert parsed.bad[0].where == "items[1] 4015847932"
    body = recorded("espn_plays/401584793_first25.json")
    broken = json.loads(body)
    broken["items"][3]["homeScore"] = None
    broken["items"][3]["text"] = 7
    assert parse(json.dumps(broken).encode()).bad[0].where == (
        f"items[3] {broken['items'][3]['id']}"
    )


def test_a_play_given_twice_stands_once_as_last_given(make):
    """Trap L14."""
    items = [make.play(1, text="a"), make.play(2), make.play(1, text="b")]
    parsed = parse(make.body({"items": items}))
    assert parsed.duplicates == 1
    assert [row[6] for row in parsed.rows] == ["b", make.play()["text"]]


def test_sequence_numbers_may_come_in_any_order(make):
    """Trap L3: they are no key, so two plays that swapped them load."""
    items = [make.play(1, sequenceNumber="2"), make.play(2, sequenceNumber="1")]
    assert [row[3] for row in parse(make.body({"items": items})).rows] == [2, 1]
