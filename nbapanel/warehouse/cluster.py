"""One PostgreSQL cluster as a child of this process: made, started, stopped, and its way cleared
of what a crash left. Who uses it, and when it shall run, is not known here.
"""

from __future__ import annotations

import os
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse import server_trouble, stray_servers
from nbapanel.warehouse.postgres_binaries import Binaries, binaries_for
from nbapanel.warehouse.server_account import Account, server_account, spawn, usable_binaries
from nbapanel.warehouse.server_dir import ServerDir, write_private

SUPERUSER = "nbapanel"
DATABASE = "nbapanel"

_POLL_S = 0.004
_STOP_TIMEOUT_S = 60.0
_QUIT_TIMEOUT_S = 5.0
_SLOW_START_S = 60.0
_PORT_ATTEMPTS = 5

_HBA = "host all all 127.0.0.1/32 scram-sha-256\n"
# For the owner to change: what must hold is on the command line, which overrides this.
_CONF = """
# nbapanel's own settings.
max_connections = 40
shared_buffers = 256MB
max_wal_size = 2GB
maintenance_work_mem = 256MB
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""
_UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


@dataclass(slots=True)
class Server:
    """A postmaster that this process started, and the port it listens on."""

    process: subprocess.Popen[bytes]
    port: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster of one server folder, and what it takes to run its programs."""

    room: ServerDir
    programs: Binaries
    account: Account | None
    fast_unsafe: bool

    def start(self, *, on_slow: Callable[[], None]) -> Server:
        """Start it and wait until it takes connections, however long its recovery takes.

        `on_slow` is called once when that is more than a minute.
        """
        stray_servers.clear(self.room.cluster, self.programs)
        output = "There is no free port between 15000 and 30000."
        for port in islice(_free_ports(self.room.port), _PORT_ATTEMPTS):
            start = self.room.log_size()
            server = Server(self._launch(port), port)
            try:
                if self._await_ready(server, on_slow):
                    write_private(self.room.port, str(port))
                    return server
            except BaseException:
                stop(server.process, self)
                raise
            output = self.room.log_since(start)
            if "Address already in use" not in output:
                break  # else somebody took the port in between
        raise server_trouble.from_output(
            "The embedded PostgreSQL did not come up.", output, self.room.log
        )

    def needs(self, data: Path) -> tuple[Path, ...]:
        return (data, *self.programs.trees)

    def _launch(self, port: int) -> subprocess.Popen[bytes]:
        settings = ["listen_addresses=127.0.0.1", "unix_socket_directories="]
        settings += [f"port={port}", "logging_collector=off", "log_destination=stderr"]
        # After a crash its keeper starts it anew. Left to itself PostgreSQL 18 may hang for good
        # where that fails, as on a full disk: nobody hears that its startup process ended.
        settings.append("restart_after_crash=off")
        settings += _UNSAFE if self.fast_unsafe else ()
        arguments = [self.programs.program("postgres"), "-D", str(self.room.cluster)]
        for setting in settings:
            arguments += ("-c", setting)
        return spawn(arguments, self.account, self.needs(self.room.cluster), self.room)

    def _await_ready(self, server: Server, on_slow: Callable[[], None]) -> bool:
        """True once it takes connections, False when it ended instead."""
        slow_at = time.monotonic() + _SLOW_START_S
        while server.process.poll() is None:
            if _says_ready(self.room.cluster, server.process.pid):
                return True
            if time.monotonic() > slow_at:
                on_slow()
                slow_at = float("inf")
            time.sleep(_POLL_S)
        return False


