"""Connections to PostgreSQL: its trouble in words, and nothing left running behind a cancel."""

from __future__ import annotations

import asyncio
import contextlib
import re
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.warehouse.db import (
    Database,
    check_version,
    connect,
    explain,
    in_words,
    without_password,
)


@pytest.fixture
def anywhere(server_conninfo):
    """A connection for what needs no schema."""
    with connect(server_conninfo, purpose="test") as opened:
        yield opened


def refused(conninfo: str) -> UserFacingError:
    with pytest.raises(UserFacingError) as told:
        connect(conninfo, purpose="test")
    return told.value


def raising(connection: psycopg.Connection, state: str) -> UserFacingError:
    """What is said of a statement that PostgreSQL ends with this state."""
    with pytest.raises(UserFacingError) as told, in_words():
        connection.execute(
            f"DO $$ BEGIN RAISE EXCEPTION 'said so' USING ERRCODE = '{state}'; END $$"  # type: ignore[arg-type]
        )
    return told.value


@pytest.mark.parametrize(
    ("state", "title", "transient"),
    [
        ("28P01", "refused the password", False),
        ("28000", "refused this user", False),
        ("3D000", "no such database", False),
        ("53300", "no more connections", True),
        ("53100", "disk is full", False),
        ("53200", "out of memory", False),
        ("25006", "read-only", False),
        ("42501", "lacks a right", False),
        ("57P01", "was shut down", False),
        ("57P02", "crashed", False),
        ("57P03", "starting up or shutting down", True),
        ("57014", "stopped the statement", False),
        ("55P03", "holds a lock", True),
        ("40P01", "was in the way", True),
        ("40001", "was in the way", True),
    ],
)
def test_each_kind_of_trouble_has_words(anywhere, state, title, transient):
    """trap W14: the disk is full; and the others that are nobody's bug."""
    told = raising(anywhere, state)
    assert title in told.title
    assert told.hint
    assert told.detail == "said so"
    assert told.transient is transient


@pytest.mark.parametrize("state", ["53000", "58030", "08006", "57P05"])
def test_trouble_of_the_server_without_words_of_its_own(anywhere, state):
    told = raising(anywhere, state)
    assert isinstance(told, DatabaseUnavailable)
    assert told.detail == "said so"


@pytest.mark.parametrize("wrong", ["SELECT 1/0", "SELECT nothing", "SELEC", "SELECT 'x'::int"])
def test_a_bug_of_ours_goes_through_as_it_is(anywhere, wrong):
    with pytest.raises(psycopg.Error) as raised, in_words():
        anywhere.execute(wrong)
    assert not isinstance(raised.value, UserFacingError)


def test_wrong_password(server_conninfo):
    told = refused(make_conninfo(server_conninfo, password="not this one"))
    assert told.title == "The database refused the password."
    assert "DATABASE_URL" in told.hint
    assert "not this one" not in str(told)


def test_no_such_database(server_conninfo):
    told = refused(make_conninfo(server_conninfo, dbname="nowhere"))
    assert told.title == "There is no such database."
    assert "nowhere" in told.detail


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_nobody_listens(server_conninfo, host):
    told = refused(make_conninfo(server_conninfo, host=host, port=1))
    assert isinstance(told, DatabaseUnavailable)
    assert told.title == "The database does not answer."
    assert "port 1" in told.detail
    assert "\n" not in told.detail


@pytest.fixture
def limited(anywhere):
    """A role that may log in, but not once."""
    anywhere.execute("CREATE ROLE limited LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
    yield
    anywhere.execute("DROP ROLE limited")


@pytest.mark.usefixtures("limited")
def test_too_many_connections(server_conninfo):
    told = refused(make_conninfo(server_conninfo, user="limited", password="x"))
    assert told.title == "The database takes no more connections."
    assert told.transient


def test_a_disk_too_full_to_let_anybody_in():
    """trap W14: libpq gives no state where no connection came about."""
    said = 'server at "::1" failed: FATAL:  could not write init file: No space left on device'
    told = explain(psycopg.OperationalError(said))
    assert told is not None
    assert told.title == "The database's disk is full."
    assert "Free some space" in told.hint


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://nba:sec ret@host/db",
        "postgresql://nba:sec@ret@host/db",
        "postgresql://nba:sec/ret@host/db",
        "nonsense",
        "host=h pasword=secret",
        "host=h port",
    ],
)
def test_a_connection_string_that_is_none(text):
    """trap W16: what cannot be read is not repeated either, for it may hold the password."""
    told = refused(text)
    assert "cannot be read" in told.title
    assert "DATABASE_URL" in told.hint
    assert told.__cause__ is None
    assert told.__context__ is None or told.__suppress_context__
    assert not {"sec", "ret", "secret", "nonsense"} & set(re.split(r"\W+", str(told)))
    with pytest.raises(UserFacingError, match="cannot be read"):
        without_password(text)


