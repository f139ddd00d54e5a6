"""The quality panel: it checks when told to, shows the worst first, and never waits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.rows.quality import (
    CheckedGame,
    CheckTotal,
    Finding,
    QualityReport,
    QualityWanted,
)
from nbapanel.rows.questions import NbaSeasonsAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.live import Live
from nbapanel.ui.quality.bar import Shown
from nbapanel.ui.quality.panel import QualityPanel

AT = datetime(2026, 1, 16, 12, 0, tzinfo=UTC)


def _finding(game_id: str, *, is_warning: bool = False, where: str = "action 9") -> Finding:
    return Finding(game_id, "clocks", "Clocks can be read", is_warning, where, "a clock", "noon")


def _game(number: int, *findings: Finding, **given: Any) -> CheckedGame:
    failed = int(any(not finding.is_warning for finding in findings))
    values: dict[str, Any] = {
        "game_id": f"002250000{number}", "season_label": "2025-26",
        "game_date": date(2026, 1, 15), "away_code": "UTA", "home_code": "NYK",
        "status": "final", "passed": 12, "warned": int(bool(findings)) - failed, "failed": failed,
        "unseen": {}, "findings": findings,
    }  # fmt: skip
    return CheckedGame(**(values | given))


GOOD = _game(1)
WARNED = _game(2, _finding("0022500002", is_warning=True))
FAILED = _game(3, _finding("0022500003"), _finding("0022500003", where="action 10"), withheld=7)
UPCOMING = _game(4, passed=0, status="not begun", unseen={"not final yet": ("finals", "minutes")})
CHECKS = (
    CheckTotal("clocks", "Clocks can be read", "Each of them.", 1, 1, 1, 1),
    CheckTotal("finals", "All sources have the same final score", "All.", 3, 0, 0, 1),
)


def report(*games: CheckedGame) -> QualityReport:
    return QualityReport("all seasons", AT, 9.4, CHECKS, games)


@pytest.fixture
def live() -> Live:
    made = Live([])
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def panel(asker: Any, live: Live, qtbot: QtBot, tmp_path: Path) -> QualityPanel:
    asker.answers[NbaSeasonsAsked] = ("2025-26", "2024-25")
    asker.answers[QualityWanted] = report(GOOD, WARNED, FAILED, UPCOMING)
    made = QualityPanel(asker, live, tmp_path / "exports")
    for model in (made.view.games, made.view.findings, made.view.checks):
        made.setProperty(
            f"tester_{id(model)}",
            QAbstractItemModelTester(
                model, QAbstractItemModelTester.FailureReportingMode.Fatal, made
            ),
        )
    qtbot.addWidget(made)
    made.resize(1240, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def _wanted(asker: Any) -> list[QualityWanted]:
    return [asked for asked in asker.asked if isinstance(asked, QualityWanted)]


def _ids(panel: QualityPanel) -> list[str]:
    return [game.game_id[-1] for game in panel.view.games.rows]


def test_nothing_is_checked_until_somebody_wants_it(panel: QualityPanel, asker: Any) -> None:
    assert _wanted(asker) == []
    assert "not checked yet" in panel.pages.message.words
    assert not panel.bar.export.isEnabled()
    panel.pages.message.button.click()
    assert _wanted(asker) == [QualityWanted()]


def test_the_worst_games_stand_first_and_their_findings_beside_them(panel: QualityPanel) -> None:
    panel.bar.check.click()
    assert panel.pages.kind == "content"
    assert _ids(panel) == ["3", "2", "1", "4"]
    said = "✗ 4 games of all seasons: 1 fail, 1 with warnings, 1 pass, 1 not checked"
    assert said in panel.bar.summary.text()
    assert panel.bar.summary.property("role") == "bad"
    assert "in 9.4 s" in panel.bar.summary.text()
    assert [f.is_warning for f in panel.view.findings.rows] == [False, False, True]
    assert panel.view.tabs.tabText(0) == "Findings (3, 7 more)"
    place = [column.key for column in panel.view.games.columns].index("verdict")
    shown = [panel.view.games.index(row, place).data() for row in range(4)]
    assert shown == ["✗ Fails", "! Warnings", "✓ Passes", "○ Not checked"]


def test_nothing_that_was_checked_is_not_said_to_be_right(panel: QualityPanel, asker: Any) -> None:
    """Neither in the summary nor in place of the findings."""
    asker.answers[QualityWanted] = report(UPCOMING)
    panel.check_now()
    assert "○ 1 game of all seasons: 1 not checked" in panel.bar.summary.text()
    assert "Nothing to check yet" in panel.view.found_pages.message.words
    assert "✓" not in panel.view.found_pages.message.words


def test_a_final_that_is_not_held_whole_is_incomplete(panel: QualityPanel, asker: Any) -> None:
    half = _game(5, passed=6, unseen={"no box score is held": ("minutes", "starters", "points")})
    asker.answers[QualityWanted] = report(GOOD, half)
    panel.check_now()
    assert _ids(panel) == ["5", "1"]
    place = [column.key for column in panel.view.games.columns].index("verdict")
    assert panel.view.games.index(0, place).data() == "○ Incomplete"
    assert "1 incomplete, 1 pass" in panel.bar.summary.text()


def test_one_finding_is_told_in_full(panel: QualityPanel) -> None:
    panel.check_now()
    assert panel.view.finding.words == ""
    panel.view.findings_table.selectRow(0)
    assert panel.view.finding.words == (
        "0022500003, UTA @ NYK: Clocks can be read\naction 9: due a clock; found noon"
    )
    panel.view.table.selectRow(2)
    assert panel.view.finding.words == ""


def test_what_was_played_stands_before_what_is_to_come(panel: QualityPanel, asker: Any) -> None:
    """A report is newest first; a season's games to come would hide those that passed."""
    to_come = _game(7, passed=1, status="not begun")
    asker.answers[QualityWanted] = report(to_come, GOOD, _game(5), FAILED)
    panel.check_now()
    assert _ids(panel) == ["3", "1", "5", "7"]


