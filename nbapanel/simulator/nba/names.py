"""How the NBA's feeds name things: games, teams, players, moments and clocks. Nothing is drawn."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from nbapanel.clock import EASTERN
from nbapanel.simulator.rosters import Player
from nbapanel.simulator.schedule import FIRST_MAKEUP, Fixture, event_number
from nbapanel.simulator.season_days import season_start_year
from nbapanel.simulator.teams import Team

Json = dict[str, Any]

_CODES = (
    "ATL BOS CLE NOP CHI DAL DEN GSW HOU LAC LAL MIA MIL MIN BKN NYK ORL IND PHI PHX POR SAC SAS "
    "OKC TOR UTA MEM WAS DET CHA"
)
_TEAM_IDS = {code: 1_610_612_737 + place for place, code in enumerate(_CODES.split())}
_FIRST_PERSON, _FIRST_PLAYER = 1_640_000, 4_700_000
_REGULAR_GAMES = 1_230


def team_id(team: Team) -> int:
    return _TEAM_IDS[team.code]


def person_id(player: Player) -> int:
    return int(player.id) - _FIRST_PLAYER + _FIRST_PERSON


def family_name(player: Player) -> str:
    return player.name.partition(" ")[2]


@lru_cache(maxsize=8192)
def game_id(fixture: Fixture) -> str:
    """One for each event; a make-up game follows the regular ones, as the cup's games do."""
    number = event_number(fixture.event_id)
    if number >= FIRST_MAKEUP:
        number += _REGULAR_GAMES + 1 - FIRST_MAKEUP
    return f"002{season_start_year(fixture.tip_at) % 100:02d}{number:05d}"


def season_label(start_year: int) -> str:
    return f"{start_year}-{(start_year + 1) % 100:02d}"


def game_code(fixture: Fixture) -> str:
    return f"{fixture.day:%Y%m%d}/{fixture.away.code}{fixture.home.code}"


def tip_text(fixture: Fixture) -> str:
    """ "7:30 pm ET"."""
    tip = fixture.tip_at.astimezone(EASTERN)
    return f"{tip.hour % 12 or 12}:{tip:%M} {'pm' if tip.hour >= 12 else 'am'} ET"


def iso_clock(clock_s: float) -> str:
    """ "PT11M56.00S"."""
    minutes, seconds = divmod(clock_s, 60)
    return f"PT{int(minutes):02d}M{seconds:05.2f}S"


def period_type(period: int) -> str:
    return "REGULAR" if period <= 4 else "OVERTIME"


def utc_second(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def utc_text(unix: int) -> str:
    """ "2026-01-16T00:31:07", without a zone, so that tenths or a Z may follow."""
    days, rest = divmod(unix, 86_400)
    return f"{_day(days)}T{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def eastern_as_if_utc(moment: datetime) -> str:
    """Eastern time with a Z that it has no right to, as most of these feeds have it."""
    return f"{moment.astimezone(EASTERN):%Y-%m-%dT%H:%M:%SZ}"


def local(moment: datetime, hours_behind_eastern: int) -> datetime:
    return moment.astimezone(EASTERN) - timedelta(hours=hours_behind_eastern)


def game_meta(fixture: Fixture, document: str, changed_at: datetime) -> Json:
    """Its time is Eastern and says so nowhere."""
    return {
        "version": 1,
        "code": 200,
        "request": f"http://nba.cloud/games/{game_id(fixture)}/{document}?Format=json",
        "time": f"{changed_at.astimezone(EASTERN):%Y-%m-%d %H:%M:%S.%f}",
    }


def league_day(now: datetime) -> date:
    """The day of the scoreboard: the evening before is shown until noon."""
    return (now.astimezone(EASTERN) - timedelta(hours=12)).date()


@lru_cache(maxsize=64)
def _day(days: int) -> str:
    return f"{datetime.fromtimestamp(days * 86_400, UTC):%Y-%m-%d}"
