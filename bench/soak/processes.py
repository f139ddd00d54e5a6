"""The processes of a soak: the feeds, the window and commands in a terminal, each to its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.children import environment

_ROOT = Path(__file__).parents[2]
_END_S = 30.0
_ANSWER_S = 120.0


@dataclass(frozen=True, slots=True)
class Feeds:
    """A simulated league on a socket, and its controls."""

    url: str
    pid: int

    def disturb(self, rules: Sequence[dict[str, Any]] = ()) -> None:
        """These faults in place of those before; without any it behaves again."""
        self._ask("/faults", json.dumps(list(rules)).encode())

    @property
    def league_time(self) -> str:
        """ISO, UTC."""
        return str(json.loads(self._ask(""))["clock"]["now"])

    def _ask(self, path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"{self.url}/simulator{path}", body, _ANSWER_S) as answer:
            found: bytes = answer.read()
        return found


@contextmanager
def feeds(league: int, rate: float, said: Path) -> Iterator[Feeds]:
    """`nbapanel simulate`, its clock so many times as fast; it ends with the block."""
    words = ["simulate", "--league", str(league), "--clock", f"{rate:g}x", "--port", "0"]
    with said.open("wb") as stderr:
        process = subprocess.Popen(
            [*_nbapanel(words), "--announce", "--until-stdin-closes"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            env=_environment(),
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        about = json.loads(process.stdout.readline())
        yield Feeds(f"http://127.0.0.1:{about['port']}", process.pid)
    finally:
        process.stdin.close()
        process.stdout.close()
        _ended(process)


@contextmanager
def window(told: dict[str, Any], data_dir: Path, url: str, said: Path) -> Iterator[psutil.Popen]:
    """The window, offscreen, with hands of its own (`driven_window`); killed where it still is."""
    command = [sys.executable, "-m", "bench.soak.driven_window", json.dumps(told)]
    with said.open("wb") as stderr:
        process = psutil.Popen(
            [*command, "--data-dir", str(data_dir), "--feeds", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=stderr,
            cwd=data_dir.parent,
            env=_offscreen(),
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            # A run of its own would go on to its end without it.
            for one in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()


def close(process: psutil.Popen) -> int | None:
    """Ask the window to leave, as the system does when it shuts down; None if it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        return int(process.wait(_END_S))
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        return None


class Terminal:
    """One command at a time, beside the window."""

    def __init__(self, data_dir: Path, scratch: Path) -> None:
        self._data_dir = data_dir
        self._said = scratch / "terminal.err"
        self._out = scratch / "terminal.out"
        self._process: subprocess.Popen[bytes] | None = None
        self._words: tuple[str, ...] = ()
        self._began_s = 0.0

    @property
    def is_busy(self) -> bool:
        return self._process is not None

    @property
    def age_s(self) -> float:
        return time.monotonic() - self._began_s

    def start(self, *words: str) -> None:
        with self._said.open("wb") as stderr, self._out.open("wb") as stdout:
            self._process = subprocess.Popen(
                [*_nbapanel(words), "--data-dir", str(self._data_dir)],
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                cwd=self._data_dir.parent,
                env=_environment(),
            )
        self._words, self._began_s = words, time.monotonic()

    def ended(self) -> Ended | None:
        """What became of the command, once it is over; then the terminal is free again."""
        if self._process is None or self._process.poll() is None:
            return None
        code, self._process = self._process.returncode, None
        out, said = (path.read_text("utf-8", "replace") for path in (self._out, self._said))
        return Ended(self._words, code, out, said)

    def interrupt(self) -> None:
        """Ctrl-C."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass(frozen=True, slots=True)
class Ended:
    words: tuple[str, ...]
    code: int
    out: str
    said: str


def run(data_dir: Path, *words: str, most_s: float) -> Ended:
    """A command to its end."""
    done = subprocess.run(
        [*_nbapanel(words), "--data-dir", str(data_dir)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=most_s,
        cwd=data_dir.parent,
        env=_environment(),
    )
    out, said = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Ended(words, done.returncode, out, said)


def left_in(folder: Path, most_s: float) -> list[str]:
    """What still works in that folder after so many seconds."""
    deadline = time.monotonic() + most_s
    while (left := working_in(folder)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return left


def working_in(folder: Path) -> list[str]:
    """Every process that names that folder on its command line."""
    found = []
    for process in psutil.process_iter(["pid", "status", "cmdline"]):
        words = process.info["cmdline"] or ()
        is_there = process.info["status"] != psutil.STATUS_ZOMBIE
        if is_there and any(str(folder) in word for word in words):
            found.append(f"{process.info['pid']} {' '.join(words)[:200]}")
    return found


def _nbapanel(words: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "nbapanel", *words]


def _environment() -> dict[str, str]:
    """They run what stands beside this file, and not what is installed from another checkout."""
    return {**environment(), "PYTHONPATH": str(_ROOT)}


def _offscreen() -> dict[str, str]:
    shown = os.environ.get("QT_QPA_PLATFORM", "offscreen")
    return {**_environment(), "QT_QPA_PLATFORM": shown}


def _ended(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
