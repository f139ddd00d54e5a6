"""Bring rows into a table by COPY and one set-based statement, and say what that changed.

Knows relations by their columns and keys; knows no feed and no payload.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, LiteralString

from psycopg import AsyncConnection, AsyncCursor, sql

from nbapanel.rows.models import Column, Relation, Row
from nbapanel.warehouse.copying import copy_rows
from nbapanel.warehouse.statements import statement

_STAGED = "staged"
_ANALYZE_FROM_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Merged:
    """Rows inserted, updated, unchanged, deleted; `touched` holds the marked column's values."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    touched: frozenset[Any] = field(default=frozenset())

    @property
    def any(self) -> bool:
        return bool(self.inserted or self.updated or self.deleted)

    def with_deleted(self, more: int) -> Merged:
        return replace(self, deleted=self.deleted + more)


async def load(
    connection: AsyncConnection[Any],
    relation: Relation,
    rows: Sequence[Row],
    *,
    scope: Sequence[Any] | None = None,
    mark: str | None = None,
) -> Merged:
    """Bring rows (values in the relation's column order, keys unique) into the relation.

    Must run inside a transaction. `scope` and `mark` as in `merge`. Rows of games (or markets)
    that the relation knows nothing of yet are copied straight into it: there is nothing to compare.
    """
    scopes = relation.scopes(rows)
    scopes |= set(scope or ()) if scopes else set()
    if scopes and not _has_json(relation, rows) and await _are_new(connection, relation, scopes):
        return await _insert_all(connection, relation, rows, mark)
    await _stage(connection, relation, rows)
    merged = await merge(connection, relation, source=_STAGED, scope=scope, mark=mark)
    await connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(_STAGED)))
    return merged


def _has_json(relation: Relation, rows: Sequence[Row]) -> bool:
    places = [number for number, c in enumerate(relation.columns) if c.type == "jsonb"]
    return any(row[place] is not None for place in places for row in rows)


async def _are_new(connection: AsyncConnection[Any], relation: Relation, scopes: set[Any]) -> bool:
    assert relation.scope is not None
    async with connection.cursor() as cursor:
        await cursor.execute(
            sql.SQL(
                # LIMIT has each one looked up by the index. Joined as the planner likes, a table
                # that has no statistics yet is read as a whole, in a first load at every batch.
                "SELECT NOT EXISTS (SELECT FROM unnest(%s::text[]) AS asked (scope) CROSS JOIN"
                " LATERAL (SELECT FROM {} AS t WHERE t.{} = asked.scope LIMIT 1) AS held)"
            ).format(_name(relation.name), sql.Identifier(relation.scope)),
            (sorted(scopes),),
        )
        row = await cursor.fetchone()
        return row is not None and bool(row[0])


async def _insert_all(
    connection: AsyncConnection[Any], relation: Relation, rows: Sequence[Row], mark: str | None
) -> Merged:
    async with connection.cursor() as cursor:
        columns = [(column.name, column.type) for column in relation.columns]
        await copy_rows(cursor, _name(relation.name), columns, rows)
        await _count_change(cursor, relation, len(rows))
    index = relation.column_names.index(mark) if mark is not None else None
    touched = frozenset() if index is None else frozenset(row[index] for row in rows)
    return Merged(inserted=len(rows), touched=touched)


async def _count_change(cursor: AsyncCursor[Any], relation: Relation, grown_by: int) -> None:
    await cursor.execute(
        statement("relation_changed"), {"relation": relation.name, "grown_by": grown_by}
    )


async def _stage(connection: AsyncConnection[Any], relation: Relation, rows: Sequence[Row]) -> None:
    columns = [(column.name, _staged_type(column)) for column in relation.columns]
    defined = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(type_)) for name, type_ in columns
    )
    async with connection.cursor() as cursor:
        await cursor.execute(
            sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(
                sql.Identifier(_STAGED), defined
            )
        )
        await copy_rows(cursor, sql.Identifier(_STAGED), columns, rows)
        if len(rows) >= _ANALYZE_FROM_ROWS:
            await cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(_STAGED)))


