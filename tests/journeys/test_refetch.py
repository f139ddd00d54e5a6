"""From nothing to fresh, and again: what a person came for."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from nbapanel.engine.events import RunStatus, StepState


def test_refetch_does_everything_and_again_nothing(journey: Any, place: Any) -> None:
    """traps W1, W2: every card ends in its own state, and a second click starts nothing more."""

    async def story(t: Any) -> None:
        await t.until(lambda: t.window.header.button.isEnabled(), "the button")
        t.window.header.button.press()
        t.window.header.button.press()
        await t.until_running()
        await t.until_ended()
        assert t.board.ended.status is RunStatus.DONE
        assert {line.state for line in t.board.lines.values()} == {StepState.DONE}
        await t.until(lambda: "Fresh" in t.window.header.words, "the headline")
        charts = t.window.docks.charts
        t.window.docks.show("charts")
        await t.until(lambda: charts.has_data, "the charts' data")
        with t.look() as connection:
            runs = connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone()
        assert runs == (1,), "two clicks are one run"

        await t.refetch()
        states = {key: line.state for key, line in t.board.lines.items()}
        assert states["publish"] is StepState.SKIPPED
        for key in ("game_state", "snapshot_features", "publish", "invalidate_caches"):
            assert states[key] is StepState.SKIPPED
            assert t.line(key).words, f"{key} gives no reason"
            assert t.line(key).words in t.card(key).accessibleDescription()
        assert not any(changed.any for changed in t.board.changes.values())

    journey(place, story)


def test_a_run_from_a_terminal_shows_within_a_second(journey: Any, place: Any) -> None:
    """trap W15: who started it makes no difference."""

    async def story(t: Any) -> None:
        process = subprocess.Popen(
            [sys.executable, "-m", "nbapanel", "refetch", "--date", "2026-01-15",
             "--data-dir", str(t.place.data_dir.root), "--feeds", t.place.feeds.text],
            env={"PATH": "/usr/bin:/bin", "DATABASE_URL": t.place.settings.database_url},
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await t.until(lambda: _on_record(t) is not None, "the run in the journal")
            await t.until(
                lambda: t.panel.live.board is not None
                and any(line.began is not None for line in t.board.lines.values()),
                "its first step on a card",
                within_s=1.0,
            )
            assert t.window.header.button.text() == "Stop"
            await t.until_ended()
            assert t.board.ended.status is RunStatus.DONE
        finally:
            assert process.wait(30) == 0

    journey(place, story)


def _on_record(t: Any) -> int | None:
    with t.look() as connection:
        row = connection.execute(
            "SELECT run_id FROM ops.step_runs ORDER BY started_at LIMIT 1"
        ).fetchone()
    return None if row is None else int(row[0])
