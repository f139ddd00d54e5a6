"""How the feeds misbehave in a soak: the simulator's rules, drawn from a seed. Nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from bench.soak.decks import Deck
from nbapanel.simulator.faults import POISONS, Fault

_FIELDS: Mapping[str, tuple[str, str]] = {
    "/scoreboard": ("score", "competitions"),
    "/probabilities": ("homeWinPercentage", "homeWinPercentage"),
    "/plays": ("homeScore", "id"),
    "/summary": ("homeWinPercentage", "playId"),
    r"/markets\?": ("close_time", "ticker"),
    "/candlesticks": ("end_period_ts", "end_period_ts"),
}
"""By request: the field that is poisoned, and the one that is left out."""

_SHORTEST_S, _LONGEST_S = 6.0, 25.0


@dataclass(frozen=True, slots=True)
class Disturbance:
    """`kind`: the fault, and what is poisoned with; `rules`: as the simulator takes them."""

    kind: str
    rules: tuple[dict[str, Any], ...]
    lasts_s: float


def kinds() -> tuple[str, ...]:
    """Every fault there is, poison once for each thing that it may be."""
    plain = tuple(fault.value for fault in Fault if fault is not Fault.POISON)
    return plain + tuple(f"{Fault.POISON.value} {what}" for what in POISONS)


class Disturbances:
    """One after the other; each kind comes before any comes twice."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._kinds = Deck(kinds(), chance)
        self._paths = Deck(tuple(_FIELDS), chance)

    def draw(self) -> Disturbance:
        """Of one kind, at one request or at several; for good, or for the first few asked."""
        kind = self._kinds.draw()
        count = self._chance.choice((1, 1, 2, len(_FIELDS)))
        paths = {self._paths.draw() for _ in range(count)}
        times = self._chance.choice((None, None, 1, 2, 5))
        rules = tuple(self._rule(kind, path, times) for path in sorted(paths))
        return Disturbance(kind, rules, self._chance.uniform(_SHORTEST_S, _LONGEST_S))

    def _rule(self, kind: str, path: str, times: int | None) -> dict[str, Any]:
        fault, _, what = kind.partition(" ")
        rule: dict[str, Any] = {"path": path, "fault": fault}
        params = self._params(Fault(fault), what, path)
        return rule | ({"params": params} if params else {}) | ({"times": times} if times else {})

    def _params(self, fault: Fault, what: str, path: str) -> dict[str, Any]:
        poisoned, missing = _FIELDS[path]
        every = self._chance.choice((1, 3, 7))
        match fault:
            case Fault.TOO_MANY:
                return {"retry_after_s": self._chance.choice((0, 1, 3))}
            case Fault.SLOW_DRIP:
                return {"chunk_bytes": self._chance.choice((64, 4_000)), "pause_s": 0.05}
            case Fault.CUT_BODY | Fault.CUT_JSON:
                return {"keep": self._chance.choice((0.1, 0.5, 0.9))}
            case Fault.DUPLICATE_ITEMS:
                return {"every": every}
            case Fault.FIELDS_MISSING:
                return {"fields": [missing], "every": every}
            case Fault.HUGE:
                return {"megabytes": 200, "packed": self._chance.choice((False, True))}
            case Fault.POISON:
                return {"what": what, "field": poisoned, "every": every}
            case _:
                return {}
