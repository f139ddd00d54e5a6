"""Calls from other threads: in order, all of them, and never so many that the window stands."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from nbapanel.app.courier import Courier


def test_calls_come_in_order_in_the_window_s_thread(qtbot: QtBot) -> None:
    courier = Courier()
    called: list[tuple[int, int | None]] = []

    def send_all() -> None:
        for number in range(500):
            courier.send(lambda n=number: called.append((n, threading.get_ident())))

    thread = threading.Thread(target=send_all)
    thread.start()
    thread.join()
    assert not called
    qtbot.waitUntil(lambda: len(called) == 500)
    assert called == [(number, threading.get_ident()) for number in range(500)]


def test_a_burst_lets_the_window_live(qtbot: QtBot) -> None:
    """Qt hands over all that was sent in one go: nothing else would come in between."""
    courier = Courier()
    told: list[str] = []
    timer = QTimer()
    timer.setInterval(1)
    timer.timeout.connect(lambda: told.append("beat"))
    timer.start()
    for _ in range(10):
        courier.send(lambda: (time.sleep(0.01), told.append("call")))  # type: ignore[func-returns-value]
    qtbot.waitUntil(lambda: told.count("call") == 10)
    timer.stop()
    first, last = told.index("call"), len(told) - told[::-1].index("call")
    assert told[first:last].count("beat") >= 5


def test_a_call_that_breaks_off_keeps_no_other_from_coming(qtbot: QtBot) -> None:
    courier = Courier()
    called: list[int] = []
    with qtbot.captureExceptions() as caught:
        courier.send(lambda: [][1])
        courier.send(lambda: called.append(1))
        qtbot.waitUntil(lambda: called == [1])
    assert [kind for kind, *_ in caught] == [IndexError]
