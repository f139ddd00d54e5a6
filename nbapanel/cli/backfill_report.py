"""A backfill as JSON: one document of the whole, and the report with a line for each unit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection

from nbapanel.errors import UsageError
from nbapanel.rows.backfills import BackfillDetail
from nbapanel.views import backfills


def document(detail: BackfillDetail) -> dict[str, Any]:
    """The backfill as --json tells it, and the last line of its report."""
    row = detail.row
    return {
        "backfill_id": row.backfill_id,
        "seasons": row.seasons,
        "lanes": row.lanes,
        "status": row.standing,
        "phase": row.phase,
        "reason": row.reason,
        "seconds": round(row.worked_s, 3),
        "units": row.units,
        "done": row.done,
        "failed": row.failed,
        "requests": row.requests,
        "bytes_fetched": row.bytes_fetched,
        "rows_loaded": row.rows_loaded,
        "load_s": round(row.load_s, 3),
        "rows_derived": row.rows_derived,
        "derive_s": round(row.derive_s, 3),
        "rows_per_s": round(row.rows_per_s),
        "stages": {
            one.stage: {"units": one.units, "done": one.done, "failed": one.failed}
            for one in detail.stages
        },
        "failures": [
            {"stage": one.stage, "key": one.key, "reason": one.reason, "attempts": one.attempts}
            for one in detail.troubles
            if one.status == "failed"
        ],
    }


def write_report(connection: Connection[Any], detail: BackfillDetail, path: Path) -> None:
    """JSON lines: each unit and how it ended, then the whole. Put into place at once, or not."""
    lines = [
        msgspec.json.encode({"type": "unit", **unit})
        for unit in backfills.units(connection, detail.row.backfill_id)
    ]
    lines.append(msgspec.json.encode({"type": "backfill", **document(detail)}))
    partial = path.with_name(f".{path.name}.tmp")
    try:
        partial.write_bytes(b"\n".join(lines) + b"\n")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise unwritable(path, error) from error


def unwritable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        "The report cannot be written.",
        f"{path}: {error.strerror}.",
        "Name another file with --report.",
    )
