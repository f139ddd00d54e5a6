"""What a box score is decoded into: the game, a team, a player. No row is made here."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from nbapanel.rows.nba.box_stats import Figures
from nbapanel.rows.nba.sides import GameStatus
from nbapanel.rows.scalars import Count, Int4, PeriodNumber


class Arena(Struct, rename="camel"):
    arena_name: str | None = None
    arena_city: str | None = None
    arena_state: str | None = None


class Official(Struct):
    name: str | None = None


class SideOfGame(Struct, rename="camel"):
    team_id: str | int | None = None
    score: str | int | None = None


class Game(Struct, rename="camel"):
    game_id: str
    game_status: GameStatus
    game_code: str | None = None
    game_time_utc: str | None = msgspec.field(default=None, name="gameTimeUTC")
    game_status_text: str | None = None
    period: PeriodNumber | None = None
    game_clock: str | None = None
    regulation_periods: PeriodNumber | None = None
    duration: Count | None = None
    attendance: Count | None = None
    sellout: str | None = None
    arena: Arena | None = None
    officials: list[Official] | None = None
    home_team: SideOfGame | None = None
    away_team: SideOfGame | None = None


class Period(Struct):
    period: PeriodNumber
    score: str | int | None = None


class Team(Struct, rename="camel"):
    team_id: str | int
    team_tricode: str | None = None
    team_city: str | None = None
    team_name: str | None = None
    score: str | int | None = None
    timeouts_remaining: Count | None = None
    periods: list[Period] | None = None
    statistics: Figures | None = None


class Player(Struct, rename="camel"):
    person_id: str | int
    order: Int4 | None = None
    name: str | None = None
    first_name: str | None = None
    family_name: str | None = None
    jersey_num: str | None = None
    position: str | None = None
    status: str | None = None
    starter: str | None = None
    played: str | None = None
    not_playing_reason: str | None = None
    not_playing_description: str | None = None
    statistics: Figures | None = None
