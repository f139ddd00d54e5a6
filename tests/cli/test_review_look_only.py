"""A look writes nothing: no cluster, no schema, no folder, and no claim."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbapanel.pipeline import STEPS
from nbapanel.warehouse import migrate
from nbapanel.warehouse.db import connect

_LOOKS = [
    ("status",), ("status", "--json"), ("history",), ("history", "--json"), ("resume",),
    ("refetch", "--feeds", "demo", "--dry-run"),
    ("refetch", "--feeds", "demo", "--dry-run", "--json"),
    ("migrate", "--dry-run"), ("doctor",),
]  # fmt: skip


@pytest.fixture
def schemas(conninfo: str) -> Any:
    def look() -> set[str]:
        with connect(conninfo, purpose="test") as connection:
            rows = connection.execute("SELECT nspname FROM pg_namespace").fetchall()
        return {name for (name,) in rows if not name.startswith("pg_")}

    return look


@pytest.mark.parametrize("look", _LOOKS, ids=" ".join)
def test_nothing_is_made_where_nothing_is(
    look: tuple[str, ...], run_command: Any, tmp_path: Path
) -> None:
    done = run_command(*look, "--data-dir", str(tmp_path / "new"))
    assert done.code == 0, done
    assert not (tmp_path / "new").exists()
    if look in (("status",), ("history",), ("refetch", "--feeds", "demo", "--dry-run")):
        assert "Nothing here yet: nbapanel refetch" in done.out
        assert ("--feeds demo" in done.out) == ("demo" in look)


@pytest.mark.parametrize("look", _LOOKS, ids=" ".join)
def test_a_database_of_ones_own_is_left_as_it_is(
    look: tuple[str, ...], nbapanel: Any, conninfo: str, schemas: Any, tmp_path: Path
) -> None:
    with connect(conninfo, purpose="test") as connection:
        connection.execute("DROP SCHEMA ops, espn, kalshi, nba, derived CASCADE")
    before = schemas()
    assert nbapanel(*look).code == 0
    assert schemas() == before
    assert not (tmp_path / "data").exists()


def test_the_documents_where_nothing_is(run_command: Any, tmp_path: Path) -> None:
    new = ("--data-dir", str(tmp_path / "new"))
    status = run_command("status", "--json", *new).document
    assert (status["last_run"], status["days"], status["feeds"]) == (None, [], "unknown")
    history = run_command("history", "--json", *new).document
    assert history == {"runs": [], "steps": [], "backfills": []}
    planned = run_command("refetch", "--dry-run", "--feeds", "demo", "--json", *new).document
    assert [step["key"] for step in planned["steps"]] == list(STEPS.keys)
    assert all(step["plan"] is None for step in planned["steps"])
    assert planned["seconds"] is None


def test_an_older_schema_is_not_migrated_by_a_look(nbapanel: Any, conninfo: str) -> None:
    with connect(conninfo, purpose="test") as connection:
        connection.execute(
            "DELETE FROM ops.schema_migrations WHERE version = %s", (len(migrate.available()),)
        )
    for look in (("status",), ("history",), ("refetch", "--feeds", "demo", "--dry-run")):
        done = nbapanel(*look)
        assert done.code == 3, look
        assert "nbapanel migrate" in done.err
    with connect(conninfo, purpose="test") as connection:
        assert len(migrate.applied(connection)) == len(migrate.available()) - 1


def test_whose_database_it_is_comes_before_its_schema(
    refetch: Any, run_command: Any, conninfo: str, tmp_path: Path
) -> None:
    """Somebody else's warehouse is not migrated on the way to being refused."""
    assert refetch("--until", "load_scoreboards").code == 0
    with connect(conninfo, purpose="test") as connection:
        connection.execute("DELETE FROM ops.schema_migrations WHERE version >= 4")
        connection.execute("DROP SCHEMA derived CASCADE")
    done = run_command("migrate", "--feeds", "live", "--data-dir", str(tmp_path / "elsewhere"))
    assert done.code == 2
    assert "belongs to the feeds 'demo:7'" in done.err
    with connect(conninfo, purpose="test") as connection:
        assert len(migrate.applied(connection)) == 3
