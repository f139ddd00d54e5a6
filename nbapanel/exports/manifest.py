"""What stands beside an exported file: what it holds, of which moment, and its hash."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row

from nbapanel import __version__
from nbapanel.exports.narrowing import time_column
from nbapanel.exports.sources import Source
from nbapanel.exports.whole_file import WholeFile, check_place
from nbapanel.redaction import presentable
from nbapanel.rows.exportable import ExportWanted
from nbapanel.warehouse.statements import statement

_SUFFIX = ".manifest.json"


def manifest_path(out: Path) -> Path:
    return out.with_name(out.name + _SUFFIX)


def check_manifest_place(out: Path) -> None:
    """An old one is replaced: it is never of this file. Raises UsageError as `check_place`."""
    check_place(manifest_path(out), overwrite=True)


def provenance(connection: Connection[Any]) -> dict[str, Any]:
    """Of which moment, of which feeds, and by which versions."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(statement("export_provenance")).fetchone()
    assert found is not None
    at: datetime = found["at"]
    return {
        "exported_at": at.astimezone(UTC).isoformat(),
        "feeds": found["feeds"],
        "schema_version": found["schema_version"],
        "server_version": connection.info.parameter_status("server_version") or "",
        "app_version": __version__,
    }


def contents(
    source: Source, wanted: ExportWanted, stored_as: list[str], rows: int, file: WholeFile
) -> dict[str, Any]:
    """`stored_as`: what each column became in Parquet; empty for CSV, where all is text."""
    columns = [{"name": column.name, "type": column.type} for column in source.columns]
    for column, kept in zip(columns, stored_as, strict=False):
        column["stored_as"] = kept
    return {
        "file": presentable(wanted.out.name),
        "format": wanted.format,
        "source": source.name,
        "kind": source.kind,
        "query": source.query or None,
        "filter": {
            "games": wanted.games,
            "seasons": wanted.seasons,
            "since": wanted.since.isoformat() if wanted.since is not None else None,
            "time_column": time_column(source) if wanted.since is not None else None,
        },
        "order": source.order,
        "columns": columns,
        "rows": rows,
        "byte_size": file.byte_size,
        "sha256": file.sha256,
    }


def as_json(facts: dict[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n"
