"""How each PostgreSQL type is sent, read by pyarrow, and kept in Parquet. No file, no row here.

timestamptz becomes a timestamp in UTC to the microsecond, date a day, numeric with a scale a
decimal that is exact, numeric without one a double, arrays of texts and numbers lists, and all the
rest a string as PostgreSQL writes it (jsonb too).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
from psycopg import sql

from nbapanel.errors import UserFacingError
from nbapanel.rows.exportable import ExportColumn

_DECIMAL = re.compile(r"numeric\((\d+),(\d+)\)")
_MOST_DIGITS = 38
_LONGEST, _LEAST = 2**63 - 1, -(2**63)
_LAST_DAY, _FIRST_DAY = 2**31 - 1, -(2**31)

# Microseconds and days are counted by the server: what reads text knows four digits of a year.
# Beyond what fits there is an end, which is told apart from every value that does.
_MICROSECONDS = sql.SQL(
    "CASE WHEN {0} >= '294247-01-01'::{1} THEN 9223372036854775807"
    " WHEN {0} = '-infinity' THEN -9223372036854775808"
    " ELSE (extract(epoch FROM {0}) * 1000000)::bigint END"
)
_DAYS = sql.SQL(
    "CASE {0} WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648"
    " ELSE {0} - date '1970-01-01' END"
)
_DOUBLE = sql.SQL("{}::double precision")
_JSON = sql.SQL("to_json({})::text")
_FLOATING = json.JSONDecoder(parse_int=float)


@dataclass(frozen=True, slots=True)
class ArrowColumn:
    """`sent`: what the server sends. `read`: as which type that is read, `kept`: what it becomes,
    by `finish`, which raises UserFacingError or an ArrowException for what cannot be kept."""

    name: str
    sent: Callable[[sql.Composable], sql.Composable]
    read: pa.DataType
    kept: pa.DataType
    finish: Callable[[pa.Array], pa.Array]


def arrow_column(column: ExportColumn) -> ArrowColumn:
    name, plain = column.name, _PLAIN.get(column.type)
    if plain is not None:
        return ArrowColumn(name, _same, plain, plain, _same)
    if column.type in _MOMENTS:
        zone, cast = _MOMENTS[column.type]
        kept = pa.timestamp("us", tz=zone)
        return ArrowColumn(
            name,
            lambda value: _MICROSECONDS.format(value, sql.SQL(cast)),
            pa.int64(),
            kept,
            lambda array: _within(array, _LEAST, _LONGEST, name).view(kept),
        )
    if column.type == "date":
        return ArrowColumn(
            name,
            _DAYS.format,
            pa.int32(),
            pa.date32(),
            lambda array: _within(array, _FIRST_DAY, _LAST_DAY, name).view(pa.date32()),
        )
    if column.type.startswith("numeric") and not column.type.endswith("[]"):
        return _numeric(column)
    item = _ITEMS.get(column.type.removesuffix("[]")) if column.type.endswith("[]") else None
    if item is not None:
        kept = pa.list_(item)
        return ArrowColumn(name, _JSON.format, pa.string(), kept, lambda array: _lists(array, kept))
    # Written by PostgreSQL, quoted by CSV where there is need.
    return ArrowColumn(name, _same, pa.string(), pa.string(), _same)


def _numeric(column: ExportColumn) -> ArrowColumn:
    found = _DECIMAL.fullmatch(column.type)
    if found is not None and int(found[2]) <= int(found[1]) <= _MOST_DIGITS:
        exact = pa.decimal128(int(found[1]), int(found[2]))
        return ArrowColumn(column.name, _same, exact, exact, _same)
    return ArrowColumn(column.name, _DOUBLE.format, pa.float64(), pa.float64(), _same)


def _within(array: pa.Array, least: int, most: int, name: str) -> pa.Array:
    ends = pc.min_max(array)
    if ends["min"].as_py() == least or ends["max"].as_py() == most:
        raise UserFacingError(
            f"The column {name} holds a time that Parquet has no value for.",
            "It is infinite, or later than the year 294246.",
            "Export it as CSV.",
        )
    return array


def _lists(array: pa.Array, kept: pa.DataType) -> pa.Array:
    is_floating = pa.types.is_floating(kept.value_type)
    # PostgreSQL writes -0.0 as -0, which as a whole number would lose its sign.
    decode = _FLOATING.decode if is_floating else msgspec.json.Decoder().decode
    found = [None if text is None else decode(text) for text in array.to_pylist()]
    if is_floating:  # to JSON, an infinity is a text
        found = [None if one is None else [_number(x) for x in one] for one in found]
    return pa.array(found, kept)


def _number(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


def _same(value: Any) -> Any:
    return value


_PLAIN = {
    "boolean": pa.bool_(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float32(),
    "double precision": pa.float64(),
}
_MOMENTS = {
    "timestamp with time zone": ("UTC", "timestamptz"),
    "timestamp without time zone": (None, "timestamp"),
}
_ITEMS = {**_PLAIN, "text": pa.string()}
