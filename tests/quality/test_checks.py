"""Every check passes a game that is right, and fails once one thing of it is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg.errors import ReadOnlySqlTransaction

from nbapanel.errors import UsageError
from nbapanel.payload import SourceType
from nbapanel.quality.checks import CHECKS
from nbapanel.quality.reading import looking
from nbapanel.quality.report import examine
from nbapanel.rows.models import Relation
from nbapanel.rows.quality import CheckedGame, QualityWanted
from nbapanel.warehouse.relations import NBA_GAMES, PBP_EVENT_STATE

GAME = "0022500001"
HOME, AWAY = 1610612752, 1610612762
FIRST, BENCH, GUEST = HOME * 100 + 1, HOME * 100 + 6, AWAY * 100 + 2
NAMES = [check.name for check in CHECKS]

_EVENT = "WHERE game_id = '0022500001' AND action_number = 9"
_STATE = "WHERE event_id = 2250000100009"

SPOILED = {
    # name of the check: (what is spoiled, a piece of the finding's where, expected, found)
    "clocks": [
        (f"UPDATE nba.pbp_events SET clock = '04:00' {_EVENT}", "action 9", "PT11M56", "04:00"),
        (f"UPDATE nba.pbp_events SET clock = NULL {_EVENT}", "action 9", "PT11M56", "none"),
    ],
    "seconds": [
        (f"UPDATE nba.pbp_events SET clock = 'PT05M01.00S' {_EVENT}", "action 9",
         "0 to 300 seconds left in period 5", "301 seconds"),
        (f"UPDATE nba.pbp_events SET period = 0 {_EVENT}", "action 9", "a period", "period 0"),
        (f"UPDATE derived.pbp_event_state SET time_remaining = -1 {_STATE}", "state of event",
         "0 to 3180", "-1 seconds"),
        (f"UPDATE derived.pbp_event_state SET time_remaining = 3181 {_STATE}", "state of event",
         "0 to 3180", "3181 seconds"),
    ],
    "state": [
        (f"UPDATE derived.pbp_event_state SET home_score = 8 {_STATE}", "event 2250000100009",
         "7 – 5", "8 – 5"),
        (f"UPDATE derived.pbp_event_state SET point_differential = -2 {_STATE}",
         "event 2250000100009", "home +2", "home -2"),
        (f"UPDATE derived.pbp_event_state SET current_winning_team = 1 {_STATE}",
         "event 2250000100009", "home leads", "away leads"),
        (f"DELETE FROM derived.pbp_event_state {_STATE}", "event 2250000100009", "7 – 5",
         "no state"),
        (f"UPDATE derived.pbp_event_state SET event_id = 2250000100099 {_STATE}", "0009",
         "7 – 5", "no state"),
        (f"UPDATE derived.pbp_event_state SET time_remaining = NULL {_STATE}",
         "event 2250000100009", "the time left, at PT04M00.00S of period 5", "none"),
        ("UPDATE derived.pbp_event_state SET final_winning_team = 1", "final_winning_team", "home",
         "away, at 15 of its events"),
        ("UPDATE derived.pbp_event_state SET final_winning_team = NULL", "final_winning_team",
         "home", "none, at 15 of its events"),
    ],
    "scores_rise": [
        ("UPDATE nba.pbp_events SET score_home = 0 WHERE action_number = 9", "action 9",
         "at least 5 – 5", "0 – 5"),
        ("UPDATE nba.pbp_events SET score_home = 4, score_away = 4 WHERE action_number = 9",
         "action 9", "at least 5 – 5", "4 – 4"),
    ],
    "finals": [
        ("UPDATE nba.boxscore_games SET home_score = 14", "box score", "12 – 10, as in", "14 – 10"),
        ("UPDATE nba.scoreboard_games SET away_score = 9", "scoreboard", "12 – 10", "12 – 9"),
        ("UPDATE nba.schedule_games SET home_score = 0", "schedule", "12 – 10", "0 – 10"),
        ("UPDATE nba.finder_teams SET points = 11 WHERE is_home", "game finder", "12 – 10",
         "11 – 10"),
        ("UPDATE espn.scoreboard_games SET home_score = 13", "ESPN", "12 – 10", "13 – 10"),
        ("UPDATE nba.games SET final_score_home = 13", "nba.games", "12 – 10", "13 – 10"),
        ("UPDATE nba.pbp_events SET score_away = 11 WHERE action_number IN (14, 15)",
         "play-by-play", "12 – 10", "12 – 11"),
        ("UPDATE nba.games SET winner_team_id = away_team_id", "nba.games", f"winner {HOME}",
         f"winner {AWAY}"),
        ("UPDATE nba.games SET winner_team_id = NULL", "nba.games", f"winner {HOME}",
         "winner none"),
        ("UPDATE nba.games SET final_score_home = NULL, final_score_away = NULL,"
         " winner_team_id = NULL", "nba.games", "12 – 10, as in", "no final score"),
    ],
    "minutes": [
        (f"UPDATE nba.boxscore_players SET seconds = seconds + 3 WHERE person_id = {FIRST}",
         "NYK", "265.0 min, within 2.5 s", "265.05 min of its players"),
        ("UPDATE nba.boxscore_teams SET seconds = 240 * 60 WHERE NOT is_home", "UTA",
         "265.0 min", "240.00 min of the team"),
        ("UPDATE nba.boxscore_games SET period = 6", "NYK", "290.0 min", "265.00 min"),
        ("UPDATE nba.boxscore_players SET seconds = NULL WHERE is_home", "NYK", "265.0 min",
         "no min of its players"),
    ],
    "starters": [
        (f"UPDATE nba.boxscore_players SET starter = false WHERE person_id = {GUEST}", "UTA",
         "5 starters", "4"),
        (f"UPDATE nba.boxscore_players SET starter = true WHERE person_id = {BENCH}", "NYK",
         "5 starters", "6"),
        ("DELETE FROM nba.boxscore_teams WHERE NOT is_home", "box score", "an away team",
         "1 home, 0 away"),
    ],
    "points": [
        (f"UPDATE nba.boxscore_players SET points = 5 WHERE person_id = {FIRST}", "NYK",
         "12 points", "players 11"),
        ("UPDATE nba.boxscore_teams SET period_points = '{2,0,3,0,6}' WHERE is_home", "NYK",
         "12 points", "periods 11"),
        ("UPDATE nba.boxscore_teams SET points = 13 WHERE is_home", "NYK", "12 points",
         "team 13"),
    ],
    "odds": [
        ("UPDATE nba.odds_outcomes SET odds = 1, odds_text = '1.000'"
         " WHERE book_id = 'sr:1' AND outcome_type = 'home' AND spread IS NULL",
         "2way, home of Bet Two (GR)", "above 1", "1.000, in 1 of"),
        ("UPDATE nba.odds_outcomes SET odds = NULL, odds_text = 'EVS'"
         " WHERE book_id = 'sr:1' AND outcome_type = 'away' AND spread IS NULL",
         "2way, away of Bet Two (GR)", "above 1", "EVS"),
        ("DELETE FROM nba.odds_outcomes WHERE book_id = 'sr:2' AND outcome_type = 'away'",
         "Bet Three (CA)", "home and away", "home, in 1 of"),
        ("DELETE FROM nba.odds_outcomes WHERE book_id = 'sr:2'", "Bet Three (CA)",
         "home and away", "neither"),
        ("UPDATE nba.odds_games SET home_team_id = away_team_id, away_team_id = home_team_id",
         "teams of the odds", f"home {HOME}", f"home {AWAY}"),
    ],
    "provenance": [
        ("UPDATE nba.boxscore_teams SET source_file_id = 7 WHERE is_home",
         "1 of nba.boxscore_teams", "source_file_id 7 in ops.source_files", "no such payload"),
        ("UPDATE nba.odds_outcomes SET source_file_id = 8", "12 of nba.odds_outcomes",
         "source_file_id 8", "no such payload"),
        ("UPDATE nba.pbp_events SET source_file_id = 9 WHERE action_number = 3",
         "1 of nba.pbp_events", "source_file_id 9", "no such payload"),
        ("UPDATE nba.boxscore_teams SET source_file_id = (SELECT source_file_id"
         " FROM nba.schedule_games)", "2 of nba.boxscore_teams", f"boxscore of {GAME}",
         "schedule of 00"),
        ("UPDATE nba.odds_books SET source_file_id = (SELECT source_file_id"
         " FROM nba.schedule_games)",
         "6 of nba.odds_books", "odds_today", "schedule of 00"),
    ],
}  # fmt: skip

# Spoiling these makes another check speak too, and rightly so.
ALSO = {
    "clocks": {"events_match"},
    "seconds": {"events_match"},
    "scores_rise": {"events_match", "state"},
    "finals": {"events_match", "state", "points", "scores_rise"},
    "starters": {"points", "minutes"},
    "points": {"finals"},
    "provenance": set(),
}


@pytest.mark.parametrize(
    ("check", "spoil", "where", "expected", "found"),
    [(check, *one) for check, several in SPOILED.items() for one in several],
    ids=[f"{check}-{n}" for check, several in SPOILED.items() for n in range(len(several))],
)
def test_one_thing_spoiled(
    check: str, spoil: str, where: str, expected: str, found: str,
    warehouse: Any, failing: Callable[[CheckedGame], set[str]],
) -> None:  # fmt: skip
    """It fails the check that is for it, with the place, what is due and what is there."""
    game = warehouse.spoil(spoil)
    assert check in failing(game)
    assert failing(game) <= {check} | ALSO.get(check, set())
    mine = [finding for finding in game.findings if finding.check == check]
    assert any(
        where in one.where and expected in one.expected and found in one.found for one in mine
    ), mine
    assert warehouse.report().has_failed


def test_every_check_has_a_test_that_fails_it() -> None:
    elsewhere = {"events_match", "order_as_stored", "odds_sides"}  # below, and in test_actions
    assert set(SPOILED) | elsewhere == set(NAMES)


def test_a_game_that_is_right_passes_all(warehouse: Any) -> None:
    game = warehouse.game()
    assert game.findings == ()
    assert (game.passed, game.warned, game.failed, game.unseen) == (len(CHECKS), 0, 0, {})
    assert game.verdict == "passed"
    report = warehouse.report()
    assert [(c.name, c.passed, c.failed) for c in report.checks] == [(n, 1, 0) for n in NAMES]
    assert not report.has_failed


# ---- what is not there --------------------------------------------------------------------------

_NO_EVENTS = "it has no events"

ABSENT = {
    # what is taken away, and what is said of the checks that have nothing to judge then
    "events": (
        ["DELETE FROM nba.pbp_events", "DELETE FROM derived.pbp_event_state"],
        {_NO_EVENTS: ("clocks", "seconds", "state", "scores_rise")},
    ),
    "scores": (
        ["UPDATE nba.pbp_events SET score_home = NULL, score_away = NULL"],
        {"no event has a score": ("scores_rise",)},
    ),
    "teams": (
        ["DELETE FROM nba.boxscore_teams"],
        {"its box score lacks a team": ("minutes", "points")},
    ),
    "a team": (
        ["DELETE FROM nba.boxscore_teams WHERE is_home"],
        {"its box score lacks a team": ("minutes", "points")},
    ),
    "other finals": (
        ["DELETE FROM nba.boxscore_games", "DELETE FROM nba.boxscore_teams",
         "DELETE FROM nba.boxscore_players", "DELETE FROM nba.pbp_events",
         "DELETE FROM derived.pbp_event_state", "DELETE FROM nba.schedule_games",
         "DELETE FROM nba.finder_teams", "DELETE FROM derived.game_map"],
        {"only one source has its final score": ("finals",)},
    ),
    "books": (
        ["DELETE FROM nba.odds_books", "DELETE FROM nba.odds_outcomes"],
        {"no book quotes it": ("odds", "odds_sides")},
    ),
    "other books": (
        ["DELETE FROM nba.odds_books WHERE book_id = 'sr:2'",
         "DELETE FROM nba.odds_outcomes WHERE book_id = 'sr:2'"],
        {"too few books say who wins": ("odds_sides",)},
    ),
    "who wins": (
        ["DELETE FROM nba.odds_outcomes WHERE spread IS NULL",
         "DELETE FROM nba.odds_books WHERE market_key LIKE '%2way'"],
        {"too few books say who wins": ("odds_sides",)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ABSENT)
def test_what_is_not_there_does_not_pass(name: str, warehouse: Any) -> None:
    """A check that finds nothing amiss where there is nothing says that nothing was there."""
    statements, unseen = ABSENT[name]
    for statement in statements[1:]:
        warehouse.connection.execute(statement)
    game = warehouse.spoil(statements[0])
    assert {why: game.unseen.get(why) for why in unseen} == unseen
    checks = {name for names in game.unseen.values() for name in names}
    told = {finding.check for finding in game.findings}
    assert game.passed == len(NAMES) - len(checks) - len(told)


def test_the_order_of_a_payload_that_cannot_be_read_is_not_judged(warehouse: Any) -> None:
    warehouse.keep(SourceType.NBA_PBP, GAME, {"game": {}})
    assert warehouse.game().unseen == {"its play-by-play cannot be read": ("order_as_stored",)}
    warehouse.keep_actions([])
    assert warehouse.game().unseen == {"its play-by-play has no actions": ("order_as_stored",)}
    warehouse.connection.execute("DELETE FROM ops.source_files WHERE source_type = 'pbp'")
    assert warehouse.game().unseen == {"its play-by-play is not known": ("order_as_stored",)}


def test_a_final_of_which_the_play_is_not_held_is_incomplete(warehouse: Any) -> None:
    """All that is held of it is right: that is not enough to pass."""
    for table in ("derived.pbp_event_state", "nba.pbp_events"):
        warehouse.connection.execute(f"DELETE FROM {table}")
    game = warehouse.spoil("DELETE FROM ops.source_files WHERE source_type = 'pbp'")
    assert (game.findings, game.verdict) == ((), "lacking")
    assert "events_match" in game.unseen["no play-by-play is held"]
    assert not warehouse.report().has_failed


def test_a_final_without_its_box_score_is_incomplete(warehouse: Any) -> None:
    for table in ("boxscore_teams", "boxscore_players"):
        warehouse.connection.execute(f"DELETE FROM nba.{table}")
    game = warehouse.spoil("DELETE FROM nba.boxscore_games")
    assert (game.findings, game.verdict) == ((), "lacking")
    assert game.unseen == {"no box score is held": ("minutes", "starters", "points")}


# ---- events and the archive --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("spoil", "where", "expected", "found"),
    [
        ("DELETE FROM nba.pbp_events WHERE action_number = 9", "all events",
         "15 events", "14 events"),
        ("UPDATE nba.pbp_events SET action_number = 99, event_id = 2250000100099"
         " WHERE action_number = 9", "action 99", "no event: the payload has none", "2pt Layup"),
        ("UPDATE nba.pbp_events SET description = 'another' WHERE action_number = 9", "action 9",
         "description “2pt Layup”", "description “another”"),
        ("UPDATE nba.pbp_events SET person_id = 13 WHERE action_number = 9", "action 9",
         "person 11", "person 13"),
        ("UPDATE nba.pbp_events SET team_id = NULL WHERE action_number = 9", "action 9",
         f"team {HOME}", "team none"),
        ("UPDATE nba.pbp_events SET sub_type = NULL WHERE action_number = 9", "action 9",
         "subtype “Layup”", "subtype “”"),
        ("UPDATE nba.pbp_events SET order_number = 95000 WHERE action_number = 9", "action 9",
         "order 90000", "order 95000"),
        ("DELETE FROM nba.pbp_events", "all events", "15 events", "0 events"),
    ],
)  # fmt: skip
def test_events_that_are_not_the_payloads_actions(
    spoil: str, where: str, expected: str, found: str,
    warehouse: Any, failing: Callable[[CheckedGame], set[str]],
) -> None:  # fmt: skip
    """Trap L2 among them: an event whose action is gone upstream."""
    game = warehouse.spoil(spoil)
    assert "events_match" in failing(game)
    mine = [finding for finding in game.findings if finding.check == "events_match"]
    assert any(
        where in one.where and expected in one.expected and found in one.found for one in mine
    ), mine


def test_order_is_judged_as_the_payload_stores_it(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    """Trap L11: sorted by order number, as the table has them, these rows look all right."""
    listed = [dict(one) for one in _actions(warehouse)]
    listed[4], listed[5] = listed[5], listed[4]
    warehouse.keep_actions(listed)
    game = warehouse.game()
    assert failing(game) == {"order_as_stored"}
    (finding,) = game.findings
    assert finding.where == "action 5, 6. of the payload"
    assert finding.expected == "an order number above 60000 of action 6 before it"
    assert finding.found == "50000"


def test_rows_that_name_the_payload_of_another_game(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    kept = warehouse.keep(SourceType.NBA_BOXSCORE, "0022500002", {"game": {}})
    game = warehouse.spoil("UPDATE nba.boxscore_players SET source_file_id = %s",
                           kept.source_file_id)  # fmt: skip
    assert failing(game) == {"provenance"}
    (finding,) = game.findings
    assert (finding.where, finding.expected, finding.found) == (
        "12 of nba.boxscore_players", f"boxscore of {GAME}", "boxscore of 0022500002"
    )  # fmt: skip


def test_an_order_number_twice_in_the_payload(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    listed = [dict(one) for one in _actions(warehouse)]
    listed[5]["orderNumber"] = listed[4]["orderNumber"]
    warehouse.keep_actions(listed)
    assert "order_as_stored" in failing(warehouse.game())


def test_a_payload_that_is_damaged_or_gone(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    newest = warehouse.archive.newest(SourceType.NBA_PBP, GAME)
    file = warehouse.archive.root / newest.path
    file.write_bytes(file.read_bytes()[:-20])
    game = warehouse.game()
    assert failing(game) == {"events_match", "provenance"}
    file.unlink()
    game = warehouse.game()
    assert failing(game) == {"events_match", "provenance"}
    assert any("is not there" in finding.found for finding in game.findings)


def test_a_payload_of_which_the_manifest_is_of_another(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    """The file is sound; it is just not the one that the rows name."""
    game = warehouse.spoil(
        "UPDATE ops.source_files SET path = (SELECT path FROM ops.source_files"
        " WHERE source_type = 'schedule') WHERE source_type = 'boxscore'"
    )
    assert failing(game) == {"provenance"}
    assert {finding.found for finding in game.findings} == {"Another payload is in its place."}


def test_a_payload_without_actions(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    warehouse.keep(SourceType.NBA_PBP, GAME, {"game": {}})
    game = warehouse.game()
    assert failing(game) == {"events_match"}
    assert "no list of actions" in game.findings[0].found


def test_a_later_payload_that_waits_is_a_warning_and_one_refused_a_failure(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    listed = [dict(one) for one in _actions(warehouse)]
    listed[4]["description"] = "corrected"
    warehouse.keep_actions(listed, loaded=False)
    game = warehouse.game()
    assert [(f.check, f.is_warning, f.found) for f in game.findings] == [
        ("events_match", True, "it waits to be loaded")
    ]
    assert not warehouse.report().has_failed
    game = warehouse.spoil(
        "UPDATE ops.source_files SET load_error = 'no clock' WHERE loaded_at IS NULL"
    )
    assert failing(game) == {"events_match"}
    assert game.findings[0].found == "no clock"


# ---- warnings ----------------------------------------------------------------------------------


def test_a_basket_taken_back_is_a_warning(warehouse: Any) -> None:
    """A correction of the league: one team's score falls by no more than a basket."""
    listed = _actions(warehouse)
    listed[8]["scoreHome"] = "4"
    warehouse.keep_actions(listed)
    warehouse.connection.execute(
        "UPDATE derived.pbp_event_state SET home_score = 4, point_differential = -1,"
        f" current_winning_team = 1 {_STATE}"
    )
    game = warehouse.spoil("UPDATE nba.pbp_events SET score_home = 4 WHERE action_number = 9")
    assert [(f.check, f.is_warning, f.found) for f in game.findings] == [
        ("scores_rise", True, "4 – 5")
    ]
    assert (game.warned, game.failed, game.verdict) == (1, 0, "warned")


