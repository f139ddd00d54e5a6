"""Every dock over a filled warehouse, while nothing runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nbapanel.ui.charts.ranges import Range
from nbapanel.ui.notices import Notice

pytestmark = pytest.mark.timeout(240)


def test_fresh_with_games_and_charts(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        await s.until(lambda: s.docks.games.model.rowCount() > 0, "the games")
        await s.until(lambda: "Fresh" in s.window.header.words, "the headline")
        await s.shoot("fresh")
        charts = s.docks.charts
        s.docks.show("charts")
        await s.until(lambda: charts.has_data, "the charts' data")
        for number, name in enumerate(("row_counts", "durations", "changes")):
            charts.toolbar.choice.choose(number)
            await s.settle()
            await s.shoot(f"charts_{name}")

    studio(filled_place, story)


def test_charts_of_a_week(studio: Any, filled_place: Any) -> None:
    """The same runs, as if they had been days apart."""

    async def story(s: Any) -> None:
        charts = s.docks.charts
        s.docks.show("charts")
        await s.until(lambda: charts.has_data, "the charts' data")
        for wanted in (Range.DAY, Range.WEEK, Range.MONTH, Range.ALL):
            charts.toolbar.choose_range(wanted)
            await s.settle(10)
            for number, name in enumerate(("row_counts", "durations", "changes")):
                charts.toolbar.choice.choose(number)
                await s.settle()
                await s.shoot(f"week_{name}_{wanted.value.replace(' ', '')}")

    _spread(filled_place)
    studio(filled_place, story)


def test_history_with_a_run_and_a_comparison(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        history = s.docks.history
        s.docks.show("history")
        await s.until(lambda: history.model.rowCount() > 0, "the runs")
        await s.until(lambda: history.run.steps.rowCount() > 0, "a run")
        history.show_run(1)
        await s.settle(8)
        await s.shoot("history")
        failed = next(row.run_id for row in history.model.held_rows if row.status == "failed")
        history.show_run(failed)
        await s.settle(8)
        await s.shoot("history_failed")
        for number, name in ((1, "changes"), (2, "settings")):
            history.run.tabs.setCurrentIndex(number)
            await s.shoot(f"history_{name}")
        history._pair.setCurrentWidget(history.comparison)
        history.comparison.compare(1, failed)
        await s.until(lambda: history.comparison.model.rowCount() > 0, "the comparison")
        await s.shoot("history_compared")

    studio(filled_place, story)


def test_log_and_problems(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        await s.until(lambda: s.docks.log.model.total > 0, "lines of the log")
        await s.shoot_dock("log")
        s.docks.show_step_log(1, "candlesticks")
        await s.settle()
        await s.shoot("log_of_a_step")
        await s.shoot_dock("notices", "problems_none")
        s.docks.show("games")
        for notice in _notices():
            s.docks.notices.add(notice)
        await s.shoot("problems_unread")
        await s.shoot_dock("notices", "problems")

    studio(filled_place, story)


def _notices() -> list[Notice]:
    now = datetime.now(UTC)
    candles = "Fetch and load Kalshi candlesticks"
    return [
        Notice("failure", f"{candles} failed",
               "GET /trade-api/v2/series/KXNBAGAME/markets/KXNBAGAME-26JAN15BOSMIA-BOS/candlesticks"
               " answered 500 three times. Wait a while, then press Retry: what was fetched is"
               " kept.", now - timedelta(hours=3), 2, "candlesticks"),
        Notice("alert", "derived.snapshot_features_v1 was slow",
               "12.4 s, usually 3.1 s (alert from 9.3 s).", now - timedelta(minutes=20), 4,
               "publish"),
        Notice("failure", "The database was lost",
               "server closed the connection unexpectedly", now),
    ]  # fmt: skip


def _spread(place: Any) -> None:
    """Put each run a day and a half before the next."""
    from nbapanel.warehouse.db import connect

    tables = {
        "ops.pipeline_runs": ("started_at", "finished_at"),
        "ops.step_runs": ("started_at", "finished_at"),
        "ops.refresh_log": ("started_at", "finished_at"),
    }
    with connect(place.settings.database_url, purpose="test") as connection:
        newest = connection.execute("SELECT max(run_id) FROM ops.pipeline_runs").fetchone()
        assert newest is not None
        for table, columns in tables.items():
            shifts = ", ".join(
                f"{column} = {column} - (%(newest)s - run_id) * interval '31 hours'"
                for column in columns
            )
            connection.execute(f"UPDATE {table} SET {shifts}", {"newest": newest[0]})
