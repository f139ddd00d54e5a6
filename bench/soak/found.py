"""What a soak was asked for, and what it brought to light. Nothing is done here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.soak.judging import Check
from bench.soak.samples import Sample


@dataclass(frozen=True, slots=True)
class Wanted:
    """`rate`: of the league's clock. `is_traced`: what the window's memory is made of, too."""

    minutes: float
    seed: int
    rate: float
    scratch: Path
    is_traced: bool = False

    @property
    def seconds(self) -> float:
        return self.minutes * 60


@dataclass(slots=True)
class Found:
    """`took_s`: up to the last rest. `inside`: what the window counted of itself at the rests.
    `unexpected`: what was said by log, window or terminal, and was not provoked."""

    took_s: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    commands: Counter[str] = field(default_factory=Counter)
    restarts: Counter[str] = field(default_factory=Counter)
    runs: dict[str, dict[str, int]] = field(default_factory=dict)
    inside: list[dict[str, Any]] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    unexpected: list[str] = field(default_factory=list)
    league_time: list[str] = field(default_factory=list)
