"""One generated game: its plays in ESPN's words, their true times and ESPN's probabilities."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate, pairwise
from typing import NamedTuple

from nbapanel.simulator import kinds
from nbapanel.simulator.court import play_game
from nbapanel.simulator.draws import Draws, draws
from nbapanel.simulator.floor import Happening, starting_lineups
from nbapanel.simulator.kinds import Kind
from nbapanel.simulator.plan import Plan
from nbapanel.simulator.rosters import Player, roster
from nbapanel.simulator.winning import home_win_probability, seconds_left

NO_COORDINATE = (-214748340, -214748365)
_ORDINALS = ("", "1st", "2nd", "3rd", "4th")


class Play(NamedTuple):
    """`wall_ts` is what the feed tells, and goes back at times; by `released_ts` it is out."""

    sequence: int
    period: int
    clock_s: float
    kind: Kind
    side: int | None  # 0 home, 1 away
    text: str
    players: tuple[Player, ...]
    attempted: int
    points: int
    home: int
    away: int
    x: int
    y: int
    wall_ts: int
    released_ts: int
    fair: float  # probability that home wins, without anybody's noise
    told: float  # the same as ESPN tells it

    @property
    def is_shot(self) -> bool:
        return self.attempted > 0


class Played(NamedTuple):
    """What happened, in the order it did, before any feed has put it into words.

    `sides` leads from the record's sides to 0 home, 1 away; `walls` are Unix seconds as told, and
    by `released` each is out; `starters` are places in the rosters, home and away.
    """

    plan: Plan
    record: Sequence[Happening]
    sides: tuple[int, int]
    walls: Sequence[int]
    released: tuple[int, ...]
    starters: tuple[tuple[int, ...], tuple[int, ...]]

    def score(self, now: datetime) -> tuple[int, int, Happening]:
        """Home, away, and what happened last; not to be asked before the first play."""
        last = self.record[bisect_right(self.released, int(now.timestamp())) - 1]
        return last.score[self.sides[0]], last.score[self.sides[1]], last

    def by_period(self, now: datetime) -> tuple[list[int], list[int]]:
        """Points of home and away in each of the periods begun."""
        totals: dict[int, tuple[int, int]] = {}
        for happening in self.record[: bisect_right(self.released, int(now.timestamp()))]:
            totals[happening.period] = happening.score
        ends = [(0, 0), *totals.values()]
        home, away = (
            [later[side] - sooner[side] for sooner, later in pairwise(ends)] for side in self.sides
        )
        return home, away


class Game(NamedTuple):
    plan: Plan
    plays: tuple[Play, ...]
    released: tuple[int, ...]

    def until(self, now: datetime) -> Sequence[Play]:
        """What had happened by then, in order."""
        return self.plays[: bisect_right(self.released, int(now.timestamp()))]


def ordinal(period: int) -> str:
    return _ORDINALS[period] if period <= 4 else "OT" if period == 5 else f"{period - 4}OT"


def period_name(period: int) -> str:
    if period <= 4:
        return f"{_ORDINALS[period]} Quarter"
    return "OT" if period == 5 else f"{period - 4}OT"


def clock_text(clock_s: float) -> str:
    """ "8:41", and "53.1" below a minute."""
    if clock_s < 60:
        return f"{clock_s:.1f}"
    minutes, seconds = divmod(int(clock_s), 60)
    return f"{minutes}:{seconds:02d}"


def play(seed: int, plan: Plan) -> Played:
    """Plays the fixture to the planned end: its winner wins, its last play is at `final_at`."""
    return _play(seed, plan)[0]


def _play(seed: int, plan: Plan) -> tuple[Played, Draws]:
    """And the draws where the play left them."""
    fixture = plan.fixture
    stream = draws(seed, fixture.event_id, "game")
    record = play_game(stream, fixture.overtimes)
    sides = (0, 1) if (record[-1].score[0] > record[-1].score[1]) == (plan.winner == 0) else (1, 0)
    walls = _wall_times(stream, record, plan)
    lineups = starting_lineups(draws(seed, fixture.event_id, "game"))
    starters = (lineups[sides[0]], lineups[sides[1]])
    released = tuple(accumulate(walls, max))
    return Played(plan, record, sides, walls, released, starters), stream


def generate(seed: int, plan: Plan) -> Game:
    """The game that `play` gives, in ESPN's words and with ESPN's probabilities."""
    fixture = plan.fixture
    (_, record, sides, walls, releases, _), stream = _play(seed, plan)
    rosters = (roster(seed, fixture.home.id), roster(seed, fixture.away.id))
    names = (fixture.home.name, fixture.away.name)
    plays: list[Play] = []
    sequence, noise = 3, 0.0
    x, y = NO_COORDINATE
    for happening, wall_ts, released in zip(record, walls, releases, strict=True):
        sequence += 1 if stream.random() < 0.62 else 2 if stream.random() < 0.75 else 3
        home, away = happening.score[sides[0]], happening.score[sides[1]]
        left_s = seconds_left(happening.period, happening.clock_s)
        fair = home_win_probability(home - away, left_s, plan.expected_margin)
        noise = 0.86 * noise + stream.gauss(0.0, 0.008)
        x, y = _coordinate(stream, happening, x, y)
        plays.append(
            Play(
                sequence=sequence,
                period=happening.period,
                clock_s=happening.clock_s,
                kind=happening.kind,
                side=None if happening.side is None else sides[happening.side],
                text=_text(happening, sides, rosters, names),
                players=_players(happening, sides, rosters),
                attempted=happening.attempted,
                points=happening.points,
                home=home,
                away=away,
                x=x if _has_coordinate(happening) else NO_COORDINATE[0],
                y=y if _has_coordinate(happening) else NO_COORDINATE[1],
                wall_ts=wall_ts,
                released_ts=released,
                fair=fair,
                told=_told(fair, noise, last=happening is record[-1]),
            )
        )
    return Game(plan, tuple(plays), releases)


def _told(fair: float, noise: float, *, last: bool) -> float:
    """Three decimals; the noise fades toward certainty, and is gone at the end."""
    if last:
        return round(fair, 3)
    return round(min(0.999, max(0.001, fair + noise * (0.15 + 3.4 * fair * (1.0 - fair)))), 3)


def _wall_times(stream: Draws, record: Sequence[Happening], plan: Plan) -> list[int]:
    """Unix seconds: played time as it is, dead time stretched so that the game ends as planned.

    A few plays carry a time before that of the play that precedes them, as the feed's do.
    """
    start = int(plan.first_play_at.timestamp())
    end = int(plan.final_at.timestamp())
    last = record[-1]
    stretch = (end - start - last.played_s) / last.dead_s
    walls = [start + int(one.played_s + one.dead_s * stretch) for one in record]
    walls[-1] = end
    for _ in range(4):
        place = stream.whole(5, len(walls) - 6)
        walls[place] -= stream.whole(8, 45)
    return walls


def _has_coordinate(happening: Happening) -> bool:
    return happening.feet > 0 or "Rebound" in happening.kind.text


def _coordinate(stream: Draws, happening: Happening, x: int, y: int) -> tuple[int, int]:
    """Of the shot; a rebound keeps that of the shot before it."""
    if happening.feet == 0:
        return (25, 0) if happening.attempted else (x, y)
    return stream.whole(max(0, 25 - happening.feet), min(50, 25 + happening.feet)), min(
        happening.feet, 30
    )


def _players(
    happening: Happening, sides: tuple[int, int], rosters: tuple[tuple[Player, ...], ...]
) -> tuple[Player, ...]:
    if happening.side is None or happening.who is None:
        return ()
    ours = rosters[sides[happening.side]]
    first = ours[happening.who]
    if happening.other is None:
        return (first,)
    if happening.kind in kinds.STEALS or happening.kind is kinds.JUMP_BALL:
        return first, rosters[1 - sides[happening.side]][happening.other]
    return first, ours[happening.other]


def _text(
    happening: Happening,
    sides: tuple[int, int],
    rosters: tuple[tuple[Player, ...], ...],
    names: tuple[str, str],
) -> str:
    kind = happening.kind
    if happening.side is None:
        if kind is kinds.END_GAME:
            return "End of Game"
        return f"End of the {period_name(happening.period)}"
    players = _players(happening, sides, rosters)
    if not players:
        return _team_text(kind, names[sides[happening.side]])
    if happening.attempted:
        return _shot_text(happening, players)
    first = players[0].name
    if kind is kinds.SUBSTITUTION:
        return f"{first} enters the game for {players[1].name}"
    if kind is kinds.JUMP_BALL:
        return f"{first} vs. {players[1].name} ({first} gains possession)"
    if len(players) > 1:
        return f"{first} {kind.words} ({players[1].name} steals)"
    return f"{first} {kind.words}"


def _team_text(kind: Kind, team: str) -> str:
    if kind is kinds.TIMEOUT:
        return f"{team} Full timeout"
    if kind is kinds.SHOT_CLOCK:
        return kind.words
    return f"{team} {kind.words.replace(' rebound', ' team rebound')}"


def _shot_text(happening: Happening, players: tuple[Player, ...]) -> str:
    verb = "makes" if happening.points else "misses"
    feet = f"{happening.feet}-foot " if happening.kind.feet else ""
    helped = f" ({players[1].name} assists)" if len(players) > 1 else ""
    return f"{players[0].name} {verb} {feet}{happening.kind.words}{helped}"
