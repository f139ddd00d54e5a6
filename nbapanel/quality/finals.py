"""One final score of a game, as several sources have it. Nothing is read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Final(NamedTuple):
    """A final score, home first, and who says so."""

    source: str
    home: int
    away: int

    @property
    def score(self) -> tuple[int, int]:
        return self.home, self.away


_TRUSTED = ("box score", "play-by-play", "schedule", "scoreboard", "game finder", "ESPN")
"""Whom to believe where as many say one thing as another: the box score is corrected longest."""


def dissenters(finals: Sequence[Final]) -> Iterator[tuple[Final, str]]:
    """The sources that have another final than most; with what most have, and who they are."""
    if len({final.score for final in finals}) < 2:
        return
    counted = Counter(final.score for final in finals)
    due = max(counted, key=lambda score: (counted[score], -_rank(finals, score)))
    said_by = ", ".join(final.source for final in finals if final.score == due)
    for final in finals:
        if final.score != due:
            yield final, f"{due[0]} – {due[1]}, as in {said_by}"


def _rank(finals: Sequence[Final], score: tuple[int, int]) -> int:
    """How far down stands the most trusted of those who say so."""
    sources = {final.source for final in finals if final.score == score}
    return next((n for n, name in enumerate(_TRUSTED) if name in sources), len(_TRUSTED))
