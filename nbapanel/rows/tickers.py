"""What the ticker of an NBA game market says: the day, the two teams, and whose market it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from nbapanel.rows.teams import nba_code

HOME, AWAY = 0, 1
_TICKER = re.compile(
    r"KXNBAGAME-(?P<year>[0-9]{2})(?P<month>[A-Z]{3})(?P<day>[0-9]{2})"
    r"(?P<away>[A-Z]{3})(?P<home>[A-Z]{3})-(?P<team>[A-Z]{3})"
)
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class GameTicker:
    """`game_date` is the US Eastern date first scheduled: a postponed game keeps its ticker.

    `side`: 0 if YES is the home team, 1 if the away team.
    """

    game_date: date
    away_code: str
    home_code: str
    team_code: str
    side: int


def parse_ticker(ticker: str) -> GameTicker | None:
    """KXNBAGAME-{YY}{MON}{DD}{AWAY3}{HOME3}-{TEAM3}; None for any other ticker.

    The side is the suffix compared with the two codes; subtitles name the YES team on both sides.
    """
    match = _TICKER.fullmatch(ticker)
    if match is None or match["month"] not in _MONTHS or match["away"] == match["home"]:
        return None
    if match["team"] not in (match["away"], match["home"]):
        return None
    month = _MONTHS.index(match["month"]) + 1
    try:
        game_date = date(2000 + int(match["year"]), month, int(match["day"]))
    except ValueError:
        return None
    return GameTicker(
        game_date=game_date,
        away_code=nba_code(match["away"]),
        home_code=nba_code(match["home"]),
        team_code=nba_code(match["team"]),
        side=HOME if match["team"] == match["home"] else AWAY,
    )
