"""Rows as Parquet: a row group at a time, so that a table of any length takes the same memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
from psycopg import Connection, sql

from nbapanel.errors import UserFacingError
from nbapanel.exports.arrow_types import ArrowColumn, arrow_column
from nbapanel.exports.selecting import copy_rows
from nbapanel.exports.sources import Source
from nbapanel.exports.whole_file import WholeFile
from nbapanel.rows.exportable import ExportColumn

_GROUP_BYTES = 16 << 20
"""Of CSV: about 100,000 rows of a table of events."""

_COLUMN = re.compile(r"In CSV column #(\d+)")


def parquet_expression(column: ExportColumn, value: sql.Composable) -> sql.Composable:
    return arrow_column(column).sent(value)


def kept_types(source: Source) -> list[str]:
    """What each column becomes, as pyarrow calls it."""
    return [str(arrow_column(column).kept) for column in source.columns]


def write_parquet(
    connection: Connection[Any],
    source: Source,
    select: sql.Composable,
    file: WholeFile,
    wrote: Callable[[int], None],
) -> None:
    """`wrote` hears how many rows were written, each time since the last."""
    columns = [arrow_column(column) for column in source.columns]
    schema = pa.schema([(column.name, column.kept) for column in columns])
    with pq.ParquetWriter(_Sink(file), schema, compression="zstd") as writer:

        def take(block: bytearray, rows: int) -> None:
            table = _as_table(block, columns, schema)
            assert table.num_rows == rows, f"{table.num_rows} rows read of {rows}"
            writer.write_table(table, row_group_size=rows)
            wrote(rows)

        copy_rows(connection, select, take, header=False, least_bytes=_GROUP_BYTES)


class _Sink:
    """What pyarrow writes to. After trouble it takes the rest, too: pyarrow closes what it has
    open by writing the end of it, and that is no trouble of its own."""

    closed = False

    def __init__(self, file: WholeFile) -> None:
        self._file = file
        self._is_broken = False

    def write(self, data: bytes) -> int:
        if not self._is_broken:
            self._is_broken = True
            self._file.write(data)
            self._is_broken = False
        return len(data)

    def tell(self) -> int:
        return self._file.byte_size

    def flush(self) -> None:
        return None

    def close(self) -> None:
        return None

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False


def _as_table(block: bytearray, columns: Sequence[ArrowColumn], schema: pa.Schema) -> pa.Table:
    names = [str(place) for place in range(len(columns))]
    with _in_words(columns):
        read = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(block)),
            # In one piece: a block that ended within a quoted text could not be read.
            arrow_csv.ReadOptions(column_names=names, block_size=len(block) + 1, use_threads=False),
            arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            arrow_csv.ConvertOptions(
                column_types={
                    name: column.read for name, column in zip(names, columns, strict=True)
                },
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
        arrays = [
            column.finish(read.column(place).combine_chunks())
            for place, column in enumerate(columns)
        ]
        return pa.Table.from_arrays(arrays, schema=schema)


@contextmanager
def _in_words(columns: Sequence[ArrowColumn]) -> Iterator[None]:
    try:
        yield
    except pa.ArrowException as error:
        found = _COLUMN.search(str(error))
        named = f"The column {columns[int(found[1])].name} holds" if found is not None else "It has"
        raise UserFacingError(
            f"{named} a value that does not fit into Parquet.",
            str(error).splitlines()[0],
            "Export it as CSV.",
        ) from error
