"""ESPN scoreboards: what the recordings say, and what a game that is not a final may look like."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from nbapanel.rows.espn import PayloadRefused, parse_scoreboard
from nbapanel.rows.models import SCOREBOARD_GAMES, Parsed

FETCHED_AT = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
DAY = date(2024, 1, 15)


def parse(*parts: bytes, keep_raw: bool = False, day: date = DAY) -> Parsed:
    return parse_scoreboard(
        parts, day=day, fetched_at=FETCHED_AT, source_file_id=7, keep_raw=keep_raw
    )


@pytest.fixture
def one(make, named, fits):
    """The one row of a scoreboard with this one event."""

    def row(**changes: Any) -> dict[str, Any]:
        parsed = parse(make.body({"events": [make.event(**changes)]}))
        assert parsed.bad == ()
        fits(SCOREBOARD_GAMES, parsed)
        return named(SCOREBOARD_GAMES, parsed)[0]

    return row


@pytest.fixture
def refused_items(make):
    def reasons(**changes: Any) -> list[str]:
        parsed = parse(make.body({"events": [make.event(**changes), make.event(2)]}))
        assert [row[0] for row in parsed.rows] == ["401000002"]
        return [bad.reason for bad in parsed.bad]

    return reasons


def status(name: str, state: str, *, completed: bool, period: int = 0) -> dict[str, Any]:
    kind = {"id": "6", "name": name, "state": state, "completed": completed}
    return {"clock": 0.0, "period": period, "type": kind}


def test_eleven_finals_of_2024_01_15(recorded, named, fits):
    """Trap L10: Knicks, Spurs, Wizards, Warriors, Pelicans and Jazz under the league's codes."""
    parsed = parse(recorded("espn_scoreboard/20240115.json"))
    rows = named(SCOREBOARD_GAMES, parsed)
    fits(SCOREBOARD_GAMES, parsed)
    assert parsed.bad == ()
    games = [
        (r["away_code"], r["away_score"], r["home_code"], r["home_score"], r["home_winner"])
        for r in rows
    ]
    assert games == [
        ("HOU", 115, "PHI", 124, True),
        ("NOP", 120, "DAL", 125, True),
        ("ORL", 98, "NYK", 94, False),
        ("DET", 129, "WAS", 117, False),
        ("SAS", 99, "ATL", 109, True),
        ("GSW", 107, "MEM", 116, True),
        ("CHI", 91, "CLE", 109, True),
        ("MIA", 96, "BKN", 95, False),
        ("BOS", 105, "TOR", 96, False),
        ("IND", 105, "UTA", 132, True),
        ("OKC", 105, "LAL", 112, True),
    ]
    # Tip-offs from 18:00Z to 03:30Z of the next day: all of them are games of one Eastern day.
    assert {r["game_date"] for r in rows} == {DAY}
    assert {r["event_date"].date() for r in rows} == {date(2024, 1, 15), date(2024, 1, 16)}
    assert all(r["home_winner"] is not r["away_winner"] for r in rows)
    assert all(r["final_seen_at"] == FETCHED_AT for r in rows)


def test_the_first_row_of_2024_01_15_in_full(recorded, named):
    row = named(SCOREBOARD_GAMES, parse(recorded("espn_scoreboard/20240115.json")))[0]
    assert row == {
        "event_id": "401585183",
        "scoreboard_date": DAY,
        "event_uid": "s:40~l:46~e:401585183",
        "event_date": datetime(2024, 1, 15, 18, tzinfo=UTC),
        "event_name": "Houston Rockets at Philadelphia 76ers",
        "short_name": "HOU @ PHI",
        "season_label": "2023-24",
        "season_year": 2024,
        "season_type": 2,
        "season_slug": "regular-season",
        "competition_id": "401585183",
        "venue_id": "1845",
        "venue_name": "Wells Fargo Center",
        "venue_city": "Philadelphia",
        "venue_state": "PA",
        "is_neutral_site": False,
        "attendance": 20822,
        "home_team_id": "20",
        "home_team_abbrev": "PHI",
        "home_team_name": "76ers",
        "home_team_display_name": "Philadelphia 76ers",
        "home_score": 124,
        "home_winner": True,
        "away_team_id": "10",
        "away_team_abbrev": "HOU",
        "away_team_name": "Rockets",
        "away_team_display_name": "Houston Rockets",
        "away_score": 115,
        "away_winner": False,
        "status_type_id": "3",
        "status_name": "STATUS_FINAL",
        "status_state": "post",
        "status_completed": True,
        "status_period": 4,
        "status_clock": 0.0,
        "broadcast": "NBA TV, NBC Sports Phil, Space City Home Network",
        "raw_event": None,
        "source_file_id": 7,
        "game_date": DAY,
        "home_code": "PHI",
        "away_code": "HOU",
        "final_seen_at": FETCHED_AT,
    }


