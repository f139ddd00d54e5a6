"""Steps of runs as the journal has them: each attempt, or the last one with the work of all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from psycopg import Connection

from nbapanel.rows.reads import StepRow
from nbapanel.views.rows_of import rows_of


def attempts(connection: Connection[Any], run_id: int) -> list[StepRow]:
    """Every attempt at a step of a run by itself, in the order in which they began."""
    return rows_of(connection, StepRow, "attempts_of_run", run_id=run_id)


def run_steps(connection: Connection[Any], run_id: int) -> list[StepRow]:
    """Each step of a run, in the order in which they began."""
    return _with_all_work(connection, rows_of(connection, StepRow, "run_steps", run_id=run_id))


def last_steps(connection: Connection[Any]) -> list[StepRow]:
    """Of each step that was ever attempted, the last run's."""
    return _with_all_work(connection, rows_of(connection, StepRow, "last_attempt_of_steps"))


def last_successes(connection: Connection[Any]) -> dict[str, StepRow]:
    """By step: when it last ended well."""
    rows = _with_all_work(connection, rows_of(connection, StepRow, "last_success_of_steps"))
    return {row.step: row for row in rows}


def _with_all_work(connection: Connection[Any], rows: Sequence[StepRow]) -> list[StepRow]:
    """What an attempt committed stays, also if it failed after it and was made again."""
    again = [row for row in rows if row.attempt > 1]
    done: dict[tuple[int, str], list[StepRow]] = defaultdict(list)
    if again:
        asked = {"runs": [row.run_id for row in again], "steps": [row.step for row in again]}
        for one in rows_of(connection, StepRow, "attempts_of_steps", **asked):
            done[one.run_id, one.step].append(one)
    return [_whole(row, done.get((row.run_id, row.step), [row])) for row in rows]


def _whole(row: StepRow, made: Sequence[StepRow]) -> StepRow:
    changes: dict[str, Counter[str]] = defaultdict(Counter)
    for one in made:
        for relation, counts in one.changes.items():
            changes[relation].update(counts)
    return replace(
        row,
        requests=sum(one.requests for one in made),
        bytes_fetched=sum(one.bytes_fetched for one in made),
        bad_items=sum(one.bad_items for one in made),
        changes={relation: dict(counts) for relation, counts in changes.items()},
    )
