"""The embedded server and the data directory, for another user of the machine and for the network.

All of it under a umask that keeps nothing from anybody, beneath a folder that everybody may enter.
"""

from __future__ import annotations

import ipaddress
import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from nbapanel.paths import DataDir
from nbapanel.settings_store import save_settings
from nbapanel.warehouse import server
from nbapanel.warehouse.cluster import SUPERUSER

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="modes and accounts of Unix"),
    pytest.mark.timeout(400),
]

_SECRETS = {
    "NBAPANEL_CACHE_HOOKS": "http://127.0.0.1:1/zq7hook0123456789abc",
    "NBAPANEL_ESPN_SITE_URL": "http://feeder:zq7feed0123456789abc@127.0.0.1:1",
    "SOMEBODYS_TOKEN": "zq7other0123456789abc",
}
_STRANGER = 65_432


@dataclass(frozen=True)
class Room:
    data: Path
    status: server.ServerStatus

    @property
    def server_processes(self) -> list[psutil.Process]:
        """PostgreSQL's first process and all that it started."""
        assert self.status.pid is not None
        first = psutil.Process(self.status.pid)
        return [first, *first.children(recursive=True)]

    @property
    def keeper(self) -> psutil.Process:
        running = json.loads((self.data / "postgres" / "server.json").read_text())
        return psutil.Process(running["keeper_pid"])


@pytest.fixture(scope="module")
def room() -> Iterator[Room]:
    """A refetch was done here, and its server stays up."""
    open_folder = Path(tempfile.mkdtemp(prefix="nbapanel-open-"))
    open_folder.chmod(0o755)
    data = open_folder / "share" / "data"
    try:
        refetch = ("refetch", "--feeds", "demo", "--days", "1", "--game", "401810622")
        _run(open_folder, *refetch, code=1)
        _run(open_folder, "db", "start")
        yield Room(data, server.status(data / "postgres"))
    finally:
        with suppress(AssertionError):
            _run(open_folder, "db", "stop", "--force")
        shutil.rmtree(open_folder)


def _run(folder: Path, *words: str, code: int = 0) -> None:
    """With a umask of 0, in an environment with secrets in it."""
    done = subprocess.run(
        [sys.executable, "-m", "nbapanel", *words, "--data-dir", folder / "share" / "data"],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(folder), **_SECRETS},
        umask=0,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr


def test_nothing_is_readable_or_writable_for_anybody_else(room: Room) -> None:
    """Though the umask would allow it: not the directory, and not one thing below it."""
    assert stat.S_IMODE(room.data.stat().st_mode) == 0o700
    below = [path for path in room.data.rglob("*") if not path.is_symlink()]
    assert {path.name for path in below} >= {"password", "nbapanel.log", "origin.json", "cluster"}
    modes = {str(path): stat.filemode(path.stat().st_mode) for path in below}
    assert not {path: mode for path, mode in modes.items() if not mode.endswith("------")}


def test_what_holds_a_secret_is_for_its_owner_alone(tmp_path: Path) -> None:
    """The settings file too, in a directory that was there before and is open to all."""
    data = tmp_path / "data"
    data.mkdir()
    data.chmod(0o755)
    before = os.umask(0)
    try:
        DataDir(data).make()
        save_settings(data, {"database_url": "postgresql://nba@db.test/house"})
    finally:
        os.umask(before)
    assert stat.S_IMODE((data / "settings.toml").stat().st_mode) == 0o600


def test_it_listens_on_loopback_only(room: Room) -> None:
    listening = {
        (process.name(), ipaddress.ip_address(found.laddr.ip))
        for process in [*room.server_processes, room.keeper]
        for found in process.net_connections(kind="inet")
        if found.status == psutil.CONN_LISTEN or found.type == socket.SOCK_DGRAM
    }
    assert {name for name, _ in listening} >= {"postgres"}
    assert not [(name, at) for name, at in listening if not at.is_loopback]
    unix = [
        found.laddr
        for process in room.server_processes
        for found in process.net_connections(kind="unix")
        if found.laddr
    ]
    assert not unix, "a socket in the file system is another way in"


def test_it_asks_everybody_for_the_password(room: Room) -> None:
    """And keeps it as a hash that gives nothing away; no other way in is left in its rules."""
    with (
        server.acquire(room.data / "postgres", purpose="test") as lease,
        psycopg.connect(lease.conninfo) as connection,
    ):
        ways = connection.execute(
            "SELECT type, database::text, user_name::text, address, auth_method"
            " FROM pg_hba_file_rules"
        ).fetchall()
        hashed = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolcanlogin")
        kept = hashed.fetchall()
    assert ways == [("host", "{all}", "{all}", "127.0.0.1", "scram-sha-256")]
    assert [password[:14] for (password,) in kept] == ["SCRAM-SHA-256$"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can become another")
def test_another_user_gets_nowhere(room: Room) -> None:
    """By the files, the port, the sockets and the list of processes."""
    with socket.socket(socket.AF_UNIX) as panel:  # as a window of this directory would have it
        panel.bind(str(room.data / "panel.sock"))
        panel.listen()
        told = _as_stranger(room)
    assert told["uid"] == _STRANGER
    assert told["listed"] == []
    assert told["written"] == "PermissionError"
    assert told["socket"] == "PermissionError"
    assert len(told["passwords"]) == 6
    for tried, said in told["passwords"].items():
        refused = "password authentication failed" in said or "no password supplied" in said
        assert refused, (tried, said)
    assert told["environments"]["of root"] != []
    assert told["environments"]["of the stranger"] == []


def _as_stranger(room: Room) -> Any:
    program = Path(__file__).with_name("intruder.py")
    done = subprocess.run(
        [sys.executable, program, str(_STRANGER), room.data, str(room.status.port)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_server_is_told_no_secret_of_ours(room: Room) -> None:
    """It may run as another account, and whoever may use it as superuser can read its files."""
    for process in room.server_processes:
        told = process.environ()
        assert told.keys().isdisjoint(_SECRETS)
        assert not any("zq7" in value for value in told.values())
    password = (room.data / "postgres" / "password").read_text().strip()
    for process in [*room.server_processes, room.keeper]:
        assert password not in " ".join(process.cmdline())
        assert password not in "".join(process.environ().values())


def test_whoever_rings_the_keepers_bell_wakes_it_and_no_more(room: Room) -> None:
    """Everybody on this machine can reach that port: it is no way to stop or start anything."""
    port = json.loads((room.data / "postgres" / "server.json").read_text())["bell_port"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
        for word in (b"", b"stop", b"\0" * 60_000, b'{"stop": true}', *[b"!"] * 200):
            bell.sendto(word, ("127.0.0.1", port))
    where = f"host=127.0.0.1 port={room.status.port} user={SUPERUSER} dbname=nbapanel"
    password = (room.data / "postgres" / "password").read_text().strip()
    with psycopg.connect(where, password=password) as connection:
        assert connection.execute("SELECT pg_postmaster_start_time() < now()").fetchone() == (True,)
    assert server.status(room.data / "postgres").pid == room.status.pid
