"""Plays a game, possession by possession, between two sides of equal strength.

Who is at home is decided afterwards, so that the winner can be the one that was planned.
"""

from __future__ import annotations

from nbapanel.simulator import kinds
from nbapanel.simulator.draws import Draws
from nbapanel.simulator.floor import Floor, Happening
from nbapanel.simulator.kinds import Kind

# From here on a period that must end level is played by `_draw_level`.
_LEVEL_FROM_S = 40.0


def play_game(stream: Draws, overtimes: int) -> list[Happening]:
    """The whole record, from jump ball to the end; level after regulation if overtime is due."""
    floor = Floor(stream)
    offense = stream.whole(0, 1)
    last_period = 4 + overtimes
    for period in range(1, last_period + 1):
        offense = _play_period(
            floor, offense, must_tie=4 <= period < last_period, is_last=period == last_period
        )
    floor.rest(8)
    floor.write(kinds.END_GAME, None)
    return floor.record


def _play_period(floor: Floor, offense: int, *, must_tie: bool, is_last: bool) -> int:
    floor.start_period()
    if floor.period in (1, 5):
        floor.write(kinds.JUMP_BALL, offense, floor.player(offense), floor.player(1 - offense))
    if floor.period > 1:
        for side in (0, 1):
            floor.substitute(side, likely=0.6)
    until_s = _LEVEL_FROM_S if must_tie else 0.0
    while floor.clock_s > until_s:
        offense = _possession(floor, offense, level=must_tie)
    if must_tie:
        _draw_level(floor)
    elif floor.period >= 4 and floor.score[0] == floor.score[1]:
        _buzzer_beater(floor, offense)
    floor.run_clock(floor.clock_s)
    floor.rest(8)
    floor.write(kinds.END_PERIOD, None)
    if not is_last:
        floor.rest(900 if floor.period == 2 else 130)
    return 1 - offense


def _possession(floor: Floor, offense: int, *, level: bool) -> int:
    """One trip up the floor; the side that has the ball next."""
    stream = floor.stream
    take_s = 3.0 + 15.2 * (stream.random() + stream.random() + stream.random()) / 3.0
    if take_s >= floor.clock_s:
        return _last_shot(floor, offense)
    floor.run_clock(take_s)
    what = stream.random()
    if what < 0.12:
        return _turnover(floor, offense)
    if what < 0.20:
        return _foul_without_shots(floor, offense)
    if what < 0.285:
        _shooting_foul(floor, offense, shots=3 if stream.chance(0.05) else 2)
        return 1 - offense
    return _shot(floor, offense, level=level)


def _last_shot(floor: Floor, offense: int) -> int:
    """No time for a whole possession: a hurried shot or none, and the clock runs out."""
    if floor.clock_s > 1.5 and floor.stream.chance(0.6):
        floor.run_clock(floor.clock_s - floor.stream.random() * 1.5)
        made = floor.stream.chance(0.18)
        kind = floor.stream.pick(kinds.LONG_SHOTS)
        floor.write(
            kind, offense, floor.player(offense), None,
            attempted=3, points=3 if made else 0, feet=floor.stream.whole(24, 45),
        )  # fmt: skip
        if not made:
            floor.write(kinds.DEFENSIVE_REBOUND, 1 - offense)
    floor.run_clock(floor.clock_s)
    return 1 - offense


def _turnover(floor: Floor, offense: int) -> int:
    what = floor.stream.random()
    player = floor.player(offense)
    if what < 0.5:
        floor.write(floor.stream.pick(kinds.STEALS), offense, player, floor.player(1 - offense))
    elif what < 0.85:
        floor.write(floor.stream.pick(kinds.LOSSES), offense, player)
        floor.rest(12)
    elif what < 0.95:
        floor.write(kinds.OFFENSIVE_FOUL, offense, player)
        floor.write(kinds.OFFENSIVE_FOUL_TURNOVER, offense, player)
        _dead_ball(floor)
    else:
        floor.write(kinds.SHOT_CLOCK, offense)
        floor.rest(12)
    return 1 - offense


def _foul_without_shots(floor: Floor, offense: int) -> int:
    kind = kinds.LOOSE_BALL_FOUL if floor.stream.chance(0.15) else kinds.PERSONAL_FOUL
    floor.write(kind, 1 - offense, floor.player(1 - offense))
    _dead_ball(floor)
    return offense


def _dead_ball(floor: Floor) -> None:
    floor.rest(14)
    floor.substitute(0, likely=0.22)
    floor.substitute(1, likely=0.22)


def _shooting_foul(floor: Floor, offense: int, *, shots: int) -> None:
    shooter = floor.player(offense)
    floor.write(kinds.SHOOTING_FOUL, 1 - offense, floor.player(1 - offense))
    floor.rest(16)
    _free_throws(floor, offense, shooter, shots)


