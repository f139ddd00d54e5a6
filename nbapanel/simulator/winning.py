"""How likely the home team is to win, from lead, time left and strength; pure arithmetic."""

from __future__ import annotations

from math import erf, sqrt

REGULATION_S = 2880.0
PERIOD_S = 720.0
OVERTIME_S = 300.0
# Standard deviation of a game's final margin; what is left of it at the buzzer keeps a final
# probability a little off 0 and 1, as the feed's is.
_MARGIN_SPREAD = 13.2
_BUZZER_SPREAD = 0.4
_SQRT2 = sqrt(2.0)


def seconds_left(period: int, clock_s: float) -> float:
    """Of regulation, or of the overtime that is being played."""
    return (4 - period) * PERIOD_S + clock_s if period <= 4 else clock_s


def home_win_probability(lead: float, left_s: float, expected_margin: float) -> float:
    """`lead` and `expected_margin` (of a whole game) are home minus away."""
    share = left_s / REGULATION_S
    spread = _MARGIN_SPREAD * sqrt(share) + _BUZZER_SPREAD
    return 0.5 * (1.0 + erf((lead + expected_margin * share) / (spread * _SQRT2)))
