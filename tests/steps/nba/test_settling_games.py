"""A game as all feeds together have it: teams, date, status, final score and winner."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.payload import SourceType

GAME = "0022500575"
NYK, UTA, BOS = 1610612752, 1610612762, 1610612738
FINAL = "SELECT final_score_home, final_score_away, winner_team_id, final_from FROM nba.games"


async def test_the_id_says_season_and_kind(desk, nba, come):
    """trap F14: never today's date, and no constant."""
    games = [
        nba.scheduled("0042500101"),
        nba.scheduled("0012500001", home="BOS"),
        nba.scheduled("0022500575", home="DAL"),
    ]
    await come(SourceType.NBA_SCHEDULE, nba.schedule(*games))
    assert desk.rows(
        "SELECT game_id, season, season_label, season_type FROM nba.games ORDER BY game_id"
    ) == [
        ("0012500001", 2025, "2025-26", 1),
        ("0022500575", 2025, "2025-26", 2),
        ("0042500101", 2025, "2025-26", 4),
    ]


async def test_the_turn_of_the_century_is_read_from_two_digits(desk, nba, come):
    rows = [
        ("0029900001", "2000-01-15", "NYK", "NYK vs. UTA", "W", 90),
        ("0029900001", "2000-01-15", "UTA", "UTA @ NYK", "L", 80),
    ]
    document = nba.finder(*rows, season_id="21999")
    await come(SourceType.NBA_GAME_FINDER, document, "1999-00:2")
    assert desk.one("SELECT season, season_label, season_type FROM nba.games") == (
        1999,
        "1999-00",
        2,
    )


async def test_a_placeholder_is_a_game_without_a_team(desk, nba, come):
    """trap D12: team id 0 is nobody; the teams come with a later schedule, or the box score."""
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(home=None)))
    look = "SELECT home_team_id, home_code, away_team_id, away_code, teams_from FROM nba.games"
    assert desk.one(look) == (None, None, UTA, "UTA", "schedule")
    assert desk.rows("SELECT tricode FROM nba.teams") == [("UTA",)]
    await come(SourceType.NBA_BOXSCORE, nba.box_score())
    assert desk.one(look) == (NYK, "NYK", UTA, "UTA", "boxscore")
    assert desk.rows("SELECT team_id, tricode, city, name FROM nba.teams ORDER BY tricode") == [
        (NYK, "NYK", "New York", "Knicks"),
        (UTA, "UTA", "Utah", "Jazz"),
    ]


async def test_a_team_that_could_not_be_read_keeps_its_name(desk, nba, come):
    """trap L5: the box score still says which teams they are; who is called how, the schedule."""
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=2)))
    odd = nba.box_score()
    odd["game"]["homeTeam"]["statistics"]["points"] = "many"
    await come(SourceType.NBA_BOXSCORE, odd)
    assert desk.rows("SELECT tricode FROM nba.boxscore_teams") == [("UTA",)]
    look = "SELECT home_team_id, home_code, away_code FROM nba.games"
    assert desk.one(look) == (NYK, "NYK", "UTA")
    assert desk.count("derived.game_map") == 1


async def test_the_last_end_of_a_period_is_the_final_score(desk, nba, come):
    """trap D13: trailing administrative actions say 0-0."""
    actions = nba.played((110, 99))
    trailing = [
        nba.action(90, period=4, actionType="game", subType="end", scoreHome="0", scoreAway="0"),
        nba.ending(91, 4, (0, 0)),
    ]
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=2)))
    await come(SourceType.NBA_PBP, nba.play_by_play([*actions[:-1], *trailing]))
    assert desk.one(FINAL) == (110, 99, NYK, "pbp")
    assert desk.one("SELECT status FROM nba.games") == 3


async def test_a_list_that_stops_in_the_third_quarter_is_no_final_score(desk, nba, come):
    """trap F2: the play-by-play was fetched in the third quarter, and since then the game ended."""
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=2)))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()[:6]))
    assert desk.one(FINAL) == (None, None, None, None), "trap D6: nobody has won yet"
    await come(SourceType.NBA_SCOREBOARD, nba.scoreboard(nba.on_board(status=3, score=(110, 99))))
    assert desk.one(FINAL) == (110, 99, NYK, "scoreboard")
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played((110, 99))))
    assert desk.one(FINAL) == (110, 99, NYK, "pbp")


async def test_a_tie_after_the_fourth_quarter_is_not_the_end(desk, nba, come):
    actions = nba.played((101, 101))[:-1]
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=2)))
    await come(SourceType.NBA_PBP, nba.play_by_play(actions))
    assert desk.one(FINAL)[0] is None
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played((112, 114), periods=5)))
    assert desk.one(FINAL) == (112, 114, UTA, "pbp")


async def test_without_teams_nobody_has_won(desk, nba, come):
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played((110, 99))))
    assert desk.one(FINAL) == (110, 99, None, "pbp")


