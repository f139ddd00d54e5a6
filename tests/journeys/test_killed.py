"""Processes that end as they were not meant to, and windows that are no window at all."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from nbapanel.engine.events import RunStatus
from nbapanel.pipeline import STEPS
from nbapanel.ui.errors import ErrorDialog
from nbapanel.warehouse.db import connect

_PRESSED = Path(__file__).with_name("pressed_window.py")
_FOLLOWS = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = 'nbapanel follows' AND datname = current_database()
"""
_STEPS_UNDERWAY = "SELECT count(*) FROM ops.step_runs WHERE status = 'running'"
_RUNS = "SELECT string_agg(status, ' ' ORDER BY run_id) FROM ops.pipeline_runs"


def test_a_killed_window_leaves_its_run_whole(
    place: Any, simulator: Any, slow: Any, terminal: Any, eventually: Any, journey: Any
) -> None:
    """traps W10, W15: kill -9 in mid-run; the run goes on to its good end, and the next window,
    which finds a socket that nobody listens on, shows it."""
    place.data_dir.make()
    slow()
    window = terminal(place, program=_PRESSED)
    eventually(lambda: any("/candlesticks" in one.path for one in simulator.requests))
    assert _one(place, _STEPS_UNDERWAY)
    window.kill()
    window.wait(60)
    assert (place.data_dir.root / "panel.sock").exists()
    simulator.faults()
    eventually(lambda: _one(place, _RUNS) != "running")
    assert _one(place, _RUNS) == "done"
    assert _one(place, "SELECT count(*) FROM ops.step_runs WHERE status = 'done'") == len(STEPS)

    async def story(t: Any) -> None:
        await t.until_fresh()

    journey(place, story)


def test_a_killed_run_leaves_the_window_alive(
    journey: Any, place: Any, simulator: Any, slow: Any
) -> None:
    """trap W9: the window says so, no bar stays, and Resume does what is left."""

    async def story(t: Any) -> None:
        slow()
        t.click(t.window.header.button)
        await t.until_at("candlesticks")
        os.kill(t.panel.desk._child.pid, signal.SIGKILL)
        await t.until_ended()
        assert t.board.ended.status is RunStatus.INTERRUPTED
        assert t.states["candlesticks"] == "interrupted"
        assert not t.card("candlesticks")._bar.isVisible()
        assert t.aftermath == "↯ Interrupted: Its process is gone"
        await t.until(lambda: "run 1 was killed" in t.headline, "what the headline says")
        dialog = t.opened(ErrorDialog)
        assert "The run was killed (SIGKILL)." in dialog.text
        dialog.reject()
        assert [one.title for one in t.notices] == ["Refetch was interrupted"]

        simulator.faults()
        await t.until(lambda: t.window.header._resume.isVisible(), "the way to resume")
        async with t.new_run():
            t.click(t.window.header._resume)
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()
        assert t.ask(_RUNS) == "interrupted done"

    journey(place, story)


def test_an_idle_window_ends_when_it_is_told_to(
    fetched: Any, terminal: Any, eventually: Any
) -> None:
    """SIGTERM, as at the end of a session: code 0, and no connection stays. A second start before
    that only raises the window that is there."""
    window = terminal(fetched)
    eventually(lambda: _one(fetched, _FOLLOWS))
    second = terminal(fetched)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, err) == (0, "")
    assert "is open already; it is in front now" in out
    assert window.poll() is None
    window.terminate()
    out, err = window.communicate(timeout=60)
    assert (window.returncode, out, "Traceback" in err) == (0, "", False)
    eventually(lambda: _one(fetched, _FOLLOWS) == 0)


def test_without_a_display_it_names_the_terminal(place: Any, terminal: Any) -> None:
    bare = dict.fromkeys(("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))
    process = terminal(place, env=bare)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "There is no display to open the window on." in err
    assert "nbapanel refetch" in err
    assert out == ""
    assert not place.data_dir.postgres.exists()


def _one(place: Any, query: str) -> Any:
    with connect(place.settings.database_url, purpose="test looks") as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
