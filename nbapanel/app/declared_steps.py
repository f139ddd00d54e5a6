"""The pipeline as the window sees it."""

from __future__ import annotations

from nbapanel.pipeline import STEPS
from nbapanel.ui.ports import DeclaredStep


def declared() -> tuple[DeclaredStep, ...]:
    return tuple(
        DeclaredStep(
            key=step.key,
            title=step.title,
            lane=step.lane,
            needs=step.needs,
            follows=step.follows,
            writes=step.writes,
            asks=step.asks,
            alert_after_s=step.alert_after_s,
            asks_feeds=step.asks_feeds,
        )
        for step in STEPS.steps
    )
