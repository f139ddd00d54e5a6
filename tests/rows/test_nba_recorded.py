"""Every recorded payload of the league's feeds: what it says is what the rows say.

Not here: stats_scoreboardv2 and v3, which no step reads.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from nbapanel.rows import nba
from nbapanel.rows.nba.relations import (
    BOXSCORE_GAMES,
    BOXSCORE_PLAYERS,
    BOXSCORE_TEAMS,
    FINDER_TEAMS,
    ODDS_BOOKS,
    ODDS_OUTCOMES,
    PBP_EVENTS,
    SCHEDULE_GAMES,
    SCOREBOARD_GAMES,
)

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)


class Board(NamedTuple):
    """A scoreboard: its day, games before the tip-off, games on, and the finals."""

    day: str
    before: int
    live: int
    finals: str


BOARDS = {
    "01-06-26_8p": Board(
        "2026-01-05", 0, 0,
        "NYK 90-121 DET, CHI 101-115 BOS, ATL 100-118 TOR, PHX 97-100 HOU, CHA 124-97 OKC,"
        " DEN 125-124 PHI, GSW 102-103 LAC, UTA 117-137 POR",
    ),
    "01-08-26_8p": Board(
        "2026-01-07", 0, 0,
        "TOR 97-96 CHA, CHI 93-108 DET, WAS 110-131 PHI, DEN 114-110 BOS, NOP 100-117 ATL,"
        " ORL 104-103 BKN, LAC 111-123 NYK, PHX 117-98 MEM, UTA 125-129 OKC, LAL 91-107 SAS,"
        " MIL 113-120 GSW, HOU 102-103 POR",
    ),
    "01-09-26_11a": Board(
        "2026-01-08", 1, 0, "IND 114-112 CHA, CLE 122-131 MIN, DAL 114-116 UTA",
    ),
    "01-10-26_4p": Board("2026-01-10", 5, 0, "MIN 134-146 CLE"),
    "01-13-26_suspect": Board("2026-01-12", 0, 6, ""),
    "01-14-26_11p": Board(
        "2026-01-14", 0, 3, "TOR 115-101 IND, CLE 133-107 PHI, UTA 126-128 CHI, BKN 113-116 NOP",
    ),
    "01-14-26_9a": Board(
        "2026-01-14", 0, 0,
        "TOR 115-101 IND, CLE 133-107 PHI, UTA 126-128 CHI, BKN 113-116 NOP, DEN 118-109 DAL,"
        " NYK 101-112 SAC, WAS 105-119 LAC",
    ),
    "01-15-26_8p": Board("2026-01-15", 5, 3, "MEM 111-118 ORL"),
    "01-23-26_11p": Board(
        "2026-01-23", 0, 2,
        "HOU 111-104 DET, PHX 103-110 ATL, BOS 130-126 BKN, SAC 118-123 CLE, NOP 133-127 MEM,"
        " IND 117-114 OKC",
    ),
    "01-23-26_8p": Board("2026-01-23", 2, 6, ""),
    "01-30-26_7p": Board("2026-01-30", 9, 0, ""),
    "02-07-26_10a": Board(
        "2026-02-06", 0, 0,
        "MIA 96-98 BOS, NYK 80-118 DET, IND 99-105 MIL, NOP 119-115 MIN, MEM 115-135 POR,"
        " LAC 114-111 SAC",
    ),
    "02-11-26_9a": Board(
        "2026-02-10", 0, 0, "IND 137-134 NYK, LAC 95-102 HOU, DAL 111-120 PHX, SAS 136-108 LAL",
    ),
    "20260114_live": Board(
        "2026-01-14", 1, 2, "UTA 126-128 CHI, BKN 113-116 NOP, TOR 115-101 IND, CLE 133-107 PHI",
    ),
    "20260211_02": Board("2026-02-11", 0, 3, ""),
    "20260211_05": Board("2026-02-11", 0, 3, ""),
    "20260211_06": Board("2026-02-11", 0, 3, ""),
    "20260211_07": Board("2026-02-11", 0, 0, "ATL 107-110 CHA, WAS 113-138 CLE, MIL 116-108 ORL"),
}  # fmt: skip


class Actions(NamedTuple):
    """A play-by-play: its actions, shots at the basket, those of no person, of no possession and
    of no team, those whose sub-type is blank, and how it ends: away, home, period."""

    actions: int
    shots: int
    no_person: int
    no_possession: int
    no_team: int
    blank_sub_type: int
    ends: tuple[int, int, int]


PLAY_BY_PLAYS = {
    "0022000001": Actions(610, 191, 48, 2, 16, 0, (99, 125, 4)),
    "0022400196": Actions(510, 159, 32, 2, 9, 18, (107, 98, 4)),
    "0022400500": Actions(571, 181, 34, 2, 9, 30, (106, 108, 4)),
    "0022500575_inprogress": Actions(534, 175, 40, 1, 7, 14, (113, 107, 4)),
    "0022500775": Actions(603, 172, 46, 2, 9, 31, (107, 110, 4)),
    "0022500775_prefix_halftime": Actions(302, 88, 26, 1, 4, 15, (49, 58, 2)),
    "0022500776": Actions(573, 187, 39, 2, 9, 35, (113, 138, 4)),
}
# Team, its points, players listed, players that played; the home team first.
BOX_SCORES = {
    "0022000001": [("BKN", 125, 17, 15), ("GSW", 99, 17, 13)],
    "0022500575_inprogress": [("DAL", 33, 18, 11), ("DEN", 48, 17, 9)],
    "0022500775": [("CHA", 110, 18, 11), ("ATL", 107, 18, 10)],
    "0022500776": [("CLE", 138, 17, 13), ("WAS", 113, 18, 12)],
}
# Games, by the type that the id names: preseason, regular, all-star, playoffs, play-in, cup.
SCHEDULES = {
    "2023-24": {1: 73, 2: 1206, 6: 1},
    "2024-25": {1: 73, 2: 1230, 3: 6, 4: 84, 5: 6, 6: 1},
}
# Rows, games, rows that were won, rows whose team may be either; how many came twice.
FINDERS = {
    "leaguegamefinder_2023-24_teams_regular.json.gz": (2460, 1230, 1230, 0, 0),
    "leaguegamefinder_2024-01_season_2023-24.json": (462, 231, 231, 0, 0),
    "leaguegamefinder_2024-11-01_2024-11-13.json": (208, 104, 104, 0, 0),
    "leaguegamefinder_conference_east_2023-24.json.gz": (1388, 938, 662, 0, 1),
    "leaguegamefinder_team_1610612747_2023-24.json": (95, 95, 52, 0, 0),
    "leaguegamelog_2025-26_teams.json.gz": (1688, 844, 844, 10, 0),
}
OF_PLAYERS = "leaguegamefinder_player_2544_2023-24.json"
NOT_READ = {"stats_scoreboardv2_20240115.json", "stats_scoreboardv3_20251105.json"}
READ_ELSEWHERE = {"error_no_such_game_s3_403.xml"}  # by the source room


@pytest.fixture
def rows_of(recorded, named, fits):
    """The rows of each relation that a recorded payload gives, once all is sound with it."""

    def read(parse, name: str, duplicates: int = 0, **about: Any) -> dict[str, list[dict]]:
        found = parse([recorded(name)], source_file_id=7, **about)
        for relation, parsed in found:
            fits(relation, parsed)
            assert parsed.bad == ()
        assert sum(parsed.duplicates for _, parsed in found) == duplicates
        return {relation.name: named(relation, parsed) for relation, parsed in found}

    return read


def test_no_recorded_payload_is_left_out(recorded):
    recorded("nba_odds/odds_todaysGames_20250310.json")
    beside = Path(__file__).resolve().parents[3] / "shared" / "recorded"
    root = Path(os.environ.get("NBAPANEL_RECORDED", beside))
    found = {path.name for folder in root.glob("nba_*") for path in folder.iterdir()}
    read = {f"todaysScoreboard_00_{name}.json" for name in BOARDS}
    read |= {f"playbyplay_{name}.json.gz" for name in PLAY_BY_PLAYS}
    read |= {f"boxscore_{name}.json" for name in BOX_SCORES}
    read |= {f"scheduleleaguev2_{name}.json.gz" for name in SCHEDULES}
    read |= {*FINDERS, OF_PLAYERS, "odds_todaysGames_20250310.json"}
    assert found == read | NOT_READ | READ_ELSEWHERE


# -- scoreboards and schedules ---------------------------------------------------------------------


@pytest.mark.parametrize("name", BOARDS)
def test_scoreboard(rows_of, name):
    """Trap L18: a postponed game is not played; what is not over has no final."""
    expected = BOARDS[name]
    file = f"nba_scoreboard/todaysScoreboard_00_{name}.json"
    rows = rows_of(nba.parse_scoreboard, file)[SCOREBOARD_GAMES.name]
    assert {row["scoreboard_date"] for row in rows} == {date.fromisoformat(expected.day)}
    statuses = Counter(row["status"] for row in rows)
    assert (statuses[1], statuses[2]) == (expected.before, expected.live)
    finals = [
        f"{row['away_tricode']} {row['away_score']}-{row['home_score']} {row['home_tricode']}"
        for row in rows
        if row["status"] == 3
    ]
    assert ", ".join(finals) == expected.finals
    for row in rows:
        assert (row["home_score"] is None) == (row["status"] == 1)
        # The date in the game's code is the Eastern one, and its time is the true one.
        assert row["game_code"].startswith(expected.day.replace("-", ""))
        assert row["game_time_utc"].date() >= row["scoreboard_date"]
        assert row["status_text"] == row["status_text"].strip()


def test_the_postponed_game_of_2026_01_08(rows_of):
    file = "nba_scoreboard/todaysScoreboard_00_01-09-26_11a.json"
    rows = rows_of(nba.parse_scoreboard, file)[SCOREBOARD_GAMES.name]
    (row,) = (row for row in rows if row["status"] == 1)
    assert (row["status_text"], row["away_tricode"], row["home_tricode"]) == ("PPD", "MIA", "CHI")
    assert row["home_score"] is row["away_score"] is None


@pytest.mark.parametrize("season", SCHEDULES)
def test_schedule(rows_of, season):
    file = f"nba_schedule/scheduleleaguev2_{season}.json.gz"
    rows = rows_of(nba.parse_schedule, file)[SCHEDULE_GAMES.name]
    assert Counter(int(row["game_id"][2]) for row in rows) == SCHEDULES[season]
    assert {row["season_label"] for row in rows} == {season}
    for row in rows:
        assert (row["home_score"] is None) == (row["status"] == 1)
        if row["game_code"]:
            assert row["game_code"].startswith(row["game_date"].strftime("%Y%m%d"))


def test_the_teams_of_cup_games_are_to_be_told(rows_of):
    file = "nba_schedule/scheduleleaguev2_2023-24.json.gz"
    rows = rows_of(nba.parse_schedule, file)[SCHEDULE_GAMES.name]
    open_games = [row for row in rows if row["home_team_id"] is None]
    assert [row["game_id"] for row in open_games][:2] == ["0022301201", "0022301203"]
    for row in open_games:
        assert row["home_tricode"] is row["away_tricode"] is row["away_team_id"] is None
        if row["status_text"] == "TBD":
            assert row["game_time_utc"] is None


def test_a_schedule_speaks_for_its_season(recorded):
    body = recorded("nba_schedule/scheduleleaguev2_2024-25.json.gz")
    ((_, parsed),) = nba.parse_schedule([body], source_file_id=7)
    assert parsed.notes["speaks_for"] == ("2024-25",)


# -- play-by-play and box scores -------------------------------------------------------------------


@pytest.mark.parametrize("name", PLAY_BY_PLAYS)
def test_play_by_play(rows_of, name):
    """Trap D12: possession 0 is none."""
    expected, game_id = PLAY_BY_PLAYS[name], name[:10]
    file = f"nba_pbp/playbyplay_{name}.json.gz"
    rows = rows_of(nba.parse_play_by_play, file, game_id=game_id)[PBP_EVENTS.name]
    assert (
        Actions(
            len(rows),
            sum(row["is_field_goal"] for row in rows),
            sum(row["person_id"] is None for row in rows),
            sum(row["possession_team_id"] is None for row in rows),
            sum(row["team_id"] is None for row in rows),
            sum(row["sub_type"] == "" for row in rows),
            tuple(rows[-1][key] for key in ("score_away", "score_home", "period")),
        )
        == expected
    )
    # Only a shot at the basket has a place, and every one has.
    assert all((row["x"] is None) != row["is_field_goal"] for row in rows)
    assert [row["order_number"] for row in rows] == sorted(row["order_number"] for row in rows)
    assert [row["action_number"] for row in rows] != sorted(row["action_number"] for row in rows)
    assert all(row["event_id"] == int(game_id) * 100_000 + row["action_number"] for row in rows)


@pytest.mark.parametrize("name", PLAY_BY_PLAYS)
def test_a_play_by_play_is_the_same_with_its_raw_actions(recorded, name):
    """Read item by item, which is the way of an odd list, it gives what it gives as a whole."""
    body = recorded(f"nba_pbp/playbyplay_{name}.json.gz")
    about = {"game_id": name[:10], "source_file_id": 7}
    ((_, whole),) = nba.parse_play_by_play([body], **about)
    ((_, by_item),) = nba.parse_play_by_play([body], keep_raw=True, **about)
    raw = PBP_EVENTS.column_names.index("raw_action")
    number = PBP_EVENTS.column_names.index("action_number")
    assert all(json.loads(row[raw])["actionNumber"] == row[number] for row in by_item.rows)
    assert [(*row[:raw], *row[raw + 1 :]) for row in by_item.rows] == [
        (*row[:raw], *row[raw + 1 :]) for row in whole.rows
    ]


@pytest.mark.parametrize("name", BOX_SCORES)
def test_box_score(rows_of, name):
    found = rows_of(nba.parse_box_score, f"nba_boxscore/boxscore_{name}.json", game_id=name[:10])
    (game,) = found[BOXSCORE_GAMES.name]
    teams, players = found[BOXSCORE_TEAMS.name], found[BOXSCORE_PLAYERS.name]
    assert [team["is_home"] for team in teams] == [True, False]
    assert (game["home_team_id"], game["away_team_id"]) == tuple(t["team_id"] for t in teams)
    assert (game["home_score"], game["away_score"]) == tuple(team["points"] for team in teams)
    figures = []
    for team in teams:
        listed = [one for one in players if one["team_id"] == team["team_id"]]
        figures.append(
            (team["tricode"], team["points"], len(listed), sum(one["played"] for one in listed))
        )
        assert sum(one["starter"] for one in listed) == 5
        assert sum(team["period_points"]) == team["points"]
        for column in ("points", "assists", "steals", "blocks", "fg_made", "ft_attempted"):
            assert sum(one[column] for one in listed) == team[column], column
        assert sum(one["rebounds"] for one in listed) == team["rebounds"]
        assert sum(one["seconds"] for one in listed) == pytest.approx(team["seconds"], abs=2)
        # Who did not play has played no second.
        assert all(one["seconds"] == 0 for one in listed if not one["played"])
    assert figures == BOX_SCORES[name]
    assert (game["attendance"] is None) == (game["status"] == 2)


@pytest.mark.parametrize("game_id", ["0022000001", "0022500775", "0022500776"])
def test_play_by_play_and_box_score_end_alike(rows_of, game_id):
    """Trap D13: the score at the last end of a period is that of the game."""
    actions = rows_of(
        nba.parse_play_by_play, f"nba_pbp/playbyplay_{game_id}.json.gz", game_id=game_id
    )[PBP_EVENTS.name]
    (game,) = rows_of(
        nba.parse_box_score, f"nba_boxscore/boxscore_{game_id}.json", game_id=game_id
    )[BOXSCORE_GAMES.name]
    end = [row for row in actions if (row["action_type"], row["sub_type"]) == ("period", "end")]
    assert (end[-1]["score_home"], end[-1]["score_away"]) == (
        game["home_score"],
        game["away_score"],
    )
    assert end[-1]["period"] == game["period"]


# -- the table of team games, and odds -------------------------------------------------------------


@pytest.mark.parametrize("name", FINDERS)
def test_game_finder(rows_of, name):
    rows, games, won, of_either, twice = FINDERS[name]
    found = rows_of(nba.parse_game_finder, f"nba_gamefinder/{name}", duplicates=twice)
    found = found[FINDER_TEAMS.name]
    assert len(found) == rows
    assert len({row["game_id"] for row in found}) == games
    assert sum(row["is_winner"] for row in found) == won
    assert sum(row["is_home"] is None for row in found) == of_either
    assert {row["season_type"] for row in found} <= {1, 2, 3, 4, 5, 6}
    home = Counter(row["game_id"] for row in found if row["is_home"])
    assert set(home.values()) == {1}


def test_a_team_that_came_twice_is_the_one_that_played(rows_of):
    """Recorded: three minutes and no result, and below it the whole game."""
    name = "nba_gamefinder/leaguegamefinder_conference_east_2023-24.json.gz"
    found = rows_of(nba.parse_game_finder, name, duplicates=1)[FINDER_TEAMS.name]
    (row,) = (r for r in found if (r["game_id"], r["tricode"]) == ("0012300036", "NYK"))
    assert (row["points"], row["minutes"], row["is_winner"]) == (112, 236, False)


def test_players_are_refused(recorded):
    with pytest.raises(nba.PayloadRefused, match="a row a player"):
        nba.parse_game_finder([recorded(f"nba_gamefinder/{OF_PLAYERS}")], source_file_id=7)


@pytest.mark.parametrize("game_id", ["0022500775", "0022500776"])
def test_box_score_and_game_log_agree(recorded, rows_of, game_id):
    """Rebounds and turnovers as the league adds them up: those of nobody are counted in neither."""
    teams = rows_of(nba.parse_box_score, f"nba_boxscore/boxscore_{game_id}.json", game_id=game_id)[
        BOXSCORE_TEAMS.name
    ]
    table = json.loads(recorded("nba_gamefinder/leaguegamelog_2025-26_teams.json.gz"))
    table = table["resultSets"][0]
    logged = [dict(zip(table["headers"], row, strict=True)) for row in table["rowSet"]]
    same = {"PTS": "points", "OREB": "rebounds_offensive", "DREB": "rebounds_defensive"}
    same |= {"REB": "rebounds", "AST": "assists", "STL": "steals", "BLK": "blocks"}
    same |= {"TOV": "turnovers", "PF": "fouls", "FGM": "fg_made", "FGA": "fg_attempted"}
    same |= {"FG3M": "three_made", "FG3A": "three_attempted", "PLUS_MINUS": "plus_minus"}
    for team in teams:
        (row,) = (
            one for one in logged if (one["GAME_ID"], one["TEAM_ID"]) == (game_id, team["team_id"])
        )
        assert {name: team[column] for name, column in same.items()} == {
            name: row[name] for name in same
        }
        assert team["seconds"] == 60 * row["MIN"]


def test_odds_of_2025_03_10(rows_of):
    name = "nba_odds/odds_todaysGames_20250310.json"
    found = rows_of(nba.parse_odds, name, fetched_at=NOW)
    counts = {relation: len(rows) for relation, rows in found.items()}
    assert list(counts.values()) == [1, 1, 2, 15, 30]
    countries = [row["country_code"] for row in found[ODDS_BOOKS.name] if row["name"] == "Novibet"]
    assert countries == ["GR", "CY"] * 2
    outcomes = found[ODDS_OUTCOMES.name]
    assert sum(row["odds_trend"] is None for row in outcomes) == 4
    swapped = [row for row in outcomes if row["country_code"] == "EE"]
    assert [row["outcome_type"] for row in swapped] == ["home", "away"]
    assert swapped[0]["odds"] > swapped[1]["odds"]  # against all others; as the book quotes it
    spreads = [row for row in outcomes if row["market_key"] == "4:regular:spread"]
    assert len(spreads) == 16
    for row in spreads:
        assert row["spread"] == Decimal(row["spread_text"])
        assert row["opening_spread"] == Decimal(row["opening_spread_text"])
