"""Who meets whom and how often in a season of 82 games a team, 41 of them at home; no dates."""

from __future__ import annotations

from nbapanel.simulator.draws import Draws
from nbapanel.simulator.teams import EAST, TEAMS, WEST, Team

Pairing = tuple[Team, Team]  # home, away
GAMES_IN_SEASON = 1230


def season_pairings(stream: Draws) -> list[Pairing]:
    """4 x 4 inside a division, 6 x 4 and 4 x 3 in the conference, 15 x 2 across: 82 a team."""
    divisions = {
        name: stream.shuffled(team for team in TEAMS if team.division == name)
        for name in EAST + WEST
    }
    pairings: list[Pairing] = []
    for conference in (EAST, WEST):
        for place, name in enumerate(conference):
            pairings += _inside(divisions[name])
            for other in conference[place + 1 :]:
                pairings += _between(divisions[name], divisions[other])
    for eastern in (team for name in EAST for team in divisions[name]):
        for western in (team for name in WEST for team in divisions[name]):
            pairings += [(eastern, western), (western, eastern)]
    return pairings


def _inside(division: list[Team]) -> list[Pairing]:
    return [(home, away) for home in division for away in division if home is not away] * 2


def _between(ours: list[Team], theirs: list[Team]) -> list[Pairing]:
    """Four games, but three against two opponents: one with the odd game at home, one away."""
    pairings: list[Pairing] = []
    for place, team in enumerate(ours):
        short_at_theirs, short_at_ours = theirs[place % 5], theirs[(place + 1) % 5]
        for opponent in theirs:
            pairings += [(team, opponent)] * (1 if opponent is short_at_ours else 2)
            pairings += [(opponent, team)] * (1 if opponent is short_at_theirs else 2)
    return pairings
