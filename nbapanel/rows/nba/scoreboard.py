"""The league's scoreboard of the day, into nba.scoreboard_games."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date

import msgspec
from msgspec import Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.game_ids import game_id_of
from nbapanel.rows.nba.relations import SCOREBOARD_GAMES
from nbapanel.rows.nba.sides import (
    GAME_NAME,
    NOT_STARTED,
    GameStatus,
    Team,
    day,
    side_columns,
    text,
)
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import PeriodNumber, optional_moment
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "an NBA scoreboard"


class Game(Struct, gc=False, rename="camel"):
    game_id: str
    game_status: GameStatus
    game_code: str | None = None
    game_status_text: str | None = None
    period: PeriodNumber | None = None
    game_clock: str | None = None
    game_time_utc: str | None = msgspec.field(default=None, name="gameTimeUTC")
    game_label: str | None = None
    game_sub_label: str | None = None
    is_neutral: bool | None = None
    home_team: Team | None = None
    away_team: Team | None = None


class _Scoreboard(Struct, rename="camel"):
    game_date: str
    games: list[Raw]


class _Page(Struct):
    scoreboard: _Scoreboard


_PAGE = msgspec.json.Decoder(_Page)
_GAMES: ItemReader[Game] = ItemReader(Game, GAME_NAME)


def parse_scoreboard(
    parts: Sequence[bytes], *, source_file_id: int, most_items: int = MOST_ITEMS
) -> tuple[tuple[Relation, Parsed], ...]:
    """The scoreboard of a day into rows of relations.SCOREBOARD_GAMES.

    Its day is the one it gives, which is not always today's. Of the times only gameTimeUTC is what
    it says. Scores are NULL before the game, where the feed says 0, and for a postponed one.
    Raises PayloadRefused.
    """
    harvest = Harvest(_WHAT, most_items)
    for page, body in enumerate(parts, 1):
        harvest.admit_body(page, body)
        board = split(_PAGE, body, what=_WHAT, page=page).scoreboard
        harvest.admit_items(page, len(board.games))
        try:
            on = day(board.game_date)
        except OddValue as odd:
            raise refuse(_WHAT, page, body, str(odd)) from odd
        _GAMES.read(board.games, _builder(on, source_file_id), harvest, "games")
    return ((SCOREBOARD_GAMES, harvest.parsed(speaks_for=())),)


def _builder(on: date, source_file_id: int) -> Build[Game]:
    def build(game: Game, _: str | None) -> tuple[Hashable, Row]:
        game_id = game_id_of(game.game_id).text
        started = game.game_status > NOT_STARTED
        return game_id, (
            game_id,
            on,
            text(game.game_code),
            optional_moment(game.game_time_utc),
            game.game_status,
            text(game.game_status_text),
            game.period,
            text(game.game_clock),
            game.is_neutral,
            text(game.game_label),
            text(game.game_sub_label),
            *side_columns(game.home_team, started=started),
            *side_columns(game.away_team, started=started),
            source_file_id,
        )

    return build
