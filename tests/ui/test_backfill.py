"""The backfill dock: it starts, pauses and resumes, and shows how far each is without a stall."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.rows.backfills import (
    BackfillDay,
    BackfillDetail,
    BackfillRow,
    BackfillStage,
    BackfillTrouble,
)
from nbapanel.rows.questions import BackfillAsked, BackfillsAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.backfill.bar import season_labels
from nbapanel.ui.backfill.columns import progress_words
from nbapanel.ui.backfill.panel import BackfillPanel
from nbapanel.ui.live import Live
from nbapanel.ui.ports import BackfillWanted

AT = datetime(2026, 1, 16, 12, 0, tzinfo=UTC)
RUNNING = BackfillRow(
    backfill_id=2, seasons=("2023-24",), lanes=("espn", "kalshi"), most_games=None, force=False,
    trigger="button", phase="work", status="running", reason="", started_at=AT, finished_at=None,
    worked_s=90.0, requests=400, bytes_fetched=9_000_000, rows_loaded=90_000, load_s=1.5,
    rows_derived=40_000, derive_s=0.5, units=1_230, done=400, failed=1, underway=12,
    workers=("here:1", "there:2"), lately=240, lately_s=60.0,
)  # fmt: skip
PAUSED = replace(
    RUNNING, backfill_id=1, status="paused", reason="paused in the window", workers=(), underway=0
)
DAYS = (
    BackfillDay(date(2023, 10, 24), 2, 2, 0, 0),
    BackfillDay(date(2023, 10, 25), 12, 3, 0, 9),
    BackfillDay(date(2023, 10, 26), 3, 2, 1, 0),
    BackfillDay(date(2023, 10, 27), 10, 0, 0, 0),
)
TROUBLE = BackfillTrouble(
    "espn_games", "401585607", date(2023, 10, 26), "failed", 3, "ESPN answered 500.", "here:1"
)


def detail_of(asked: BackfillAsked) -> BackfillDetail:
    row = RUNNING if asked.backfill_id == 2 else PAUSED
    stages = (BackfillStage("espn_games", 1_230, 400, 1, 12),)
    return BackfillDetail(row, stages, DAYS, (TROUBLE,) if row is RUNNING else ())


@pytest.fixture
def live() -> Live:
    made = Live([])
    made.take_database(DatabaseState("ready", "Ready"))
    return made


@pytest.fixture
def panel(asker: Any, live: Live, qtbot: QtBot, tmp_path: Path) -> BackfillPanel:
    asker.answers[BackfillsAsked] = (RUNNING, PAUSED)
    asker.answers[BackfillAsked] = detail_of
    made = BackfillPanel(asker, live, tmp_path / "exports")
    for model in (made.backfills, made.days, made.troubles):
        made.setProperty(
            f"tester_{id(model)}",
            QAbstractItemModelTester(
                model, QAbstractItemModelTester.FailureReportingMode.Fatal, made
            ),
        )
    qtbot.addWidget(made)
    made.show()
    return made


def shown(table: Any) -> list[list[str]]:
    model = table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_it_shows_each_backfill_and_the_days_of_the_newest(panel: BackfillPanel) -> None:
    assert [row[3] for row in shown(panel.table)] == ["▶ Running", "Ⅱ Paused"]
    days = shown(panel.days_table)
    assert [row[1] for row in days] == ["✓ Done", "▶ Underway", "✗ Failed", "· Waiting"]
    assert [row[0] for row in shown(panel.troubles_table)] == ["401585607"]
    assert panel.tabs.tabText(1) == "Failed (1)"
    assert "ESPN answered 500." in shown(panel.troubles_table)[0]


def test_one_line_says_how_far_how_fast_and_how_long_still() -> None:
    """829 units at 4 a second; the rate of loading and deriving together beside it."""
    said = progress_words(RUNNING)
    assert "400 of 1,230 units done · 1 failed · 4.0 a second · about 3 min 27 s left" in said
    assert "2 workers" in said
    assert "45,000 rows a second loaded and derived" in said
    assert "left" not in progress_words(PAUSED)
    idle = replace(RUNNING, workers=(), underway=0)
    assert "worker" not in progress_words(idle), "between two jobs"
    assert "waiting for a worker" in progress_words(replace(idle, lately=0))


def test_one_that_a_kill_left_is_called_interrupted(asker: Any, panel: BackfillPanel) -> None:
    """bug: it stayed "Running", with its dead worker, until somebody resumed it."""
    left = replace(RUNNING, is_attended=False)
    said = progress_words(left)
    assert "nobody is at it: Resume goes on with what is left" in said
    assert "worker" not in said
    assert "about" not in said
    asker.answers[BackfillsAsked] = (left, PAUSED)
    asker.answers[BackfillAsked] = lambda asked: replace(detail_of(asked), row=left)
    panel.renew()
    assert shown(panel.table)[0][3] == "↯ Interrupted"
    assert panel.bar.resume.isEnabled()


def test_start_says_what_is_chosen(panel: BackfillPanel, qtbot: QtBot) -> None:
    panel.bar.season.setCurrentText(panel.bar.season.itemText(2))
    panel.bar.lanes["kalshi"].setChecked(False)
    panel.bar.workers.setValue(4)
    with qtbot.waitSignal(panel.backfill_wanted) as caught:
        panel.bar.start.click()
    wanted = caught.args[0]
    season = panel.bar.season.itemText(2)
    assert wanted == BackfillWanted((season,), ("espn", "nba"), 4)
    assert wanted.words == [
        *("backfill", "--trigger", "button", "--workers", "4", "--season", season),
        *("--lane", "espn", "--lane", "nba"),
    ]


def test_pause_and_resume_are_about_the_selected_one(panel: BackfillPanel, qtbot: QtBot) -> None:
    assert panel.bar.pause.isEnabled()
    with qtbot.waitSignal(panel.pause_wanted) as caught:
        panel.bar.pause.click()
    assert caught.args == [2]
    panel.table.selectRow(1)
    assert not panel.bar.pause.isEnabled()
    assert "paused in the window" in panel.progress.text()
    with qtbot.waitSignal(panel.backfill_wanted) as resumed:
        panel.bar.resume.click()
    assert resumed.args[0].words[-2:] == ["--resume", "1"]


def test_it_is_read_anew_when_a_worker_tells_but_not_for_each_word(
    panel: BackfillPanel, live: Live, asker: Any, qtbot: QtBot
) -> None:
    """A worker tells of every job; unseen, nothing is asked until the dock is seen again."""
    asker.asked.clear()
    for _ in range(50):
        live.backfills_changed.emit()
    qtbot.waitUntil(lambda: BackfillsAsked() in asker.asked)
    assert asker.asked.count(BackfillsAsked()) == 1
    panel.hide()
    asker.asked.clear()
    panel.renew()
    assert asker.asked == []
    panel.show()
    assert BackfillsAsked() in asker.asked


def test_the_selected_one_stays_selected(panel: BackfillPanel) -> None:
    panel.table.selectRow(1)
    panel.renew()
    assert [row.backfill_id for row in panel.table.selected_rows] == [1]
    assert "paused in the window" in panel.progress.text()


def test_the_order_that_was_chosen_stays(panel: BackfillPanel, asker: Any) -> None:
    panel.days_table.horizontalHeader().setSortIndicator(0, Qt.SortOrder.DescendingOrder)
    before = [row[0] for row in shown(panel.days_table)]
    further = (replace(DAYS[0], units=3, done=3), *DAYS[1:])
    asker.answers[BackfillAsked] = lambda asked: replace(detail_of(asked), days=further)
    panel.renew()
    assert [row[0] for row in shown(panel.days_table)] == before


def test_nothing_yet_says_what_to_do(asker: Any, live: Live, qtbot: QtBot, tmp_path: Path) -> None:
    asker.answers[BackfillsAsked] = ()
    panel = BackfillPanel(asker, live, tmp_path)
    qtbot.addWidget(panel)
    panel.show()
    assert panel.pages.kind == "empty"
    assert "No backfill yet" in panel.pages.message.words
    assert panel.bar.start.isEnabled()


def test_trouble_is_said_and_what_was_shown_stays(panel: BackfillPanel, asker: Any) -> None:
    asker.answers[BackfillsAsked] = UserFacingError("The database is not there.")
    panel.renew()
    assert "The database is not there." in panel.notice.words
    assert panel.pages.kind == "content"


def test_without_a_database_or_a_lane_nothing_starts(panel: BackfillPanel, live: Live) -> None:
    for box in panel.bar.lanes.values():
        box.setChecked(False)
    assert not panel.bar.start.isEnabled()
    panel.bar.lanes["nba"].setChecked(True)
    assert panel.bar.start.isEnabled()
    live.take_database(DatabaseState("lost", "Gone"))
    assert not panel.bar.start.isEnabled()
    assert panel.bar.start.toolTip() == "The database is not open."


def test_another_database_has_other_backfills(panel: BackfillPanel, live: Live, asker: Any) -> None:
    asker.answers[BackfillsAsked] = ()
    live.forget()
    assert shown(panel.table) == []
    assert panel.pages.kind == "empty"


def test_seasons_offered_begin_with_the_newest() -> None:
    """trap F14: a season begins in October; before that the one that ended is the newest."""
    assert season_labels(date(2026, 9, 30))[0] == "2025-26"
    assert season_labels(date(2026, 10, 1))[:2] == ["2026-27", "2025-26"]
    assert season_labels(date(2000, 1, 1))[0] == "1999-00"


def test_its_columns_are_kept(panel: BackfillPanel, asker: Any, live: Live, tmp_path: Path) -> None:
    state = panel.save_state()
    assert BackfillPanel(asker, live, tmp_path).restore_state(state)
    assert not panel.restore_state(b"what is this")


def test_while_one_runs_it_is_looked_at_again_untold(
    panel: BackfillPanel, asker: Any, qtbot: QtBot
) -> None:
    """Nobody tells that a worker was killed."""
    assert panel._looking.isActive()
    asker.answers[BackfillsAsked] = (PAUSED,)
    asker.asked.clear()
    panel._looking.start(0)
    qtbot.waitUntil(lambda: BackfillsAsked() in asker.asked)
    assert not panel._looking.isActive(), "nothing runs now"


def test_what_is_in_front_is_exported(panel: BackfillPanel, monkeypatch: Any) -> None:
    """bug: under "Failed" it was the days that were written."""
    chosen: list[tuple[str, str]] = []

    def choose(name: str, columns: Any, _: Any) -> None:
        chosen.append((name, columns[0].key))

    monkeypatch.setattr(panel.exporting, "choose", choose)
    panel.bar.export.click()
    panel.tabs.setCurrentIndex(1)
    panel.bar.export.click()
    assert chosen == [("backfill_2_days.csv", "day"), ("backfill_2_failed.csv", "key")]
    panel.table.selectRow(1)
    assert not panel.bar.export.isEnabled(), "nothing failed there"


def test_what_is_still_tried_is_not_counted_as_failed(panel: BackfillPanel, asker: Any) -> None:
    """It stands in the list, as what it is."""
    again = replace(TROUBLE, status="waiting", attempts=1, key="401585608")
    asker.answers[BackfillAsked] = lambda asked: replace(
        detail_of(asked), troubles=(TROUBLE, again)
    )
    panel.renew()
    assert panel.tabs.tabText(1) == "Failed (1)"
    assert len(shown(panel.troubles_table)) == 2


def test_the_day_that_it_is_at_is_in_sight(panel: BackfillPanel, asker: Any) -> None:
    days = tuple(
        BackfillDay(date(2023, 10, 24) + timedelta(days=n), 5, 5 * (n < 60), 0, 0)
        for n in range(170)
    )
    asker.answers[BackfillAsked] = lambda asked: replace(detail_of(asked), days=days)
    panel._detail = None
    panel.renew()
    table = panel.days_table
    assert table.rowAt(0) == 59
