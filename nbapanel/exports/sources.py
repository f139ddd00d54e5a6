"""Where an export's rows come from: a relation of the catalog, or a named query. No row here."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

from nbapanel.errors import UsageError, UserFacingError
from nbapanel.exports.queries import NamedQuery, named_queries
from nbapanel.rows.exportable import ExportColumn
from nbapanel.warehouse.statements import statement

SCHEMAS = ("nba", "espn", "kalshi", "derived")

# Where there is an order that says more than the key, or no key at all.
_ORDERS = {
    "nba.pbp_events": ("game_id", "order_number"),
    "derived.pbp_event_state": ("game_id", "order_number"),
    "derived.game_state_by_event": ("game_id", "order_number"),
    "espn.plays": ("game_id", "sequence_number", "play_id"),
    "espn.prob_event_state": ("game_id", "sequence_number", "event_id"),
    "kalshi.markets_with_games": ("ticker",),
}


@dataclass(frozen=True, slots=True)
class Source:
    """`body`: what stands after FROM. `query`: the text of a named query, else nothing."""

    name: str
    kind: str
    description: str
    columns: tuple[ExportColumn, ...]
    order: tuple[str, ...]
    body: sql.Composable
    query: str = ""
    is_populated: bool = True

    def type_of(self, column: str) -> str:
        """Nothing where it has no such column."""
        return next((one.type for one in self.columns if one.name == column), "")


def every_source(connection: Connection[Any]) -> list[Source]:
    """Named queries, as they are declared, then relations by name."""
    queries = [_from_query(connection, query) for query in named_queries().values()]
    return queries + list(_relations(connection))


def find_source(connection: Connection[Any], name: str) -> Source:
    """Raises UsageError for what is neither, and UserFacingError for a view never published."""
    query = named_queries().get(name)
    if query is not None:
        return _from_query(connection, query)
    relations = {source.name: source for source in _relations(connection)}
    found = relations.get(name)
    if found is None:
        raise no_such_source(name, [*named_queries(), *relations])
    if not found.is_populated:
        raise not_published(name)
    return found


def not_published(name: str) -> UserFacingError:
    return UserFacingError(
        f"{name} cannot be exported yet.",
        "A materialized view that it reads was never published.",
        "Refetch first (nbapanel refetch), and look at what its step publish says.",
    )


def no_such_source(name: str, known: Sequence[str]) -> UsageError:
    """With what is named like it, if there is any."""
    near = difflib.get_close_matches(name, known, n=3)
    near += [one for one in known if one.rpartition(".")[2] == name and one not in near]
    meant = f"Did you mean {' or '.join(near)}? " if near else ""
    return UsageError(
        f"There is no relation and no query {name!r} to export.",
        f"Relations are those of the schemas {', '.join(SCHEMAS)}, named with their schema.",
        f"{meant}All of them: nbapanel export --list",
    )


def _relations(connection: Connection[Any]) -> Iterator[Source]:
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            statement("exportable_relations"), {"schemas": list(SCHEMAS)}
        ).fetchall()
    for row in rows:
        schema, relation, columns = row["schema"], row["name"], row["names"]
        name = f"{schema}.{relation}"
        order = _ORDERS.get(name, ())
        yield Source(
            name,
            row["kind"],
            row["description"],
            tuple(map(ExportColumn, columns, row["types"])),
            order if order and set(order) <= set(columns) else tuple(row["key"]),
            sql.Identifier(schema, relation),
            is_populated=row["is_populated"],
        )


def _from_query(connection: Connection[Any], query: NamedQuery) -> Source:
    body = sql.SQL("({})").format(sql.SQL(query.text))
    columns = _described(connection, body)
    return Source(query.name, "query", query.description, columns, query.order, body, query.text)


def _described(connection: Connection[Any], body: sql.Composable) -> tuple[ExportColumn, ...]:
    """What a query gives, without its being run: a view that it reads may be empty yet."""
    cursor = connection.execute(sql.SQL("SELECT * FROM {} AS q WHERE false").format(body))
    result = cursor.pgresult
    assert result is not None
    places = range(result.nfields)
    types = connection.execute(
        statement("types_in_words"),
        {
            "types": [result.ftype(place) for place in places],
            "modifiers": [result.fmod(place) for place in places],
        },
    ).fetchall()
    names = [column.name for column in cursor.description or ()]
    return tuple(ExportColumn(name, type_) for name, (type_,) in zip(names, types, strict=True))
