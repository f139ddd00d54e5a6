"""What is settled about a game before it is played: winner, length, market; costs microseconds.

A list of 1,800 markets needs results and closing times but not one play, so these are drawn first
and the game is then played to fit them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.winning import REGULATION_S, home_win_probability

_HOME_EDGE = 2.6


class Generation(StrEnum):
    """The three price formats that Kalshi's answers have had."""

    CENTS = "integer cents with dollar twins"
    BOTH = "integers, dollars and fixed point"
    DOLLARS = "dollars and fixed point only"


class Phase(StrEnum):
    SCHEDULED = "scheduled"
    LIVE = "live"
    FINAL = "final"
    POSTPONED = "postponed"


@dataclass(frozen=True, slots=True)
class Plan:
    """`volumes` are hundredths of contracts by side; `settles_side` None means 50/50."""

    fixture: Fixture
    expected_margin: float
    winner: int
    first_play_at: datetime
    final_at: datetime
    generation: Generation
    opens_at: datetime
    closes_at: datetime
    settles_at: datetime
    volumes: tuple[int, int]
    attendance: int
    modified_late_s: int

    @property
    def settles_side(self) -> int | None:
        return None if self.fixture.postponed_at else self.winner

    @property
    def contract_unit(self) -> int:
        """Hundredths of a contract that trade at least: fractions came with the last format."""
        return 1 if self.generation is Generation.DOLLARS else 100

    def phase(self, now: datetime) -> Phase:
        postponed_at = self.fixture.postponed_at
        if postponed_at is not None:
            return Phase.POSTPONED if now >= postponed_at else Phase.SCHEDULED
        if now < self.first_play_at:
            return Phase.SCHEDULED
        return Phase.LIVE if now < self.final_at else Phase.FINAL


@lru_cache(maxsize=256)
def strength(seed: int, team_id: str) -> float:
    """Points a game by which the team is better than the average one."""
    return draws(seed, "strength", team_id).gauss(0.0, 4.5)


def plan(seed: int, fixture: Fixture) -> Plan:
    stream = draws(seed, fixture.event_id, "plan")
    margin = strength(seed, fixture.home.id) - strength(seed, fixture.away.id)
    margin += 0.0 if fixture.neutral else _HOME_EDGE
    winner = 0 if stream.chance(home_win_probability(0, REGULATION_S, margin)) else 1
    first_play_at = fixture.tip_at + timedelta(seconds=stream.whole(606, 672))
    length_s = stream.whole(7_900, 8_700) + fixture.overtimes * stream.whole(840, 1_000)
    final_at = first_play_at + timedelta(seconds=length_s)
    closes_at, settles_at = _closing(stream, fixture, final_at)
    generation = stream.pick(tuple(Generation))
    return Plan(
        fixture=fixture,
        expected_margin=margin,
        winner=winner,
        first_play_at=first_play_at,
        final_at=final_at,
        generation=generation,
        opens_at=fixture.tip_at - timedelta(minutes=stream.whole(1_270, 1_420)),
        closes_at=closes_at,
        settles_at=settles_at,
        volumes=_volumes(stream, generation),
        attendance=stream.whole(14_500, 20_500),
        modified_late_s=stream.pick((0, 0, 0, 0, 0, 0, 3_600, 10_800)),
    )


def _closing(stream: Draws, fixture: Fixture, final_at: datetime) -> tuple[datetime, datetime]:
    """A market closes soon after the game; that of a game not played, at its usual end."""
    wait_s, settle_s = stream.whole(45, 260), stream.whole(30, 480)
    over_at = final_at if fixture.postponed_at is None else fixture.tip_at + timedelta(hours=3)
    closes_at = over_at + timedelta(seconds=wait_s)
    return closes_at, closes_at + timedelta(seconds=settle_s)


def _volumes(stream: Draws, generation: Generation) -> tuple[int, int]:
    unit = 1 if generation is Generation.DOLLARS else 100
    base = 10.0 ** (5.4 + 1.5 * stream.random())  # contracts
    first, second = (int(base * (0.6 + 0.8 * stream.random())) for _ in range(2))
    fractions = [stream.whole(0, 99) if unit == 1 else 0 for _ in range(2)]
    return first * 100 + fractions[0], second * 100 + fractions[1]
