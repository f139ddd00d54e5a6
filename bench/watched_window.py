"""The window as users have it, as a process of its own that watches itself.

`bench.windows` starts it with a `Plan`; what it saw goes into a JSON file.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from PySide6.QtCore import Qt, QTimer

import nbapanel.app
from bench.windows import Plan
from nbapanel.app.panel import Panel
from nbapanel.cli import main as nbapanel_main
from nbapanel.place import Place
from nbapanel.ui.ports import RunWanted

_PERIOD_MS = 16
_IDLE_S, _SETTLED_S, _AFTERMATH_S = 3.0, 2.0, 1.5
_MOST_S = 240.0
_SCROLLS, _SCROLL_EVERY_S = 120, 0.03
_RANGE_ALL = 4


class Beats:
    """A timer in the window's thread, and the milliseconds from each of its beats to the next."""

    def __init__(self) -> None:
        self._gaps_ms: list[float] = []
        self._last_s = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_PERIOD_MS)
        self._timer.timeout.connect(self._on_beat)

    def start(self) -> None:
        self._gaps_ms, self._last_s = [], time.perf_counter()
        self._timer.start()

    def stop(self) -> list[float]:
        self._timer.stop()
        return self._gaps_ms

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self._gaps_ms.append((now - self._last_s) * 1000)
        self._last_s = now


class WatchedPanel(Panel):
    """Does what the plan says once it is painted, notes what it saw, and leaves."""

    def __init__(self, plan: Plan, place: Place, clock: str) -> None:
        self._plan = plan
        self._beats = Beats()
        self._painted_s = 0.0
        super().__init__(place, clock)
        self._store.remember("first_run_shown", b"1")  # nobody is there to answer it

    def _on_painted(self) -> None:
        self._painted_s = time.monotonic()
        super()._on_painted()
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        does = {"paint": self._paint, "refetch": self._refetch, "look": self._look}
        try:
            async with asyncio.timeout(_MOST_S):
                seen = await does[self._plan.does]()
            seen["paint_s"] = self._painted_s - self._plan.began_s
            _note(self._plan.noted, seen)
        except BaseException:
            traceback.print_exc()  # for who started it; nobody sees the dialog
            raise
        finally:
            self.desk.kill_child()
            self.left.set()

    async def _paint(self) -> dict[str, Any]:
        await _until(lambda: self.window.docks.is_filled)
        return {"filled_s": time.monotonic() - self._plan.began_s}

    async def _refetch(self) -> dict[str, Any]:
        await self._settle()
        self._beats.start()
        await asyncio.sleep(_IDLE_S)
        idle = self._beats.stop()
        ended = asyncio.Event()
        self.live.run_finished.connect(lambda _: ended.set())
        self._beats.start()
        start = time.perf_counter()
        self._start_refetch()
        await ended.wait()
        run_s = time.perf_counter() - start
        await asyncio.sleep(_AFTERMATH_S)
        gaps = self._beats.stop()
        await _until(lambda: not self.desk.is_child_alive)
        return {"idle": idle, "gaps": gaps, "run_s": run_s, "headline": self.window.header.words}

    async def _look(self) -> dict[str, Any]:
        """Scroll through all games, then draw each chart of the whole log."""
        await self._settle()
        docks = self.window.docks
        await _until(lambda: docks.games.model.rowCount())
        scrolling = await self._scroll()
        docks.show("charts")
        await asyncio.sleep(_SETTLED_S)
        self._beats.start()
        docks.charts.toolbar.ranges.choose(_RANGE_ALL)
        for number in range(len(docks.charts.charts)):
            docks.charts.toolbar.choice.choose(number)
            await asyncio.sleep(_SETTLED_S)
        drawing = self._beats.stop()
        return {"scrolling": scrolling, "drawing": drawing, "games": docks.games.model.rowCount()}

    async def _scroll(self) -> list[float]:
        bar = self.window.docks.games.table.verticalScrollBar()
        self._beats.start()
        for number in range(1, _SCROLLS + 1):
            bar.setValue(bar.maximum() * number // _SCROLLS)
            await asyncio.sleep(_SCROLL_EVERY_S)
        return self._beats.stop()

    async def _settle(self) -> None:
        """Be the window that it is some seconds after its start."""
        docks = self.window.docks
        await _until(lambda: self.live.database.kind == "ready" and docks.is_filled)
        docks.show(self._plan.dock)
        await asyncio.sleep(_SETTLED_S)

    def _start_refetch(self) -> None:
        first, last = map(date.fromisoformat, (self._plan.first, self._plan.last))
        if self._plan.in_thread:
            work = partial(_run_here, self._place, first, last)
            threading.Thread(target=work, name="refetch", daemon=True).start()
        else:
            self.start_run(RunWanted(first=first, last=last))


def _note(path: str, seen: dict[str, Any]) -> None:
    Path(path).write_text(json.dumps(seen), encoding="utf-8")


async def _until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 - nothing is measured meanwhile
        await asyncio.sleep(0.05)


def _run_here(place: Place, first: date, last: date) -> None:
    """As the terminal does it, in this thread. What happens reaches the window as always."""
    from nbapanel.cli import running
    from nbapanel.cli.requests import RunRequest
    from nbapanel.pipeline import STEPS

    async def observe(_event: object) -> None: ...

    request = RunRequest("refetch", "button", STEPS.keys, 7, first, last)
    # Only a main thread may listen for signals.
    with patch.object(running, "install_signal_handlers", lambda *_: lambda: None):
        running.run(replace(place, verbose=False), request, observe, lambda *_: None)


def main(plan: Plan, words: list[str]) -> None:
    """The command `nbapanel` with these words, with our panel in the place of its own."""
    if plan.charts_first:
        importlib.import_module("nbapanel.ui.charts.panel")
    sys.argv = ["nbapanel", *words]
    with patch.object(nbapanel.app, "Panel", partial(WatchedPanel, plan)):
        nbapanel_main()


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])), sys.argv[2:])
