"""An evening's refetch: when it is, which days it looks at, and what is told of its process."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bench.children import Ran
from bench.figures import Aim, Figure, Sample
from nbapanel.clock import eastern_midnight

DAYS = 7
_AIM_PEAK_MB = 150.0
# After an evening: four in the morning, Eastern.
_AFTER = timedelta(hours=28)


def after(evening: date) -> datetime:
    return eastern_midnight(evening) + _AFTER


def days_of(evening: date) -> list[date]:
    """The seven game days that are refetched, the last one first."""
    return [evening - timedelta(days=number) for number in range(DAYS)]


def window(evening: date) -> tuple[str, str]:
    """Seven game days: not those of the clock, for which a new day has begun."""
    return "--date", f"{evening - timedelta(days=DAYS - 1)}..{evening}"


def peak(topic: str, what: str, runs: Sequence[Ran], *, is_chief: bool = False) -> Figure:
    values = tuple(run.peak_mb for run in runs)
    return Figure(
        topic,
        f"peak memory of {what}",
        "MB",
        Sample("the panel's process", values),
        aim=Aim(_AIM_PEAK_MB),
        is_chief=is_chief,
    )


def steps_of(runs: Sequence[Ran]) -> list[dict[str, float]]:
    return [run.step_seconds for run in runs]
