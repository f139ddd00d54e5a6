"""Work beside the window: it is answered in the window's thread, also where it went wrong."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.ui.beside import FEW, Beside
from nbapanel.ui.whole_file import write_whole

_LONG_MS = 60_000


@pytest.fixture
def beside(qapp: Any) -> Beside:
    owner = QObject()
    made = Beside(owner)
    made.owner = owner  # else it goes, and takes it along
    return made


def test_many_rows_are_worked_on_beside_the_window_and_few_at_once(
    qtbot: QtBot, beside: Beside
) -> None:
    threads: list[bool] = []

    def is_window() -> bool:
        return threading.current_thread() is threading.main_thread()

    def work() -> str:
        threads.append(is_window())
        return "made"

    heard: list[tuple[str, bool]] = []
    beside.do_many(FEW + 1, work, lambda made: heard.append((made, is_window())))
    assert not heard
    qtbot.waitUntil(lambda: heard == [("made", True)], timeout=_LONG_MS)
    beside.do_many(FEW, work, lambda made: heard.append((made, is_window())))
    assert heard == [("made", True)] * 2
    assert threads == [False, True]


@pytest.mark.parametrize("rows", [FEW, FEW + 1])
def test_trouble_is_heard_by_who_wants_to(qtbot: QtBot, beside: Beside, rows: int) -> None:
    heard: list[UserFacingError] = []

    def work() -> None:
        raise UserFacingError("The disk is full.")

    beside.do_many(rows, work, lambda _: None, heard.append)
    qtbot.waitUntil(lambda: bool(heard), timeout=_LONG_MS)
    assert heard[0].title == "The disk is full."


def test_a_bug_is_not_swallowed(qtbot: QtBot, beside: Beside) -> None:
    with qtbot.captureExceptions() as caught:
        beside.do(lambda: [][1], lambda _: None, lambda _: None)
        qtbot.waitUntil(lambda: len(caught) == 1, timeout=_LONG_MS)
    assert caught[0][0] is IndexError


def test_who_is_gone_hears_nothing(qtbot: QtBot, qapp: Any) -> None:
    go, gone = threading.Event(), threading.Event()
    owner = QObject()
    heard: list[str] = []

    def work() -> str:
        go.wait(60)
        gone.set()
        return "made"

    Beside(owner).do(work, heard.append)
    with qtbot.waitSignal(owner.destroyed, timeout=_LONG_MS):
        owner.deleteLater()
    go.set()
    qtbot.waitUntil(gone.is_set, timeout=_LONG_MS)
    (thread,) = [one for one in threading.enumerate() if one.name == "beside the window"] or [None]
    if thread is not None:
        thread.join(60)
    qapp.processEvents()
    assert heard == []


def test_a_file_is_there_whole_or_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    assert write_whole(path, b"one") == path
    assert write_whole(path, b"two") == path
    assert path.read_bytes() == b"two"
    with pytest.raises(UserFacingError, match="could not be written"):
        write_whole(tmp_path / "no" / "x.txt", b"three")
    assert [one.name for one in tmp_path.iterdir()] == ["x.txt"]
