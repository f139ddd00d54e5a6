"""THE declaration of what a backfill knows: its lanes, their stages, and what is derived after."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from nbapanel.backfill import espn, kalshi, nba
from nbapanel.backfill.stages import Stage
from nbapanel.backfill.unit_context import UnitContext, named_step
from nbapanel.engine.steps import Step
from nbapanel.steps import derived, nba_state
from nbapanel.steps.resources import Context, Resources

STAGES: Mapping[str, Stage] = {
    stage.name: stage
    for stage in (
        *(espn.DAYS, kalshi.MARKETS, nba.SEASONS),
        *(espn.GAMES, kalshi.EVENTS, nba.GAMES),
    )
}
"""In the order in which they are worked: what finds units comes before what they are."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What is computed of the games that changed; `skip_if` tells that there are none."""

    step: Step[Resources]
    skip_if: Callable[[Resources], Awaitable[str | None]]
    action: Callable[[Context], Awaitable[str]]


DERIVED = (
    Derived(
        named_step("backfill_nba_state", "Backfill NBA games and state", "NBA"),
        nba_state.skip_nba_state,
        nba_state.process_nba,
    ),
    Derived(
        named_step("backfill_game_state", "Backfill game state", "Derived"),
        derived.skip_state,
        derived.process_state,
    ),
    Derived(
        named_step("backfill_features", "Backfill snapshot features", "Derived"),
        derived.skip_features,
        derived.update_features,
    ),
)


def stages_of(lanes: Sequence[str], phase: str) -> list[Stage]:
    return [
        stage
        for stage in STAGES.values()
        if stage.phase == phase and not set(lanes).isdisjoint(stage.lanes)
    ]


def context_of(step: Step[Resources], resources: Resources) -> UnitContext:
    return UnitContext(resources, step)
