"""The NBA's schedule of the whole season, as of the hour: it is made anew that often only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from nbapanel.simulator.nba.names import (
    Json,
    eastern_as_if_utc,
    game_code,
    game_id,
    local,
    season_label,
    team_id,
    utc_second,
)
from nbapanel.simulator.nba.scoreboard import Record, labels
from nbapanel.simulator.nba.status import POSTPONED, Status
from nbapanel.simulator.schedule import Fixture
from nbapanel.simulator.season_days import SeasonDays
from nbapanel.simulator.teams import Team

_NO_TEAM = {
    "teamId": 0, "teamName": "", "teamCity": "", "teamTricode": "", "teamSlug": "",
    "wins": 0, "losses": 0, "score": 0, "seed": 0,
}  # fmt: skip
_BROADCASTERS = (
    "nationalTvBroadcasters", "nationalRadioBroadcasters", "nationalOttBroadcasters",
    "homeTvBroadcasters", "homeRadioBroadcasters", "homeOttBroadcasters",
    "awayTvBroadcasters", "awayRadioBroadcasters", "awayOttBroadcasters",
    "intlRadioBroadcasters", "intlTvBroadcasters", "intlOttBroadcasters",
)  # fmt: skip


def schedule(days: SeasonDays, games: Sequence[tuple[Fixture, Json]], changed_at: datetime) -> Json:
    """`games` in order of day."""
    weeks = _weeks(days)
    return {
        "meta": {
            "version": 1,
            "request": f"http://nba.cloud/league/00/{season_label(days.start_year)}/"
            "scheduleleaguev2?Format=json",
            "time": f"{changed_at:%Y-%m-%dT%H:%M:%S.%M%SZ}",
        },
        "leagueSchedule": {
            "seasonYear": season_label(days.start_year),
            "leagueId": "00",
            "gameDates": [
                {
                    "gameDate": f"{day:%m/%d/%Y} 00:00:00",
                    "games": _of_day(day, [game for _, game in group], weeks),
                }
                for day, group in groupby(games, key=lambda one: one[0].day)
            ],
            "weeks": weeks,
            "broadcasterList": [],
        },
    }


def scheduled_game(fixture: Fixture, status: Status, records: tuple[Record, Record]) -> Json:
    game = _envelope(fixture)
    game |= {
        "gameCode": game_code(fixture),
        "gameStatus": status.number,
        "gameStatusText": status.text,
        "postponedStatus": _postponed_status(status),
        "homeTeam": _team(fixture.home, status.home, records[0]),
        "awayTeam": _team(fixture.away, status.away, records[1]),
    }
    return game


def unsettled_game(fixture: Fixture) -> Json:
    """A place in the schedule for which nobody has been found yet."""
    nothing = f"0001-01-01T{0:02d}:00:00Z"
    return _envelope(fixture) | {
        "gameCode": "",
        "gameStatus": 1,
        "gameStatusText": "TBD",
        "postponedStatus": "A",
        "gameTimeEst": nothing,
        "gameTimeUTC": nothing,
        "gameDateTimeEst": f"{fixture.day}T00:00:00Z",
        "gameDateTimeUTC": f"{fixture.day}T05:00:00Z",
        "homeTeamTime": nothing,
        "awayTeamTime": nothing,
        "arenaName": "", "arenaState": "", "arenaCity": "",
        "gameSubtype": "in-season-knockout",
        "homeTeam": dict(_NO_TEAM),
        "awayTeam": dict(_NO_TEAM),
    }  # fmt: skip


def _envelope(fixture: Fixture) -> Json:
    """Only gameDateTimeUTC is what it says: others have a date of their own, or Eastern hours."""
    eastern, clock = eastern_as_if_utc(fixture.tip_at), utc_second(fixture.tip_at)
    return {
        "gameId": game_id(fixture),
        "gameCode": "",
        "gameStatus": 1,
        "gameStatusText": "",
        "gameSequence": 1,
        "gameDateEst": f"{fixture.day}T00:00:00Z",
        "gameTimeEst": f"1900-01-01{eastern[10:]}",
        "gameDateTimeEst": eastern,
        "gameDateUTC": f"{fixture.day}T05:00:00Z",
        "gameTimeUTC": f"1900-01-01{clock[10:]}",
        "gameDateTimeUTC": clock,
        "awayTeamTime": f"{local(fixture.tip_at, fixture.away.zone):%Y-%m-%dT%H:%M:%SZ}",
        "homeTeamTime": f"{local(fixture.tip_at, fixture.home.zone):%Y-%m-%dT%H:%M:%SZ}",
        "day": f"{fixture.day:%a}",
        "monthNum": fixture.day.month,
        "weekNumber": 0,
        "weekName": "",
        "ifNecessary": False,
        "seriesGameNumber": "",
        **labels(fixture),
        "arenaName": fixture.venue.name,
        "arenaState": fixture.venue.state,
        "arenaCity": fixture.venue.city,
        "postponedStatus": "A",
        "branchLink": "",
        "isNeutral": fixture.neutral is not None,
        "broadcasters": {name: [] for name in _BROADCASTERS},
        "pointsLeaders": [],
    }


def _postponed_status(status: Status) -> str:
    if status.text == POSTPONED:
        return "Y"
    return "A" if status.number == 1 else "N"


def _team(team: Team, score: int, record: Record) -> Json:
    return {
        "teamId": team_id(team),
        "teamName": team.name,
        "teamCity": team.location,
        "teamTricode": team.code,
        "teamSlug": team.name.lower().replace(" ", ""),
        "wins": record[0],
        "losses": record[1],
        "score": score,
        "seed": 0,
    }


def _weeks(days: SeasonDays) -> list[Json]:
    """From the opening day, each to its Sunday."""
    weeks: list[Json] = []
    start = days.opening
    while start <= days.closing:
        end = start + timedelta(days=6 - start.weekday())
        weeks.append(
            {
                "weekNumber": len(weeks) + 1,
                "weekName": f"Week {len(weeks) + 1}",
                "startDate": f"{start}T00:00:00Z",
                "endDate": f"{end}T00:00:00Z",
            }
        )
        start = end + timedelta(days=1)
    return weeks


def _of_day(day: date, games: Iterable[Json], weeks: Sequence[Json]) -> list[Json]:
    week = next(one for one in weeks if one["endDate"] >= f"{day}T00:00:00Z")
    return [
        game
        | {
            "gameSequence": place,
            "weekNumber": week["weekNumber"],
            "weekName": week["weekName"],
        }
        for place, game in enumerate(games, start=1)
    ]
