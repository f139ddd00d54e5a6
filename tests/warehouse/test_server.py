"""The embedded PostgreSQL, for real: who starts it, who shares it, and that it goes with the last.

The folders lie in tmp_path, which pytest makes 0700: run by root, every one of these tests also
shows that the server's account gets to files beneath folders it may not enter.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from nbapanel import file_lock
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.warehouse import server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")

PROGRAMS = ("postgres", "initdb")
ENDLESS = b"do $$ begin loop perform 1; end loop; end $$"

CLIENT = """
import pathlib, sys
from nbapanel.warehouse import server
lease = server.acquire(pathlib.Path(sys.argv[1]), purpose=sys.argv[2], fast_unsafe=True)
sys.stdout.write(lease.conninfo + "\\n")
sys.stdout.flush()
sys.stdin.readline()
lease.release()
"""


class Client:
    """Another process that uses the server until its stdin is closed, or it is killed."""

    def __init__(self, folder: Path, purpose: str = "client") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(folder), purpose],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def conninfo(self, timeout_s: float = 30.0) -> str:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], timeout_s)[0], "no answer in time"
        return self.process.stdout.readline().strip()

    def leave(self) -> None:
        self.process.communicate("\n", timeout=30)
        assert self.process.returncode == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def eventually(is_so: Callable[[], object], timeout_s: float = 60.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "did not come about in time"
        time.sleep(0.02)


def processes_of(folder: Path) -> list[psutil.Process]:
    """The keepers, servers (backends too) and initdbs of a folder."""
    found = []
    for process in psutil.process_iter(["name", "cmdline", "cwd"]):
        command = process.info["cmdline"] or []
        ours = "nbapanel.warehouse.keeper" in command or process.info["name"] in PROGRAMS
        words = (*command, process.info["cwd"] or "")
        if ours and any(word.startswith(str(folder)) for word in words):
            found.append(process)
    return found


def keeper_pid(folder: Path) -> int:
    return int((folder / "keeper.lock").read_text())


def kill_keeper(folder: Path) -> None:
    """Returns when it is dead, and its lock free."""
    os.kill(keeper_pid(folder), signal.SIGKILL)
    eventually(lambda: not file_lock.is_held(folder / "keeper.lock"))


def ask(conninfo: str, query: str) -> object:
    """One value; patient while the server recovers from a kill."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with psycopg.connect(conninfo, connect_timeout=5) as connection:
                row = connection.execute(query).fetchone()
                assert row is not None
                return row[0]
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def write(conninfo: str, *statements: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "postgres"
    server.acquire(folder, purpose="template", fast_unsafe=True).release()
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """The place of a server folder that is not there yet; nothing may be left running in it."""
    folder = tmp_path / "data" / "postgres"
    yield folder
    deadline = time.monotonic() + 60
    while (left := processes_of(folder)) and time.monotonic() < deadline:
        time.sleep(0.02)
    for process in left:
        process.kill()
    assert not left, f"left running: {left}"


@pytest.fixture
def folder(empty: Path, template: Path) -> Path:
    """A folder with a cluster that was initialised before."""
    empty.parent.mkdir()
    subprocess.run(["cp", "-a", str(template), str(empty)], check=True)
    (empty / "port").unlink()
    return empty


def acquire(folder: Path, purpose: str = "test") -> server.Lease:
    return server.acquire(folder, purpose=purpose, fast_unsafe=True)


# The first use


def test_first_use_initialises_starts_and_stops(empty: Path) -> None:
    with server.acquire(empty, purpose="first") as lease:
        assert ask(lease.conninfo, "select current_database() || current_user") == "nbapanel" * 2
        assert ask(lease.conninfo, "select upper('jokić')") == "JOKIĆ"
        assert ask(lease.conninfo, "show server_encoding") == "UTF8"
        assert ask(lease.conninfo, "show fsync") == "on"
        assert ask(lease.conninfo, "show timezone") == "UTC"
        assert ask(lease.conninfo, "show max_connections") == "40"
    assert not processes_of(empty)
    assert not list(empty.glob("init-*"))


def test_is_for_its_owner_alone(empty: Path) -> None:
    with acquire(empty) as lease:
        parts = dict(part.split("=", 1) for part in lease.conninfo.split())
        assert stat.S_IMODE(empty.stat().st_mode) == 0o700
        assert stat.S_IMODE((empty / "cluster").stat().st_mode) == 0o700
        for name in ("password", "server.log", "server.json"):
            assert stat.S_IMODE((empty / name).stat().st_mode) == 0o600, name
        wrong = lease.conninfo.replace(parts["password"], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(wrong)
        assert ask(lease.conninfo, "show unix_socket_directories") == ""
        assert ask(lease.conninfo, "show listen_addresses") == "127.0.0.1"
        rules = "select array_agg(type || address || auth_method) from pg_hba_file_rules"
        assert ask(lease.conninfo, rules) == ["host127.0.0.1scram-sha-256"]


def test_password_is_in_no_log_and_no_process_list(empty: Path) -> None:
    """trap W16"""
    with acquire(empty) as lease:
        password = (empty / "password").read_text()
        assert f"password={password} " in lease.conninfo
        assert password not in (empty / "server.log").read_text()
        for process in processes_of(empty):
            assert password not in " ".join(process.cmdline())
            assert password not in " ".join(process.environ().values())
    assert password not in (empty / "server.log").read_text()


def test_lost_password_is_made_anew(folder: Path) -> None:
    (folder / "password").unlink()
    with acquire(folder) as lease:
        assert ask(lease.conninfo, "select 1") == 1
        assert (folder / "password").read_text() not in (folder / "server.log").read_text()


# Sharing


def test_others_share_the_same_server(folder: Path) -> None:
    with acquire(folder) as lease:
        other = Client(folder, "refetch")
        assert other.conninfo() == lease.conninfo
        now = server.status(folder)
        assert [user.purpose for user in now.users] == ["test", "refetch"]
        assert now.users[1].pid == other.process.pid
        other.leave()
        assert ask(lease.conninfo, "select 1") == 1
    assert not processes_of(folder)


def test_ten_at_once_get_one_server(empty: Path) -> None:
    """trap W15"""
    clients = [Client(empty, f"client {number}") for number in range(10)]
    assert len({client.conninfo() for client in clients}) == 1
    assert len(server.status(empty).users) == 10
    assert len({process.pid for process in processes_of(empty) if is_postmaster(process)}) == 1
    for client in clients[:5]:
        client.kill()
    for client in clients[5:]:
        client.leave()
    eventually(lambda: not processes_of(empty))


def is_postmaster(process: psutil.Process) -> bool:
    return Path(process.cmdline()[0]).name == "postgres"  # a backend's is a title, not a path


def test_coming_and_going_is_never_handed_a_stopping_server(folder: Path) -> None:
    """Whoever is handed a lease can connect at once, however busy the coming and going is."""
    script = CLIENT.split("lease =")[0] + (
        "import psycopg\n"
        "for _ in range(6):\n"
        "    with server.acquire(pathlib.Path(sys.argv[1]), purpose='x', fast_unsafe=True) as x:\n"
        "        psycopg.connect(x.conninfo).close()\n"
    )
    command = [sys.executable, "-c", script, str(folder)]
    comers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for comer in comers:
        _, complaint = comer.communicate(timeout=60)
        assert comer.returncode == 0, complaint
    assert not processes_of(folder)


def test_killed_while_it_was_stopping_the_server(folder: Path) -> None:
    """The next to come neither gets a server that is going down nor waits for ever."""
    for delay_ms in (0, 2, 4, 6, 8, 12, 20):
        last = Client(folder)
        last.conninfo()
        assert last.process.stdin is not None
        last.process.stdin.write("\n")
        last.process.stdin.flush()
        time.sleep(delay_ms / 1000)
        last.kill()
        with acquire(folder) as lease, psycopg.connect(lease.conninfo) as connection:
            connection.execute("select 1")


def test_the_starter_may_be_killed(folder: Path) -> None:
    starter = Client(folder)
    conninfo = starter.conninfo()
    with acquire(folder):
        starter.kill()
        eventually(lambda: len(server.status(folder).users) == 1)
        eventually(lambda: not list((folder / "users").glob(f"{starter.process.pid}-*")))
        assert ask(conninfo, "select 1") == 1


def test_goes_when_its_only_user_is_killed(folder: Path) -> None:
    client = Client(folder)
    client.conninfo()
    assert processes_of(folder)
    client.kill()
    eventually(lambda: not processes_of(folder))
    assert not server.status(folder).is_running


def test_goes_when_its_user_ends_without_releasing(folder: Path) -> None:
    acquire(folder)._user.release()  # type: ignore[union-attr]  # what the end of a process does
    eventually(lambda: not processes_of(folder))


# Crashes


def test_kill_of_the_keeper_ends_in_a_clean_shutdown(folder: Path) -> None:
    with acquire(folder) as lease:
        write(lease.conninfo, "create table kept (n int)", "insert into kept values (7)")
        kill_keeper(folder)
        eventually(lambda: not processes_of(folder))
        assert "database system is shut down" in (folder / "server.log").read_text()
        with acquire(folder, "next") as again:
            assert ask(again.conninfo, "select n from kept") == 7


def test_a_start_right_after_the_keeper_was_killed(folder: Path) -> None:
    """The old server is still going down; the lease that was held before is renewed."""
    with acquire(folder) as lease:
        before = lease.conninfo
        kill_keeper(folder)
        assert lease.renew() == before, "the same port again"
        assert ask(lease.conninfo, "select 1") == 1


def test_kill_of_the_postmaster_is_made_good(folder: Path) -> None:
    """trap W13: a busy backend outlives its postmaster and would forbid the next start."""
    with server.acquire(folder, purpose="safe") as lease:
        write(lease.conninfo, "create table kept (n int)", "insert into kept values (7)")
        busy = psycopg.connect(lease.conninfo, autocommit=True)
        busy.pgconn.send_query(ENDLESS)
        before = server.status(folder).pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        with acquire(folder, "next") as again:
            assert ask(again.conninfo, "select n from kept") == 7
            assert server.status(folder).pid != before
        assert again.conninfo == lease.conninfo
        busy.close()


def test_kill_of_keeper_and_postmaster_together(folder: Path) -> None:
    with server.acquire(folder, purpose="safe") as lease:
        write(lease.conninfo, "create table kept (n int)", "insert into kept values (7)")
        busy = psycopg.connect(lease.conninfo, autocommit=True)
        busy.pgconn.send_query(ENDLESS)
        pid = server.status(folder).pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)  # it must not shut down by itself when its keeper goes
        kill_keeper(folder)
        os.kill(pid, signal.SIGKILL)
        with acquire(folder, "next") as again:
            assert ask(again.conninfo, "select n from kept") == 7
        busy.close()


def test_kill_of_the_postmaster_and_then_its_only_user(folder: Path) -> None:
    """Not even a busy backend is left."""
    client = Client(folder)
    busy = psycopg.connect(client.conninfo(), autocommit=True)
    busy.pgconn.send_query(ENDLESS)
    pid = server.status(folder).pid
    assert pid is not None
    client.kill()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: not processes_of(folder))
    busy.close()


