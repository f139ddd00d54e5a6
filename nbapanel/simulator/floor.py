"""The floor: clock, score, line-ups and the record of what happened; it decides nothing."""

from __future__ import annotations

from typing import NamedTuple

from nbapanel.simulator import kinds
from nbapanel.simulator.draws import Draws
from nbapanel.simulator.kinds import Kind
from nbapanel.simulator.rosters import ROSTER_SIZE
from nbapanel.simulator.winning import OVERTIME_S, PERIOD_S


class Happening(NamedTuple):
    """One entry of the record. Sides are 0 and 1 without saying yet which is at home.

    `played_s` is the game time gone by, `dead_s` the time the clock stood still, both since
    tip-off; `who` and `other` are places in the rosters; `feet` is 0 where nobody shot.
    """

    period: int
    clock_s: float
    kind: Kind
    side: int | None
    who: int | None
    other: int | None
    attempted: int
    points: int
    feet: int
    score: tuple[int, int]
    played_s: float
    dead_s: float


def starting_lineups(stream: Draws) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Who starts, by the record's sides, where the game that is drawn from this stream starts."""
    first, second = _lineups(stream)
    return tuple(first[:5]), tuple(second[:5])


def _lineups(stream: Draws) -> list[list[int]]:
    return [stream.shuffled(range(ROSTER_SIZE)) for _ in (0, 1)]


class Floor:
    def __init__(self, stream: Draws) -> None:
        self.stream = stream
        self.period = 0
        self.clock_s = 0.0
        self.score = [0, 0]
        self.played_s = 0.0
        self.dead_s = 0.0
        self.timeouts = [7, 7]
        self.lineups = _lineups(stream)  # first five play
        self.record: list[Happening] = []

    def start_period(self) -> None:
        self.period += 1
        self.clock_s = PERIOD_S if self.period <= 4 else OVERTIME_S

    def run_clock(self, seconds: float) -> None:
        """Whole seconds while a minute or more is left, tenths below, as the feed tells them."""
        before = self.clock_s
        after = max(0.0, before - seconds)
        self.clock_s = float(int(after)) if after >= 60 else round(after, 1)
        self.played_s += before - self.clock_s

    def rest(self, seconds: float) -> None:
        self.dead_s += seconds

    def player(self, side: int) -> int:
        return self.lineups[side][int(self.stream.random() * 5)]

    def write(
        self,
        kind: Kind,
        side: int | None,
        who: int | None = None,
        other: int | None = None,
        *,
        attempted: int = 0,
        points: int = 0,
        feet: int = 0,
    ) -> None:
        if points and side is not None:
            self.score[side] += points
        self.record.append(
            Happening(
                self.period, self.clock_s, kind, side, who, other, attempted, points, feet,
                (self.score[0], self.score[1]), self.played_s, self.dead_s,
            )
        )  # fmt: skip

    def substitute(self, side: int, *, likely: float) -> None:
        """Up to three changes of a side at a dead ball; who comes on stays on."""
        lineup = self.lineups[side]
        out, on = self.stream.whole(0, 4), self.stream.whole(0, ROSTER_SIZE - 6)
        for number in range(3):
            if not self.stream.chance(likely):
                return
            leaves, enters = (out + number) % 5, 5 + (on + number) % (ROSTER_SIZE - 5)
            lineup[leaves], lineup[enters] = lineup[enters], lineup[leaves]
            self.write(kinds.SUBSTITUTION, side, lineup[leaves], lineup[enters])

    def call_timeout(self, side: int) -> None:
        if self.timeouts[side]:
            self.timeouts[side] -= 1
            self.rest(4)
            self.write(kinds.TIMEOUT, side)
            self.rest(150)
            self.substitute(side, likely=0.45)
            self.substitute(1 - side, likely=0.3)
