"""The process that owns an embedded server: starts it, watches its users, stops it after the last.

    python -m nbapanel.warehouse.keeper FOLDER [--fast-unsafe]

It belongs to nobody: whoever started it may end or be killed. It tells its starter one line of
JSON on stdout, {"ready": true} or what went wrong; its stderr is the server's log. No SQL here,
and light imports: every command that finds no server waits for this to start.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from nbapanel import file_lock
from nbapanel.errors import DatabaseUnavailable
from nbapanel.warehouse import cluster as clusters
from nbapanel.warehouse import server_trouble
from nbapanel.warehouse.cluster import Cluster, Server
from nbapanel.warehouse.server_dir import Running, ServerDir

FAST_UNSAFE = "--fast-unsafe"

_LOOK_EVERY_S = 0.2
_RESTARTS = 3
_RESTARTS_WITHIN_S = 60.0
_OWN_LOCK_TIMEOUT_S = 5.0


class Keeper:
    """Watches one running server until it is to stop, and starts it again if it dies in use."""

    def __init__(self, room: ServerDir, cluster: Cluster, server: Server) -> None:
        self._room = room
        self._cluster = cluster
        self._server = server
        self._restarts: deque[float] = deque(maxlen=_RESTARTS)
        self._is_told_to_end = False
        self._bell = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bell.bind(("127.0.0.1", 0))
        self._bell.setblocking(False)
        self._started_at = datetime.now(UTC)

    def publish(self) -> None:
        """Write down where the server is, for every client."""
        self._room.write_running(
            Running(
                port=self._server.port,
                pid=self._server.process.pid,
                keeper_pid=os.getpid(),
                bell_port=self._bell.getsockname()[1],
                version=self._cluster.programs.version,
                started_at=self._started_at.isoformat(),
            )
        )

    def watch(self) -> None:
        """Return when the server is to stop for good, or has done so."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        while True:
            self._wait()
            if self._is_told_to_end or self._accept_request():
                return
            if self._stop_if_unused():
                return
            if self._server.process.poll() is not None:
                self._start_again()

    def stop(self) -> None:
        """Withdraw the server's address, then stop the server if it still runs."""
        self._room.running.unlink(missing_ok=True)
        clusters.stop(self._server.process, self._cluster)

    def _wait(self) -> None:
        """Until somebody rings the bell, or it is time to look again."""
        if select.select([self._bell], [], [], _LOOK_EVERY_S)[0]:
            try:
                while True:
                    self._bell.recv(64)
            except OSError:  # nothing more to read
                return

    def _accept_request(self) -> bool:
        """True if the server is to stop because somebody asked for that and still does.

        Who asked holds the decision; killed meanwhile, they lose it, and whoever decides next
        takes the request back. Either that or this removes the file, and the address is withdrawn
        before: so nobody is handed a server that goes.
        """
        if not self._room.stop_request.exists():
            return False
        self._room.running.unlink(missing_ok=True)
        try:
            self._room.stop_request.unlink()
        except FileNotFoundError:
            self.publish()
            return False
        return True

    def _stop_if_unused(self) -> bool:
        """Whoever decides now is a user, or about to become one: then there is nothing to do.

        Else the decision is held until the server has gone, so that nobody is handed one that is
        about to stop.
        """
        decision = file_lock.try_take(self._room.start_lock)
        if decision is None:
            return False
        with decision:
            if self._room.sweep() or self._room.pinned.exists():
                return False
            self.stop()
            return True

    def _start_again(self) -> None:
        """Clients come back to the same port, where it is still free."""
        self._room.running.unlink(missing_ok=True)
        _log(f"PostgreSQL ended by itself (exit code {self._server.process.returncode})")
        now = time.monotonic()
        if len(self._restarts) == _RESTARTS and now - self._restarts[0] < _RESTARTS_WITHIN_S:
            raise DatabaseUnavailable(
                "The embedded PostgreSQL keeps ending by itself.",
                f"{_RESTARTS} times within {_RESTARTS_WITHIN_S:.0f} s; see {self._room.log}.",
            )
        self._restarts.append(now)
        self._server = self._cluster.start(on_slow=_say_nothing)
        self._started_at = datetime.now(UTC)
        self.publish()

    def _on_signal(self, *_: object) -> None:
        self._is_told_to_end = True


def main(arguments: list[str]) -> int:
    room = ServerDir(Path(arguments[0]))
    _leave_starter()
    lock = file_lock.take(room.keeper_lock, timeout_s=_OWN_LOCK_TIMEOUT_S)
    if lock is None:
        title = "Another keeper looks after this server already."
        _tell(_as_told(DatabaseUnavailable(title, str(room.root), "Try again.", transient=True)))
        return 1
    lock.write(str(os.getpid()))
    try:
        _keep(room, fast_unsafe=FAST_UNSAFE in arguments)
    except DatabaseUnavailable as error:
        trouble = error
    except OSError as error:
        trouble = server_trouble.from_os_error(error, room.root)
    else:
        return 0  # the lock goes with the process: whoever waits for it finds nothing left running
    _log(str(trouble))
    lock.release()  # before it is told: whoever hears it may try again at once
    _tell(_as_told(trouble))
    return 1


def _keep(room: ServerDir, *, fast_unsafe: bool) -> None:
    for left in (room.running, room.stop_request):
        left.unlink(missing_ok=True)
    cluster = clusters.prepare(room, fast_unsafe=fast_unsafe)
    keeper = Keeper(room, cluster, cluster.start(on_slow=_tell_slow))
    try:
        keeper.publish()
        _tell({"ready": True})
        keeper.watch()
    finally:
        keeper.stop()


def _leave_starter() -> None:
    """Become nobody's child, so that the starter neither waits for this process nor reaps it."""
    if sys.platform != "win32" and os.fork():
        os._exit(0)


def _tell(message: dict[str, object]) -> None:
    """Say one line to the starter, once; afterwards stdout is the log."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except OSError:  # it was killed meanwhile
        return
    finally:
        os.dup2(2, 1)


def _tell_slow() -> None:
    _tell(
        _as_told(
            DatabaseUnavailable(
                "The embedded PostgreSQL is still recovering from a crash.",
                "It has been reading its log for more than a minute, and goes on.",
                "Try again in a few minutes.",
                transient=True,
            )
        )
    )


def _say_nothing() -> None:
    """Nobody waits for a restart."""


def _as_told(trouble: DatabaseUnavailable) -> dict[str, object]:
    return {
        "title": trouble.title,
        "detail": trouble.detail,
        "hint": trouble.hint,
        "transient": trouble.transient,
    }


def _log(sentence: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC keeper: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