def test_a_chosen_game_shows_its_own_findings(panel: QualityPanel) -> None:
    panel.check_now()
    panel.view.table.selectRow(1)
    assert [f.game_id for f in panel.view.findings.rows] == ["0022500002"]
    panel.view.table.selectRow(2)
    assert panel.view.findings.rows == []
    assert "Nothing amiss in UTA @ NYK" in panel.view.found_pages.message.words
    panel.view.table.selectRow(3)
    assert "Nothing to check of UTA @ NYK Not checked, because not final yet." in (
        panel.view.found_pages.message.words
    )
    panel.view.table.clearSelection()
    assert len(panel.view.findings.rows) == 3


def test_only_those_that_fail(panel: QualityPanel) -> None:
    panel.check_now()
    panel.bar.choice.setCurrentIndex(Shown.FAILING)
    assert _ids(panel) == ["3"]
    panel.bar.choice.setCurrentIndex(Shown.AMISS)
    assert _ids(panel) == ["3", "2"]


def test_where_none_fails_it_says_so_and_leads_back(panel: QualityPanel, asker: Any) -> None:
    asker.answers[QualityWanted] = report(GOOD)
    panel.bar.choice.setCurrentIndex(Shown.FAILING)
    panel.check_now()
    assert "No game fails" in panel.view.game_pages.message.words
    panel.view.game_pages.message.button.click()
    assert panel.bar.shown is Shown.ALL
    assert _ids(panel) == ["1"]


def test_one_season_is_checked_where_one_is_chosen(panel: QualityPanel, asker: Any) -> None:
    assert [panel.bar.season.itemText(n) for n in range(3)] == ["All seasons", "2025-26", "2024-25"]
    panel.bar.season.setCurrentIndex(2)
    panel.check_now()
    assert _wanted(asker) == [QualityWanted(season="2024-25")]
    assert _wanted(asker)[0].words == ["qc", "--json", "-", "--season", "2024-25"]


def test_one_check_at_a_time(panel: QualityPanel, asker: Any) -> None:
    """Trap W2: two quick clicks."""
    asker.later = True
    panel.bar.check.click()
    panel.check_now()
    assert len(_wanted(asker)) == 1
    assert not panel.bar.check.isEnabled()
    assert "Checking" in panel.progress.words
    asker.progressed(400, 1_232)
    assert panel.progress.words == "▶ Checking… 400 of 1,232 games."
    asker.deliver()
    assert panel.bar.check.isEnabled()
    assert panel.progress.words == ""


