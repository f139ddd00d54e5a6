"""The statistics site's table of team games (leaguegamefinder, leaguegamelog), by game and team."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.game_ids import game_id_of
from nbapanel.rows.nba.relations import FINDER_TEAMS
from nbapanel.rows.nba.sides import day, text
from nbapanel.rows.refusal import OddValue, refuse
from nbapanel.rows.scalars import MAX_INT8, Count, Score
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "an NBA game finder"
_NAME = rb'"(00[0-9]{8})"'
_MATCHUP = re.compile(r"(?P<first>\w+) (?P<sign>@|vs\.) (?P<second>\w+)")
_GAME, _IS_HOME = map(FINDER_TEAMS.column_names.index, ("game_id", "is_home"))


class TeamGame(Struct, gc=False, rename=str.upper):
    game_id: str
    team_id: Annotated[int, Meta(ge=1, le=MAX_INT8)]
    game_date: str
    matchup: str
    team_abbreviation: str
    team_name: str | None
    wl: Literal["W", "L", ""] | None
    min: Count | None
    pts: Score | None


class _Table(Struct, rename="camel"):
    headers: list[str]
    row_set: list[Raw]


class _Page(Struct, rename="camel"):
    result_sets: list[_Table]


_PAGE = msgspec.json.Decoder(_Page)
_ROWS: ItemReader[list[Any]] = ItemReader(list[Any], _NAME)
_WON = {"W": True, "L": False}


def parse_game_finder(
    parts: Sequence[bytes], *, source_file_id: int, most_items: int = MOST_ITEMS
) -> tuple[tuple[Relation, Parsed], ...]:
    """A table of team games into rows of relations.FINDER_TEAMS: two a game.

    Season and kind are those of the game's id. Who is at home comes of the matchup, which names
    the home team last after "@"; it is NULL where both teams of a game say the same of themselves,
    as some do on neutral ground. Raises PayloadRefused, also for the form with a row a player.
    """
    harvest = Harvest(_WHAT, most_items)
    for page, body in enumerate(parts, 1):
        harvest.admit_body(page, body)
        tables = split(_PAGE, body, what=_WHAT, page=page).result_sets
        try:
            table = _table_of_teams(tables)
        except OddValue as odd:
            raise refuse(_WHAT, page, body, str(odd)) from odd
        harvest.admit_items(page, len(table.row_set))
        build = _builder(table.headers, source_file_id)
        _ROWS.read(table.row_set, build, harvest, "rowSet")
    parsed = harvest.parsed(speaks_for=())
    rows = _with_one_home_a_game(parsed.rows)
    return ((FINDER_TEAMS, Parsed(rows, parsed.bad, parsed.duplicates, parsed.notes)),)


def _table_of_teams(tables: Sequence[_Table]) -> _Table:
    if not tables:
        raise OddValue("it has no table")
    headers = tables[0].headers
    if "PLAYER_ID" in headers:
        raise OddValue("it has a row a player, and one a team is due")
    missing = [name for name in TeamGame.__struct_encode_fields__ if name not in headers]
    if missing:
        raise OddValue(f"it has no column {', '.join(missing)}")
    return tables[0]


def _builder(headers: Sequence[str], source_file_id: int) -> Build[list[Any]]:
    def build(cells: list[Any], _: str | None) -> tuple[Hashable, Row]:
        # The two forms of the table have their columns in other orders.
        game = msgspec.convert(dict(zip(headers, cells, strict=False)), TeamGame)
        game_id = game_id_of(game.game_id)
        return (game_id.text, game.team_id), (
            game_id.text,
            game.team_id,
            game_id.season_label,
            game_id.season_type,
            day(game.game_date),
            text(game.team_abbreviation),
            text(game.team_name),
            text(game.matchup),
            _is_home(game),
            _WON.get(game.wl) if game.wl else None,
            game.min,
            game.pts,
            source_file_id,
        )

    return build


def _is_home(game: TeamGame) -> bool | None:
    """Out of "MIA @ WAS" or "WAS vs. MIA"; both may stand in the row of either team."""
    match = _MATCHUP.fullmatch(game.matchup.strip())
    if match is None or game.team_abbreviation not in (match["first"], match["second"]):
        return None
    return game.team_abbreviation == match["second" if match["sign"] == "@" else "first"]


def _with_one_home_a_game(rows: Sequence[Row]) -> list[Row]:
    """The same; where two teams of a game say the same of themselves, neither is believed."""
    said = Counter((row[_GAME], row[_IS_HOME]) for row in rows)
    return [
        row
        if said[row[_GAME], row[_IS_HOME]] == 1
        else (*row[:_IS_HOME], None, *row[_IS_HOME + 1 :])
        for row in rows
    ]
