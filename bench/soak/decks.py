"""Draws from a list so that everything comes, and in no order that could be counted on."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Deck(Generic[T]):
    """Every card once in the order of chance, then all of them again in another."""

    def __init__(self, cards: Sequence[T], chance: Random) -> None:
        self._cards = list(cards)
        self._chance = chance
        self._left: list[T] = []

    def draw(self) -> T:
        if not self._left:
            self._left = self._chance.sample(self._cards, len(self._cards))
        return self._left.pop()
