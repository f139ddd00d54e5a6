"""Reads of the warehouse as frozen types: the last room with SQL. Nothing is written here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from nbapanel.rows.reads import (
    Overview,
    PublishedView,
    RelationSize,
    RunRow,
    SlateDay,
    StaleStep,
    StepInput,
    StepRow,
    UnfinishedRun,
)
from nbapanel.views.published import read_published
from nbapanel.views.rows_of import rows_of
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.journal import active_run
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted


def runs(connection: Connection[Any], limit: int = 20, run_id: int | None = None) -> list[RunRow]:
    """The last runs, newest first; with `run_id` that one alone."""
    return rows_of(connection, RunRow, "runs", limit=limit, run_id=run_id)


def stale_steps(connection: Connection[Any], inputs: Sequence[StepInput]) -> dict[str, StaleStep]:
    """By step: those that ended well once, and whose inputs changed since."""
    with in_words():
        found = connection.execute(
            statement("changed_inputs"),
            {
                "steps": [one.step for one in inputs],
                "kinds": [one.kind for one in inputs],
                "sources": [one.source for one in inputs],
                "made_of": [one.made_of for one in inputs],
            },
        ).fetchall()
    told: dict[str, list[str]] = {}
    for step, kind, _source, number in found:
        told.setdefault(step, []).append(_changed_in_words(kind, number))
    return {step: StaleStep(step, "; ".join(words)) for step, words in told.items()}


def _changed_in_words(kind: str, number: int) -> str:
    match kind:
        case "games":
            return f"{counted(number, 'game')} changed since"
        case "payloads":
            return f"{counted(number, 'payload')} not loaded yet"
        case "rows":
            return f"{counted(number, 'row')} changed since"
        case "views":
            return f"{counted(number, 'view')} older than the tables shown"
        case _:
            return f"{counted(number, 'view')} published since"


def slate(connection: Connection[Any], limit: int) -> list[SlateDay]:
    """The last days of games, newest first, as published."""
    return rows_of(connection, SlateDay, "slate_days", limit=limit)


def overview(
    connection: Connection[Any], days: int, made_of: Mapping[str, tuple[str, ...]]
) -> Overview:
    """What `status` says, in one go. `made_of`: by published view, the relations behind it.

    Where the slate cannot be read as published, its days come from the tables behind it.
    """
    shown, fallback = read_published(
        connection,
        "derived.slate",
        lambda: _days(connection, "slate_days", days),
        lambda: _days(connection, "slate_days_of_tables", days),
    )
    edges = [(view, relation) for view, relations in made_of.items() for relation in relations]
    with in_words(), connection.cursor(row_factory=dict_row) as cursor:
        waiting = cursor.execute(statement("waiting")).fetchone()
        assert waiting is not None
        feeds = cursor.execute("SELECT value FROM ops.warehouse WHERE key = 'feeds'").fetchone()
        behind = cursor.execute(
            statement("views_behind"),
            {"views": [view for view, _ in edges], "made_of": [name for _, name in edges]},
        ).fetchall()
    last = runs(connection, limit=1)
    return Overview(
        feeds=str(feeds["value"]) if feeds is not None else "unknown",
        server_version=connection.info.parameter_status("server_version") or "",
        days=shown,
        views=tuple(rows_of(connection, PublishedView, "published_views")),
        relations=tuple(rows_of(connection, RelationSize, "relation_sizes")),
        marked_games=waiting["marked_games"],
        unloaded_files=waiting["unloaded_files"],
        fetched_at=waiting["fetched_at"],
        overdue_games=waiting["overdue_games"],
        behind=tuple(row["view"] for row in behind),
        undone={row.step: row for row in rows_of(connection, StepRow, "undone_steps")},
        last_run=last[0] if last else None,
        active_run_id=active_run(connection),
        fallback=fallback,
    )


def held_until(connection: Connection[Any]) -> datetime | None:
    """The latest moment, by the feeds' clock, of which there is data; None where there is none."""
    with in_words():
        row = connection.execute(statement("held_until")).fetchone()
    return None if row is None else row[0]


def unknown_games(connection: Connection[Any], games: Sequence[str]) -> list[str]:
    """Those of the ESPN ids that are no game of the warehouse."""
    with in_words():
        rows = connection.execute(statement("unknown_games"), {"games": list(games)}).fetchall()
    return [game for (game,) in rows]


def last_unfinished(connection: Connection[Any]) -> UnfinishedRun | None:
    """The last run, if it did not do all it was asked for (or still runs); None if it did."""
    with in_words(), connection.cursor(row_factory=dict_row) as cursor:
        run = cursor.execute(statement("last_unfinished_run")).fetchone()
        if run is None:
            return None
        states = cursor.execute(statement("steps_of_run"), {"run_id": run["run_id"]}).fetchall()
    return UnfinishedRun(
        run_id=run["run_id"],
        kind=run["kind"],
        steps=tuple(run["steps"]),
        settings=run["settings"],
        status=run["status"],
        states={row["step"]: row["status"] for row in states},
    )


def _days(connection: Connection[Any], name: str, limit: int) -> tuple[SlateDay, ...]:
    with connection.cursor(row_factory=class_row(SlateDay)) as cursor:
        return tuple(cursor.execute(statement(name), {"limit": limit}).fetchall())