def test_a_game_in_progress(recorded, named, fits):
    """Trap D6: no winner and no final_seen_at while the game is on."""
    parsed = parse(recorded("espn_scoreboard/20260502_inprogress.json"), day=date(2026, 5, 2))
    fits(SCOREBOARD_GAMES, parsed)
    (row,) = named(SCOREBOARD_GAMES, parsed)
    assert (row["away_code"], row["away_score"]) == ("PHI", 92)
    assert (row["home_code"], row["home_score"]) == ("BOS", 87)
    assert (row["status_state"], row["status_completed"]) == ("in", False)
    assert row["status_clock"] == 521.0
    assert (row["home_winner"], row["away_winner"], row["final_seen_at"]) == (None, None, None)
    assert (row["season_label"], row["season_type"]) == ("2025-26", 3)


def test_a_trimmed_capture_takes_the_season_around_the_game(recorded, named, fits):
    """Trap F14: events without a season get that of the page if it is around their date."""
    body = recorded("espn_scoreboard/20260115_trimmed.json")
    parsed = parse(body, day=date(2026, 1, 15))
    fits(SCOREBOARD_GAMES, parsed)
    assert parsed.bad == ()
    first = named(SCOREBOARD_GAMES, parsed)[0]
    assert (first["short_name"], first["is_neutral_site"]) == ("MEM VS ORL", True)
    assert (first["home_code"], first["home_score"], first["away_score"]) == ("ORL", 118, 111)
    assert (first["season_label"], first["season_type"]) == ("2025-26", None)
    assert first["status_clock"] == 720.0  # as this capture has it, final or not

    document = json.loads(body)
    document["leagues"][0]["season"] |= {"year": 2025, "endDate": "2025-06-28T06:59Z"}
    elsewhen = parse(json.dumps(document).encode())
    assert elsewhen.rows == []
    assert "names no season" in elsewhen.bad[0].reason


def test_statuses_of_the_composite_capture(recorded, named, fits):
    """Scores are NULL before tip-off, though the feed says "0"."""
    parsed = parse(recorded("espn_scoreboard/composite_2022_preseason_events.json"))
    fits(SCOREBOARD_GAMES, parsed)
    rows = {r["event_id"]: r for r in named(SCOREBOARD_GAMES, parsed)}
    assert len(rows) == 4
    for scheduled in ("401474841", "401468616"):
        assert rows[scheduled]["status_name"] == "STATUS_SCHEDULED"
        assert rows[scheduled]["home_score"] is None
        assert rows[scheduled]["away_score"] is None
    assert (rows["401474845"]["home_score"], rows["401474845"]["away_score"]) == (134, 93)
    assert (rows["401474846"]["home_score"], rows["401474846"]["home_winner"]) == (47, None)
    assert rows["401468616"]["game_date"] == date(2022, 12, 20)


@pytest.mark.parametrize("name", ["20250214_empty.json", "20250214_empty_b.json"])
def test_an_empty_day_is_no_rows(recorded, name):
    """Trap L12: nothing to load is not a failure."""
    assert parse(recorded(f"espn_scoreboard/{name}")) == Parsed([])


def test_a_postponed_game_is_not_played(one):
    """Trap L18: its state is "post" and its score "0"-"0", but it is not completed."""
    row = one(status=status("STATUS_POSTPONED", "post", completed=False))
    assert (row["status_state"], row["status_completed"]) == ("post", False)
    assert (row["home_score"], row["away_score"], row["home_winner"]) == (None, None, None)
    assert row["final_seen_at"] is None


def test_a_game_that_was_broken_off_keeps_its_score(one):
    row = one(status=status("STATUS_SUSPENDED", "post", completed=False, period=3))
    assert (row["home_score"], row["away_score"], row["home_winner"]) == (110, 99, None)


def test_home_and_away_are_told_by_their_word_not_their_order(one, make):
    competitors = make.event()["competitions"][0]["competitors"][::-1]
    row = one(competitors=competitors)
    assert (row["home_code"], row["away_code"]) == ("NYK", "UTA")