def test_a_server_that_keeps_dying_is_given_up(folder: Path) -> None:
    with acquire(folder):
        for _ in range(4):
            eventually(lambda: server.status(folder).is_running)
            pid = server.status(folder).pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            eventually(lambda pid=pid: server.status(folder).pid != pid)
        eventually(lambda: not processes_of(folder))
        assert "keeps ending by itself" in (folder / "server.log").read_text()
        with acquire(folder, "next") as again:
            assert ask(again.conninfo, "select 1") == 1


def test_kill_of_all_in_the_middle_of_initdb(empty: Path) -> None:
    client = Client(empty)
    eventually(lambda: list(empty.glob("init-*/data/base")))
    client.kill()
    kill_keeper(empty)
    assert not server.status(empty).is_initialised
    with acquire(empty) as lease:
        assert ask(lease.conninfo, "select 1") == 1
        assert len([process for process in processes_of(empty) if is_postmaster(process)]) == 1
    with acquire(empty):
        assert not list(empty.glob("init-*"))


def test_kill_of_the_starter_in_the_middle_of_initdb(empty: Path) -> None:
    """The keeper carries on, and whoever comes next waits for it."""
    client = Client(empty)
    eventually(lambda: list(empty.glob("init-*/data")))
    client.kill()
    with acquire(empty) as lease:
        assert ask(lease.conninfo, "select 1") == 1


