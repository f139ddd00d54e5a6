"""What the league's own lane holds of games, for the rows of the games table. Nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from nbapanel.rows.reads import NbaPart
from nbapanel.warehouse.statements import statement

_FINAL = 3
_TO_COME = {1: "still to be played", 2: "still in play"}


def nba_parts(connection: Connection[Any], games: Sequence[str]) -> dict[str, NbaPart]:
    """By ESPN's id, of those of these games that the league's lane knows.

    Does not turn PostgreSQL's errors into words: it is a part of a read that does.
    """
    with connection.cursor(row_factory=class_row(_Held)) as cursor:
        cursor.execute(statement("nba_parts_of_games"), {"games": list(games)})
        return {held.game_id: held.part for held in cursor}


@dataclass(frozen=True, slots=True)
class _Held:
    """`is_over`: as the scoreboard has it. `is_told_to_the_end`: the final score is that of the
    play-by-play."""

    game_id: str
    nba_game_id: str
    status: int | None
    is_off: bool
    is_over: bool
    events: int
    is_told_to_the_end: bool
    has_box_score: bool
    has_final_box_score: bool

    @property
    def part(self) -> NbaPart:
        lacks = ", ".join(self._lacking())
        return NbaPart(self.nba_game_id, self.events, lacks, self._to_come)

    @property
    def _to_come(self) -> str:
        return "" if self.is_off or self.is_over else _TO_COME.get(self.status or 0, "")

    def _lacking(self) -> list[str]:
        """As nba_games_without_lack judges it: of a game that was off nothing is missing."""
        if self.is_off or self._to_come:
            return []
        if self.status != _FINAL:
            return ["its final score"]
        lacking = []
        if not self.is_told_to_the_end:
            lacking.append("the end of its play-by-play" if self.events else "play-by-play")
        if not self.has_final_box_score:
            lacking.append("the final box score" if self.has_box_score else "box score")
        return lacking
