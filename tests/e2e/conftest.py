"""The real command as a process, in a data directory of its own and a home that stays empty."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from nbapanel.warehouse.db import connect
from nbapanel.warehouse.server import acquire

_LEFT_WITHIN_S = 60.0
_MARK = "NBAPANEL_TEST_MARK"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """What --json said: one document, and nothing else on stdout."""
        return json.loads(self.out)

    def step(self, key: str) -> dict[str, Any]:
        return next(step for step in self.document["steps"] if step["key"] == key)

    @property
    def states(self) -> dict[str, str]:
        return {step["key"]: step["state"] for step in self.document["steps"]}


@dataclass
class Panel:
    """`panel("refetch", ...)` runs the command; `start` leaves it running."""

    data_dir: Path
    home: Path
    extra: dict[str, str] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            _MARK: self.mark,
            **self.extra,
        }

    def start(self, *arguments: str, in_data_dir: bool = True, **pipes: Any) -> subprocess.Popen:
        where = ["--data-dir", str(self.data_dir)] if in_data_dir else []
        piped = subprocess.PIPE
        streams = {"stdin": subprocess.DEVNULL, "stdout": piped, "stderr": piped}
        process = subprocess.Popen(
            [sys.executable, "-m", "nbapanel", *arguments, *where],
            env=self.environment,
            cwd=self.home,
            text=True,
            **(streams | pipes),
        )
        self.started.append(process)
        return process

    def __call__(self, *arguments: str, code: int | None = 0, in_data_dir: bool = True) -> Done:
        process = self.start(*arguments, in_data_dir=in_data_dir)
        done = finished(process)
        assert code is None or done.code == code, f"{arguments}: {done}"
        return done

    @contextmanager
    def warehouse(self) -> Iterator[str]:
        """The conninfo of this data directory's embedded server, kept up meanwhile."""
        with acquire(self.data_dir / "postgres", purpose="test") as lease:
            yield lease.conninfo

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection]:
        with self.warehouse() as conninfo, connect(conninfo, purpose="test looks") as opened:
            yield opened

    def processes(self) -> list[psutil.Process]:
        """Every process that a command of ours left running: by its environment, its arguments or
        where it works (PostgreSQL's are told nothing of ours, and call themselves as they like)."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def wait_until_nothing_runs(self) -> None:
        eventually(lambda: not self.processes(), lambda: f"still running: {self.processes()}")

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return process.environ().get(_MARK) == self.mark or any(
                str(self.data_dir) in told for told in (*process.cmdline(), process.cwd())
            )
        except psutil.Error:
            return False


def finished(process: subprocess.Popen[str], timeout_s: float = 100) -> Done:
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"{process.args} did not end within {timeout_s} s: {out} {err}")
    return Done(process.returncode, out, err)


def eventually(
    holds: Callable[[], Any], told: Callable[[], str] = lambda: "", within_s: float = _LEFT_WITHIN_S
) -> Any:
    """Wait until it holds, and return it; fail with the words when it does not in time."""
    deadline = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < deadline, told() or f"not within {within_s} s"
        time.sleep(0.02)
    return found


@pytest.fixture(name="finished")
def _finished() -> Callable[..., Done]:
    return finished


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def new_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Panel]]:
    """`new_panel(NAME=value)`: the command with a new data directory and this environment."""
    with _panels(tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="module")
def new_module_panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Panel]]:
    """The same, for all tests of a module."""
    with _panels(tmp_path_factory) as make:
        yield make


@contextmanager
def _panels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Panel]]:
    made: list[Panel] = []

    def make(data_dir: Path | None = None, **extra: str) -> Panel:
        room = tmp_path_factory.mktemp("panel")
        (room / "home").mkdir()
        made.append(Panel(data_dir or room / "data", room / "home", extra))
        return made[-1]

    yield make
    for panel in made:
        for process in panel.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.communicate()
        panel.wait_until_nothing_runs()


@pytest.fixture
def panel(new_panel: Callable[..., Panel]) -> Panel:
    return new_panel()
