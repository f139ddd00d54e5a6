"""A window that stays open for weeks: what a run leaves behind in it is what the last one left."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections import Counter
from random import Random
from typing import Any

import psutil
import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

from bench.soak.hands import Hands

RUNS = 12
_DOCKS = ("games", "charts", "history", "log", "notices", "quality", "backfill")

# All that the soak's hands do but start and stop runs.
_ACTS = ("what would happen", "look at a dock", "filter the games", "scroll through the games",
         "open a game", "export a game", "draw the charts", "look at a run", "check the quality",
         "stop a check", "look at the backfills", "search the log", "dismiss the problems",
         "change the colours", "open the settings", "open the export", "open about")  # fmt: skip
_WARM, _ROUNDS = 2, 3
_OURS = ("nbapanel.", "PySide6.", "builtins.function", "builtins.cell", "builtins.method",
         "functools.partial", "_asyncio.", "_thread.")  # fmt: skip
_COMES_AND_GOES = 6


def test_runs_leave_nothing_behind(journey: Any, fetched: Any) -> None:
    async def story(t: Any) -> None:
        seen: list[dict[str, int]] = []
        for number in range(RUNS):
            for place in (2 * number, 2 * number + 1):
                t.window.docks.show(_DOCKS[place % len(_DOCKS)])
            await t.refetch()
            await t.until_fresh()
            if number % len(_DOCKS) == 4:  # each dock was seen, and the same is in front
                seen.append(await _counted(t))
        before, after = seen
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
    desk = t.panel.desk
    is_checking = t.window.docks.quality.is_checking or bool(desk._checkings)
    return bool(desk._reader._reads) or desk.is_child_alive or is_checking


def test_what_a_person_does_leaves_nothing_behind(
    journey: Any, fetched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of windows, dialogs, questions and answers none is kept, however often they are opened."""
    monkeypatch.setattr("bench.soak.hands._LOOKS_S", 0.05)

    async def story(t: Any) -> None:
        hands = Hands(t.panel, Random(7))
        # Which dock and which game is looked at is not to decide what is held.
        monkeypatch.setattr(hands, "_chance", _First())
        await t.until_fresh()
        for _ in range(_WARM):
            await _each_act(t, hands)
        before = await _held(t, hands)
        for _ in range(_ROUNDS):
            await _each_act(t, hands)
        after = await _held(t, hands)
        grown = {kind: number - before[kind] for kind, number in after.items()
                 if number - before[kind] > _COMES_AND_GOES}  # fmt: skip
        assert not grown, grown

    journey(fetched, story)


class _First(Random):
    def choice(self, seq: Any) -> Any:
        return seq[0]

    def uniform(self, a: float, b: float) -> float:
        return a

    def randrange(self, *_: Any) -> int:
        return 0


async def _each_act(t: Any, hands: Hands) -> None:
    for act in _ACTS:
        await hands.do(act)
        await t.until(lambda: not _underway(t), "rest")


async def _held(t: Any, hands: Hands) -> Counter[str]:
    """How many objects there are of each kind that may be ours."""
    hands.settle()
    await asyncio.sleep(0.5)  # what is to be deleted later is, and timers ran out
    await t.until(lambda: not _underway(t), "rest")
    gc.collect()
    kinds = Counter(f"{type(one).__module__}.{type(one).__qualname__}" for one in gc.get_objects())
    return Counter({kind: number for kind, number in kinds.items() if kind.startswith(_OURS)})
