"""The refresh log: as columns for charts, and as the alerts in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from nbapanel.engine.eta import ENOUGH, SLOW_FACTOR
from nbapanel.rows.reads import Alert, RefreshSeries
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement
from nbapanel.wording import took

_PART = 2_000
_LEAST_MS = 100
"""Nobody waits for less: a few milliseconds that were one are no alert."""
_MOST_ALERTS = 1_000
_KEY = ("relation", "kind", "of_step")
_COLUMNS = (
    "refresh_id",
    "run_id",
    "started_at",
    "duration_ms",
    "threshold_ms",
    "rows_after",
    "inserted",
    "updated",
    "deleted",
    "status",
    "is_alert",
)


def refresh_series(
    connection: Connection[Any], since: datetime | None
) -> tuple[RefreshSeries, ...]:
    """A series for each relation, kind and step: of all entries from `since` on, or of all."""
    parts = _parts(connection, since)
    return tuple(
        _joined(key, list(group))
        for key, group in groupby(parts, key=lambda part: tuple(part[name] for name in _KEY))
    )


def alerts(connection: Connection[Any], since: datetime) -> tuple[Alert, ...]:
    """Slow and failed refreshes since then, newest first: the last thousand of them."""
    values = {
        "since": since,
        "enough": ENOUGH,
        "factor": SLOW_FACTOR,
        "least_ms": _LEAST_MS,
        "limit": _MOST_ALERTS,
    }
    with in_words(), connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(statement("refresh_alerts"), values).fetchall()
    return tuple(_alert(**row) for row in rows)


def _parts(connection: Connection[Any], since: datetime | None) -> Iterator[dict[str, Any]]:
    values = {
        "since": since,
        "enough": ENOUGH,
        "factor": SLOW_FACTOR,
        "least_ms": _LEAST_MS,
        "part": _PART,
    }
    with in_words(), connection.cursor(row_factory=dict_row, binary=True) as cursor:
        cursor.execute(statement("refresh_series"), values)
        # One at a time: taken in all at once, they would hold up every other thread meanwhile.
        yield from cursor


def _joined(key: tuple[str, ...], parts: list[dict[str, Any]]) -> RefreshSeries:
    columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
    for part in parts:
        for name, column in columns.items():
            column.extend(part[name])
    relation, kind, step = key
    return RefreshSeries(relation=relation, kind=kind, step=step, **columns)


def _alert(*, error: str | None, **row: Any) -> Alert:
    return Alert(**row, words=_in_words(error, **row))


def _in_words(
    error: str | None,
    *,
    status: str,
    duration_ms: int | None,
    threshold_ms: int | None,
    usual_ms: float | None,
    **_: Any,
) -> str:
    usually = f"; usually {took(usual_ms / 1000)}" if usual_ms is not None else ""
    lasted = f"took {took(duration_ms / 1000)}" if duration_ms is not None else "did not end"
    if status == "failed":
        reason = (error or "").strip().partition("\n")[0] or "no reason on record"
        return f"Failed: {reason} ({lasted}{usually})"
    if threshold_ms is not None and duration_ms is not None and duration_ms > threshold_ms:
        return f"Slow: {lasted}, more than its limit of {took(threshold_ms / 1000)}{usually}"
    return f"Slow: {lasted}{usually}"
