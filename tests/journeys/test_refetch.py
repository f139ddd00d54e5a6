"""From nothing to fresh, and again: what a person came for."""

from __future__ import annotations

from typing import Any

from nbapanel.engine.events import RunStatus, StepState

_SHOWN_S = 30.0  # one on a machine that has nothing else to do


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
        await t.until_fresh()
        charts = t.window.docks.charts
        t.window.docks.show("charts")
        await t.until(lambda: charts.has_data, "the charts' data")
        assert t.ask("SELECT count(*) FROM ops.pipeline_runs") == 1, "two clicks are one run"

        await t.refetch()
        for key in ("game_state", "snapshot_features", "publish", "invalidate_caches"):
            assert t.line(key).state is StepState.SKIPPED
            assert t.line(key).words, f"{key} gives no reason"
            assert t.line(key).words in t.card(key).accessibleDescription()
        assert not any(changed.any for changed in t.board.changes.values())

    journey(place, story)


def test_a_run_from_a_terminal_shows_within_a_second(
    journey: Any, place: Any, terminal: Any
) -> None:
    """trap W15: who started it makes no difference."""

    async def story(t: Any) -> None:
        began = "SELECT run_id FROM ops.step_runs ORDER BY started_at LIMIT 1"
        process = terminal(place, "refetch", "--date", "2026-01-15")
        await t.until(lambda: t.ask(began) is not None, "the run in the journal")
        await t.until(
            lambda: (
                t.panel.live.board is not None
                and any(line.began is not None for line in t.board.lines.values())
            ),
            "its first step on a card",
            within_s=_SHOWN_S,
        )
        assert t.button == "Stop"
        await t.until_ended()
        assert t.board.ended.status is RunStatus.DONE
        await t.until(lambda: process.poll() is not None, "the end of the command")
        assert process.returncode == 0

    journey(place, story)