def _staged_type(column: Column) -> LiteralString:
    # A piece of JSON comes as text; in binary form a str would become a JSON string of itself.
    return "text" if column.type == "jsonb" else column.type


async def merge(
    connection: AsyncConnection[Any],
    relation: Relation,
    *,
    source: str,
    scope: Sequence[Any] | None = None,
    mark: str | None = None,
) -> Merged:
    """Upsert the source table into the relation, inside the caller's transaction.

    A row is written only if a compared column differs, so that the same rows again write nothing.
    `scope`: values of the relation's scope column for which the source is the whole truth; rows
    of these that the source lacks are deleted. `mark`: a column whose values are collected from
    every row inserted, updated or deleted.
    """
    async with connection.cursor() as cursor:
        staged = await _scalar(cursor, sql.SQL("SELECT count(*) FROM {}").format(_name(source)))
        deleted, touched = 0, set[Any]()
        if scope and relation.scope is not None:
            deleted, gone = await _delete_vanished(cursor, relation, source, scope, mark)
            touched |= gone
        if staged and relation.also_unique:
            replaced, gone = await _delete_replaced(cursor, relation, source, mark)
            deleted += replaced
            touched |= gone
        inserted = updated = 0
        if staged:
            await cursor.execute(_upsert(relation, source, mark))
            row = await cursor.fetchone()
            assert row is not None
            inserted, updated = row[0], row[1]
            touched.update(row[2] or ())
        merged = Merged(inserted, updated, staged - inserted - updated, deleted, frozenset(touched))
        if merged.any:
            await _count_change(cursor, relation, inserted - deleted)
    return merged


async def mark_games(
    connection: AsyncConnection[Any],
    datasets: Sequence[str],
    games: Iterable[str],
    run_id: int | None,
) -> None:
    """Mark games for the derived relations named, in the transaction that changed them."""
    marked = sorted(set(games))
    if marked:
        await connection.execute(
            statement("mark_games"),
            {"datasets": list(datasets), "games": marked, "run_id": run_id},
        )


async def bring(
    connection: AsyncConnection[Any],
    relation: Relation,
    *,
    source: str,
    scope: Sequence[Any],
    mark: str,
) -> Merged:
    """As `merge`; but rows of games that the relation knows nothing of yet are not compared.

    `source` is the whole truth about `scope`, and speaks of nothing else.
    """
    if not await _are_new(connection, relation, set(scope)):
        return await merge(connection, relation, source=source, scope=scope, mark=mark)
    async with connection.cursor() as cursor:
        names = _list(relation.column_names)
        await cursor.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}").format(
                _name(relation.name), names, names, _name(source)
            )
        )
        inserted = cursor.rowcount
        await cursor.execute(
            sql.SQL("SELECT DISTINCT {} FROM {}").format(sql.Identifier(mark), _name(source))
        )
        touched = frozenset(value for (value,) in await cursor.fetchall())
        if inserted:
            await _count_change(cursor, relation, inserted)
    return Merged(inserted=inserted, touched=touched)


def _upsert(relation: Relation, source: str, mark: str | None) -> sql.Composed:
    names = relation.column_names
    others = [name for name in names if name not in (*relation.key, *relation.insert_only)]
    compared = [
        column.name
        for column in relation.columns
        if column.name not in relation.key
        and column.name not in relation.uncompared
        and column.type != "jsonb"
    ]
    return sql.SQL(
        "WITH merged AS ("
        " INSERT INTO {target} AS t ({columns}) SELECT {values} FROM {source}"
        " ON CONFLICT ({key}) DO UPDATE SET {assignments}"
        " WHERE ({ours}) IS DISTINCT FROM ({theirs})"
        " RETURNING (xmax = 0) AS inserted, {mark} AS mark)"
        " SELECT count(*) FILTER (WHERE inserted), count(*) FILTER (WHERE NOT inserted),"
        " array_agg(DISTINCT mark) FILTER (WHERE mark IS NOT NULL) FROM merged"
    ).format(
        target=_name(relation.name),
        source=_name(source),
        columns=_list(names),
        values=sql.SQL(", ").join(
            sql.SQL("{}::jsonb" if column.type == "jsonb" else "{}").format(
                sql.Identifier(column.name)
            )
            for column in relation.columns
        ),
        key=_list(relation.key),
        assignments=sql.SQL(", ").join(_assignment(relation, name) for name in others),
        ours=_list(compared, "t"),
        theirs=_list(compared, "excluded"),
        mark=sql.SQL("NULL::text") if mark is None else sql.Identifier("t", mark),
    )


