"""The league's schedule of a season, into nba.schedule_games."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from datetime import date

import msgspec
from msgspec import Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.game_ids import game_id_of
from nbapanel.rows.nba.relations import SCHEDULE_GAMES
from nbapanel.rows.nba.sides import (
    GAME_NAME,
    NOT_STARTED,
    GameStatus,
    Team,
    day,
    side_columns,
    text,
)
from nbapanel.rows.refusal import OddValue
from nbapanel.rows.scalars import Int4, optional_moment, shown
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "an NBA schedule"
_TIME_UNKNOWN = "TBD"
_FLAGS = {"true": True, "false": False, "": None}
_HEADING = re.compile(r"([0-9]{2})/([0-9]{2})/([0-9]{4})\b")


class Game(Struct, gc=False, rename="camel"):
    game_id: str
    game_status: GameStatus
    game_code: str | None = None
    game_status_text: str | None = None
    game_date_est: str | None = None
    game_date_time_utc: str | None = msgspec.field(default=None, name="gameDateTimeUTC")
    week_number: Int4 | None = None
    if_necessary: bool | str | None = None
    series_text: str | None = None
    arena_name: str | None = None
    arena_state: str | None = None
    arena_city: str | None = None
    postponed_status: str | None = None
    game_label: str | None = None
    game_sub_label: str | None = None
    is_neutral: bool | None = None
    home_team: Team | None = None
    away_team: Team | None = None


class _Day(Struct, rename="camel"):
    games: list[Raw]
    game_date: str | None = None


class _Season(Struct, rename="camel"):
    season_year: str
    game_dates: list[Raw]


class _Page(Struct, rename="camel"):
    league_schedule: _Season


_PAGE = msgspec.json.Decoder(_Page)
_DAY = msgspec.json.Decoder(_Day)
_DATE_NAME = re.compile(rb'"gameDate"\s*:\s*"([0-9/]{1,10})')
_GAMES: ItemReader[Game] = ItemReader(Game, GAME_NAME)


def parse_schedule(
    parts: Sequence[bytes], *, source_file_id: int, most_items: int = MOST_ITEMS
) -> tuple[tuple[Relation, Parsed], ...]:
    """A season's schedule into rows of relations.SCHEDULE_GAMES.

    The season is that of each game's id. Of the times only gameDateTimeUTC is what it says; it is
    NULL while the game's is still to be set. Scores are NULL before the game, where the feed says
    0. notes["speaks_for"]: the season, if the list is the whole truth about it.
    Raises PayloadRefused.
    """
    harvest = Harvest(_WHAT, most_items)
    seasons = set()
    for page, body in enumerate(parts, 1):
        harvest.admit_body(page, body)
        season = split(_PAGE, body, what=_WHAT, page=page).league_schedule
        harvest.admit_items(page, len(season.game_dates))
        seasons.add(season.season_year)
        _read_days(season.game_dates, harvest, page, source_file_id)
    parsed = harvest.parsed()
    # A list under another season's name speaks for neither.
    whole = bool(parsed.rows) and not parsed.bad and SCHEDULE_GAMES.scopes(parsed.rows) == seasons
    parsed.notes["speaks_for"] = tuple(seasons) if whole else ()
    return ((SCHEDULE_GAMES, parsed),)


def _read_days(days: Sequence[Raw], into: Harvest, page: int, source_file_id: int) -> None:
    for index, piece in enumerate(days):
        place = f"gameDates[{index}]"
        try:
            listed = _DAY.decode(piece)
            build = _builder(listed.game_date, source_file_id)
        except (msgspec.DecodeError, RecursionError, OddValue) as odd:
            name = _DATE_NAME.search(piece)
            into.set_aside(f"{place} {name[1].decode()}" if name else place, str(odd))
        else:
            into.admit_items(page, len(listed.games))
            _GAMES.read(listed.games, build, into, f"{place}.games")


def _builder(heading: str | None, source_file_id: int) -> Build[Game]:
    listed_on = _heading_date(heading) if heading else None

    def build(game: Game, _: str | None) -> tuple[Hashable, Row]:
        game_id = game_id_of(game.game_id)
        started = game.game_status > NOT_STARTED
        status_text = text(game.game_status_text)
        starts = None if status_text == _TIME_UNKNOWN else game.game_date_time_utc
        return game_id.text, (
            game_id.text,
            game_id.season_label,
            text(game.game_code),
            day(game.game_date_est) if game.game_date_est else listed_on,
            optional_moment(starts),
            game.game_status,
            status_text,
            text(game.postponed_status),
            _flag(game.if_necessary),
            game.is_neutral,
            text(game.game_label),
            text(game.game_sub_label),
            text(game.series_text),
            game.week_number,
            text(game.arena_name),
            text(game.arena_city),
            text(game.arena_state),
            *side_columns(game.home_team, started=started),
            *side_columns(game.away_team, started=started),
            source_file_id,
        )

    return build


def _heading_date(heading: str) -> date:
    """Of the day that a game is listed under: "10/04/2024 00:00:00"."""
    match = _HEADING.match(heading)
    if match is None:
        raise OddValue(f"the date {shown(heading)} cannot be read")
    return day(f"{match[3]}-{match[1]}-{match[2]}")


def _flag(given: bool | str | None) -> bool | None:
    """True, false, or the word, as some seasons have it."""
    if isinstance(given, str):
        if given.lower() not in _FLAGS:
            raise OddValue(f"ifNecessary is {shown(given)}")
        return _FLAGS[given.lower()]
    return given
