"""What the id of an NBA game says: its season and its kind. Nothing else is known of the game."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from nbapanel.rows.refusal import OddValue, PayloadRefused
from nbapanel.rows.scalars import shown

_GAME_ID = re.compile(r"00([1-6])([0-9]{2})[0-9]{5}")
_FIRST_YEAR = 46
"""The league began in 1946: a lower number of two digits is a year of this century."""

PRESEASON, REGULAR, ALL_STAR, PLAYOFFS, PLAY_IN, CUP_FINAL = range(1, 7)


@dataclass(frozen=True, slots=True)
class GameId:
    """`season`: the year it starts in; `season_type`: 1 preseason, 2 regular, 3 all-star,
    4 playoffs, 5 play-in, 6 cup final."""

    text: str
    season: int
    season_type: int

    @property
    def season_label(self) -> str:
        return season_label(self.season)

    @property
    def first_event_id(self) -> int:
        """The event_id of this game's action 0; the others follow it."""
        return int(self.text) * 100_000


@lru_cache(maxsize=4_096)
def game_id_of(text: str) -> GameId:
    """A game id of ten digits, taken apart. Raises OddValue for anything else."""
    match = _GAME_ID.fullmatch(text)
    if match is None:
        raise OddValue(f"the game id is {shown(text)}, not ten digits of an NBA game")
    year = int(match[2])
    return GameId(text, (1900 if year >= _FIRST_YEAR else 2000) + year, int(match[1]))


def game_asked_for(text: str) -> GameId:
    """The same for the id that a payload was asked for by: PayloadRefused if it is none."""
    try:
        return game_id_of(text)
    except OddValue as odd:
        raise PayloadRefused("This is kept under no NBA game.", f"{odd}.") from odd


def season_label(season: int) -> str:
    """The season's label by the calendar year it starts in: 2025 -> "2025-26"."""
    return f"{season}-{(season + 1) % 100:02d}"
