"""The NBA's scoreboard of the league's own day, as of a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from nbapanel.clock import EASTERN
from nbapanel.simulator.nba.box_score import period_scores
from nbapanel.simulator.nba.names import (
    Json,
    eastern_as_if_utc,
    game_code,
    game_id,
    iso_clock,
    local,
    team_id,
    utc_second,
)
from nbapanel.simulator.nba.status import Status
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.teams import Team

Record = tuple[int, int]
"""Wins and losses."""


def scoreboard(day: date, games: Sequence[Json], changed_at: datetime) -> Json:
    # The hour of twelve, without am or pm, and minute and second over again as its fraction.
    moment = changed_at.astimezone(EASTERN)
    return {
        "meta": {
            "version": 1,
            "request": "https://nba-prod-us-east-1-mediaops-stats.s3.amazonaws.com/NBA/liveData/"
            "scoreboard/todaysScoreboard_00.json",
            "time": f"{moment:%Y-%m-%d %I:%M:%S.%M%S}",
            "code": 200,
        },
        "scoreboard": {
            "gameDate": day.isoformat(),
            "leagueId": "00",
            "leagueName": "National Basketball Association",
            "games": list(games),
        },
    }


def scoreboard_game(
    fixture: Fixture,
    status: Status,
    text: str,
    records: tuple[Record, Record],
    by_period: tuple[list[int], list[int]],
) -> Json:
    is_live = status.number == 2
    eastern = local(fixture.tip_at, 0).isoformat() if is_live else eastern_as_if_utc(fixture.tip_at)
    scores = (status.home, status.away)
    teams = [
        _team(team, scores[side], records[side], by_period[side], is_live=is_live)
        for side, team in enumerate((fixture.home, fixture.away))
    ]
    return {
        "gameId": game_id(fixture),
        "gameCode": game_code(fixture),
        "gameStatus": status.number,
        "gameStatusText": text,
        "period": status.period,
        "gameClock": iso_clock(status.clock_s) if is_live else "",
        "gameTimeUTC": utc_second(fixture.tip_at),
        "gameEt": eastern,
        "regulationPeriods": 4,
        "ifNecessary": False,
        "seriesGameNumber": "",
        **labels(fixture),
        "seriesConference": "",
        "poRoundDesc": "",
        "isNeutral": fixture.neutral is not None,
        "homeTeam": teams[0],
        "awayTeam": teams[1],
        "gameLeaders": {
            "homeLeaders": _no_leader(fixture.home),
            "awayLeaders": _no_leader(fixture.away),
        },
        "pbOdds": {"team": None, "odds": 0.0, "suspended": 0},
    }


def labels(fixture: Fixture) -> Json:
    """What a game in a far country is called."""
    is_neutral = fixture.neutral is not None
    return {
        "gameLabel": f"NBA {fixture.venue.city} Game" if is_neutral else "",
        "gameSubLabel": "",
        "seriesText": "Neutral Site" if is_neutral else "",
        "gameSubtype": "Global Games" if is_neutral else "",
    }


def _team(team: Team, score: int, record: Record, by_period: list[int], *, is_live: bool) -> Json:
    return {
        "teamId": team_id(team),
        "teamName": team.name,
        "teamCity": team.location,
        "teamTricode": team.code,
        "wins": record[0],
        "losses": record[1],
        "score": score,
        "seed": None,
        "inBonus": "0" if is_live else None,
        "timeoutsRemaining": 7 if is_live else 0,
        "periods": period_scores(by_period),
    }


def _no_leader(team: Team) -> Json:
    return {
        "personId": 0,
        "name": "",
        "jerseyNum": "",
        "position": "",
        "teamTricode": team.code,
        "playerSlug": None,
        "points": 0,
        "rebounds": 0,
        "assists": 0,
    }
