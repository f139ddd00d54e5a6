"""The kinds of play as the NBA's play-by-play calls them: type, subtype and descriptor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nbapanel.simulator import kinds
from nbapanel.simulator.kinds import Kind


class Words(NamedTuple):
    """`descriptor` "" is left out of an action."""

    type: str
    subtype: str
    descriptor: str = ""


# A field goal's type is "2pt" or "3pt", by what it would have brought.
SHOTS: Mapping[str, Words] = {
    "110": Words("", "Layup", "driving"),
    "95": Words("", "Layup"),
    "141": Words("", "Layup", "cutting"),
    "109": Words("", "Layup", "running"),
    "96": Words("", "DUNK"),
    "115": Words("", "DUNK", "driving"),
    "128": Words("", "Layup", "driving finger roll"),
    "94": Words("", "Layup", "tip"),
    "92": Words("", "Jump Shot"),
    "131": Words("", "Jump Shot", "pullup"),
    "144": Words("", "Jump Shot", "driving floating"),
    "130": Words("", "Jump Shot", "floating"),
    "93": Words("", "Hook"),
    "137": Words("", "Jump Shot", "turnaround fadeaway"),
    "132": Words("", "Jump Shot", "step back"),
    "113": Words("", "Jump Shot", "running"),
}

TURNOVERS: Mapping[str, Words] = {
    kinds.STEALS[0].id: Words("turnover", "bad pass"),
    kinds.STEALS[1].id: Words("turnover", "lost ball"),
    "64": Words("turnover", "traveling"),
    "90": Words("turnover", "out-of-bounds", "bad pass"),
    "87": Words("turnover", "out-of-bounds", "lost ball"),
    "67": Words("turnover", "3-second violation"),
    kinds.SHOT_CLOCK.id: Words("turnover", "shot clock"),
    kinds.OFFENSIVE_FOUL_TURNOVER.id: Words("turnover", "offensive foul"),
}

FOULS: Mapping[str, Words] = {
    kinds.OFFENSIVE_FOUL.id: Words("foul", "offensive"),
    kinds.SHOOTING_FOUL.id: Words("foul", "personal", "shooting"),
    kinds.PERSONAL_FOUL.id: Words("foul", "personal"),
    kinds.LOOSE_BALL_FOUL.id: Words("foul", "personal", "loose ball"),
}

REBOUNDS: Mapping[str, str] = {
    kinds.OFFENSIVE_REBOUND.id: "offensive",
    kinds.DEFENSIVE_REBOUND.id: "defensive",
}

_INSIDE = frozenset(kind.id for kind in kinds.INSIDE_SHOTS)


def is_blocked(kind: Kind, points: int, clock_s: float) -> bool:
    """A fifth of the shots missed near the basket: told by the clock, at no draw's expense."""
    return points == 0 and kind.id in _INSIDE and int(clock_s) % 5 == 0


def area(feet: float, attempted: int) -> str:
    if attempted == 3:
        return "Above the Break 3"
    if feet <= 4:
        return "Restricted Area"
    return "In The Paint (Non-RA)" if feet <= 14 else "Mid-Range"
