"""Writes what somebody wants of the warehouse into a file and its manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import psycopg
from psycopg import Connection, sql

from nbapanel.errors import UserFacingError
from nbapanel.exports.csv_file import csv_expression, write_csv
from nbapanel.exports.manifest import (
    as_json,
    check_manifest_place,
    contents,
    manifest_path,
    provenance,
)
from nbapanel.exports.narrowing import narrowed
from nbapanel.exports.parquet_there import require_parquet
from nbapanel.exports.selecting import selected
from nbapanel.exports.sources import Source, find_source, not_published
from nbapanel.exports.whole_file import WholeFile, check_place, whole_file
from nbapanel.file_lock import take_folder
from nbapanel.redaction import presentable
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.warehouse.db import in_words

Progress = Callable[[int, int], None]

# Whatever the server or the user is set to: the same values read the same on every machine.
_SETTINGS = (
    "SET LOCAL DateStyle = 'ISO'; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'postgres';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';"
    # What waits says nothing: better it says so, and ends.
    " SET LOCAL lock_timeout = '60s'"
)
_NAMING_S = 30.0
_ENDS_WITH_CLIENT = "SET LOCAL client_connection_check_interval = '2s'"


def export(
    connection: Connection[Any],
    wanted: ExportWanted,
    told: Progress | None = None,
    *,
    if_empty: UserFacingError | None = None,
) -> ExportDone:
    """Write the file, and beside it FILE.manifest.json; all rows are of one moment.

    `told` hears of the rows and bytes written so far. `if_empty` is raised, and nothing written,
    where there are no rows. Takes memory for a block of rows, however many there are. Raises
    UsageError for what cannot be asked, UserFacingError for what cannot be read or written; then
    nothing is left behind. `connection` is in autocommit.
    """
    started = time.monotonic()
    check_place(wanted.out, overwrite=wanted.overwrite)
    check_manifest_place(wanted.out)
    if wanted.format == "parquet":
        require_parquet()
    manifest = manifest_path(wanted.out)
    with (
        _one_moment(connection, wanted),
        ExitStack() as naming,
        # Left in the other order: the file gets its name first.
        whole_file(manifest, overwrite=True) as beside,
        whole_file(wanted.out, overwrite=wanted.overwrite) as file,
    ):
        source = find_source(connection, wanted.source)
        conditions = narrowed(connection, source, wanted)
        rows = 0

        def wrote(more: int) -> None:
            nonlocal rows
            rows += more
            if told is not None:
                told(rows, file.byte_size)

        stored_as = _write(connection, source, conditions, wanted, file, wrote)
        if if_empty is not None and not rows:
            raise if_empty
        facts = contents(source, wanted, stored_as, rows, file) | provenance(connection)
        beside.write(as_json(facts))
        for one in (beside, file):
            one.settle()
        # Two into one file at once: the file and the manifest of the second one of them.
        if (lock := take_folder(wanted.out.parent, timeout_s=_NAMING_S)) is not None:
            naming.enter_context(lock)
        # It may have come meanwhile, and its manifest with it: that one is not ours to take.
        check_place(wanted.out, overwrite=wanted.overwrite)
        # Whoever finds a manifest finds that of the file beside it.
        manifest.unlink(missing_ok=True)
    return ExportDone(
        source=source.name,
        format=wanted.format,
        out=presentable(str(wanted.out)),  # of a name that is no text, too, there is word
        manifest=presentable(str(manifest)),
        rows=rows,
        byte_size=file.byte_size,
        sha256=file.sha256,
        seconds=round(time.monotonic() - started, 3),
    )


def _write(
    connection: Connection[Any],
    source: Source,
    conditions: list[sql.Composable],
    wanted: ExportWanted,
    file: WholeFile,
    wrote: Callable[[int], None],
) -> list[str]:
    """What each column became, where that is told."""
    if wanted.format == "csv":
        select = selected(source, conditions, csv_expression)
        write_csv(connection, select, file, wrote)
        return []
    from nbapanel.exports import parquet_file  # pyarrow: only where it is asked for

    select = selected(source, conditions, parquet_file.parquet_expression)
    parquet_file.write_parquet(connection, source, select, file, wrote)
    return parquet_file.kept_types(source)


@contextmanager
def _one_moment(connection: Connection[Any], wanted: ExportWanted) -> Iterator[None]:
    """A transaction that only reads, and sees nothing of what others do meanwhile."""
    with in_words():
        try:
            with connection.transaction():
                connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                connection.execute(_SETTINGS)
                _have_it_end_with_us(connection)
                yield
        except psycopg.errors.ObjectNotInPrerequisiteState as error:
            raise not_published(wanted.source) from error
        except psycopg.DataError as error:
            raise UserFacingError(
                f"A value of {wanted.source} does not fit into {wanted.format}.",
                str(error).splitlines()[0],
                "Export it as CSV." if wanted.format == "parquet" else "",
            ) from error


def _have_it_end_with_us(connection: Connection[Any]) -> None:
    """A killed export takes its backend along, even one that sorts, or waits for a lock."""
    # Not every system that a server runs on can see that a client has gone.
    with suppress(psycopg.errors.InvalidParameterValue), connection.transaction():
        connection.execute(_ENDS_WITH_CLIENT)
