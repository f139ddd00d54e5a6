"""A game in a file for other programs: whole or not at all."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from psycopg import Connection

from nbapanel.desk.exporting import export_game
from nbapanel.errors import UserFacingError


@pytest.fixture
def game(connection: Connection[Any]) -> str:
    connection.execute(
        "INSERT INTO espn.scoreboard_games (event_id, scoreboard_date, season_label,"
        " competition_id, status_completed, source_file_id)"
        " SELECT id, '2026-01-15', '2025-26', id, true, 1 FROM unnest(ARRAY['401', '402']) AS id"
    )
    connection.execute(
        "INSERT INTO derived.snapshot_features (game_id, sequence_number, snapshot_ts,"
        " season_label, espn_home_prob, espn_away_prob, aligned_by)"
        " SELECT '401', n, '2026-01-16 03:04:05.25+00'::timestamptz + n * interval '1 s',"
        " '2025-26', 0.625, 0.375, 'none' FROM generate_series(3, 1, -1) AS n"
    )
    return "401"


def test_every_row_in_order_with_its_offset(
    connection: Connection[Any], game: str, tmp_path: Path
) -> None:
    connection.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'")
    path = export_game(connection, game, tmp_path / "exports")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["sequence_number"] for row in rows] == ["1", "2", "3"]
    assert rows[0]["snapshot_ts"] == "2026-01-16 03:04:06.25+00"
    assert rows[0]["espn_home_prob"] == "0.625"
    assert rows[0]["kalshi_home_mid_price"] == ""
    names = sorted(found.name for found in path.parent.iterdir())
    assert names == [path.name, f"{path.name}.manifest.json"]


def test_a_later_export_takes_the_place_of_the_earlier(
    connection: Connection[Any], game: str, tmp_path: Path
) -> None:
    path = export_game(connection, game, tmp_path)
    connection.execute("DELETE FROM derived.snapshot_features WHERE sequence_number > 1")
    assert export_game(connection, game, tmp_path) == path
    assert len(path.read_text(encoding="utf-8").splitlines()) == 2


def test_a_game_without_features_leaves_no_file(
    connection: Connection[Any], game: str, tmp_path: Path
) -> None:
    with pytest.raises(UserFacingError, match="no snapshot features"):
        export_game(connection, "402", tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_is_said(
    connection: Connection[Any], game: str, tmp_path: Path
) -> None:
    (tmp_path / "exports").write_text("a file")
    with pytest.raises(UserFacingError, match="could not be exported"):
        export_game(connection, game, tmp_path / "exports")
