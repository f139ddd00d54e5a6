"""A game from the table: its chart, its own refetch, its export."""

from __future__ import annotations

import csv
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from nbapanel.engine.events import RunStatus
from nbapanel.ui.games.game_window import GameWindow


def test_a_game_opens_refetches_and_exports(
    journey: Any, fetched: Any, simulator: Any, tmp_path: Any
) -> None:
    async def story(t: Any) -> None:
        games = t.window.docks.games
        t.window.docks.show("games")
        await t.until(lambda: games.model.held_rows, "the games")
        row = next(one for one in games.model.held_rows if one.items and one.status_completed)
        window = await _opened(t, games, row.game_id)
        await t.until(lambda: window._chart is not None and window._chart.isVisible(), "the chart")
        assert row.home_team in window.headline
        assert window._chart.plots.isVisible()
        assert len(window._chart._columns.espn) > 100

        simulator.forget_requests()
        async with t.new_run():
            t.click(window.refetch)
        assert t.board.ended.status is RunStatus.DONE
        assert t.ask("SELECT settings->'games' FROM ops.pipeline_runs WHERE run_id = 2") == [
            row.game_id
        ]
        asked = [one.path for one in simulator.requests if "/events/" in one.path]
        assert asked
        assert all(row.game_id in path for path in asked), "no other game is asked for"

        t.click(window.export)
        await t.until(lambda: list(fetched.data_dir.exports.glob("*.csv")), "the export")
        (path,) = fetched.data_dir.exports.glob("*.csv")
        assert row.game_id in path.name
        await t.until(lambda: path.name in window.notice.words, "where it is")
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        held = t.ask("SELECT count(*) FROM derived.snapshot_features WHERE game_id = %s",
                     row.game_id)  # fmt: skip
        assert len(rows) == held > 0
        assert {one["game_id"] for one in rows} == {row.game_id}
        window.close()

    journey(fetched, story)


async def _opened(t: Any, games: Any, game_id: str) -> GameWindow:
    """As by a double click on its row."""
    table = games.table
    index = games.model.index(games.model.row_of(game_id), 0)
    table.scrollTo(index)
    at = table.visualRect(index).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    QTest.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    await t.until(lambda: games._windows.get(game_id), "the window of the game")
    window: GameWindow = t.opened(GameWindow)
    return window
