"""`db`: the embedded server seen, kept up, stopped; a server of one's own only seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
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


_FAKE_PSQL = """#!{python}
import json, os, pathlib, stat, sys
service = os.environ.get("PGSERVICEFILE")
told = dict(arguments=sys.argv[1:], password=os.environ.get("PGPASSWORD"))
if service:
    told |= dict(service=pathlib.Path(service).read_text(), path=service)
    told |= dict(mode=stat.S_IMODE(os.stat(service).st_mode))
print(json.dumps(told))
sys.exit(7)
"""


@pytest.fixture
def fake_psql(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Says in JSON what it was given, and ends with 7."""
    program = tmp_path / "bin" / "psql"
    program.parent.mkdir()
    program.write_text(_FAKE_PSQL.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


@pytest.fixture
def ones_own(run_command: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command in a new data directory that its options do not name: psql has the last word."""
    monkeypatch.setenv("NBAPANEL_DATA_DIR", str(tmp_path / "data"))
    return run_command


@pytest.mark.usefixtures("fake_psql")
def test_no_secret_of_a_connection_is_on_psql_s_command_line(
    ones_own: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap W16: the passphrase of a client's key is one as well, and no variable takes it."""
    monkeypatch.setenv("DATABASE_URL", f"{conninfo} sslpassword='geh eim=\\'1'")
    done = ones_own("db", "psql", "--", "-At")
    assert done.code == 7
    told = done.document
    assert told["password"] == conninfo_to_dict(conninfo)["password"]
    assert told["arguments"][0] == "-d"
    assert told["arguments"][2:] == ["-At"]
    where = conninfo_to_dict(told["arguments"][1])
    assert where == {
        key: value for key, value in conninfo_to_dict(conninfo).items() if key != "password"
    } | {"service": "nbapanel"}
    assert told["service"] == "[nbapanel]\nsslpassword=geh eim='1\n"
    assert told["mode"] == 0o600
    assert not Path(told["path"]).exists()


@pytest.mark.usefixtures("fake_psql")
@pytest.mark.parametrize("more", ["sslpassword='geheim '", "service=house sslpassword=geheim"])
def test_a_secret_that_cannot_be_kept_from_sight_is_not_told(
    more: str, ones_own: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "services").write_text("[house]\nconnect_timeout=9\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("DATABASE_URL", f"{conninfo} {more}")
    done = ones_own("db", "psql")
    assert done.code == 2, done
    assert "sslpassword" in done.err
    assert "geheim" not in done.out + done.err


def test_psql_understands_where_the_secret_lies(
    ones_own: Any, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"{conninfo} sslpassword=geheim")
    done = ones_own("db", "psql", "--", "-Atc", "SELECT 40 + 2")
    assert (done.code, done.out) == (0, "42\n"), done


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
