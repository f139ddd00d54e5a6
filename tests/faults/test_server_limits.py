"""A server with limits: so many connections and no more, so long a statement, nothing written."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse.db import connect

_ENOUGH_CONNECTIONS = 12
_LIMIT_S = 2


@dataclass(frozen=True)
class Role:
    """Whom the run logs in as: no superuser, for whom limits do not count."""

    name: str
    admin: str

    @property
    def conninfo(self) -> str:
        return make_conninfo(self.admin, user=self.name, password="w0rker")

    def set(self, words: str) -> None:
        with connect(self.admin, purpose="test") as connection:
            connection.execute(f"ALTER ROLE {self.name} {words}")


@pytest.fixture
def role(conninfo: str) -> Iterator[Role]:
    """It makes the schema, and so owns what is in the database."""
    made = Role(f"worker_{uuid.uuid4().hex[:8]}", conninfo)
    with connect(conninfo, purpose="test") as connection:
        connection.execute(f"CREATE ROLE {made.name} LOGIN PASSWORD 'w0rker'")
        database = conninfo_to_dict(conninfo)["dbname"]
        connection.execute(f"GRANT ALL ON DATABASE {database} TO {made.name}")
        connection.execute("DROP SCHEMA ops, espn, kalshi, nba, derived CASCADE")
    yield made
    with connect(conninfo, purpose="test") as connection:
        connection.execute(f"DROP OWNED BY {made.name} CASCADE")
        connection.execute(f"DROP ROLE {made.name}")


@pytest.fixture
def limited(desk: Any, role: Role) -> Any:
    """The desk, working as that role."""
    return desk.with_settings(database_url=role.conninfo)


def test_a_limit_of_connections(
    limited: Any,
    role: Role,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    left_whole: Any,
) -> None:
    """trap W15: with none, one, two ... connections a refetch comes as far as they reach, says what
    it lacks and ends; the first that has enough does the rest."""
    for limit in range(_ENOUGH_CONNECTIONS):
        role.set(f"CONNECTION LIMIT {limit}")
        if _does_all(limited):
            break
    assert limit > 1, "the limit was none"
    same_contents(contents(role.admin), undisturbed)
    left_whole(role.admin, limited.place.data_dir.root)


def _does_all(limited: Any) -> bool:
    try:
        ended = limited()
    except DatabaseUnavailable as refused:
        told = [str(refused)]
    else:
        told = [ended.step(key).error + ended.step(key).hint for key in ended.finished.failed]
        if not told:
            assert ended.finished.status == "done", ended.finished
            return True
    for words in told:
        assert "The database takes no more connections." in words
        assert "Close what is not needed, or raise max_connections." in words
    return False


def test_a_statement_timeout_of_the_role(
    limited: Any,
    role: Role,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    left_whole: Any,
) -> None:
    """trap W15: as an administrator sets it, and too short while another program is in the way."""
    assert limited(only=("fetch_scoreboards", "load_scoreboards")).finished.status == "done"
    role.set(f"SET statement_timeout = '{_LIMIT_S}s'")
    with psycopg.connect(role.admin) as other:
        other.execute("LOCK TABLE espn.plays IN EXCLUSIVE MODE")
        ended = limited()
    assert ended.states["load_games"] == "failed"
    assert "The database stopped the statement." in ended.step("load_games").error
    assert "statement_timeout" in ended.step("load_games").hint
    assert ended.states["game_state"] == ended.states["publish"] == "blocked"

    role.set("RESET statement_timeout")
    assert limited().finished.status == "done"
    same_contents(contents(role.admin), undisturbed)
    left_whole(role.admin, limited.place.data_dir.root)


def test_a_database_that_becomes_read_only(
    limited: Any,
    role: Role,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    left_whole: Any,
) -> None:
    """What was fetched before waits in the archive until it may be written again."""
    assert limited(only=("fetch_scoreboards", "markets")).finished.status == "done"
    role.set("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable) as refused:
        limited()
    assert refused.value.title == "The database is read-only."
    assert "primary" in refused.value.hint

    role.set("RESET default_transaction_read_only")
    assert limited().finished.status == "done"
    same_contents(contents(role.admin), undisturbed)
    left_whole(role.admin, limited.place.data_dir.root)