def _free_throws(floor: Floor, offense: int, shooter: int, shots: int) -> None:
    made = True
    for number in range(1, shots + 1):
        floor.rest(15)
        made = floor.stream.chance(0.78)
        floor.write(
            kinds.FREE_THROWS[number, shots], offense, shooter, attempted=1, points=int(made)
        )
        if not made and number < shots:
            floor.write(kinds.OFFENSIVE_REBOUND, offense)
    if not made:
        floor.write(kinds.DEFENSIVE_REBOUND, 1 - offense, floor.player(1 - offense))
    _dead_ball(floor)


def _shot(floor: Floor, offense: int, *, level: bool) -> int:
    stream = floor.stream
    attempted, kind, feet = _shot_choice(stream)
    chance = (0.37 if attempted == 3 else 0.55) * (_pull_level(floor, offense) if level else 1.0)
    made = stream.chance(chance)
    shooter = floor.player(offense)
    helped = made and stream.chance(0.6)
    helper = floor.player(offense) if helped else None
    if helper == shooter:
        helper = None
    floor.write(
        kind, offense, shooter, helper,
        attempted=attempted, points=attempted if made else 0, feet=feet,
    )  # fmt: skip
    if made:
        _after_basket(floor, offense, shooter)
        return 1 - offense
    return _rebound(floor, offense)


def _shot_choice(stream: Draws) -> tuple[int, Kind, int]:
    if stream.chance(0.4):
        return 3, stream.pick(kinds.LONG_SHOTS), stream.whole(23, 29)
    if stream.chance(0.6):
        return 2, stream.pick(kinds.INSIDE_SHOTS), stream.whole(1, 3)
    return 2, stream.pick(kinds.MIDRANGE_SHOTS), stream.whole(5, 20)


def _pull_level(floor: Floor, offense: int) -> float:
    """Toward a tie: who leads by more than a basket misses more, who trails misses less."""
    lead = floor.score[offense] - floor.score[1 - offense]
    return 0.6 if lead > 3 else 1.45 if lead < -3 else 1.0


def _after_basket(floor: Floor, offense: int, shooter: int) -> None:
    floor.rest(2)
    if floor.stream.chance(0.05):
        floor.write(kinds.SHOOTING_FOUL, 1 - offense, floor.player(1 - offense))
        floor.rest(16)
        _free_throws(floor, offense, shooter, 1)
    elif floor.stream.chance(0.13):
        floor.call_timeout(1 - offense)


def _rebound(floor: Floor, offense: int) -> int:
    floor.run_clock(min(2.0, floor.clock_s * 0.5))
    kept = floor.stream.chance(0.25)
    side = offense if kept else 1 - offense
    kind = kinds.OFFENSIVE_REBOUND if kept else kinds.DEFENSIVE_REBOUND
    floor.write(kind, side, None if floor.stream.chance(0.1) else floor.player(side))
    return side


def _buzzer_beater(floor: Floor, offense: int) -> None:
    """Level, and no overtime is due: somebody must score."""
    floor.write(
        kinds.MIDRANGE_SHOTS[0], offense, floor.player(offense), attempted=2, points=2, feet=14
    )


def _draw_level(floor: Floor) -> None:
    """Overtime is due: who trails scores exactly the deficit in what is left of the period."""
    behind = 0 if floor.score[0] < floor.score[1] else 1
    deficit = abs(floor.score[0] - floor.score[1])
    if deficit == 1:
        _one_free_throw(floor, behind)
        deficit = 0
    steps = _baskets(deficit)
    for left, points in zip(range(len(steps), 0, -1), steps, strict=True):
        floor.run_clock(floor.clock_s / (left + 1))
        kind = kinds.LONG_SHOTS[0] if points == 3 else kinds.MIDRANGE_SHOTS[0]
        feet = 26 if points == 3 else 9
        floor.write(kind, behind, floor.player(behind), attempted=points, points=points, feet=feet)
        if left > 1:
            floor.write(kinds.STEALS[0], 1 - behind, floor.player(1 - behind), floor.player(behind))


def _one_free_throw(floor: Floor, side: int) -> None:
    floor.run_clock(floor.clock_s / 2)
    shooter = floor.player(side)
    floor.write(kinds.PERSONAL_FOUL, 1 - side, floor.player(1 - side))
    for number, points in ((1, 1), (2, 0)):
        floor.rest(15)
        floor.write(kinds.FREE_THROWS[number, 2], side, shooter, attempted=1, points=points)
    floor.write(kinds.DEFENSIVE_REBOUND, 1 - side, floor.player(1 - side))


def _baskets(deficit: int) -> list[int]:
    """Twos and threes that add up to it (any number but 1)."""
    threes = deficit // 3
    while (deficit - 3 * threes) % 2:
        threes -= 1
    return [3] * threes + [2] * ((deficit - 3 * threes) // 2)
