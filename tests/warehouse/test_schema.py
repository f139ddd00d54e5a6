"""The schema as committed in db/schema.sql is the one that the migrations make.

After a new migration write it anew, and read the difference before committing it:
NBAPANEL_WRITE_SCHEMA=1 .venv/bin/pytest tests/warehouse/test_schema.py
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from nbapanel.rows import models
from nbapanel.rows.models import Relation
from nbapanel.rows.nba import relations as nba_relations
from nbapanel.warehouse import migrate, relations
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.postgres_binaries import binaries_for, child_environment

SCHEMA = Path(__file__).resolve().parents[2] / "db" / "schema.sql"
_HEAD = """\
-- The schema that db/migrations make, as pg_dump writes it. Not a migration: never applied, and
-- written by tests/warehouse/test_schema.py, which says how.

"""
_LOADED = [
    value
    for module in (models, nba_relations)
    for value in vars(module).values()
    if isinstance(value, Relation)
]
_DERIVED = [value for value in vars(relations).values() if isinstance(value, Relation)]


@pytest.fixture
def migrated(empty_database):
    with connect(empty_database, purpose="test") as connection:
        migrate.apply(connection)
    return empty_database


def dumped(conninfo: str) -> str:
    """The schema as pg_dump tells it, without what differs from one call or version to the next."""
    given = conninfo_to_dict(conninfo)
    command = [binaries_for(None).program("pg_dump"), "--schema-only", "--no-owner"]
    command += ["--no-privileges", "--host", given["host"], "--port", str(given["port"])]
    command += ["--username", given["user"], given["dbname"]]
    environment = child_environment() | {"PGPASSWORD": given["password"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    kept = [
        line
        for line in done.stdout.splitlines()
        if not line.startswith(("--", "SET ", "SELECT pg_catalog.set_config", "\\"))
    ]
    return _HEAD + re.sub(r"\n{2,}", "\n\n", "\n".join(kept)).strip() + "\n"


def test_the_migrations_make_the_committed_schema(migrated):
    found = dumped(migrated)
    if os.environ.get("NBAPANEL_WRITE_SCHEMA"):
        SCHEMA.write_text(found, encoding="utf-8")
    assert found == SCHEMA.read_text(encoding="utf-8"), (
        "db/schema.sql is not what the migrations make; see the top of this file"
    )


def test_the_dump_tells_every_relation_and_index(migrated):
    """Else the comparison above would overlook what pg_dump was not asked for."""
    text = SCHEMA.read_text(encoding="utf-8")
    with connect(migrated, purpose="test") as connection:
        rows = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname IN ('ops', 'espn', 'kalshi', 'nba', 'derived') AND c.relkind <> 'S'"
        ).fetchall()
    assert len(rows) > 30
    missing = [name for schema, name in rows if name not in text or schema not in text]
    assert not missing


def columns_of(connection, relation: Relation) -> dict[str, str]:
    """Column -> type, in the table's order."""
    rows = connection.execute(
        "SELECT attname::text, regexp_replace(typname::text, '^_(.*)', '\\1[]')"
        " FROM pg_attribute JOIN pg_type AS t"
        " ON t.oid = atttypid WHERE attrelid = %s::regclass AND attnum > 0 ORDER BY attnum",
        (relation.name,),
    )
    return dict(rows.fetchall())


def keys_of(connection, relation: Relation) -> dict[tuple[str, ...], bool]:
    """The columns of each unique index, and whether a NULL in it equals another."""
    rows = connection.execute(
        "SELECT array_agg(a.attname ORDER BY k.place)::text[], i.indnullsnotdistinct"
        " FROM pg_index AS i, unnest(i.indkey) WITH ORDINALITY AS k (number, place)"
        " JOIN pg_attribute AS a ON a.attnum = k.number"
        " WHERE i.indrelid = %s::regclass AND a.attrelid = i.indrelid AND i.indisunique"
        " GROUP BY i.indexrelid, i.indnullsnotdistinct",
        (relation.name,),
    )
    return {tuple(names): not_distinct for names, not_distinct in rows.fetchall()}


def test_every_relation_of_the_code_is_one_of_the_schema(connection):
    """Its columns exist with their types, and its key is one that an upsert can stand on."""
    for relation in _LOADED + _DERIVED:
        columns, keys = columns_of(connection, relation), keys_of(connection, relation)
        for column in relation.columns:
            assert column.name in columns, relation.name
            assert column.type in ("", columns[column.name]), (relation.name, column)
        assert relation.key in keys, relation.name
        assert keys[relation.key] or not relation.nullable_keys, relation.name
        for names in (relation.uncompared, relation.insert_only, relation.nullable_keys):
            assert set(names) <= set(relation.column_names), relation.name


def test_every_column_of_a_derived_table_is_computed(connection):
    """A column that the code forgets would stay as it was for ever, or NULL."""
    for relation in _DERIVED:
        assert tuple(columns_of(connection, relation)) == relation.column_names
