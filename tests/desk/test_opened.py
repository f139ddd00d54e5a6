"""The warehouse is held open for a window, and again after whatever befalls it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from nbapanel.desk import opened as opened_module
from nbapanel.desk.opened import OpenedWarehouse
from nbapanel.origin import FeedSet, claim, remembered
from nbapanel.place import Place
from nbapanel.rows.reads import DatabaseState
from nbapanel.settings import Settings
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.server import status
from nbapanel.warehouse.server_dir import ServerDir


class Window:
    def __init__(self, place: Place) -> None:
        self.states: list[DatabaseState] = []
        self.opened = OpenedWarehouse(place, self.states.append)

    @property
    def kinds(self) -> list[str]:
        return [state.kind for state in tuple(self.states)]


@pytest.fixture
def open_window() -> Iterator[Callable[[Place], Window]]:
    windows: list[Window] = []

    def start(place: Place) -> Window:
        windows.append(Window(place))
        windows[-1].opened.start()
        return windows[-1]

    yield start
    for window in windows:
        window.opened.close()


@pytest.fixture
def attempts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """When it was tried to open the warehouse."""
    real, found = opened_module.open_warehouse, []

    def open_warehouse(*arguments: Any, **options: Any) -> Any:
        found.append(time.monotonic())
        return real(*arguments, **options)

    monkeypatch.setattr(opened_module, "open_warehouse", open_warehouse)
    return found


def _answers(conninfo: str | None) -> bool:
    assert conninfo is not None
    with connect(conninfo, purpose="test") as connection:
        return connection.execute("SELECT count(*) FROM ops.pipeline_runs").fetchone() == (0,)


def test_an_empty_directory_is_opened_and_claimed_by_nobody(
    embedded: Place, open_window: Any, until: Any
) -> None:
    """The window of a first start: which feeds it will hold, the first run decides."""
    window = open_window(embedded)
    assert window.kinds[0] == "opening"
    until(lambda: window.kinds == ["opening", "ready"], lambda: window.states)
    assert _answers(window.opened.conninfo)
    assert remembered(embedded.data_dir) is None
    assert [user.purpose for user in status(embedded.data_dir.postgres).users] == ["panel"]
    window.opened.close()
    until(lambda: not status(embedded.data_dir.postgres).is_running)
    assert window.kinds == ["opening", "ready"]


def test_an_embedded_server_that_is_killed_is_back_soon(
    embedded: Place, open_window: Any, until: Any
) -> None:
    """trap W13: its keeper starts it again, at the same address."""
    window = open_window(embedded)
    before = until(lambda: window.opened.conninfo, lambda: window.states)
    room = ServerDir(embedded.data_dir.postgres)
    killed = _kill(room, "pid")
    window.opened.suspect()
    until(lambda: _pid(room) not in (None, killed))
    until(lambda: window.opened.conninfo == before, lambda: window.states)
    assert _answers(before)


def test_a_server_that_nobody_keeps_any_more_is_started_anew(
    embedded: Place, open_window: Any, until: Any
) -> None:
    """trap W13: keeper and server are both gone."""
    window = open_window(embedded)
    until(lambda: window.opened.conninfo, lambda: window.states)
    room = ServerDir(embedded.data_dir.postgres)
    _kill(room, "keeper_pid")
    _kill(room, "pid")
    window.opened.suspect()
    until(lambda: window.kinds == ["opening", "ready", "lost", "ready"], lambda: window.states)
    assert window.states[2].title
    assert window.states[2].hint
    assert _answers(window.opened.conninfo)


def _kill(room: ServerDir, whom: str) -> int:
    running = room.read_running()
    assert running is not None
    pid: int = getattr(running, whom)
    os.kill(pid, signal.SIGKILL)
    return pid


def _pid(room: ServerDir) -> int | None:
    running = room.read_running()
    return running.pid if running is not None else None


def test_a_suspicion_without_reason_changes_nothing(
    place: Place, open_window: Any, until: Any, attempts: list[float]
) -> None:
    window = open_window(place)
    until(lambda: window.opened.conninfo)
    for _ in range(3):
        window.opened.suspect()
        time.sleep(0.05)
    assert window.kinds == ["opening", "ready"]
    assert len(attempts) == 1


def test_a_server_that_is_away_is_waited_for(
    place: Place, wire: Any, open_window: Any, until: Any, attempts: list[float]
) -> None:
    """With a pause that grows, and at once when somebody asks for it."""
    wire.cut()
    window = open_window(replace(place, settings=Settings(database_url=wire.conninfo)))
    until(lambda: len(attempts) >= 4, lambda: window.states)
    pauses = [later - earlier for earlier, later in pairwise(attempts)]
    assert pauses[0] >= 0.2
    assert pauses[2] >= 0.8
    assert window.kinds == ["opening", "lost"]
    assert window.opened.conninfo is None
    assert "does not answer" in window.states[1].title
    tried = len(attempts)
    window.opened.suspect()
    time.sleep(0.1)
    assert len(attempts) == tried
    wire.mend()
    window.opened.retry()
    until(lambda: window.opened.conninfo, lambda: window.states)
    assert window.kinds == ["opening", "lost", "ready"]

    wire.cut()
    window.opened.suspect()
    until(lambda: window.kinds[3:] == ["lost"])
    wire.mend()
    until(lambda: window.kinds[3:] == ["lost", "ready"], lambda: window.states)


def test_other_feeds_are_refused_until_somebody_asks_again(
    place: Place, open_window: Any, until: Any, attempts: list[float]
) -> None:
    """Nobody is asked ten times a second what only a person can change."""
    claim(place.data_dir, FeedSet("live"))
    window = open_window(place)
    until(lambda: window.kinds == ["opening", "refused"], lambda: window.states)
    assert "belongs to the feeds 'live'" in window.states[1].title
    assert window.states[1].hint
    window.opened.suspect()
    time.sleep(1.0)
    assert len(attempts) == 1
    place.data_dir.origin.unlink()
    window.opened.retry()
    until(lambda: window.opened.conninfo, lambda: window.states)
    assert window.kinds == ["opening", "refused", "opening", "ready"]


def test_a_wrong_password_is_refused(
    place: Place, conninfo: str, open_window: Any, until: Any
) -> None:
    """trap W16: and no password is in the words for it."""
    wrong = make_conninfo(conninfo, password="s3same")
    window = open_window(replace(place, settings=Settings(database_url=wrong)))
    until(lambda: window.kinds == ["opening", "refused"], lambda: window.states)
    assert window.states[1].title == "The database refused the password."
    told = repr(window.states)
    assert "s3same" not in told
    assert str(conninfo_to_dict(conninfo)["password"]) not in told


@pytest.mark.warns_in_log
def test_a_bug_is_told_and_not_tried_again(
    place: Place, open_window: Any, until: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(opened_module, "open_warehouse", lambda *_: 1 / 0)
        window = open_window(place)
        until(lambda: window.kinds == ["opening", "refused"], lambda: window.states)
    assert "ZeroDivisionError" in window.states[1].detail
    window.opened.retry()
    until(lambda: window.opened.conninfo, lambda: window.states)


def test_closing_does_not_wait_for_a_server_that_is_silent(
    place: Place, wire: Any, open_window: Any
) -> None:
    wire.silence()
    window = open_window(replace(place, settings=Settings(database_url=wire.conninfo)))
    time.sleep(0.3)
    began = time.monotonic()
    window.opened.close()
    assert time.monotonic() - began < 9, "as long as a connection is tried for"
    wire.mend()
    assert window.kinds == ["opening"]


def test_it_may_be_closed_before_it_was_started(
    place: Place, until: Any, attempts: list[float]
) -> None:
    """Then nothing is opened: its thread ends by itself."""
    window = Window(place)
    window.opened.close()
    window.opened.start()
    until(lambda: not [one for one in threading.enumerate() if one.name == "warehouse"])
    assert attempts == []
    assert window.kinds == ["opening"]
    assert window.opened.conninfo is None
