"""Runs the simulator: as a process of its own that announces itself, or in a thread for tests."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from nbapanel.errors import UsageError
from nbapanel.simulator.desk import Desk, Logged
from nbapanel.simulator.faults import parse_rules
from nbapanel.simulator.league import League
from nbapanel.simulator.recorded import RecordedFolder
from nbapanel.simulator.season_days import season_start_year
from nbapanel.simulator.server import HOST, Server
from nbapanel.simulator.settable_clock import SettableClock, parse_clock, parse_moment
from nbapanel.simulator.source import Source

T = TypeVar("T")

DEFAULT_SEASON = 2025
_START_TIMEOUT_S = 30.0


def make_desk(
    *,
    league: int | None = None,
    recorded: Path | str | None = None,
    clock: str = "fixed",
    not_before: str | None = None,
) -> Desk:
    """One of a league's seed and a recorded folder, behind a clock: fixed, live, 60x, ISO time.

    A clock that is given no time starts at the source's usual one, or at `not_before` (ISO) where
    that is later. The league is in the season that the clock falls in. Raises UsageError.
    """
    start, rate = parse_clock(clock)
    source = _source(league, recorded, start)
    if start is None:
        start = source.start()
        if not_before is not None and parse_moment(not_before) > start:
            start = parse_moment(not_before)
            source = _source(league, recorded, start)
    return Desk(source, SettableClock(start, rate))


def _source(league: int | None, recorded: Path | str | None, start: datetime | None) -> Source:
    if league is not None and recorded is None:
        return League(league, DEFAULT_SEASON if start is None else season_start_year(start))
    if recorded is not None and league is None:
        return RecordedFolder(Path(recorded))
    raise UsageError("The simulator serves either a league or a folder of recordings.")


def serve(
    *,
    league: int | None = None,
    recorded: Path | str | None = None,
    clock: str = "fixed",
    not_before: str | None = None,
    port: int = 0,
    faults: Path | str | None = None,
    announce: bool = False,
    until_stdin_closes: bool = False,
) -> None:
    """Serves until interrupted, terminated or, if so wished, until stdin ends. Raises UsageError.

    `faults` is a JSON file of rules; `announce` writes one line of JSON to stdout when it listens,
    in the place of words on stderr.
    """
    desk = make_desk(league=league, recorded=recorded, clock=clock, not_before=not_before)
    if faults is not None:
        try:
            desk.faults.replace(parse_rules(Path(faults).read_bytes()))
        except OSError as error:
            raise UsageError(f"The fault rules {faults} cannot be read.", str(error)) from error
    asyncio.run(_serve(desk, port, announce=announce, until_stdin_closes=until_stdin_closes))


async def _serve(desk: Desk, port: int, *, announce: bool, until_stdin_closes: bool) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, ended.set)
        except NotImplementedError:  # Windows: Ctrl-C still interrupts asyncio.run
            break
    async with Server(desk, port) as server:
        if announce:
            state = desk.state()
            line = {"port": server.port, "feeds": state["feeds"], "clock": state["clock"]}
            sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
            sys.stdout.flush()
        else:
            sys.stderr.write(f"Serving on http://{HOST}:{server.port}. Ctrl-C ends it.\n")
        if until_stdin_closes:
            watcher = threading.Thread(
                target=_watch_stdin, args=(loop, ended), name="stdin of the parent", daemon=True
            )
            watcher.start()
        await ended.wait()


def _watch_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """By the descriptor, not the buffered object: that one's lock would bar the way out."""
    while os.read(sys.stdin.fileno(), 4096):
        pass
    if not loop.is_closed():
        loop.call_soon_threadsafe(ended.set)


class RunningSimulator:
    """A simulator in a thread, on a real socket; its controls may be used from any other."""

    def __init__(self, desk: Desk, port: int = 0) -> None:
        self._desk = desk
        self._port = port
        self._ready = threading.Event()
        self._trouble: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="simulator")
        self.url = ""

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(_START_TIMEOUT_S):
            raise TimeoutError("the simulator did not start")
        if self._trouble is not None:
            self._thread.join()
            raise self._trouble

    def stop(self) -> None:
        if self._thread.is_alive() and self._ended is not None:
            self._do(self._ended.set)
        self._thread.join()

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def source(self) -> Source:
        return self._desk.source

    @property
    def now(self) -> datetime:
        return self._do(self._desk.clock.now)

    @property
    def requests(self) -> list[Logged]:
        return self._do(lambda: list(self._desk.requests))

    @property
    def counts(self) -> dict[str, int]:
        """Requests by path pattern."""
        return self._do(lambda: dict(self._desk.counts))

    def forget_requests(self) -> None:
        self._do(self._desk.requests.clear)
        self._do(self._desk.counts.clear)

    def set_clock(self, moment: datetime) -> None:
        self._do(lambda: self._desk.clock.set(moment))

    def advance(self, seconds: float) -> None:
        self._do(lambda: self._desk.clock.advance(seconds))

    def faults(self, rules: Sequence[dict[str, Any]] = ()) -> None:
        """Replaces the rules; without any the simulator behaves again."""
        parsed = parse_rules(msgspec.json.encode(list(rules)))
        self._do(lambda: self._desk.faults.replace(parsed))

    def _do(self, what: Callable[[], T]) -> T:
        """In the simulator's own thread, which alone may touch the desk."""
        if self._loop is None:
            raise RuntimeError("the simulator is not running")

        async def call() -> T:
            return what()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(_START_TIMEOUT_S)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._ended = asyncio.Event()
        try:
            async with Server(self._desk, self._port) as server:
                self._loop = asyncio.get_running_loop()
                self.url = server.url
                self._ready.set()
                await self._ended.wait()
        except UsageError as error:
            self._trouble = error
        finally:
            self._loop = None
            self._ready.set()


@contextmanager
def running(
    *,
    league: int | None = None,
    recorded: Path | str | None = None,
    clock: str = "fixed",
    faults: Sequence[dict[str, Any]] = (),
    port: int = 0,
) -> Iterator[RunningSimulator]:
    """`with running(league=7) as sim:` serves at `sim.url` until the block is left."""
    simulator = RunningSimulator(make_desk(league=league, recorded=recorded, clock=clock), port)
    simulator.start()
    try:
        if faults:
            simulator.faults(faults)
        yield simulator
    finally:
        simulator.stop()
