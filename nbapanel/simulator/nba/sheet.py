"""The sheet on which a game's actions are written: what each says of clock, score and players.

What happened, and how it is told, is not decided here.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin
from typing import NamedTuple

from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.floor import Happening
from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.names import (
    Json,
    family_name,
    iso_clock,
    period_type,
    person_id,
    team_id,
    utc_text,
)
from nbapanel.simulator.nba.wording import Words, area
from nbapanel.simulator.rosters import Player, roster


class Entry(NamedTuple):
    """An action, and what it tells of: the place in the record, 0 home or 1 away, a place in the
    roster; -1 for none.

    `is_late`: it comes out after actions that follow it. `is_aside`: it counts for nothing, and
    may be taken out again.
    """

    appears_ts: int
    action: Json
    place: int
    side: int = -1
    who: int = -1
    is_late: bool = False
    is_aside: bool = False


class Oddities(NamedTuple):
    """What the game's list of actions has of its own, drawn beforehand.

    After `corrected_ts` (0: never) one rebound is another player's, an aside is gone, and two
    actions have exchanged their order numbers. `trailing`: rows after the end that say 0-0.
    """

    corrected_ts: int
    trailing: int


class Sheet:
    """Turned to one happening after the other, with what has been counted so far at hand."""

    def __init__(self, seed: int, played: Played) -> None:
        fixture = played.plan.fixture
        self.stream: Draws = draws(seed, fixture.event_id, "nba actions")
        self.played = played
        self.teams = (fixture.home, fixture.away)
        self.team_ids = tuple(team_id(team) for team in self.teams)
        self.rosters = tuple(roster(seed, team.id) for team in self.teams)
        self.persons = tuple(tuple(person_id(one) for one in side) for side in self.rosters)
        self.on_court = [list(starters) for starters in played.starters]
        self.tenths = _tenths(played.walls)
        self.counts: dict[tuple[str, int, int], int] = {}
        self.possession = 0
        self.turn_to(0, played.record[0])

    def turn_to(self, place: int, happening: Happening) -> None:
        """What all actions of a happening say alike is put into words once."""
        home, away = self.played.sides
        self.place, self.happening = place, happening
        self.second = utc_text(self.played.walls[place])
        self.clock = iso_clock(happening.clock_s)
        self.score = str(happening.score[home]), str(happening.score[away])

    def actor(self) -> tuple[int, int, Player]:
        happening = self.happening
        assert happening.side is not None
        assert happening.who is not None
        side = self.played.sides[happening.side]
        return side, happening.who, self.rosters[side][happening.who]

    def count(self, what: str, side: int, who: int, more: int = 1) -> int:
        key = (what, side, who)
        self.counts[key] = total = self.counts.get(key, 0) + more
        return total

    def late_s(self) -> int:
        """A steal or a block is often seen on the recording only."""
        return 40 + int(self.stream.random() * 700) if self.stream.random() < 0.12 else 0

    def where(self, side: int, feet: float, attempted: int) -> Json:
        """Left or right by the half; x and y in percent of the floor, the legacy ones in 1/10 ft
        from the basket."""
        angle = (self.stream.random() - 0.5) * 2.6
        across, along = feet * sin(angle), abs(feet * cos(angle))
        is_left = (side == 0) == (self.happening.period in (1, 2))
        x = (5.25 + along) / 94 * 100
        return {
            "x": x if is_left else 100 - x,
            "y": min(100.0, max(0.0, 50 + across * 2 * (1 if is_left else -1))),
            "area": area(feet, attempted),
            "side": "left" if is_left else "right",
            "shotDistance": feet,
            "xLegacy": round(across * 10),
            "yLegacy": round(along * 10),
        }

    def of_player(self, words: Words, side: int, who: int, text: str) -> Json:
        player = self.rosters[side][who]
        action = self.of_team(words, side, text)
        action["personId"] = person = self.persons[side][who]
        action["playerName"] = family_name(player)
        action["playerNameI"] = player.short_name
        action["personIdsFilter"] = (person,)
        if words.type in ("2pt", "3pt"):
            action["qualifiers"] = ("pointsinthepaint",) if self.happening.feet < 15 else ()
        return action

    def of_team(self, words: Words, side: int, text: str) -> Json:
        action = self.action(words.type, words.subtype, text)
        action["teamId"] = self.team_ids[side]
        action["teamTricode"] = self.teams[side].code
        if words.descriptor:
            action["descriptor"] = words.descriptor
        return action

    def action(self, type_: str, subtype: str, text: str, *, clock_s: float | None = None) -> Json:
        """What every action has. Number and order are given to it at the end."""
        period = self.happening.period
        return {
            "actionNumber": 0,
            "clock": self.clock if clock_s is None else iso_clock(clock_s),
            "timeActual": f"{self.second}.{self.tenths[self.place]}Z",
            "period": period,
            "periodType": period_type(period),
            "actionType": type_,
            "subType": subtype,
            "qualifiers": (),
            "personId": 0,
            "x": None,
            "y": None,
            "side": None,
            "possession": self.possession,
            "scoreHome": self.score[0],
            "scoreAway": self.score[1],
            "edited": f"{self.second}Z",
            "orderNumber": 0,
            "isTargetScoreLastPeriod": False,
            "xLegacy": None,
            "yLegacy": None,
            "isFieldGoal": 0,
            "description": text,
            "personIdsFilter": (),
        }

    def entry(
        self,
        action: Json,
        side: int = -1,
        who: int = -1,
        *,
        late_s: int = 0,
        is_aside: bool = False,
    ) -> Entry:
        appears_ts = self.played.released[self.place] + late_s
        if late_s:
            action["edited"] = utc_text(appears_ts) + "Z"
        return Entry(appears_ts, action, self.place, side, who, late_s > 0, is_aside)


def _tenths(walls: Sequence[int]) -> list[int]:
    """Of a second; what happened within the same one keeps its order."""
    tenths: list[int] = []
    for place, wall_ts in enumerate(walls):
        is_same = place > 0 and wall_ts == walls[place - 1]
        tenths.append(min(9, tenths[-1] + 1) if is_same else place * 7 % 6)
    return tenths
