"""A PostgreSQL of one's own: `db psql` reaches it as we do, and demos and hints leave it alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.warehouse.db import explain

_REPOSITORY = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(sys.platform == "win32", reason="a shell script")


def _script(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@posix
def test_psql_gets_the_whole_connection_string_but_the_password(
    nbapanel: Any, conninfo: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W16: the command line can be read by other users."""
    url = make_conninfo(conninfo, sslmode="prefer", options="-c search_path=espn")
    monkeypatch.setenv("DATABASE_URL", url)
    _script(tmp_path / "bin" / "psql", """printf '%s\\n' "$@" "password is $PGPASSWORD" """)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    done = nbapanel("db", "psql")
    lines = done.out.splitlines()
    parts = conninfo_to_dict(url)
    assert lines[0] == "-d"
    assert conninfo_to_dict(lines[1]) == {k: v for k, v in parts.items() if k != "password"}
    assert lines[-1] == f"password is {parts['password']}"


@posix
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("goal", ["demo", "run"])
def test_make_demo_leaves_ones_own_server_alone(goal: str, tmp_path: Path) -> None:
    """An empty DATABASE_URL, so that one in .env does not count either."""
    _script(tmp_path / "nbapanel", 'echo "url=${DATABASE_URL-unset}"')
    (tmp_path / "ready").touch()
    done = subprocess.run(
        ["make", "-s", goal, f"BIN={tmp_path}", f"READY={tmp_path / 'ready'}"],
        cwd=_REPOSITORY,
        env={**os.environ, "DATABASE_URL": "postgresql://mine"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ("url=\n" if goal == "demo" else "url=postgresql://mine\n")


def test_the_hint_for_a_database_of_other_feeds(
    refetch: Any, run_command: Any, tmp_path: Path
) -> None:
    assert refetch("--until", "load_scoreboards").code == 0
    done = run_command("status", "--data-dir", str(tmp_path / "elsewhere"))
    assert done.code == 2
    assert "another DATABASE_URL" in done.err
    assert "another --data-dir" not in done.err


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("SELECT * FROM espn.plays", "GRANT that_user TO this_user"),
        ("TRUNCATE espn.plays", "GRANT that_user TO this_user"),
        ("REFRESH MATERIALIZED VIEW derived.slate", "GRANT that_user TO this_user"),
        ("CREATE SCHEMA other", "GRANT CREATE ON DATABASE"),
    ],
)
def test_a_missing_right_is_told_with_what_gives_it(
    connection: psycopg.Connection, statement: str, hint: str
) -> None:
    connection.execute("DROP ROLE IF EXISTS stranger")
    connection.execute("CREATE ROLE stranger")
    try:
        with connection.transaction(force_rollback=True):
            connection.execute("GRANT USAGE ON SCHEMA espn, derived TO stranger")
            connection.execute("SET LOCAL ROLE stranger")
            with pytest.raises(psycopg.errors.InsufficientPrivilege) as denied:
                connection.execute(statement)
    finally:
        connection.execute("DROP ROLE stranger")
    told = explain(denied.value)
    assert told is not None
    assert hint in told.hint
    assert told.hint.count("GRANT") == 1
    assert "permission denied" in told.detail or "must be owner" in told.detail