def test_a_check_is_stopped_and_its_late_answer_dropped(panel: QualityPanel, asker: Any) -> None:
    """Trap W3: the process is given up, not only the screen."""
    asker.later = True
    panel.check_now()
    panel.progress.button.click()
    assert asker.given_up == [QualityWanted()]
    assert "not checked yet" in panel.pages.message.words
    asker.progressed(400, 1_232)
    asker.deliver()
    assert panel.view.games.rows == []
    assert panel.progress.words == ""
    assert panel.bar.check.isEnabled()


def test_the_report_before_stays_while_the_next_is_made(panel: QualityPanel, asker: Any) -> None:
    panel.check_now()
    asker.later = True
    panel.check_now()
    assert panel.pages.kind == "content"
    assert "report before" in panel.progress.words
    panel.stop()
    assert _ids(panel) == ["3", "2", "1", "4"]


def test_trouble_is_told_in_words_and_can_be_tried_again(panel: QualityPanel, asker: Any) -> None:
    """Trap W9: nothing stays underway after a failure."""
    asker.answers[QualityWanted] = UserFacingError("The database does not answer.", "Gone.")
    panel.check_now()
    assert "does not answer" in panel.pages.message.words
    assert not panel.is_checking
    asker.answers[QualityWanted] = report(GOOD)
    panel.pages.message.button.click()
    assert _ids(panel) == ["1"]
    asker.answers[QualityWanted] = UserFacingError("The database does not answer.", "Gone.")
    panel.check_now()
    assert _ids(panel) == ["1"]
    assert "does not answer" in panel.notice.words


def test_data_that_changed_since_is_said(panel: QualityPanel, live: Live, asker: Any) -> None:
    live.data_changed.emit()
    assert panel.notice.words == ""  # nothing was checked
    panel.check_now()
    live.data_changed.emit()
    assert "changed since" in panel.notice.words
    panel.notice.button.click()
    assert panel.notice.words == ""
    asker.later = True
    panel.check_now()
    live.data_changed.emit()
    asker.deliver()
    assert "changed since" in panel.notice.words


def test_another_database_has_other_games(panel: QualityPanel, live: Live) -> None:
    panel.check_now()
    live.forget()
    assert panel.view.games.rows == []
    assert panel.bar.season.count() == 1
    assert "not checked yet" in panel.pages.message.words


def test_without_a_database_nothing_is_checked(panel: QualityPanel, live: Live, asker: Any) -> None:
    live.take_database(DatabaseState("lost", "The database was lost"))
    assert not panel.bar.check.isEnabled()
    assert panel.bar.check.toolTip() == "The database is not open."
    panel.check_now()
    assert _wanted(asker) == []
    live.take_database(DatabaseState("ready", "Ready"))
    assert panel.bar.check.isEnabled()


def test_a_warehouse_without_nba_games(panel: QualityPanel, asker: Any) -> None:
    asker.answers[QualityWanted] = report()
    panel.check_now()
    assert "No NBA games yet" in panel.pages.message.words


def test_findings_are_copied_and_exported(
    panel: QualityPanel, qtbot: QtBot, tmp_path: Path
) -> None:
    panel.check_now()
    table = panel.view.findings_table
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    copied = QGuiApplication.clipboard().text().splitlines()
    assert copied[1].split("\t")[1:] == ["0022500003", "Clocks can be read", "action 9",
                                         "a clock", "noon"]  # fmt: skip
    path = tmp_path / "found.csv"
    panel.bar.export.click()
    dialog = panel.findChild(QFileDialog)
    assert dialog is not None
    with qtbot.waitSignal(panel.exported):
        dialog.fileSelected.emit(str(path))
    dialog.close()
    assert path.read_text().splitlines()[1].split(",")[1] == "0022500003"
    assert path.read_text().count("\n") == 4


def test_columns_and_shares_are_kept(panel: QualityPanel) -> None:
    panel.view.table.setColumnHidden(4, True)
    state = panel.save_state()
    panel.view.table.setColumnHidden(4, False)
    assert panel.restore_state(state)
    assert panel.view.table.isColumnHidden(4)
    for odd in (b"", b"no hex", b"00 00", b"00 00 00 00"):
        assert not panel.restore_state(odd)