def test_pid_of_a_dead_postmaster_that_is_somebody_elses_now(folder: Path) -> None:
    with acquire(folder):
        left = (folder / "cluster" / "postmaster.pid").read_text()
        owner = (folder / "cluster").stat()
    pid_file = folder / "cluster" / "postmaster.pid"
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text("\n".join([str(bystander.pid), *left.splitlines()[1:]]) + "\n")
        os.chown(pid_file, owner.st_uid, owner.st_gid)
        with acquire(folder) as lease:
            assert ask(lease.conninfo, "select 1") == 1
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_files_of_a_keeper_that_died_mislead_nobody(folder: Path) -> None:
    with acquire(folder):
        stale = (folder / "server.json").read_text()
    (folder / "server.json").write_text(stale)
    (folder / "stop.request").write_text("")
    (folder / "users" / "1-dead.lock").write_text('{"pid": 1, "purpose": "x", "since": ""}')
    assert not server.status(folder).is_running
    assert server.status(folder).users == ()
    with acquire(folder) as lease:
        assert ask(lease.conninfo, "select 1") == 1
    assert not (folder / "users" / "1-dead.lock").exists()


# db start, db stop, db status


def test_status_starts_nothing(empty: Path, folder: Path) -> None:
    now = server.status(folder)
    assert (now.is_initialised, now.is_running, now.port, now.users) == (True, False, None, ())
    assert now.size_bytes > 10_000_000
    assert not processes_of(folder)
    shutil.rmtree(folder)
    now = server.status(folder)
    assert (now.is_initialised, now.is_running, now.size_bytes) == (False, False, 0)
    assert not folder.exists()


