"""Values out are values in: every type of column that the warehouse has, and every odd value."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from nbapanel.errors import UserFacingError
from nbapanel.exports import export
from nbapanel.exports.arrow_types import arrow_column
from nbapanel.rows.exportable import ExportColumn, ExportWanted
from nbapanel.warehouse.db import connect

_TEXT = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=12
) | st.sampled_from(
    [
        "",
        '"',
        "\\.",
        "\\N",
        "a,b",
        "a\nb",
        "\r\n",
        "NULL",
        "null",
        "NaN",
        "t",
        "{}",
        " ",
        "é🏀",
        ";'",
    ]
)
_DOUBLE = st.floats(width=64) | st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 5e-324])
_SCALED = st.decimals(-9999, 9999, places=4)
_MOMENT = st.datetimes(timezones=st.just(UTC))
_DAY = st.dates()
_INT2, _INT4, _INT8 = (st.integers(-(2**b), 2**b - 1) for b in (15, 31, 63))
_JSON = st.recursive(
    st.none() | st.booleans() | _INT4 | _TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(_TEXT, inside, max_size=3),
    max_leaves=5,
)

# By type, as the warehouse has it: what a value of it may be.
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "boolean": st.booleans(),
    "smallint": _INT2,
    "integer": _INT4,
    "bigint": _INT8,
    "real": st.floats(width=32),
    "double precision": _DOUBLE,
    "numeric": st.decimals(-(10**12), 10**12, places=3),
    "numeric(8,4)": _SCALED,
    "numeric(18,6)": st.decimals(-(10**11), 10**11, places=6),
    "text": _TEXT,
    "date": _DAY,
    "timestamp with time zone": _MOMENT,
    "timestamp without time zone": st.datetimes(),
    "jsonb": _JSON.map(Jsonb),
    "text[]": st.lists(_TEXT | st.none(), max_size=4),
    "integer[]": st.lists(_INT4 | st.none(), max_size=4),
    "bigint[]": st.lists(_INT8, max_size=4),
    "double precision[]": st.lists(_DOUBLE | st.none(), max_size=4),
}
_NAMES = {kind: f"c{place}" for place, kind in enumerate(KINDS)}
_ROWS = st.lists(st.tuples(*(values | st.none() for values in KINDS.values())), max_size=4)


@pytest.fixture(scope="module")
def kinds(
    empty_database: Callable[[], AbstractContextManager[str]],
) -> Iterator[Connection[Any]]:
    """A table `derived.kinds` with a column of each type, and one like it to read back into."""
    columns = ", ".join(f"{name} {kind}" for kind, name in _NAMES.items())
    with empty_database() as conninfo, connect(conninfo, purpose="test") as connection:
        connection.execute(f"CREATE TABLE derived.kinds (place integer PRIMARY KEY, {columns})")
        connection.execute("CREATE TABLE derived.again (LIKE derived.kinds)")
        # None of these is ours: an export reads the same on every machine.
        connection.execute("SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German'")
        connection.execute("SET extra_float_digits = -10")
        yield connection


def _insert(connection: Connection[Any], rows: list[tuple[Any, ...]]) -> None:
    connection.execute("TRUNCATE derived.kinds, derived.again")
    placeholders = ", ".join(["%s", *(f"%s::{kind}" for kind in KINDS)])
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO derived.kinds VALUES ({placeholders})",
            [(place, *row) for place, row in enumerate(rows)],
        )


def _exported(connection: Connection[Any], format_: Any, folder: Path) -> Path:
    out = folder / f"kinds.{format_}"
    done = export(connection, ExportWanted("derived.kinds", out, format_, overwrite=True))
    told = json.loads((folder / f"kinds.{format_}.manifest.json").read_text(encoding="utf-8"))
    assert hashlib.sha256(out.read_bytes()).hexdigest() == done.sha256 == told["sha256"]
    assert (told["rows"], told["byte_size"]) == (done.rows, out.stat().st_size)
    return out


def _compare_again(connection: Connection[Any], out: Path) -> list[Any]:
    """Read back by PostgreSQL itself: rows that are not as they were."""
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY derived.again FROM STDIN (FORMAT csv, HEADER, ENCODING 'UTF8')") as copy,
    ):
        copy.write(out.read_bytes())
    return connection.execute(
        "(TABLE derived.kinds EXCEPT ALL TABLE derived.again)"
        " UNION ALL (TABLE derived.again EXCEPT ALL TABLE derived.kinds)"
    ).fetchall()


@settings(max_examples=25)
@given(_ROWS)
def test_csv_is_read_back_as_it_was(
    kinds: Connection[Any], tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    _insert(kinds, rows)
    out = _exported(kinds, "csv", tmp_path_factory.getbasetemp())
    out.read_bytes().decode("utf-8")
    kinds.execute("SET TimeZone = 'Asia/Kathmandu'; SET DateStyle = 'German'")
    assert _compare_again(kinds, out) == []


@settings(max_examples=25)
@given(_ROWS)
def test_parquet_holds_the_values(
    kinds: Connection[Any], tmp_path_factory: pytest.TempPathFactory, rows: list[Any]
) -> None:
    _insert(kinds, rows)
    table = pq.read_table(_exported(kinds, "parquet", tmp_path_factory.getbasetemp()))
    assert table.column("place").to_pylist() == list(range(len(rows)))
    for place, (kind, name) in enumerate(_NAMES.items()):
        found = table.column(name).to_pylist()
        if kind == "jsonb":
            found = [None if text is None else ("says", json.loads(text)) for text in found]
        expected = [_expected(kind, row[place]) for row in rows]
        assert list(map(_comparable, found)) == list(map(_comparable, expected)), kind


def _expected(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == "numeric":
        return float(value)
    if kind == "jsonb":
        return ("says", value.obj)
    return value


def _comparable(value: Any) -> Any:
    """NaN is one value, and -0.0 is not 0.0; JSON is compared as what it says."""
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, float):
        return repr(value)
    return value


def test_a_zero_in_a_list_keeps_its_sign(kinds: Connection[Any], tmp_path: Path) -> None:
    """bug: it came through JSON, where PostgreSQL writes it as -0, as a whole number."""
    given = [-0.0, 0.0, 2.0, 1e300, math.inf, None]
    _insert(kinds, [tuple(given if kind == "double precision[]" else None for kind in KINDS)])
    table = pq.read_table(_exported(kinds, "parquet", tmp_path))
    (found,) = table.column(_NAMES["double precision[]"]).to_pylist()
    assert _comparable(found) == _comparable(given)


def test_each_type_becomes_what_is_promised(kinds: Connection[Any], tmp_path: Path) -> None:
    kinds.execute("TRUNCATE derived.kinds")
    table = pq.read_table(_exported(kinds, "parquet", tmp_path))
    found = {kind: table.schema.field(name).type for kind, name in _NAMES.items()}
    assert found["timestamp with time zone"] == pa.timestamp("us", tz="UTC")
    assert found["date"] == pa.date32()
    assert found["numeric(8,4)"] == pa.decimal128(8, 4)
    assert found["numeric(18,6)"] == pa.decimal128(18, 6)
    assert found["numeric"] == pa.float64()
    assert found["text[]"] == pa.list_(pa.string())
    assert found["bigint[]"] == pa.list_(pa.int64())
    assert found["jsonb"] == pa.string()
    assert found["smallint"] == pa.int16()
    told = json.loads((tmp_path / "kinds.parquet.manifest.json").read_text(encoding="utf-8"))
    kept = {column["name"]: column["stored_as"] for column in told["columns"]}
    assert kept[_NAMES["timestamp with time zone"]] == "timestamp[us, tz=UTC]"


def test_every_type_of_the_warehouse_is_tried_here(kinds: Connection[Any]) -> None:
    found = kinds.execute(
        "SELECT DISTINCT format_type(a.atttypid, a.atttypmod) FROM pg_attribute AS a"
        " JOIN pg_class AS c ON c.oid = a.attrelid"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname IN ('nba', 'espn', 'kalshi', 'derived') AND a.attnum > 0"
        " AND c.relkind IN ('r', 'v', 'm')"
    ).fetchall()
    assert {kind for (kind,) in found} - set(KINDS) == set()


# ---- far days, and what Parquet has no value for ---------------------------------------------


@pytest.mark.parametrize(
    ("kind", "text", "since_1970"),
    [
        ("timestamptz", "4713-01-01 00:00+00 BC", -210863520000000000),
        ("timestamptz", "0001-01-01 00:00+00", -62135596800000000),
        ("timestamptz", "294246-12-31 23:59:59.999999+00", 9223371244799999999),
        ("date", "4713-01-01 BC", -2440550),
        ("date", "5874897-12-31", 2145042905),
    ],
)
def test_far_times_are_exact(
    connection: Connection[Any], tmp_path: Path, kind: str, text: str, since_1970: int
) -> None:
    """What Python cannot hold either: compared as counts of days and microseconds, which were
    counted from a year that it can hold, 146,097 days for each 400 years."""
    connection.execute(f"CREATE TABLE derived.far AS SELECT {text!r}::{kind} AS at")
    export(connection, ExportWanted("derived.far", tmp_path / "far.parquet", "parquet"))
    found = pq.read_table(tmp_path / "far.parquet").column("at")
    plain = pa.int64() if kind == "timestamptz" else pa.int32()
    assert found.combine_chunks().view(plain).to_pylist() == [since_1970]
    export(connection, ExportWanted("derived.far", tmp_path / "far.csv"))
    read = (tmp_path / "far.csv").read_text().splitlines()[1]
    assert connection.execute(f"SELECT at = {read!r}::{kind} FROM derived.far").fetchone() == (
        True,
    )


@pytest.mark.parametrize(
    ("kind", "text", "named"),
    [
        ("timestamptz", "infinity", "column odd"),
        ("timestamptz", "-infinity", "column odd"),
        ("timestamptz", "294276-12-31 23:59+00", "column odd"),
        ("date", "infinity", "column odd"),
        ("date", "-infinity", "column odd"),
        ("numeric(8,4)", "NaN", "column odd"),
        ("numeric", "1e400", "does not fit into parquet"),
        ("integer[]", "{{1,2},{3,4}}", "does not fit"),
    ],
)
def test_what_parquet_has_no_value_for_is_refused(
    connection: Connection[Any], tmp_path: Path, kind: str, text: str, named: str
) -> None:
    """Trap L7: never NULL, never a far day instead; the name of the column, and CSV takes it."""
    connection.execute(f"CREATE TABLE derived.odd (fine integer, odd {kind})")
    connection.execute(f"INSERT INTO derived.odd VALUES (1, NULL), (2, {text!r})")
    with pytest.raises(UserFacingError, match=named) as told:
        export(connection, ExportWanted("derived.odd", tmp_path / "odd.parquet", "parquet"))
    assert "CSV" in told.value.hint
    assert not list(tmp_path.iterdir())
    export(connection, ExportWanted("derived.odd", tmp_path / "odd.csv"))
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute(sql.SQL("CREATE TABLE derived.back (LIKE derived.odd)"))
        with cursor.copy("COPY derived.back FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write((tmp_path / "odd.csv").read_bytes())
        assert cursor.execute(
            "TABLE derived.odd EXCEPT TABLE derived.back"
        ).fetchall() == []  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        ("numeric(38,10)", "decimal128(38, 10)"),
        ("numeric(39,10)", "double"),
        ("numeric(2,5)", "double"),
        ("interval", "string"),
        ("uuid", "string"),
        ("numeric[]", "string"),
        ("character varying(9)", "string"),
    ],
)
def test_other_types(kind: str, kept: str) -> None:
    assert str(arrow_column(ExportColumn("x", kind)).kept) == kept


def test_a_single_column_with_nothing_in_it(connection: Connection[Any], tmp_path: Path) -> None:
    """In CSV, NULL alone in its row is an empty line."""
    connection.execute("CREATE TABLE derived.one (word text)")
    connection.execute("INSERT INTO derived.one VALUES (NULL), (''), ('a'), (NULL)")
    export(connection, ExportWanted("derived.one", tmp_path / "one.parquet", "parquet"))
    found = pq.read_table(tmp_path / "one.parquet").column("word").to_pylist()
    assert found == [None, "", "a", None]


def test_the_plainest_rows_as_they_are_written(connection: Connection[Any], tmp_path: Path) -> None:
    """UTF-8, a point, true and false, ISO times in UTC with their offset, "" for an empty text;
    whatever the server, or this user, is set to."""
    connection.execute("SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German'")
    connection.execute("SET extra_float_digits = -14")
    connection.execute(
        "CREATE TABLE derived.plain AS SELECT 1.5::numeric(8,4) AS price, true AS yes, ''::text AS"
        " empty, NULL::text AS nothing, 'é'::text AS word, date '2026-01-15' AS day,"
        " 0.625125::float8 AS p, '2026-01-15 19:05:06.25-05'::timestamptz AS at"
    )
    export(connection, ExportWanted("derived.plain", tmp_path / "plain.csv"))
    assert (tmp_path / "plain.csv").read_bytes().decode("utf-8") == (
        "price,yes,empty,nothing,word,day,p,at\n"
        '1.5000,true,"",,é,2026-01-15,0.625125,2026-01-16 00:05:06.25+00\n'
    )
