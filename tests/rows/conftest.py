"""What the tests of rows share: recorded payloads, payloads made up on the spot, a row's checks."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nbapanel.rows.models import CANDLESTICKS, Column, Parsed, Relation
from nbapanel.rows.nba.relations import ODDS_OUTCOMES

FETCHED_AT = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)

NEVER_NULL = {
    "espn.scoreboard_games": {"scoreboard_date", "season_label", "competition_id"}
    | {"status_completed", "source_file_id"},
    "espn.probabilities_raw_items": {"season_label", "home_win_percentage", "away_win_percentage"}
    | {"source_file_id"},
    "espn.plays": {"season_label", "sequence_number", "source_file_id"},
    "kalshi.markets": {"event_ticker", "status", "first_seen_at", "last_seen_at"}
    | {"source_file_id"},
    "kalshi.candlesticks": {"source_file_id"},
    "nba.schedule_games": {"season_label", "source_file_id"},
    "nba.scoreboard_games": {"scoreboard_date", "source_file_id"},
    "nba.finder_teams": {"season_label", "season_type", "game_date", "source_file_id"},
    "nba.boxscore_games": {"status", "officials", "source_file_id"},
    "nba.boxscore_teams": {"is_home", "period_points", "source_file_id"},
    "nba.boxscore_players": {"team_id", "is_home", "source_file_id"},
    "nba.pbp_events": {"game_id", "action_number", "order_number", "period", "action_type"}
    | {"source_file_id"},
    "nba.odds_snapshots": {"taken_at", "games", "source_file_id"},
    "nba.odds_games": {"source_file_id"},
    "nba.odds_markets": {"odds_type_id", "source_file_id"},
    "nba.odds_books": {"source_file_id"},
    "nba.odds_outcomes": {"source_file_id"},
}
# What the columns mean (the tables say it in words) and derived numbers are made of.
RANGES = {
    "sequence_number": (0, 2**31 - 1),
    "season_year": (1947, 2200),
    "attendance": (0, 2**31 - 1),
    "period": (0, 50),
    "status_period": (0, 50),
    "home_score": (0, 999),
    "away_score": (0, 999),
    "score_value": (0, 2**31 - 1),
    "points_attempted": (0, 2**31 - 1),
    "coordinate_x": (-100_000, 100_000),
    "coordinate_y": (-100_000, 100_000),
    "side": (0, 1),
}
NBA_RANGES = RANGES | {
    "action_number": (0, 99_999),
    "order_number": (0, 2**63 - 1),
    "score_home": (0, 999),
    "score_away": (0, 999),
    "points": (0, 999),
    "team_id": (1, 2**63 - 1),  # 0 stands for none
    "home_team_id": (1, 2**63 - 1),
    "away_team_id": (1, 2**63 - 1),
    "possession_team_id": (1, 2**63 - 1),
    "person_id": (1, 2**63 - 1),
    "season_type": (1, 6),
    "x_legacy": (-100_000, 100_000),
    "y_legacy": (-100_000, 100_000),
}
FLOAT_RANGES = {
    "status_clock": (0, 720),
    "clock_seconds": (0, 720),
    "seconds": (0, 600_000),
    "plus_minus": (-999, 999),
    "x": (-100_000, 100_000),
    "y": (-100_000, 100_000),
    "shot_distance": (-100_000, 100_000),
}
ASKED_FOR_AGAIN = {
    "event_id": r"[0-9]{1,18}",
    "competition_id": r"[0-9]{1,18}",
    "ticker": r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
    "event_ticker": r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
}
NBA_GAME_ID = r"00[1-6][0-9]{7}"
MAY_BE_NULL_IN_KEY = {("espn.probabilities_raw_items", "event_id")}
MAY_BE_BLANK_IN_KEY = {"country_code"}
INT_LIMITS = {"int2": 2**15, "int4": 2**31, "int8": 2**63}


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], bytes]:
    """Reads one recorded payload, unpacked; skips the test where the recordings are absent."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "recorded"
    root = Path(os.environ.get("NBAPANEL_RECORDED", beside))

    def read(name: str) -> bytes:
        path = root / name
        if not path.is_file():
            pytest.skip(f"no recorded payload {path}")
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()

    return read


