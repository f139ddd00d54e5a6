"""What a soak must show, judged from its samples. Pure: nothing is measured or read here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.soak.samples import Sample

WARM_FROM, WARM_SHARE, LAST_SHARE = 0.15, 0.15, 0.10
"""Memory is compared between two slices of the time: 15 % to 30 %, and the last 10 %."""

MOST_GROWTH_PERCENT = 10.0


@dataclass(frozen=True, slots=True)
class Check:
    """`what` was asked, `found` in a sentence, and whether that is good."""

    what: str
    found: str
    is_met: bool


def memory(samples: Sequence[Sample], took_s: float) -> list[Check]:
    """Of its own pages and of all: the median of the last slice beside that of the warm one."""
    return [
        _growth("memory of its own", samples, took_s, lambda one: one.own_mb),
        _growth("memory in all", samples, took_s, lambda one: one.rss_mb),
    ]


def constants(samples: Sequence[Sample]) -> list[Check]:
    """Of the rests: threads, handles, children and connections are at the end what they were.

    The least of each rest: when the ages on screen change, once a minute, Qt draws with two threads
    and two handles of its own and lets them go half a minute later. What leaks never goes.
    """
    return [
        _constant("threads", samples, lambda one: one.threads),
        _constant("file handles", samples, lambda one: one.handles),
        _constant("child processes", samples, lambda one: one.children),
        _constant("database connections", samples, _connections),
    ]


def slices(samples: Sequence[Sample], took_s: float) -> tuple[list[Sample], list[Sample]]:
    """Those of the warm slice and of the last one."""
    begin, end = took_s * WARM_FROM, took_s * (WARM_FROM + WARM_SHARE)
    last = took_s * (1 - LAST_SHARE)
    return (
        [one for one in samples if begin <= one.at_s < end],
        [one for one in samples if one.at_s >= last],
    )


def rests(samples: Sequence[Sample], gap_s: float = 20.0) -> list[list[Sample]]:
    """The resting samples, those of one rest together."""
    found: list[list[Sample]] = []
    for one in samples:
        if not one.is_resting:
            continue
        if found and one.at_s - found[-1][-1].at_s <= gap_s:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def _growth(
    what: str, samples: Sequence[Sample], took_s: float, of: Callable[[Sample], float]
) -> Check:
    asked = f"{what} grows by less than {MOST_GROWTH_PERCENT:.0f} %"
    warm, last = slices(samples, took_s)
    if not warm or not last:
        return Check(asked, "There are too few samples to tell.", False)
    before, after = median(map(of, warm)), median(map(of, last))
    percent = (after / before - 1) * 100
    found = f"{before:.1f} MB at the median of {len(warm)} samples, {after:.1f} MB of the last"
    return Check(asked, f"{found} {len(last)}: {percent:+.1f} %.", percent < MOST_GROWTH_PERCENT)


def _constant(what: str, samples: Sequence[Sample], of: Callable[[Sample], float]) -> Check:
    asked = f"as many {what} at rest at the end as at the beginning"
    levels = [min(map(of, rest)) for rest in rests(samples)]
    if len(levels) < 2:
        return Check(asked, "There were too few rests to tell.", False)
    found = f"At the rests, one after the other: {', '.join(f'{level:g}' for level in levels)}."
    return Check(asked, found, levels[-1] <= levels[0] or not _climbs(levels))


def _climbs(levels: Sequence[float]) -> bool:
    """The last is above all that were before it, or above the median of the first half."""
    half = levels[: max(1, len(levels) // 2)]
    return levels[-1] > max(levels[:-1]) or levels[-1] > max(half)


def _connections(sample: Sample) -> float:
    return sum((sample.connections or {}).values())
