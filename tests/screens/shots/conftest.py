"""Pictures of the real window over a real warehouse.

They go to `build/screens`, or where NBAPANEL_SCREENS says, and are for people to look at; what a
machine can see in them is checked too (`look_at`, one folder up).
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import pytest
import qasync
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from nbapanel.app.panel import Panel
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.place import Place
from nbapanel.settings import Settings
from nbapanel.simulator.running import RunningSimulator
from nbapanel.ui import theme
from nbapanel.ui.theme import Choice
from nbapanel.warehouse.db import connect

SIZES = ((1280, 800), (1920, 1080))
THEMES = (Choice.LIGHT, Choice.DARK)
_READY_S, _LEFT_S = 60.0, 60.0
_FAILING = [{"path": "candlesticks", "fault": "500"}]

Story = Callable[["Studio"], Awaitable[None]]
Look = Callable[[QWidget], list[str]]


def _folder() -> Path:
    root = Path(__file__).resolve().parents[3]
    return Path(os.environ.get("NBAPANEL_SCREENS") or root / "build" / "screens")


class Studio:
    """The open panel, and the camera."""

    def __init__(self, panel: Panel, place: Place, simulator: RunningSimulator, look: Look) -> None:
        self.panel = panel
        self.place = place
        self.simulator = simulator
        self.faults: list[tuple[str, str]] = []
        self._look = look
        self._sizes = SIZES

    @property
    def window(self) -> Any:
        return self.panel.window

    @property
    def docks(self) -> Any:
        return self.window.docks

    async def until(self, true: Callable[[], object], what: str, within_s: float = 60.0) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not true():  # noqa: ASYNC110 - a person has no event either
                    await asyncio.sleep(0.01)
        except TimeoutError:
            pytest.fail(f"never came, within {within_s} s: {what}")

    async def until_ended(self) -> None:
        panel = self.panel
        await self.until(
            lambda: not panel.live.is_running and not panel.desk.is_child_alive, "the run's end"
        )
        await self.settle(8)

    async def settle(self, beats: int = 4) -> None:
        """What is queued comes about: layouts, answers, the 50 ms of a beat."""
        for _ in range(beats):
            await asyncio.sleep(0.03)

    async def shoot(self, name: str) -> None:
        """The window in both sizes and both themes."""
        for width, height in self._sizes:
            self.window.resize(width, height)
            self.docks.give_room()
            for choice in THEMES:
                theme.active().choose(choice)
                await self.settle()
                self._take(self.window, f"{name}-{width}x{height}-{choice.value}")

    async def shoot_dock(self, key: str, name: str = "") -> None:
        self.docks.show(key)
        await self.settle(8)
        await self.shoot(name or key)

    async def shoot_alone(self, name: str, widget: QWidget) -> None:
        """A dialog, or a window of its own, at its own size."""
        for choice in THEMES:
            theme.active().choose(choice)
            await self.settle()
            if widget.width() > SIZES[0][0] or widget.height() > SIZES[0][1]:
                self.faults.append((name, f"{widget.width()}x{widget.height()} is too large"))
            self._take(widget, f"{name}-{choice.value}")

    async def shoot_dialog(self, name: str, kind: type[QDialog], closes: bool = True) -> Any:
        """The dialog of that kind that is open, or comes; it is closed then."""

        def found() -> QDialog | None:
            every = QApplication.topLevelWidgets()
            return next((w for w in every if isinstance(w, kind) and w.isVisible()), None)

        await self.until(found, f"a {kind.__name__}")
        await self.settle()
        dialog = found()
        assert dialog is not None
        await self.shoot_alone(name, dialog)
        if closes:
            dialog.reject()
            await self.settle(1)
        return dialog

    def _take(self, widget: QWidget, name: str) -> None:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        assert widget.grab().save(str(folder / f"{name}.png"))
        self.faults += [(name, fault) for fault in self._look(widget)]

    def look(self) -> Any:
        """A connection of one's own, to look with."""
        return connect(self.place.settings.database_url, purpose="test looks")


# ---- the warehouse -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Filled:
    root: Path
    conninfo: str


