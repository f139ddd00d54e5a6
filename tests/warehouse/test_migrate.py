"""Migrations: forward only, one transaction each, and never on a history that is not ours."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from nbapanel.errors import DatabaseUnavailable
from nbapanel.paths import shipped
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.migrate import MigrationRefused

MIGRATE = """
import sys
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect
sys.stdin.readline()
with connect(sys.argv[1], purpose="test") as connection:
    print(*(m.version for m in migrate.apply(connection)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the migrations that ship, to be added to."""
    return Path(shutil.copytree(shipped("migrations"), tmp_path / "migrations"))


@pytest.fixture
def empty(empty_database):
    with connect(empty_database, purpose="test") as opened:
        yield opened


def add(folder: Path, text: str, name: str = "more") -> int:
    version = len(list(folder.glob("*.sql"))) + 1
    (folder / f"{version:04}_{name}.sql").write_text(text, encoding="utf-8")
    return version


def exists(connection: psycopg.Connection, relation: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (relation,)).fetchone()
    return row is not None and row[0] is not None


def test_from_empty_to_the_full_schema(empty):
    known = migrate.available()
    told = []
    assert migrate.applied(empty) == ()
    assert migrate.apply(empty, told=lambda one, seconds: told.append((one, seconds))) == known
    assert [one for one, _ in told] == list(known)
    assert all(seconds >= 0 for _, seconds in told)
    have = migrate.applied(empty)
    assert [(one.version, one.name, one.sha256) for one in have] == [
        (one.version, one.name, one.sha256) for one in known
    ]
    assert exists(empty, "derived.snapshot_features_v1")


def test_a_second_time_does_nothing(empty):
    migrate.apply(empty)
    when = "SELECT version, applied_at, xmin::text FROM ops.schema_migrations ORDER BY version"
    before = empty.execute(when).fetchall()
    assert migrate.pending(empty) == ()
    assert migrate.apply(empty) == ()
    assert empty.execute(when).fetchall() == before


def test_only_what_is_new_is_applied(empty, folder):
    migrate.apply(empty, folder)
    version = add(folder, "CREATE TABLE ops.more (id integer);")
    assert [one.version for one in migrate.pending(empty, folder)] == [version]
    assert [one.version for one in migrate.apply(empty, folder)] == [version]
    assert exists(empty, "ops.more")


def test_processes_that_come_at_once_wait_for_each_other(empty_database, empty):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", MIGRATE, empty_database],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = [(*process.communicate(timeout=60), process.returncode) for process in processes]
    assert [code for *_, code in ended] == [0, 0, 0], ended
    applied = sorted(out.split() for out, *_ in ended)
    every = [str(one.version) for one in migrate.available()]
    assert applied == [[], [], every]
    assert [str(one.version) for one in migrate.applied(empty)] == every


def test_an_edited_one_that_was_applied_is_refused(empty, folder):
    migrate.apply(empty, folder)
    first = folder / "0001_ops.sql"
    first.write_text(first.read_text(encoding="utf-8") + "\n-- a word more\n", encoding="utf-8")
    add(folder, "CREATE TABLE ops.more (id integer);")
    with pytest.raises(MigrationRefused) as refused:
        migrate.apply(empty, folder)
    assert "0001_ops was edited after it was applied" in refused.value.detail
    assert refused.value.hint
    assert not exists(empty, "ops.more"), "nothing is done on a history that is not ours"


def test_a_newer_database_is_refused(empty, folder):
    add(folder, "CREATE TABLE ops.future (id integer);", name="future")
    migrate.apply(empty, folder)
    with pytest.raises(MigrationRefused) as refused:
        migrate.apply(empty)
    assert "future was applied by a newer nbapanel than this one" in refused.value.detail


@pytest.mark.parametrize(
    "broken",
    [
        "CREATE TABLE ops.half (id integer); CREATE TABL ops.typo (id integer);",
        "CREATE TABLE ops.half (id integer); ALTER TABLE ops.nowhere ADD COLUMN more text;",
        "CREATE TABLE ops.half (id integer); SELECT 'x'::integer;",
        "CREATE TABLE ops.half (id integer); CREATE TABLE ops.half (id integer);",
    ],
    ids=["syntax", "no such table", "bad value", "exists"],
)
def test_one_that_fails_leaves_nothing(empty, folder, broken):
    good = add(folder, "CREATE TABLE ops.good (id integer);", name="good")
    add(folder, broken, name="broken")
    with pytest.raises(MigrationRefused) as refused:
        migrate.apply(empty, folder)
    assert "_broken does not apply" in refused.value.title
    assert refused.value.detail
    assert not exists(empty, "ops.half")
    assert exists(empty, "ops.good"), "those before it stay"
    assert [one.version for one in migrate.applied(empty)] == list(range(1, good + 1))
    # Mended, it applies: nothing of the failure is in the way, nor is the lock still held.
    (folder / f"{good + 1:04}_broken.sql").write_text("CREATE TABLE ops.half (id integer);")
    with connect(empty.info.dsn + f" password={empty.info.password}", purpose="test") as other:
        assert [one.version for one in migrate.apply(other, folder)] == [good + 1]


def test_a_table_of_somebody_else_is_in_the_way(empty):
    empty.execute("CREATE SCHEMA ops CREATE TABLE warehouse (id integer)")
    with pytest.raises(MigrationRefused) as refused:
        migrate.apply(empty)
    assert "use another database" in refused.value.hint
    assert migrate.applied(empty) == ()


def test_a_user_without_the_right_is_told_so(empty, empty_database):
    empty.execute("CREATE ROLE visitor")
    try:
        empty.execute("SET ROLE visitor")
        with pytest.raises(DatabaseUnavailable) as refused:
            migrate.apply(empty)
        assert refused.value.title == "The database user lacks a right."
        assert "GRANT CREATE" in refused.value.hint
    finally:
        empty.execute("RESET ROLE")
        empty.execute("DROP ROLE visitor")
    assert migrate.applied(empty) == ()


def test_a_read_only_database_is_told_so(empty):
    empty.execute("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        migrate.apply(empty)


@pytest.mark.parametrize("gap", [["0001_a", "0003_c"], ["0002_b"], ["0001_a", "0001_b"]])
def test_numbers_have_no_gap(tmp_path, gap):
    for name in gap:
        (tmp_path / f"{name}.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationRefused, match="count up from 0001"):
        migrate.available(tmp_path)


@pytest.mark.parametrize("name", ["1_a.sql", "0001-a.sql", "0001_a.b.sql", "abc.sql"])
def test_names_are_checked(tmp_path, name):
    (tmp_path / name).write_text("SELECT 1;")
    with pytest.raises(MigrationRefused, match="NNNN_name"):
        migrate.available(tmp_path)


def test_the_text_says_no_transaction_of_its_own():
    """One transaction each is migrate's business: a COMMIT inside would break that."""
    for migration in migrate.available():
        words = migration.text.upper().replace(";", " ").split()
        assert not {"COMMIT", "ROLLBACK"} & set(words), migration.name