@pytest.fixture(scope="session")
def named() -> Callable[[Relation, Parsed], list[dict[str, Any]]]:
    def rows(relation: Relation, parsed: Parsed) -> list[dict[str, Any]]:
        return [dict(zip(relation.column_names, row, strict=True)) for row in parsed.rows]

    return rows


@pytest.fixture(scope="session")
def fits() -> Callable[[Relation, Parsed], None]:
    """Fails where a row is not one that the relation's table would take."""

    def check(relation: Relation, parsed: Parsed) -> None:
        keys = set()
        for row in parsed.rows:
            assert len(row) == len(relation.columns)
            for column, value in zip(relation.columns, row, strict=True):
                assert_fits(relation, column, value)
            keys.add(tuple(row[relation.column_names.index(name)] for name in relation.key))
        assert len(keys) == len(parsed.rows), "a key twice"
        for bad in parsed.bad:
            assert bad.where
            assert bad.reason
            assert_text(bad.where + bad.reason)
            assert len(bad.where) < 200
            assert len(bad.reason) < 400

    return check


def assert_fits(relation: Relation, column: Column, value: Any) -> None:
    if value is None:
        is_key = column.name in relation.key
        assert not is_key or (relation.name, column.name) in MAY_BE_NULL_IN_KEY, column
        assert column.name not in NEVER_NULL[relation.name], column
        return
    match column.type:
        case "text":
            assert_text(value)
            assert_name(relation, column, value)
        case "int2" | "int4" | "int8":
            assert_integer(relation, column, value)
        case "float8":
            assert type(value) is float
            assert math.isfinite(value)
            low, high = FLOAT_RANGES.get(column.name, (0, 1))
            assert low <= value <= high, column
            assert value or math.copysign(1, value) == 1
        case "bool":
            assert type(value) is bool
        case "timestamptz":
            assert value.tzinfo is UTC or value.utcoffset().total_seconds() == 0
            assert 1900 <= value.year <= 2200
        case "date":
            assert type(value) is date
            assert 1899 <= value.year <= 2200  # Eastern, on the first of January 1900
        case "jsonb":
            assert_text(value)
            assert "\\u0000" not in value.replace("\\\\", "")
            json.loads(value)
        case "text[]" | "int4[]" | "int8[]":
            assert type(value) is list
            for one in value:
                assert_fits(relation, Column("", column.type.removesuffix("[]")), one)
        case "numeric":
            assert_numeric(relation, column, value)
        case other:
            pytest.fail(f"no check for type {other}")


def assert_name(relation: Relation, column: Column, value: str) -> None:
    if column.name in relation.key:
        assert len(value) <= 100
        assert value or column.name in MAY_BE_BLANK_IN_KEY
    if column.name in ASKED_FOR_AGAIN:  # as a part of a URL, a key of the archive
        assert re.fullmatch(ASKED_FOR_AGAIN[column.name], value)
    if column.name == "game_id" and relation.name.startswith("nba."):
        assert re.fullmatch(NBA_GAME_ID, value)


def assert_integer(relation: Relation, column: Column, value: Any) -> None:
    assert type(value) is int
    assert -INT_LIMITS[column.type] <= value < INT_LIMITS[column.type]
    ranges = NBA_RANGES if relation.name.startswith("nba.") else RANGES
    low, high = ranges.get(column.name, (value, value))
    assert low <= value <= high, column


def assert_text(value: Any) -> None:
    assert type(value) is str
    assert "\x00" not in value
    value.encode()  # no lone surrogates


