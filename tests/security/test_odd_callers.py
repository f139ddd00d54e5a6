"""Whoever knocks: at the window's socket, and on the channels of the database."""

from __future__ import annotations

import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from psycopg import Connection, sql
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nbapanel.cli.watching import _next_run
from nbapanel.desk.follower import Follower
from nbapanel.engine.events import RunFinished
from nbapanel.errors import UserFacingError
from nbapanel.ui.single_instance import SingleInstance
from nbapanel.warehouse.control_channel import CONTROL_CHANNEL, ask_to_stop, heeding
from nbapanel.warehouse.db import Database, connect
from nbapanel.warehouse.journal import CACHE_CHANNEL, CHANNEL

_WITHIN_MS = 30_000
unix_only = pytest.mark.skipif(sys.platform == "win32", reason="sockets in the file system")

_HUGE, _AT = 2**70, '"at": "2026-01-01T00:00:00Z"'
_STARTED = '"type": "StepStarted", "step": "markets", "attempt": 1'
ODD = (
    "", " ", "null", "0", "[]", "{}", '"stop"', "stop", "{" * 3000, "[" * 7000, '{"a":' * 1500,
    '{"run_id": 7}', '{"run_id": 7, "ask": "dance"}', '{"run_id": 7, "ask": "stop"',
    *(f'{{"run_id": {number}, "ask": "stop"}}' for number in ('"7"', "1e400", -1, _HUGE, "true")),
    '{"run_id": 8, "ask": "stop", "x": ' + "[" * 3000 + "]" * 3000 + "}",
    "'; DROP TABLE ops.pipeline_runs; --", "\x1b[31m\n\r\t", "x" * 7900,
    '{"type": "RunFinished"}', '{"type": "RunStarted", "run_id": "x"}', '{"type": []}',
    '{"type": "__init__", "run_id": 1}', f'{{"type": "StepFinished", "run_id": {_HUGE}}}',
    f'{{"type": "RunStarted", "run_id": 99, "kind": 1, "steps": 5, "settings": 0, {_AT}}}',
    f'{{"type": "RunStarted", "run_id": 99, "kind": "refetch", "trigger": "terminal", "steps": [],'
    f' "settings": {{}}, {_AT}}}',
    *(f'{{{_STARTED}, "run_id": {number}, {_AT}}}' for number in (99999, _HUGE, -_HUGE, 2**63)),
    f'{{{_STARTED}, "run_id": 1, "at": "0000-00-00"}}',
)  # fmt: skip


# ---- the window's socket -----------------------------------------------------------------------


@pytest.fixture
def window(qapp: QApplication, tmp_path: Path) -> Iterator[SingleInstance]:
    first = SingleInstance(tmp_path)
    assert first.claim()
    yield first
    first.close()


@unix_only
def test_only_its_owner_can_open_the_socket(window: SingleInstance, tmp_path: Path) -> None:
    """Whatever the folder around it allows."""
    assert stat.S_IMODE((tmp_path / "panel.sock").stat().st_mode) & 0o077 == 0


@unix_only
@pytest.mark.parametrize(
    "words",
    [b"", b"\n", b"quit\n", b"raise", b"raised\n", b"\0" * 100, b"\xff" * 1000, b"x" * 10**6],
)
def test_odd_words_do_nothing(
    window: SingleInstance, tmp_path: Path, qtbot: QtBot, words: bytes
) -> None:
    """Who says them is put out, and who comes next is heard."""
    raised = QSignalSpy(window.raise_wanted)
    with socket.socket(socket.AF_UNIX) as odd:
        odd.connect(str(tmp_path / "panel.sock"))
        odd.setblocking(False)
        left = memoryview(words)
        qtbot.waitUntil(lambda: _is_put_out(odd, left), timeout=_WITHIN_MS)
    assert raised.count() == 0
    assert not SingleInstance(tmp_path).claim()
    qtbot.waitUntil(lambda: raised.count() == 1, timeout=_WITHIN_MS)


