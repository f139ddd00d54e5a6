"""The whole window over the real engine: offscreen Qt, a real PostgreSQL, a simulator on sockets.

A journey is a coroutine that gets the panel, uses it as a person would and looks at what it shows.
It runs offscreen, or where QT_QPA_PLATFORM says.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import psutil
import pytest
import qasync
from psycopg import Connection, sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QPushButton, QWidget

from nbapanel.app.panel import Panel
from nbapanel.desk.child_run import command, environment
from nbapanel.engine.board import Board, Line
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.place import Place
from nbapanel.settings_store import load_settings
from nbapanel.simulator.running import RunningSimulator
from nbapanel.ui.pipeline.card import Card
from nbapanel.warehouse.db import connect

_READY_S, _LEFT_S = 60.0, 60.0
_QUICKLY = {
    "NBAPANEL_DAYS": "1",
    "NBAPANEL_REQUEST_ATTEMPTS": "2",
    "NBAPANEL_REQUEST_BACKOFF_S": "0.01",
}
"""For the window and for the runs that it starts, which read their settings themselves."""

Found = TypeVar("Found", bound=QWidget)
Story = Callable[["Traveller"], Awaitable[None]]
Journey = Callable[..., None]


class Traveller:
    """What a journey has in hand: the panel, and ways to use it and to wait for what it shows."""

    def __init__(self, panel: Panel, place: Place) -> None:
        self.panel = panel
        self.place = place

    # ---- what there is -------------------------------------------------------------------------

    @property
    def window(self) -> Any:
        return self.panel.window

    @property
    def headline(self) -> str:
        return self.window.header.words

    @property
    def aftermath(self) -> str:
        """What stands under the button: how the last run ended."""
        return self.window.header._total.text()

    @property
    def button(self) -> str:
        """What the large button says."""
        return self.window.header.button.text()

    @property
    def board(self) -> Board:
        board = self.panel.live.board
        assert board is not None, "no run was seen"
        return board

    @property
    def states(self) -> dict[str, str]:
        return {key: line.state.value for key, line in self.board.lines.items()}

    @property
    def notices(self) -> list[Any]:
        """The list of problems, newest first."""
        return [card.notice for card in self.window.docks.notices.cards]

    def line(self, key: str) -> Line:
        return self.board.lines[key]

    def card(self, key: str) -> Card:
        return self.window.pipeline.card(key)

    def opened(self, kind: type[Found]) -> Found:
        """The dialog of that kind that is open."""
        found = [one for one in QApplication.topLevelWidgets()
                 if isinstance(one, kind) and one.isVisible()]  # fmt: skip
        assert len(found) == 1, found
        return found[0]

    def ask(self, query: str, *values: Any) -> Any:
        """One value from the database, by a connection of one's own."""
        with self.look() as connection:
            row = connection.execute(query, values).fetchone()
        return None if row is None else row[0]

    def look(self) -> Connection[Any]:
        return connect(self.panel.desk._opened.conninfo or "", purpose="test looks")

    @property
    def backends(self) -> int:
        """Connections of runs that are there, idle ones too."""
        return backends_of_runs(self.panel.desk._opened.conninfo or "")

    # ---- what is waited for --------------------------------------------------------------------

    async def until(
        self, true: Callable[[], object], what: str = "", within_s: float = 60.0
    ) -> None:
        """Wait for something that the window is to show."""
        try:
            async with asyncio.timeout(within_s):
                while not true():  # noqa: ASYNC110 - a person has no event either
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(
                f"never came, within {within_s} s: {what or 'what was waited for'};"
                f" the headline: {self.headline!r}, the button: {self.button!r}"
            )

    async def until_running(self) -> None:
        await self.until(lambda: self.panel.live.is_running, "a run on the screen")

    async def until_at(self, key: str) -> None:
        """A run is in the middle of that step."""
        await self.until(
            lambda: self.panel.live.is_running and self.states.get(key) == "running",
            f"a run at {key}",
        )

    async def until_ended(self, within_s: float = 60.0) -> None:
        """The run is over, on the screen and as a process."""
        await self.until(
            lambda: not self.panel.live.is_running and not self.panel.desk.is_child_alive,
            "the end of the run",
            within_s,
        )

    async def until_fresh(self) -> None:
        await self.until(lambda: self.headline.startswith("Fresh"), "a fresh headline")

    # ---- what is done --------------------------------------------------------------------------

    async def refetch(self) -> None:
        """As F5 does, to the end."""
        async with self.new_run():
            self.click(self.window.header.button)

    def new_run(self) -> _NewRun:
        """`async with t.new_run():` what starts one; left when that run is over."""
        return _NewRun(self)

    def click(self, widget: QWidget) -> None:
        assert widget.isEnabled(), f"{widget.accessibleName()} cannot be clicked"
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton)

    def choose(self, key: str, words: str) -> None:
        """Choose from the menu that the card's button opens."""
        self.click(self.card(key)._button)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu), menu
        actions = [one for one in menu.actions() if one.text().replace("&", "").startswith(words)]
        assert len(actions) == 1, [one.text() for one in menu.actions()]
        assert actions[0].isEnabled(), f"{words} cannot be chosen"
        QTest.mouseClick(
            menu, Qt.MouseButton.LeftButton, pos=menu.actionGeometry(actions[0]).center()
        )

    def press(self, parent: QWidget, words: str) -> None:
        """Click the button of that dialog that says so."""
        buttons = [one for one in parent.findChildren(QPushButton)
                   if one.isVisible() and one.text().replace("&", "") == words]  # fmt: skip
        assert len(buttons) == 1, [one.text() for one in parent.findChildren(QPushButton)]
        self.click(buttons[0])

    async def asked_on_closing(self) -> QMessageBox:
        """Close the window: the question that comes."""
        self.window.close()
        await self.until(lambda: self.window.findChild(QMessageBox, "closing_question"))
        return self.window.findChild(QMessageBox, "closing_question")


