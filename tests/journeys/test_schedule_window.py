"""What the window does by itself: views that fell behind are published, and nothing overlaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nbapanel.engine.events import RunStatus
from nbapanel.ui.preferences import REFETCH_AT_TIMES

_RUNS = "SELECT count(*) FROM ops.pipeline_runs"
_LAST = "SELECT {} FROM ops.pipeline_runs ORDER BY run_id DESC LIMIT 1"


def test_views_that_fell_behind_are_published(
    journey: Any, fetched: Any, simulator: Any, terminal: Any
) -> None:
    async def story(t: Any) -> None:
        await t.until_fresh()
        _come_due(t, "refresh")
        simulator.advance(3600)
        terminal.does(fetched, "refetch", "--no-publish")
        await t.until(lambda: "views are behind" in t.headline, "that they are behind")
        before = t.ask(_RUNS)
        async with t.new_run():
            _come_due(t, "refresh")
        assert t.board.ended.status is RunStatus.DONE
        assert t.ask(_RUNS) == before + 1, "while nothing was behind, nothing was run"
        assert t.ask(_LAST.format("trigger")) == "schedule"
        assert t.ask(_LAST.format("steps")) == ["publish", "invalidate_caches"]
        assert t.states["publish"] == "done"
        await t.until_fresh()

    journey(fetched, story)


def test_the_next_one_is_told_and_none_overlaps(journey: Any, fetched: Any, simulator: Any) -> None:
    """trap W2: a refetch that falls due during a run comes once after it, a refresh not."""

    async def story(t: Any) -> None:
        cell = t.window.status.schedule
        assert cell.words == "No automatic refetch"
        chosen = replace(t.panel.preferences, refetch=REFETCH_AT_TIMES, refetch_times="04:07")
        t.panel.dialogs.preferences_changed.emit(chosen)
        assert cell.words == "Next: Refetch 04:07"

        simulator.faults([{"path": "/nba/scoreboard", "fault": "slow-drip",
                           "params": {"chunk_bytes": 2000, "pause_s": 0.05}}])  # fmt: skip
        async with t.new_run():
            _come_due(t, "at-0")
            await t.until_running()
            _come_due(t, "at-0")
            _come_due(t, "refresh")
            due = t.panel._by_itself.schedule._scheduler.get_job
            await t.until(lambda: due("at-0").next_run_time > datetime.now(UTC), "that it was due")
            simulator.faults()
        assert t.board.ended.status is RunStatus.DONE
        assert t.ask(_LAST.format("trigger")) == "schedule"
        _come_due(t, "look")
        await t.until(lambda: t.ask(_RUNS) == 3, "the one that was owed")
        await t.until(lambda: not t.panel._by_itself.schedule._is_busy(), "its end")
        _come_due(t, "look")
        await t.until(lambda: due("look").next_run_time > datetime.now(UTC), "the look")
        assert t.ask(_RUNS) == 3
        assert cell.words == "Next: Refetch 04:07"

    journey(fetched, story)


def _come_due(t: Any, name: str) -> None:
    """Have it be time for that."""
    t.panel._by_itself.schedule._scheduler.get_job(name).modify(next_run_time=datetime.now(UTC))