def test_administrative_rows_after_the_end_are_no_fall_and_no_final(warehouse: Any) -> None:
    """Trap D13: they carry 0-0."""
    listed = _actions(warehouse)
    listed[14]["scoreHome"] = listed[14]["scoreAway"] = "0"
    warehouse.keep_actions(listed)
    warehouse.connection.execute(
        "UPDATE derived.pbp_event_state SET home_score = NULL, away_score = NULL,"
        " point_differential = NULL,"
        " current_winning_team = NULL WHERE event_id = 2250000100015"
    )
    game = warehouse.spoil(
        "UPDATE nba.pbp_events SET score_home = 0, score_away = 0 WHERE action_number = 15"
    )
    assert game.findings == ()


def test_a_book_that_has_home_and_away_swapped_is_a_warning(warehouse: Any) -> None:
    game = warehouse.spoil(
        "UPDATE nba.odds_outcomes SET odds = CASE outcome_type WHEN 'home' THEN 3.05 ELSE 1.35 END"
        " WHERE book_id = 'sr:1' AND spread IS NULL"
    )
    (finding,) = game.findings
    assert (finding.check, finding.is_warning) == ("odds_sides", True)
    assert finding.where == "2way, Bet Two"
    assert "about 70 %" in finding.expected
    assert "home 3.050, away 1.350" in finding.found


