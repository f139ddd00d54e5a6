"""The SELECT of an export, and its rows as COPY sends them: whole rows, a block at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from psycopg import Connection, sql

from nbapanel.exports.sources import Source
from nbapanel.rows.exportable import ExportColumn

Expression = Callable[[ExportColumn, sql.Composable], sql.Composable]

_COPY = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER {}, ENCODING 'UTF8')")


def selected(
    source: Source, conditions: Sequence[sql.Composable], expression: Expression
) -> sql.Composable:
    """`expression`: how a column is to be sent. The order is that of the source."""
    columns = [
        sql.SQL("{} AS {}").format(
            expression(column, sql.Identifier("q", column.name)), sql.Identifier(column.name)
        )
        for column in source.columns
    ]
    parts = [sql.SQL("SELECT {} FROM {} AS q").format(sql.SQL(", ").join(columns), source.body)]
    if conditions:
        parts.append(sql.SQL("WHERE {}").format(sql.SQL(" AND ").join(conditions)))
    if source.order:
        order = [sql.Identifier("q", name) for name in source.order]
        parts.append(sql.SQL("ORDER BY {}").format(sql.SQL(", ").join(order)))
    return sql.SQL(" ").join(parts)


def copy_rows(
    connection: Connection[Any],
    select: sql.Composable,
    take: Callable[[bytearray, int], None],
    *,
    header: bool,
    least_bytes: int,
) -> None:
    """Hand on CSV in blocks of about that many bytes, each with the number of its rows.

    A block ends with a row: libpq hands over a row of COPY at a time, never a piece of one. What
    `take` raises ends the COPY.
    """
    command = _COPY.format(select, sql.Literal(header))
    with connection.cursor() as cursor, cursor.copy(command) as copy:
        block, lines = bytearray(), -1 if header else 0
        for line in copy:
            block += line
            lines += 1
            if len(block) >= least_bytes:
                take(block, lines)
                block, lines = bytearray(), 0
        if block:
            take(block, lines)
