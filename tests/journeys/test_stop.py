"""Stop, wherever the run is and whoever started it: said as the engine has it, nothing left."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from nbapanel.engine.events import RunStatus
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog
from nbapanel.warehouse.db import connect

_WITHIN_S = 15.0  # two on a machine that has nothing else to do


def test_in_the_middle_of_candlesticks(
    journey: Any, place: Any, simulator: Any, slow: Any, terminal: Any
) -> None:
    """traps W3, W15: the run that was started here, then one of a terminal; then all is made up."""

    async def story(t: Any) -> None:
        slow()
        t.click(t.window.header.button)
        await _stopped(t, simulator)
        said = t.board.cancel
        assert said.startswith(("Stopping (as asked)", "Cancelling")), said
        assert t.states["candlesticks"] == "cancelled"

        simulator.forget_requests()
        process = terminal(place, "refetch")
        await _stopped(t, simulator)
        await t.until(lambda: process.poll() is not None, "the end of the command")
        assert process.returncode == 130
        assert not t.notices, "cancelled is not failed"

        simulator.faults()
        await t.until(lambda: "was cancelled" in t.headline, "what the headline says of it")
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()

    async def _stopped(t: Any, simulator: Any) -> None:
        await t.until_at("candlesticks")
        await t.until(
            lambda: any("/candlesticks" in one.path for one in simulator.requests), "its requests"
        )
        await _stop(t)

    journey(place, story)


def test_in_the_middle_of_a_view_refresh(journey: Any, fetched: Any) -> None:
    """traps W3, R1: the statement ends on the server, with its locks; the view stays as it was."""

    async def story(t: Any) -> None:
        t.choose("publish", "Only this step…")
        dialog = t.opened(RerunDialog)
        dialog.settings._force.setChecked(True)
        with connect(fetched.settings.database_url, purpose="test holds") as holding:
            holding.autocommit = False
            holding.execute("REFRESH MATERIALIZED VIEW derived.game_summary")
            t.press(dialog, "Run")
            await t.until(lambda: t.ask(_WAITING), "a refresh that waits for the lock")
            await _stop(t)
            assert t.board.cancel == "Cancelling: waiting for PostgreSQL to stop the statement."
            assert t.states == {"publish": "cancelled"}
            assert t.ask(_LOCKS) == 1, "but the one that holds it here"
            holding.rollback()
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()

    journey(fetched, story)


_WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'nbapanel run' AND wait_event_type = 'Lock'
  AND datname = current_database()
"""
_LOCKS = """
SELECT count(*) FROM pg_locks
WHERE relation = 'derived.game_summary'::regclass AND mode = 'AccessExclusiveLock'
"""


async def _stop(t: Any) -> None:
    """Click Stop, and see it through: the button, the words, the server."""
    button, seen = t.window.header.button, []
    assert t.button == "Stop"
    t.panel.live.changed.connect(lambda: seen.append(t.button))
    before, clicked = t.panel.live.board, datetime.now(UTC)
    t.click(button)
    assert t.button == "Stop asked…"
    assert not button.isEnabled(), "one wish at a time"
    await t.until_ended()
    assert t.panel.live.board is before
    assert t.board.ended.status is RunStatus.CANCELLED
    assert "Stopping…" in seen or "Cancelling…" in seen, seen
    took_s = (t.board.ended.at - clicked).total_seconds()
    assert took_s < _WITHIN_S
    await t.until(lambda: "nothing left running" in t.aftermath, "what is left running")
    # Those that do nothing more go with the process, which may take its time.
    await t.until(lambda: t.backends == 0, "the last connection gone")
    # A process that is on its way out may have an idle connection for a moment longer.
    assert t.aftermath == "■ Cancelled: nothing left running"
    await t.until(lambda: t.button == "Refetch" and button.isEnabled(), "the button again")