@pytest.mark.parametrize(
    ("abbreviation", "code"),
    [
        ("NY", "NYK"),
        ("SA", "SAS"),
        ("GS", "GSW"),
        ("NO", "NOP"),
        ("UTAH", "UTA"),
        ("WSH", "WAS"),
        ("PHO", "PHX"),
        ("BRK", "BKN"),
        ("CHO", "CHA"),
        ("BOS", "BOS"),
        ("World", "World"),
    ],
)
def test_codes(one, make, abbreviation, code):
    """Trap L10; clubs and All-Star teams that are not of the league keep their own."""
    competitors = make.event()["competitions"][0]["competitors"]
    competitors[0]["team"]["abbreviation"] = abbreviation
    row = one(competitors=competitors)
    assert (row["home_team_abbrev"], row["home_code"]) == (abbreviation, code)


def test_a_team_to_be_named_has_no_code(one, make):
    competitors = make.event()["competitions"][0]["competitors"]
    competitors[0]["team"] = {"id": "-1"}
    assert one(competitors=competitors)["home_code"] is None


def test_what_may_be_absent(one, make):
    event = make.event()
    competition = event["competitions"][0]
    for name in ("attendance", "venue", "broadcasts", "neutralSite", "date"):
        del competition[name]
    row = one(competitions=[competition], date="")
    for name in ("attendance", "venue_id", "broadcast", "is_neutral_site", "event_date"):
        assert row[name] is None
    assert row["game_date"] is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"competitions": []}, "no competition"),
        ({"competitors": []}, "must be one home team"),
        ({"status": None}, "has no status"),
        ({"season": None}, "names no season"),
        ({"season": {"year": 1}}, "`int` >= 1947"),
        ({"date": "0001-01-01T00:00Z"}, "before 1900"),
        ({"date": "soon"}, "cannot be read"),
        ({"id": ""}, "length >= 1"),
        ({"id": "4" * 3000}, "length <= 18"),
        ({"id": "../../etc/x"}, "matching regex"),
        ({"date": "2201-01-01T00:00Z"}, "after 2200"),
    ],
)
def test_odd_events_are_set_aside(refused_items, changes, reason):
    """Trap L7; the neighbour loads."""
    reasons = refused_items(**changes)
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize("score", [None, "", "lots", "-3", "99999999999", "1e3", "١"])
def test_a_final_without_a_score_is_set_aside(refused_items, make, score):
    competitors = make.event()["competitions"][0]["competitors"]
    competitors[1]["score"] = score
    assert "the away score" in refused_items(competitors=competitors)[0].replace(
        "is final but ", ""
    )


def test_an_event_given_twice_stands_once_as_last_given(make):
    """Trap L14."""
    parsed = parse(make.body({"events": [make.event(name="A"), make.event(name="B")]}))
    assert parsed.duplicates == 1
    assert [row[4] for row in parsed.rows] == ["B"]


def test_a_clock_of_minus_zero_is_zero(one):
    row = one(
        status=status("STATUS_IN_PROGRESS", "in", completed=False, period=1) | {"clock": -0.0}
    )
    assert str(row["status_clock"]) == "0.0"


def test_a_competition_of_two_events_does_not_break_the_unique_index(make):
    other = make.event(2)
    other["competitions"][0]["id"] = make.event()["competitions"][0]["id"]
    parsed = parse(make.body({"events": [make.event(), other]}))
    assert [row[0] for row in parsed.rows] == ["401000001"]
    assert "belongs to event 401000001" in parsed.bad[0].reason
    assert parsed.bad[0].where == "events[1] 401000002"
    first = make.event(status=None)
    assert [row[0] for row in parse(make.body({"events": [first, other]})).rows] == ["401000002"]


def test_the_piece_itself_is_kept_where_asked_for(recorded):
    body = recorded("espn_scoreboard/20240115.json")
    at = SCOREBOARD_GAMES.column_names.index("raw_event")
    kept = [json.loads(row[at]) for row in parse(body, keep_raw=True).rows]
    assert kept == json.loads(body)["events"]


@pytest.mark.parametrize("body", [b"{}", b'{"events": null}', b'{"leagues": []}'])
def test_what_has_no_events_is_no_scoreboard(body):
    with pytest.raises(PayloadRefused):
        parse(body)
