"""Closing while a run is underway: asked, and what was chosen happens, with nothing left behind."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox

from nbapanel.engine.events import RunStatus
from nbapanel.rows.exportable import ExportWanted
from nbapanel.warehouse.db import connect

_LOCKS = """
SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE d.datname = current_database() AND l.locktype = 'advisory'
"""


def test_it_goes_on_without_the_window_and_the_next_one_shows_it(
    journey: Any, place: Any, simulator: Any, slow: Any, eventually: Any, count_backends: Any
) -> None:
    """trap W10: kept open first, by each way to say so; then let go."""

    async def leaves(t: Any) -> None:
        slow()
        await _until_fetching(t)
        box = await t.asked_on_closing()
        assert box.text() == f"Run {t.board.run_id} is still underway."
        t.window.close()
        assert len(t.window.findChildren(QMessageBox)) == 1, "asked once"
        t.press(box, "Keep the window")
        await _is_kept(t)
        QTest.keyClick(await t.asked_on_closing(), Qt.Key.Key_Escape)
        await _is_kept(t)
        t.press(await t.asked_on_closing(), "Let it finish")
        await t.until(t.panel.left.is_set, "the end of the window")

    async def returns(t: Any) -> None:
        await t.until_at("candlesticks")
        assert t.button == "Stop"
        simulator.faults()
        await t.until_ended()
        assert t.board.ended.status is RunStatus.DONE
        assert set(t.states.values()) == {"done"}
        await t.until_fresh()

    async def sees(t: Any) -> None:
        await t.until_fresh()
        await t.until(lambda: t.card("publish").words.word == "Done", "the cards of the last run")
        assert not t.panel.live.is_running

    journey(place, leaves)
    conninfo = place.settings.database_url
    with connect(conninfo, purpose="test looks") as connection:
        status = connection.execute("SELECT status FROM ops.pipeline_runs").fetchall()
    assert status == [("running",)]
    journey(place, returns)
    journey(place, sees)
    eventually(lambda: count_backends(conninfo) == 0)


def test_it_is_stopped_and_nothing_is_left(
    journey: Any, place: Any, slow: Any, processes_of: Any, count_backends: Any
) -> None:
    """trap W10: in stages; when the window is gone, so are process, connection and lock."""

    async def story(t: Any) -> None:
        slow()
        await _until_fetching(t)
        t.press(await t.asked_on_closing(), "Stop it, then close")
        await t.until(t.panel.left.is_set, "the end of the window")
        assert not t.panel.desk.is_child_alive

    journey(place, story)
    assert processes_of(place.data_dir.root) == []
    conninfo = place.settings.database_url
    assert count_backends(conninfo) == 0
    with connect(conninfo, purpose="test looks") as connection:
        runs = connection.execute("SELECT status FROM ops.pipeline_runs").fetchall()
        assert runs == [("cancelled",)]
        assert connection.execute(_LOCKS).fetchone() == (0,)
        mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert connection.execute(mine).fetchone() == (1,), "the window let go of everything too"


def test_a_run_of_a_terminal_is_none_of_its_business(
    journey: Any, place: Any, simulator: Any, slow: Any, terminal: Any
) -> None:
    async def story(t: Any) -> None:
        slow()
        process = terminal(place, "refetch")
        await t.until_running()
        box = await t.asked_on_closing()
        assert "It was started elsewhere" in box.informativeText()
        t.press(box, "Let it finish")
        await t.until(t.panel.left.is_set, "the end of the window")
        assert process.poll() is None
        simulator.faults()
        assert await asyncio.to_thread(process.wait, 30) == 0

    journey(place, story)


async def _until_fetching(t: Any) -> None:
    t.click(t.window.header.button)
    await t.until_at("candlesticks")


def test_an_export_underway_is_asked_about(journey: Any, place: Any, tmp_path: Path) -> None:
    """It ended with the window, without a word."""
    out = tmp_path / "finder_teams.csv"

    async def leaves(t: Any) -> None:
        with connect(place.settings.database_url, purpose="test holds", autocommit=False) as held:
            held.execute("LOCK nba.finder_teams")
            t.window.exports.start(ExportWanted("nba.finder_teams", out))
            box = await t.asked_on_closing()
            assert box.text() == "An export is still underway."
            t.press(box, "Keep the window")
            await t.until(lambda: not t.window.findChildren(QMessageBox), "the question's end")
            assert (t.window.exports.is_on, t.panel.left.is_set()) == (True, False)
            t.press(await t.asked_on_closing(), "Close the window")
            await t.until(t.panel.left.is_set, "the end of the window")

    journey(place, leaves)
    assert not out.exists()


async def _is_kept(t: Any) -> None:
    await t.until(lambda: not t.window.findChildren(QMessageBox), "the end of the question")
    assert t.window.isVisible()
    assert not t.panel.left.is_set()
    assert t.panel.live.is_running
    assert t.button == "Stop"
