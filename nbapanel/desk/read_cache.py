"""The read cache: answers that are young enough, by their question. No database here."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar, cast

from nbapanel.rows.questions import Question
from nbapanel.rows.reads import CacheCounts, GameChart, GamePage, Overview

A = TypeVar("A")

TIME_TO_LIVE_S = 300.0
LIVE_TIME_TO_LIVE_S = 30.0
MOST_ENTRIES = 256


@dataclass(frozen=True, slots=True)
class _Entry:
    answer: Any
    until_s: float


class ReadCache:
    """Shared by all threads. `clock` counts seconds and never jumps back.

    `clear` begins a new `generation`: an answer that was read before it is not kept after it.
    """

    def __init__(
        self,
        time_to_live_s: float = TIME_TO_LIVE_S,
        *,
        clock: Callable[[], float] = time.monotonic,
        most_entries: int = MOST_ENTRIES,
    ) -> None:
        self._time_to_live_s = time_to_live_s
        self._clock = clock
        self._most_entries = most_entries
        self._lock = Lock()
        self._entries: OrderedDict[Question[Any], _Entry] = OrderedDict()
        self._generation = 0
        self._hits = 0
        self._misses = 0

    @property
    def generation(self) -> int:
        """To be read before an answer is, and given along with it."""
        return self._generation

    @property
    def counts(self) -> CacheCounts:
        with self._lock:
            return CacheCounts(
                hits=self._hits,
                misses=self._misses,
                entries=len(self._entries),
                time_to_live_s=self._time_to_live_s,
            )

    def find(self, question: Question[A]) -> A | None:
        """The answer, if there is one that is young enough; counted as a hit or a miss."""
        with self._lock:
            entry = self._entries.get(question)
            if entry is None or self._clock() >= entry.until_s:
                self._entries.pop(question, None)
                self._misses += 1
                return None
            self._entries.move_to_end(question)
            self._hits += 1
            return cast(A, entry.answer)

    def keep(self, question: Question[A], answer: A, generation: int) -> None:
        """For as long as its time; beyond the most entries, the longest unasked go.

        What nobody asked for again until its time was over goes with the next one that is kept.
        """
        if not question.is_cached:
            return
        with self._lock:
            if generation != self._generation:
                return  # it may be of before the change that cleared the cache
            now_s = self._clock()
            for old in [held for held, entry in self._entries.items() if now_s >= entry.until_s]:
                del self._entries[old]
            self._entries[question] = _Entry(answer, now_s + self._life_s(answer))
            self._entries.move_to_end(question)
            while len(self._entries) > self._most_entries:
                self._entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._generation += 1
            self._entries.clear()

    def _life_s(self, answer: object) -> float:
        if _is_passing(answer):
            return min(self._time_to_live_s, LIVE_TIME_TO_LIVE_S)
        return self._time_to_live_s


def _is_passing(answer: object) -> bool:
    """Whether it shows a game in progress, or what stands in for a view that is being rebuilt."""
    match answer:
        case Overview(days=days, fallback=fallback):
            return bool(fallback) or any(day.live for day in days)
        case GamePage(rows=rows, fallback=fallback):
            return bool(fallback) or any(row.status_state == "in" for row in rows)
        case GameChart(game=game):
            return game.status_state == "in"
        case _:
            return False
