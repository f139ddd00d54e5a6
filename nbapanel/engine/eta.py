"""How long it usually takes, and how long it will still take. Pure; silent when history is thin."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nbapanel.engine.steps import Step

ENOUGH = 3
RECENT = 20
SLOW_FACTOR = 3.0


@dataclass(frozen=True, slots=True)
class Underway:
    """A step that runs: for how long, and how much of it is done (`total` None: not known)."""

    elapsed_s: float
    done: int = 0
    total: int | None = None


def median_seconds(history: Sequence[float]) -> float | None:
    """The median of these durations; None for fewer than three."""
    return statistics.median(history) if len(history) >= ENOUGH else None


def usual(history: Sequence[float]) -> float | None:
    """The median of the last 20 durations (oldest first); None for fewer than three."""
    return median_seconds(history[-RECENT:])


def is_slow(seconds: float, history: Sequence[float]) -> bool:
    """Took more than three times as long as usual. Never so while history is thin."""
    expected = usual(history)
    return expected is not None and seconds > SLOW_FACTOR * expected


def remaining(
    steps: Sequence[Step[Any]],
    history: Mapping[str, Sequence[float]],
    underway: Mapping[str, Underway],
    pending: Collection[str],
) -> float | None:
    """Seconds until the last step of a run ends, lanes side by side; None when it is not known.

    `steps` in declared order, `history` by key: durations of attempts that did their work, oldest
    first. Steps neither underway nor pending have ended.
    """
    ends: dict[str, float] = {}
    lane_free: dict[str, float] = {}
    for step in steps:
        if step.key not in underway and step.key not in pending:
            continue
        left = _left(history.get(step.key, ()), underway.get(step.key))
        if left is None:
            return None
        waits = [ends.get(key, 0.0) for key in step.waits_for]
        start = 0.0 if step.key in underway else max([lane_free.get(step.lane, 0.0), *waits])
        ends[step.key] = start + left
        lane_free[step.lane] = max(lane_free.get(step.lane, 0.0), ends[step.key])
    return max(ends.values(), default=0.0)


def about(seconds: float) -> str:
    """In words, as exact as an estimate deserves: "under 5 s", "about 20 s", "about 4 min"."""
    if seconds < 5:
        return "under 5 s"
    if seconds < 57.5:
        return f"about {_nearest(seconds, 5)} s"
    minutes = _nearest(seconds, 60) // 60
    if minutes < 60:
        return f"about {minutes} min"
    hours, minutes = divmod(_nearest(seconds, 600) // 60, 60)
    return f"about {hours} h {minutes} min" if minutes else f"about {hours} h"


def _left(history: Sequence[float], underway: Underway | None) -> float | None:
    expected = usual(history)
    if expected is None or underway is None:
        return expected
    by_progress = underway.total is not None and underway.total > 0 and underway.done > 0
    if not by_progress and underway.elapsed_s > SLOW_FACTOR * expected:
        return None  # far beyond anything known, and it does not say how far it is
    # Late but not absurdly so: nearly there, not "0 s" for minutes on end.
    by_history = max(expected - underway.elapsed_s, expected / 10)
    if not by_progress or underway.total is None:
        return by_history
    share = min(underway.done / underway.total, 1.0)
    by_pace = underway.elapsed_s * (1.0 - share) / share
    return share * by_pace + (1.0 - share) * by_history


def _nearest(seconds: float, unit: int) -> int:
    return int(seconds / unit + 0.5) * unit
