"""Figures and results as a run of the benchmark would leave them; nothing is measured."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from bench.figures import Aim, Curve, Figure, Point, Sample
from bench.results import Measured, Results

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture
def machine() -> dict[str, Any]:
    return {
        "date": "2026-11-22T08:00:00+00:00",
        "system": "Linux",
        "processor": "AMD EPYC",
        "cores": 2,
        "ram_gb": 25.3,
        "python": "3.11.7",
        "postgresql": "18.4",
    }


@pytest.fixture
def curve() -> Curve:
    return Curve(
        "Derive",
        "10 games that changed",
        (
            Point(52, Sample("those only", (0.09,) * 3), Sample("all", (0.5,) * 3)),
            Point(1_215, Sample("those only", (0.1,) * 3), Sample("all", (9.5,))),
        ),
    )


@pytest.fixture
def measured(curve: Curve) -> Measured:
    """A chief figure whose aim is missed, one that is not, and a curve."""
    load = Figure(
        "candles",
        "1,000 candlesticks, archive to table",
        "rows/s",
        Sample("COPY", (140_000.0, 150_000.0, 120_000.0)),
        Sample("executemany", (35_000.0, 35_000.0)),
        Aim(150_000),
        is_chief=True,
    )
    again = Figure("candles", "the same again", "s", Sample("not read", (0.1, 0.1, 0.1)))
    return Measured("2026-11-22T08:00:00+00:00", 1_230, 3, 60.0, (load, again), (curve,))


@pytest.fixture
def results(tmp_path: Path, machine: dict[str, Any], measured: Measured) -> Results:
    return Results(tmp_path / "results.json", machine, {"candles": measured})
