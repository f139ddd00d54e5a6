"""The steps as a picture: their lanes, the edges between them, and a row for each. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nbapanel.ui.ports import DeclaredStep


@dataclass(frozen=True, slots=True)
class Edge:
    """`firm`: the target needs the source; otherwise it only follows it."""

    source: str
    target: str
    firm: bool


def lanes_of(declared: Sequence[DeclaredStep]) -> dict[str, list[DeclaredStep]]:
    """The steps by lane, lanes in the order of their first step."""
    lanes: dict[str, list[DeclaredStep]] = {}
    for step in declared:
        lanes.setdefault(step.lane, []).append(step)
    return lanes


def edges_of(declared: Sequence[DeclaredStep]) -> list[Edge]:
    return [
        Edge(key, step.key, firm)
        for step in declared
        for keys, firm in ((step.needs, True), (step.follows, False))
        for key in keys
    ]


def rows_of(declared: Sequence[DeclaredStep]) -> dict[str, int]:
    """A row for each step: level with what it waits for in other lanes, below its neighbours.

    No lane grows longer for it than the longest lane is.
    """
    lanes = lanes_of(declared)
    lane_of = {step.key: step.lane for step in declared}
    last = max(map(len, lanes.values()), default=1) - 1
    rows: dict[str, int] = {}
    below: dict[str, int] = {}
    for step in declared:
        level = [
            rows[key]
            for key in step.needs + step.follows
            if key in rows and lane_of[key] != step.lane
        ]
        rows[step.key] = max([below.get(step.lane, 0), *level])
        below[step.lane] = rows[step.key] + 1
    for steps in lanes.values():
        most = last
        for step in reversed(steps):
            rows[step.key] = min(rows[step.key], most)
            most = rows[step.key] - 1
    return rows
