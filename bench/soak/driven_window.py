"""The window as users have it, as a process of its own, with hands that use it now and then.

`bench.soak` starts it. While the file `rest` of its plan is there the hands lie still, the window
stands as it did at the beginning, and nothing starts by itself.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import traceback
import tracemalloc
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from PySide6.QtWidgets import QApplication

import nbapanel.app
from bench.soak.decks import Deck
from bench.soak.hands import Hands
from nbapanel.app.panel import Panel
from nbapanel.cli import main as nbapanel_main
from nbapanel.place import Place
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.preferences import (
    REFETCH_AT_TIMES,
    REFETCH_OFF,
    REFETCH_WHILE_LIVE,
    Preferences,
    PreferenceStore,
)

_SHORTEST_S, _LONGEST_S = 3.0, 12.0
_LOOK_S = 0.25
_TIMES_AHEAD = 30
_MOST_TRACED = 40
_FRAMES = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """`notes`: what was done goes in there, a line of JSON each. `rest`: see above. `traces`: a
    folder for what `tracemalloc` sees at each rest, or empty."""

    seed: int
    notes: str
    rest: str
    traces: str = ""


class DrivenPanel(Panel):
    def __init__(self, plan: Plan, place: Place, clock: str) -> None:
        self._plan = plan
        self._chance = Random(plan.seed)
        self._traced: tracemalloc.Snapshot | None = None
        store = PreferenceStore(place.data_dir.root)
        store.remember("first_run_shown", b"1")  # nobody is there to answer it
        store.write(Preferences(refetch=REFETCH_WHILE_LIVE, refetch_every_min=1))
        super().__init__(place, clock)

    def _on_painted(self) -> None:
        super()._on_painted()
        self._driving = asyncio.create_task(self._drive())

    async def _drive(self) -> None:
        try:
            hands = Hands(self, self._chance)
            await _until(lambda: self.live.database.kind == "ready" and self.window.docks.is_filled)
            schedules = Deck((REFETCH_WHILE_LIVE, REFETCH_AT_TIMES), self._chance)
            acts = Deck((*hands.acts, "schedule"), self._chance)
            await self._run_first()
            while not self.left.is_set():
                if self._is_to_rest:
                    await self._rest(hands)
                    if self.left.is_set():
                        return
                    self._schedule_by(schedules.draw())
                act = acts.draw()
                self._note(act)
                if act == "schedule":
                    self._schedule_by(schedules.draw())
                else:
                    await hands.do(act)
                await self._pause()
        except BaseException:
            traceback.print_exc()  # for who started it
            raise

    async def _run_first(self) -> None:
        """A run that nothing disturbs, for something to be there."""
        self.start_run(RunWanted())
        await _until(lambda: self.live.is_running)
        await self._stand_still()
        self._note("ready")

    async def _stand_still(self) -> None:
        await _until(lambda: not self.desk.is_child_alive and not self.live.is_running)

    @property
    def _is_to_rest(self) -> bool:
        return Path(self._plan.rest).exists()

    def _schedule_by(self, refetch: str) -> None:
        """As the settings dialog does it: again and again while games are live, or at times."""
        now = datetime.now()
        coming = (now + timedelta(minutes=number) for number in range(1, _TIMES_AHEAD, 2))
        times = ", ".join(sorted({f"{at:%H:%M}" for at in coming}))
        changed = replace(self.preferences, refetch=refetch, refetch_times=times)
        self.dialogs.preferences_changed.emit(changed)

    async def _rest(self, hands: Hands) -> None:
        self._schedule_by(REFETCH_OFF)
        hands.settle()
        await self._stand_still()
        self._note("resting", **self._inside())
        await _until(lambda: not self._is_to_rest or self.left.is_set())
        self._note("going on")

    def _inside(self) -> dict[str, Any]:
        """What only the window itself can count; what is left to the collector is not counted."""
        if self._plan.traces:
            gc.collect()
            self._trace()
        widgets = len(QApplication.allWidgets())
        return {
            "widgets": widgets,
            "objects": len(gc.get_objects()),
            "frozen": gc.get_freeze_count(),
        }

    def _trace(self) -> None:
        if not tracemalloc.is_tracing():
            tracemalloc.start(_FRAMES)
            return
        found = tracemalloc.take_snapshot()
        if self._traced is not None:
            lines = []
            for one in found.compare_to(self._traced, "traceback")[:_MOST_TRACED]:
                lines += [str(one), *one.traceback.format(), ""]
            name = f"{time.monotonic():.0f}.txt"
            (Path(self._plan.traces) / name).write_text("\n".join(lines), encoding="utf-8")
        else:
            self._traced = found

    async def _pause(self) -> None:
        until = time.monotonic() + self._chance.uniform(_SHORTEST_S, _LONGEST_S)
        await _until(lambda: time.monotonic() > until or self._is_to_rest)

    def _note(self, what: str, **more: Any) -> None:
        with Path(self._plan.notes).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"at": time.monotonic(), "what": what, **more}) + "\n")


async def _until(true: Callable[[], object]) -> None:
    while not true():  # noqa: ASYNC110 - a person has no event either
        await asyncio.sleep(_LOOK_S)


def main(plan: Plan, words: list[str]) -> None:
    """The command `nbapanel` with these words, with our panel in the place of its own."""
    # In this process alone: what a run says on its stderr is read by the window.
    warnings.simplefilter("default")
    nbapanel.app.Panel = partial(DrivenPanel, plan)  # type: ignore[assignment,attr-defined]
    sys.argv = ["nbapanel", *words]
    nbapanel_main()


if __name__ == "__main__":
    main(Plan(**json.loads(sys.argv[1])), sys.argv[2:])
