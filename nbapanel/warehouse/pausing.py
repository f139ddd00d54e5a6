"""How whoever shows backfills has them paused: their workers hear of it through their record."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

BACKFILL_CHANNEL = "nbapanel_backfills"


def pause_backfills(
    connection: Connection[Any], backfill_id: int | None = None, *, reason: str
) -> list[int]:
    """Pause that backfill, or all that run; which they were."""
    with in_words():
        found = connection.execute(
            statement("pause_backfills"), {"backfill_id": backfill_id, "reason": reason}
        ).fetchall()
    return [number for number, _ in found]
