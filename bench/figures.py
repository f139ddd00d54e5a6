"""What a measurement gives: samples, figures, curves, aims. Nothing is measured here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import msgspec

Unit = Literal["rows/s", "s", "ms", "MB"]

PATIENCE_S = 12.0
"""The usual ways are not repeated beyond this: their figures are far off, not close."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One way of doing it: what each repeat gave, in the figure's unit."""

    way: str
    values: tuple[float, ...]
    detail: dict[str, Any] | None = None

    @property
    def median(self) -> float:
        return median(self.values)


@dataclass(frozen=True, slots=True)
class Aim:
    """A bound for our way, or for the ratio of the two."""

    bound: float
    of: Literal["ours", "ratio"] = "ours"


@dataclass(frozen=True, slots=True)
class Figure:
    """Our way beside the usual one; with `is_other_case`, beside our way in another case.

    `is_chief`: one of those that the README shows.
    """

    topic: str
    what: str
    unit: Unit
    ours: Sample
    usual: Sample | None = None
    aim: Aim | None = None
    is_other_case: bool = False
    is_chief: bool = False

    @property
    def more_is_better(self) -> bool:
        return self.unit == "rows/s"

    @property
    def ours_shown(self) -> float:
        """The median; of memory and of stalls the most, for that is what one must live with."""
        return max(self.ours.values) if self.unit in ("MB", "ms") else self.ours.median

    @property
    def ratio(self) -> float | None:
        """How many times better than the usual way; or how many times as much as the other case."""
        if self.usual is None:
            return None
        ratio = self.ours.median / self.usual.median
        return ratio if self.more_is_better or self.is_other_case else 1 / ratio

    @property
    def is_met(self) -> bool | None:
        if self.aim is None:
            return None
        if self.aim.of == "ratio":
            assert self.ratio is not None
            return self.ratio <= self.aim.bound
        if self.more_is_better:
            return self.ours_shown >= self.aim.bound
        return self.ours_shown <= self.aim.bound

    def as_json(self) -> dict[str, Any]:
        """All of it, and for readers of the file what follows from it."""
        samples = {"ours": _with_median(self.ours), "usual": _with_median(self.usual)}
        return {**msgspec.to_builtins(self), **samples, "ratio": self.ratio, "met": self.is_met}


def _with_median(sample: Sample | None) -> dict[str, Any] | None:
    if sample is None:
        return None
    return {**msgspec.to_builtins(sample), "median": sample.median}


@dataclass(frozen=True, slots=True)
class Point:
    """Seconds of both ways in a warehouse of so many games."""

    games: int
    ours: Sample
    usual: Sample


@dataclass(frozen=True, slots=True)
class Curve:
    """What something costs as the warehouse grows; `about` says what exactly is done, of what."""

    title: str
    about: str
    points: tuple[Point, ...]

    def as_json(self) -> dict[str, Any]:
        points = [
            {
                "games": point.games,
                "ours": _with_median(point.ours),
                "usual": _with_median(point.usual),
            }
            for point in self.points
        ]
        return {**msgspec.to_builtins(self), "points": points}


def repeated(once: Callable[[], float], repeats: int, patience_s: float | None = None) -> Seconds:
    """Seconds of each repeat; with patience, no further one once they took so long together."""
    seconds: list[float] = []
    while len(seconds) < repeats and (patience_s is None or sum(seconds) < patience_s):
        seconds.append(once())
    return Seconds(tuple(seconds))


@dataclass(frozen=True, slots=True)
class Seconds:
    """Seconds of each repeat, and the rate they are when a number of rows was handled in each."""

    each: tuple[float, ...]

    def sample(self, way: str, **detail: Any) -> Sample:
        return Sample(way, self.each, detail or None)

    def rate(self, way: str, rows: int, **detail: Any) -> Sample:
        about = {"rows": rows, "seconds": list(self.each), **detail}
        return Sample(way, tuple(rows / seconds for seconds in self.each), about)
