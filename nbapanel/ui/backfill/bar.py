"""The row above the backfills: what to bring, and the buttons. It only says what is wanted."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QWidget,
)

from nbapanel.rows.backfills import LANE_NAMES, LANES
from nbapanel.ui.ports import BackfillWanted

_SEASONS_OFFERED = 15
_MOST_WORKERS = 16


def season_labels(today: date) -> list[str]:
    """The seasons that can be asked for, the newest first."""
    newest = today.year if today.month >= 10 else today.year - 1
    return [
        f"{year}-{(year + 1) % 100:02}" for year in range(newest, newest - _SEASONS_OFFERED, -1)
    ]


class BackfillBar(QWidget):
    """`start_wanted` carries a BackfillWanted; pause and resume are about the one selected."""

    start_wanted = Signal(object)
    pause_wanted = Signal()
    resume_wanted = Signal()
    export_wanted = Signal()

    def __init__(self, today: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build(today)
        self.start.clicked.connect(lambda: self.start_wanted.emit(self.wanted))
        self.pause.clicked.connect(self.pause_wanted)
        self.resume.clicked.connect(self.resume_wanted)
        self.export.clicked.connect(self.export_wanted)

    def _build(self, today: date) -> None:
        self.season = QComboBox()
        self.season.addItems(season_labels(today))
        self.season.setCurrentIndex(1)
        self.season.setAccessibleName(self.tr("Season to bring"))
        self.season.setFixedWidth(96)
        self.lanes = {lane: QCheckBox(LANE_NAMES[lane]) for lane in LANES}
        for lane, box in self.lanes.items():
            box.setChecked(True)
            box.setAccessibleName(self.tr("Bring what {} has").format(LANE_NAMES[lane]))
            box.toggled.connect(lambda _: self._show_startable())
        self.workers = QSpinBox()
        self.workers.setRange(1, _MOST_WORKERS)
        self.workers.setValue(2)
        self.workers.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.workers.setAccessibleName(self.tr("Jobs at once"))
        self.workers.setToolTip(
            self.tr("Jobs at once; the pace toward the feeds stays the same however many there are")
        )
        workers_of = QLabel(self.tr("Jobs at once"))
        workers_of.setBuddy(self.workers)
        self.start = self._button(self.tr("Start"), self.tr("Start the backfill"))
        self.pause = self._button(self.tr("Pause"), self.tr("Pause the selected backfill"))
        self.resume = self._button(self.tr("Resume"), self.tr("Resume the selected backfill"))
        self.export = self._button(
            self.tr("Export CSV…"), self.tr("Export what is in front as CSV")
        )
        self._may_start, self._why_not = False, ""
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.season, *self.lanes.values(), workers_of, self.workers, self.start):
            row.addWidget(widget)
        row.addStretch(1)
        for button in (self.pause, self.resume, self.export):
            row.addWidget(button)

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)
        return button

    @property
    def wanted(self) -> BackfillWanted:
        lanes = tuple(lane for lane, box in self.lanes.items() if box.isChecked())
        return BackfillWanted((self.season.currentText(),), lanes, self.workers.value())

    def allow(self, *, start: bool, why_not: str, status: str) -> None:
        """What can be done now; `status`: of the selected backfill, empty where there is none."""
        self._may_start, self._why_not = start, why_not
        self._show_startable()
        self.pause.setEnabled(status == "running")
        self.resume.setEnabled(start and status in ("paused", "failed", "running"))
        self.resume.setToolTip(
            self.tr("Work it from here, too: what is left, and again what failed")
            if status == "running"
            else self.tr("Go on with what is left, and try again what failed")
        )

    def _show_startable(self) -> None:
        has_lane = any(box.isChecked() for box in self.lanes.values())
        self.start.setEnabled(self._may_start and has_lane)
        self.start.setToolTip(
            self._why_not
            or (
                self.tr("What is held complete is not fetched again")
                if has_lane
                else self.tr("Choose a lane")
            )
        )
