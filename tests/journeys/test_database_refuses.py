"""The database is there and will not: no connection to spare, read-only, another schema."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.engine.events import RunStatus
from nbapanel.settings_store import load_settings
from nbapanel.ui.errors import ErrorDialog
from nbapanel.warehouse.db import connect

_NO_MORE = "The database takes no more connections."
_EDIT = "UPDATE ops.schema_migrations SET sha256 = %s WHERE version ="


@pytest.fixture
def limit(place: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """`limit(number)`: how many connections the window's own user may have; it is no superuser."""
    name = f"visitor_{uuid.uuid4().hex[:8]}"

    def execute(*statements: str) -> None:
        with connect(conninfo, purpose="test") as connection:
            for statement in statements:
                connection.execute(statement)

    database = conninfo_to_dict(conninfo)["dbname"]
    execute(
        f"CREATE ROLE {name} LOGIN PASSWORD 'v1sitor'",
        f"GRANT ALL ON DATABASE {database} TO {name}",
        "DROP SCHEMA ops, espn, kalshi, nba, derived CASCADE",
    )
    monkeypatch.setenv("DATABASE_URL", make_conninfo(conninfo, user=name, password="v1sitor"))
    yield lambda number: execute(f"ALTER ROLE {name} CONNECTION LIMIT {number}")
    execute(f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")


def _now(place: Any) -> Any:
    """The place as the environment has it now."""
    return replace(place, settings=load_settings(place.data_dir.root))


def test_no_connection_to_spare(journey: Any, place: Any, limit: Callable[[int], None]) -> None:
    """trap W15: at the start it says so, and comes in by itself when there is room; later a run
    finds none: it is told, and the window goes on with those that it has."""

    async def story(t: Any) -> None:
        await t.until(lambda: t.panel.live.database.kind == "lost", "that it is not let in")
        await t.until(lambda: _NO_MORE in t.headline, "the headline")
        assert "max_connections" in t.panel.live.database.hint
        limit(-1)
        await t.until(lambda: t.panel.live.database.kind == "ready", "that there is room")
        await t.until(lambda: t.headline.startswith("Nothing was ever fetched here"))

        limit(0)
        await _is_refused(t, _NO_MORE, "max_connections")
        t.window.docks.show("history")

        limit(-1)
        await t.until(lambda: t.panel.live.database.kind == "ready", "that it is there")
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE
        await t.until_fresh()

    limit(0)
    journey(_now(place), story)


def test_a_database_that_became_read_only(journey: Any, fetched: Any) -> None:
    """All that is there is shown; a refetch is refused in words until it may write again."""

    async def story(t: Any) -> None:
        await t.until_fresh()
        t.window.docks.show("games")
        await t.until(lambda: t.window.docks.games.model.rowCount() > 0, "the games")
        await _is_refused(t, "The database is read-only.", "point DATABASE_URL at the primary")
        await t.until_fresh()
        _alter(conninfo, "RESET default_transaction_read_only")
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE

    conninfo = fetched.settings.database_url
    _alter(conninfo, "SET default_transaction_read_only = on")
    journey(fetched, story)


def test_an_applied_migration_was_edited(journey: Any, fetched: Any) -> None:
    """Nothing of such a database is trusted: the window says which, and what to do; and opens it
    once it is as it was."""

    async def story(t: Any) -> None:
        await t.until(lambda: t.panel.live.database.kind == "refused", "the refusal")
        state = t.panel.live.database
        assert state.title == "This database's schema is not the one this nbapanel was made for."
        assert "0002_espn was edited after it was applied" in state.detail
        assert "nbapanel doctor" in state.hint
        await t.until(lambda: state.title.rstrip(".") in t.headline, "the headline")
        assert t.window.header._notice.isVisible()
        assert not t.window.header.button.isEnabled()

        with connect(conninfo, purpose="test") as connection:
            connection.execute(f"{_EDIT} 2", (was,))
        t.window.retry_database_wanted.emit()
        await t.until_fresh()
        await t.refetch()
        assert t.board.ended.status is RunStatus.DONE

    conninfo = fetched.settings.database_url
    with connect(conninfo, purpose="test") as connection:
        found = connection.execute("SELECT sha256 FROM ops.schema_migrations WHERE version = 2")
        (was,) = found.fetchone() or ()
        connection.execute(f"{_EDIT} 2", ("edited",))
    journey(fetched, story)


async def _is_refused(t: Any, *words: str) -> None:
    """A refetch: its last words come up, and the window can be used as before."""
    t.click(t.window.header.button)
    await t.until(lambda: t.window.findChildren(ErrorDialog), "the words of the run")
    dialog = t.opened(ErrorDialog)
    for word in words:
        assert word in dialog.text
    dialog.reject()
    assert not t.panel.desk.is_child_alive
    await t.until(lambda: t.button == "Refetch" and t.window.header.button.isEnabled())


def _alter(conninfo: str, words: str) -> None:
    """For every connection that is made from now on."""
    database = conninfo_to_dict(conninfo)["dbname"]
    with connect(conninfo, purpose="test") as connection:
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f"ALTER DATABASE {database} {words}")
