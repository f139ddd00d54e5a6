"""What a payload of the league is the whole truth about, and what the id of a game says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.rows import nba
from nbapanel.rows.nba.relations import BOXSCORE_PLAYERS, BOXSCORE_TEAMS, PBP_EVENTS
from nbapanel.rows.refusal import OddValue

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME_ID = "0022300001"
GAME: dict[str, Any] = {"game_id": GAME_ID, "source_file_id": 7}


@pytest.fixture
def spoken_for(make):
    """By relation: what a payload made of these items speaks for."""

    def speaks(parse, listed: str, items: list[Any], **about: Any) -> dict[str, tuple[str, ...]]:
        body = make.page(listed, make.body(items))
        return {r.name: parsed.notes["speaks_for"] for r, parsed in parse([body], **about)}

    return speaks


@pytest.mark.parametrize(
    ("parse", "maker"),
    [(nba.parse_play_by_play, "action"), (nba.parse_play_by_play_v3, "action_v3")],
)
def test_a_list_of_actions_speaks_for_its_game(spoken_for, make, parse, maker):
    """Trap L2: actions that are gone upstream go here too, but never for a list that is odd."""
    made = getattr(make, maker)
    table = PBP_EVENTS.name
    assert spoken_for(parse, "actions", [made(1), made(2)], **GAME) == {table: (GAME_ID,)}
    assert spoken_for(parse, "actions", [made(1), made(1)], **GAME) == {table: (GAME_ID,)}
    assert spoken_for(parse, "actions", [made(1), made(2, period="x")], **GAME) == {table: ()}
    assert spoken_for(parse, "actions", [made(1), made(2, scoreHome="x")], **GAME) == {table: ()}
    assert spoken_for(parse, "actions", [], **GAME) == {table: ()}


def test_a_list_whose_order_is_in_doubt_does_not(spoken_for, make):
    items = [make.action(1, orderNumber=5), make.action(2, orderNumber=5)]
    assert spoken_for(nba.parse_play_by_play, "actions", items, **GAME) == {PBP_EVENTS.name: ()}


def box_score(make, home: list[Any], away: list[Any], **of_away: Any) -> dict[str, Any]:
    document = json.loads(make.page("players", make.body(home)))
    document["game"]["awayTeam"] |= {"players": away} | of_away
    return {
        relation.name: parsed
        for relation, parsed in nba.parse_box_score([make.body(document)], **GAME)
    }


def test_a_box_score_speaks_for_its_game_part_by_part(make):
    """What is wrong with a player leaves the teams whole, and the other way round."""
    found = box_score(make, [make.player(1)], [make.player(2)])
    assert {parsed.notes["speaks_for"] for parsed in found.values()} == {(GAME_ID,)}
    found = box_score(make, [make.player(1)], [make.player(2, order="x")])
    assert found[BOXSCORE_PLAYERS.name].notes["speaks_for"] == ()
    assert found[BOXSCORE_TEAMS.name].notes["speaks_for"] == (GAME_ID,)
    found = box_score(make, [make.player(1)], [make.player(2)], timeoutsRemaining="x")
    assert found[BOXSCORE_PLAYERS.name].notes["speaks_for"] == (GAME_ID,)
    assert found[BOXSCORE_TEAMS.name].notes["speaks_for"] == ()


def test_a_side_that_lists_nobody_yet_is_not_emptied(make):
    found = box_score(make, [make.player(1)], [])
    assert len(found[BOXSCORE_PLAYERS.name].rows) == 1
    assert found[BOXSCORE_PLAYERS.name].notes["speaks_for"] == ()
    assert found[BOXSCORE_TEAMS.name].notes["speaks_for"] == (GAME_ID,)


def test_a_schedule_speaks_for_its_season(spoken_for, make):
    """A game that left the schedule is gone; one that cannot be read stays as it was."""
    parse, games = nba.parse_schedule, [make.schedule_game(n) for n in (1, 2)]
    (whole,) = spoken_for(parse, "schedule", games, source_file_id=7).values()
    assert whole == ("2023-24",)
    games.append(make.schedule_game(3, gameStatus="x"))
    (odd,) = spoken_for(parse, "schedule", games, source_file_id=7).values()
    assert odd == ()
    (empty,) = spoken_for(parse, "schedule", [], source_file_id=7).values()
    assert empty == ()


def test_a_schedule_under_another_seasons_name_speaks_for_none(make):
    """Trap F14: the season follows from the games, whatever the list calls itself."""
    document = json.loads(make.page("schedule", make.body([make.schedule_game()])))
    document["leagueSchedule"]["seasonYear"] = "2024-25"
    ((_, parsed),) = nba.parse_schedule([make.body(document)], source_file_id=7)
    assert parsed.notes["speaks_for"] == ()
    assert [row[1] for row in parsed.rows] == ["2023-24"]


def test_lists_of_a_day_speak_for_nothing(spoken_for, make):
    found = spoken_for(nba.parse_scoreboard, "board", [make.board_game()], source_file_id=7)
    found |= spoken_for(nba.parse_game_finder, "table", [make.finder_row()], source_file_id=7)
    odds = {"fetched_at": NOW, "source_file_id": 7}
    found |= spoken_for(nba.parse_odds, "odds", [make.odds_game()], **odds)
    assert len(found) == 7
    assert set(found.values()) == {()}


# -- the id of a game ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "season", "season_type", "label"),
    [
        ("0022500775", 2025, 2, "2025-26"),
        ("0012400001", 2024, 1, "2024-25"),
        ("0032400001", 2024, 3, "2024-25"),
        ("0042300405", 2023, 4, "2023-24"),
        ("0052300101", 2023, 5, "2023-24"),
        ("0062400001", 2024, 6, "2024-25"),
        ("0029900001", 1999, 2, "1999-00"),
        ("0024600001", 1946, 2, "1946-47"),
        ("0024500001", 2045, 2, "2045-46"),
    ],
)
def test_the_season_and_the_kind_of_a_game(text, season, season_type, label):
    """Trap F14: from the game, never from today's date or a constant."""
    game = nba.game_id_of(text)
    assert (game.season, game.season_type, game.season_label) == (season, season_type, label)
    assert game.first_event_id == int(text) * 100_000


@pytest.mark.parametrize(
    "text", ["", "22500775", "00225007755", "1022500775", "0002500775", "0072500775", "00225O0775",
             " 0022500775", "0022500775\n", "٠٠٢٢٥٠٠٧٧٥", "../../etc/x"],
)  # fmt: skip
def test_what_is_no_id_of_a_game(text):
    """Trap F16: an id becomes a part of a URL, and of a path."""
    with pytest.raises(OddValue, match="not ten digits of an NBA game"):
        nba.game_id_of(text)
    for parse in (nba.parse_play_by_play, nba.parse_play_by_play_v3, nba.parse_box_score):
        with pytest.raises(nba.PayloadRefused, match="kept under no NBA game"):
            parse([b"{}"], game_id=text, source_file_id=7)
