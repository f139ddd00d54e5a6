"""The odds of the day's games, as they stood when they were fetched, into nba.odds_*."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from nbapanel.rows.harvest import Build, Harvest, ItemReader, split
from nbapanel.rows.models import Parsed, Relation, Row
from nbapanel.rows.nba.game_ids import game_id_of
from nbapanel.rows.nba.odds_values import OddsNumber, odds_columns, spread_columns
from nbapanel.rows.nba.relations import (
    ODDS_BOOKS,
    ODDS_GAMES,
    ODDS_MARKETS,
    ODDS_OUTCOMES,
    ODDS_SNAPSHOTS,
)
from nbapanel.rows.nba.sides import GAME_NAME, team_id, text
from nbapanel.rows.scalars import Count
from nbapanel.size_limits import MOST_ITEMS

_WHAT = "a list of NBA odds"
_PAGE_NUMBER = 1

Name = Annotated[str, Meta(min_length=1, max_length=40)]
NameOrBlank = Annotated[str, Meta(max_length=40)]


class Outcome(Struct, gc=False):
    type: Name
    odds_field_id: Count | None = None
    odds: OddsNumber = None
    opening_odds: OddsNumber = None
    odds_trend: str | None = None
    spread: OddsNumber = None
    opening_spread: OddsNumber = None


class Book(Struct):
    id: Name
    name: str | None = None
    url: str | None = None
    country_code: NameOrBlank = msgspec.field(default="", name="countryCode")
    outcomes: Raw = Raw()


class Market(Struct):
    name: NameOrBlank
    odds_type_id: Count
    group_name: NameOrBlank = ""
    books: Raw = Raw()

    @property
    def key(self) -> str:
        return f"{self.odds_type_id}:{self.group_name}:{self.name}"


class Game(Struct, rename="camel"):
    game_id: str
    sr_id: str | None = msgspec.field(default=None, name="sr_id")
    home_team_id: str | int | None = None
    away_team_id: str | int | None = None
    markets: Raw = Raw()


class _Page(Struct):
    games: list[Raw]


_PAGE = msgspec.json.Decoder(_Page)
_LIST = msgspec.json.Decoder(list[Raw])
_GAMES: ItemReader[Game] = ItemReader(Game, GAME_NAME)
_MARKETS: ItemReader[Market] = ItemReader(Market, rb'"odds_type_id"\s*:\s*([0-9]{1,9})')
_BOOKS: ItemReader[Book] = ItemReader(Book, rb'"id"\s*:\s*"([A-Za-z0-9:]{1,40})"')
_OUTCOMES: ItemReader[Outcome] = ItemReader(Outcome, rb'"type"\s*:\s*"([a-z]{1,20})"')


def parse_odds(
    parts: Sequence[bytes],
    *,
    fetched_at: datetime,
    source_file_id: int,
    snapshot_id: int | None = None,
    most_items: int = MOST_ITEMS,
) -> tuple[tuple[Relation, Parsed], ...]:
    """The day's odds into rows of the five ODDS_ relations, all of one snapshot.

    A book stands once for each country that it is named for ("" where none is); home and away are
    as it quotes them. Numbers have six places, with the text beside them as it came. `snapshot_id`:
    the payload's own where none is given.
    Raises PayloadRefused.
    """
    snapshot_id = snapshot_id or source_file_id
    levels = (Harvest(_WHAT, most_items) for _ in range(4))
    snapshot = _Snapshot(snapshot_id, source_file_id, *levels)
    for page, body in enumerate(parts, 1):
        snapshot.outcomes.admit_body(page, body)
        games = split(_PAGE, body, what=_WHAT, page=page).games
        snapshot.games.admit_items(page, len(games))
        _GAMES.read(games, snapshot.game, snapshot.games, "games")
    taken = (snapshot_id, fetched_at, len(snapshot.games.rows), source_file_id)
    return (
        (ODDS_SNAPSHOTS, Parsed([taken], notes={"speaks_for": ()})),
        (ODDS_GAMES, snapshot.games.parsed(speaks_for=())),
        (ODDS_MARKETS, snapshot.markets.parsed(speaks_for=())),
        (ODDS_BOOKS, snapshot.books.parsed(speaks_for=())),
        (ODDS_OUTCOMES, snapshot.outcomes.parsed(speaks_for=())),
    )


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """Builds the rows of each level; an item's own list is read once its row is sound.

    What is wrong with an item costs it and what is in it, and neither its neighbours nor the item
    that it is in.
    """

    snapshot_id: int
    source_file_id: int
    games: Harvest
    markets: Harvest
    books: Harvest
    outcomes: Harvest

    def game(self, game: Game, _: str | None) -> tuple[Hashable, Row]:
        game_id = game_id_of(game.game_id).text
        home, away = team_id(game.home_team_id), team_id(game.away_team_id)
        above = (self.snapshot_id, game_id)
        self._read(_MARKETS, game.markets, self._market_builder(above), self.markets, game_id)
        return above, (*above, text(game.sr_id), home, away, self.source_file_id)

    def _market_builder(self, above: Row) -> Build[Market]:
        def build(market: Market, _: str | None) -> tuple[Hashable, Row]:
            key = (*above, market.key)
            place = f"{above[-1]} {market.key}"
            self._read(_BOOKS, market.books, self._book_builder(key, place), self.books, place)
            name, group = text(market.name), text(market.group_name)
            return key, (*key, name, market.odds_type_id, group, self.source_file_id)

        return build

    def _book_builder(self, above: Row, place: str) -> Build[Book]:
        def build(book: Book, _: str | None) -> tuple[Hashable, Row]:
            key = (*above, book.id, book.country_code)
            inside = f"{place} {book.id} {book.country_code}"
            self._read(_OUTCOMES, book.outcomes, self._outcome_builder(key), self.outcomes, inside)
            return key, (*key, text(book.name), text(book.url), self.source_file_id)

        return build

    def _outcome_builder(self, above: Row) -> Build[Outcome]:
        def build(outcome: Outcome, _: str | None) -> tuple[Hashable, Row]:
            key = (*above, outcome.type)
            return key, (
                *key,
                outcome.odds_field_id,
                *odds_columns(outcome.odds, "odds"),
                *odds_columns(outcome.opening_odds, "opening_odds"),
                text(outcome.odds_trend),
                *spread_columns(outcome.spread, "spread"),
                *spread_columns(outcome.opening_spread, "opening_spread"),
                self.source_file_id,
            )

        return build

    @staticmethod
    def _read(
        reader: ItemReader[Any], listed: Raw, build: Build[Any], into: Harvest, place: str
    ) -> None:
        """Read the list in an item. Where it is missing the item has none."""
        try:
            pieces = _LIST.decode(listed) if len(listed) else []
        except (msgspec.DecodeError, RecursionError) as odd:
            into.set_aside(place, str(odd))
        else:
            into.admit_items(_PAGE_NUMBER, len(pieces))
            reader.read(pieces, build, into, place)
