"""Exporting from the window: what is asked, what may be asked, and what is told of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from nbapanel.app.declared_steps import declared
from nbapanel.errors import UserFacingError
from nbapanel.pipeline import STEPS
from nbapanel.rows.exportable import (
    Exportable,
    ExportChoices,
    ExportColumn,
    ExportDone,
    ExportWanted,
)
from nbapanel.rows.questions import ExportChoicesAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.docks import Folders
from nbapanel.ui.exports import underway
from nbapanel.ui.exports.dialog import ExportDialog
from nbapanel.ui.exports.target import file_name
from nbapanel.ui.live import Live
from nbapanel.ui.standing import Standing
from nbapanel.ui.window import MainWindow

_COLUMNS = (ExportColumn("game_id", "text"),)
GAMES = Exportable("games", "query", "One row a game.", _COLUMNS, ("game_id",), True, True,
                   "game_time_utc")  # fmt: skip
TEAMS = Exportable("nba.teams", "table", "", _COLUMNS, (), False, False, "")
CHOICES = ExportChoices((GAMES, TEAMS), ("2025-26", "2024-25"))


@pytest.fixture
def dialog(qtbot: QtBot, asker: Any, tmp_path: Path) -> ExportDialog:
    asker.answers[ExportChoicesAsked] = CHOICES
    made = ExportDialog(asker, tmp_path)
    qtbot.addWidget(made)
    made.open()
    return made


def test_the_first_query_is_offered_with_a_name(dialog: ExportDialog, tmp_path: Path) -> None:
    assert dialog.wanted == ExportWanted("games", tmp_path / "games.csv")
    assert "One row a game. Query, 1 column, ordered by game_id." in dialog.about.text()
    assert [dialog.source.itemText(n) for n in range(3)] == ["games", "", "nba.teams"]


def test_what_is_narrowed_is_wanted_and_named(dialog: ExportDialog, tmp_path: Path) -> None:
    dialog.narrowing.game.setText("401810622, 0022500571 401810622")
    dialog.narrowing.season.setCurrentText("2025-26")
    dialog.narrowing.is_since.setChecked(True)
    dialog.narrowing.first.setDate(QDate(2026, 1, 15))
    dialog.target.kind.setCurrentIndex(1)
    name = "games_2025-26_401810622_0022500571.parquet"
    assert dialog.wanted == ExportWanted(
        "games",
        tmp_path / name,
        "parquet",
        ("401810622", "0022500571"),
        ("2025-26",),
        datetime(2026, 1, 15, 5, tzinfo=UTC),
    )


def test_what_a_table_cannot_be_narrowed_by_is_not_asked(dialog: ExportDialog) -> None:
    dialog.narrowing.game.setText("401810622")
    dialog.narrowing.is_since.setChecked(True)
    dialog.source.setCurrentText("nba.teams")
    fields = dialog.narrowing
    assert not any(
        one.isEnabled() for one in (fields.game, fields.season, fields.is_since, fields.first)
    )
    assert fields.game.toolTip() == "nba.teams tells of no game"
    wanted = dialog.wanted
    assert wanted is not None
    assert (wanted.games, wanted.seasons, wanted.since) == ((), (), None)
    assert wanted.out.name == "nba.teams.csv"


@pytest.mark.parametrize(
    ("typed", "told"),
    [("LAL", "not the id of a game"), ("401x", "not the id of a game"), ("４０１", "not the id")],
)
def test_what_is_no_game_is_said(dialog: ExportDialog, typed: str, told: str) -> None:
    dialog.narrowing.game.setText(typed)
    assert told in dialog.objection.text()
    assert (dialog.wanted, dialog.export.isEnabled()) == (None, False)


def test_a_file_is_replaced_only_when_that_was_said(dialog: ExportDialog, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("before")
    dialog.target.file.setText(str(tmp_path / "mine.csv"))
    assert dialog.wanted is None
    assert not dialog.target.replace.isHidden()
    dialog.target.replace.setChecked(True)
    wanted = dialog.wanted
    assert wanted is not None
    assert wanted.overwrite
    dialog.target.file.setText(str(tmp_path / "other.csv"))
    dialog.target.file.setText(str(tmp_path / "mine.csv"))
    assert dialog.wanted is None, "it was said of another time"


@pytest.mark.parametrize(
    "typed",
    [
        "", "   ", "games.csv", "{folder}", "{folder}/none/a.csv", "~nobody-here/a.csv",
        f"{{folder}}/{'a' * 300}/a.csv",
    ],
)  # fmt: skip
def test_a_file_that_cannot_be(dialog: ExportDialog, tmp_path: Path, typed: str) -> None:
    dialog.target.file.setText(typed.format(folder=tmp_path))
    assert (dialog.wanted, bool(dialog.objection.text())) == (None, True)


def test_a_name_longer_than_a_name_can_be_is_not_there(
    dialog: ExportDialog, tmp_path: Path
) -> None:
    """The system's complaint came out of a slot, as a crash; the export itself says it in words."""
    dialog.target.file.setText(str(tmp_path / ("a" * 300)))
    assert dialog.wanted is not None