def test_status_of_a_running_server(folder: Path) -> None:
    with acquire(folder) as lease:
        now = server.status(folder)
        assert now.is_running
        assert f"port={now.port} " in lease.conninfo
        assert now.version is not None
        assert ask(lease.conninfo, "show server_version") == now.version
        assert now.pid in {process.pid for process in processes_of(folder)}
        assert now.started_at is not None
        assert now.started_at.tzinfo is not None


def test_pinned_server_stays_until_it_is_stopped(folder: Path) -> None:
    now = server.start(folder, fast_unsafe=True)
    assert now.is_running
    assert now.is_pinned
    acquire(folder).release()
    client = Client(folder)
    client.conninfo()
    client.kill()
    time.sleep(0.5)  # two looks of the keeper
    assert server.status(folder).pid == now.pid
    assert server.stop(folder) is True
    assert not processes_of(folder)
    assert not server.status(folder).is_pinned
    assert server.stop(folder) is False


def test_stop_is_refused_while_others_use_it(folder: Path) -> None:
    client = Client(folder, "refetch")
    conninfo = client.conninfo()
    with pytest.raises(UserFacingError) as refused:
        server.stop(folder)
    assert f"refetch (process {client.process.pid})" in refused.value.detail
    assert ask(conninfo, "select 1") == 1
    assert server.stop(folder, force=True) is True
    assert not processes_of(folder)
    client.leave()


def test_keeper_ends_cleanly_when_asked_by_the_system(folder: Path) -> None:
    with acquire(folder):
        os.kill(keeper_pid(folder), signal.SIGTERM)
        eventually(lambda: not processes_of(folder))
        assert not server.status(folder).is_running
        assert not (folder / "cluster" / "postmaster.pid").exists()


def test_goes_when_its_folder_is_removed(folder: Path) -> None:
    client = Client(folder)
    client.conninfo()
    # The server may see it at once and remove a file of its own meanwhile.
    shutil.rmtree(folder, ignore_errors=True)
    eventually(lambda: not processes_of(folder))
    client.leave()


def test_large_log_is_rotated_at_the_start(folder: Path) -> None:
    (folder / "server.log").write_text("x" * 5_000_001)
    acquire(folder).release()
    assert (folder / "server.log.1").stat().st_size == 5_000_001
    assert (folder / "server.log").stat().st_size < 100_000


def test_remembered_port_that_is_taken_is_not_insisted_on(folder: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        (folder / "port").write_text(str(port))
        with acquire(folder) as lease:
            assert f"port={port} " not in lease.conninfo
            assert ask(lease.conninfo, "select 1") == 1


def test_a_folder_that_is_not_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DatabaseUnavailable) as refused:
        acquire(tmp_path / "file" / "postgres")
    assert str(tmp_path / "file") in refused.value.detail
    assert "--data-dir" in refused.value.hint
