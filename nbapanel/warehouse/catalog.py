"""What the schema is made of, as lines, to be compared with what the migrations make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from psycopg import Connection

from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

EXPECTED = Path(__file__).parent / "sql" / "catalog.txt"
"""Written by tests/cli/test_review_doctor.py, which says how."""


def found(connection: Connection[Any]) -> set[str]:
    """Columns, indexes, constraints and functions of this database's warehouse, a line each."""
    with in_words():
        return {line for (line,) in connection.execute(statement("catalog")).fetchall()}


def expected() -> set[str]:
    """The same as the migrations of this program make it."""
    return set(EXPECTED.read_text(encoding="utf-8").splitlines())


def missing(connection: Connection[Any]) -> list[str]:
    """What is not there, or is there otherwise. What somebody added of their own is no matter."""
    return sorted(expected() - found(connection))
