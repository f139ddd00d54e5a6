"""Which rows are exported: a game, a season, from a day on; as rows of a form."""

from __future__ import annotations

from datetime import date, datetime

from PySide6.QtCore import QDate, QObject, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateEdit, QFormLayout, QHBoxLayout, QLineEdit

from nbapanel.clock import eastern_midnight
from nbapanel.rows.exportable import Exportable

_FIRST_DAY = QDate(1946, 11, 1)


class Narrowing(QObject):
    """What the source has no column for cannot be chosen; `trouble` says what is wrong."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.game = QLineEdit()
        self.season = QComboBox()
        self.is_since = QCheckBox(self.tr("Only from"))
        self.first = QDateEdit()
        self._build()

    @property
    def games(self) -> tuple[str, ...]:
        typed = self.game.text().replace(",", " ").replace(";", " ").split()
        return tuple(dict.fromkeys(typed)) if self.game.isEnabled() else ()

    @property
    def seasons(self) -> tuple[str, ...]:
        label = self.season.currentData()
        return (label,) if label and self.season.isEnabled() else ()

    @property
    def since(self) -> datetime | None:
        if not self.first.isEnabled():
            return None
        shown = self.first.date()
        return eastern_midnight(date(shown.year(), shown.month(), shown.day()))

    @property
    def trouble(self) -> str:
        wrong = [game for game in self.games if not (game.isascii() and game.isdigit())]
        if not wrong:
            return ""
        told = self.tr("“{}” is not the id of a game; one is digits, such as 401810622.")
        return told.format(wrong[0])

    def add_to(self, form: QFormLayout) -> None:
        since = QHBoxLayout()
        since.setSpacing(8)
        since.addWidget(self.is_since)
        since.addWidget(self.first)
        since.addStretch(1)
        form.addRow(self.tr("Games"), self.game)
        form.addRow(self.tr("Season"), self.season)
        form.addRow(self.tr("Time"), since)

    def offer_seasons(self, seasons: tuple[str, ...]) -> None:
        self.season.clear()
        self.season.addItem(self.tr("All"), "")
        for label in seasons:
            self.season.addItem(label, label)

    def allow(self, source: Exportable) -> None:
        """Only what this source can be narrowed by."""
        nothing = self.tr("{} tells of no {}").format
        for widget, is_allowed, what in (
            (self.game, source.takes_game, self.tr("game")),
            (self.season, source.takes_season, self.tr("season")),
            (self.is_since, bool(source.time_column), self.tr("time")),
        ):
            widget.setEnabled(is_allowed)
            widget.setToolTip("" if is_allowed else nothing(source.name, what))
        if source.time_column:
            self.is_since.setToolTip(
                self.tr("US Eastern days, by its column {}").format(source.time_column)
            )
        self._on_since()

    def _build(self) -> None:
        self.game.setPlaceholderText(self.tr("All; or ESPN or NBA ids, such as 401810622"))
        self.game.setAccessibleName(self.tr("Only these games, by ESPN or NBA id"))
        self.season.setAccessibleName(self.tr("Only this season"))
        self.is_since.setAccessibleName(self.tr("Only from a day on"))
        self.first.setCalendarPopup(True)
        self.first.setDisplayFormat("yyyy-MM-dd")
        self.first.setMinimumDate(_FIRST_DAY)
        self.first.setDate(QDate.currentDate().addDays(-7))
        self.first.setAccessibleName(self.tr("First day, US Eastern"))
        self.game.textChanged.connect(self.changed)
        self.season.currentIndexChanged.connect(self.changed)
        self.is_since.toggled.connect(self._on_since)
        self.first.dateChanged.connect(self.changed)
        self._on_since()

    def _on_since(self) -> None:
        self.first.setEnabled(self.is_since.isEnabled() and self.is_since.isChecked())
        self.changed.emit()