def _is_put_out(wire: socket.socket, words: memoryview) -> bool:
    """Say what is taken of it, and then no more; True once the other side has hung up."""
    try:
        sent = wire.send(words) if words else 0
        if sent == len(words):
            wire.shutdown(socket.SHUT_WR)
        return wire.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@unix_only
def test_a_crowd_that_says_nothing_is_no_hindrance(
    window: SingleInstance, tmp_path: Path, qtbot: QtBot
) -> None:
    raised = QSignalSpy(window.raise_wanted)
    crowd = [socket.socket(socket.AF_UNIX) for _ in range(25)]
    try:
        for one in crowd:
            one.connect(str(tmp_path / "panel.sock"))
            qtbot.wait(1)
        assert not SingleInstance(tmp_path).claim()
        qtbot.waitUntil(lambda: raised.count() == 1, timeout=_WITHIN_MS)
    finally:
        for one in crowd:
            one.close()


@unix_only
@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.warns_in_log
def test_a_socket_that_somebody_else_put_there_is_not_believed(
    qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the path is too long, it is a name in the temporary folder, which is everybody's: a
    stranger there could say that a window is open, and none would ever open."""
    monkeypatch.setattr("nbapanel.ui.single_instance._LONGEST_SOCKET_PATH", 0)
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    tmp_path.chmod(0o1777)
    mine = SingleInstance(tmp_path / "data")
    with socket.socket(socket.AF_UNIX) as stranger:
        path = tmp_path / Path(mine._name).name
        stranger.bind(str(path))
        stranger.listen()
        os.chown(path, 65_432, 65_432)
        assert mine.claim()
    mine.close()


# ---- the channels of the database --------------------------------------------------------------


@pytest.mark.warns_in_log
async def test_odd_words_neither_stop_a_run_nor_deafen_it(
    conninfo: str, connection: Connection[Any], eventually: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever may connect to the database can say something there."""
    asked: list[str] = []
    async with Database(conninfo, "run") as database, heeding(database, 7, asked.append):
        _say(connection, CONTROL_CHANNEL)
        connection.execute("SELECT pg_notify(%s, 'that was all')", (CONTROL_CHANNEL,))
        await eventually(lambda: "that was all" in caplog.text, timeout_s=30.0)
        assert not asked
        ask_to_stop(connection, 7)
        await eventually(lambda: asked, timeout_s=30.0)


@pytest.mark.warns_in_log
async def test_odd_words_neither_move_a_window_nor_deafen_it(
    conninfo: str,
    connection: Connection[Any],
    eventually: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It goes on listening over the same connection, and shows no run that there is not."""
    events: list[Any] = []
    caches: list[None] = []
    lost: list[UserFacingError] = []
    follower = Follower(conninfo, events.append, lambda: caches.append(None), lost.append)
    follower.start()
    try:
        await eventually(lambda: _rings(connection) and caches, timeout_s=30.0)
        _say(connection, CHANNEL)
        before = len(caches)
        await eventually(lambda: _rings(connection) and len(caches) > before, timeout_s=30.0)
    finally:
        follower.close()
    assert not lost
    assert not [event for event in events if not isinstance(event, RunFinished)], events
    assert "stumbled" not in caplog.text


def _say(connection: Connection[Any], channel: str) -> None:
    for words in ODD:
        connection.execute("SELECT pg_notify(%s, %s)", (channel, words))


def _rings(connection: Connection[Any]) -> bool:
    connection.execute("SELECT pg_notify(%s, %s)", (CACHE_CHANNEL, "anything"))
    return True


@pytest.mark.warns_in_log
def test_odd_words_are_passed_over_in_a_terminal_that_waits(
    conninfo: str, connection: Connection[Any]
) -> None:
    """`watch` goes on waiting for a run that there is."""
    with connect(conninfo, purpose="watch") as listening:
        listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
        for words in ODD:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, words))
            assert _next_run(listening) is None
