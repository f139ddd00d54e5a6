"""How long the journal remembers. Only what happened is forgotten, never data."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

KEPT_RUNS = 50
"""So many runs are remembered, however old they are."""


def forget_runs(connection: Connection[Any], older_than_days: int) -> int:
    """Delete runs that began longer ago, with their steps and refreshes; how many runs.

    The last 50 stay, and so do those that still run and those that hold a step's last attempt or
    its last success.
    """
    with in_words():
        cursor = connection.execute(
            statement("forget_runs"), {"days": older_than_days, "keep": KEPT_RUNS}
        )
    return cursor.rowcount
