"""What a run would do, as a table: the model and its view. Nothing is asked for here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from nbapanel.engine import eta
from nbapanel.rows.reads import Planned, PlannedStep
from nbapanel.ui import theme
from nbapanel.ui.pipeline.words import tr
from nbapanel.ui.plain_tip import plain_tip
from nbapanel.ui.tables.focus_frame import FocusFrame
from nbapanel.wording import counted

Index = QModelIndex | QPersistentModelIndex
_UNKNOWN = "?"
_NO_INDEX = QModelIndex()


def _units(step: PlannedStep) -> str:
    if step.units is None:
        return "" if step.requests == 0 else _UNKNOWN
    return counted(step.units, step.unit.removesuffix("s"))


def _note(step: PlannedStep) -> str:
    return tr("Nothing to do: {}").format(step.skip_reason) if step.skip_reason else step.note


def _number(value: int | None) -> str:
    return _UNKNOWN if value is None else f"{value:,}"


def _usually(step: PlannedStep) -> str:
    return tr("not known") if step.seconds is None else eta.about(step.seconds)


COLUMNS: tuple[tuple[str, Callable[[PlannedStep], str]], ...] = (
    ("Step", lambda step: step.title),
    ("Requests", lambda step: _number(step.requests)),
    ("How much", _units),
    ("Rows", lambda step: _number(step.rows)),
    ("Usually", _usually),
    ("Note", _note),
)
_NUMERIC = (1, 2, 3, 4)


def total_in_words(planned: Planned) -> str:
    """How long it takes in all, or why that is not known."""
    if planned.steps and all(step.skip_reason for step in planned.steps):
        return tr("As of now there is nothing to do.")
    if planned.seconds is None:
        return tr("How long it takes is not known: that needs three runs of each step.")
    return tr("Usually {} in all.").format(eta.about(planned.seconds))


def as_text(planned: Planned) -> str:
    """The table with tabs between its columns, and the total."""
    lines = ["\t".join(tr(name) for name, _ in COLUMNS)]
    lines += ["\t".join(say(step) for _, say in COLUMNS) for step in planned.steps]
    return "\n".join([*lines, total_in_words(planned)])


class PlanModel(QAbstractTableModel):
    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: tuple[PlannedStep, ...] = ()

    def show_steps(self, steps: tuple[PlannedStep, ...]) -> None:
        self.beginResetModel()
        self._steps = steps
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._steps)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return tr(COLUMNS[section][0])
        return _aligned(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        step = self._steps[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return COLUMNS[index.column()][1](step)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tip(COLUMNS[index.column()][1](step))
            case Qt.ItemDataRole.TextAlignmentRole:
                return _aligned(index.column())
            case Qt.ItemDataRole.ForegroundRole if index.column() or step.skip_reason:
                return QColor(theme.active().color("muted" if step.skip_reason else "text"))
            case _:
                return None


class PlanTable(QTableView):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = PlanModel(self)
        self.setModel(self._plan)
        self._build()

    def show_plan(self, planned: Planned) -> None:
        self._plan.show_steps(planned.steps)

    def _build(self) -> None:
        FocusFrame(self)
        self.setAccessibleName(self.tr("What each step would do"))
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setWordWrap(True)
        self.setShowGrid(False)
        self.setProperty("roomy", True)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(len(COLUMNS) - 1, QHeaderView.ResizeMode.Stretch)


def _aligned(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if column in _NUMERIC else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
