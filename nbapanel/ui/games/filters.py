"""The row of filters above the games table: what it says is a question. No answer here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from PySide6.QtCore import QDate, QSignalBlocker, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from nbapanel.rows.questions import GamesAsked
from nbapanel.rows.reads import GameChoices
from nbapanel.ui.tables.flow import FlowLayout

TYPING_MS = 200
_NOTHING = GamesAsked()


class FilterBar(QWidget):
    """`changed` goes out for what a person did; `set_question` is silent."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._changed_by: int | None = None
        self._build()
        self._connect()

    def _build(self) -> None:
        self.text = QLineEdit()
        self.text.setPlaceholderText(self.tr("Search team or game id"))
        self.text.setAccessibleName(self.tr("Search games by team or id"))
        self.text.setClearButtonEnabled(True)
        self.text.setFixedWidth(190)
        self.season = self._combo(self.tr("Season"), [(self.tr("All seasons"), None)], 118)
        self.team = self._combo(self.tr("Team"), [(self.tr("All teams"), None)], 116)
        self.status = self._combo(
            self.tr("Status"),
            [(self.tr("Any status"), None), (self.tr("Upcoming"), "pre"), (self.tr("Live"), "in"),
             (self.tr("Final"), "post")],
            112,
        )  # fmt: skip
        self.completeness = self._combo(
            self.tr("Completeness"),
            [(self.tr("Complete or not"), None), (self.tr("Complete"), "complete"),
             (self.tr("Incomplete"), "incomplete"), (self.tr("NBA complete"), "nba_complete"),
             (self.tr("NBA incomplete"), "nba_incomplete")],
            136,
        )  # fmt: skip
        self.completeness.setToolTip(
            self.tr(
                "Complete: of ESPN and Kalshi. NBA: of the league's own feeds. A game that is still"
                " to be played, or in play, is neither complete nor incomplete"
            )
        )
        self.chip = QPushButton()
        self.chip.setToolTip(self.tr("Show games whether this run changed them or not"))
        self.chip.hide()
        self.clear_button = QPushButton(self.tr("Clear filters"))
        self.clear_button.setAccessibleName(self.tr("Clear all filters of the games table"))
        layout = FlowLayout(self)
        for widget in (self.text, self.season, self.team, self.status, self.completeness,
                       self._build_dates(), self.chip, self.clear_button):  # fmt: skip
            layout.addWidget(widget)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._show_what_is_on()

    def _combo(self, name: str, entries: list[tuple[str, Any]], width: int) -> QComboBox:
        combo = QComboBox()
        combo.setAccessibleName(name)
        combo.setToolTip(name)
        combo.setFixedWidth(width)
        for words, value in entries:
            combo.addItem(words, value)
        return combo

    def _build_dates(self) -> QWidget:
        self.has_dates = QCheckBox(self.tr("Dates"))
        self.has_dates.setToolTip(self.tr("Only games of these US Eastern days, both included"))
        today = QDate.currentDate()
        self.first = self._date_edit(self.tr("First day"), today.addDays(-6))
        self.last = self._date_edit(self.tr("Last day"), today)
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (self.has_dates, self.first, self.last):
            row.addWidget(widget)
        return box

    def _date_edit(self, name: str, day: QDate) -> QDateEdit:
        edit = QDateEdit(day)
        edit.setDisplayFormat("yyyy-MM-dd")
        edit.setCalendarPopup(True)
        edit.setAccessibleName(name)
        edit.setToolTip(name)
        edit.setFixedWidth(136)
        edit.hide()
        return edit

    def _connect(self) -> None:
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self._on_changed)
        self.text.textChanged.connect(lambda: self._typing.start())
        self.text.returnPressed.connect(self._on_changed)
        for combo in self._combos:
            combo.currentIndexChanged.connect(self._on_changed)
        self.has_dates.toggled.connect(self._on_changed)
        self.first.dateChanged.connect(self._on_first_changed)
        self.last.dateChanged.connect(self._on_last_changed)
        self.chip.clicked.connect(self._on_chip_clicked)
        self.clear_button.clicked.connect(self.clear)

    @property
    def _combos(self) -> tuple[QComboBox, ...]:
        return self.season, self.team, self.status, self.completeness

    # -- what it says ----------------------------------------------------------------------------

    @property
    def question(self) -> GamesAsked:
        """What is wanted, in no particular order of rows."""
        has_dates = self.has_dates.isChecked()
        return GamesAsked(
            season=self.season.currentData(),
            team=self.team.currentData(),
            first=_date(self.first) if has_dates else None,
            last=_date(self.last) if has_dates else None,
            status=self.status.currentData(),
            completeness=self.completeness.currentData(),
            text=self.text.text().strip(),
            changed_by_run=self._changed_by,
        )

    @property
    def is_on(self) -> bool:
        return self.question != _NOTHING

    def set_question(self, question: GamesAsked) -> None:
        """Show these filters, without a word."""
        widgets = (self.text, self.has_dates, self.first, self.last, *self._combos)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.text.setText(question.text)
        for combo, value in zip(
            self._combos,
            (question.season, question.team, question.status, question.completeness),
            strict=True,
        ):
            _choose(combo, value)
        self.has_dates.setChecked(question.first is not None or question.last is not None)
        for edit, day in ((self.first, question.first), (self.last, question.last)):
            if day is not None:
                edit.setDate(QDate(day.year, day.month, day.day))
        del blockers
        self._changed_by = question.changed_by_run
        self._typing.stop()
        self._show_what_is_on()

    def clear(self) -> None:
        """No filter at all."""
        self.set_question(_NOTHING)
        self.changed.emit()

    def show_choices(self, choices: GameChoices) -> None:
        """Seasons and teams that there are; what is chosen stays chosen."""
        seasons = [(season, season) for season in choices.seasons]
        _refill(self.season, seasons)
        _refill(self.team, [(f"{code}  {name}", code) for code, name in choices.teams])

    # -- what was done ---------------------------------------------------------------------------

    def _on_changed(self) -> None:
        self._typing.stop()
        self._show_what_is_on()
        self.changed.emit()

    def _on_first_changed(self, day: QDate) -> None:
        if day > self.last.date():
            with QSignalBlocker(self.last):
                self.last.setDate(day)
        self._on_changed()

    def _on_last_changed(self, day: QDate) -> None:
        if day < self.first.date():
            with QSignalBlocker(self.first):
                self.first.setDate(day)
        self._on_changed()

    def _on_chip_clicked(self) -> None:
        self.set_question(replace(self.question, changed_by_run=None))
        self.changed.emit()

    def _show_what_is_on(self) -> None:
        has_dates = self.has_dates.isChecked()
        self.first.setVisible(has_dates)
        self.last.setVisible(has_dates)
        self.clear_button.setEnabled(self.is_on)
        is_by_run = self._changed_by is not None
        if is_by_run:
            words = self.tr("changed by run {}").format(self._changed_by)
            self.chip.setText(f"{words}  ×")
            self.chip.setAccessibleName(self.tr("Remove the filter: {}").format(words))
        self.chip.setVisible(is_by_run)
        self.updateGeometry()


def _date(edit: QDateEdit) -> date:
    day = edit.date()
    return date(day.year(), day.month(), day.day())


def _choose(combo: QComboBox, value: str | None) -> None:
    """A value that is not there (yet) is put there: a filter is never dropped unseen."""
    place = combo.findData(value) if value is not None else 0
    if place < 0:
        combo.addItem(str(value), value)
        place = combo.count() - 1
    combo.setCurrentIndex(place)


def _refill(combo: QComboBox, entries: list[tuple[str, str]]) -> None:
    chosen = combo.currentData()
    with QSignalBlocker(combo):
        while combo.count() > 1:
            combo.removeItem(1)
        for words, value in entries:
            combo.addItem(words, value)
        _choose(combo, chosen)
    widest = max((combo.fontMetrics().horizontalAdvance(w) for w, _ in entries), default=0)
    combo.view().setMinimumWidth(widest + 40)
