"""Runs by the page, one run with all that it changed, and what is known of each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from nbapanel.engine import eta
from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import (
    DatabaseFacts,
    RunDetail,
    RunPage,
    RunRow,
    StepFacts,
    StepInput,
)
from nbapanel.views import runs, stale_steps
from nbapanel.views.attempts import last_steps, last_successes, run_steps
from nbapanel.views.rows_of import rows_of
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

_MOST_GAMES = 1000


def run_page(connection: Connection[Any], offset: int, limit: int) -> RunPage:
    """So many runs, newest first, and how many there are."""
    rows = rows_of(connection, RunRow, "run_page", limit=limit, offset=offset)
    with in_words():
        total = connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone()
    return RunPage(total=total[0] if total else 0, offset=offset, rows=tuple(rows))


def run_detail(connection: Connection[Any], run_id: int) -> RunDetail:
    """Raises UserFacingError for a run that is not, or no longer, on record."""
    found = runs(connection, limit=1, run_id=run_id)
    if not found:
        raise UserFacingError(
            f"There is no run {run_id} on record.",
            hint="Runs are forgotten after the time that the settings say.",
        )
    with in_words(), connection.cursor(row_factory=dict_row) as cursor:
        changed = cursor.execute(statement("run_changes"), {"run_id": run_id}).fetchall()
        games = cursor.execute(
            statement("games_of_run"), {"run_id": run_id, "limit": _MOST_GAMES}
        ).fetchall()
    return RunDetail(
        run=found[0],
        steps=tuple(run_steps(connection, run_id)),
        changes={row.pop("relation"): row for row in changed},
        games=tuple(row["game_id"] for row in games),
        games_total=games[0]["total"] if games else 0,
    )


def step_facts(connection: Connection[Any], inputs: Sequence[StepInput]) -> dict[str, StepFacts]:
    """By key, of every step that was ever attempted. `inputs`: what makes one of them stale."""
    last = last_steps(connection)
    with in_words():
        durations = connection.execute(
            statement("step_durations"),
            {"steps": [row.step for row in last], "most": eta.RECENT},
        ).fetchall()
    succeeded = last_successes(connection)
    stale = stale_steps(connection, inputs) if inputs else {}
    lasted = {step: tuple(seconds or ()) for step, seconds in durations}
    return {
        row.step: StepFacts(
            step=row.step,
            last=row,
            succeeded=succeeded.get(row.step),
            usual_s=eta.usual(lasted[row.step]),
            durations_s=lasted[row.step],
            stale=stale[row.step].reason if row.step in stale else "",
        )
        for row in last
    }


def database_facts(connection: Connection[Any], place: str) -> DatabaseFacts:
    """`place`: what to call where it is; empty: its host and port."""
    info = connection.info
    with in_words():
        row = connection.execute(statement("database_size")).fetchone()
    assert row is not None
    return DatabaseFacts(
        place=place or f"{info.host}:{info.port}",
        name=row[0],
        server_version=info.parameter_status("server_version") or "",
        size_bytes=row[1],
    )


def working_backends(connection: Connection[Any]) -> int:
    """Connections of runs that still do something, or hold a transaction open."""
    with in_words():
        row = connection.execute(statement("working_backends")).fetchone()
    return row[0] if row else 0
