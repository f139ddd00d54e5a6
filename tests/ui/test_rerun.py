"""A rerun shows the settings that matter filled in, and wants exactly what they say."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.rows.reads import Planned, PlannedStep
from nbapanel.ui.pipeline import Mode, RerunDefaults, RerunDialog, wanted_at_once
from nbapanel.ui.ports import DeclaredStep, RunWanted
from nbapanel.ui.theme import Theme

DECLARED = tuple(
    DeclaredStep(s.key, s.title, s.lane, s.needs, s.follows, s.writes, s.asks, s.alert_after_s)
    for s in STEPS.steps
)
DEFAULTS = RerunDefaults(days=7, today=date(2026, 11, 22))
PLANNED = Planned((PlannedStep("publish", "Publish", 0, None, "games", None, "", "", None),), None)


@pytest.fixture
def opened(qtbot: QtBot, asker: Any) -> Any:
    def open_one(key: str | None, mode: str, defaults: RerunDefaults = DEFAULTS) -> RerunDialog:
        dialog = RerunDialog(DECLARED, key, mode, defaults, asker)
        qtbot.addWidget(dialog)
        dialog.open()
        return dialog

    return open_one


def _button(dialog: RerunDialog, name: str) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.accessibleName() == name)


def _inputs(dialog: RerunDialog) -> set[str]:
    names = {"How many days back", "Only these games, by ESPN id", "Force", "Publish anyway"}
    return {
        widget.accessibleName()
        for widget in dialog.findChildren(QWidget)
        if widget.isVisible() and widget.accessibleName() in names
    }


@pytest.mark.parametrize(
    ("key", "mode", "inputs"),
    [
        ("load_scoreboards", "only", set()),
        ("markets", "only", {"How many days back"}),
        ("publish", "only", {"Force", "Publish anyway"}),
        ("candlesticks", "only",
         {"How many days back", "Only these games, by ESPN id", "Force"}),
        (None, "all",
         {"How many days back", "Only these games, by ESPN id", "Force", "Publish anyway"}),
    ],
)  # fmt: skip
def test_only_the_settings_that_matter_are_shown(
    key: str | None, mode: str, inputs: set[str], opened: Any, theme: Theme
) -> None:
    dialog = opened(key, mode)
    assert _inputs(dialog) == inputs
    assert not dialog.grab().isNull()


def test_settings_are_filled_in_and_wanted_as_they_stand(qtbot: QtBot, opened: Any) -> None:
    dialog = opened("fetch_games", "from", RerunDefaults(5, date(2026, 11, 22), ("401585607",)))
    wanted: list[RunWanted] = []
    dialog.run_wanted.connect(wanted.append)
    qtbot.mouseClick(_button(dialog, "Run"), Qt.MouseButton.LeftButton)
    assert wanted == [RunWanted(from_step="fetch_games", days=5, games=("401585607",))]
    assert not dialog.isVisible()


def test_days_from_and_to_games_and_force(opened: Any) -> None:
    dialog = opened("snapshot_features", "until")
    form = dialog.settings
    form._between.setChecked(True)
    form._first.setDate(QDate(2026, 11, 1))
    form._games.setText("401585607, 401585608 401585607")
    form._force.setChecked(True)
    assert dialog.wanted == RunWanted(
        until_step="snapshot_features",
        first=date(2026, 11, 1),
        last=date(2026, 11, 22),
        games=("401585607", "401585608"),
        force=True,
    )
    assert dialog.wanted.words == [
        "refetch", "--trigger", "button", "--until", "snapshot_features",
        "--date", "2026-11-01..2026-11-22", "--game", "401585607", "--game", "401585608",
        "--force",
    ]  # fmt: skip


@pytest.mark.parametrize("typed", ["x1", "4015-1", "٤٠١", "../../etc"])
def test_what_is_no_game_id_is_said_in_place(typed: str, opened: Any) -> None:
    dialog = opened("fetch_games", "only")
    form = dialog.settings
    form._games.setText(f"401585607, {typed}")
    assert form._objection.isVisible()
    assert typed in form._objection.text()
    assert not _button(dialog, "Run").isEnabled()
    assert not _button(dialog, "What would happen").isEnabled()
    form._games.setText("401585607")
    assert not form._objection.isVisible()
    assert _button(dialog, "Run").isEnabled()


def test_days_the_wrong_way_round(opened: Any) -> None:
    dialog = opened("markets", "only")
    dialog.settings._between.setChecked(True)
    dialog.settings._last.setDate(QDate(2026, 11, 1))
    dialog.settings._first.setDate(QDate(2026, 11, 5))
    assert not _button(dialog, "Run").isEnabled()
    assert "first day is after the last" in dialog.settings.trouble
    dialog.settings._back.setChecked(True)
    assert dialog.wanted == RunWanted(only=("markets",), days=7)


def test_publish_anyway_warns(opened: Any) -> None:
    dialog = opened("publish", "only")
    assert not dialog.settings._warning.isVisible()
    dialog.settings._anyway.setChecked(True)
    assert dialog.settings._warning.isVisible()
    assert dialog.wanted == RunWanted(only=("publish",), publish_anyway=True)


def test_what_would_happen_is_shown_in_place(opened: Any, asker: Any) -> None:
    asker.answers[RunWanted] = PLANNED
    asker.later = True
    dialog = opened("publish", "only")
    _button(dialog, "What would happen").click()
    assert asker.asked == [RunWanted(only=("publish",))]
    assert dialog.panel._busy.isVisible()
    asker.deliver()
    assert not dialog.panel._busy.isVisible()
    assert dialog.panel._table.isVisible()
    assert "not known" in dialog.panel.words


def test_an_answer_to_other_settings_does_not_count(opened: Any, asker: Any) -> None:
    asker.answers[RunWanted] = PLANNED
    asker.later = True
    dialog = opened("publish", "only")
    _button(dialog, "What would happen").click()
    dialog.settings._force.setChecked(True)
    asker.deliver()
    assert dialog.panel.planned is None
    assert not dialog.panel._table.isVisible()


def test_trouble_is_said_in_place(opened: Any, asker: Any) -> None:
    asker.answers[RunWanted] = UserFacingError("No network.", "ESPN is away.", "Look later.")
    dialog = opened("publish", "only")
    _button(dialog, "What would happen").click()
    assert dialog.panel.words == "✗ No network. ESPN is away. Look later."


def test_no_second_run_while_one_is_on(opened: Any) -> None:
    dialog = opened("publish", "only")
    dialog.allow_run(False)
    assert not _button(dialog, "Run").isEnabled()
    assert _button(dialog, "What would happen").isEnabled()


def test_escape_wants_nothing(qtbot: QtBot, opened: Any) -> None:
    dialog = opened("publish", "only")
    wanted: list[RunWanted] = []
    dialog.run_wanted.connect(wanted.append)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert wanted == []
    assert not dialog.isVisible()


def test_retry_needs_no_dialog() -> None:
    assert wanted_at_once("publish", Mode.RETRY) == RunWanted(from_step="publish")
    assert wanted_at_once("publish", Mode.ONLY) == RunWanted(only=("publish",))
    assert wanted_at_once(None, Mode.ALL) == RunWanted()


def test_the_steps_that_would_run_are_listed(opened: Any) -> None:
    dialog = opened("publish", "from")
    told = [label.text() for label in dialog.findChildren(QLabel)]
    assert "2 steps would run: Publish: gates, then views  →  Invalidate caches" in told