def test_statement_timeout(anywhere):
    anywhere.execute("SET statement_timeout = '20ms'")
    with pytest.raises(DatabaseUnavailable, match="stopped the statement"), in_words():
        anywhere.execute("SELECT pg_sleep(30)")


def test_read_only_transaction(connection):
    connection.execute("SET default_transaction_read_only = on")
    with pytest.raises(DatabaseUnavailable, match="read-only"), in_words():
        connection.execute("DELETE FROM ops.game_changes")


def test_a_right_that_is_missing(connection):
    connection.execute("CREATE ROLE reader")
    try:
        connection.execute("SET ROLE reader")
        with pytest.raises(DatabaseUnavailable, match="lacks a right"), in_words():
            connection.execute("SELECT FROM ops.pipeline_runs")
    finally:
        connection.execute("RESET ROLE")
        connection.execute("DROP ROLE reader")


async def test_a_server_that_goes_away(database, connection):
    """trap W13: PostgreSQL ends the connection; the next one is a new one."""

    async def work() -> None:
        async with database.connection() as one:
            connection.execute("SELECT pg_terminate_backend(%s)", (one.info.backend_pid,))
            await one.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable) as told:
        await work()
    assert told.value.title == "The database was shut down."
    async with database.connection() as one:
        assert one.info.backend_pid
        await one.execute("SELECT 1")


def test_an_old_server_is_refused(anywhere):
    check_version(anywhere)
    old = SimpleNamespace(info=SimpleNamespace(server_version=140012))
    with pytest.raises(DatabaseUnavailable, match="version 14; nbapanel needs 15"):
        check_version(old)
    check_version(SimpleNamespace(info=SimpleNamespace(server_version=150000)))


def shown(connection, name: str) -> str:
    return connection.execute(f"SHOW {name}").fetchone()[0]


def test_every_connection_is_set_up_alike(conninfo):
    """trap R6: JIT costs these statements three times what they take."""
    own = make_conninfo(conninfo, options="-c work_mem=7MB -c jit=on")
    with connect(own, purpose="a purpose that is longer than " + "a name may be" * 5) as opened:
        assert shown(opened, "jit") == "off"
        assert shown(opened, "timezone") == "UTC"
        assert shown(opened, "work_mem") == "7MB", "what the user set stays"
        assert shown(opened, "application_name").startswith("nbapanel a purpose")
        assert opened.autocommit


async def test_the_run_s_connections_too(database):
    async with database.connection() as one:
        row = await (
            await one.execute(
                "SELECT current_setting('jit'), current_setting('timezone'),"
                " current_setting('application_name')"
            )
        ).fetchone()
    assert row == ("off", "UTC", "nbapanel test")


async def test_connections_come_back_to_the_shelf(database):
    async with database.connection() as first:
        async with database.connection() as second:
            assert first is not second
        async with database.connection() as third:
            assert third is second
    async with database.connection() as fourth:
        assert fourth is first
    with pytest.raises(ZeroDivisionError):
        async with database.connection() as broken:
            raise ZeroDivisionError
    assert broken.closed
    await database.close()
    assert first.closed
    assert second.closed


async def test_a_cancelled_task_leaves_nothing_running(database, connection, eventually):
    """trap W3: a cancel that changes the screen and nothing else."""
    running = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'nbapanel test'"
        " AND state <> 'idle' AND pid <> pg_backend_pid()"
    )
    asleep = f"{running} AND state = 'active' AND query LIKE '%pg_sleep%'"

    async def work() -> None:
        async with database.connection() as one, one.transaction():
            await one.execute("INSERT INTO ops.game_changes (dataset, game_id) VALUES ('d', 'g')")
            await one.execute("SELECT pg_sleep(300)")

    task = asyncio.create_task(work())
    # A cancel that comes before its statement does is not heard by the server.
    await eventually(lambda: connection.execute(asleep).fetchone() != (0,))
    task.cancel()
    with pytest.raises((asyncio.CancelledError, UserFacingError)):
        await task
    await eventually(lambda: connection.execute(running).fetchone() == (0,))
    assert connection.execute("SELECT count(*) FROM ops.game_changes").fetchone() == (0,)
    async with database.connection() as one:
        await one.execute("SELECT 1")


@pytest.mark.parametrize(
    ("text", "shown_as"),
    [
        ("postgresql://nba:sec%40ret@db.test:6543/house", "postgresql://nba@db.test:6543/house"),
        (
            "host=db.test user=nba password=secret dbname=house",
            "postgresql://nba@db.test:5432/house",
        ),
        ("postgresql:///house", "postgresql://@localhost:5432/house"),
    ],
)
def test_a_connection_string_without_its_password(text, shown_as):
    """trap W16: the password in a log, a crash report, a process list."""
    assert without_password(text) == shown_as


def test_no_password_in_a_traceback(conninfo):
    """trap W16: a crash report shows the objects at hand."""
    password = str(conninfo_to_dict(conninfo)["password"])
    assert password not in repr(Database(conninfo, "test"))
    with contextlib.closing(connect(conninfo, purpose="test")) as opened:
        assert password not in repr(opened)
