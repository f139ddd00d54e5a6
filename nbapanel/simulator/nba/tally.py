"""What a box score counts, from a game's actions: each player's line, and who was on the floor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.sheet import Entry
from nbapanel.simulator.rosters import ROSTER_SIZE
from nbapanel.simulator.winning import OVERTIME_S, PERIOD_S

_TENTHS = 10


@dataclass(slots=True)
class Line:
    """One player's. `tenths`: of a second, played."""

    tenths: int = 0
    points: int = 0
    rebounds_offensive: int = 0
    rebounds_defensive: int = 0
    assists: int = 0
    steals: int = 0
    blocks: int = 0
    blocked: int = 0
    turnovers: int = 0
    fouls: int = 0
    fouls_offensive: int = 0
    twos_made: int = 0
    twos_attempted: int = 0
    threes_made: int = 0
    threes_attempted: int = 0
    throws_made: int = 0
    throws_attempted: int = 0
    plus: int = 0
    minus: int = 0
    has_played: bool = False


@dataclass(slots=True)
class Side:
    """One team's: its players by their place in the roster, and what belongs to none of them."""

    lines: list[Line] = field(default_factory=lambda: [Line() for _ in range(ROSTER_SIZE)])
    on_court: list[int] = field(default_factory=list)
    by_period: list[int] = field(default_factory=list)
    team_rebounds_offensive: int = 0
    team_rebounds_defensive: int = 0
    team_turnovers: int = 0
    timeouts: int = 0
    biggest_lead: int = 0


@dataclass(slots=True)
class Tally:
    sides: tuple[Side, Side]
    period: int = 0
    clock_tenths: int = 0
    lead_changes: int = 0
    times_tied: int = 0


def tally(played: Played, entries: Sequence[Entry]) -> Tally:
    """Of the actions that are out, in the order of the list."""
    count = _Count(played)
    for entry in entries:
        count.take(entry)
    return count.tally


class _Count:
    def __init__(self, played: Played) -> None:
        self.played = played
        self.tally = Tally((Side(), Side()))
        for side, starters in zip(self.tally.sides, played.starters, strict=True):
            side.on_court = list(starters)
            for who in starters:
                side.lines[who].has_played = True
        self.leader = 0

    def take(self, entry: Entry) -> None:
        action = entry.action
        kind = action["actionType"]
        if kind == "memo":  # an administrative row: it says 0-0, and no clock that counts
            return
        happening = self.played.record[entry.place]
        if kind == "period" and action["subType"] == "start":
            self._start(happening.period)
            return
        self._run_to(round(happening.clock_s * _TENTHS))
        if entry.side >= 0:
            self._count(entry, kind, action["subType"])

    def _start(self, period: int) -> None:
        self.tally.period = period
        length_s = PERIOD_S if period <= 4 else OVERTIME_S
        self.tally.clock_tenths = int(length_s) * _TENTHS
        for side in self.tally.sides:
            side.by_period.append(0)

    def _run_to(self, clock_tenths: int) -> None:
        """A late action may stand where the clock has already been."""
        played = self.tally.clock_tenths - clock_tenths
        if played <= 0:
            return
        self.tally.clock_tenths = clock_tenths
        for side in self.tally.sides:
            for who in side.on_court:
                side.lines[who].tenths += played

    def _count(self, entry: Entry, kind: str, subtype: str) -> None:
        side = self.tally.sides[entry.side]
        if entry.who < 0:
            self._count_team(side, kind, subtype)
            return
        line = side.lines[entry.who]
        happening = self.played.record[entry.place]
        match kind:
            case "2pt" | "3pt" | "freethrow":
                self._shot(entry, line, kind, made=happening.points > 0)
            case "rebound" if subtype == "offensive":
                line.rebounds_offensive += 1
            case "rebound":
                line.rebounds_defensive += 1
            case "turnover":
                line.turnovers += 1
            case "steal":
                line.steals += 1
            case "block":
                line.blocks += 1
            case "foul":
                line.fouls += 1
                line.fouls_offensive += subtype == "offensive"
            case "substitution" if subtype == "out":
                side.on_court.remove(entry.who)
            case "substitution":
                side.on_court.append(entry.who)
                line.has_played = True

    def _count_team(self, side: Side, kind: str, subtype: str) -> None:
        match kind:
            case "rebound" if subtype == "offensive":
                side.team_rebounds_offensive += 1
            case "rebound":
                side.team_rebounds_defensive += 1
            case "turnover":
                side.team_turnovers += 1
            case "timeout":
                side.timeouts += 1

    def _shot(self, entry: Entry, line: Line, kind: str, *, made: bool) -> None:
        happening = self.played.record[entry.place]
        match kind:
            case "2pt":
                line.twos_attempted += 1
                line.twos_made += made
            case "3pt":
                line.threes_attempted += 1
                line.threes_made += made
            case _:
                line.throws_attempted += 1
                line.throws_made += made
        line.blocked += "blockPersonId" in entry.action
        if made and happening.other is not None and kind != "freethrow":
            self.tally.sides[entry.side].lines[happening.other].assists += 1
        if made:
            self._score(entry, line, happening.points)

    def _score(self, entry: Entry, line: Line, points: int) -> None:
        ours, theirs = self.tally.sides[entry.side], self.tally.sides[1 - entry.side]
        line.points += points
        ours.by_period[-1] += points
        for who in ours.on_court:
            ours.lines[who].plus += points
        for who in theirs.on_court:
            theirs.lines[who].minus += points
        lead = sum(ours.by_period) - sum(theirs.by_period)
        ours.biggest_lead = max(ours.biggest_lead, lead)
        leader = 0 if lead == 0 else 1 if (lead > 0) == (entry.side == 0) else -1
        self.tally.times_tied += leader == 0
        self.tally.lead_changes += self.leader * leader < 0
        self.leader = leader or self.leader