@pytest.fixture(scope="session")
def filled(
    league: RunningSimulator,
    empty_database: Callable[[], AbstractContextManager[str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Filled]:
    """League 7 of a week, brought in by the engine in several runs, of which one failed."""
    root = tmp_path_factory.mktemp("screens") / "data"
    with empty_database() as conninfo:
        _refetch(root, conninfo, league, "--days", "2")
        league.faults(_FAILING)
        _refetch(root, conninfo, league, "--days", "4", code=1)
        league.faults()
        _refetch(root, conninfo, league, "--days", "4")
        _refetch(root, conninfo, league, "--days", "7")
        for _ in range(2):
            _refetch(root, conninfo, league, "--days", "7")
        yield Filled(root, conninfo)


def _refetch(
    root: Path, conninfo: str, league: RunningSimulator, *words: str, code: int = 0
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "nbapanel", "refetch", *words, "--data-dir", str(root),
         "--feeds", league.url],
        env={"PATH": os.environ["PATH"], "DATABASE_URL": conninfo, "LANG": "C.UTF-8",
             "HOME": str(root.parent), "NBAPANEL_REQUEST_ATTEMPTS": "1"},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == code, f"{words}: {done.stdout} {done.stderr}"


@pytest.fixture
def filled_place(
    filled: Filled, server_conninfo: str, simulator: RunningSimulator, tmp_path: Path
) -> Iterator[Place]:
    """A copy of it all, for one test to use up."""
    root = tmp_path / "data"
    shutil.copytree(filled.root, root)
    source = str(conninfo_to_dict(filled.conninfo)["dbname"])
    name = f"{source}_copy"
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
    yield _place(root, make_conninfo(server_conninfo, dbname=name), simulator)
    with connect(server_conninfo, purpose="tests") as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def empty_place(conninfo: str, simulator: RunningSimulator, tmp_path: Path) -> Place:
    return _place(tmp_path / "data", conninfo, simulator)


def _place(root: Path, conninfo: str, simulator: RunningSimulator) -> Place:
    feeds = FeedSet("http", simulator.url, known_as=simulator.source.name)
    settings = Settings(request_attempts=2, request_backoff_s=0.01, database_url=conninfo)
    return Place(DataDir(root), feeds, settings)


# ---- the window --------------------------------------------------------------------------------


@pytest.fixture
def studio(
    qapp: QApplication,
    simulator: RunningSimulator,
    monkeypatch: pytest.MonkeyPatch,
    look_at: Look,
) -> Iterator[Callable[..., None]]:
    """`studio(place, story)`: with the window open over that place. Every fault found is told."""
    monkeypatch.setattr("nbapanel.opening.log_to", lambda *_, **__: None)

    def run(place: Place, story: Story, *, first_run: bool = False, **settings: Any) -> None:
        here = replace(place, settings=replace(place.settings, **settings))
        loop = qasync.QEventLoop(qapp)
        # qasync's own are threads of Qt: Python lists those for ever once it has seen them.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="asyncio"))
        asyncio.set_event_loop(loop)
        try:
            with loop:
                loop.run_until_complete(_told(here, story, simulator, look_at, first_run))
        finally:
            asyncio.set_event_loop(None)
            theme.active().choose(Choice.LIGHT)

    qt = logging.getLogger("qt")
    qt.addFilter(_is_not_of_the_platform)
    yield run
    qt.removeFilter(_is_not_of_the_platform)


def _is_not_of_the_platform(record: logging.LogRecord) -> bool:
    """The offscreen platform says what it cannot do, of every window that wants it."""
    return "This plugin does not support" not in record.getMessage()


async def _told(
    place: Place, story: Story, simulator: RunningSimulator, look: Look, first_run: bool
) -> None:
    place.data_dir.make()
    panel = Panel(place, "fixed")
    if not first_run:
        panel._store.remember("first_run_shown", b"1")
    studio = Studio(panel, place, simulator, look)
    crashes: list[Any] = []
    show_crash, panel.dialogs.on_crash = panel.dialogs.on_crash, crashes.append
    panel.show()
    try:
        await studio.until(
            lambda: panel.live.database.kind != "opening" and panel.window.docks.is_filled,
            "the open window",
            _READY_S,
        )
        await studio.settle(10)
        panel.dialogs.on_crash = show_crash
        await story(studio)
    finally:
        panel.desk.kill_child()
        await asyncio.wait_for(panel.shut_down(), _LEFT_S)
    assert not crashes, crashes[0].traceback
    assert not studio.faults, _in_short(studio.faults)


def _in_short(faults: list[tuple[str, str]]) -> str:
    """Each fault once, with the pictures that have it."""
    pictures: dict[str, list[str]] = {}
    for picture, fault in faults:
        pictures.setdefault(fault, []).append(picture)
    return "\n".join(f"{fault} [{names[0]}, {len(names)}]" for fault, names in pictures.items())
