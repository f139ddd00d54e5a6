"""One final score of a game, as several sources have it. Nothing is read here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

SETTLED = "nba.games"
"""What was made of the others: it agrees with one of them, and is no witness of its own."""


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
    due, said = _most(finals)
    for final in finals:
        if final.score != due:
            yield final, said


def not_settled(finals: Sequence[Final]) -> str:
    """The final that some source has and nba.games has not; empty: that is not so."""
    told = [final for final in finals if any(final.score)]
    return "" if not told or any(f.source == SETTLED for f in finals) else _most(told)[1]


def moot(finals: Sequence[Final]) -> str:
    """Why there is nothing to hold against one another; empty: there is."""
    witnesses = [final for final in finals if final.source != SETTLED and any(final.score)]
    if not witnesses:
        return "no source has its final score"
    return "" if len(witnesses) > 1 else "only one source has its final score"


def _most(finals: Sequence[Final]) -> tuple[tuple[int, int], str]:
    """The score that most have; and in words, with their names."""
    counted = Counter(final.score for final in finals)
    due = max(counted, key=lambda score: (counted[score], -_rank(finals, score)))
    said_by = ", ".join(final.source for final in finals if final.score == due)
    return due, f"{due[0]} – {due[1]}, as in {said_by}"


def _rank(finals: Sequence[Final], score: tuple[int, int]) -> int:
    """How far down stands the most trusted of those who say so."""
    sources = {final.source for final in finals if final.score == score}
    return next((n for n, name in enumerate(_TRUSTED) if name in sources), len(_TRUSTED))
