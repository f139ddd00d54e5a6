"""ESPN scoreboards of a day into espn.scoreboard_games."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from nbapanel.clock import eastern_date
from nbapanel.rows.harvest import Build, Harvest, PageReader
from nbapanel.rows.models import Parsed, Row
from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import (
    MOST_POINTS,
    ClockSeconds,
    Count,
    Id,
    Int4,
    PeriodNumber,
    integer,
    optional_moment,
    shown,
    without_sign,
)
from nbapanel.rows.teams import nba_code
from nbapanel.size_limits import MOST_ITEMS

SeasonYear = Annotated[int, Meta(ge=1947, le=2200)]
Abbreviation = Annotated[str, Meta(max_length=32)]


class Season(Struct, gc=False):
    year: SeasonYear
    type: Int4 | None = None
    slug: str | None = None


class LeagueSeason(Struct, gc=False, rename="camel"):
    year: SeasonYear
    start_date: str
    end_date: str


class Team(Struct, gc=False, rename="camel"):
    id: str | int | None = None
    abbreviation: Abbreviation | None = None
    name: str | None = None
    display_name: str | None = None


class Competitor(Struct, gc=False, rename="camel"):
    home_away: str
    team: Team
    score: str | int | None = None
    winner: bool | None = None


class Address(Struct, gc=False):
    city: str | None = None
    state: str | None = None


class Venue(Struct, gc=False, rename="camel"):
    id: str | int | None = None
    full_name: str | None = None
    address: Address | None = None


class StatusType(Struct, gc=False):
    completed: bool
    id: str | int | None = None
    name: str | None = None
    state: str | None = None


class Status(Struct, gc=False):
    type: StatusType
    period: PeriodNumber | None = None
    clock: ClockSeconds | None = None


class Broadcast(Struct, gc=False):
    names: list[str] = []


class Competition(Struct, gc=False, rename="camel"):
    id: Id
    competitors: list[Competitor]
    date: str | None = None
    status: Status | None = None
    attendance: Count | None = None
    neutral_site: bool | None = None
    venue: Venue | None = None
    broadcasts: list[Broadcast] = []


class Event(Struct, gc=False, rename="camel"):
    id: Id
    competitions: list[Competition]
    season: Season | None = None
    uid: str | None = None
    date: str | None = None
    name: str | None = None
    short_name: str | None = None
    status: Status | None = None


class League(Struct, gc=False):
    season: LeagueSeason


class _Leagues(Struct, gc=False):
    leagues: list[League] = []


_MOST_LEAGUES = 4  # there is one
_LEAGUES = msgspec.json.Decoder(_Leagues)
_READER = PageReader(
    Event, "events", what="an ESPN scoreboard", name=rb'"id"\s*:\s*"?([A-Za-z0-9_-]{1,40})'
)


def parse_scoreboard(
    parts: Sequence[bytes],
    *,
    day: date,
    fetched_at: datetime,
    source_file_id: int,
    keep_raw: bool = False,
    most_items: int = MOST_ITEMS,
) -> Parsed:
    """The scoreboard of a day (`day`: as it was asked for) into rows of models.SCOREBOARD_GAMES.

    Only `completed` makes a game final: a postponed one has state "post" too. Scores are NULL
    before tip-off, where the feed says "0". game_date is the US Eastern date of the scheduled
    start; codes are the league's. Raises PayloadRefused.
    """
    harvest = Harvest(_READER.what, most_items)
    for page, body in enumerate(parts, 1):
        harvest.admit_body(page, body)
    load = _Load(day, fetched_at, source_file_id, _league_seasons(parts))
    _READER.read(parts, _builder(load), harvest, keep_raw=keep_raw)
    return harvest.parsed()


@dataclass(frozen=True, slots=True)
class _Load:
    day: date
    fetched_at: datetime
    source_file_id: int
    league_seasons: tuple[LeagueSeason, ...]


def _builder(load: _Load) -> Build[Event]:
    event_of_competition: dict[str, str] = {}

    def build(event: Event, raw: str | None) -> tuple[Hashable, Row]:
        event_id = str(event.id)
        if not event.competitions:
            raise OddValue("the event has no competition")
        competition = event.competitions[0]
        row = _row(event, competition, load, raw)
        owner = event_of_competition.setdefault(str(competition.id), event_id)
        if owner != event_id:  # unique in the table
            raise OddValue(f"its competition {competition.id} belongs to event {owner}")
        return event_id, row

    return build


def _row(event: Event, competition: Competition, load: _Load, raw: str | None) -> Row:
    status = competition.status or event.status
    if status is None:
        raise OddValue("the game has no status")
    event_date = optional_moment(event.date or competition.date)
    home, away = _side(competition, "home"), _side(competition, "away")
    season = event.season or _season_of(event_date, load.league_seasons)
    return (
        str(event.id),
        load.day,
        event.uid,
        event_date,
        event.name,
        event.short_name,
        season_label(season.year),
        season.year,
        season.type,
        season.slug,
        str(competition.id),
        *_venue_columns(competition.venue),
        competition.neutral_site,
        competition.attendance,
        *_team_columns(home, status),
        *_team_columns(away, status),
        _text(status.type.id),
        status.type.name,
        status.type.state,
        status.type.completed,
        status.period,
        without_sign(status.clock),
        ", ".join(n for entry in competition.broadcasts for n in entry.names) or None,
        raw,
        load.source_file_id,
        eastern_date(event_date) if event_date else None,
        _code(home.team),
        _code(away.team),
        load.fetched_at if status.type.completed else None,
    )


def _league_seasons(parts: Sequence[bytes]) -> tuple[LeagueSeason, ...]:
    """The seasons that the page heads name, the first few: each game may be held against each.

    None where they cannot be read: most games do not need them.
    """
    try:
        return tuple(
            league.season
            for body in parts[:_MOST_LEAGUES]
            for league in _LEAGUES.decode(body).leagues[:_MOST_LEAGUES]
        )
    except (ValueError, RecursionError):
        return ()


def _season_of(moment: datetime | None, seasons: Sequence[LeagueSeason]) -> Season:
    """The season around a game that does not name its own (some captures are trimmed).

    Only the year: the type that the head of the page names is that of the day of the fetch.
    """
    for season in seasons:
        starts, ends = optional_moment(season.start_date), optional_moment(season.end_date)
        if moment and starts and ends and starts <= moment <= ends:
            return Season(season.year)
    raise OddValue("the game names no season, and none of the page's is around it")


def season_label(year: int) -> str:
    """The season's label by the calendar year it ends in, as ESPN counts: 2026 -> "2025-26"."""
    return f"{year - 1}-{year % 100:02d}"


