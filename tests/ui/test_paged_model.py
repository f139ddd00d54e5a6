"""The paged model: what it asks for, what it keeps, and what stays in place when rows move."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.paged_model import MOST_PAGES, PAGE, HeldPage, PagedModel
from nbapanel.ui.tables.rows_model import NOT_THERE
from nbapanel.ui.tables.view import ROW_HEIGHT, TableView

COLUMNS: tuple[Column[int], ...] = (
    Column("number", "Number", lambda n: n, is_number=True),
    Column("word", "Word", lambda n: f"row {n}"),
)


class Source:
    """Rows that are asked for a page at a time; answers wait until they are delivered."""

    def __init__(self, rows: list[int]) -> None:
        self.rows = rows
        self.asked: list[int] = []
        self.error: UserFacingError | None = None
        self._waiting: list[Callable[[], None]] = []

    def ask(
        self,
        offset: int,
        limit: int,
        then: Callable[[Any], None],
        failed: Callable[[UserFacingError], None],
    ) -> None:
        self.asked.append(offset // PAGE)

        def answer() -> None:
            if self.error is not None:
                failed(self.error)
            else:
                rows = tuple(self.rows[offset : offset + limit])
                then(HeldPage(len(self.rows), offset, rows))

        self._waiting.append(answer)

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def deliver(self) -> None:
        waiting, self._waiting = self._waiting, []
        for answer in waiting:
            answer()

    def settle(self, qtbot: QtBot, model: PagedModel[int]) -> None:
        """Until nothing more is asked."""
        for _ in range(100):
            self.deliver()
            qtbot.wait(25)
            if not self._waiting:
                return
        raise AssertionError("it never stops asking")


@pytest.fixture
def model(qtbot: QtBot) -> PagedModel[int]:
    made = PagedModel(COLUMNS, lambda row: row)
    tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.setProperty("tester", tester)
    return made


def opened(model: PagedModel[int], rows: list[int]) -> Source:
    source = Source(rows)
    model.ask(source.ask)
    source.deliver()
    return source


def test_first_page_tells_the_total(model: PagedModel[int]) -> None:
    source = Source(list(range(15_000)))
    model.ask(source.ask)
    assert model.is_awaited
    assert model.rowCount() == 0
    source.deliver()
    assert not model.is_awaited
    assert model.rowCount() == 15_000
    assert model.index(0, 1).data() == "row 0"
    assert model.index(1, 0).data() == "1"
    assert model.index(7_000, 0).data() == NOT_THERE


def test_visible_rows_are_asked_for_and_the_page_after_them(
    model: PagedModel[int], qtbot: QtBot
) -> None:
    source = opened(model, list(range(15_000)))
    model.show_rows(8_000, 8_020)
    source.settle(qtbot, model)
    assert set(source.asked[1:]) == {40, 41}
    assert model.index(8_000, 0).data() == "8,000"


def test_a_fast_scroll_asks_only_where_it_ends(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(15_000)))
    for row in range(0, 12_001, 100):
        model.show_rows(row, row + 20)
    source.settle(qtbot, model)
    assert source.asked == [0, 60, 61]


def test_at_most_two_pages_are_underway(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(15_000)))
    model.show_rows(2_000, 3_000)  # six pages
    qtbot.waitUntil(lambda: source.waiting == 2)
    model.show_rows(2_000, 3_001)
    qtbot.wait(40)
    assert source.waiting == 2
    source.settle(qtbot, model)
    assert set(range(10, 17)) <= set(source.asked)


def test_memory_is_bounded(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(15_000)))
    for page in range(60):
        model.show_rows(page * PAGE, page * PAGE + 10)
        source.settle(qtbot, model)
    assert len(model.held_pages) == MOST_PAGES
    assert 59 in model.held_pages
    assert model.index(0, 0).data() == NOT_THERE


def test_answers_to_an_earlier_question_are_dropped(model: PagedModel[int]) -> None:
    first, second = Source([1, 2, 3]), Source([7])
    model.ask(first.ask)
    model.ask(second.ask)
    second.deliver()
    first.deliver()
    assert model.rowCount() == 1
    assert model.row_at(0) == 7


def test_rows_stay_until_the_next_question_is_answered(model: PagedModel[int]) -> None:
    opened(model, [1, 2, 3])
    other = Source([9])
    model.ask(other.ask)
    assert model.rowCount() == 3
    other.deliver()
    assert model.rowCount() == 1


def test_new_rows_on_top_move_the_selection_along(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(300, 0, -1)))
    held = QPersistentModelIndex(model.index(4, 0))
    source.rows = [302, 301, *source.rows]
    model.refresh()
    source.settle(qtbot, model)
    assert model.rowCount() == 302
    assert held.row() == 6
    assert model.row_at(held.row()) == 296


def test_rows_that_went_are_not_selected_any_more(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(20)))
    gone, stays = QPersistentModelIndex(model.index(3, 0)), QPersistentModelIndex(model.index(9, 0))
    source.rows = [row for row in source.rows if row != 3]
    model.refresh()
    source.settle(qtbot, model)
    assert model.rowCount() == 19
    assert not gone.isValid()
    assert model.row_at(stays.row()) == 9


def test_an_empty_answer_after_many_rows(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(500)))
    model.show_rows(450, 499)
    source.settle(qtbot, model)
    source.rows = []
    model.refresh()
    source.settle(qtbot, model)
    assert model.rowCount() == 0
    source.rows = [1]
    model.refresh()
    source.deliver()
    assert model.rowCount() == 1


def test_trouble_is_told_once_and_refresh_tries_again(model: PagedModel[int], qtbot: QtBot) -> None:
    source = opened(model, list(range(1_000)))
    heard: list[UserFacingError] = []
    model.failed.connect(heard.append)
    source.error = UserFacingError("The connection was lost.")
    model.show_rows(600, 620)
    source.settle(qtbot, model)
    assert heard
    told = len(heard)
    model.show_rows(601, 621)
    source.settle(qtbot, model)
    assert len(heard) == told
    source.error = None
    model.refresh()
    source.settle(qtbot, model)
    assert model.row_at(600) == 600


def test_trouble_with_the_first_page_leaves_it_awaited(model: PagedModel[int]) -> None:
    source = Source([1])
    source.error = UserFacingError("No database.")
    heard: list[UserFacingError] = []
    model.failed.connect(heard.append)
    model.ask(source.ask)
    source.deliver()
    assert [error.title for error in heard] == ["No database."]
    assert model.is_awaited
    source.error = None
    model.refresh()
    source.deliver()
    assert model.rowCount() == 1


def test_answers_for_a_model_that_is_gone_are_dropped(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS, lambda row: row)
    source = Source([1])
    model.ask(source.ask)
    model.deleteLater()
    qtbot.wait(1)
    source.deliver()


def test_the_table_keeps_its_place_and_selection_when_rows_come(
    model: PagedModel[int], qtbot: QtBot
) -> None:
    source = opened(model, list(range(900, 0, -1)))
    table = TableView(model, "Numbers")
    qtbot.addWidget(table)
    table.resize(400, 10 * ROW_HEIGHT)
    table.show()
    qtbot.waitExposed(table)
    table.verticalScrollBar().setValue(40)
    table.selectRow(42)
    source.settle(qtbot, model)
    assert table.selected_rows == [858]
    source.rows = [903, 902, 901, *source.rows]
    model.refresh()
    source.settle(qtbot, model)
    assert table.selected_rows == [858]
    assert model.row_at(table.rowAt(0)) == 860  # as before
    table.verticalScrollBar().setValue(0)
    assert model.row_at(table.rowAt(0)) == 903


def test_the_table_asks_for_what_it_shows(model: PagedModel[int], qtbot: QtBot) -> None:
    table = TableView(model, "Numbers")
    qtbot.addWidget(table)
    table.resize(400, 300)
    table.show()
    source = opened(model, list(range(15_000)))
    qtbot.waitUntil(lambda: table.verticalScrollBar().maximum() > 14_000)
    table.verticalScrollBar().setValue(14_000)
    source.settle(qtbot, model)
    assert 70 in model.held_pages
    selection = table.selectionModel()
    selection.select(
        model.index(14_001, 0),
        QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
    )
    assert table.selected_rows == [14_001]
