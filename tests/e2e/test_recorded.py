"""Refetches of what was really recorded: the tables hold what the payloads say."""

from __future__ import annotations

import csv
import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbapanel.pipeline import STEPS

pytestmark = pytest.mark.recorded

_WINDOWS = ("2024-01-14..2024-01-16", "2024-03-16..2024-03-18", "2026-05-01..2026-05-03")
_SUMMARY_GAME = "401585607"


@pytest.fixture(scope="module")
def warehouse(
    recorded: Path, tmp_path_factory: pytest.TempPathFactory, new_module_panel: Any
) -> Iterator[Any]:
    """One warehouse with the three windows, and the document of each run."""
    panel = new_module_panel()
    with panel.connection() as connection:
        runs = [
            panel("refetch", "--feeds", f"recorded:{recorded}", "--date", window, "--json")
            for window in _WINDOWS
        ]
        yield connection, dict(zip(_WINDOWS, runs, strict=True))


def _events(path: Path) -> list[dict[str, Any]]:
    return json.loads(path.read_bytes())["events"]


def test_every_step_is_done_and_no_item_is_bad(warehouse: Any) -> None:
    _, runs = warehouse
    for window, run in runs.items():
        assert run.document["status"] == "done", (window, run.document)
        good = {"done", "skipped"}
        assert set(run.states.values()) <= good, (window, run.states)
        assert {step["bad_items"] for step in run.document["steps"]} == {0}, window
    assert runs[_WINDOWS[1]].states == dict.fromkeys(STEPS.keys, "done")


@pytest.mark.parametrize("day", ["20240115", "20260502_inprogress"])
def test_scores_and_winners_are_those_of_the_payload(
    day: str, warehouse: Any, recorded: Path
) -> None:
    connection, _ = warehouse
    events = _events(recorded / "espn_scoreboard" / f"{day}.json")
    if day == "20240115":
        assert len(events) == 11
    for event in events:
        (competition,) = event["competitions"]
        sides = {one["homeAway"]: one for one in competition["competitors"]}
        found = connection.execute(
            "SELECT home_score, away_score, home_winner, away_winner, status_completed,"
            " home_team_abbrev, away_team_abbrev FROM espn.scoreboard_games WHERE event_id = %s",
            (event["id"],),
        ).fetchone()
        assert found == (
            int(sides["home"]["score"]),
            int(sides["away"]["score"]),
            sides["home"].get("winner"),
            sides["away"].get("winner"),
            competition["status"]["type"]["completed"],
            sides["home"]["team"]["abbreviation"],
            sides["away"]["team"]["abbreviation"],
        )


def test_a_game_in_progress_is_not_final(warehouse: Any) -> None:
    """trap D6: no winner of a game that is not over."""
    connection, _ = warehouse
    rows = connection.execute(
        "SELECT home_score, away_score, g.status_state, g.status_completed, winner"
        " FROM espn.scoreboard_games AS g JOIN derived.game_summary AS s"
        " ON s.game_id = g.competition_id WHERE g.game_date = '2026-05-02'"
    ).fetchall()
    scores = [
        ({home, away}, state, completed, winner) for home, away, state, completed, winner in rows
    ]
    assert ({92, 87}, "in", False, None) in scores


def test_the_whole_game_comes_through_its_summary(warehouse: Any, recorded: Path) -> None:
    connection, _ = warehouse
    summary = json.loads(
        gzip.decompress((recorded / "espn_summary" / f"{_SUMMARY_GAME}.json.gz").read_bytes())
    )
    for table, name in (("probabilities_raw_items", "winprobability"), ("plays", "plays")):
        count = connection.execute(
            f"SELECT count(*) FROM espn.{table} WHERE game_id = %s", (_SUMMARY_GAME,)
        ).fetchone()
        assert count == (450,) == (len(summary[name]),)
    game = connection.execute(
        "SELECT final_home_score, final_away_score, winner, items, plays, state_rows"
        " FROM derived.game_summary WHERE game_id = %s",
        (_SUMMARY_GAME,),
    ).fetchone()
    assert game == (111, 96, 0, 450, 450, 450)
    last = connection.execute(
        "SELECT home_score, away_score FROM espn.prob_event_state WHERE game_id = %s"
        " AND time_remaining = 0 ORDER BY sequence_number DESC LIMIT 1",
        (_SUMMARY_GAME,),
    ).fetchone()
    assert last == (111, 96)


def test_every_recorded_market_has_its_result(warehouse: Any, recorded: Path) -> None:
    """trap W8: both markets of each game, and each with what was recorded of it."""
    connection, _ = warehouse
    expected = {
        market["ticker"]: market["result"]
        for path in (recorded / "kalshi_markets").glob("*.json")
        for market in _markets(json.loads(path.read_bytes()))
        if market["ticker"].startswith("KXNBAGAME-")
    }
    assert len(expected) > 2
    found = dict(
        connection.execute(
            "SELECT ticker, coalesce(result, '') FROM kalshi.markets WHERE ticker = ANY(%s)",
            (sorted(expected),),
        ).fetchall()
    )
    assert found == expected


def _markets(document: dict[str, Any]) -> list[dict[str, Any]]:
    held = document.get("event", document)
    found = [*document.get("markets", []), *held.get("markets", [])]
    return found + ([document["market"]] if "market" in document else [])


def test_every_recorded_candle_is_loaded(warehouse: Any, recorded: Path) -> None:
    connection, _ = warehouse
    paths = sorted((recorded / "kalshi_candlesticks").glob("*/*_candles.csv.gz"))
    assert paths
    for path in paths:
        rows = list(csv.DictReader(gzip.decompress(path.read_bytes()).decode().splitlines()))
        tickers = sorted({row["ticker"] for row in rows})
        (count, volume) = connection.execute(
            "SELECT count(*), sum(volume) FROM kalshi.candlesticks"
            " WHERE ticker = ANY(%s) AND period_interval_min = 1",
            (tickers,),
        ).fetchone()
        assert count == len(rows), path.name
        assert volume == sum(int(float(row["volume"] or 0)) for row in rows), path.name


def test_another_folder_of_the_same_layout(recorded: Path, tmp_path: Path, new_panel: Any) -> None:
    """One day's scoreboard and one game's summary, and nothing else."""
    folder = tmp_path / "mine"
    for part, name in (
        ("espn_scoreboard", "20240115.json"),
        ("espn_summary", f"{_SUMMARY_GAME}.json.gz"),
    ):
        (folder / part).mkdir(parents=True)
        shutil.copy(recorded / part / name, folder / part / name)
    panel = new_panel()
    panel("refetch", "--feeds", f"recorded:{folder}", "--date", _WINDOWS[0])
    other = panel("refetch", "--feeds", f"recorded:{folder}", "--date", _WINDOWS[1], "--json")
    assert other.document["status"] == "done"
    with panel.connection() as connection:
        days = connection.execute(
            "SELECT game_date::text, games FROM derived.slate ORDER BY game_date"
        ).fetchall()
        assert days == [("2024-01-15", 11), ("2024-03-17", 1)]
        plays = connection.execute("SELECT game_id, count(*) FROM espn.plays GROUP BY 1").fetchall()
        assert plays == [(_SUMMARY_GAME, 450)]
