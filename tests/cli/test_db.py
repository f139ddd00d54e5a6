"""`db`: the embedded server seen, kept up, stopped; a server of one's own only seen."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from nbapanel.warehouse.server import status


def test_it_is_started_kept_up_and_stopped(run_command: Any, tmp_path: Any) -> None:
    room = tmp_path / "data"

    def db(*arguments: str) -> Any:
        return run_command("db", *arguments, "--data-dir", str(room))

    assert "Not initialised yet" in db("status").out
    assert not room.exists(), "a look makes nothing"
    refused = db("url")
    assert refused.code == 3
    assert "nbapanel db start" in refused.err

    started = db("start")
    assert started.code == 0
    assert "is up on 127.0.0.1:" in started.out
    seen = db("status").out
    assert "up on 127.0.0.1:" in seen
    assert "kept up until `nbapanel db stop`" in seen
    url = db("url").out.strip()
    connection = psycopg.connect(url)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    told = db("stop")
    connection.close()
    assert told.code == 0, "a connection of one's own is no user of ours: it is cut off"
    assert told.out == "Stopped.\n"
    assert not status(room / "postgres").is_running
    assert db("stop").out == "It was not running.\n"
    assert ": down" in db("status").out


_USER = """
import sys
from pathlib import Path
from nbapanel.warehouse.server import acquire
with acquire(Path(sys.argv[1]), purpose="another window"):
    print("here", flush=True)
    sys.stdin.read()
"""


def test_it_is_not_stopped_under_those_who_use_it(embedded: Any, embedded_room: Any) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", _USER, str(embedded_room / "postgres")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "here\n"
    refused = embedded("db", "stop")
    used = embedded("db", "status").out
    other.communicate()
    assert refused.code == 1
    assert "The embedded PostgreSQL is in use." in refused.err
    assert f"By: another window (process {other.pid})." in refused.err
    assert "--force" in refused.err
    assert f"Used by process {other.pid} (another window) since" in used


def test_psql_is_given_the_password_out_of_sight(embedded: Any) -> None:
    """trap W16: by the environment, not by the command line that everybody can read."""
    done = embedded("db", "psql", "--", "-Atc", "SELECT 40 + 2")
    assert done.code == 0, done
    assert done.out == "42\n"
    assert embedded("db", "psql", "--", "-c", "SELECT nothing").code == 1


def test_ones_own_server_is_shown_and_left_alone(nbapanel: Any, conninfo: str) -> None:
    """trap W16: its address is shown without its password, and in full only where asked for."""
    password = conninfo_to_dict(conninfo)["password"]
    seen = nbapanel("db", "status")
    assert seen.code == 0
    assert seen.out.startswith("Your own PostgreSQL 18")
    assert str(password) not in seen.out + seen.err
    assert nbapanel("db", "url").out.strip() == conninfo
    for verb in ("start", "stop"):
        refused = nbapanel("db", verb)
        assert refused.code == 2
        assert "Unset DATABASE_URL" in refused.err
        assert str(password) not in refused.out + refused.err


@pytest.mark.parametrize("password", ["geh@eim", "geh/eim", "geh%eim", "geh eim:", "@geh/eim@"])
@pytest.mark.parametrize("command", [("status",), ("doctor",), ("db", "status")], ids=" ".join)
def test_a_password_that_breaks_the_url_is_not_told_in_pieces(
    command: tuple[str, ...], password: str, nbapanel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W16: what follows its @ or / looks like a host, a port or a name, and is not shown."""
    monkeypatch.setenv("DATABASE_URL", f"postgresql://owner:{password}@127.0.0.1:1/nba")
    done = nbapanel(*command)
    assert done.code == (1 if command == ("doctor",) else 3)
    said = done.out + done.err
    assert "geh" not in said
    assert "eim" not in said
    assert "DATABASE_URL" in said
