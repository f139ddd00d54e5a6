"""A table of very many rows that come in pages as they are looked at. What a row is, is not here.

Sorting and filtering are the question's: another order is another question.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QModelIndex, QObject, QTimer, Signal

from nbapanel.errors import UserFacingError
from nbapanel.ui.tables.asking import Latest
from nbapanel.ui.tables.columns import Column
from nbapanel.ui.tables.rows_model import ColumnsModel, Index

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)

PAGE = 200
MOST_PAGES = 25
MOST_UNDERWAY = 2
COALESCE_MS = 15
_NO_INDEX = QModelIndex()


class Page(Protocol[R_co]):
    """Rows `offset` and on of `total`: rows.reads.GamePage and RunPage are such."""

    @property
    def total(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def rows(self) -> tuple[R_co, ...]: ...


AskPage = Callable[[int, int, Callable[[Any], None], Callable[[UserFacingError], None]], None]
"""Asks for the rows from `offset` on, at most `limit`, and who hears the page or the trouble."""


@dataclass(frozen=True, slots=True)
class HeldPage(Generic[R]):
    """A page of rows that were at hand."""

    total: int
    offset: int
    rows: tuple[R, ...]


def at_hand(rows: Sequence[R]) -> AskPage:
    """Answers with these rows, a page at a time: for what need not be asked for."""
    held = tuple(rows)

    def ask(
        offset: int,
        limit: int,
        then: Callable[[Any], None],
        failed: Callable[[UserFacingError], None],
    ) -> None:
        then(HeldPage(len(held), offset, held[offset : offset + limit]))

    return ask


class PagedModel(ColumnsModel[R], Generic[R]):
    """Asks for what is visible, and the page after it; forgets what is far from it.

    Rows keep their selection by `key` when a fresh answer moves them. Answers to a question that
    is no longer the current one are dropped.
    """

    answered = Signal(object)  # a page of the current question
    failed = Signal(object)  # UserFacingError

    def __init__(
        self,
        columns: Sequence[Column[R]],
        key: Callable[[R], Hashable],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(columns, parent)
        self._key = key
        self._ask_page: AskPage | None = None
        self._latest = Latest(self)
        self._total = 0
        self._pages: dict[int, tuple[R, ...]] = {}
        self._stale: set[int] = set()
        self._underway: set[int] = set()
        self._broken: set[int] = set()
        self._visible = (0, 0)
        self._is_awaited = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(COALESCE_MS)
        self._timer.timeout.connect(self._ask_needed)

    # -- what is asked ---------------------------------------------------------------------------

    @property
    def is_awaited(self) -> bool:
        """Whether the first answer to the current question is still to come."""
        return self._is_awaited

    @property
    def held_pages(self) -> frozenset[int]:
        return frozenset(self._pages)

    def ask(self, ask_page: AskPage) -> None:
        """Another question: the rows stay until its first page comes, then they are replaced."""
        self._ask_page = ask_page
        self._begin_generation()
        self._is_awaited = True
        self._visible = (0, 0)
        self._request(0)

    def refresh(self) -> None:
        """The same question again: rows and places stay, and are corrected by what comes."""
        if self._ask_page is None:
            return
        if self._is_awaited or self._total == 0:
            self.ask(self._ask_page)
            return
        self._begin_generation()
        self._stale = set(self._pages)
        self._later()

    def clear(self) -> None:
        """No question and no rows."""
        self._ask_page = None
        self._begin_generation()
        self._is_awaited = False
        self.beginResetModel()
        self._total = 0
        self._pages.clear()
        self.endResetModel()

    def show_rows(self, first: int, last: int) -> None:
        """These rows are visible now: what is not there of them is asked for."""
        self._visible = (max(0, first), max(0, first, last))
        if not self._is_awaited and any(self._needed()):
            self._later()

    def _begin_generation(self) -> None:
        self._latest.forget()
        self._underway.clear()
        self._broken.clear()
        self._stale.clear()
        self._timer.stop()

    def _later(self) -> None:
        if not self._timer.isActive():
            self._timer.start()

    def _needed(self) -> Iterator[int]:
        """Pages to ask for, the most wanted first: what is visible, then the one after it."""
        first, last = self._visible[0] // PAGE, self._visible[1] // PAGE
        for number in (*range(first, last + 1), last + 1):
            is_there = number in self._pages and number not in self._stale
            if not (
                is_there
                or number * PAGE >= self._total
                or number in self._underway
                or number in self._broken
            ):
                yield number

    def _ask_needed(self) -> None:
        for number in list(self._needed()):
            if len(self._underway) >= MOST_UNDERWAY:
                return
            self._request(number)

    def _request(self, number: int) -> None:
        assert self._ask_page is not None
        self._underway.add(number)
        self._latest.ask_too(
            partial(self._ask_page, number * PAGE, PAGE),
            partial(self._take, number),
            partial(self._fail, number),
        )

    # -- what comes ------------------------------------------------------------------------------

    def _take(self, number: int, page: Page[R]) -> None:
        self._underway.discard(number)
        if self._is_awaited:
            self._is_awaited = False
            self.beginResetModel()
            self._total = page.total
            self._pages = {number: page.rows}
            self.endResetModel()
        else:
            self._place(number, page)
        self._forget_far()
        self.answered.emit(page)
        if any(self._needed()):
            self._later()

    def _fail(self, number: int, error: UserFacingError) -> None:
        self._underway.discard(number)
        self._broken.add(number)
        self.failed.emit(error)
        if not self._is_awaited and any(self._needed()):
            self._later()

    def _place(self, number: int, page: Page[R]) -> None:
        if page.total != self._total:
            # Rows came or went, also where nobody looked: what else is held may have moved.
            self._stale |= set(self._pages)
        self._stale.discard(number)
        if page.total > self._total:
            self.beginInsertRows(_NO_INDEX, self._total, page.total - 1)
            self._total = page.total
            self.endInsertRows()
        self._put(number, page.rows)
        if page.total < self._total:
            self._cut(page.total)

    def _put(self, number: int, rows: tuple[R, ...]) -> None:
        old = self._pages.get(number)
        if old is None or [*map(self._key, old)] == [*map(self._key, rows)]:
            self._pages[number] = rows
            first = number * PAGE
            if rows:
                last = min(first + len(rows), self._total) - 1
                self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [self.key_at(index.row()) for index in before]
        self._pages[number] = rows
        places = {self._key(row): number * PAGE + at for at, row in enumerate(rows)}
        after = [
            self._moved(index, key, number, places) for index, key in zip(before, keys, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _moved(
        self, index: QModelIndex, key: object, number: int, places: dict[Hashable, int]
    ) -> QModelIndex:
        if isinstance(key, Hashable) and key in places:
            return self.index(places[key], index.column())
        is_replaced = key is not None and index.row() // PAGE == number
        return QModelIndex() if is_replaced else self.index(index.row(), index.column())

    def _cut(self, total: int) -> None:
        self.beginRemoveRows(_NO_INDEX, total, self._total - 1)
        self._total = total
        for number in [number for number in self._pages if number * PAGE >= total]:
            del self._pages[number]
        self.endRemoveRows()

    def _forget_far(self) -> None:
        middle = sum(self._visible) // 2 // PAGE
        while len(self._pages) > MOST_PAGES:
            farthest = max(self._pages, key=lambda number: abs(number - middle))
            del self._pages[farthest]
            self._stale.discard(farthest)

    # -- what is shown ---------------------------------------------------------------------------

    @property
    def held_rows(self) -> list[R]:
        """The rows that are there, in their order."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def row_at(self, number: int) -> R | None:
        rows = self._pages.get(number // PAGE)
        place = number % PAGE
        return rows[place] if rows is not None and place < len(rows) else None

    def row_of(self, key: Hashable) -> int | None:
        """Where the row with this key is, if it is there."""
        for number, rows in self._pages.items():
            for place, row in enumerate(rows):
                if self._key(row) == key:
                    return number * PAGE + place
        return None

    def key_at(self, number: int) -> object:
        row = self.row_at(number)
        return None if row is None else self._key(row)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._total