def assert_numeric(relation: Relation, column: Column, value: Any) -> None:
    if relation is CANDLESTICKS:
        assert type(value) is str
        assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", value)
        value = Decimal(value)
    assert type(value) is Decimal
    assert value.is_finite()
    if relation is ODDS_OUTCOMES:  # numeric(18, 6); of them only a spread may be below zero
        assert value.as_tuple().exponent == -6
        assert value or not value.is_signed()
        assert (-(10**9) if "spread" in column.name else 0) <= value < 10**9
        return
    assert value >= 0
    if "volume" not in column.name and column.name != "open_interest":
        assert value <= 1
        assert value.as_tuple().exponent == -4


@pytest.fixture(scope="session")
def make() -> SimpleNamespace:
    """Makers of sound items in the feeds' own shapes; keywords replace or add fields."""
    return SimpleNamespace(
        event=make_event,
        probability=make_probability,
        play=make_play,
        market=make_market,
        candle=make_candle,
        schedule_game=make_schedule_game,
        board_game=make_board_game,
        action=make_action,
        action_v3=make_action_v3,
        player=make_player,
        finder_row=make_finder_row,
        odds_game=make_odds_game,
        body=make_body,
        page=make_page,
    )


def make_body(document: Any) -> bytes:
    """As JSON; a string "@@x@@" stands for the bare token x."""
    text = json.dumps(document)
    return re.sub(r'"@@(.*?)@@"', r"\1", text).encode()


NBA_GAME = "0022300001"
FINDER_COLUMNS = ["SEASON_ID", "TEAM_ID", "TEAM_ABBREVIATION", "TEAM_NAME", "GAME_ID"]
FINDER_COLUMNS += ["GAME_DATE", "MATCHUP", "WL", "MIN", "PTS", "FT_PCT", "PLUS_MINUS"]
BOX = b"""{"game": {"gameId": "0022300001", "gameStatus": 3, "gameTimeUTC": "2024-01-16T00:30:00Z",
    "officials": [{"name": "Z. Whistle"}], "sellout": "1", "attendance": 18000,
    "homeTeam": {"teamId": 1610612752, "teamTricode": "NYK", "score": 110, "periods":
        [{"period": 1, "score": 110}], "statistics": {"minutes": "PT240M00.00S"}, "players": %b},
    "awayTeam": {"teamId": 1610612762, "teamTricode": "UTA", "score": 99, "players": []}}}"""
PAGES = {
    "schedule": b'{"leagueSchedule": {"seasonYear": "2023-24", "gameDates": [{"gameDate":'
    b' "01/15/2024 00:00:00", "games": %b}]}}',
    "board": b'{"scoreboard": {"gameDate": "2024-01-15", "games": %b}}',
    "actions": b'{"game": {"gameId": "0022300001", "actions": %b}}',
    "players": BOX,
    "table": b'{"resultSets": [{"headers": '
    + json.dumps(FINDER_COLUMNS).encode()
    + b', "rowSet": %b}]}',
    "odds": b'{"games": %b}',
}


def make_page(listed: str, items: bytes) -> bytes:
    """A whole page around the items of a list, `items` being its JSON."""
    return PAGES.get(listed, b'{"' + listed.encode() + b'": %b}').replace(b"%b", items)


def make_event(number: int = 1, **changes: Any) -> dict[str, Any]:
    status = {
        "clock": 0.0,
        "period": 4,
        "type": {"id": "3", "name": "STATUS_FINAL", "state": "post", "completed": True},
    }
    competition = {
        "id": str(401_000_000 + number),
        "date": "2024-01-16T00:30Z",
        "attendance": 18_000,
        "neutralSite": False,
        "venue": {"id": "1", "fullName": "Hall", "address": {"city": "Town", "state": "ST"}},
        "competitors": [
            make_competitor("home", "NY", "110", winner=True),
            make_competitor("away", "UTAH", "99", winner=False),
        ],
        "status": status,
        "broadcasts": [{"market": "national", "names": ["TNT", "truTV"]}],
    }
    event = {
        "id": str(401_000_000 + number),
        "uid": f"s:40~l:46~e:{number}",
        "date": "2024-01-16T00:30Z",
        "name": "Utah at New York",
        "shortName": "UTAH @ NY",
        "season": {"year": 2024, "type": 2, "slug": "regular-season"},
        "competitions": [competition],
    }
    for name, value in changes.items():
        for place in (event, competition) if name != "id" else (event,):
            if name in place or (place is event and name not in competition):
                place[name] = value
    return event


