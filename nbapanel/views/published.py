"""Reads of a published view, or of the tables behind it while the view cannot be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from psycopg import Connection
from psycopg.errors import LockNotAvailable, ObjectNotInPrerequisiteState, UndefinedTable

from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

T = TypeVar("T")

_STATES: dict[type[Exception], str] = {
    LockNotAvailable: "is being rebuilt",
    UndefinedTable: "is missing",
    ObjectNotInPrerequisiteState: "was not filled yet",
}


def read_published(
    connection: Connection[Any], view: str, published: Callable[[], T], behind: Callable[[], T]
) -> tuple[T, str]:
    """What `published` reads and ""; where that view cannot be read, what `behind` reads from the
    tables it is made of, and why, in words. Neither may turn PostgreSQL's errors into words."""
    with in_words():
        try:
            with connection.transaction():
                connection.execute(statement("wait_for_view_briefly"))
                return published(), ""
        except tuple(_STATES) as error:
            state = next(words for kind, words in _STATES.items() if isinstance(error, kind))
        return behind(), f"{view} {state}; this is read from the tables behind it."
