"""A window that stays open for weeks: what a run leaves behind in it is what the last one left."""

from __future__ import annotations

import gc
import threading
from typing import Any

import psutil
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

RUNS = 12
_DOCKS = ("games", "charts", "history", "log", "notices")


def test_runs_leave_nothing_behind(journey: Any, fetched: Any) -> None:
    async def story(t: Any) -> None:
        seen: list[dict[str, int]] = []
        for number in range(RUNS):
            t.window.docks.show(_DOCKS[number % len(_DOCKS)])
            await t.refetch()
            await t.until_fresh()
            if number % len(_DOCKS) == 1:  # with the same dock in front
                seen.append(await _counted(t))
        _, before, after = seen
        for what in ("threads", "files", "connections", "widgets"):
            assert after[what] <= before[what], f"{what}: {seen}"
        # A row a run in the tables and the log; nothing that grows with what was shown before.
        assert after["objects"] <= before["objects"] + 10, seen

    journey(fetched, story)


async def _counted(t: Any) -> dict[str, int]:
    """What the window holds once it has come to rest."""
    process = psutil.Process()
    children = len(process.children())
    await t.until(lambda: len(process.children()) <= children and not _underway(t), "rest")
    gc.collect()
    # A machine under load is told to be slow: those cards are there to be read, up to their limit.
    told = t.window.docks.notices
    return {
        "threads": threading.active_count(),
        "files": process.num_fds(),
        "connections": len(process.net_connections()),
        "widgets": len(QApplication.allWidgets()) - len(told.findChildren(QWidget)),
        "objects": len(t.window.findChildren(QObject)) - len(told.findChildren(QObject)),
    }


def _underway(t: Any) -> bool:
    return bool(t.panel.desk._reader._reads) or t.panel.desk.is_child_alive
