"""How the NBA's feeds say where a game stands: a number, a text, the period and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nbapanel.simulator import kinds
from nbapanel.simulator.draws import draws
from nbapanel.simulator.game import Played
from nbapanel.simulator.nba.names import tip_text
from nbapanel.simulator.plan import Phase, Plan

POSTPONED = "PPD"
_PADDING = " " * 15


@dataclass(frozen=True, slots=True)
class Status:
    """`number`: 1 before (a postponed game too), 2 live, 3 final. Scores are 0 before."""

    number: int
    text: str
    period: int = 0
    clock_s: float = 0.0
    home: int = 0
    away: int = 0


def before(plan: Plan, now: datetime) -> Status:
    """Of a game of which nothing has been played."""
    is_lost = plan.phase(now) is Phase.POSTPONED
    return Status(1, POSTPONED if is_lost else tip_text(plan.fixture))


def begun(played: Played, now: datetime) -> Status:
    home, away, last = played.score(now)
    if played.plan.phase(now) is Phase.FINAL:
        return Status(3, final_text(last.period), last.period, 0.0, home, away)
    is_break = last.kind is kinds.END_PERIOD
    text = "Half" if is_break and last.period == 2 else _live_text(last.period, last.clock_s)
    return Status(2, text, last.period, last.clock_s, home, away)


def final_text(periods: int) -> str:
    """ "Final", "Final/OT", "Final/OT2"."""
    if periods == 4:
        return "Final"
    return "Final/OT" if periods == 5 else f"Final/OT{periods - 4}"


def padded(seed: int, plan: Plan, status: Status) -> str:
    """The scoreboard's text: a plain "Final" has fifteen blanks after it at times."""
    is_padded = status.text == "Final" and draws(seed, plan.fixture.event_id, "pad").chance(0.2)
    return status.text + _PADDING if is_padded else status.text


def _live_text(period: int, clock_s: float) -> str:
    """ "Q2 6:21", and "Q1 :00.0" below a minute."""
    name = f"Q{period}" if period <= 4 else f"OT{period - 4}"
    if clock_s < 60:
        return f"{name} :{clock_s:04.1f}"
    return f"{name} {int(clock_s) // 60}:{int(clock_s) % 60:02d}"
