"""One question at a time: answers to an earlier one, or for a widget that is gone, are dropped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec

from PySide6.QtCore import QObject
from shiboken6 import isValid

from nbapanel.errors import UserFacingError

P = ParamSpec("P")

Answered = Callable[[Any], None]
Troubled = Callable[[UserFacingError], None]
Ask = Callable[[Answered, Troubled], None]


class Latest:
    """Hands on only what answers the last question. `owner`: whoever is told must still be."""

    def __init__(self, owner: QObject) -> None:
        self._owner = owner
        self._generation = 0

    def forget(self) -> None:
        """Whatever still comes is dropped."""
        self._generation += 1

    def ask(self, ask: Ask, then: Answered, failed: Troubled) -> None:
        """`ask` gets the two who hear the answer, or the trouble."""
        self._generation += 1
        self.ask_too(ask, then, failed)

    def ask_too(self, ask: Ask, then: Answered, failed: Troubled) -> None:
        """Another part of the last question: it does not outdate the parts asked before."""
        ask(self.of_last(then), self.of_last(failed))

    def of_last(self, hears: Callable[P, None]) -> Callable[P, None]:
        """Who hears of the last question, and no more of it once there is another."""
        generation = self._generation

        def heard(*said: P.args, **more: P.kwargs) -> None:
            if generation == self._generation and isValid(self._owner):
                hears(*said, **more)

        return heard
