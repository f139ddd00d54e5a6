"""The window's commands: what they want, and where they want nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from nbapanel.app.declared_steps import declared
from nbapanel.app.dialogs import Dialogs
from nbapanel.errors import UserFacingError
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.rows.questions import RunAsked
from nbapanel.rows.reads import (
    NOTHING,
    DatabaseState,
    RunDetail,
    RunRow,
    SlateDay,
    StepFacts,
    StepRow,
)
from nbapanel.settings import Settings
from nbapanel.ui.docks import Folders
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.rerun_dialog import RerunDialog
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.standing import Standing
from nbapanel.ui.window import MainWindow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LAST_DAY = date(2026, 1, 15)
RUN = RunRow(
    7, "refetch", "button", "failed", NOW, NOW, 10, "here", 1, None, ("fetch_games", "publish"),
    {"days": 2, "first": "2026-01-14", "last": "2026-01-15", "games": ["401"], "force": True,
     "publish": True},
    None, 0, 0, 0,
)  # fmt: skip


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
    return made


@pytest.fixture
def wanted(window: MainWindow) -> list[RunWanted]:
    """What was wanted so far. The step that failed did so in run 7."""
    failed = StepRow(7, "fetch_games", 1, "failed", None, NOW, NOW, 9, 0, 0, 0, "No.", None, {}, {})
    window._standing.steps = {"fetch_games": StepFacts("fetch_games", last=failed)}
    found: list[RunWanted] = []
    window.run_wanted.connect(found.append)
    return found


def _detail(**settings: Any) -> RunDetail:
    run = replace(RUN, settings=RUN.settings | settings)
    return RunDetail(run, (), {}, (), 0)


def test_what_is_kept_of_the_docks_is_how_they_were_beside_the_pipeline(window: MainWindow) -> None:
    """While they have all the room their heights are none to begin with at the next start."""
    beside = window.dock_state
    wide = window.actions_by_key["wide_dock"]
    wide.setChecked(True)
    window.docks.by_key["log"].hide()  # any other state
    assert window.dock_state == beside
    wide.setChecked(False)
    assert window.dock_state != beside


def test_the_pipeline_gets_its_room_back(window: MainWindow, qtbot: QtBot) -> None:
    """From Ctrl+M: Qt would leave it a strip, for the docks keep the height that they had."""
    window.resize(1440, 900)
    window.show()
    qtbot.waitExposed(window)
    window.docks.give_room()
    qtbot.wait(50)
    before = window.pipeline.height()
    wide = window.actions_by_key["wide_dock"]
    wide.setChecked(True)
    qtbot.wait(50)
    wide.setChecked(False)
    qtbot.waitUntil(lambda: window.pipeline.height() > before - 40, timeout=60_000)


def test_a_retry_has_the_days_games_and_options_of_the_run_that_failed(
    window: MainWindow, wanted: list[RunWanted], asker: Any
) -> None:
    asker.answers[RunAsked] = _detail()
    window.pipeline.rerun_wanted.emit("fetch_games", "retry")
    window.pipeline.rerun_wanted.emit("fetch_games", "retry")
    first = date(2026, 1, 14)
    assert wanted == [
        RunWanted(
            from_step="fetch_games", first=first, last=LAST_DAY, games=("401",), force=True
        )
    ]  # fmt: skip


def test_a_retry_of_what_only_the_terminal_offers_asks_first(
    window: MainWindow, wanted: list[RunWanted], asker: Any
) -> None:
    asker.answers[RunAsked] = _detail(publish=False)
    window.pipeline.rerun_wanted.emit("fetch_games", "retry")
    assert wanted == []
    assert window.findChild(RerunDialog) is not None
    assert not window.header.button.is_waiting


def test_a_retry_that_comes_too_late_is_none(
    window: MainWindow, wanted: list[RunWanted], asker: Any
) -> None:
    asker.answers[RunAsked], asker.later = _detail(), True
    window.pipeline.rerun_wanted.emit("fetch_games", "retry")
    window.header.settle()  # its patience is over
    asker.deliver()
    assert wanted == []


def test_a_retry_that_cannot_be_read_is_told(
    window: MainWindow, wanted: list[RunWanted], asker: Any
) -> None:
    told: list[UserFacingError] = []
    window.docks.failed.connect(told.append)
    asker.answers[RunAsked] = UserFacingError("It is gone.")
    window.pipeline.rerun_wanted.emit("fetch_games", "retry")
    assert (wanted, [error.title for error in told]) == ([], ["It is gone."])
    assert not window.header.button.is_waiting


@pytest.mark.parametrize("kind", ["lost", "refused", "opening"])
def test_while_there_is_no_database_a_refetch_says_why_it_is_not_to_be_had(
    window: MainWindow, kind: Any
) -> None:
    window._live.take_database(DatabaseState(kind, "It is away."))
    for key in ("refetch", "refetch_with"):
        action = window.actions_by_key[key]
        assert not action.isEnabled()
        assert action.toolTip() == "The database is not open."
    assert not window.header.button.isEnabled()
    window._live.take_database(DatabaseState("ready", "Ready"))
    action = window.actions_by_key["refetch"]
    assert action.isEnabled()
    assert action.toolTip().endswith("(F5)")


@pytest.mark.parametrize(
    ("feeds", "is_last_day"), [("demo:7", True), ("recorded", True), ("live", False)]
)
def test_days_to_choose_begin_where_the_league_is(
    window: MainWindow, feeds: str, is_last_day: bool
) -> None:
    day = SlateDay("2025-26", LAST_DAY, 8, 0, 8, 0, 8, 8, 8, True, NOW)
    window._standing.overview = replace(NOTHING, feeds=feeds, days=(day,))
    window.actions_by_key["refetch_with"].trigger()
    dialog = window.findChild(RerunDialog)
    dialog.settings._between.setChecked(True)
    assert (dialog.wanted.last == LAST_DAY) == is_last_day


@pytest.mark.parametrize("is_filled", [True, False])
def test_an_error_that_comes_while_one_is_shown_is_on_the_list(
    window: MainWindow, tmp_path: Path, is_filled: bool
) -> None:
    dialogs = Dialogs(window, Place(DataDir(tmp_path), FeedSet("demo", "7"), Settings()))
    dialogs.hooks.remove()
    if is_filled:
        window.fill_docks()
    dialogs.show_error(UserFacingError("The first."))
    dialogs.show_error(UserFacingError("The second.", "At postgresql://nba:sesame@db/x.", "Wait."))
    assert len(window.findChildren(ErrorDialog)) == 1
    if not is_filled:
        window.fill_docks()
    notices = [card.notice for card in window.docks.notices.cards]
    assert [(one.title, one.words) for one in notices] == [
        ("The second.", "At postgresql://nba:***@db/x. Wait.")
    ]
