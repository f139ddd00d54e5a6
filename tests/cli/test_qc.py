"""`qc`: what it says, writes and returns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from nbapanel.rows.quality import QualityReport


def test_a_league_that_was_fetched_passes_until_something_is_spoiled(
    refetch: Any, nbapanel: Any, connection: psycopg.Connection, tmp_path: Path
) -> None:
    assert refetch("--json", all_games=True).code == 0
    done = nbapanel("qc")
    assert done.code == 0, done.out
    assert "No score falls" in done.out
    _, said = done.out.strip().splitlines()[-1].split(": ")
    assert "3 with warnings, 5 pass, 1,224 not checked" in said
    assert done.err == ""

    game_id = _spoil(connection)
    done = nbapanel("qc", "--game", game_id)
    assert done.code == 1
    assert f"✗ {game_id}" in done.out
    assert "✗ points: " in done.out
    assert f"✗ Game {game_id} (final): " in done.out

    file = tmp_path / "report.json"
    done = nbapanel("qc", "--season", "2025-26", "--json", str(file))
    assert (done.code, list(tmp_path.glob("*.tmp"))) == (1, [])
    written = msgspec.json.decode(file.read_bytes(), type=QualityReport)
    document = msgspec.json.decode(file.read_bytes())
    assert document["has_failed"]
    assert [game["game_id"] for game in document["games"] if game["verdict"] == "failed"] == [
        game_id
    ]
    assert [game.game_id for game in written.games if game.failed] == [game_id]
    done = nbapanel("qc", "--json", "-")
    assert done.code == 1
    said = msgspec.json.decode(done.out, type=QualityReport)
    assert [game.game_id for game in said.games if game.failed] == [game_id]
    assert "points" in {finding.check for game in said.games for finding in game.findings}


def test_what_cannot_be_asked(nbapanel: Callable[..., Any], tmp_path: Path) -> None:
    assert nbapanel("migrate").code == 0
    done = nbapanel("qc", "--game", "0022599999")
    assert (done.code, "no NBA game 0022599999" in done.err) == (2, True)
    done = nbapanel("qc", "--season", "1999-00")
    assert (done.code, "no NBA game of season 1999-00" in done.err) == (2, True)
    done = nbapanel("qc", "--season", "2025-26", "--game", "0022500001")
    assert (done.code, "not both" in done.err) == (2, True)
    done = nbapanel("qc")
    assert (done.code, "No NBA games yet" in done.out) == (0, True)
    done = nbapanel("qc", "--json", str(tmp_path / "nowhere" / "report.json"))
    assert (done.code, "There is no folder" in done.err) == (2, True)
    os.mkfifo(tmp_path / "pipe")  # as /dev/null: it is written over by nobody
    done = nbapanel("qc", "--json", str(tmp_path / "pipe"))
    assert (done.code, "no ordinary file" in done.err) == (2, True)
    assert (tmp_path / "pipe").is_fifo()


def test_where_nothing_is_yet(run_command: Any, tmp_path: Path) -> None:
    """Nothing is made for a look, and nothing is amiss either."""
    room = tmp_path / "data"
    done = run_command("qc", "--data-dir", str(room))
    assert (done.code, "Nothing here yet" in done.out) == (0, True)
    done = run_command("qc", "--json", "-", "--data-dir", str(room))
    assert done.code == 0
    assert msgspec.json.decode(done.out, type=QualityReport).games == ()
    assert not room.exists()


@pytest.mark.parametrize("words", [("--game", "0022500001"), ("--season", "2025-26")])
def test_a_game_or_season_is_not_right_where_nothing_is(
    words: tuple[str, str], run_command: Any, tmp_path: Path
) -> None:
    """Who asks for one and hears of no failure would take it for checked."""
    done = run_command("qc", *words, "--data-dir", str(tmp_path / "data"))
    assert (done.code, "There is no NBA game" in done.err) == (2, True)
    assert not (tmp_path / "data").exists()


def _spoil(connection: psycopg.Connection) -> str:
    row = connection.execute(
        """
        UPDATE nba.boxscore_players AS p SET points = points + 1
        FROM (
            SELECT p.game_id, p.person_id
            FROM nba.boxscore_players AS p
            JOIN nba.games AS g ON g.game_id = p.game_id
            WHERE g.status = 3
            LIMIT 1
        ) AS one
        WHERE p.game_id = one.game_id AND p.person_id = one.person_id
        RETURNING p.game_id
        """
    ).fetchone()
    assert row is not None
    return str(row[0])
