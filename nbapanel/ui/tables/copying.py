"""Rows as text for the clipboard (TSV) and as files (CSV). Which rows, others decide.

Cells are exact: plain numbers with a decimal point, ISO times with their offset.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from nbapanel.errors import UserFacingError
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.columns import Column, exported
from nbapanel.ui.tables.paged_model import AskPage, Page
from nbapanel.ui.whole_file import WholeFile

R = TypeVar("R")

EXPORT_PAGE = 500
_MOST_RESTARTS = 3


def as_tsv(columns: Sequence[Column[R]], rows: Iterable[R]) -> str:
    """A line of titles and a line for each row; tabs and line ends inside a cell become blanks."""
    lines = [[column.title for column in columns]]
    lines += [[exported(column.value(row)) for column in columns] for row in rows]
    return "".join("\t".join(" ".join(cell.split()) for cell in line) + "\n" for line in lines)


def as_csv(lines: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode("utf-8", "replace")


def titles(columns: Sequence[Column[Any]]) -> list[str]:
    return [column.title for column in columns]


def cells(columns: Sequence[Column[R]], rows: Iterable[R]) -> list[list[str]]:
    return [[exported(column.value(row)) for column in columns] for row in rows]


class CsvExport(QObject, Generic[R]):
    """Every row that a question has, a page at a time, into one file.

    Rows that come or go meanwhile would be missed or written twice: it then begins anew.
    """

    progressed = Signal(int, int)  # rows written, of all
    finished = Signal(object, int)  # the file's path, its rows
    failed = Signal(object)  # UserFacingError

    def __init__(
        self,
        path: Path,
        columns: Sequence[Column[R]],
        ask_page: AskPage,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._path = path
        self._columns = tuple(columns)
        self._ask_page = ask_page
        self._file: WholeFile | None = None
        self._total = -1
        self._written = 0
        self._restarts = 0
        self._latest = Latest(self)

    @property
    def is_underway(self) -> bool:
        return self._file is not None

    def start(self) -> None:
        self._total, self._written = -1, 0
        try:
            self._file = WholeFile(self._path)
            self._file.write(as_csv([titles(self._columns)]))
        except UserFacingError as error:
            self._end(error)
            return
        self._ask()

    def cancel(self) -> None:
        """Leave nothing behind, and say nothing more."""
        self._latest.forget()
        if self._file is not None:
            self._file.give_up()
            self._file = None

    def _ask(self) -> None:
        self._latest.ask(partial(self._ask_page, self._written, EXPORT_PAGE), self._take, self._end)

    def _take(self, page: Page[R]) -> None:
        assert self._file is not None
        if self._total < 0:
            self._total = page.total
        if page.total != self._total or (not page.rows and self._written < self._total):
            self._begin_anew()
            return
        try:
            self._file.write(as_csv(cells(self._columns, page.rows)))
            self._written += len(page.rows)
            if self._written >= self._total:
                self._file.commit()
        except UserFacingError as error:
            self._end(error)
            return
        self.progressed.emit(self._written, self._total)
        if self._written >= self._total:
            self._file = None
            self.finished.emit(self._path, self._written)
        else:
            # Through the event loop: thousands of rows must not hold up a click.
            QTimer.singleShot(0, self, self._ask)

    def _begin_anew(self) -> None:
        self._restarts += 1
        if self._restarts <= _MOST_RESTARTS:
            self.cancel()
            self.start()
            return
        self._end(
            UserFacingError(
                self.tr("The rows changed while they were exported."),
                self.tr("They were read {} times, and changed each time.").format(self._restarts),
                self.tr("Export again when the run has ended."),
            )
        )

    def _end(self, error: UserFacingError) -> None:
        self.cancel()
        self.failed.emit(error)
