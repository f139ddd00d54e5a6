"""The two teams of a game, as the schedule and the scoreboard name them, and what both feeds share.

No list is read here.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from msgspec import Meta, Struct

from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_INT8,
    MOST_POINTS,
    integer,
    shown,
)

NOT_STARTED: Final = 1
"""The status of a game before its tip-off, and of a postponed one for good."""

GAME_NAME: Final = rb'"gameId"\s*:\s*"([0-9]{1,12})"'

GameStatus = Annotated[int, Meta(ge=0, le=99)]


class Team(Struct, gc=False, rename="camel"):
    team_id: str | int | None = None
    team_tricode: str | None = None
    team_city: str | None = None
    team_name: str | None = None
    score: str | int | None = None


SideColumns = tuple[int | None, str | None, str | None, str | None, int | None]


def side_columns(team: Team | None, *, started: bool) -> SideColumns:
    """team_id, tricode, city, name, score. A placeholder has neither id nor tricode.

    The feeds say 0 for the score of a game that has not started: it is NULL.
    """
    team = team or Team()
    number, tricode = team_id(team.team_id), text(team.team_tricode)
    if number is None or tricode is None:
        number = tricode = None
    score = points(team.score) if started else None
    return number, tricode, text(team.team_city), text(team.team_name), score


def team_id(given: str | int | None) -> int | None:
    """A team's id, a number or the same as text; None for 0 or a blank."""
    if given is None or given == "":
        return None
    return integer(given, "teamId", high=MAX_INT8) or None


def points(given: str | int | None) -> int | None:
    """A score, a number or the same as text; None for a blank."""
    if given is None or given == "":
        return None
    return integer(given, "the score", high=MOST_POINTS)


def text(given: str | None) -> str | None:
    """Without the blanks that the feeds pad some texts with; None if nothing is left."""
    return (given.strip() or None) if given else None


def day(given: str) -> date:
    """The date at the beginning of "2024-10-04T00:00:00Z"; it is what the feed calls Eastern."""
    try:
        found = date.fromisoformat(given[:10])
    except ValueError as error:
        raise OddValue(f"the date {shown(given)} cannot be read") from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise OddValue(f"the date {given[:10]} is not within {FIRST_YEAR}..{LAST_YEAR}")
    return found
