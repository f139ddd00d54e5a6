"""ESPN win probabilities of the core feed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.rows.espn import PayloadRefused, parse_probabilities
from nbapanel.rows.models import PROBABILITY_ITEMS, Parsed

GAME = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}


def parse(*parts: bytes, keep_raw: bool = False) -> Parsed:
    return parse_probabilities(parts, **GAME, keep_raw=keep_raw)


@pytest.fixture
def item(make, named, fits):
    """The row of an item with these fields; it stands between two sound ones."""

    def row(**changes: Any) -> dict[str, Any]:
        items = [make.probability(1), make.probability(2, **changes), make.probability(3)]
        parsed = parse(make.body({"items": items}))
        fits(PROBABILITY_ITEMS, parsed)
        assert parsed.bad == ()
        return named(PROBABILITY_ITEMS, parsed)[1]

    return row


def test_every_recorded_item(recorded, named, fits):
    body = recorded("espn_probabilities/401584793_first25.json")
    parsed = parse(body)
    fits(PROBABILITY_ITEMS, parsed)
    assert (parsed.bad, parsed.duplicates) == ((), 0)
    assert parsed.notes["announced"] == 492  # the recorder kept 25
    items = json.loads(body)["items"]
    rows = named(PROBABILITY_ITEMS, parsed)
    assert len(rows) == len(items) == 25
    for row, source in zip(rows, items, strict=True):
        given = datetime.strptime(source["lastModified"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
        assert row == {
            "season_label": "2023-24",
            "game_id": "401584793",
            "sequence_number": int(source["sequenceNumber"]),
            "event_id": int("401584793" + source["sequenceNumber"]),
            "last_modified_utc": given,
            "home_win_percentage": source["homeWinPercentage"],
            "away_win_percentage": source["awayWinPercentage"],
            "tie_win_percentage": 0.0,
            "spread_cover_prob_home": 0.0,
            "spread_push_prob": 0.0,
            "total_over_prob": 0.0,
            "play_ref": source["play"]["$ref"],
            "home_team_ref": source["homeTeam"]["$ref"],
            "away_team_ref": source["awayTeam"]["$ref"],
            "competition_ref": source["competition"]["$ref"],
            "raw_item": None,
            "source_file_id": 7,
        }
    assert (rows[0]["sequence_number"], rows[0]["away_win_percentage"]) == (4, 0.16500000000000004)


def test_the_pieces_are_kept_where_asked_for(recorded):
    body = recorded("espn_probabilities/401584793_first25.json")
    at = PROBABILITY_ITEMS.column_names.index("raw_item")
    kept, bare = parse(body, keep_raw=True), parse(body)
    assert [json.loads(row[at]) for row in kept.rows] == json.loads(body)["items"]
    assert [r[:at] + r[at + 1 :] for r in kept.rows] == [r[:at] + r[at + 1 :] for r in bare.rows]


@pytest.mark.parametrize(
    "play",
    [
        None,
        {},
        {"$ref": None},
        {"$ref": ""},
        {"$ref": "http://x.test/plays/soon"},
        {"$ref": "http://x.test/plays/" + "9" * 19},
        {"$ref": "http://x.test/plays/" + "9" * 40},
    ],
)
def test_an_item_without_play_loads_and_takes_nothing_along(item, play):
    """Trap L5."""
    assert item(play=play)["event_id"] is None


def test_two_items_without_play_are_told_apart_by_sequence_number(make):
    items = [make.probability(n, play=None) for n in (1, 2)]
    parsed = parse(make.body({"items": items}))
    assert (len(parsed.rows), parsed.duplicates) == (2, 0)


def test_the_pages_of_a_long_game_are_one_game(make, fits):
    """Trap F7."""
    pages = [
        make.body({"count": 4, "pageIndex": 1, "items": [make.probability(n) for n in (1, 2)]}),
        make.body({"count": 4, "pageIndex": 2, "items": [make.probability(n) for n in (3, 4)]}),
    ]
    parsed = parse(*pages)
    fits(PROBABILITY_ITEMS, parsed)
    assert [row[2] for row in parsed.rows] == [1, 2, 3, 4]
    assert parsed.notes == {"announced": 4}


def test_a_page_that_is_none_refuses_the_whole_payload(make):
    """Trap L6: a payload is loaded whole or not at all."""
    with pytest.raises(PayloadRefused, match="Page 2"):
        parse(make.body({"items": [make.probability()]}), b"<html>Bad gateway</html>")


def test_optional_fields_may_be_absent(item):
    missing = dict.fromkeys(["tiePercentage", "lastModified", "spreadCoverProbHome", "homeTeam"])
    row = item(**missing)
    assert row["tie_win_percentage"] is None
    assert row["last_modified_utc"] is None
    assert row["spread_cover_prob_home"] is None
    assert row["home_team_ref"] is None


def test_noise_beyond_the_ends_is_cut_off(item):
    row = item(homeWinPercentage=1.0000000000000002, awayWinPercentage=-2.2e-16)
    assert (row["home_win_percentage"], row["away_win_percentage"]) == (1.0, 0.0)


def test_small_percentages_are_not_rescaled(item):
    """Trap D11: 0.8 % is 0.008."""
    row = item(homeWinPercentage=0.008, awayWinPercentage=0.992)
    assert (row["home_win_percentage"], row["away_win_percentage"]) == (0.008, 0.992)


def test_sequence_numbers_may_be_numbers(item):
    assert item(sequenceNumber=2)["sequence_number"] == 2


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"homeWinPercentage": 83.5, "awayWinPercentage": 16.5}, "homeWinPercentage is 83.5"),
        ({"homeWinPercentage": 0.9, "awayWinPercentage": 0.2}, "add up to 1.100"),
        ({"homeWinPercentage": 0.0, "awayWinPercentage": 0.0}, "add up to 0.000"),
        ({"homeWinPercentage": "0.8"}, "homeWinPercentage"),
        ({"homeWinPercentage": "@@1e400@@"}, "out of range"),
        ({"homeWinPercentage": "@@NaN@@"}, "out of range"),
        ({"awayWinPercentage": "@@-Infinity@@"}, "out of range"),
        ({"homeWinPercentage": None}, "homeWinPercentage"),
        ({"tiePercentage": -0.5}, "tiePercentage"),
        ({"totalOverProb": 50.0}, "totalOverProb is 50.0"),
        ({"sequenceNumber": "four"}, "'four', not a whole number"),
        ({"sequenceNumber": "4294967296"}, "sequenceNumber"),
        ({"sequenceNumber": None}, "sequenceNumber"),
        ({"lastModified": "0001-01-01T00:00Z"}, "before 1900"),
        ({"lastModified": "2023-11-09T04:10"}, "cannot be read"),
        ({"lastModified": "2023-02-30T04:10Z"}, "cannot be read"),
        ({"lastModified": 20231109}, "lastModified"),
        ({"play": {"$ref": 7}}, "play"),
    ],
)
def test_a_bad_value_costs_its_item_and_no_other(make, fits, changes, reason):
    """Traps L7, D11."""
    items = [make.probability(1), make.probability(2, **changes), make.probability(3)]
    parsed = parse(make.body({"items": items}))
    fits(PROBABILITY_ITEMS, parsed)
    assert [row[2] for row in parsed.rows] == [1, 3]
    (bad,) = parsed.bad
    assert bad.where.startswith("items[1]")
    assert reason in bad.reason


def test_where_names_the_item(make):
    items = [make.probability(1), make.probability(2, homeWinPercentage=9.0)]
    assert parse(make.body({"items": items})).bad[0].where == "items[1] 4015847932"
    pages = [make.body({"items": items[:1]}), make.body({"items": items[1:]})]
    assert parse(*pages).bad[0].where == "page 2, items[0] 4015847932"


def test_an_item_that_is_no_object_is_set_aside(make):
    parsed = parse(make.body({"items": [None, make.probability(1), [], 7, "x"]}))
    assert [row[2] for row in parsed.rows] == [1]
    assert [bad.where for bad in parsed.bad] == ["items[0]", "items[2]", "items[3]", "items[4]"]


def test_an_item_given_twice_stands_once_as_last_given(make):
    """Trap L14."""
    again = make.probability(1, homeWinPercentage=0.5, awayWinPercentage=0.5)
    parsed = parse(make.body({"items": [make.probability(1), make.probability(2), again]}))
    assert parsed.duplicates == 1
    assert [(row[2], row[5]) for row in parsed.rows] == [(1, 0.5), (2, 0.835)]
