"""The first start: every page can be skipped, and nobody who has data sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from nbapanel.rows.reads import NOTHING, RelationSize, SlateDay
from nbapanel.settings_store import Source
from nbapanel.ui.first_run import FirstRun, FirstRunDialog, is_due
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.theme import Theme

URL = "postgresql://nba:sesame@db.test/house"
DAY = SlateDay("2025-26", date(2026, 1, 10), 8, 0, 8, 0, 8, 8, 8, True, None)


class Shown:
    def __init__(self, qtbot: QtBot, data_dir: Path, place="default") -> None:
        source = Source(place, "DATABASE_URL")
        self.dialog = FirstRunDialog(data_dir, "the live feeds", source)
        self.chosen: list[FirstRun] = []
        self.tested: list[str] = []
        self.prepared: list[str | None] = []
        self.dialog.finished_with.connect(self.chosen.append)
        self.dialog.test_wanted.connect(self.tested.append)
        self.dialog.prepare_wanted.connect(self.prepared.append)
        qtbot.addWidget(self.dialog)
        self.dialog.open()


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme, tmp_path: Path):
    return lambda place="default": Shown(qtbot, tmp_path, place)


def test_next_next_start(shown) -> None:
    here = shown()
    here.dialog.next.click()
    here.dialog.prepare.click()
    assert here.prepared == [None], "the embedded one"
    assert not here.dialog.prepare.isEnabled()
    here.dialog.show_preparing("Applying 0003_kalshi.sql")
    assert "0003_kalshi" in here.dialog.state.text()
    here.dialog.show_prepared(True, "PostgreSQL 18.4, 6 migrations applied.")
    assert here.dialog.state.text().startswith("✓")
    assert not here.dialog.busy.isVisible()
    here.dialog.next.click()
    assert here.dialog.next.text() == "Start the refetch"
    here.dialog.days.setValue(3)
    here.dialog.next.click()
    assert here.chosen == [FirstRun(None, RunWanted(days=3))]
    assert not here.dialog.isVisible()


def test_a_server_of_ones_own(shown) -> None:
    here = shown()
    here.dialog.own.setChecked(True)
    assert not here.dialog.next.isEnabled(), "it has no address yet"
    here.dialog.address.editor.show_value("mysql://x")
    assert not here.dialog.next.isEnabled()
    here.dialog.address.editor.show_value(URL)
    here.dialog.address.editor.test.click()
    assert here.tested == [URL]
    here.dialog.show_test_result(True, "PostgreSQL 17.2")
    assert here.dialog.address.result.text() == "✓ PostgreSQL 17.2"
    here.dialog.next.click()
    here.dialog.prepare.click()
    assert here.prepared == [URL]
    here.dialog.show_prepared(False, "No right to create a schema.")
    assert here.dialog.prepare.text() == "Try again"
    here.dialog.next.click()
    here.dialog.refetch.setChecked(False)
    assert here.dialog.next.text() == "Finish"
    here.dialog.next.click()
    assert here.chosen == [FirstRun(URL, None)]


def test_an_empty_address_says_what_one_looks_like(shown) -> None:
    """In the settings an empty one means the embedded server; here that is the other choice."""
    here = shown()
    here.dialog.own.setChecked(True)
    line = here.dialog.address.editor.line
    assert line.placeholderText().startswith("postgresql://")


def test_every_page_can_be_skipped(shown) -> None:
    here = shown()
    here.dialog.own.setChecked(True)
    here.dialog.address.editor.show_value("nonsense")
    for _ in range(3):
        assert here.dialog.skip.isVisible()
        here.dialog.skip.click()
    assert here.chosen == [FirstRun(None, None)]


@pytest.mark.parametrize("way", ["close", "reject"])
def test_closing_is_an_answer_given_once(shown, way: str) -> None:
    here = shown()
    getattr(here.dialog, way)()
    assert here.chosen == [FirstRun(None, None)]


def test_escape_leaves(shown, qtbot: QtBot) -> None:
    here = shown()
    qtbot.keyClick(here.dialog, Qt.Key.Key_Escape)
    assert here.chosen == [FirstRun(None, None)]


def test_an_answer_about_another_database_counts_for_nothing(shown) -> None:
    here = shown()
    here.dialog.next.click()
    here.dialog.prepare.click()
    here.dialog.back.click()
    here.dialog.own.setChecked(True)
    here.dialog.address.editor.show_value(URL)
    here.dialog.show_prepared(True, "PostgreSQL 18.4")
    here.dialog.next.click()
    assert here.dialog.state.text() == ""
    assert here.dialog.prepare.isEnabled()


def test_the_environment_has_chosen(shown) -> None:
    here = shown("environment")
    assert not here.dialog.own.isEnabled()
    assert not here.dialog.address.isVisible()
    here.dialog.next.click()
    here.dialog.next.click()
    here.dialog.next.click()
    assert here.chosen[0].database_url is None
    assert here.chosen[0].refetch == RunWanted(days=7)


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        (NOTHING, True),
        (replace(NOTHING, relations=(RelationSize("espn.plays", 0, 8192),)), True),
        (replace(NOTHING, relations=(RelationSize("espn.plays", 3, 8192),)), False),
        (replace(NOTHING, days=(DAY,)), False),
        (replace(NOTHING, active_run_id=4), False),
    ],
)
def test_who_sees_it(seen, due: bool) -> None:
    assert is_due(seen, was_shown=False) is due
    assert not is_due(seen, was_shown=True)
