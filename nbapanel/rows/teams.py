"""What the feeds call the teams, and the league's own code for each. No other names are here."""

from __future__ import annotations

from typing import Final

_NBA_CODES: Final = {
    "NY": "NYK",
    "SA": "SAS",
    "GS": "GSW",
    "NO": "NOP",
    "UTAH": "UTA",
    "WSH": "WAS",
    "PHO": "PHX",
    "BRK": "BKN",
    "CHO": "CHA",
}


def nba_code(abbreviation: str) -> str:
    """The league's tricode for a feed's abbreviation; a team it does not know keeps its own."""
    return _NBA_CODES.get(abbreviation, abbreviation)