def test_a_book_that_only_leans_the_other_way_is_not_swapped(warehouse: Any) -> None:
    warehouse.connection.execute(
        "UPDATE nba.odds_outcomes SET odds = CASE outcome_type WHEN 'home' THEN 1.9 ELSE 1.95 END"
    )
    game = warehouse.spoil(
        "UPDATE nba.odds_outcomes SET odds = CASE outcome_type WHEN 'home' THEN 1.95 ELSE 1.9 END"
        " WHERE book_id = 'sr:1'"
    )
    assert game.findings == ()


def test_two_books_against_one_another_say_nothing(warehouse: Any) -> None:
    """Which of two is swapped, nobody knows."""
    warehouse.connection.execute("DELETE FROM nba.odds_books WHERE book_id = 'sr:2'")
    warehouse.connection.execute("DELETE FROM nba.odds_outcomes WHERE book_id = 'sr:2'")
    game = warehouse.spoil(
        "UPDATE nba.odds_outcomes SET odds = CASE outcome_type WHEN 'home' THEN 3.05 ELSE 1.35 END"
        " WHERE book_id = 'sr:1'"
    )
    assert game.findings == ()


def test_half_a_second_of_rounding_a_player_is_let_pass(warehouse: Any) -> None:
    game = warehouse.spoil("UPDATE nba.boxscore_players SET seconds = seconds + 0.5 WHERE played")
    assert game.findings == ()


