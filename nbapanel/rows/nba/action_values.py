"""Single values of an action, as both forms of play-by-play give them: scores, clocks, ids."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta

from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import MAX_INT8, MOST_PERIODS, MOST_POINTS, integer, shown

MOST_ACTIONS: Final = 100_000
"""A game's actions are numbered below it: event_id is made of it. A long game has 800."""

ActionNumber = Annotated[int, Meta(ge=0, lt=MOST_ACTIONS)]
OrderNumber = Annotated[int, Meta(ge=0, le=MAX_INT8)]
PlayedPeriod = Annotated[int, Meta(ge=1, le=MOST_PERIODS)]
LeagueId = Annotated[int, Meta(ge=0, le=MAX_INT8)]
"""Of a team or a person; 0 stands for none."""

Flag = Annotated[int, Meta(ge=0, le=1)]
Place = Annotated[float, Meta(ge=-100_000, le=100_000)]
LegacyPlace = Annotated[int, Meta(ge=-100_000, le=100_000)]

_LONGEST_PERIOD_S = 720.0
_LONGEST_CLOCK_CHARS = 40
_CLOCK = re.compile(r"PT([0-9]{1,2})M([0-9]{1,2}(?:\.[0-9]+)?)S")


class _Points(dict[str | int | None, int | None]):
    """Scores that were read: a game says the same one again and again."""

    def __missing__(self, given: str | int | None) -> int | None:
        if given is None or (isinstance(given, str) and not given.strip()):
            return None
        self[given] = read = integer(given, "the score", high=MOST_POINTS)
        return read


points = _Points({None: None, "": None}).__getitem__
"""A score given as text, or as a number; None where it is blank."""


@lru_cache(maxsize=8_192)
def game_clock(text: str) -> str | None:
    """The time left in the period as the feed writes it ("PT11M18.00S"); None if it is blank.

    Another text stays what it is, and no time is read from it; more than a period has is odd.
    """
    if len(text) > _LONGEST_CLOCK_CHARS:  # nor is it to be remembered
        raise OddValue(f"the clock shows {shown(text)}")
    match = _CLOCK.fullmatch(text)
    if match and int(match[1]) * 60 + float(match[2]) > _LONGEST_PERIOD_S:
        raise OddValue(f"the clock shows {shown(text)}")
    return text if text.strip() else None