async def test_the_finder_settles_what_no_schedule_carries(desk, nba, come):
    rows = [
        ("0022300580", "2024-01-15", "NYK", "NYK vs. UTA", "L", 90),
        ("0022300580", "2024-01-15", "UTA", "UTA @ NYK", "W", 97),
    ]
    await come(SourceType.NBA_GAME_FINDER, nba.finder(*rows), "2023-24:2")
    assert desk.one(FINAL) == (90, 97, UTA, "leaguegamefinder")
    assert desk.one("SELECT game_date, status, teams_from FROM nba.games") == (
        date(2024, 1, 15),
        3,
        "leaguegamefinder",
    )


async def test_a_moved_game_is_one_game(desk, nba, come):
    """trap L18: it was off, and the schedule then has it on another day; PPD stays on the old
    day's scoreboard for ever."""
    later = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
    look = "SELECT game_date, status, status_text, final_from FROM nba.games"
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled()))
    await come(SourceType.NBA_SCOREBOARD, nba.scoreboard(nba.on_board(status=1, text="PPD")))
    assert desk.one(look) == (date(2026, 1, 15), 1, "PPD", None)
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(start=later)))
    assert desk.one(look) == (date(2026, 3, 1), 1, "7:30 pm ET", None)
    assert desk.count("derived.game_map") == 1


async def test_a_schedule_of_before_the_game_yields_to_who_saw_it_played(desk, nba, come):
    """trap L18: 0022300828 changed its home team after the schedule of September, and games were
    moved by months; a past season has no newer schedule, only the finder. Points follow the teams.
    """
    rows = [
        (GAME, "2026-04-02", "NYK", "NYK @ UTA", "W", 113),
        (GAME, "2026-04-02", "UTA", "UTA vs. NYK", "L", 111),
    ]
    look = "SELECT game_date, game_time_utc, home_code, away_code, teams_from FROM nba.games"
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled()))
    finder = nba.finder(*rows, season_id="22025")
    await come(SourceType.NBA_GAME_FINDER, finder, "2025-26:2")
    assert desk.one(FINAL) == (111, 113, NYK, "leaguegamefinder")
    assert desk.one(look) == (date(2026, 4, 2), None, "UTA", "NYK", "leaguegamefinder")
    # A newer schedule has the time, and another arena than the finder's: that one knows.
    moved = nba.scheduled(status=3, score=(113, 111), start=datetime(2026, 4, 3, 0, 30, tzinfo=UTC))
    await come(SourceType.NBA_SCHEDULE, nba.schedule(moved))
    assert desk.one(FINAL) == (113, 111, NYK, "schedule")
    assert desk.one(look)[2:] == ("NYK", "UTA", "schedule")
    assert desk.one(look)[:2] == (date(2026, 4, 2), datetime(2026, 4, 3, 0, 30, tzinfo=UTC))


async def test_a_game_that_left_the_schedule_is_gone(desk, nba, come):
    """If-necessary games are dropped when the series is over."""
    both = [nba.scheduled(), nba.scheduled("0042500107", start=datetime(2026, 5, 9, tzinfo=UTC))]
    await come(SourceType.NBA_SCHEDULE, nba.schedule(*both))
    assert desk.count("nba.games") == desk.count("derived.game_map") == 2
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled()))
    assert desk.rows("SELECT game_id FROM nba.games") == [(GAME,)]
    assert desk.count("derived.game_map") == 1


async def test_a_team_is_called_as_by_its_newest_game(desk, nba, come):
    renamed = nba.scheduled("0022500900", start=datetime(2026, 4, 1, tzinfo=UTC))
    renamed["homeTeam"] = renamed["homeTeam"] | {"teamName": "Knickerbockers"}
    look = f"SELECT name FROM nba.teams WHERE team_id = {NYK}"
    await come(SourceType.NBA_SCHEDULE, nba.schedule(renamed, nba.scheduled()))
    assert desk.one(look) == "Knickerbockers"
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled()))
    assert desk.one(look) == "Knicks"


@pytest.mark.parametrize("of_game", [0, 3])
async def test_what_changed_nothing_settles_nothing(desk, nba, come, of_game):
    """trap L8, trap R8."""
    listed = nba.scheduled(status=of_game or 1, score=(110, 99) if of_game else (0, 0))
    await come(SourceType.NBA_SCHEDULE, nba.schedule(listed))
    document = nba.schedule(listed) | {"meta": {"version": 2}}
    desk.clock.moment += timedelta(minutes=1)
    desk.put(SourceType.NBA_SCHEDULE, "00", document)
    loaded = await desk.do("nba_lists", offline=True)
    assert loaded.changes["nba.schedule_games"].unchanged == 1
    assert desk.marks == {}
    assert await desk.skip("nba_state") is not None
    assert desk.wrong_versions() == []
