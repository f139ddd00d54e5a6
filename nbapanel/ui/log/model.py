"""Log lines in a ring, and those of them that pass the filters, as a table. No widget here."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QFont, QFontDatabase

from nbapanel.rows.reads import LogLine
from nbapanel.ui import theme
from nbapanel.ui.plain_tip import plain_tip

TIME, LEVEL, WHERE, LOGGER, MESSAGE = range(5)
ROOM = 20_000
"""Lines that are held unless the preferences say otherwise."""

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Look:
    """How a level is shown: never by its colour alone."""

    rank: int
    glyph: str
    word: str
    role: str


LOOKS: Mapping[str, Look] = {
    "DEBUG": Look(10, "·", "Debug", "muted"),
    "INFO": Look(20, "○", "Info", "text"),
    "WARNING": Look(30, "⚠", "Warning", "warning"),
    "ERROR": Look(40, "✗", "Error", "bad"),
    "CRITICAL": Look(50, "✗", "Critical", "bad"),
}


def look(level: str) -> Look:
    """An unknown level counts as information, under its own name."""
    return LOOKS.get(level.upper()) or Look(20, "○", level.title(), "text")


@dataclass(frozen=True, slots=True)
class Filters:
    """What is shown: lines of at least this level, with all these words, of this run and step."""

    least_rank: int = 0
    text: str = ""
    run_id: int | None = None
    step: str = ""

    @property
    def is_open(self) -> bool:
        """Whether everything passes."""
        return self == Filters()

    def chosen(self, lines: Iterable[Numbered]) -> list[Numbered]:
        words = self.text.casefold().split()
        return [
            one
            for one in lines
            if look(one.line.level).rank >= self.least_rank
            and (self.run_id is None or one.line.run_id == self.run_id)
            and (not self.step or one.line.step == self.step)
            and (not words or _has(one.line, words))
        ]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line with its number since the start, by which it is found again after a filter."""

    number: int
    line: LogLine


def _has(line: LogLine, words: Sequence[str]) -> bool:
    text = f"{line.message} {line.logger} {line.step} {line.level}".casefold()
    return all(word in text for word in words)


class LogModel(QAbstractTableModel):
    """The shown lines, oldest first."""

    def __init__(self, titles: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._room = ROOM
        self._lines: list[Numbered] = []
        self._shown: list[Numbered] = []
        self._next = 0
        self._filters = Filters()
        self._mono = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        self._heads = (
            self.tr("Time"),
            self.tr("Level"),
            self.tr("Run and step"),
            self.tr("From"),
            self.tr("Message"),
        )

    @property
    def total(self) -> int:
        """Lines held, shown or not."""
        return len(self._lines)

    @property
    def filters(self) -> Filters:
        return self._filters

    def line_at(self, row: int) -> LogLine:
        return self._shown[row].line

    def number_at(self, row: int) -> int:
        return self._shown[row].number

    def row_of(self, number: int) -> int:
        """The row of that line, or of the first one after it that is shown."""
        return bisect_left(self._shown, number, key=lambda one: one.number)

    def shown(self) -> list[LogLine]:
        return [one.line for one in self._shown]

    def add(self, lines: Sequence[LogLine]) -> int:
        """Append; returns how many rows went at the top to make room."""
        fresh = [Numbered(self._next + n, line) for n, line in enumerate(lines[-self._room :])]
        self._next += len(fresh)
        gone = self._drop(len(self._lines) + len(fresh) - self._room)
        self._lines += fresh
        passing = self._filters.chosen(fresh)
        if passing:
            end = len(self._shown)
            self.beginInsertRows(QModelIndex(), end, end + len(passing) - 1)
            self._shown += passing
            self.endInsertRows()
        return gone

    def filter_by(self, filters: Filters) -> None:
        if filters == self._filters:
            return
        self.beginResetModel()
        self._filters = filters
        self._shown = filters.chosen(self._lines)
        self.endResetModel()

    def clear(self) -> None:
        self.beginResetModel()
        self._lines, self._shown = [], []
        self.endResetModel()

    def make_room(self, room: int) -> int:
        """Hold that many lines from now on; returns how many rows went at the top."""
        self._room = max(room, 1)
        return self._drop(len(self._lines) - self._room)

    def restyle(self) -> None:
        """The theme changed."""
        if self._shown:
            last = self.index(len(self._shown) - 1, MESSAGE)
            self.dataChanged.emit(self.index(0, TIME), last, [Qt.ItemDataRole.ForegroundRole])

    def _drop(self, count: int) -> int:
        if count <= 0:
            return 0
        oldest = self._lines[count].number if count < len(self._lines) else self._next
        del self._lines[:count]
        gone = self.row_of(oldest)
        if gone:
            self.beginRemoveRows(QModelIndex(), 0, gone - 1)
            del self._shown[:gone]
            self.endRemoveRows()
        return gone

    # ---- the table, as Qt asks for it --------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation is Qt.Orientation.Horizontal:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid():
            return None
        line, column = self._shown[index.row()].line, index.column()
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(line, column)
            case Qt.ItemDataRole.ForegroundRole:
                return _brush(line, column)
            case Qt.ItemDataRole.FontRole:
                return self._font(column)
            case Qt.ItemDataRole.ToolTipRole:
                tip = self._tip(line, column)
                return tip and plain_tip(tip)
            case _:
                return None

    def _text(self, line: LogLine, column: int) -> str:
        match column:
            case 0:
                return line.at.astimezone().strftime("%H:%M:%S")
            case 1:
                seen = look(line.level)
                return f"{seen.glyph} {self.tr(seen.word)}"
            case 2:
                return self.where(line)
            case 3:
                return line.logger.removeprefix("nbapanel.")
            case _:
                first, _, rest = line.message.partition("\n")
                if not rest:
                    return first
                more = rest.count("\n") + 1
                return self.tr("{first}  (+{more} lines)").format(first=first, more=more)

    def where(self, line: LogLine) -> str:
        """The run and the step's title, as far as the line names them."""
        title = self._titles.get(line.step, line.step)
        if line.run_id is None:
            return title
        run = self.tr("Run {0}").format(line.run_id)
        return f"{run} · {title}" if title else run

    def _font(self, column: int) -> QFont | None:
        return self._mono if column == MESSAGE else None

    def _tip(self, line: LogLine, column: int) -> str | None:
        match column:
            case 0:
                return line.at.astimezone().strftime("%A, %d %B %Y, %H:%M:%S %Z (UTC%z)")
            case 2:
                return self.where(line) or None
            case 3:
                return line.logger
            case _:
                return None


def _brush(line: LogLine, column: int) -> QBrush | None:
    role = look(line.level).role
    if column == LEVEL or (column == MESSAGE and role in ("bad", "muted")):
        return QBrush(theme.active().color(role))
    if column in (TIME, WHERE, LOGGER):
        return QBrush(theme.active().color("muted"))
    return None


def as_text(lines: Iterable[LogLine]) -> str:
    """Lines for the clipboard and for a file: the exact time with its offset, then the rest."""
    return "".join(_one(line) for line in lines)


def _one(line: LogLine) -> str:
    run = "" if line.run_id is None else f" [run {line.run_id}{f' {line.step}'.rstrip()}]"
    at = line.at.astimezone().isoformat(timespec="milliseconds")
    message = line.message.replace("\n", "\n  ")
    return f"{at} {line.level:<7} {line.logger}{run}: {message}\n"
