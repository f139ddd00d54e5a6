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
ASKED_FOR_AGAIN = {
    "event_id": r"[0-9]{1,18}",
    "competition_id": r"[0-9]{1,18}",
    "ticker": r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
    "event_ticker": r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
}
MAY_BE_NULL_IN_KEY = {("espn.probabilities_raw_items", "event_id")}
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
            if column.name in relation.key:
                assert 0 < len(value) <= 100
            if column.name in ASKED_FOR_AGAIN:  # as a part of a URL, a key of the archive
                assert re.fullmatch(ASKED_FOR_AGAIN[column.name], value)
        case "int2" | "int4" | "int8":
            assert type(value) is int
            assert -INT_LIMITS[column.type] <= value < INT_LIMITS[column.type]
            low, high = RANGES.get(column.name, (value, value))
            assert low <= value <= high, column
        case "float8":
            assert type(value) is float
            assert math.isfinite(value)
            assert 0 <= value <= (720 if "clock" in column.name else 1), column
            assert math.copysign(1, value) == 1
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
        case "numeric":
            assert_numeric(relation, column, value)
        case other:
            pytest.fail(f"no check for type {other}")


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
        body=make_body,
    )


def make_body(document: Any) -> bytes:
    """As JSON; a string "@@x@@" stands for the bare token x."""
    text = json.dumps(document)
    return re.sub(r'"@@(.*?)@@"', r"\1", text).encode()


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
