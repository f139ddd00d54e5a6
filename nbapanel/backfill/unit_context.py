"""What a step's function reports through while a worker calls it for a few units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbapanel.engine.events import Changes
from nbapanel.engine.steps import Step, StepContext
from nbapanel.steps.resources import Resources


async def _no_action(_: StepContext[Resources]) -> str | None:
    raise AssertionError("a backfill's step is a name in the refresh log")


def named_step(key: str, title: str, lane: str) -> Step[Resources]:
    """A step of a backfill, as the refresh log knows it. It is in no pipeline."""
    return Step(key=key, title=title, lane=lane, action=_no_action, timeout_s=0)


@dataclass(slots=True)
class UnitContext:
    """The `StepContext` of one job. Its work is no run's: `run_id` is 0.

    `not_fetched` says in words what the feed did not give, by the names of `fetch_each`.
    """

    resources: Resources
    step: Step[Resources]
    requests: int = 0
    bytes_fetched: int = 0
    bad_items: int = 0
    not_fetched: dict[str, str] = field(default_factory=dict)
    _changes: dict[str, Changes] = field(default_factory=dict)

    @property
    def run_id(self) -> int:
        return 0

    @property
    def stopping(self) -> bool:
        """What is begun is ended: a job holds few units."""
        return False

    def check_stop(self) -> None:
        return None

    def progress(self, done: int, total: int | None, unit: str, message: str = "") -> None:
        return None

    def fetched(self, requests: int, size: int) -> None:
        self.requests += requests
        self.bytes_fetched += size

    def changed(self, relation: str, changes: Changes) -> None:
        self._changes[relation] = self._changes.get(relation, Changes()) + changes

    def bad(self, where: str, reason: str) -> None:
        self.bad_items += 1

    def note(self, key: str, value: object) -> None:
        if key == "not_fetched" and isinstance(value, dict):
            self.not_fetched |= value

    def rows(self, relations: Iterable[str] | None = None) -> int:
        """Rows that went through: written, or compared and found unchanged."""
        chosen: dict[str, Any] = self._changes
        if relations is not None:
            chosen = {name: self._changes[name] for name in relations if name in self._changes}
        return sum(one.inserted + one.updated + one.unchanged for one in chosen.values())
