"""Puts one happening after the other into the NBA's actions, in its words."""

from __future__ import annotations

from collections.abc import Iterator

from nbapanel.simulator import kinds
from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.names import Json, family_name, person_id, utc_text
from nbapanel.simulator.nba.sheet import Entry, Oddities, Sheet
from nbapanel.simulator.nba.wording import (
    FOULS,
    REBOUNDS,
    SHOTS,
    TURNOVERS,
    Words,
    is_blocked,
)
from nbapanel.simulator.winning import OVERTIME_S, PERIOD_S


class Scribe(Sheet):
    def __init__(self, seed: int, played: Played, odd: Oddities, *, corrected: bool) -> None:
        super().__init__(seed, played)
        self.odd = odd
        self.corrected = corrected
        self.rebound_to_correct = self.stream.whole(3, 20)
        self.rebounds_seen = 0

    def all_of_it(self) -> Iterator[Entry]:
        period = 0
        for place, happening in enumerate(self.played.record):
            self.turn_to(place, happening)
            if happening.period != period:
                period = happening.period
                yield self._period_start()
            yield from self._told()
        for _ in range(self.odd.trailing):
            action = self.action("memo", "", "", clock_s=0.0)
            action["scoreHome"] = action["scoreAway"] = "0"
            yield self.entry(action)

    # One happening, in one or several actions

    def _told(self) -> Iterator[Entry]:
        kind = self.happening.kind
        if kind.id in REBOUNDS:
            yield self._rebound()
        elif self.happening.attempted == 1:
            yield self._free_throw()
        elif self.happening.attempted:
            yield from self._shot()
        elif kind.id in TURNOVERS:
            yield from self._turnover()
        elif kind.id in FOULS:
            yield from self._foul()
        elif kind is kinds.SUBSTITUTION:
            yield from self._substitution()
        elif kind is kinds.TIMEOUT:
            yield self._timeout()
        elif kind is kinds.JUMP_BALL:
            yield self._jump_ball()
        else:
            is_end = kind is kinds.END_GAME
            self.possession = 0 if is_end else self.possession
            what, text = ("game", "Game End") if is_end else ("period", "Period End")
            yield self.entry(self.action(what, "end", text))

    def _period_start(self) -> Entry:
        full_s = PERIOD_S if self.happening.period <= 4 else OVERTIME_S
        self.possession = 0
        return self.entry(self.action("period", "start", "Period Start", clock_s=full_s))

    def _jump_ball(self) -> Entry:
        side, who, player = self.actor()
        assert self.happening.other is not None
        other = self.rosters[1 - side][self.happening.other]
        won = self.on_court[side][2]
        self.possession = self.team_ids[side]
        action = self.of_player(
            Words("jumpball", "recovered", "startperiod"),
            side, who,
            f"Jump Ball {self.rosters[side][won].short_name} vs. {other.short_name}: Tip to"
            f" {player.short_name}",
        )  # fmt: skip
        action |= {
            "jumpBallRecoveredName": player.short_name,
            "jumpBallRecoverdPersonId": self.persons[side][who],
            "jumpBallWonPlayerName": family_name(self.rosters[side][won]),
            "jumpBallWonPersonId": self.persons[side][won],
            "jumpBallLostPlayerName": family_name(other),
            "jumpBallLostPersonId": person_id(other),
        }
        return self.entry(action, side, who)

    def _shot(self) -> Iterator[Entry]:
        side, who, player = self.actor()
        happening = self.happening
        words = SHOTS[happening.kind.id]
        self.possession = self.team_ids[side]
        feet = happening.feet + round(self.stream.random() - 0.5, 2)
        told = f"{words.descriptor} {words.subtype}".strip()
        if happening.attempted == 3:
            told = f"{words.descriptor} 3PT".strip()
        text = f"{player.short_name} {happening.feet}' {told}"
        if happening.points:
            points = self.count("points", side, who, happening.points)
            text = f"{text} ({points} PTS)"
        else:
            text = f"MISS {text}"
        type_ = f"{happening.attempted}pt"
        action = self.of_player(Words(type_, words.subtype, words.descriptor), side, who, text)
        action |= self.where(side, feet, happening.attempted)
        action["isFieldGoal"] = 1
        action["shotResult"] = "Made" if happening.points else "Missed"
        if happening.points:
            action["pointsTotal"] = points
            if happening.other is not None:
                self._assisted(action, side, happening.other)
        elif is_blocked(happening.kind, happening.points, happening.clock_s):
            yield from self._blocked(action, side, who)
            return
        yield self.entry(action, side, who)

    def _assisted(self, action: Json, side: int, who: int) -> None:
        helper = self.rosters[side][who]
        assists = self.count("assists", side, who)
        action["description"] += f" ({helper.short_name} {assists} AST)"
        action["assistPlayerNameInitial"] = helper.short_name
        action["assistPersonId"] = self.persons[side][who]
        action["assistTotal"] = assists
        action["personIdsFilter"] += (self.persons[side][who],)

    def _blocked(self, shot: Json, side: int, who: int) -> Iterator[Entry]:
        """The block comes in an action of its own, now and then minutes after the shot."""
        other = 1 - side
        blocker = self.on_court[other][int(self.happening.clock_s / 5) % 5]
        player = self.rosters[other][blocker]
        shot["description"] += " - blocked"
        shot["blockPlayerName"] = family_name(player)
        shot["blockPersonId"] = self.persons[other][blocker]
        shot["personIdsFilter"] += (self.persons[other][blocker],)
        yield self.entry(shot, side, who)
        blocks = self.count("blocks", other, blocker)
        text = f"{player.short_name} BLOCK ({blocks} BLK)"
        action = self.of_player(Words("block", ""), other, blocker, text)
        yield self.entry(action, other, blocker, late_s=self.late_s())

    def _rebound(self) -> Entry:
        side = self.played.sides[self.happening.side or 0]
        which = REBOUNDS[self.happening.kind.id]
        self.possession = self.team_ids[side]
        who = self.happening.who
        if who is None:
            return self.entry(
                self.of_team(Words("rebound", which), side, f"TEAM {which} REBOUND"), side
            )
        self.rebounds_seen += 1
        is_corrected = self.corrected and self.rebounds_seen == self.rebound_to_correct
        if is_corrected:
            who = next(one for one in self.on_court[side] if one != who)
        total = self.count("rebounds", side, who)
        offensive = self.count("offensive", side, who, int(which == "offensive"))
        player = self.rosters[side][who]
        text = f"{player.short_name} REBOUND (Off:{offensive} Def:{total - offensive})"
        action = self.of_player(Words("rebound", which), side, who, text)
        action["reboundTotal"] = total
        action["reboundDefensiveTotal"] = total - offensive
        action["reboundOffensiveTotal"] = offensive
        if is_corrected:
            action["edited"] = utc_text(self.odd.corrected_ts) + "Z"
        return self.entry(action, side, who)

    def _free_throw(self) -> Entry:
        side, who, player = self.actor()
        number = self.happening.kind.text.partition(" - ")[2]
        self.possession = self.team_ids[side]
        made = self.happening.points > 0
        points = self.count("points", side, who, self.happening.points)
        text = f"{player.short_name} Free Throw {number}"
        text = f"{text} ({points} PTS)" if made else f"MISS {text}"
        action = self.of_player(Words("freethrow", number), side, who, text)
        action["shotResult"] = "Made" if made else "Missed"
        if made:
            action["pointsTotal"] = points
        return self.entry(action, side, who)

    def _turnover(self) -> Iterator[Entry]:
        happening = self.happening
        words = TURNOVERS[happening.kind.id]
        side = self.played.sides[happening.side or 0]
        self.possession = self.team_ids[side]
        if happening.who is None:
            yield self.entry(self.of_team(words, side, f"TEAM {words.subtype} TURNOVER"), side)
            return
        player = self.rosters[side][happening.who]
        total = self.count("turnovers", side, happening.who)
        text = f"{player.short_name} {words.subtype} TURNOVER ({total} TO)"
        action = self.of_player(words, side, happening.who, text)
        action["turnoverTotal"] = total
        if happening.other is None:
            yield self.entry(action, side, happening.who)
            return
        thief = self.rosters[1 - side][happening.other]
        action["stealPlayerName"] = family_name(thief)
        action["stealPersonId"] = person_id(thief)
        action["personIdsFilter"] += (person_id(thief),)
        yield self.entry(action, side, happening.who)
        steals = self.count("steals", 1 - side, happening.other)
        text = f"{thief.short_name} STEAL ({steals} STL)"
        action = self.of_player(Words("steal", ""), 1 - side, happening.other, text)
        yield self.entry(action, 1 - side, happening.other, late_s=self.late_s())

    def _foul(self) -> Iterator[Entry]:
        side, who, player = self.actor()
        words = FOULS[self.happening.kind.id]
        self.possession = self.team_ids[side if words.subtype == "offensive" else 1 - side]
        fouls = self.count("fouls", side, who)
        text = f"{player.short_name} {words.descriptor} {words.subtype} FOUL ({fouls} PF)"
        action = self.of_player(words, side, who, text.replace("  ", " "))
        action["foulPersonalTotal"] = fouls
        action["foulTechnicalTotal"] = 0
        yield self.entry(action, side, who)
        if self.stream.random() < 0.06:
            yield self._violation(1 - side)

    def _violation(self, side: int) -> Entry:
        """An aside: it stops the clock and nothing else, and may say no score at all."""
        what = "delay-of-game" if self.stream.random() < 0.6 else "kicked ball"
        action = self.of_team(Words("violation", what), side, f"TEAM {what} VIOLATION")
        if self.stream.random() < 0.5:
            action["scoreHome"] = action["scoreAway"] = ""
        return self.entry(action, side, is_aside=True)

    def _substitution(self) -> Iterator[Entry]:
        side, entering, player = self.actor()
        leaving = self.happening.other
        assert leaving is not None
        place = self.on_court[side].index(leaving)
        self.on_court[side][place] = entering
        gone = self.rosters[side][leaving]
        out = self.of_player(
            Words("substitution", "out"), side, leaving, f"SUB out: {gone.short_name}"
        )
        yield self.entry(out, side, leaving)
        text = f"SUB in: {player.short_name}"
        yield self.entry(
            self.of_player(Words("substitution", "in"), side, entering, text), side, entering
        )

    def _timeout(self) -> Entry:
        side = self.played.sides[self.happening.side or 0]
        action = self.of_team(Words("timeout", "full"), side, f"{self.teams[side].code} Timeout")
        action["qualifiers"] = ("team",)
        return self.entry(action, side)
