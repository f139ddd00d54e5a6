"""What is above the charts: which chart, its own controls, which range, and the exports."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QToolButton, QWidget

from nbapanel.ui.charts.chart import Choices
from nbapanel.ui.charts.ranges import Range

_RANGES = tuple(Range)


class Toolbar(QWidget):
    """`controls`: those of each chart, of which the chosen one's are seen. `whole`: what shows the
    whole range again."""

    def __init__(
        self, controls: Sequence[QWidget], whole: QWidget, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._build(controls, whole)
        self.choose_range(Range.MONTH)
        self.choice.chosen.connect(self._controls.setCurrentIndex)

    def _build(self, controls: Sequence[QWidget], whole: QWidget) -> None:
        self.choice = Choices(
            self.tr("Chart"), (self.tr("Row counts"), self.tr("Durations"), self.tr("Changes"))
        )
        self.ranges = Choices(
            self.tr("Range"),
            [self.range_words(each) for each in Range],
            [self._range_tip(each) for each in Range],
        )
        self._controls = QStackedWidget()
        self._controls.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for widget in controls:
            self._controls.addWidget(_at_left(widget))
        self.picture = button(self.tr("PNG"), self.tr("Export this chart as a picture"))
        self.table = button(self.tr("CSV"), self.tr("Export what this chart shows"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self.choice)
        row.addWidget(self._controls, 1)
        row.addWidget(whole)
        row.addWidget(self.ranges)
        row.addLayout(side_by_side(self.picture, self.table))

    @property
    def range(self) -> Range:
        return _RANGES[self.ranges.current]

    def choose_range(self, wanted: Range) -> None:
        self.ranges.choose(_RANGES.index(wanted))

    def enable_exports(self, is_enabled: bool) -> None:
        for each in (self.picture, self.table):
            each.setEnabled(is_enabled)

    def range_words(self, found: Range) -> str:
        return {
            Range.DAY: self.tr("24 h"),
            Range.WEEK: self.tr("7 d"),
            Range.MONTH: self.tr("30 d"),
            Range.SEASON: self.tr("Season"),
            Range.ALL: self.tr("All"),
        }[found]

    def since_words(self, found: Range) -> str:
        return {
            Range.DAY: self.tr("in the last 24 h"),
            Range.WEEK: self.tr("in the last 7 days"),
            Range.MONTH: self.tr("in the last 30 days"),
            Range.SEASON: self.tr("since 1 Oct"),
            Range.ALL: self.tr("all time"),
        }[found]

    def _range_tip(self, found: Range) -> str:
        return {
            Range.DAY: self.tr("The last 24 hours"),
            Range.WEEK: self.tr("The last 7 days"),
            Range.MONTH: self.tr("The last 30 days"),
            Range.SEASON: self.tr("Since 1 October"),
            Range.ALL: self.tr("Every refresh ever logged"),
        }[found]


def button(words: str, tip: str) -> QToolButton:
    """A small button that can do nothing yet."""
    made = QToolButton()
    made.setText(words)
    made.setToolTip(tip)
    made.setAccessibleName(tip)
    made.setProperty("compact", "true")
    made.setEnabled(False)
    return made


def side_by_side(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(4)
    for widget in widgets:
        row.addWidget(widget)
    return row


def _at_left(widget: QWidget) -> QWidget:
    """So that it keeps its own width in a stack of wider ones."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(widget)
    row.addStretch(1)
    return holder
