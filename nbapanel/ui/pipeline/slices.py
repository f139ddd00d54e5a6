"""Which steps a rerun from a card would run: the same slices that the terminal cuts. No widget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

from nbapanel.ui.ports import DeclaredStep, RunWanted


class Mode(StrEnum):
    """What is to be run of the pipeline, seen from one step; ALL looks from none."""

    ONLY = "only"
    FROM = "from"
    UNTIL = "until"
    RETRY = "retry"
    ALL = "all"


def waits_for(step: DeclaredStep) -> tuple[str, ...]:
    return step.needs + step.follows


def downstream(declared: Sequence[DeclaredStep], key: str) -> set[str]:
    """That step and every step that waits for it, however far."""
    reached = {key}
    for step in declared:
        if reached.intersection(waits_for(step)):
            reached.add(step.key)
    return reached


def upstream(declared: Sequence[DeclaredStep], key: str) -> set[str]:
    """That step and every step that it waits for, however far."""
    reached = {key}
    for step in reversed(declared):
        if step.key in reached:
            reached.update(waits_for(step))
    return reached


def chosen(declared: Sequence[DeclaredStep], key: str | None, mode: Mode) -> list[DeclaredStep]:
    """The steps that would run, in declared order. A retry runs what stands on the step too."""
    if key is None or mode is Mode.ALL:
        return list(declared)
    match mode:
        case Mode.ONLY:
            keys = {key}
        case Mode.UNTIL:
            keys = upstream(declared, key)
        case _:
            keys = downstream(declared, key)
    return [step for step in declared if step.key in keys]


def asks_of(steps: Sequence[DeclaredStep]) -> set[str]:
    """The settings that make a difference to at least one of them."""
    return {ask for step in steps for ask in step.asks}


def wanted_at_once(key: str | None, mode: Mode, settings: RunWanted | None = None) -> RunWanted:
    """The run that this slice is, with these settings or with those that hold by default."""
    run = settings or RunWanted()
    if key is None or mode is Mode.ALL:
        return run
    match mode:
        case Mode.ONLY:
            return replace(run, only=(key,))
        case Mode.UNTIL:
            return replace(run, until_step=key)
        case _:
            return replace(run, from_step=key)
