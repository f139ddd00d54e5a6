"""What runs changed, made ready to be drawn as bars. Pure: numpy, no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbapanel.ui.charts.series import NO_RUN, Floats, Ints, Log, rows_of, runs_of


@dataclass(frozen=True, slots=True)
class Runs:
    """What each run changed, oldest first; or, bundled, what some consecutive runs did.

    `first` is the position of the run, `count` how many runs the bar stands for.
    """

    first: Ints
    count: Ints
    at: Floats
    last_at: Floats
    run_id: Ints
    inserted: Ints
    updated: Ints
    deleted: Ints

    def __len__(self) -> int:
        return len(self.at)


def changes(log: Log, relation: str | None = None) -> Runs:
    """What each run inserted, updated and deleted: in all relations, or in one."""
    rows = np.arange(len(log)) if relation is None else rows_of(log, relation)
    if not len(rows):
        return no_runs()
    starts, group = runs_of(log, rows)
    at = log.at[rows[starts]]
    return Runs(
        np.arange(len(starts)),
        np.ones(len(starts), dtype=np.int64),
        at,
        at,
        log.run_id[rows[starts]],
        *(_summed(column[rows], group) for column in (log.inserted, log.updated, log.deleted)),
    )


def bundled(runs: Runs, low: float, high: float, most: int = 400) -> Runs:
    """The bars to draw for runs `low` to `high`: consecutive runs together where they are many.

    Bundles hold 1, 2, 5, 10, ... runs and begin at multiples of that, so they stay while one pans.
    A bundle of several runs has no run of its own.
    """
    first = max(0, int(np.ceil(low)))
    last = min(len(runs), int(np.floor(high)) + 1)
    if last <= first:
        first = last = 0
    size = bundle_size(last - first, most)
    first = first // size * size
    last = min(len(runs), -(-last // size) * size)
    edges = np.arange(first, last, size)
    if not len(edges):
        return no_runs()
    ends = np.minimum(edges + size, last)
    return Runs(
        edges,
        ends - edges,
        runs.at[edges],
        runs.at[ends - 1],
        runs.run_id[edges] if size == 1 else np.full(len(edges), NO_RUN),
        *(
            np.add.reduceat(column[:last], edges)
            for column in (runs.inserted, runs.updated, runs.deleted)
        ),
    )


def bundle_size(number: int, most: int) -> int:
    """The smallest of 1, 2, 5, 10, 20, ... with which `number` runs make at most `most` bars."""
    unit = 1
    while True:
        for factor in (1, 2, 5):
            if number <= most * unit * factor:
                return unit * factor
        unit *= 10


def cap(totals: NDArray[Any]) -> float | None:
    """Where to cut bars that would flatten all others; None where none does."""
    positive = totals[totals > 0]
    if len(positive) < 4:
        return None
    usual, highest = float(np.quantile(positive, 0.9)), float(positive.max())
    return usual * 1.5 if highest > 4 * usual else None


def no_runs() -> Runs:
    none = np.empty(0, dtype=np.int64)
    return Runs(none, none, np.empty(0), np.empty(0), none, none, none, none)


def _summed(column: Ints, group: Ints) -> Ints:
    return np.bincount(group, weights=column).astype(np.int64)
