"""Places to open, runs as real processes, and a wire to the database that can be cut."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.desk.child_run import command, environment
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.place import Place
from nbapanel.settings import Settings
from nbapanel.simulator.running import RunningSimulator

GAME_RUN = ("refetch", "--days", "1", "--game", "401810622")
SLOW_MARKETS = [
    {"path": r"/markets\?", "fault": "slow-drip", "params": {"chunk_bytes": 200, "pause_s": 0.1}}
]


@pytest.fixture(autouse=True)
def log_to_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log file would take the place of pytest's own handlers, and of the guard over them."""
    monkeypatch.setattr("nbapanel.opening.log_to", lambda *_, **__: None)


@pytest.fixture
def until() -> Callable[..., Any]:
    """Waits until it holds, and returns what was found; fails with the words when it never does."""

    def wait(
        holds: Callable[[], Any], told: Callable[[], Any] = lambda: "", within_s: float = 60
    ) -> Any:
        deadline = time.monotonic() + within_s
        while not (found := holds()):
            assert time.monotonic() < deadline, told() or f"not within {within_s} s"
            time.sleep(0.01)
        return found

    return wait


@pytest.fixture
def place(conninfo: str, simulator: RunningSimulator, tmp_path: Path) -> Place:
    """A new data directory, an empty database of one's own, and the league on a socket."""
    feeds = FeedSet("http", simulator.url, known_as=simulator.source.name)
    return Place(DataDir(tmp_path / "data"), feeds, Settings(database_url=conninfo))


@pytest.fixture
def embedded(tmp_path: Path) -> Place:
    """A new data directory with an embedded server to be, for the demo league."""
    return Place(DataDir(tmp_path / "data"), FeedSet("demo", "7"), Settings())


@pytest.fixture
def slow(simulator: RunningSimulator, until: Callable[..., Any]) -> Callable[[], None]:
    """The league gives its markets slowly; the call waits until it was asked for them."""
    simulator.faults(SLOW_MARKETS)

    def wait() -> None:
        until(lambda: any("/markets" in one.path for one in simulator.requests))

    return wait


@pytest.fixture
def start_run(place: Place) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """`start_run()`: a refetch of one game in a process of its own, as from another terminal."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command(place, words or GAME_RUN),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(place),
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.wait()


@dataclass
class _Pair:
    client: socket.socket
    server: socket.socket


class Wire:
    """A way to the database that can be cut, left dead, or held up without a word."""

    def __init__(self, conninfo: str) -> None:
        parts = conninfo_to_dict(conninfo)
        self._to = (str(parts["host"]), int(parts["port"]))
        self._door = socket.create_server(("127.0.0.1", 0))
        self.conninfo = make_conninfo(conninfo, port=self._door.getsockname()[1])
        self._pairs: list[_Pair] = []
        self.is_cut = False
        self.is_silent = False
        self.connected = 0
        self._is_closing = False
        self._bell, self._rung = socket.socketpair()
        self._thread = threading.Thread(target=self._work, name="wire")
        self._thread.start()

    def cut(self) -> None:
        """End what is connected, and let nobody in until `mend`."""
        self.is_cut = True
        self._bell.send(b"!")

    def mend(self) -> None:
        self.is_cut = self.is_silent = False
        self._bell.send(b"!")

    def silence(self) -> None:
        self.is_silent = True
        self._bell.send(b"!")

    def close(self) -> None:
        self._is_closing = True
        self._bell.send(b"!")
        self._thread.join()
        for one in (self._door, self._bell, self._rung):
            one.close()

    def _work(self) -> None:
        while not self._is_closing:
            ends = [end for pair in self._pairs for end in (pair.client, pair.server)]
            watched = [self._rung] if self.is_silent else [self._door, self._rung, *ends]
            for end in select.select(watched, [], [])[0]:
                if end is self._rung:
                    end.recv(100)
                elif end is self._door:
                    self._let_in()
                else:
                    self._pass_on(end)
            if self.is_cut:
                self._drop(*self._pairs)
        self._drop(*self._pairs)

    def _let_in(self) -> None:
        client, _ = self._door.accept()
        if self.is_cut:
            client.close()
            return
        self.connected += 1
        self._pairs.append(_Pair(client, socket.create_connection(self._to)))

    def _pass_on(self, end: socket.socket) -> None:
        for pair in self._pairs:
            if end in (pair.client, pair.server):
                other = pair.server if end is pair.client else pair.client
                try:
                    data = end.recv(65536)
                    other.sendall(data)
                except OSError:
                    data = b""
                if not data:
                    self._drop(pair)
                return

    def _drop(self, *pairs: _Pair) -> None:
        for pair in pairs:
            self._pairs.remove(pair)
            pair.client.close()
            pair.server.close()


@pytest.fixture
def wire(conninfo: str) -> Iterator[Wire]:
    wire = Wire(conninfo)
    yield wire
    wire.close()


@pytest.fixture
def is_there() -> Callable[[int], bool]:
    """Whether a process lives: one that has ended and is not yet collected does not."""

    def look(pid: int) -> bool:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    assert look(os.getpid())
    return look
