"""What a step is, what it is given, and slices of a list of them. No step is named here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from nbapanel.engine.events import Changes
from nbapanel.errors import UsageError

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step would do. None means: not known beforehand."""

    requests: int | None = None
    units: int | None = None
    unit: str = "games"
    rows: int | None = None
    note: str = ""


class StepContext(Protocol[R]):
    """What a running step sees of its run. `resources` is whatever the run was given."""

    @property
    def resources(self) -> R: ...

    @property
    def run_id(self) -> int: ...

    @property
    def step(self) -> Step[R]: ...

    @property
    def stopping(self) -> bool:
        """True once somebody asked for the run to stop: finish the unit in hand and return."""

    def check_stop(self) -> None:
        """Between two units of work: end the step, with what it has done, if a stop was asked."""

    def progress(self, done: int, total: int | None, unit: str, message: str = "") -> None: ...

    def fetched(self, requests: int, size: int) -> None:
        """Count requests made and bytes received."""

    def changed(self, relation: str, changes: Changes) -> None:
        """Add to what this step did to a relation, named schema.table."""

    def bad(self, where: str, reason: str) -> None:
        """Set one bad item aside: counted, named in the step's detail (the first few)."""

    def note(self, key: str, value: object) -> None:
        """Put something under `key` into the step's detail."""


Action = Callable[[StepContext[R]], Awaitable[str | None]]
"""Does the work. May return a sentence for the reason column ("7 days, 55 games")."""

SkipIf = Callable[[R], Awaitable[str | None]]
"""The reason, in words, why there is nothing to do; None when there is."""

Planner = Callable[[R], Awaitable[Plan]]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """One declared step.

    `needs` must have ended well, or this step is blocked. `follows` must only have ended: a fetch
    that failed does not hold up the load of what the archive already holds.
    `timeout_s` bounds one attempt; `alert_after_s` is when its duration is worth an alert.
    `asks`: the settings of a run that make a difference to it, to be shown before a rerun.
    `asks_feeds`: it makes requests.
    """

    key: str
    title: str
    lane: str
    action: Action[R]
    timeout_s: float
    needs: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    skip_if: SkipIf[R] | None = None
    plan: Planner[R] | None = None
    retries: int = 0
    writes: tuple[str, ...] = ()
    alert_after_s: float | None = None
    asks: tuple[str, ...] = ()
    asks_feeds: bool = False

    @property
    def waits_for(self) -> tuple[str, ...]:
        return self.needs + self.follows


@dataclass(frozen=True, slots=True)
class StepList(Generic[R]):
    """Steps in reading order, checked: keys unique, needs declared earlier (hence no cycle)."""

    steps: tuple[Step[R], ...]
    by_key: Mapping[str, Step[R]] = field(init=False)

    def __post_init__(self) -> None:
        seen: dict[str, Step[R]] = {}
        for step in self.steps:
            if step.key in seen:
                raise ValueError(f"step {step.key!r} is declared twice")
            for need in step.waits_for:
                if need == step.key:
                    raise ValueError(f"step {step.key!r} needs itself")
                if need not in seen:
                    raise ValueError(f"step {step.key!r} needs {need!r}, not declared before it")
            if step.timeout_s <= 0:
                raise ValueError(f"step {step.key!r} has no time limit")
            seen[step.key] = step
        object.__setattr__(self, "by_key", seen)

    def __iter__(self) -> Any:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(step.key for step in self.steps)

    def slice(
        self,
        only: Sequence[str] = (),
        from_: str | None = None,
        until: str | None = None,
    ) -> tuple[Step[R], ...]:
        """The steps of a partial run, in declared order.

        `only`: exactly these. `from_`: that step and all that depend on it, however far.
        `until`: that step and all it depends on. `from_` and `until` together: what lies between.
        Raises UsageError for a key that is not declared, naming those that are.
        """
        for key in (*only, *(k for k in (from_, until) if k is not None)):
            if key not in self.by_key:
                raise UsageError(
                    f"There is no step {key!r}.", hint=f"Steps: {', '.join(self.keys)}."
                )
        chosen = set(only) if only else set(self.by_key)
        if from_ is not None:
            chosen &= self.downstream([from_])
        if until is not None:
            chosen &= self._upstream(until)
        return tuple(step for step in self.steps if step.key in chosen)

    def downstream(self, keys: Iterable[str]) -> set[str]:
        """These steps and every step that waits for one of them, however far."""
        reached = set(keys)
        for step in self.steps:
            if reached.intersection(step.waits_for):
                reached.add(step.key)
        return reached

    def _upstream(self, key: str) -> set[str]:
        reached = {key}
        for step in reversed(self.steps):
            if step.key in reached:
                reached.update(step.waits_for)
        return reached