# ---- what is not failed ------------------------------------------------------------------------


def test_a_live_game_is_not_failed_for_being_so(warehouse: Any) -> None:
    """Its box score does not add up yet, and its score is no final one."""
    warehouse.connection.execute("UPDATE nba.boxscore_games SET status = 2, home_score = 14")
    warehouse.connection.execute("UPDATE nba.boxscore_players SET seconds = 60, points = 1")
    warehouse.connection.execute("UPDATE derived.pbp_event_state SET final_winning_team = NULL")
    game = warehouse.spoil(
        "UPDATE nba.games SET status = 2, final_score_home = NULL, final_score_away = NULL"
    )
    assert game.failed == 0
    assert game.status == "live"
    assert game.unseen == {"not final yet": ("finals", "minutes", "starters", "points")}


def test_a_game_that_has_not_begun(empty_warehouse: Any) -> None:
    empty_warehouse.insert(
        "nba.games", game_id=GAME, season=2025, season_type=2, season_label="2025-26", status=1
    )
    game = empty_warehouse.game()
    assert (game.passed, game.failed, game.warned, game.status) == (0, 0, 0, "not begun")
    assert game.verdict == "unseen"
    assert set(game.unseen) == {"no play-by-play is held", "not final yet", "no odds were taken",
                                "only its place in the lists is held"}  # fmt: skip


