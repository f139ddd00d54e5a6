"""The log pane: a bounded ring, filters that hold for what is there, and a tail that is followed
only by those who look at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.rows.reads import LogLine
from nbapanel.ui.beside import FEW
from nbapanel.ui.log.model import LEVEL, MESSAGE, TIME, WHERE, Filters, LogModel, look
from nbapanel.ui.log.pane import LogPane
from nbapanel.ui.theme import Theme

TITLES = {"load_games": "Load probabilities and plays", "markets": "Fetch and load Kalshi markets"}
START = datetime(2026, 1, 10, 23, 59, 58, tzinfo=UTC)
ROLE = Qt.ItemDataRole.DisplayRole


def line(number: int, message: str = "", **given) -> LogLine:
    values = {
        "at": START + timedelta(seconds=number),
        "level": "INFO",
        "logger": "nbapanel.steps.espn_games",
        "run_id": 12,
        "step": "load_games",
        "message": message or f"line {number}",
    }
    return LogLine(**values | given)


def lines(*numbers: int) -> list[LogLine]:
    return [line(number) for number in numbers]


@pytest.fixture
def model(qapp) -> LogModel:
    made = LogModel(TITLES)
    tester = QAbstractItemModelTester(
        made, QAbstractItemModelTester.FailureReportingMode.Fatal, made
    )
    assert tester.model() is made
    return made


@pytest.fixture
def pane(qtbot: QtBot, theme: Theme) -> LogPane:
    made = LogPane(TITLES)
    qtbot.addWidget(made)
    made.resize(1240, 300)
    made.show()
    qtbot.waitExposed(made)
    return made


def fill(pane: LogPane, new: list[LogLine]) -> None:
    pane.add_lines(new)
    pane._flush()
    pane.table.executeDelayedItemsLayout()


def shown(model: LogModel) -> list[str]:
    return [one.message for one in model.shown()]


def test_the_ring_is_bounded(model: LogModel) -> None:
    model.make_room(5)
    assert model.add(lines(*range(3))) == 0
    assert model.add(lines(3, 4, 5, 6)) == 2
    assert shown(model) == [f"line {n}" for n in range(2, 7)]
    assert model.add(lines(*range(7, 20))) == 5
    assert shown(model) == [f"line {n}" for n in range(15, 20)]
    assert model.make_room(2) == 3
    assert model.total == model.rowCount() == 2


def test_rows_that_leave_are_counted_as_shown(model: LogModel) -> None:
    """With a filter fewer rows go at the top than lines leave the ring."""
    model.make_room(4)
    model.add([line(n, level="ERROR" if n % 2 else "DEBUG") for n in range(4)])
    model.filter_by(Filters(least_rank=look("ERROR").rank))
    assert shown(model) == ["line 1", "line 3"]
    assert model.add([line(4, level="ERROR"), line(5)]) == 1
    assert shown(model) == ["line 3", "line 4"]
    model.filter_by(Filters())
    assert shown(model) == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(), [0, 1, 2, 3]),
        (Filters(least_rank=30), [1, 2]),
        (Filters(text="TICKER kx"), [1]),
        (Filters(text="markets"), [1]),
        (Filters(text="nowhere"), []),
        (Filters(run_id=13), [2]),
        (Filters(run_id=12, step="markets"), [1]),
        (Filters(step="load_games"), [0, 2]),
    ],
)
def test_filters_hold_for_what_is_there_and_what_comes(model, filters, found) -> None:
    given = [
        line(0),
        line(1, "no ticker KXNBAGAME", level="WARNING", step="markets"),
        line(2, "failed", level="ERROR", run_id=13),
        line(3, "ready", run_id=None, step="", logger="nbapanel.warehouse.server"),
    ]
    model.add(given)
    model.filter_by(filters)
    assert model.shown() == [given[n] for n in found]
    model.clear()
    model.add(given)
    assert model.shown() == [given[n] for n in found]


def test_what_a_row_says(model: LogModel, theme: Theme) -> None:
    model.add([line(0, "Traceback\n  File x\nValueError: no", level="ERROR"),
               line(1, level="WARNING", run_id=None), line(2, level="notice")])  # fmt: skip
    said = lambda row, column: model.data(model.index(row, column), ROLE)  # noqa: E731
    assert said(0, LEVEL) == "✗ Error"
    assert said(0, WHERE) == "Run 12 · Load probabilities and plays"
    assert said(1, WHERE) == "Load probabilities and plays"
    assert said(0, MESSAGE) == "Traceback  (+2 lines)"
    assert said(1, LEVEL) == "⚠ Warning"
    assert said(2, LEVEL) == "○ Notice"
    assert said(0, TIME) == START.astimezone().strftime("%H:%M:%S")
    tip = model.data(model.index(0, TIME), Qt.ItemDataRole.ToolTipRole)
    assert START.astimezone().strftime("%d %B %Y") in tip
    assert "UTC" in tip
    brush = model.data(model.index(0, LEVEL), Qt.ItemDataRole.ForegroundRole)
    assert brush.color() == theme.color("bad")


def test_lines_wait_for_the_beat(pane: LogPane, qtbot: QtBot) -> None:
    pane.add_lines(lines(1))
    pane.add_lines(lines(2))
    assert pane.model.rowCount() == 0
    qtbot.waitUntil(lambda: pane.model.rowCount() == 2)
    assert pane.bar.count.text() == "2 lines"


def test_those_who_look_at_the_end_follow_it(pane: LogPane) -> None:
    bar = pane.table.verticalScrollBar()
    fill(pane, lines(*range(200)))
    assert bar.value() == bar.maximum() > 0
    assert not pane.jump.isVisible()
    bar.setValue(50)
    fill(pane, lines(*range(200, 230)))
    assert bar.value() == 50, "who reads is left alone"
    assert pane.jump.isVisible()
    assert "30 new" in pane.jump.text()
    pane.jump.click()
    assert bar.value() == bar.maximum()
    assert not pane.jump.isVisible()
    fill(pane, lines(*range(230, 240)))
    assert bar.value() == bar.maximum()


def test_a_smaller_pane_still_follows(pane: LogPane) -> None:
    fill(pane, lines(*range(200)))
    pane.table.setCurrentIndex(pane.model.index(199, 0))
    pane.resize(1240, 220)
    pane.table.executeDelayedItemsLayout()
    bar = pane.table.verticalScrollBar()
    assert bar.value() == bar.maximum()


def test_who_reads_keeps_the_place_while_old_lines_leave(pane: LogPane) -> None:
    pane.make_room(200)
    fill(pane, lines(*range(200)))
    pane.table.verticalScrollBar().setValue(100)
    top = pane.table.indexAt(QPoint(5, 5)).row()
    assert pane.model.line_at(top).message == "line 100"
    fill(pane, lines(*range(200, 230)))
    top = pane.table.indexAt(QPoint(5, 5)).row()
    assert pane.model.line_at(top).message == "line 100"


def test_a_line_that_leaves_is_not_replaced_by_its_neighbour(pane: LogPane) -> None:
    pane.make_room(10)
    fill(pane, [line(0, "first\nsecond"), *lines(*range(1, 10))])
    pane.table.setCurrentIndex(pane.model.index(0, 0))
    assert pane.detail.isVisible()
    fill(pane, lines(10))
    assert not pane.table.currentIndex().isValid()
    assert not pane.detail.isVisible()


def test_a_traceback_is_shown_in_full_below(pane: LogPane) -> None:
    fill(pane, [line(0, "Traceback\n  File x\nValueError: no"), line(1)])
    pane.table.selectRow(0)
    assert pane.detail.isVisible()
    assert pane.detail.toPlainText() == "Traceback\n  File x\nValueError: no"
    pane.table.selectRow(1)
    assert not pane.detail.isVisible()


def test_the_current_line_survives_a_filter(pane: LogPane, qtbot: QtBot) -> None:
    fill(pane, [line(n, level="ERROR" if n % 10 == 0 else "INFO") for n in range(100)])
    pane.table.selectRow(50)
    pane.bar.level.setCurrentIndex(3)
    assert pane.model.rowCount() == 10
    assert pane.model.line_at(pane.table.currentIndex().row()).message == "line 50"
    pane.bar.text.setText("line 7")
    qtbot.waitUntil(lambda: pane.model.rowCount() == 1)
    assert pane.bar.count.text() == "1 of 100 lines"


def test_a_jump_to_a_step_and_back(pane: LogPane) -> None:
    fill(pane, [line(0), line(1, step="markets"), line(2, run_id=13), line(3, run_id=13)])
    pane.bar.level.setCurrentIndex(3)
    pane.show_step(12, "markets")
    assert shown(pane.model) == ["line 1"], "other filters do not hide what was asked for"
    assert pane.bar.chip.text().startswith("Run 12 · Fetch and load Kalshi markets")
    pane.show_run(13)
    assert shown(pane.model) == ["line 2", "line 3"]
    pane.show_step(None, "load_games")
    assert shown(pane.model) == ["line 0", "line 2", "line 3"]
    pane.bar.chip.click()
    assert pane.model.rowCount() == 4
    assert not pane.bar.chip.isVisible()


def test_lines_on_their_way_are_there_when_a_step_is_asked_for(pane: LogPane) -> None:
    pane.add_lines(lines(1))
    pane.show_run(12)
    assert shown(pane.model) == ["line 1"]


def test_empty_states_say_why(pane: LogPane) -> None:
    assert "No lines yet" in pane.empty_words.text()
    assert not pane.bar.copy.isEnabled()
    fill(pane, lines(1, 2))
    pane.show_run(99)
    assert pane.empty.isVisible()
    assert "None of the 2 lines" in pane.empty_words.text()
    pane.unfilter.click()
    assert pane.table.isVisible()


def test_copy_takes_the_selected_or_all(pane: LogPane) -> None:
    fill(pane, [line(0), line(1, "to postgresql://nba:sesame@db/house"), line(2)])
    pane.copy()
    text = QGuiApplication.clipboard().text()
    assert text.count("\n") == 3
    assert "sesame" not in text
    pane.table.selectRow(0)
    pane.copy()
    text = QGuiApplication.clipboard().text()
    assert "[run 12 load_games]: line 0" in text
    assert text.count("\n") == 1
    stamp = text.split(" ")[0]
    assert datetime.fromisoformat(stamp) == START
    assert datetime.fromisoformat(stamp).tzinfo is not None


def test_save_writes_what_is_shown(pane: LogPane, qtbot: QtBot, tmp_path: Path) -> None:
    fill(pane, [line(0), line(1, "größer", level="ERROR")])
    pane.bar.level.setCurrentIndex(3)
    with qtbot.waitSignal(pane.saved):
        pane.save_to(tmp_path / "x.log")
    assert "größer" in (tmp_path / "x.log").read_text("utf-8")
    assert "line 0" not in (tmp_path / "x.log").read_text("utf-8")
    with qtbot.waitSignal(pane.failed) as said:
        pane.save_to(tmp_path / "none" / "x.log")
    assert isinstance(said.args[0], UserFacingError)
    assert "none" in said.args[0].detail


def test_many_lines_are_written_and_copied_beside_the_window(
    pane: LogPane, qtbot: QtBot, tmp_path: Path
) -> None:
    """A hundred thousand of them take more than a second, most of it to look for secrets."""
    fill(pane, lines(*range(FEW + 1)))
    QGuiApplication.clipboard().setText("before")
    with qtbot.waitSignal(pane.saved, timeout=60_000):
        pane.save_to(tmp_path / "x.log")
        pane.copy()
        assert QGuiApplication.clipboard().text() == "before"
    assert (tmp_path / "x.log").read_text("utf-8").count("\n") == FEW + 1
    qtbot.waitUntil(
        lambda: QGuiApplication.clipboard().text().count("\n") == FEW + 1, timeout=60_000
    )


def test_clear_empties_the_pane(pane: LogPane) -> None:
    fill(pane, lines(1, 2))
    pane.add_lines(lines(3))
    pane.bar.clear.click()
    pane._flush()
    assert pane.model.total == 0
    assert "No lines yet" in pane.empty_words.text()


def test_what_waits_is_bounded_too(pane: LogPane) -> None:
    pane.make_room(100)
    pane.add_lines(lines(*range(1_000)))
    assert len(pane._waiting) == 100


def test_20_000_lines_have_no_widgets_and_one_height(pane: LogPane) -> None:
    fill(pane, lines(*range(20_000)))
    assert pane.model.rowCount() == 20_000
    heights = {pane.table.rowHeight(row) for row in (0, 1, 10_000, 19_999)}
    assert len(heights) == 1
    fill(pane, lines(*range(20_000, 20_500)))
    assert pane.model.rowCount() == 20_000


def test_everything_has_a_name(pane: LogPane) -> None:
    for kind in (QAbstractItemView, QComboBox, QLineEdit):
        for widget in pane.findChildren(kind):
            if widget.parent() is pane.bar or widget is pane.table:
                assert widget.accessibleName()
    for button in pane.bar.findChildren(QAbstractButton):
        assert (
            button.text()
            or button.accessibleName()
            or button is pane.bar.chip
            or (isinstance(button.parent(), QLineEdit))
        )
    assert not pane.table.tabKeyNavigation()