@dataclass
class _NewRun:
    traveller: Traveller

    async def __aenter__(self) -> None:
        self._before = self.traveller.panel.live.board

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            return
        live = self.traveller.panel.live
        await self.traveller.until(lambda: live.board is not self._before, "the new run")
        await self.traveller.until_ended()


def backends_of_runs(conninfo: str) -> int:
    with connect(conninfo, purpose="test looks") as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE application_name = 'nbapanel run' AND datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


# ---- places --------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, value in _QUICKLY.items():
        monkeypatch.setenv(name, value)
    # The log file would take the place of pytest's own handlers, and of the guard over them.
    monkeypatch.setattr("nbapanel.opening.log_to", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def of_no_consequence() -> Iterator[None]:
    """Qt's offscreen platform says at every window what it does not know."""

    def is_told(record: logging.LogRecord) -> bool:
        return "This plugin does not support" not in record.getMessage()

    qt = logging.getLogger("qt")
    qt.addFilter(is_told)
    yield
    qt.removeFilter(is_told)


@pytest.fixture
def place(
    conninfo: str, simulator: RunningSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Place:
    """A data directory of the test's own, an empty database, the league of the simulator."""
    monkeypatch.setenv("DATABASE_URL", conninfo)
    return _place(tmp_path / "data", simulator)


@pytest.fixture
def slow(simulator: RunningSimulator) -> Callable[[], None]:
    """`slow()`: candlesticks come slowly from now on, until `simulator.faults()`."""
    drip = {"chunk_bytes": 8000, "pause_s": 0.1}
    rule = {"path": "/candlesticks", "fault": "slow-drip", "params": drip}
    return lambda: simulator.faults([rule])


@pytest.fixture
def embedded(simulator: RunningSimulator, tmp_path: Path) -> Iterator[Place]:
    """The same with an embedded server to be, of its own data directory."""
    yield _place(tmp_path / "data", simulator)
    eventually(lambda: not _processes_of(tmp_path), lambda: f"{_processes_of(tmp_path)}")


@pytest.fixture
def fetched(
    _fetched: Place,
    server_conninfo: str,
    simulator: RunningSimulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    """A place where a refetch was done and all is fresh."""
    shutil.copytree(_fetched.data_dir.root, tmp_path / "data")
    with _copy_of(_fetched.settings.database_url, server_conninfo) as conninfo:
        monkeypatch.setenv("DATABASE_URL", conninfo)
        yield _place(tmp_path / "data", simulator)


@pytest.fixture(scope="session")
def _fetched(
    league: RunningSimulator,
    empty_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    with empty_database() as conninfo:
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("DATABASE_URL", conninfo)
            place = _place(tmp_path_factory.mktemp("fetched") / "data", league)
        subprocess.run(
            command(place, ["refetch"]),
            env=environment(place) | _QUICKLY,
            stdout=subprocess.DEVNULL,
            check=True,
            timeout=60,
        )
        yield place


@pytest.fixture
def undisturbed(_fetched: Place, contents: Callable[[str], Any]) -> Any:
    """What a refetch leaves in the tables that nothing came in the way of."""
    return contents(_fetched.settings.database_url)


@contextmanager
def _copy_of(conninfo: str, server_conninfo: str) -> Iterator[str]:
    original = str(conninfo_to_dict(conninfo)["dbname"])
    name = f"copy_{time.monotonic_ns()}"
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(original)
            )
        )
    yield make_conninfo(server_conninfo, dbname=name)
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _place(data_dir: Path, simulator: RunningSimulator) -> Place:
    feeds = FeedSet("http", simulator.url, known_as=simulator.source.name)
    return Place(DataDir(data_dir), feeds, load_settings(data_dir))


# ---- processes -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Terminal:
    """`terminal(place, "refetch")`: the command, started as in a terminal."""

    started: list[subprocess.Popen[str]]

    def __call__(
        self,
        place: Place,
        *words: str,
        env: Mapping[str, str | None] | None = None,
        program: Path | None = None,
    ) -> subprocess.Popen[str]:
        """Without words the window itself. `env`: what is other in its environment; `program`: a
        file to run in place of nbapanel."""
        ours = {**environment(place), **(env or {})}
        line = command(place, words)
        if program is not None:
            line = [sys.executable, str(program), *line[3:]]
        process = subprocess.Popen(
            line,
            env={name: value for name, value in ours.items() if value is not None},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def does(self, place: Place, *words: str) -> str:
        """Run it to its good end; what it said."""
        process = self(place, *words)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, f"{words}: {out}{err}"
        return out


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal([])
    yield made
    for process in made.started:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
        process.communicate()


def _processes_of(folder: Path) -> list[psutil.Process]:
    """What still works in that folder."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            is_there = process.status() != psutil.STATUS_ZOMBIE
            if is_there and any(str(folder) in word for word in process.cmdline()):
                found.append(process)
    return found


def eventually(
    holds: Callable[[], Any], told: Callable[[], str] = lambda: "", within_s: float = 60.0
) -> Any:
    """Wait until it holds, and return what was found."""
    deadline = time.monotonic() + within_s
    while not (found := holds()):
        assert time.monotonic() < deadline, told() or f"not within {within_s} s"
        time.sleep(0.02)
    return found


@pytest.fixture(name="eventually")
def _eventually() -> Callable[..., Any]:
    return eventually


@pytest.fixture
def processes_of() -> Callable[[Path], list[psutil.Process]]:
    return _processes_of


@pytest.fixture(scope="session")
def count_backends() -> Callable[[str], int]:
    """Connections of runs to a database, idle ones too."""
    return backends_of_runs


# ---- journeys ------------------------------------------------------------------------------------


@pytest.fixture
def journey(qapp: QApplication) -> Journey:
    """`journey(place, story)`: runs it with the window open, and closes that; nothing is left.

    `first_run`: whether the welcome may come.
    """
    qapp.setQuitOnLastWindowClosed(False)

    def travel(
        place: Place, story: Story, *, first_run: bool = False, within_s: float = 240
    ) -> None:
        loop = qasync.QEventLoop(qapp)
        asyncio.set_event_loop(loop)
        # qasync's own are threads of Qt: Python lists those for ever once it has seen them.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        with loop:
            loop.run_until_complete(
                asyncio.wait_for(_travelled(place, story, first_run=first_run), within_s)
            )
        asyncio.set_event_loop(None)

    return travel


async def _travelled(place: Place, story: Story, *, first_run: bool) -> None:
    place.data_dir.make()
    panel = Panel(place, "fixed")
    if not first_run:
        panel._store.remember("first_run_shown", b"1")
    traveller = Traveller(panel, place)
    # What nobody caught is a dialog for a person, and a failure for a test.
    crashes: list[Any] = []
    panel.dialogs.on_crash = crashes.append
    panel.show()
    try:
        await traveller.until(
            lambda: panel.live.database.kind != "opening" and panel.window.docks.is_filled,
            "the open window",
            _READY_S,
        )
        await story(traveller)
    finally:
        if not panel.left.is_set():  # by the story: then a run may be meant to go on
            panel.desk.kill_child()
        await asyncio.wait_for(panel.shut_down(), _LEFT_S)
    assert not crashes, crashes[0].traceback