def test_a_game_that_is_only_listed(empty_warehouse: Any) -> None:
    """The schedule names it, rightly: nothing that was played is there to pass. A payload that is
    not known is told all the same."""
    kept = empty_warehouse.keep(SourceType.NBA_SCHEDULE, "00", {"leagueSchedule": {}})
    empty_warehouse.insert(
        "nba.games", game_id=GAME, season=2025, season_type=2, season_label="2025-26", status=1
    )
    empty_warehouse.insert(
        "nba.schedule_games", game_id=GAME, season_label="2025-26", status=1,
        source_file_id=kept.source_file_id,
    )  # fmt: skip
    game = empty_warehouse.game()
    assert (game.passed, game.verdict) == (0, "unseen")
    game = empty_warehouse.spoil("UPDATE nba.schedule_games SET source_file_id = 7")
    assert [finding.check for finding in game.findings] == ["provenance"]


def test_a_postponed_game_is_said_to_be_so(empty_warehouse: Any) -> None:
    """Trap L18: it keeps status 1, and says PPD in its text."""
    empty_warehouse.insert(
        "nba.games", game_id=GAME, season=2025, season_type=2, season_label="2025-26", status=1,
        status_text="PPD",
    )  # fmt: skip
    assert empty_warehouse.game().status == "postponed"


