"""How fast requests go out: a pace that slows on trouble and recovers, and what a host is up to."""

from __future__ import annotations

import asyncio
import logging
import math
from dataclasses import dataclass, field
from typing import Protocol

from nbapanel.source.trouble import FeedDown

_log = logging.getLogger(__name__)
_LEAST_SHARE = 1 / 32
_RECOVERY = 1.1  # eight good answers undo one halving
_ONE_TROUBLE_S = 1.0  # refusals this close together are of one burst, and halve once


class Turns(Protocol):
    """Turns that several processes agree on, by group of hosts."""

    async def take(self, group: str, interval_s: float, within_s: float) -> float | None:
        """Take the next turn; in how many seconds it is due. One that is due only after
        `within_s` is not taken. None: there is no agreement to be had now."""

    async def hold(self, group: str, wait_s: float) -> None:
        """No turn for anybody for so long."""


@dataclass(slots=True)
class Pace:
    """Gives turns at most `per_s` times a second (0: at once), shared by a group of hosts.

    With `turns` all processes that have the same ones keep the pace together.
    """

    group: str
    per_s: float
    turns: Turns | None = None
    _share: float = 1.0
    _next_s: float = 0.0
    _slowed_s: float = -math.inf
    _told: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def current_per_s(self) -> float:
        return self.per_s * self._share

    async def turn(self, latest_s: float) -> float | None:
        """Wait for a turn. When none is due by `latest_s`, return at once the wait it would be."""
        now_s = asyncio.get_running_loop().time()
        start_s = max(now_s, self._next_s)
        if start_s > latest_s:
            return start_s - now_s
        if self.turns is not None and self.per_s:
            due_s = await self._agreed(self.turns, latest_s)
            if due_s is not None:
                # What this process was asked to wait may not have reached the others yet.
                return await self._await_turn(max(due_s, self._next_s), latest_s)
        if self.per_s:
            self._next_s = start_s + 1 / self.current_per_s
        if start_s > now_s:
            await asyncio.sleep(start_s - now_s)
        return None

    async def _agreed(self, turns: Turns, latest_s: float) -> float | None:
        """When this process is due, by the loop's clock; None where each is left to itself."""
        now_s = asyncio.get_running_loop().time()
        wait_s = await turns.take(self.group, 1 / self.current_per_s, latest_s - now_s)
        return None if wait_s is None else asyncio.get_running_loop().time() + wait_s

    async def _await_turn(self, due_s: float, latest_s: float) -> float | None:
        wait_s = max(0.0, due_s - asyncio.get_running_loop().time())
        if due_s > latest_s:
            return wait_s
        await asyncio.sleep(wait_s)
        return None

    def hold(self, wait_s: float) -> None:
        """No turn for so long: the feed asked for it."""
        now_s = asyncio.get_running_loop().time()
        self._next_s = max(self._next_s, now_s + wait_s)
        if self.turns is not None and self.per_s:
            # At once: whoever was asked to wait may not ask for a turn again before that is over.
            telling = asyncio.create_task(self.turns.hold(self.group, wait_s), name="pace held")
            self._told.add(telling)
            telling.add_done_callback(self._told.discard)

    def slow_down(self) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._slowed_s < _ONE_TROUBLE_S:
            return
        self._slowed_s = now_s
        self._share = max(self._share / 2, _LEAST_SHARE)
        if self.per_s:
            _log.info("%s: slowed down to %.2f requests a second", self.group, self.current_per_s)

    def speed_up(self) -> None:
        self._share = min(1.0, self._share * _RECOVERY)


@dataclass(slots=True)
class Host:
    """One host in this run. `places` bounds what is under way, so that none holds up another."""

    name: str
    pace: Pace
    places: asyncio.Semaphore
    has_answered: bool = False
    _down: tuple[str, str, str] | None = field(default=None)
    _until_s: float = math.inf

    def give_up(self, title: str, detail: str, hint: str, *, for_s: float = math.inf) -> FeedDown:
        """Remember that nothing is to be had here, or not for so long. Returns the error."""
        self._down = (title, detail, hint)
        self._until_s = asyncio.get_running_loop().time() + for_s
        return FeedDown(title, detail, hint)

    @property
    def is_down_for_good(self) -> bool:
        return self._down is not None and self._until_s == math.inf

    @property
    def why_down(self) -> str:
        """The title of that trouble; empty where there is none."""
        return "" if self._down is None else self._down[0]

    def check(self) -> None:
        """Raise FeedDown where an earlier call already found the host down."""
        if self._down is not None and asyncio.get_running_loop().time() < self._until_s:
            raise FeedDown(*self._down)
