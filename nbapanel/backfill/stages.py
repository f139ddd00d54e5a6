"""What a stage of a lane is: how its units are found, fetched and loaded, and which are lacking.

A stage calls the functions of the pipeline's own steps, for a few units at a time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.unit_context import UnitContext
from nbapanel.engine.steps import Step
from nbapanel.payload import SourceType
from nbapanel.steps.resources import Resources, Window
from nbapanel.warehouse.statements import statement

Phase = Literal["discover", "work"]
Keys = Sequence[str]


@dataclass(frozen=True, slots=True)
class Unit:
    """`key`: a day, a game's id, a market's event; `day`: the US Eastern day that it counts to."""

    key: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A backfill's request with the days of its seasons, and what its work is done with: their
    window goes from the first day of the first season to the last of the last."""

    request: BackfillRequest
    windows: dict[str, Window]
    resources: Resources

    def holds(self, day: date) -> bool:
        return any(window.first <= day <= window.last for window in self.windows.values())


Find = Callable[[Asked], Awaitable[Sequence[Unit]]]
Narrow = Callable[[Asked, Keys], Awaitable[Resources]]
Do = Callable[[UnitContext, Keys], Awaitable[None]]
Lacking = Callable[[Asked, Keys, Mapping[str, str]], Awaitable[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Stage:
    """`at_once`: how many units make a job, so that many payloads share a COPY.

    `lanes`: those that want it. `narrow` gives the resources that concern these units alone.
    `fetch` may raise what the feed says: what did come is loaded all the same. `fetch_more` asks
    for what only the loaded tables show to be wanted. `lacking` tells afterwards, by key and in
    words, what is not held; it is given what `fetch_each` said, by name.
    """

    name: str
    lanes: tuple[str, ...]
    phase: Phase
    at_once: int
    step: Step[Resources]
    find: Find
    narrow: Narrow
    fetch: Do
    load: Do
    lacking: Lacking
    fetch_more: Do | None = None


async def not_loaded(resources: Resources, kinds: Sequence[SourceType]) -> dict[str, str]:
    """By payload key, why its newest payload is not in the tables: of the payloads of these kinds
    that the resources name."""
    async with resources.database.connection() as connection:
        cursor = await connection.execute(
            statement("payloads_not_loaded"),
            {
                "source_types": [kind.value for kind in kinds],
                "keys": sorted(resources.payload_keys or ()),
            },
        )
        return dict(await cursor.fetchall())


def narrowed(resources: Resources, keys: Iterable[str], window: Window | None = None) -> Resources:
    """To the payloads of these keys."""
    return replace(resources, payload_keys=frozenset(keys), window=window or resources.window)
