"""Named SQL: each name once, each used, and each one that PostgreSQL takes."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest

from nbapanel.warehouse import statements as module
from nbapanel.warehouse.statements import statement, statements

PACKAGE = Path(module.__file__).resolve().parents[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of SQL of the test's own, read anew."""
    (tmp_path / "sql").mkdir()
    monkeypatch.setattr(module, "files", lambda package: tmp_path)
    statements.cache_clear()
    yield tmp_path / "sql"
    statements.cache_clear()


def test_statements_by_name(folder):
    (folder / "a.sql").write_text(
        "-- name: one\n-- About it.\nSELECT 1\n\n-- name: two\nSELECT 2\n"
    )
    (folder / "b.sql").write_text("-- name: three\nSELECT 3")
    (folder / "notes.txt").write_text("-- name: one\n")
    assert statements() == {
        "one": "-- About it.\nSELECT 1",
        "two": "SELECT 2",
        "three": "SELECT 3",
    }
    assert statement("two") == "SELECT 2"


def test_a_name_stands_once(folder):
    (folder / "a.sql").write_text("-- name: one\nSELECT 1\n")
    (folder / "b.sql").write_text("-- name: one\nSELECT 2\n")
    with pytest.raises(ValueError, match=r"b\.sql: one stands twice"):
        statements()


def test_every_statement_is_used_and_every_one_that_is_used_is_there():
    texts = [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
    quoted = {name for text in texts for name in re.findall(r'"(\w+)"', text)}
    asked = {name for text in texts for name in re.findall(r'\bstatement\("(\w+)"\)', text)}
    assert asked <= set(statements())
    assert set(statements()) - quoted == set(), "nobody asks for these"


def test_postgresql_takes_every_statement(connection):
    """Every table, column and function in it exists, and the types fit; nothing is executed."""
    refused = {}
    found = connection.execute("SELECT schemaname, tablename FROM pg_tables").fetchall()
    # By its own name, or with that of its schema: compute_nba_games is for nba.games.
    tables = {name: f"{schema}.{name}" for schema, name in found}
    tables |= {f"{schema}_{name}": f"{schema}.{name}" for schema, name in found}
    connection.execute("CREATE TEMPORARY TABLE computing (game_id text PRIMARY KEY)")
    for name, text in statements().items():
        # What is computed goes into a table that looks like the one it is for.
        if name.startswith("compute_"):
            target = tables[name.removeprefix("compute_")]
            connection.execute("DROP TABLE IF EXISTS computed")
            connection.execute(f"CREATE TEMPORARY TABLE computed (LIKE {target})")
        parameters = list(dict.fromkeys(re.findall(r"%\((\w+)\)s", text)))
        for number, parameter in enumerate(parameters, 1):
            text = text.replace(f"%({parameter})s", f"${number}")
        first = re.sub(r"--[^\n]*\n", "", text).split()[0]
        if first in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE"):
            text = f"PREPARE {name} AS {text.replace('%%', '%')}"
        try:
            with connection.transaction(force_rollback=True):
                if first == "CREATE":
                    connection.execute("DROP TABLE computing")
                connection.execute(text)
        except psycopg.Error as error:
            refused[name] = str(error)
    assert refused == {}
