"""Columns, copies, exports and the table view that every room uses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QFileDialog, QPushButton, QTableView, QWidget
from pytestqt.qtbot import QtBot

from nbapanel.errors import UserFacingError
from nbapanel.ui import theme as themes
from nbapanel.ui.tables import words
from nbapanel.ui.tables.columns import Column, exported, in_words
from nbapanel.ui.tables.copying import CsvExport, as_tsv
from nbapanel.ui.tables.exporting import Exporting
from nbapanel.ui.tables.flow import FlowLayout
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.ui.tables.paged_model import HeldPage, at_hand
from nbapanel.ui.tables.rows_model import RowsModel
from nbapanel.ui.tables.states import NoticeLine, Pages
from nbapanel.ui.tables.view import TableView
from nbapanel.ui.theme import Theme

AT = datetime(2026, 1, 15, 21, 32, 5, tzinfo=timezone(timedelta(hours=-5)))


@dataclass(frozen=True)
class Row:
    name: str
    size: int | None
    at: datetime | None = AT
    share: float | None = 0.5


COLUMNS: tuple[Column[Row], ...] = (
    Column("name", "Name", lambda r: r.name, width=120),
    Column("size", "Size", lambda r: r.size, is_number=True,
                role=lambda r: "bad" if r.size is None else "", tip=lambda r: f"size of {r.name}"),
    Column("at", "At", lambda r: r.at, width=140),
    Column("share", "Share", lambda r: r.share, lambda r: f"{r.share:.1f}" if r.share else "",
                share=lambda r: r.share, role=lambda r: "good"),
)  # fmt: skip
ROWS = [Row("tab\there", 1_234), Row("Jokić, Nikola", None), Row('"quoted"', 5, None, None)]


@pytest.fixture
def table(qtbot: QtBot) -> TableView:
    model = RowsModel(COLUMNS)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.setProperty("tester", tester)
    model.set_rows(ROWS)
    view = TableView(model, "Things")
    view.setProperty("rows", model)
    qtbot.addWidget(view)
    view.resize(600, 200)
    return view


# -- words -------------------------------------------------------------------------------------


def test_ages_are_days_of_the_year_in_the_end() -> None:
    now = datetime(2026, 1, 15, 12).astimezone()  # noon, wherever this machine is
    for days, said in [(9, "9 days ago"), (14, "14 days ago"), (15, "31 Dec 2025")]:
        assert words.age(now - timedelta(days=days), now) == said
    assert words.age(None, now) == ""
    assert words.duration(None) == ""


def test_exact_moments() -> None:
    assert "(UTC" in words.exact(AT)


def test_values_shown_and_exported() -> None:
    assert in_words(1_234_567) == "1,234,567"
    assert in_words(date(2026, 1, 5)) == "Mon 5 Jan 2026"
    assert exported(1_234_567) == "1234567"
    assert exported(97.5) == "97.5"
    assert exported(AT) == "2026-01-15T21:32:05-05:00"
    assert exported(date(2026, 1, 5)) == "2026-01-05"
    assert exported(None) == ""
    assert exported(True) == "true"


# -- copies ------------------------------------------------------------------------------------


def test_tsv_has_titles_and_exact_values() -> None:
    lines = as_tsv(COLUMNS, ROWS).splitlines()
    assert lines[0] == "Name\tSize\tAt\tShare"
    assert lines[1] == "tab here\t1234\t2026-01-15T21:32:05-05:00\t0.5"
    assert lines[2].startswith("Jokić, Nikola\t\t")


def test_csv_is_utf8_and_quoted(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "things.csv"
    export = CsvExport(path, COLUMNS, at_hand(ROWS))
    with qtbot.waitSignal(export.finished):
        export.start()
    text = path.read_bytes().decode("utf-8")
    assert text.splitlines()[2].startswith('"Jokić, Nikola",,')
    assert '"""quoted"""' in text
    assert list(tmp_path.iterdir()) == [path]


def test_csv_that_cannot_be_written_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    export = CsvExport(tmp_path / "missing" / "things.csv", COLUMNS, at_hand(ROWS))
    with qtbot.waitSignal(export.failed) as caught:
        export.start()
    assert caught.args is not None
    assert "could not be written" in caught.args[0].title


def test_export_reads_all_pages_in_order(qtbot: QtBot, tmp_path: Path) -> None:
    rows = [Row(f"row {n}", n) for n in range(1_730)]
    path = tmp_path / "all.csv"
    export = CsvExport(path, COLUMNS[:2], at_hand(rows))
    told: list[tuple[int, int]] = []
    export.progressed.connect(lambda done, total: told.append((done, total)))
    with qtbot.waitSignal(export.finished):
        export.start()
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "Name,Size"
    assert lines[1:] == [f"row {n},{n}" for n in range(1_730)]
    assert told == [(500, 1730), (1000, 1730), (1500, 1730), (1730, 1730)]


def test_export_of_nothing_has_its_titles(qtbot: QtBot, tmp_path: Path) -> None:
    export = CsvExport(tmp_path / "none.csv", COLUMNS, at_hand([]))
    with qtbot.waitSignal(export.finished):
        export.start()
    assert (tmp_path / "none.csv").read_text() == "Name,Size,At,Share\n"


def test_export_begins_anew_when_rows_change(qtbot: QtBot, tmp_path: Path) -> None:
    rows = [Row(f"row {n}", n) for n in range(900)]
    calls = 0

    def ask(offset: int, limit: int, then: Any, failed: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            rows.insert(0, Row("new", -1))
        then(HeldPage(len(rows), offset, tuple(rows[offset : offset + limit])))

    export = CsvExport(tmp_path / "all.csv", COLUMNS[:1], ask)
    with qtbot.waitSignal(export.finished):
        export.start()
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert lines[1:3] == ["new", "row 0"]
    assert len(lines) == 902


def test_export_that_fails_leaves_the_old_file(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "all.csv"
    path.write_text("old")

    def ask(offset: int, limit: int, then: Any, failed: Any) -> None:
        if offset == 0:
            then(HeldPage(1_000, 0, tuple(ROWS) * 100))
        else:
            failed(UserFacingError("The connection was lost."))

    export = CsvExport(path, COLUMNS, ask)
    with qtbot.waitSignal(export.failed):
        export.start()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_exporting_asks_where_to_tells_and_cancels(qtbot: QtBot, tmp_path: Path) -> None:
    window, notice = QWidget(), NoticeLine()
    qtbot.addWidget(window)
    qtbot.addWidget(notice)
    exporting = Exporting(notice, tmp_path / "exports", window)
    dialog = exporting.choose("things.csv", COLUMNS, at_hand(ROWS))
    assert isinstance(dialog, QFileDialog)
    assert dialog.isVisible()
    assert dialog.directory().path() == str(tmp_path / "exports")
    target = tmp_path / "exports" / "things.csv"
    with qtbot.waitSignal(exporting.exported) as exported_to:
        dialog.fileSelected.emit(str(target))
    dialog.reject()
    assert exported_to.args == [target]
    assert "3 rows" in notice.words
    assert notice.button.text() == "Open folder"
    waiting: list[Any] = []
    exporting.write(target, COLUMNS, lambda o, n, then, failed: waiting.append(then))
    assert exporting.is_underway
    notice.button.click()
    assert not exporting.is_underway
    assert "cancelled" in notice.words
    waiting[0](HeldPage(3, 0, tuple(ROWS)))
    assert len(target.read_text(encoding="utf-8").splitlines()) == 4


# -- the view ----------------------------------------------------------------------------------


def test_cells_say_what_columns_declare(table: TableView, theme: themes.Theme) -> None:
    model = table.model()
    assert model.index(0, 1).data() == "1,234"
    assert model.index(0, 1).data(Qt.ItemDataRole.ToolTipRole) == "size of tab\there"
    assert model.index(1, 1).data(Qt.ItemDataRole.ForegroundRole) == theme.color("bad")
    right = int(model.index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole))
    assert right & int(Qt.AlignmentFlag.AlignRight)
    table.grab()


def test_a_row_is_selected_alone_whatever_key_is_held(table: TableView, qtbot: QtBot) -> None:
    """Ctrl+8 brings up a dock, whose rows may come while Ctrl is still down: the one selected for
    its user then stood beside that of before, and nothing was shown of it."""
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_F35, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.ControlModifier
    table.selectRow(1)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [1]
    qtbot.keyClick(table, Qt.Key.Key_F35)


def test_local_sorting_keeps_the_selection_and_puts_the_unknown_last(table: TableView) -> None:
    table.enable_sorting()
    table.selectRow(0)
    header = table.horizontalHeader()
    header.setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    model: Any = table.model()
    assert [row.size for row in model.rows] == [5, 1_234, None]
    assert table.selected_rows == [ROWS[0]]
    header.setSortIndicator(1, Qt.SortOrder.DescendingOrder)
    assert [row.size for row in model.rows] == [1_234, 5, None]


def test_only_columns_with_an_order_ask_for_one(qtbot: QtBot) -> None:
    columns: tuple[Column[Row], ...] = (
        Column("a", "A", lambda r: r.name, order="name"),
        COLUMNS[1],
    )
    table = TableView(RowsModel(columns), "Things")
    qtbot.addWidget(table)
    table.enable_sorting("name", descending=False)
    asked: list[tuple[str, bool]] = []
    table.sort_wanted.connect(lambda order, down: asked.append((order, down)))
    table.horizontalHeader().setSortIndicator(1, Qt.SortOrder.AscendingOrder)
    assert asked == []
    assert table.horizontalHeader().sortIndicatorSection() == 0
    table.flip_order(0)
    assert asked == [("name", True)]


def test_keys_copy_and_open(table: TableView, qtbot: QtBot) -> None:
    table.show()
    table.setFocus()
    table.selectRow(0)
    with qtbot.waitSignal(table.copied) as copied:
        qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert copied.args == [1, 0]
    assert QGuiApplication.clipboard().text() == as_tsv(COLUMNS, ROWS[:1])
    with qtbot.waitSignal(table.opened) as opened:
        qtbot.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [ROWS[0]]
    table.setCurrentIndex(table.model().index(0, 1))
    table.copy_cell()
    assert QGuiApplication.clipboard().text() == "1,234"


def test_tab_leaves_the_table(table: TableView) -> None:
    assert not table.tabKeyNavigation()
    assert table.accessibleName() == "Things"


def test_shown_columns_follow_the_header(table: TableView) -> None:
    table.horizontalHeader().moveSection(2, 0)
    table.setColumnHidden(1, True)
    assert [column.key for column in table.shown_columns] == ["at", "name", "share"]
    table.selectRow(1)
    table.copy_rows()
    assert QGuiApplication.clipboard().text().splitlines()[0] == "At\tName\tShare"


def test_columns_are_kept_and_reset(table: TableView, qtbot: QtBot) -> None:
    table.horizontalHeader().moveSection(2, 0)
    table.setColumnHidden(1, True)
    table.setColumnWidth(0, 222)
    state = table.save_state()
    other = TableView(RowsModel(COLUMNS), "Things")
    qtbot.addWidget(other)
    assert other.restore_state(state)
    assert [column.key for column in other.shown_columns] == ["at", "name", "share"]
    assert other.columnWidth(0) == 222
    other.reset_columns()
    assert [column.key for column in other.shown_columns] == ["name", "size", "at", "share"]
    stranger = TableView(RowsModel(COLUMNS[:2]), "Others")
    qtbot.addWidget(stranger)
    assert not stranger.restore_state(state)
    assert not stranger.restore_state(b"")


def test_the_menu_offers_the_row_the_copies_and_the_columns(table: TableView) -> None:
    table.selectRow(0)
    table.enable_sorting()
    menu = table.make_menu()
    said = [action.text() for action in menu.actions() if action.text()]
    assert said == ["Copy rows", "Copy cell", "Export as CSV…", "Sort by", "Columns"]


# -- states and layout -------------------------------------------------------------------------


def test_pages_show_words_and_act(qtbot: QtBot) -> None:
    content = QWidget()
    pages = Pages(content)
    qtbot.addWidget(pages)
    pages.show_error(UserFacingError("The database is gone.", "host:5432", "Start it."))
    assert pages.kind == "error"
    assert "host:5432. Start it." in pages.message.words
    with qtbot.waitSignal(pages.acted) as acted:
        pages.message.button.click()
    assert acted.args == ["error"]
    pages.show_content()
    assert pages.kind == "content"


def test_a_notice_is_hidden_while_it_has_nothing_to_say(qtbot: QtBot) -> None:
    notice = NoticeLine()
    qtbot.addWidget(notice)
    assert notice.isHidden()
    notice.say("Copied", lasting=False)
    assert notice.words == "Copied"
    notice.say("")
    assert notice.isHidden()


def test_flow_goes_to_the_next_line(qtbot: QtBot) -> None:
    box = QWidget()
    qtbot.addWidget(box)
    flow = FlowLayout(box)
    for _ in range(3):
        button = QPushButton("x")
        button.setFixedSize(100, 30)
        flow.addWidget(button)
    assert flow.heightForWidth(400) == 30
    assert flow.heightForWidth(250) == 68
    assert flow.heightForWidth(120) == 106
    assert flow.itemAt(9) is None


def test_the_frame_is_measured_anew_with_the_focus(qtbot: QtBot, theme: Theme) -> None:
    """The sheet's border is 2 px wide with the focus: it must not lie under the contents."""
    box = QWidget()
    view, other = QTableView(box), QPushButton("other", box)
    FocusFrame(view)
    other.move(0, 300)
    qtbot.addWidget(box)
    with qtbot.waitExposed(box):
        box.show()
    box.activateWindow()
    other.setFocus()
    assert view.frameWidth() == 1
    view.setFocus()
    assert view.frameWidth() == 2
    other.setFocus()
    assert view.frameWidth() == 1