def _assignment(relation: Relation, name: str) -> sql.Composed:
    column, causes = sql.Identifier(name), relation.renewed_with.get(name)
    if causes is None:
        return sql.SQL("{0} = excluded.{0}").format(column)
    return sql.SQL(
        "{0} = CASE WHEN ({1}) IS DISTINCT FROM ({2}) THEN excluded.{0} ELSE t.{0} END"
    ).format(column, _list(causes, "t"), _list(causes, "excluded"))


async def _delete_replaced(
    cursor: AsyncCursor[Any], relation: Relation, source: str, mark: str | None
) -> tuple[int, set[Any]]:
    """Delete the rows whose values of `also_unique` come with another key now."""
    stays: sql.Composable = sql.SQL("")
    if relation.is_judged_late:  # then a row that comes itself is only changed
        stays = sql.SQL(
            " AND NOT EXISTS (SELECT FROM {source} AS o WHERE ({own}) = ({ours}))"
        ).format(source=_name(source), own=_list(relation.key, "o"), ours=_list(relation.key, "t"))
    await cursor.execute(
        sql.SQL(
            "WITH gone AS (DELETE FROM {target} AS t USING {source} AS s"
            " WHERE ({values}) = ({others}) AND ({ours}) IS DISTINCT FROM ({theirs}){stays}"
            " RETURNING {mark} AS mark)"
            " SELECT count(*), array_agg(DISTINCT mark) FILTER (WHERE mark IS NOT NULL) FROM gone"
        ).format(
            target=_name(relation.name),
            source=_name(source),
            values=_list(relation.also_unique, "s"),
            others=_list(relation.also_unique, "t"),
            stays=stays,
            ours=_list(relation.key, "t"),
            theirs=_list(relation.key, "s"),
            mark=sql.SQL("NULL::text") if mark is None else sql.Identifier("t", mark),
        )
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0], set(row[1] or ())


async def _delete_vanished(
    cursor: AsyncCursor[Any],
    relation: Relation,
    source: str,
    scope: Sequence[Any],
    mark: str | None,
) -> tuple[int, set[Any]]:
    assert relation.scope is not None
    same = sql.SQL(" AND ").join(
        # Only equality can be hashed: NULL-safe comparison where a NULL can be, and only there.
        sql.SQL("s.{0} IS NOT DISTINCT FROM t.{0}").format(sql.Identifier(name))
        if name in relation.nullable_keys
        else sql.SQL("s.{0} = t.{0}").format(sql.Identifier(name))
        for name in relation.key
    )
    await cursor.execute(
        sql.SQL(
            "WITH gone AS (DELETE FROM {target} AS t WHERE t.{scope} = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM {source} AS s WHERE {same})"
            " RETURNING {mark} AS mark)"
            " SELECT count(*), array_agg(DISTINCT mark) FILTER (WHERE mark IS NOT NULL) FROM gone"
        ).format(
            target=_name(relation.name),
            scope=sql.Identifier(relation.scope),
            source=_name(source),
            same=same,
            mark=sql.SQL("NULL::text") if mark is None else sql.Identifier("t", mark),
        ),
        (list(scope),),
    )
    row = await cursor.fetchone()
    assert row is not None
    return row[0], set(row[1] or ())


async def _scalar(cursor: AsyncCursor[Any], query: sql.Composed) -> int:
    await cursor.execute(query)
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


def _name(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))


def _list(names: Iterable[str], prefix: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.Identifier(name) if prefix is None else sql.Identifier(prefix, name) for name in names
    )
