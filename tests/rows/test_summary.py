"""ESPN's summary of a game as a source of plays and probabilities."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from nbapanel.rows.espn import PayloadRefused, SummaryRows, parse_summary
from nbapanel.rows.models import PLAYS, PROBABILITY_ITEMS


def parse(body: bytes, game_id: str = "401584793", *, keep_raw: bool = False) -> SummaryRows:
    return parse_summary(
        [body], game_id=game_id, season_label="2023-24", source_file_id=7, keep_raw=keep_raw
    )


@pytest.fixture(scope="module")
def whole(recorded):
    return parse(recorded("espn_summary/401585607.json.gz"), "401585607")


def test_the_whole_game_401585607(whole, named, fits):
    fits(PLAYS, whole.plays)
    fits(PROBABILITY_ITEMS, whole.probabilities)
    plays = named(PLAYS, whole.plays)
    items = named(PROBABILITY_ITEMS, whole.probabilities)
    assert (len(plays), len(items)) == (450, 450)
    for parsed in (whole.plays, whole.probabilities):
        assert (parsed.bad, parsed.duplicates) == ((), 0)
    last = max(plays, key=lambda p: p["wallclock"])
    assert (last["play_type_text"], last["home_score"], last["away_score"]) == ("End Game", 111, 96)
    first = plays[0]
    assert (first["play_id"], first["play_type_text"]) == (4015856074, "Jumpball")
    assert first["wallclock"] == datetime(2024, 3, 17, 22, 10, 44, tzinfo=UTC)
    assert sum(p["team_id"] is None for p in plays) == 6
    assert sum(p["coordinate_x"] is None for p in plays) == 125
    assert all(p["team_ref"] is None for p in plays)
    assert all(p["modified"] is None for p in plays)


def test_both_lists_are_sorted_by_sequence_number(whole, named):
    """The feed's are not. Nor is that order the game's: corrections get late numbers early on."""
    plays = named(PLAYS, whole.plays)
    for rows in (plays, named(PROBABILITY_ITEMS, whole.probabilities)):
        numbers = [row["sequence_number"] for row in rows]
        assert numbers == sorted(numbers)
    assert (plays[-1]["clock_display"], plays[-1]["home_score"]) == ("5:50", 98)


def test_probabilities_are_joined_by_play_not_zipped(whole, recorded, named):
    """Trap D9 in small: each item gets its own play's number and time, exactly once."""
    document = json.loads(recorded("espn_summary/401585607.json.gz"))
    plays = {play["id"]: play for play in document["plays"]}
    given = {entry["playId"]: entry for entry in document["winprobability"]}
    order = [int(plays[entry["playId"]]["sequenceNumber"]) for entry in document["winprobability"]]
    assert order != [int(play["sequenceNumber"]) for play in document["plays"]]
    for row in named(PROBABILITY_ITEMS, whole.probabilities):
        play, entry = plays[str(row["event_id"])], given.pop(str(row["event_id"]))
        assert row["sequence_number"] == int(play["sequenceNumber"])
        assert row["last_modified_utc"] == datetime.fromisoformat(play["wallclock"])
        assert row["home_win_percentage"] == entry["homeWinPercentage"]
        assert row["away_win_percentage"] == pytest.approx(1 - entry["homeWinPercentage"])
        assert len(str(row["away_win_percentage"])) <= 6  # no binary noise
    assert given == {}
    last = named(PROBABILITY_ITEMS, whole.probabilities)[-1]
    assert (last["home_win_percentage"], last["away_win_percentage"]) == (0.993, 0.007)


def test_the_excerpt_has_plays_alone(recorded, named, fits):
    rows = parse(recorded("espn_summary/401810433_excerpt.json"), "401810433")
    fits(PLAYS, rows.plays)
    assert (len(rows.plays.rows), rows.plays.bad, rows.probabilities.rows) == (5, (), [])
    assert named(PLAYS, rows.plays)[0]["team_id"] == "19"


def test_the_pieces_are_kept_where_asked_for(recorded):
    body = recorded("espn_summary/401585607.json.gz")
    rows = parse(body, "401585607", keep_raw=True)
    at = PROBABILITY_ITEMS.column_names.index("raw_item")
    kept = [json.loads(row[at])["playId"] for row in rows.probabilities.rows]
    assert sorted(kept) == sorted(e["playId"] for e in json.loads(body)["winprobability"])


def test_an_entry_whose_play_is_unknown(make, named, fits):
    entries = [
        {"playId": "40158479312", "homeWinPercentage": 0.4, "tiePercentage": 0.0},
        {"playId": "999", "homeWinPercentage": 0.4, "tiePercentage": 0.0},
        {"playId": "4015847931", "homeWinPercentage": 1.0, "tiePercentage": 0.0},
    ]
    rows = parse(make.body({"plays": [make.play(1)], "winprobability": entries}))
    fits(PROBABILITY_ITEMS, rows.probabilities)
    items = named(PROBABILITY_ITEMS, rows.probabilities)
    assert [(i["event_id"], i["sequence_number"]) for i in items] == [
        (4015847931, 1),
        (40158479312, 12),
    ]
    assert items[1]["last_modified_utc"] is None
    assert items[0]["away_win_percentage"] == 0.0
    (bad,) = rows.probabilities.bad
    assert bad.where == "winprobability[1] 999"
    assert "not among the plays" in bad.reason


def test_a_bad_play_leaves_its_probability(make):
    """Trap L5."""
    plays = [make.play(1, homeScore="?"), make.play(2)]
    entries = [{"playId": p["id"], "homeWinPercentage": 0.4} for p in plays]
    rows = parse(make.body({"plays": plays, "winprobability": entries}))
    assert [row[3] for row in rows.plays.rows] == [2]
    assert rows.plays.bad[0].where == "plays[0] 4015847931"
    assert [row[2] for row in rows.probabilities.rows] == [1, 2]


@pytest.mark.parametrize("home", [1.2, -0.2, 83.5, "0.4", None, "@@NaN@@", "@@1e400@@"])
def test_a_bad_percentage_costs_its_item(make, home):
    """Traps L7, D11."""
    plays = [make.play(1), make.play(2)]
    entries = [
        {"playId": plays[0]["id"], "homeWinPercentage": home},
        {"playId": plays[1]["id"], "homeWinPercentage": 0.4},
    ]
    rows = parse(make.body({"plays": plays, "winprobability": entries}))
    assert [row[3] for row in rows.plays.rows] == [1, 2]
    assert [row[2] for row in rows.probabilities.rows] == [2]
    assert len(rows.probabilities.bad) == 1


def test_a_game_not_begun_has_no_rows(make):
    rows = parse(make.body({"header": {"id": "401584793"}}))
    assert (rows.plays.rows, rows.probabilities.rows) == ([], [])


@pytest.mark.parametrize("body", [b"{}", b'{"code": 404}', b'{"plays": {}}', b'{"plays": null}'])
def test_what_is_no_summary_is_refused(body):
    with pytest.raises(PayloadRefused):
        parse(body)
