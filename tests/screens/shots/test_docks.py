"""Every dock over a filled warehouse, while nothing runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from nbapanel.ui.charts.ranges import Range
from nbapanel.ui.notices import Notice
from nbapanel.ui.quality.bar import Shown
from nbapanel.warehouse.db import connect

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
                if number > 0 and wanted is not Range.WEEK:
                    continue  # each chart in one range, and one chart in each, is enough to see
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


def test_quality_before_a_check_and_with_findings(studio: Any, filled_place: Any) -> None:
    async def story(s: Any) -> None:
        quality = s.docks.quality
        await s.shoot_dock("quality", "quality_unchecked")
        _spoil_a_game(s.look)
        quality.check_now()
        await s.until(lambda: quality.view.games.rows, "the report")
        await s.shoot("quality")
        quality.view.table.selectRow(0)
        quality.bar.choice.setCurrentIndex(Shown.FAILING)
        await s.shoot("quality_failing")
        quality.view.tabs.setCurrentIndex(1)
        await s.shoot("quality_checks")

    studio(filled_place, story)


def test_backfills_running_paused_done_failed_and_interrupted(
    studio: Any, filled_place: Any
) -> None:
    async def story(s: Any) -> None:
        await s.shoot_dock("backfill", "backfill_none")
        _put_backfills_on_record(s.look)
        dock = s.docks.backfill
        with connect(s.place.settings.database_url, purpose="backfill queue"):  # a worker's
            dock.renew()
            await s.until(lambda: dock.days.rows, "the days")
            await s.shoot("backfill")
            for row, name in enumerate(("paused", "done", "failed"), 1):
                dock.table.selectRow(row)
                dock.tabs.setCurrentIndex(name == "failed")
                await s.settle(8)
                await s.shoot(f"backfill_{name}")
        dock.table.selectRow(0)
        dock.tabs.setCurrentIndex(0)
        await s.until(lambda: dock.backfills.rows[0].is_left, "that nobody is at it")
        await s.settle(8)
        await s.shoot("backfill_interrupted")

    studio(filled_place, story)


def _put_backfills_on_record(look: Any) -> None:
    """One that failed in part, one that is done, one that is paused, and one that is underway."""
    with look() as connection:
        connection.execute(_BACKFILLS)
        connection.execute(_UNITS)


_BACKFILLS = """
INSERT INTO ops.backfills (seasons, lanes, force, trigger, phase, status, reason, started_at,
    finished_at, resumed_at, worked_s, requests, bytes_fetched, rows_loaded, load_s, derive_s)
VALUES ('{2022-23}', '{espn}', false, 'terminal', 'over', 'failed', '2 could not be had',
        now() - interval '3 days', now() - interval '70 h', now() - interval '3 days', 6400, 2460,
        64000000, 1180000, 16, 9),
       ('{2020-21,2021-22}', '{espn,kalshi,nba}', false, 'button', 'over', 'done', NULL,
        now() - interval '2 days', now() - interval '40 h', now() - interval '2 days', 9130, 9840,
        244000000, 4380000, 61, 32),
       ('{2019-20}', '{nba}', false, 'button', 'work', 'paused', 'cdn.nba.com has shut us out (403'
        ' with an HTML page). No more requests go there in this run. Wait an hour before the next'
        ' run, or set a lower pace or another address.',
        now() - interval '1 day', NULL, now() - interval '1 day', 310, 480,
        24000000, 410000, 6, 3),
       ('{2023-24}', '{espn,kalshi,nba}', false, 'button', 'work', 'running', NULL,
        now() - interval '12 min', NULL, now() - interval '12 min', 0, 900, 24000000, 410000, 6, 3)
"""
_UNITS = """
INSERT INTO ops.backfill_units
    (backfill_id, stage, unit_key, day, status, attempts, reason, worker, finished_at)
SELECT b, stage, '00' || 22300000 + b * 1000 + day * 10 + n,
    date '2023-10-24' - 365 * (4 - b) + day,
    CASE WHEN is_lost THEN 'failed' WHEN b < 3 OR day < 9 THEN 'done'
         WHEN b = 4 AND day < 11 THEN 'underway' ELSE 'waiting' END,
    CASE WHEN is_lost THEN 3 WHEN is_tried THEN 1 ELSE 0 END,
    CASE WHEN is_lost OR is_tried
         THEN 'ESPN answered 500. sports.core.api.espn.com/v2/…/plays: given up.' END,
    CASE WHEN b < 3 OR day < 11 THEN 'desk:4' || n % 2 END,
    CASE WHEN b < 3 OR day < 9 THEN now() - interval '30 s' END
FROM generate_series(1, 4) AS b, generate_series(0, 27) AS day, generate_series(1, 8) AS n,
    unnest(ARRAY['espn_games', 'nba_games']) AS stage,
    LATERAL (SELECT b = 1 AND n = 3 AND day IN (2, 6) AS is_lost, b = 4 AND n = 2 AND day = 12
             AS is_tried) AS lot
WHERE CASE b WHEN 1 THEN stage = 'espn_games' WHEN 3 THEN stage = 'nba_games' ELSE true END
"""


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


def _spoil_a_game(look: Any) -> None:
    with look() as connection:
        changed = connection.execute(
            "UPDATE nba.boxscore_players SET points = points + 2, starter = false WHERE person_id ="
            " (SELECT min(person_id) FROM nba.boxscore_players AS p JOIN nba.games AS g"
            " ON g.game_id = p.game_id WHERE g.status = 3 AND p.starter)"
        )
        assert changed.rowcount


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
