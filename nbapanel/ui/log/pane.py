"""The log pane: the lines under their bar, one line in full below. Lines are brought to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nbapanel.redaction import redact
from nbapanel.rows.reads import LogLine
from nbapanel.ui import theme
from nbapanel.ui.beside import Beside
from nbapanel.ui.log.bar import LogBar
from nbapanel.ui.log.model import LEVEL, LOGGER, ROOM, TIME, WHERE, Filters, LogModel, as_text
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.ui.whole_file import write_whole

COALESCE_MS = 100
_LONG = 140


class LogPane(QWidget):
    """`titles`: a step's title by its key."""

    failed = Signal(object)  # UserFacingError: the lines could not be saved
    saved = Signal(object)  # Path

    def __init__(self, titles: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._waiting: list[LogLine] = []
        self._room = ROOM
        self._unseen = 0
        self._follows = True
        self._is_divided = False
        self._beside = Beside(self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._build()
        self._connect()
        self._restate()

    # ---- what others ask of it ---------------------------------------------------------------

    def add_lines(self, lines: Sequence[LogLine]) -> None:
        """Lines in the order of the log; shown with the next beat, at most 10 times a second."""
        self._waiting += lines
        del self._waiting[: -self._room]
        if not self._timer.isActive():
            self._timer.start()

    def show_step(self, run_id: int | None, step: str) -> None:
        """Only the lines of that step, in one run or (None) in all; the chip clears it."""
        title = self._titles.get(step, step)
        run = "" if run_id is None else self.tr("Run {0} · ").format(run_id)
        self._show_part(run_id, step, run + title)

    def show_run(self, run_id: int) -> None:
        """Only the lines of that run; the chip clears it."""
        self._show_part(run_id, "", self.tr("Run {0}").format(run_id))

    def make_room(self, lines: int) -> None:
        """Hold that many lines from now on."""
        self._room = lines
        self._stay(self.model.make_room(lines))
        self._restate()

    def copy(self) -> None:
        """Copy the selected lines, or all that are shown."""
        lines = self._selected()
        self._beside.do_many(
            len(lines), lambda: redact(as_text(lines)), QGuiApplication.clipboard().setText
        )

    def clear(self) -> None:
        """Empty the pane, those lines included that wait for the next beat."""
        self._waiting.clear()
        self.model.clear()
        self._unseen, self._follows = 0, True
        self._restate()

    def jump_to_end(self) -> None:
        """To the newest line, and follow from now on."""
        self._unseen, self._follows = 0, True
        self.table.scrollToBottom()
        self._place_jump()

    # ---- how it is made ----------------------------------------------------------------------

    def _build(self) -> None:
        self.bar = LogBar()
        self._build_table()
        self._build_empty()
        self._build_detail()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.table)
        self._pages.addWidget(self.empty)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(self._pages)
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setChildrenCollapsible(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addWidget(self.bar)
        box.addWidget(self.splitter, 1)

    def _build_table(self) -> None:
        self.model = LogModel(self._titles, self)
        # Before the view hears of it: what is current there must not slide to the next line.
        self.model.rowsAboutToBeRemoved.connect(self._on_rows_leaving)
        self.table = QTableView()
        FocusFrame(self.table)
        self.table.setAccessibleName(self.tr("Log lines"))
        self.table.setModel(self.model)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setProperty("roomy", "true")
        self.table.setWordWrap(False)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        rows = self.table.verticalHeader()
        rows.setMinimumSectionSize(1)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.table.fontMetrics().height() + 6)
        rows.hide()
        self._size_columns(self.table.horizontalHeader())
        self.jump = QPushButton(self.table)
        self.jump.setProperty("primary", "true")
        self.jump.setCursor(Qt.CursorShape.PointingHandCursor)
        self.jump.hide()

    def _size_columns(self, heads: QHeaderView) -> None:
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setHighlightSections(False)
        heads.setStretchLastSection(True)
        widest = {
            TIME: "00:00:00",
            LEVEL: "⚠ Warning",
            WHERE: max((f"Run 1234 · {title}" for title in self._titles.values()), key=len,
                       default="Run 1234"),
            LOGGER: "warehouse.server",
        }  # fmt: skip
        for column, text in widest.items():
            heads.resizeSection(column, self.table.fontMetrics().horizontalAdvance(text) + 24)

    def _build_empty(self) -> None:
        self.empty_words = QLabel()
        self.empty_words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty_words.setWordWrap(True)
        self.empty_words.setProperty("role", "muted")
        self.unfilter = QPushButton(self.tr("Show all lines"))
        self.empty = QFrame()
        self.empty.setProperty("card", "true")
        box = QVBoxLayout(self.empty)
        box.setSpacing(12)
        box.addStretch(1)
        box.addWidget(self.empty_words)
        box.addWidget(self.unfilter, 0, Qt.AlignmentFlag.AlignHCenter)
        box.addStretch(1)

    def _build_detail(self) -> None:
        self.detail = QPlainTextEdit()
        self.detail.setAccessibleName(self.tr("The selected line in full"))
        self.detail.setReadOnly(True)
        self.detail.setTabChangesFocus(True)
        self.detail.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.detail.setMinimumHeight(84)
        self.detail.hide()

    def _connect(self) -> None:
        self._timer.timeout.connect(self._flush)
        self.bar.filters_changed.connect(self._on_filters_changed)
        self.bar.copy_wanted.connect(self.copy)
        self.bar.save_wanted.connect(self._on_save)
        self.bar.clear_wanted.connect(self.clear)
        self.unfilter.clicked.connect(self.bar.show_all)
        self.jump.clicked.connect(self.jump_to_end)
        self.table.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.table.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.table.verticalScrollBar().rangeChanged.connect(self._on_range_changed)
        self.table.viewport().installEventFilter(self)
        shortcut = QShortcut(QKeySequence.StandardKey.Copy, self.table)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        shortcut.activated.connect(self.copy)
        theme.active().changed.connect(self.model.restyle)

    # ---- lines come, and the place in them stays ---------------------------------------------

    def _flush(self) -> None:
        lines, self._waiting = self._waiting, []
        if not lines:
            return
        before = self.model.rowCount()
        gone = self.model.add(lines)
        self._stay(gone)
        if not self._follows:
            self._unseen += self.model.rowCount() - (before - gone)
        self._restate()

    def _stay(self, gone: int) -> None:
        """Rows went at the top: what is looked at stays where it is on the screen."""
        if gone and not self._follows:
            bar = self.table.verticalScrollBar()
            bar.setValue(max(bar.value() - gone, 0))

    def _on_scrolled(self, value: int) -> None:
        self._follows = value >= self.table.verticalScrollBar().maximum()
        if self._follows:
            self._unseen = 0
        self._place_jump()

    def _on_range_changed(self, _least: int, most: int) -> None:
        if self._follows:
            self.table.verticalScrollBar().setValue(most)
        self._place_jump()

    def _on_rows_leaving(self, _parent: QModelIndex, _first: int, last: int) -> None:
        if 0 <= self.table.currentIndex().row() <= last:
            self.table.selectionModel().clearCurrentIndex()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place_jump()
        return super().eventFilter(watched, event)

    def _place_jump(self) -> None:
        self.jump.setVisible(not self._follows)
        if self._unseen:
            self.jump.setText(self.tr("↓ Jump to the end ({0:,} new)").format(self._unseen))
        else:
            self.jump.setText(self.tr("↓ Jump to the end"))
        self.jump.adjustSize()
        room = self.table.viewport().geometry()
        self.jump.move(
            room.right() - self.jump.width() - 12, room.bottom() - self.jump.height() - 12
        )

    # ---- filters -----------------------------------------------------------------------------

    def _show_part(self, run_id: int | None, step: str, words: str) -> None:
        self._flush()
        self.bar.show_part(run_id, step, words)
        self.jump_to_end()

    def _on_filters_changed(self, filters: Filters) -> None:
        if filters == self.model.filters:
            return
        anchor, is_current = self._anchor()
        follows = self._follows
        self.model.filter_by(filters)
        row = self.model.row_of(anchor)
        if follows:
            self.jump_to_end()
        elif row < self.model.rowCount():
            self.table.scrollTo(self.model.index(row, 0), _AT_TOP)
        if is_current and row < self.model.rowCount() and self.model.number_at(row) == anchor:
            self.table.selectionModel().setCurrentIndex(self.model.index(row, 0), _WHOLE_ROW)
        else:
            self._on_current_changed(QModelIndex(), QModelIndex())
        self._restate()

    def _anchor(self) -> tuple[int, bool]:
        """The number of the current line, or else of the top one; and whether it is current."""
        current = self.table.currentIndex().row()
        row = current if current >= 0 else self.table.rowAt(0)
        return (self.model.number_at(row) if row >= 0 else 0), current >= 0

    def _restate(self) -> None:
        shown, total = self.model.rowCount(), self.model.total
        self.bar.show_count(shown, total)
        self._pages.setCurrentWidget(self.table if shown else self.empty)
        self.unfilter.setVisible(total > 0)
        if total:
            words = self.tr("None of the {0:,} lines pass the filters.").format(total)
        else:
            words = self.tr("No lines yet. What runs do, and what goes wrong, is told here.")
        self.empty_words.setText(words)
        self._place_jump()

    # ---- one line, and files -----------------------------------------------------------------

    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        line = self.model.line_at(current.row()) if current.isValid() else None
        is_more = line is not None and ("\n" in line.message or len(line.message) > _LONG)
        self.detail.setVisible(is_more)
        if is_more and not self._is_divided:  # once; then it stays as it was dragged
            self._is_divided = True
            height = self.splitter.height()
            self.splitter.setSizes([height * 3 // 5, height * 2 // 5])
        self.detail.setPlainText(line.message if line is not None and is_more else "")

    def _selected(self) -> list[LogLine]:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        return [self.model.line_at(row) for row in rows] or self.model.shown()

    def _on_save(self) -> None:
        name = datetime.now().astimezone().strftime("nbapanel-%Y-%m-%d-%H%M.log")
        dialog = QFileDialog(self, self.tr("Save the lines shown"), name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.save_to(Path(path)))
        dialog.open()

    def save_to(self, path: Path) -> None:
        """Write the lines shown, all of them, to that file."""
        lines = self.model.shown()
        self._beside.do_many(
            len(lines),
            lambda: write_whole(path, redact(as_text(lines)).encode("utf-8", "replace")),
            self.saved.emit,
            self.failed.emit,
        )


_AT_TOP = QAbstractItemView.ScrollHint.PositionAtTop
_WHOLE_ROW = (
    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
)