def test_a_final_whose_box_score_was_fetched_in_play(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    """Trap F2: a game fetched while live and never completed is found."""
    warehouse.connection.execute(
        "UPDATE nba.boxscore_games SET status = 2, period = 2, home_score = 2, away_score = 3"
    )
    game = warehouse.spoil("UPDATE nba.boxscore_players SET seconds = 600 WHERE played")
    assert {"finals", "minutes"} <= failing(game)


def test_all_star_games_have_minutes_of_their_own(warehouse: Any) -> None:
    warehouse.connection.execute("UPDATE nba.boxscore_players SET seconds = 600 WHERE played")
    game = warehouse.spoil("UPDATE nba.games SET season_type = 3")
    assert game.unseen == {"All-Star games have rules of their own": ("minutes",)}


@pytest.mark.parametrize(
    ("relation", "unseen"),
    [
        (PBP_EVENT_STATE, {"its state waits to be derived": ("state",)}),
        (NBA_GAMES, {"its state waits to be derived": ("state",),
                     "it waits to be settled": ("finals",)}),
    ],
    ids=["underived", "unsettled"],
)  # fmt: skip
def test_what_waits_to_be_computed_is_not_judged(
    relation: Relation, unseen: dict[str, tuple[str, ...]], warehouse: Any
) -> None:
    """A load came, and the step after it has not run yet: neither right nor wrong."""
    warehouse.insert(
        "ops.game_changes", dataset=relation.name, game_id=GAME, changed_at=datetime.now(UTC)
    )
    warehouse.connection.execute("UPDATE nba.games SET final_score_home = 99")
    game = warehouse.spoil("DELETE FROM derived.pbp_event_state")
    assert "state" not in {finding.check for finding in game.findings}
    assert game.unseen == unseen


def test_a_winner_of_a_game_that_is_not_over(
    warehouse: Any, failing: Callable[[CheckedGame], set[str]]
) -> None:
    """Trap D6."""
    warehouse.connection.execute("UPDATE nba.boxscore_games SET status = 2")
    game = warehouse.spoil(
        "UPDATE nba.games SET status = 2, final_score_home = NULL, final_score_away = NULL"
    )
    assert failing(game) == {"state"}


# ---- the report --------------------------------------------------------------------------------


def test_findings_beyond_the_first_are_counted(warehouse: Any) -> None:
    game = warehouse.spoil("UPDATE nba.pbp_events SET clock = 'noon'")
    mine = [finding for finding in game.findings if finding.check == "clocks"]
    assert len(mine) == 5
    assert game.withheld == 10 + 10  # of clocks, and of events that are not the payload's
    assert [one.where for one in mine] == [
        f"action {number}, period {period}"
        for number, period in ((1, 1), (2, 1), (4, 1), (3, 2), (5, 3))
    ]  # in the order of the game


def test_a_failure_is_not_hidden_behind_warnings(warehouse: Any) -> None:
    """Only the first few are listed: failures come first, or a check would seem to warn."""
    warehouse.connection.execute(
        "UPDATE nba.pbp_events SET score_home = 50 - action_number WHERE action_number < 13"
    )
    game = warehouse.spoil("UPDATE nba.pbp_events SET score_home = 1 WHERE action_number = 13")
    mine = [finding for finding in game.findings if finding.check == "scores_rise"]
    assert not mine[0].is_warning
    assert mine[-1].is_warning


def test_what_a_feed_says_is_shown_as_plain_text(warehouse: Any) -> None:
    """Neither an order to a terminal nor a text without end."""
    game = warehouse.spoil(
        "UPDATE nba.pbp_events SET clock = E'\\x1b[31m' || repeat('x', 5000)"
        " WHERE action_number = 9"
    )
    found = next(finding.found for finding in game.findings if finding.check == "clocks")
    assert "\x1b" not in found
    assert len(found) < 400


def test_a_game_or_season_that_is_not_there(warehouse: Any) -> None:
    with pytest.raises(UsageError, match="no NBA game 0022599999"):
        warehouse.report(game="0022599999")
    with pytest.raises(UsageError, match="season 1999-00") as refused:
        warehouse.report(season="1999-00")
    assert refused.value.detail == "Seasons that there are: 2025-26."


def test_only_what_is_asked_for_is_checked(warehouse: Any) -> None:
    warehouse.insert(
        "nba.games", game_id="0022400001", season=2024, season_type=2, season_label="2024-25"
    )
    assert len(warehouse.report().games) == 2
    assert [g.game_id for g in warehouse.report(season="2024-25").games] == ["0022400001"]
    assert [g.game_id for g in warehouse.report(game=GAME).games] == [GAME]


def test_a_report_cannot_write(built: Any) -> None:
    """As the terminal opens it: read-only, and all of a batch of one moment."""
    with looking(built.connection.info.dsn + f" password={built.connection.info.password}") as eye:
        report = examine(eye, built.archive, QualityWanted())
        assert not report.has_failed
        with pytest.raises(ReadOnlySqlTransaction), eye.transaction():
            eye.execute("DELETE FROM nba.games")
        with eye.transaction():
            found = eye.execute("SHOW transaction_isolation").fetchone()
        assert found == ("repeatable read",)


def _actions(warehouse: Any) -> list[dict[str, Any]]:
    newest = warehouse.archive.newest(SourceType.NBA_PBP, GAME)
    listed = json.loads(warehouse.archive.get(newest).parts[0])["game"]["actions"]
    assert isinstance(listed, list)
    return listed
