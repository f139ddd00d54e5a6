"""The statistics site's list of games that were played: two rows a game, one a team."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nbapanel.simulator.draws import draws
from nbapanel.simulator.nba.finals import Final, TeamLine
from nbapanel.simulator.nba.names import Json, game_id, team_id
from nbapanel.simulator.plan import Plan

_HEADERS = (
    "SEASON_ID", "TEAM_ID", "TEAM_ABBREVIATION", "TEAM_NAME", "GAME_ID", "GAME_DATE", "MATCHUP",
    "WL", "MIN", "PTS", "FGM", "FGA", "FG_PCT", "FG3M", "FG3A", "FG3_PCT", "FTM", "FTA", "FT_PCT",
    "OREB", "DREB", "REB", "AST", "STL", "BLK", "TOV", "PF", "PLUS_MINUS",
)  # fmt: skip
_ASKED = ("PlayerOrTeam", "LeagueID", "Season", "SeasonType", "DateFrom", "DateTo", "TeamID",
          "VsTeamID", "PlayerID", "GameID", "Outcome", "Location")  # fmt: skip


def game_finder(asked: Mapping[str, str], rows: Iterable[list[Any]]) -> Json:
    return {
        "resource": "leaguegamefinderparameters",
        "parameters": {name: asked.get(name) or None for name in _ASKED},
        "resultSets": [
            {
                "name": "LeagueGameFinderResults",
                "headers": list(_HEADERS),
                "rowSet": list(rows),
            }
        ],
    }


def team_rows(seed: int, plan: Plan, final: Final, season_type: int) -> Iterator[list[Any]]:
    """Of one game: the away team's row first at times, as the feed has no order in this."""
    stream = draws(seed, plan.fixture.event_id, "finder")
    for side in (1, 0) if stream.chance(0.5) else (0, 1):
        # The rounded minutes of all players, which seldom add up to what they should.
        minutes = 240 + 25 * (final.periods - 4) + stream.whole(-3, 4)
        yield _row(plan, final, side, season_type, minutes)


def _row(plan: Plan, final: Final, side: int, season_type: int, minutes: int) -> list[Any]:
    fixture = plan.fixture
    team, other = (fixture.away, fixture.home) if side else (fixture.home, fixture.away)
    start_year = fixture.day.year - (fixture.day.month < 8)
    line, theirs = final.lines[side], final.lines[1 - side]
    return [
        f"{season_type}{start_year}",
        team_id(team),
        team.code,
        team.display_name,
        game_id(fixture),
        fixture.day.isoformat(),
        f"{team.code} {'@' if side else 'vs.'} {other.code}",
        "W" if plan.winner == side else "L",
        minutes,
        *_figures(line),
        float(line.points - theirs.points),
    ]


def _figures(line: TeamLine) -> list[Any]:
    return [
        line.points,
        line.fg_made, line.fg_attempted, _share(line.fg_made, line.fg_attempted),
        line.three_made, line.three_attempted, _share(line.three_made, line.three_attempted),
        line.ft_made, line.ft_attempted, _share(line.ft_made, line.ft_attempted),
        line.rebounds_offensive, line.rebounds_defensive,
        line.rebounds_offensive + line.rebounds_defensive,
        line.assists, line.steals, line.blocks, line.turnovers, line.fouls,
    ]  # fmt: skip


def _share(made: int, attempted: int) -> float | None:
    return round(made / attempted, 3) if attempted else None
