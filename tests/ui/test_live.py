"""Events become the board that the widgets show, told at most every 50 ms."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nbapanel.engine.events import (
    RunFinished,
    RunStarted,
    RunStatus,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.live import Live

NOW = datetime(2026, 1, 16, 12, tzinfo=UTC)


@pytest.fixture
def live(qapp: QApplication) -> Live:
    return Live(STEPS.steps)


def started(run_id: int = 3) -> RunStarted:
    return RunStarted(run_id, "refetch", "terminal", STEPS.keys, {}, NOW)


def test_many_events_are_one_change(live: Live, qtbot: QtBot) -> None:
    changes = QSignalSpy(live.changed)
    live.take(started())
    live.take(StepStarted(3, "markets", 1, NOW))
    for done in range(1, 501):
        live.take(StepProgress(3, "markets", done, 500, "markets"))
    qtbot.waitUntil(lambda: changes.count() > 0)
    assert changes.count() == 1
    assert live.board is not None
    line = live.board.lines["markets"]
    assert line.state is StepState.RUNNING
    assert line.progress is not None
    assert line.progress.done == 500


def test_the_same_run_told_again_does_not_begin_anew(live: Live) -> None:
    live.take(started())
    live.take(StepStarted(3, "markets", 1, NOW))
    live.take(started())
    assert live.board is not None
    assert live.board.lines["markets"].state is StepState.RUNNING


def test_events_of_a_run_that_is_not_shown_change_nothing(live: Live) -> None:
    live.take(started())
    live.take(StepStarted(2, "markets", 1, NOW))
    assert live.board is not None
    assert live.board.lines["markets"].state is StepState.PENDING


def test_a_run_s_end_is_its_end(live: Live) -> None:
    """trap W9: nothing goes on running on the screen after the last event."""
    ended = QSignalSpy(live.run_finished)
    live.take(started())
    assert live.is_running
    live.take(RunFinished(3, RunStatus.FAILED, NOW, 2.0, failed=("markets",)))
    assert not live.is_running
    assert ended.count() == 1


def test_the_same_state_of_the_database_is_told_once(live: Live) -> None:
    told = QSignalSpy(live.database_changed)
    live.take_database(DatabaseState("ready", "Database is open"))
    live.take_database(DatabaseState("ready", "Database is open"))
    assert told.count() == 1
