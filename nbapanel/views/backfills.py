"""Backfills: the last ones, and one with its stages, days and troubles. Nothing is changed here."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from nbapanel.errors import UserFacingError
from nbapanel.rows.backfills import (
    BackfillDay,
    BackfillDetail,
    BackfillRow,
    BackfillStage,
    BackfillTrouble,
)
from nbapanel.views.rows_of import rows_of
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

_OF_DAYS = ("espn_days",)


def backfills(
    connection: Connection[Any], limit: int = 20, backfill_id: int | None = None
) -> tuple[BackfillRow, ...]:
    """The last ones, newest first; with a number that one alone."""
    return tuple(
        rows_of(connection, BackfillRow, "backfills", limit=limit, backfill_id=backfill_id)
    )


def backfill(connection: Connection[Any], backfill_id: int) -> BackfillDetail:
    """Raises UserFacingError for one that is not on record."""
    found = backfills(connection, 1, backfill_id)
    if not found:
        raise UserFacingError(f"There is no backfill {backfill_id} on record.")
    stages = tuple(rows_of(connection, BackfillStage, "backfill_stages", backfill_id=backfill_id))
    of_games = [one.stage for one in stages if one.stage not in _OF_DAYS]
    days = rows_of(
        connection, BackfillDay, "backfill_days", backfill_id=backfill_id, stages=of_games
    ) or rows_of(
        connection, BackfillDay, "backfill_days", backfill_id=backfill_id, stages=list(_OF_DAYS)
    )
    troubles = rows_of(connection, BackfillTrouble, "backfill_failures", backfill_id=backfill_id)
    return BackfillDetail(found[0], stages, tuple(days), tuple(troubles))


def units(connection: Connection[Any], backfill_id: int) -> list[dict[str, Any]]:
    """Every unit as the report tells it."""
    with in_words(), connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement("backfill_report"), {"backfill_id": backfill_id}).fetchall()