def _side(competition: Competition, side: str) -> Competitor:
    found = [entry for entry in competition.competitors if entry.home_away == side]
    if len(found) != 1:
        named = ", ".join(shown(entry.home_away) for entry in competition.competitors[:4])
        raise OddValue(f"there must be one {side} team; homeAway says: {named or 'nothing'}")
    return found[0]


def _venue_columns(venue: Venue | None) -> tuple[str | None, ...]:
    """venue_id, venue_name, venue_city, venue_state."""
    if venue is None:
        return (None, None, None, None)
    address = venue.address or Address()
    return _text(venue.id), venue.full_name, address.city, address.state


def _team_columns(side: Competitor, status: Status) -> tuple[str | int | bool | None, ...]:
    """team_id, team_abbrev, team_name, team_display_name, score, winner."""
    team = side.team
    return (
        _text(team.id),
        team.abbreviation,
        team.name,
        team.display_name,
        _score(side, status),
        side.winner if status.type.completed else None,
    )


def _score(side: Competitor, status: Status) -> int | None:
    """The points; NULL before tip-off and for a game that was called off before it."""
    kind = status.type
    if not kind.completed and (kind.state == "pre" or (kind.state == "post" and not status.period)):
        return None
    if side.score is None or side.score == "":
        if kind.completed:
            raise OddValue(f"the game is final but the {side.home_away} score is missing")
        return None
    return integer(side.score, f"the {side.home_away} score", high=MOST_POINTS)


def _code(team: Team) -> str | None:
    return nba_code(team.abbreviation) if team.abbreviation else None


def _text(value: str | int | None) -> str | None:
    return None if value is None else str(value)