def make_competitor(side: str, abbreviation: str, score: str, **more: Any) -> dict[str, Any]:
    team = {"id": "18", "abbreviation": abbreviation, "name": "N", "displayName": "D"}
    return {"homeAway": side, "team": team, "score": score, **more}


def make_probability(number: int = 1, **changes: Any) -> dict[str, Any]:
    host = "http://sports.core.api.espn.com/v2/sports/basketball/leagues/nba"
    game = f"{host}/events/401584793/competitions/401584793"
    return {
        "$ref": f"{game}/probabilities/401584793{number}?lang=en",
        "competition": {"$ref": f"{game}?lang=en"},
        "play": {"$ref": f"{game}/plays/401584793{number}?lang=en&region=us"},
        "homeTeam": {"$ref": f"{host}/seasons/2024/teams/15?lang=en"},
        "awayTeam": {"$ref": f"{host}/seasons/2024/teams/8?lang=en"},
        "sequenceNumber": str(number),
        "homeWinPercentage": 0.835,
        "awayWinPercentage": 0.16500000000000004,
        "tiePercentage": 0.0,
        "spreadCoverProbHome": 0.5,
        "lastModified": "2023-11-09T04:10Z",
    } | changes


def make_play(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"401584793{number}",
        "sequenceNumber": str(number),
        "type": {"id": "130", "text": "Jump Shot"},
        "text": "A. Guard makes a jump shot",
        "shortText": "Guard jumper",
        "period": {"number": 1},
        "clock": {"value": 521.0, "displayValue": "8:41"},
        "homeScore": 2,
        "awayScore": 0,
        "scoreValue": 2,
        "scoringPlay": True,
        "shootingPlay": True,
        "pointsAttempted": 2,
        "coordinate": {"x": 25, "y": 6},
        "team": {"$ref": "http://x.test/v2/seasons/2024/teams/8?lang=en"},
        "wallclock": "2023-11-09T01:11:01Z",
        "modified": "2023-11-09T01:11Z",
    } | changes


def make_market(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "ticker": f"KXNBAGAME-26JAN{number:02d}UTANYK-NYK",
        "event_ticker": f"KXNBAGAME-26JAN{number:02d}UTANYK",
        "title": "Utah at New York Winner?",
        "yes_sub_title": "New York",
        "no_sub_title": "New York",
        "market_type": "binary",
        "status": "active",
        "result": "",
        "last_price_dollars": "0.5600",
        "yes_bid_dollars": "0.5500",
        "yes_ask_dollars": "0.5700",
        "volume_fp": "107027102.30",
        "open_interest_fp": "0.00",
        "open_time": "2026-01-01T15:00:00Z",
        "created_time": "2026-01-01T14:00:00.123456Z",
        "can_close_early": True,
    } | changes


def make_candle(number: int = 1, **changes: Any) -> dict[str, Any]:
    quote = {f"{name}_dollars": "0.5500" for name in ("close", "high", "low", "open")}
    return {
        "end_period_ts": 1_781_301_600 + 60 * number,
        "open_interest_fp": "1558910.90",
        "price": {**quote, "mean_dollars": "0.5498", "previous_dollars": "0.5500"},
        "volume_fp": "73570.84",
        "yes_ask": dict.fromkeys(quote, "0.5600"),
        "yes_bid": quote,
    } | changes


def nba_team(tricode: str, score: Any, number: int = 1610612752) -> dict[str, Any]:
    return {"teamId": number, "teamTricode": tricode, "teamCity": "C", "teamName": "N"} | {
        "score": score
    }


