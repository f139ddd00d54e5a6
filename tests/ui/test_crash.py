"""Bugs: caught in every corner, shown once, never in a loop, and never with a password."""

from __future__ import annotations

import asyncio
import gc
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, qWarning
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.ui.crash import Crash, CrashDialog, Crashes
from nbapanel.ui.hooks import Hooks, install_hooks
from nbapanel.ui.theme import Theme

URL = "postgresql://nba:sesame@db.test/house"
pytestmark = pytest.mark.warns_in_log


class Heard:
    def __init__(self) -> None:
        self.crashes: list[Crash] = []
        self.troubles: list[UserFacingError] = []
        self.threads: set[str] = set()
        self.breaks = False

    def crash(self, crash: Crash) -> None:
        self.crashes.append(crash)
        self.threads.add(threading.current_thread().name)
        if self.breaks:
            raise RuntimeError("the dialog broke")


def broken(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:  # noqa: BLE001 - given back as it is, with a traceback
        return caught


@pytest.fixture
def heard(qapp) -> Heard:
    return Heard()


@pytest.fixture
def hooks(heard: Heard) -> Iterator[Hooks]:
    made = install_hooks(heard.crash, heard.troubles.append)
    yield made
    made.remove()


def test_from_the_window(hooks: Hooks, heard: Heard, qtbot: QtBot) -> None:
    error = broken(KeyError(f"cannot open {URL}"))
    sys.excepthook(type(error), error, error.__traceback__)
    assert heard.crashes == [], "never inside the call that failed"
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)
    crash = heard.crashes[0]
    assert "KeyError" in crash.summary
    assert "Traceback" in crash.traceback
    assert "sesame" not in crash.summary + crash.traceback


def test_from_a_thread(hooks: Hooks, heard: Heard, qtbot: QtBot) -> None:
    def work() -> None:
        raise ValueError("no")

    thread = threading.Thread(target=work, name="reader")
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)
    assert heard.crashes[0].where == "reader"
    assert heard.threads == {"MainThread"}


def test_from_a_finaliser(hooks: Hooks, heard: Heard, qtbot: QtBot) -> None:
    class Odd:
        def __del__(self) -> None:
            raise ValueError("in the end")

    Odd()
    gc.collect()
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)
    assert "in the end" in heard.crashes[0].summary


def test_from_the_event_loop(hooks: Hooks, heard: Heard, qtbot: QtBot, caplog) -> None:
    loop = asyncio.new_event_loop()
    try:
        hooks.asyncio_handler(loop, {"message": "lost", "exception": broken(ValueError("no"))})
        hooks.asyncio_handler(loop, {"message": f"only words of {URL}"})
    finally:
        loop.close()
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)
    assert heard.crashes[0].where == "the event loop"
    assert "only words" in caplog.text
    assert "sesame" not in caplog.records[-1].getMessage()


def test_known_trouble_is_no_crash(hooks: Hooks, heard: Heard, qtbot: QtBot) -> None:
    error = UserFacingError("The database does not answer.")
    sys.excepthook(type(error), error, None)
    qtbot.waitUntil(lambda: heard.troubles == [error])
    assert heard.crashes == []


def test_ctrl_c_is_no_crash(heard: Heard, monkeypatch) -> None:
    seen = []
    monkeypatch.setattr(sys, "excepthook", lambda *given: seen.append(given[0]))
    hooks = install_hooks(heard.crash)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    hooks.remove()
    assert seen == [KeyboardInterrupt]


def test_a_crash_in_the_dialog_does_not_come_back(hooks, heard, qtbot, caplog) -> None:
    heard.breaks = True
    error = broken(ValueError("no"))
    sys.excepthook(type(error), error, None)
    qtbot.waitUntil(lambda: "The dialog for a crash crashed" in caplog.text)
    qtbot.wait(20)
    assert len(heard.crashes) == 1


def test_a_crash_in_the_telling_goes_to_stderr(hooks, heard, monkeypatch, qtbot) -> None:
    class Page:
        text = ""

        def write(self, text: str) -> None:
            self.text += text

    class Raising(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = RuntimeError(f"log is full, {URL}")
            sys.excepthook(type(error), error, None)

    page, handler = Page(), Raising()
    monkeypatch.setattr(sys, "__stderr__", page)
    logging.getLogger("nbapanel.ui.hooks").addHandler(handler)
    try:
        error = broken(ValueError("no"))
        sys.excepthook(type(error), error, None)
    finally:
        logging.getLogger("nbapanel.ui.hooks").removeHandler(handler)
    assert "log is full" in page.text
    assert "sesame" not in page.text
    qtbot.waitUntil(lambda: len(heard.crashes) == 1)


def test_qt_speaks_in_the_log(hooks: Hooks, caplog) -> None:
    qWarning(f"something odd at {URL}")
    record = next(record for record in caplog.records if record.name == "qt")
    assert record.levelno == logging.WARNING
    assert "something odd" in record.getMessage()
    assert "sesame" not in record.getMessage()


def test_what_was_there_before_comes_back(heard: Heard) -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    hooks = install_hooks(heard.crash)
    assert sys.excepthook != before[0]
    hooks.remove()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


# ---- the dialog --------------------------------------------------------------------------------


@pytest.fixture
def crashes(qtbot: QtBot, theme: Theme) -> Crashes:
    window = QWidget()
    qtbot.addWidget(window)
    made = Crashes(window, lambda: f"INFO opened {URL}\n")
    made.window = window  # it is alive as long as the test is
    return made


def test_one_dialog_with_a_counter(crashes: Crashes) -> None:
    crashes.show(Crash("the window", "KeyError: 'x'", "Traceback\nKeyError: 'x'"))
    first = crashes.dialog
    assert isinstance(first, CrashDialog)
    assert not first.counter.isVisible()
    for number in range(30):
        crashes.show(Crash("the window", f"ValueError: {number}", "Traceback"))
    assert crashes.dialog is first
    assert first.count == 31
    assert "30 more" in first.counter.text()
    assert "ValueError: 0" in first.report
    assert first.report.count("ValueError") == 20, "bounded"
    first.continue_button.click()
    assert crashes.dialog is None
    crashes.show(Crash("the window", "TypeError", "Traceback"))
    assert crashes.dialog is not first


def test_the_report(crashes: Crashes) -> None:
    crashes.show(Crash("the window", f"KeyError: {URL}", f"Traceback\n  {URL}"))
    dialog = crashes.dialog
    assert dialog is not None
    dialog.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert text == dialog.text.toPlainText()
    for part in ("nbapanel", "Python", "Qt", "KeyError", "Traceback", "The end of the log"):
        assert part in text
    assert "sesame" not in text


def test_folder_and_quit(crashes: Crashes, qtbot: QtBot) -> None:
    crashes.show(Crash("the window", "KeyError", "Traceback"))
    dialog = crashes.dialog
    assert dialog is not None
    with qtbot.waitSignal(crashes.log_folder_wanted):
        dialog.folder_button.click()
    assert dialog.isVisible()
    assert dialog.testAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    with qtbot.waitSignal(crashes.quit_wanted):
        dialog.quit_button.click()
    assert crashes.dialog is None
