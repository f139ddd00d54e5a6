"""A PostgreSQL of one's own behind DATABASE_URL: the oldest that is supported, and its troubles."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nbapanel.pipeline import STEPS

_PROGRAMS = Path("/usr/lib/postgresql/15/bin")
_PASSWORD = "gehe1m-und-l4ng"
_GAME = ("--days", "1", "--game", "401810622")


@dataclass(frozen=True)
class Server:
    port: int

    def url(self, user: str = "owner", password: str = _PASSWORD, database: str = "nba") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "nba") -> None:
        with psycopg.connect(self.url(database=database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A cluster of the system's PostgreSQL 15, which does not run as root."""
    if not _PROGRAMS.is_dir():
        pytest.skip(f"no PostgreSQL 15 on this machine: {_PROGRAMS} is not there")
    user = None
    if os.geteuid() == 0:
        user = next((one.pw_name for one in pwd.getpwall() if one.pw_name == "postgres"), "nobody")
    room = Path(tempfile.mkdtemp(prefix="nbapanel-own-"))
    try:
        (room / "password").write_text(_PASSWORD)
        if user is not None:
            for path in (room, room / "password"):
                shutil.chown(path, user)
        port = _free_port()

        def run(program: str, *arguments: str) -> None:
            subprocess.run(
                [_PROGRAMS / program, *arguments], user=user, check=True, cwd=room, timeout=60,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        data = str(room / "data")
        run("initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "-N", "-E", "UTF8",
            f"--pwfile={room / 'password'}")  # fmt: skip
        options = f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        run("pg_ctl", "-D", data, "-w", "-l", str(room / "log"), "-o", options, "start")
        try:
            server = Server(port)
            server.execute("CREATE DATABASE nba", database="postgres")
            yield server
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(room)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def at(new_panel: Callable[..., Any]) -> Iterator[Callable[[str], Any]]:
    """`at(url)`: the command with that DATABASE_URL; it must never tell its password."""
    made: list[Any] = []

    def panel_at(url: str) -> Any:
        made.append(new_panel(DATABASE_URL=url))
        return made[-1]

    yield panel_at
    for panel in made:
        for path in panel.data_dir.rglob("*"):
            # trap W16
            assert path.is_dir() or _PASSWORD.encode() not in path.read_bytes(), path
        assert not (panel.data_dir / "postgres").exists(), "the embedded one is not needed"


def _said(*told: Any) -> str:
    text = "".join(done.out + done.err for done in told)
    assert _PASSWORD not in text
    assert "Traceback" not in text
    return text


def test_the_whole_refetch(server: Server, at: Any) -> None:
    """trap W16: and the password is nowhere: not in what is said, nor in the log."""
    panel = at(server.url())
    first = panel("refetch", "--feeds", "demo", "--days", "2", "--json", "--verbose")
    assert first.states == dict.fromkeys(STEPS.keys, "done")
    again = panel("refetch", "--days", "2", "--json")
    assert not any(
        counts["inserted"] or counts["updated"] or counts["deleted"]
        for step in again.document["steps"]
        for counts in step["changes"].values()
    )
    status, doctor = panel("status"), panel("doctor")
    assert status.out.startswith("✓ Fresh")
    assert "PostgreSQL 15." in status.out
    assert f"postgresql://owner@127.0.0.1:{server.port}/nba" in doctor.out
    features = panel("verify", "features")
    rebuilt = panel("rebuild", "--yes")
    _said(first, again, status, doctor, features, rebuilt)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"password": "wr0ng"}, "The database refused the password."),
        ({"user": "nobody-here"}, "The database refused the password."),
        ({"database": "none"}, "There is no such database."),
    ],
    ids=["password", "user", "database"],
)
@pytest.mark.parametrize("command", [("refetch", *_GAME), ("status",)], ids=["refetch", "status"])
def test_no_way_in(
    command: tuple[str, ...], changed: dict[str, str], told: str, server: Server, at: Any
) -> None:
    done = at(server.url(**changed))(*command, "--feeds", "demo", code=3)
    assert told in done.err
    assert "DATABASE_URL" in done.err
    assert done.out == ""
    assert "wr0ng" not in _said(done)


def test_nobody_listens_there(server: Server, at: Any) -> None:
    port = _free_port()
    done = at(Server(port).url())("refetch", "--feeds", "demo", code=3)
    assert "The database does not answer." in done.err
    assert str(port) in done.err
    assert "Check that the server is up" in done.err
    _said(done)


def test_a_database_that_is_read_only(server: Server, at: Any) -> None:
    server.execute("CREATE DATABASE standby", database="postgres")
    server.execute("ALTER DATABASE standby SET default_transaction_read_only = on")
    done = at(server.url(database="standby"))("refetch", "--feeds", "demo", *_GAME, code=3)
    assert "The database is read-only." in done.err
    assert "point DATABASE_URL at the primary" in done.err
    _said(done)


def test_a_migrated_database_that_has_become_read_only(server: Server, at: Any) -> None:
    server.execute("CREATE DATABASE once", database="postgres")
    panel = at(server.url(database="once"))
    panel("refetch", "--feeds", "demo", *_GAME)
    server.execute("ALTER DATABASE once SET default_transaction_read_only = on")
    done = panel("refetch", *_GAME, code=3)
    assert "The database is read-only." in done.err
    looked = panel("status")
    assert "Fresh" in looked.out
    _said(done, looked)


def test_a_user_without_rights(server: Server, at: Any) -> None:
    server.execute(
        f"CREATE ROLE guest LOGIN PASSWORD '{_PASSWORD}'",
        "CREATE DATABASE guarded",
        database="postgres",
    )
    done = at(server.url("guest", database="guarded"))("refetch", "--feeds", "demo", code=3)
    assert "The database user lacks a right." in done.err
    assert "GRANT CREATE ON DATABASE" in done.err
    _said(done)


def test_a_connection_string_that_is_none(at: Any) -> None:
    done = at("postgres//nowhere")("status", code=None)
    assert done.code in (2, 3)
    assert "DATABASE_URL" in done.err
    _said(done)