def make_schedule_game(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "gameId": f"00223{number:05d}",
        "gameCode": "20240115/UTANYK",
        "gameStatus": 3,
        "gameStatusText": "Final",
        "gameDateEst": "2024-01-15T00:00:00Z",
        "gameDateTimeEst": "2024-01-15T19:30:00Z",
        "gameDateTimeUTC": "2024-01-16T00:30:00Z",
        "weekNumber": 13,
        "ifNecessary": False,
        "gameLabel": "",
        "postponedStatus": "N",
        "isNeutral": False,
        "arenaName": "Hall",
        "homeTeam": nba_team("NYK", 110),
        "awayTeam": nba_team("UTA", 99, 1610612762),
    } | changes


def make_board_game(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "gameId": f"00223{number:05d}",
        "gameCode": "20240115/UTANYK",
        "gameStatus": 3,
        "gameStatusText": "Final",
        "period": 4,
        "gameClock": "",
        "gameTimeUTC": "2024-01-16T00:30:00Z",
        "gameEt": "2024-01-15T19:30:00Z",
        "isNeutral": False,
        "homeTeam": nba_team("NYK", 110),
        "awayTeam": nba_team("UTA", 99, 1610612762),
    } | changes


def make_action(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "actionNumber": number,
        "clock": "PT11M26.00S",
        "timeActual": "2024-01-16T00:41:01.5Z",
        "period": 1,
        "periodType": "REGULAR",
        "teamId": 1610612752,
        "actionType": "2pt",
        "subType": "Jump Shot",
        "qualifiers": ["fromturnover"],
        "personId": 203925,
        "x": 66.9,
        "y": 3.0,
        "side": "right",
        "shotDistance": 12.5,
        "possession": 1610612752,
        "scoreHome": "2",
        "scoreAway": "0",
        "edited": "2024-01-16T00:41:05Z",
        "orderNumber": 10_000 + 20_000 * number,
        "xLegacy": 9,
        "yLegacy": 258,
        "isFieldGoal": 1,
        "shotResult": "Made",
        "description": "A. Guard jumper",
        "playerName": "Guard",
        "personIdsFilter": [203925],
    } | changes


def make_action_v3(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "actionNumber": 2 * number,
        "clock": "PT11M26.00S",
        "period": 1,
        "teamId": 1610612752,
        "personId": 203925,
        "playerName": "Guard",
        "xLegacy": 9,
        "yLegacy": 258,
        "shotDistance": 12,
        "shotResult": "Made",
        "isFieldGoal": 1,
        "scoreHome": "2",
        "scoreAway": "0",
        "description": "Guard 12' Jump Shot",
        "actionType": "Made Shot",
        "subType": "Jump Shot",
        "actionId": number,
    } | changes


def make_player(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "personId": 203_000 + number,
        "order": number,
        "name": "A. Guard",
        "jerseyNum": "7",
        "position": "SF",
        "status": "ACTIVE",
        "starter": "1",
        "played": "1",
        "statistics": {"minutes": "PT21M05.50S", "points": 18, "plusMinusPoints": -6.0}
        | {"reboundsTotal": 6, "fieldGoalsMade": 5, "fieldGoalsAttempted": 12},
    } | changes


def make_finder_row(number: int = 1, **changes: Any) -> list[Any]:
    row = ["22023", 1610612752, "NYK", "New York Knicks", f"00223{number:05d}"]
    row += ["2024-01-15", "NYK vs. UTA", "W", 240, 110, 0.8, 11.0]
    return [changes.get(name, value) for name, value in zip(FINDER_COLUMNS, row, strict=True)]


def make_odds_game(number: int = 1, **changes: Any) -> dict[str, Any]:
    outcome = {"odds_field_id": 10, "type": "home", "odds": "1.370", "opening_odds": "1.360"}
    outcome |= {"odds_trend": "up", "spread": "-6.5", "opening_spread": -7.5}
    book = {"id": "sr:book:108", "name": "B", "countryCode": "AUS", "outcomes": [outcome]}
    market = {"name": "spread", "odds_type_id": 4, "group_name": "regular", "books": [book]}
    return {
        "gameId": f"00223{number:05d}",
        "sr_id": "sr:match:52632103",
        "homeTeamId": "1610612752",
        "awayTeamId": "1610612762",
        "markets": [market],
    } | changes