def test_a_name_s_end_says_the_format(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    """CSV was written into a file called .parquet."""
    dialog.target.file.clear()
    qtbot.keyClicks(dialog.target.file, str(tmp_path / "mine.parquet"))
    assert (dialog.target.format, dialog.target.path.name) == ("parquet", "mine.parquet")
    dialog.target.kind.setCurrentIndex(0)
    assert dialog.target.path.name == "mine.csv"
    dialog.target.kind.setCurrentIndex(1)
    assert dialog.target.path.name == "mine.parquet"


def test_a_name_that_somebody_chose_stays(
    dialog: ExportDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.target.browse.click()
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    chooser.fileSelected.emit(str(tmp_path / "mine.csv"))
    chooser.reject()
    dialog.source.setCurrentText("nba.teams")
    assert dialog.target.path == tmp_path / "mine.csv"
    dialog.target.kind.setCurrentIndex(1)
    assert dialog.target.path == tmp_path / "mine.parquet"


def test_without_pyarrow_parquet_cannot_be_chosen(qtbot: QtBot, asker: Any, tmp_path: Path) -> None:
    asker.answers[ExportChoicesAsked] = ExportChoices((GAMES,), (), "It needs pyarrow.")
    made = ExportDialog(asker, tmp_path)
    qtbot.addWidget(made)
    model: Any = made.target.kind.model()
    assert [model.item(place).isEnabled() for place in (0, 1)] == [True, False]
    assert made.target.kind.toolTip() == "It needs pyarrow."
    assert made.target.kind.itemText(1) == "Parquet (needs pyarrow)"
    made.target.file.clear()
    qtbot.keyClicks(made.target.file, str(tmp_path / "mine.parquet"))
    assert made.target.format == "csv"
    assert "its format is CSV. It needs pyarrow." in made.objection.text()
    assert made.wanted is None


def test_long_words_are_not_cut(dialog: ExportDialog, qtbot: QtBot, tmp_path: Path) -> None:
    """What is wrong lost its first and its last line."""
    folder = tmp_path / " ".join(["a folder"] * 25)
    folder.mkdir()
    dialog.target.file.setText(str(folder))
    said = dialog.objection
    lines = 3 * said.fontMetrics().lineSpacing()
    qtbot.waitUntil(
        lambda: lines <= said.heightForWidth(said.width()) <= said.height(), timeout=30_000
    )
    dialog.target.file.setText(str(tmp_path / "a.csv"))
    assert said.isHidden()


def test_trouble_is_shown_and_asked_again(qtbot: QtBot, asker: Any, tmp_path: Path) -> None:
    asker.answers[ExportChoicesAsked] = UserFacingError("The database is away.")
    made = ExportDialog(asker, tmp_path)
    qtbot.addWidget(made)
    assert (made.pages.kind, made.export.isEnabled()) == ("error", False)
    asker.answers[ExportChoicesAsked] = CHOICES
    made.pages.message.button.click()
    assert (made.pages.kind, made.export.isEnabled()) == ("content", True)


@pytest.mark.parametrize(
    ("source", "by", "name"),
    [
        ("nba.games", ("2025-26",), "nba.games_2025-26"),
        ('derived.My "table/..', (), "derived.My_table_.."),
        ("x" * 300, (), "x" * 80),
    ],
)
def test_names_of_files(source: str, by: tuple[str, ...], name: str) -> None:
    assert file_name(source, by) == name


# ---- in the window -----------------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot, asker: Any, tmp_path: Path) -> MainWindow:
    live = Live(STEPS.steps)
    live.take_database(DatabaseState("ready", "Ready"))
    standing = Standing(asker, live, 7)
    folders = Folders(tmp_path, tmp_path, tmp_path / "exports", tmp_path)
    made = MainWindow(declared(), live, asker, standing, folders)
    live.setParent(made)
    standing.setParent(made)
    qtbot.addWidget(made)
    asker.answers[ExportChoicesAsked] = CHOICES
    return made


def _start(window: MainWindow) -> ExportDialog:
    window.actions_by_key["export"].trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    dialog.export.click()
    return dialog


def _done(window: MainWindow, tmp_path: Path) -> ExportDone:
    out = tmp_path / "exports" / "games.csv"
    return ExportDone("games", "csv", str(out), f"{out}.manifest.json", 1230, 250_000, "ab", 0.5)


def test_an_export_is_told_of_to_its_end(
    window: MainWindow, asker: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.later = False
    asker.answers[ExportWanted] = None
    exported: list[Path] = []
    window.docks.exported.connect(exported.append)
    dialog = _start(window)
    assert dialog.result() == ExportDialog.DialogCode.Accepted
    assert asker.asked[-1] == ExportWanted("games", tmp_path / "exports" / "games.csv")
    assert (tmp_path / "exports").is_dir()
    action = window.actions_by_key["export"]
    assert (action.isEnabled(), action.statusTip()) == (False, "An export is underway.")
    assert window.export_line.words == "Exporting games…"
    asker.progressed(1_000, 200_000)
    assert window.export_line.words == "Exporting games: 1,000 rows, 200 KB"
    window.exports._on_ended(_done(window, tmp_path))
    assert "✓ Exported games: 1,230 rows, 250 KB, to " in window.export_line.words
    assert action.isEnabled()
    assert exported == [tmp_path / "exports" / "games.csv"]
    assert window.exports._shown.isActive(), "it does not stand there for ever"
    opened: list[Path] = []
    monkeypatch.setattr(underway, "open_folder", opened.append)
    window.export_line.button.click()
    assert (opened, window.export_line.words) == ([tmp_path / "exports"], "")


def test_an_export_is_cancelled(window: MainWindow, asker: Any) -> None:
    _start(window)
    assert window.export_line.button.text() == "Cancel"
    window.export_line.button.click()
    assert window.export_line.words == "■ Export cancelled: no file was written"
    assert window.actions_by_key["export"].isEnabled()


def test_trouble_of_an_export_is_told(window: MainWindow, asker: Any) -> None:
    failed: list[UserFacingError] = []
    window.docks.failed.connect(failed.append)
    asker.answers[ExportWanted] = UserFacingError("The disk is full.")
    _start(window)
    assert [error.title for error in failed] == ["The disk is full."]
    assert window.export_line.words == "✗ Not exported: The disk is full."
    assert window.actions_by_key["export"].isEnabled()


def test_without_a_database_there_is_nothing_to_export(window: MainWindow) -> None:
    window._live.take_database(DatabaseState("lost", "It is away"))
    action = window.actions_by_key["export"]
    assert (action.isEnabled(), action.statusTip()) == (False, "The database is not open.")


def test_a_wish_as_the_command_line_takes_it() -> None:
    """A value that looks like an option stays a value."""
    wanted = ExportWanted(
        "nba.games", Path("/x/-a b.csv"), "csv", ("--x",), ("2025-26",),
        datetime(2026, 1, 15, 5, tzinfo=UTC), overwrite=True,
    )  # fmt: skip
    assert wanted.words == [
        "export", "nba.games", "--format=csv", "--out=/x/-a b.csv", "--game=--x",
        "--season=2025-26", "--since=2026-01-15T05:00:00+00:00", "--overwrite",
    ]  # fmt: skip
