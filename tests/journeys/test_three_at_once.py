"""Two windows and a terminal at once, on one database, two of them in one data directory."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from nbapanel.engine.events import RunStatus
from nbapanel.paths import DataDir
from nbapanel.ui.errors import ErrorDialog
from nbapanel.warehouse.db import connect

_PRESSED = Path(__file__).with_name("pressed_window.py")
_REFUSED = ("is active on this database", "Another run is starting or just ended")
_RUNS = "SELECT string_agg(status, ' ' ORDER BY run_id) FROM ops.pipeline_runs"


def test_one_runs_and_the_others_are_told(
    journey: Any,
    place: Any,
    terminal: Any,
    frozen: Any,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    left_whole: Any,
    eventually: Any,
) -> None:
    """traps W2, W15: whoever is first runs alone; the others are refused in words, see its end, and
    can have their own run afterwards. No row is lost or there twice."""
    conninfo = place.settings.database_url
    elsewhere = replace(place, data_dir=DataDir(place.data_dir.root.with_name("elsewhere")))
    elsewhere.data_dir.make()

    async def story(t: Any) -> None:
        with ExitStack() as held:
            is_reached = held.enter_context(frozen(conninfo, "kalshi.markets"))
            other_window = terminal(elsewhere, program=_PRESSED)
            command = terminal(place, "refetch")
            t.click(t.window.header.button)

            def refused() -> list[str]:
                """Which of the three were told that another runs."""
                ours = [d.text for d in t.window.findChildren(ErrorDialog)]
                told = {"ours": "".join(ours), "other": _logged(elsewhere)}
                found = [one for one, text in told.items() if _is_refusal(text)]
                return found + (["command"] if command.poll() == 3 else [])

            await t.until(lambda: len(refused()) == 2, "that two were refused", 60)
            await t.until(is_reached, "the run that was first")
            assert _one(conninfo, _RUNS) == "running"
            for dialog in t.window.findChildren(ErrorDialog):
                dialog.reject()
            await t.until(lambda: t.button == "Stop", "whosever run it is")
        await t.until(lambda: _one(conninfo, _RUNS) == "done", "the end of the run", 60)
        out, err = await asyncio.to_thread(command.communicate, timeout=60)
        assert command.returncode in (0, 3), out + err
        if command.returncode == 3:
            assert _is_refusal(err)
            assert "nbapanel watch" in err
        await t.until_ended()
        await t.until_fresh()
        same_contents(contents(conninfo), undisturbed)

        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE
        done = terminal(place, "refetch")
        assert await asyncio.to_thread(done.wait, 60) == 0
        assert _one(conninfo, _RUNS) == "done done done"
        other_window.terminate()
        assert await asyncio.to_thread(other_window.wait, 60) == 0
        await t.until_ended()

    journey(place, story)
    same_contents(contents(conninfo), undisturbed)
    for one in (place, elsewhere):
        left_whole(conninfo, one.data_dir.root)


def _is_refusal(text: str) -> bool:
    return any(words in text for words in _REFUSED)


def _logged(place: Any) -> str:
    log = place.data_dir.logs / "nbapanel.log"
    return log.read_text(encoding="utf-8") if log.exists() else ""


def _one(conninfo: str, query: str) -> Any:
    with connect(conninfo, purpose="test looks") as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]
