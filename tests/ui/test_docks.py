"""The lower part of the window: what is behind another dock is unseen, and keeps its room."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nbapanel.app.declared_steps import declared
from nbapanel.pipeline import STEPS
from nbapanel.rows.questions import RefreshesAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.docks import KEYS, Folders
from nbapanel.ui.live import Live
from nbapanel.ui.notices import Notice
from nbapanel.ui.standing import Standing
from nbapanel.ui.window import MainWindow

SIZES = ((1280, 800), (1920, 1080))


@pytest.fixture
def window(qtbot: QtBot, asker: Any, tmp_path: Path) -> MainWindow:
    live = Live(STEPS.steps)
    live.take_database(DatabaseState("ready", "Ready"))
    standing = Standing(asker, live, 7)
    folders = Folders(tmp_path, tmp_path, tmp_path, tmp_path)
    made = MainWindow(declared(), live, asker, standing, folders)
    live.setParent(made)
    standing.setParent(made)
    qtbot.addWidget(made)
    made.resize(1280, 800)
    with qtbot.waitExposed(made):
        made.show()
    made.fill_docks()
    QApplication.processEvents()
    return made


def test_only_the_dock_in_front_is_seen(window: MainWindow) -> None:
    for key in KEYS:
        window.docks.show(key)
        QApplication.processEvents()
        seen = [other for other in KEYS if getattr(window.docks, other).isVisible()]
        assert seen == [key]


def test_charts_ask_once_they_are_seen(window: MainWindow, asker: Any) -> None:
    def asked() -> bool:
        return any(isinstance(question, RefreshesAsked) for question in asker.asked)

    assert not asked()
    window.docks.show("charts")
    QApplication.processEvents()
    assert asked()


def test_problems_behind_another_dock_are_counted_until_they_are_seen(window: MainWindow) -> None:
    dock = window.docks.by_key["notices"]
    window.docks.notices.add(Notice("failure", "It failed", "So it did.", datetime.now(UTC)))
    assert dock.windowTitle() == "Problems (1)"
    window.docks.show("notices")
    QApplication.processEvents()
    assert dock.windowTitle() == "Problems"


@pytest.mark.parametrize("size", SIZES)
def test_docks_get_what_the_pipeline_leaves_whichever_is_in_front(
    window: MainWindow, size: tuple[int, int]
) -> None:
    """No card is cut, and the docks have all the rest."""
    window.resize(*size)
    QApplication.processEvents()
    window.docks.give_room()
    for key in KEYS:
        window.docks.show(key)
        QApplication.processEvents()
        height = window.docks.by_key[key].height()
        assert height >= size[1] - 612, key  # their tabs are above them
        lanes = window.pipeline.widget()
        assert window.pipeline.viewport().height() >= lanes.minimumSizeHint().height(), key
