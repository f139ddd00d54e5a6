"""The row above the report: which games to check, and which of the checked ones to show."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QWidget

from nbapanel.rows.quality import QualityWanted
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.roles import give_role


class Shown(IntEnum):
    """The games that are shown, as the choice has them."""

    ALL = 0
    AMISS = 1
    FAILING = 2


class QualityBar(QWidget):
    """Only says what is wanted; the panel does it."""

    check_wanted = Signal()
    export_wanted = Signal()
    shown_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()
        self.check.clicked.connect(self.check_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.choice.currentIndexChanged.connect(lambda _: self.shown_changed.emit())

    def _build(self) -> None:
        self.season = self._combo(
            self.tr("Season to check"), self.tr("The games to check: all, or those of one season")
        )
        self.season.addItem(self.tr("All seasons"), None)
        self.check = QPushButton(self.tr("Check now"))
        self.check.setAccessibleName(self.tr("Check the games now"))
        self.choice = self._combo(
            self.tr("Games to show"), self.tr("Which of the checked games are shown")
        )
        for words in (self.tr("All games"), self.tr("Fail or warn"), self.tr("Failing only")):
            self.choice.addItem(words)
        self.summary = Elided(tells=True)
        self.summary.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self.export = QPushButton(self.tr("Export CSV…"))
        self.export.setAccessibleName(self.tr("Export the findings as CSV"))
        self.export.setToolTip(self.tr("The findings that are shown, in the shown order"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.season, self.check, self.choice):
            row.addWidget(widget)
        row.addWidget(self.summary, 1)
        row.addWidget(self.export)

    def _combo(self, name: str, tip: str) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setToolTip(tip)
        combo.setFixedWidth(124)
        return combo

    # -- what it says ----------------------------------------------------------------------------

    @property
    def wanted(self) -> QualityWanted:
        """The games that are to be checked."""
        return QualityWanted(season=self.season.currentData())

    @property
    def shown(self) -> Shown:
        return Shown(self.choice.currentIndex())

    def show_all(self) -> None:
        """No game is left out."""
        self.choice.setCurrentIndex(Shown.ALL)

    def show_seasons(self, seasons: Sequence[str]) -> None:
        """Those that there are; what is chosen stays chosen, as long as it is among them."""
        chosen = self.season.currentData()
        with QSignalBlocker(self.season):
            while self.season.count() > 1:
                self.season.removeItem(1)
            for season in seasons:
                self.season.addItem(season, season)
            self.season.setCurrentIndex(max(0, self.season.findData(chosen)) if chosen else 0)

    def say(self, words: str, role: str = "muted") -> None:
        """What was found in all."""
        self.summary.setText(words)
        give_role(self.summary, role)

    def allow(self, *, check: bool, why_not: str, has_report: bool) -> None:
        """What can be done now."""
        about = self.tr("A season takes some ten seconds; nothing is changed")
        self.check.setEnabled(check)
        self.check.setToolTip(why_not or about)
        self.choice.setEnabled(has_report)
