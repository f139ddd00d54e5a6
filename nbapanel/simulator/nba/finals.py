"""How a game ends and what each team has done by then, straight from the record; quick to have.

A season's list of results needs this of every game, and not one action of any.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from nbapanel.simulator import kinds
from nbapanel.simulator.floor import Happening
from nbapanel.simulator.game import play
from nbapanel.simulator.nba.wording import FOULS, REBOUNDS, TURNOVERS, is_blocked
from nbapanel.simulator.plan import Plan


@dataclass(slots=True)
class TeamLine:
    """Rebounds and turnovers are those that a player is charged with."""

    points: int = 0
    fg_made: int = 0
    fg_attempted: int = 0
    three_made: int = 0
    three_attempted: int = 0
    ft_made: int = 0
    ft_attempted: int = 0
    rebounds_offensive: int = 0
    rebounds_defensive: int = 0
    assists: int = 0
    steals: int = 0
    blocks: int = 0
    turnovers: int = 0
    fouls: int = 0


@dataclass(frozen=True, slots=True)
class Final:
    """`lines`: home, away."""

    periods: int
    lines: tuple[TeamLine, TeamLine]


@lru_cache(maxsize=8192)
def final(seed: int, plan: Plan) -> Final:
    """About 1 ms the first time that it is asked for."""
    played = play(seed, plan)
    lines = (TeamLine(), TeamLine())
    for happening in played.record:
        if happening.side is not None:
            side = played.sides[happening.side]
            _count(happening, lines[side], lines[1 - side])
    return Final(played.record[-1].period, lines)


def _count(happening: Happening, ours: TeamLine, theirs: TeamLine) -> None:
    if happening.attempted:
        _count_shot(happening, ours, theirs)
        return
    if happening.who is None:
        return
    kind = happening.kind.id
    if kind == kinds.OFFENSIVE_REBOUND.id:
        ours.rebounds_offensive += 1
    elif kind in REBOUNDS:
        ours.rebounds_defensive += 1
    elif kind in TURNOVERS:
        ours.turnovers += 1
        theirs.steals += happening.other is not None
    elif kind in FOULS:
        ours.fouls += 1


def _count_shot(happening: Happening, ours: TeamLine, theirs: TeamLine) -> None:
    is_made = happening.points > 0
    ours.points += happening.points
    if happening.attempted == 1:
        ours.ft_attempted += 1
        ours.ft_made += is_made
        return
    ours.fg_attempted += 1
    ours.fg_made += is_made
    if happening.attempted == 3:
        ours.three_attempted += 1
        ours.three_made += is_made
    if is_made:
        ours.assists += happening.other is not None
    else:
        theirs.blocks += is_blocked(happening.kind, happening.points, happening.clock_s)


def records_before(plans: Sequence[Plan]) -> dict[str, tuple[tuple[int, int], tuple[int, int]]]:
    """By event: wins and losses of home and away before the game. `plans` in order of tip-off."""
    won_lost: dict[str, tuple[int, int]] = {}
    told = {}
    for plan in plans:
        fixture = plan.fixture
        home = won_lost.get(fixture.home.code, (0, 0))
        away = won_lost.get(fixture.away.code, (0, 0))
        told[fixture.event_id] = home, away
        if fixture.postponed_at is None:
            won_lost[fixture.home.code] = after(home, is_won=plan.winner == 0)
            won_lost[fixture.away.code] = after(away, is_won=plan.winner == 1)
    return told


def after(record: tuple[int, int], *, is_won: bool) -> tuple[int, int]:
    return record[0] + is_won, record[1] + (not is_won)
