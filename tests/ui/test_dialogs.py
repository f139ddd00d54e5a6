"""The small dialogs: an error in words, About, and the shortcut sheet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from nbapanel import __version__
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.ui import actions
from nbapanel.ui.about import AboutDialog
from nbapanel.ui.errors import ErrorDialog
from nbapanel.ui.shortcuts import ShortcutsDialog
from nbapanel.ui.theme import Theme

ERROR = DatabaseUnavailable(
    "The database does not answer.",
    "postgresql://nba:sesame@db.test/house: connection refused.",
    "Start it, or choose another.",
)


def opened(qtbot: QtBot, *given) -> ErrorDialog:
    dialog = ErrorDialog(*given)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_an_error_says_what_where_and_what_to_do(qtbot: QtBot, theme: Theme) -> None:
    dialog = opened(qtbot, ERROR, True)
    said = [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]
    assert "The database does not answer." in said
    assert "postgresql://nba:***@db.test/house: connection refused." in said
    assert "Start it, or choose another." in said
    texts = [label for label in dialog.findChildren(QLabel) if label.text() in said[1:]]
    selectable = Qt.TextInteractionFlag.TextSelectableByMouse
    assert sum(bool(label.textInteractionFlags() & selectable) for label in texts) == 3
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == dialog.text
    assert "sesame" not in dialog.text
    assert dialog.text.count("\n") == 2


def test_retry_log_and_close(qtbot: QtBot) -> None:
    dialog = opened(qtbot, ERROR, True)
    with qtbot.waitSignal(dialog.retry_wanted):
        dialog.retry_button.click()
    assert not dialog.isVisible()
    dialog = opened(qtbot, ERROR, False)
    assert not dialog.retry_button.isVisible()
    assert dialog.close_button.isDefault()
    with qtbot.waitSignal(dialog.log_wanted):
        dialog.log_button.click()
    assert not dialog.isVisible()


def test_an_error_without_detail_has_no_empty_heading(qtbot: QtBot) -> None:
    dialog = opened(qtbot, UserFacingError("There is nothing to resume."))
    shown = [label.text() for label in dialog.findChildren(QLabel)]
    assert shown == ["✗", "There is nothing to resume."]


def test_about(qtbot: QtBot, theme: Theme, tmp_path: Path) -> None:
    dialog = AboutDialog(tmp_path, "18.4")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.open()
    dialog.copy_button.click()
    text = QGuiApplication.clipboard().text()
    for part in (f"nbapanel: {__version__}", "PostgreSQL: 18.4", str(tmp_path), "Python: 3"):
        assert part in text
    rows = {
        dialog.table.item(row, 0).text(): dialog.table.item(row, 2).text()
        for row in range(dialog.table.rowCount())
    }
    assert rows["httpx"] == "BSD-3-Clause"
    assert "LGPL" in rows["PySide6-Essentials"]
    assert all(rows.values())
    assert "unknown" not in rows.values()
    with qtbot.waitSignal(dialog.folder_wanted) as asked:
        dialog.folder_button.click()
    assert asked.args == [tmp_path]


def test_about_without_a_database(qtbot: QtBot, tmp_path: Path) -> None:
    dialog = AboutDialog(tmp_path)
    qtbot.addWidget(dialog)
    assert "PostgreSQL: not connected" in dialog.text


@pytest.fixture
def sheet(qtbot: QtBot, theme: Theme) -> Iterator[ShortcutsDialog]:
    window = QMainWindow()
    qtbot.addWidget(window)
    made = actions.make_actions(window)
    actions.fill(window.menuBar(), made)
    dialog = ShortcutsDialog(list(made.values()), window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.open()
    yield dialog
    window.close()


def rows(dialog: ShortcutsDialog) -> list[list[str]]:
    model = dialog.model
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_the_sheet_has_every_command(sheet: ShortcutsDialog) -> None:
    found = {row[0]: row for row in rows(sheet)}
    assert len(found) == len(actions.COMMANDS)
    assert found["Refetch"][:3] == ["Refetch", "F5", "Run"]
    assert found["Settings"][0] == "Settings", "no mnemonic, no dots"
    assert found["About nbapanel"][1] == "none"


def test_the_sheet_is_searched(sheet: ShortcutsDialog) -> None:
    sheet.search.setText("f5")
    assert {row[0] for row in rows(sheet)} == {"Refetch", "Stop", "Refetch with settings"}
    assert not sheet.nothing.isVisible()
    sheet.search.setText("xyzzy")
    assert rows(sheet) == []
    assert sheet.nothing.isVisible()
    sheet.search.setText("(")
    assert sheet.nothing.isVisible(), "not a regular expression"
