"""`doctor` looks at the schema itself, not only at which migrations are on record.

After a new migration: NBAPANEL_WRITE_SCHEMA=1 .venv/bin/pytest tests/cli/test_review_doctor.py
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

from nbapanel.warehouse import catalog


def test_the_expected_catalog_is_what_the_migrations_make(connection: psycopg.Connection) -> None:
    found = catalog.found(connection)
    if os.environ.get("NBAPANEL_WRITE_SCHEMA"):
        catalog.EXPECTED.write_text("".join(f"{line}\n" for line in sorted(found)))
    assert sorted(catalog.expected()) == sorted(found)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("ALTER TABLE espn.plays DROP COLUMN wallclock CASCADE", "column espn.plays.wallclock"),
        ("DROP INDEX ops.step_runs_history", "index ops.step_runs_history"),
        ("ALTER TABLE ops.step_runs ALTER requests TYPE bigint", "column ops.step_runs.requests"),
        ("DROP MATERIALIZED VIEW derived.slate", "column derived.slate."),
        ("ALTER TABLE ops.refresh_log DROP CONSTRAINT refresh_log_kind_check",
         "constraint ops.refresh_log.refresh_log_kind_check"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(
    change: str, told: str, nbapanel: Any, connection: psycopg.Connection
) -> None:
    connection.execute(change)
    done = nbapanel("doctor")
    assert done.code == 1
    (line,) = [line for line in done.out.splitlines() if "✗ schema: " in line]
    assert told in line


def test_what_others_added_is_no_fault(nbapanel: Any, connection: psycopg.Connection) -> None:
    connection.execute("CREATE INDEX mine ON espn.plays (wallclock)")
    connection.execute("CREATE TABLE espn.notes (id integer)")
    done = nbapanel("doctor")
    assert done.code == 0, done
    assert "✓ schema: " in done.out
