"""What was measured, topic by topic, in a file that a later run goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bench.figures import Curve, Figure

_NOT_THE_MACHINE = "date"


@dataclass(frozen=True, slots=True)
class Measured:
    """One topic's figures and curves, and how they were come by."""

    date: str
    games: int
    repeats: int
    took_s: float
    figures: tuple[Figure, ...] = ()
    curves: tuple[Curve, ...] = ()
    failure: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            **msgspec.to_builtins(self),
            "figures": [figure.as_json() for figure in self.figures],
            "curves": [curve.as_json() for curve in self.curves],
        }


@dataclass(slots=True)
class Results:
    """By topic, all of one machine. Put and saved after each topic: what was measured stays."""

    path: Path
    machine: dict[str, Any]
    topics: dict[str, Measured] = field(default_factory=dict)

    @classmethod
    def beside(cls, path: Path, machine: dict[str, Any]) -> Results:
        """Those of the file, if it is there and of the same machine; else none yet."""
        held = _read(path)
        if held is None or not _is_same(held.machine, machine):
            return cls(path, machine)
        return cls(path, machine, held.topics)

    def lacking(self, topics: Iterable[str], games: int, repeats: int) -> list[str]:
        """Of these topics those that were not measured at this size, or failed."""
        return [topic for topic in topics if not self._holds(topic, games, repeats)]

    def put(self, topic: str, measured: Measured, order: Sequence[str]) -> None:
        """In the place of an earlier measurement of the topic; in the order of the table."""
        held = {**self.topics, topic: measured}
        self.topics = {name: held[name] for name in order if name in held}

    def save(self) -> None:
        topics = {name: measured.as_json() for name, measured in self.topics.items()}
        document = json.dumps({"machine": self.machine, "topics": topics}, indent=1, default=str)
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(document + "\n", encoding="utf-8")
        unfinished.replace(self.path)

    @property
    def figures(self) -> list[Figure]:
        return [figure for measured in self.topics.values() for figure in measured.figures]

    @property
    def curves(self) -> list[Curve]:
        return [curve for measured in self.topics.values() for curve in measured.curves]

    @property
    def failures(self) -> dict[str, str]:
        return {name: m.failure for name, m in self.topics.items() if m.failure}

    @property
    def sizes(self) -> set[tuple[int, int]]:
        """(games, repeats) of all that is held: more than one where runs differed."""
        return {(measured.games, measured.repeats) for measured in self.topics.values()}

    def _holds(self, topic: str, games: int, repeats: int) -> bool:
        held = self.topics.get(topic)
        return (
            held is not None
            and not held.failure
            and (held.games, held.repeats)
            == (
                games,
                repeats,
            )
        )


@dataclass(frozen=True, slots=True)
class _Held:
    machine: dict[str, Any]
    topics: dict[str, Measured]


def _read(path: Path) -> _Held | None:
    """None where there is no file, or one of another form: it is begun anew then."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Held)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _is_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return {**one, _NOT_THE_MACHINE: None} == {**other, _NOT_THE_MACHINE: None}
