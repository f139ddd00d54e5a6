"""Rows as CSV: UTF-8, a header, numbers with a point, ISO times in UTC with their offset.

NULL is nothing, an empty text is "". PostgreSQL reads it again with COPY, whatever the types.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from psycopg import Connection, sql

from nbapanel.exports.selecting import copy_rows
from nbapanel.exports.whole_file import WholeFile
from nbapanel.rows.exportable import ExportColumn

_BLOCK_BYTES = 1 << 20


def csv_expression(column: ExportColumn, value: sql.Composable) -> sql.Composable:
    """As COPY writes it; only truth is spelt out, for its t and f are words to other programs."""
    return sql.SQL("{}::text").format(value) if column.type == "boolean" else value


def write_csv(
    connection: Connection[Any],
    select: sql.Composable,
    file: WholeFile,
    wrote: Callable[[int], None],
) -> None:
    """`wrote` hears how many rows were written, each time since the last."""

    def take(block: bytearray, rows: int) -> None:
        file.write(block)
        wrote(rows)

    copy_rows(connection, select, take, header=True, least_bytes=_BLOCK_BYTES)
