"""Which rows: by a game's id of either feed, by season, from a time on."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.errors import UsageError
from nbapanel.exports import export_choices
from nbapanel.exports.narrowing import check_season, moment_of
from nbapanel.rows.exportable import ExportDone

Write = Callable[..., ExportDone]


def _read(done: ExportDone) -> list[dict[str, str]]:
    with Path(done.out).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("game", ["0022500571", "401810622"])
@pytest.mark.parametrize(
    ("source", "column", "values"),
    [
        ("nba.pbp_events", "game_id", {"0022500571"}),
        ("nba.games", "game_id", {"0022500571"}),
        ("espn.scoreboard_games", "event_id", {"401810622"}),
        ("kalshi.markets", "ticker", {"T-PHI"}),
        ("kalshi.candlesticks", "ticker", {"T-PHI"}),
        ("derived.game_map", "home_code", {"PHI"}),
        ("derived.game_state_by_event", "game_id", {"0022500571"}),
        ("games", "home_code", {"PHI"}),
    ],
)
def test_a_game_by_the_id_of_either_feed(
    write_read: Write, game: str, source: str, column: str, values: set[str]
) -> None:
    assert {row[column] for row in _read(write_read(source, games=(game,)))} == values


@pytest.mark.parametrize(
    ("source", "column", "values"),
    [
        ("nba.pbp_events", "game_id", {"0022400002"}),
        ("nba.games", "season_label", {"2024-25"}),
        ("kalshi.candlesticks", "ticker", {"U-LAL"}),
        ("market_candles", "ticker", {"U-LAL"}),
        ("pbp_event_state", "game_id", {"0022400002"}),
    ],
)
def test_a_season_with_or_without_a_column_of_it(
    write_read: Write, source: str, column: str, values: set[str]
) -> None:
    assert {row[column] for row in _read(write_read(source, seasons=("2024-25",)))} == values


def test_all_that_is_asked_holds_together(write_read: Write) -> None:
    both = write_read("nba.pbp_events", games=("0022500571", "401700002"))
    assert both.rows == 6
    since = datetime(2026, 1, 16, 0, 12, tzinfo=UTC)
    some = write_read("nba.pbp_events", name="b.csv", games=("0022500571",), since=since)
    assert [row["action_number"] for row in _read(some)] == ["3", "2"]
    none = write_read("nba.pbp_events", name="c.csv", games=("0022500571",), seasons=("2024-25",))
    assert (none.rows, _read(none)) == (0, [])
    manifest = json.loads(Path(some.manifest).read_text())
    assert manifest["filter"] == {
        "games": ["0022500571"],
        "seasons": [],
        "since": "2026-01-16T00:12:00+00:00",
        "time_column": "time_actual",
    }


def test_a_day_s_column_is_compared_with_the_eastern_day(write_read: Write) -> None:
    """Trap F13: 02:00 UTC on the 16th is still the 15th there."""
    late = datetime(2026, 1, 16, 2, 0, tzinfo=UTC)
    assert [row["game_date"] for row in _read(write_read("derived.slate", since=late))] == [
        "2026-01-15"
    ]


@pytest.mark.parametrize(
    ("source", "wanted", "told"),
    [
        ("nba.teams", {"games": ("0022500571",)}, "nba.teams cannot be narrowed by game"),
        ("nba.teams", {"seasons": ("2025-26",)}, "nba.teams cannot be narrowed by season"),
        ("nba.boxscore_players", {"since": datetime(2026, 1, 1, tzinfo=UTC)}, "column of times"),
        ("nba.games", {"games": ("401810622", "4")}, "There is no game '4'"),
        ("nba.games", {"games": ("x' OR '1'='1",)}, "There is no game"),
        ("nba.games", {"seasons": ("1999-00",)}, "no game of the season 1999-00"),
    ],
)
def test_what_cannot_be_asked_is_said(
    write_read: Write,
    tmp_path: Path,
    source: str,
    wanted: dict[str, Any],
    told: str,
) -> None:
    with pytest.raises(UsageError) as error:
        write_read(source, **wanted)
    assert told in str(error.value)
    assert not list(tmp_path.iterdir())


def test_by_what_each_can_be_narrowed_is_told(read_games: Connection[Any]) -> None:
    found = {one.name: one for one in export_choices(read_games).sources}
    told = {
        name: (found[name].takes_game, found[name].takes_season, found[name].time_column)
        for name in ("nba.teams", "kalshi.candlesticks", "derived.slate", "nba.odds_snapshots")
    }
    assert told == {
        "nba.teams": (False, False, ""),
        "kalshi.candlesticks": (True, True, "period_ts"),
        "derived.slate": (False, True, "game_date"),
        "nba.odds_snapshots": (False, False, "taken_at"),
    }


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-15", datetime(2026, 1, 15, 5, tzinfo=UTC)),
        ("2026-07-15", datetime(2026, 7, 15, 4, tzinfo=UTC)),
        ("2026-01-15T19:00:00-05:00", datetime(2026, 1, 16, tzinfo=UTC)),
        ("2026-01-16 00:00Z", datetime(2026, 1, 16, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-01-15T19:00:00", "2026-13-01", "20260115",
             "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
)  # fmt: skip
def test_no_moments(text: str) -> None:
    """A time without an offset could be anybody's; the calendar's first and last have no day in the
    East, and broke the export off with a bug."""
    with pytest.raises(UsageError, match="is no moment"):
        moment_of(text)


@pytest.mark.parametrize("label", ["2023", "2023-25", "2023-2024", "23-24", ""])
def test_no_seasons(label: str) -> None:
    with pytest.raises(UsageError, match="is no season"):
        check_season(label)


def test_the_turn_of_the_century_is_a_season() -> None:
    assert check_season("1999-00") == "1999-00"
