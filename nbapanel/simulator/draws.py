"""Named streams of draws: the same name gives the same draws on every machine; no other chance."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws(random.Random):
    """Only `random` and `gauss` of the parent are used: the others differ between Pythons."""

    def pick(self, options: Sequence[T]) -> T:
        return options[int(self.random() * len(options))]

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def draw_from(self, odds: Sequence[tuple[float, T]]) -> T:
        """One of the outcomes by its probability; the last takes what is left."""
        left = self.random()
        for probability, outcome in odds:
            left -= probability
            if left < 0:
                return outcome
        return odds[-1][1]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        deck = list(items)
        for last in range(len(deck) - 1, 0, -1):
            other = int(self.random() * (last + 1))
            deck[last], deck[other] = deck[other], deck[last]
        return deck


def draws(*name: object) -> Draws:
    return Draws(":".join(str(part) for part in name))