def prepare(room: ServerDir, *, fast_unsafe: bool) -> Cluster:
    """The cluster in `room`, made first if there is none."""
    for leftover in room.root.glob("init-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    account = server_account(room)
    found = binaries_for(_major_of(room.cluster))
    cluster = Cluster(room, usable_binaries(found, account, room), account, fast_unsafe)
    if not room.is_initialised:
        _initialise(cluster)
    elif not room.password.exists():
        _set_password(cluster)
    return cluster


def stop(process: subprocess.Popen[bytes], cluster: Cluster) -> None:
    """Stop it fast but cleanly; if that takes a minute, at once (it recovers at the next start)."""
    if sys.platform == "win32":
        control = [cluster.programs.program("pg_ctl"), "stop", "-m", "fast", "-w"]
        subprocess.run([*control, "-D", str(cluster.room.cluster)], capture_output=True)
    else:
        process.send_signal(signal.SIGINT)
        if not _ended(process, _STOP_TIMEOUT_S):
            process.send_signal(signal.SIGQUIT)
    if not _ended(process, _QUIT_TIMEOUT_S):
        process.kill()
        process.wait()
    stray_servers.clear(cluster.room.cluster, cluster.programs)  # if it was killed, not stopped


def _initialise(cluster: Cluster) -> None:
    """Make the cluster beside its place, and put it there only when it is whole and on the disk."""
    room, account = cluster.room, cluster.account
    if room.cluster.exists():
        raise DatabaseUnavailable(
            "The place of the embedded PostgreSQL is taken by something else.",
            f"{room.cluster} is there but holds no PG_VERSION.",
            "Move it away, or choose another data directory with --data-dir.",
        )
    workshop = room.root / f"init-{secrets.token_hex(4)}"
    workshop.mkdir(mode=0o700)
    data, password_file = workshop / "data", workshop / "password"
    password = secrets.token_urlsafe(32)
    write_private(password_file, password)
    if account is not None:
        os.chown(password_file, account.uid, account.gid)
        os.chown(workshop, account.uid, account.gid)
    options = ["-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}"]
    options += ["--encoding=UTF8", *_locale_options(cluster.programs.major), "--no-sync"]
    _run_to_end(cluster, "initdb", ["-D", str(data), *options], workshop)
    (data / "pg_hba.conf").write_text(_HBA)
    with open(data / "postgresql.conf", "a") as file:
        file.write(_CONF)
    _run_single(cluster, data, f"CREATE DATABASE {DATABASE};\n", workshop)
    if not cluster.fast_unsafe:
        _run_to_end(cluster, "initdb", ["-D", str(data), "--sync-only"], workshop)
    write_private(room.password, password, durable=True)
    data.rename(room.cluster)
    _sync_folder(room.root)
    shutil.rmtree(workshop)


def _set_password(cluster: Cluster) -> None:
    """A new password where the file was lost; the statement goes over stdin and is not logged."""
    stray_servers.clear(cluster.room.cluster, cluster.programs)
    password = secrets.token_urlsafe(32)
    statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{password}';\n"
    _run_single(cluster, cluster.room.cluster, statement, cluster.room.cluster)
    write_private(cluster.room.password, password, durable=True)


def _run_single(cluster: Cluster, data: Path, statement: str, needed: Path) -> None:
    quiet = ["-c", "log_min_error_statement=panic", "-c", "exit_on_error=on"]
    arguments = ["--single", "-F", *quiet, "-D", str(data), "postgres"]
    _run_to_end(cluster, "postgres", arguments, needed, statement)


def _run_to_end(
    cluster: Cluster, program: str, arguments: list[str], needed: Path, typed: str = ""
) -> None:
    room = cluster.room
    start = room.log_size()
    child = spawn(
        [cluster.programs.program(program), *arguments],
        cluster.account,
        cluster.needs(needed),
        room,
        stdin=subprocess.PIPE,
    )
    child.communicate(typed.encode())
    if child.returncode != 0:
        title = "The embedded PostgreSQL could not be initialised."
        raise server_trouble.from_output(title, room.log_since(start), room.log)


def _locale_options(major: int) -> list[str]:
    """UTF-8 that does not depend on what locales the system has, where PostgreSQL can do that."""
    if major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _major_of(cluster: Path) -> int | None:
    try:
        return int((cluster / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def _says_ready(cluster: Path, pid: int) -> bool:
    """PostgreSQL keeps its state in the last line of postmaster.pid, its pid in the first."""
    try:
        # The folder stands in it too, and its name need not be UTF-8.
        lines = (cluster / "postmaster.pid").read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _free_ports(remembered: Path) -> Iterator[int]:
    """Ports nobody listens on, the last one used first, so that a noted address stays right.

    Below the range from which systems take ports for outgoing connections.
    """
    try:
        wanted = [int(remembered.read_text())]
    except (FileNotFoundError, ValueError):
        wanted = []
    wanted += random.sample(range(15_000, 30_000), 100)
    return (port for port in wanted if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _ended(process: subprocess.Popen[bytes], timeout_s: float) -> bool:
    """Popen.wait sleeps up to 50 ms at a time, which the user would feel at each command."""
    deadline = time.monotonic() + timeout_s
    while process.poll() is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def _sync_folder(folder: Path) -> None:
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)
