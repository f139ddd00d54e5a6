"""Rows of a named statement as frozen types."""

from __future__ import annotations

from typing import Any, TypeVar

from psycopg import Connection
from psycopg.rows import kwargs_row

from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

T = TypeVar("T")


def rows_of(connection: Connection[Any], kind: type[T], name: str, **values: Any) -> list[T]:
    """What the statement of that name finds, a `kind` a row. Arrays become tuples: reads are kept,
    and shared between threads."""

    def make(**columns: Any) -> T:
        return kind(
            **{name: tuple(one) if isinstance(one, list) else one for name, one in columns.items()}
        )

    with in_words(), connection.cursor(row_factory=kwargs_row(make)) as cursor:
        return cursor.execute(statement(name), values).fetchall()
