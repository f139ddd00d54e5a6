"""What the checks read of the warehouse, a batch of games at a time. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, LiteralString, TypeVar

from psycopg import Connection, IsolationLevel, errors, sql
from psycopg.rows import class_row

from nbapanel.quality.archived import LoadedFrom, Named
from nbapanel.quality.checks import Found, GameFacts
from nbapanel.quality.finals import Final
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.statements import statement

R = TypeVar("R")

MOST_FOUND = 5
"""Findings of one check and game that are listed; the others are counted."""

_FIRST: LiteralString = (
    'SELECT game_id, is_warning, "where", expected, found, total FROM (SELECT a.*,'
    " count(*) OVER (PARTITION BY game_id) AS total, row_number() OVER (PARTITION BY game_id"
    ' ORDER BY is_warning, place, "where") AS number FROM ({}) AS a) AS numbered'
    " WHERE number <= %(most)s ORDER BY game_id, number"
)
"""Of what a statement finds amiss: a few of each game, failures first, and how many there are."""


@dataclass(frozen=True, slots=True)
class Amiss:
    """The first findings of one check and game, failures before warnings, and how many in all.

    `moot`: why it says nothing that there are none; empty: then all is right.
    """

    first: tuple[Found, ...]
    total: int
    moot: str = ""

    @classmethod
    def of(cls, found: Sequence[Found], moot: str = "") -> Amiss:
        ordered = sorted(found, key=lambda one: one.is_warning)
        return cls(tuple(ordered[:MOST_FOUND]), len(ordered), moot)

    def __add__(self, other: Amiss) -> Amiss:
        both = Amiss.of(self.first + other.first)
        return Amiss(both.first, self.total + other.total, self.moot or other.moot)

    @property
    def withheld(self) -> int:
        return self.total - len(self.first)


NOTHING = Amiss((), 0)


@contextmanager
def looking(conninfo: str) -> Iterator[Connection[Any]]:
    """A connection that may only read, and whose transactions each see one moment, whatever is
    loaded meanwhile. A program that was killed takes it along, even where it waits for a lock."""
    with connect(conninfo, purpose="qc") as connection:
        # Not every system that a server runs on can see that a client has gone.
        with suppress(errors.InvalidParameterValue):
            connection.execute("SET client_connection_check_interval = '2s'")
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


def game_ids(connection: Connection[Any], *, game: str | None, season: str | None) -> list[str]:
    """The games that are meant, newest first."""
    with in_words():
        rows = connection.execute(
            statement("quality_game_ids"), {"game": game, "season": season}
        ).fetchall()
    return [game_id for (game_id,) in rows]


def seasons(connection: Connection[Any]) -> tuple[str, ...]:
    """Those of which there are games, newest first."""
    with in_words():
        rows = connection.execute(statement("quality_seasons")).fetchall()
    return tuple(season for (season,) in rows)


def facts(connection: Connection[Any], games: Sequence[str]) -> list[GameFacts]:
    return _rows(connection, GameFacts, "quality_games", games)


def loaded_from(connection: Connection[Any], games: Sequence[str]) -> dict[str, LoadedFrom]:
    found = _rows(connection, LoadedFrom, "quality_payloads", games)
    return {one.game_id: one for one in found}


def named(connection: Connection[Any], games: Sequence[str]) -> list[Named]:
    return _rows(connection, Named, "quality_provenance", games)


def events(connection: Connection[Any], games: Sequence[str]) -> dict[str, str]:
    """By game: its events as `actions.events_of` reads them."""
    rows = connection.execute(statement("quality_events"), {"games": list(games)})
    return dict(rows.fetchall())


def finals(connection: Connection[Any], games: Sequence[str]) -> dict[str, list[Final]]:
    """By game: its final scores, a source each."""
    by_game: dict[str, list[Final]] = {}
    for game_id, *final in connection.execute(statement("quality_finals"), {"games": list(games)}):
        by_game.setdefault(game_id, []).append(Final(*final))
    return by_game


def amiss(connection: Connection[Any], name: str, games: Sequence[str]) -> dict[str, Amiss]:
    """By game: what the statement of that name finds amiss."""
    query = sql.SQL(_FIRST).format(sql.SQL(statement(name)))
    values = {"games": list(games), "most": MOST_FOUND}
    found: dict[str, list[Found]] = {}
    totals: dict[str, int] = {}
    for game_id, is_warning, where, expected, seen, total in connection.execute(query, values):
        one = Found(game_id, is_warning, where, expected, seen)
        found.setdefault(game_id, []).append(one)
        totals[game_id] = total
    return {game: Amiss(tuple(first), totals[game]) for game, first in found.items()}


def _rows(connection: Connection[Any], kind: type[R], name: str, games: Sequence[str]) -> list[R]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(statement(name), {"games": list(games)}).fetchall()
