"""The topics of the benchmark by name, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bench.figures import Curve, Figure
from bench.topics import (
    candles,
    evening,
    features,
    growth,
    nba,
    paging,
    probabilities,
    publishing,
    reads,
    rebuild,
    state,
    window,
)
from bench.workbench import Workbench

Topic = Callable[[Workbench], Iterator[Figure | Curve]]

# Those within this process first: they share a server, which the others do without.
TOPICS: dict[str, Topic] = {
    "probabilities": probabilities.measure,
    "candles": candles.measure,
    "state": state.measure,
    "features": features.measure,
    "publish": publishing.measure,
    "nba": nba.measure,
    "reads": reads.measure,
    "evening": evening.measure,
    "paging": paging.measure,
    "rebuild": rebuild.measure,
    "growth": growth.measure,
    "window": window.measure,
}
