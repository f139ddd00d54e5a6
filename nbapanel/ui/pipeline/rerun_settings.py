"""The settings of a rerun as a form: only those that make a difference to what would run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nbapanel.ui.ports import RunWanted
from nbapanel.ui.roles import give_role

_MOST_DAYS = 30_000
_FIRST_DAY = QDate(1946, 11, 1)


@dataclass(frozen=True, slots=True)
class RerunDefaults:
    """What is filled in: `days` as the settings have it, `today` the US Eastern day."""

    days: int
    today: date
    games: tuple[str, ...] = ()


class RerunSettings(QWidget):
    """`trouble` says what is wrong with what was typed, empty where nothing is."""

    changed = Signal()

    def __init__(
        self, asks: set[str], defaults: RerunDefaults, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._asks = asks
        self._build(defaults)
        self._on_changed()

    @property
    def trouble(self) -> str:
        wrong = [game for game in self.games if not (game.isascii() and game.isdigit())]
        if wrong:
            told = self.tr("“{}” is not an ESPN game id; one is digits, such as 401585607.")
            return told.format(wrong[0])
        if self._between.isChecked() and self._first.date() > self._last.date():
            return self.tr("The first day is after the last one.")
        return ""

    @property
    def games(self) -> tuple[str, ...]:
        typed = self._games.text().replace(",", " ").replace(";", " ").split()
        return tuple(dict.fromkeys(typed)) if "games" in self._asks else ()

    @property
    def wanted(self) -> RunWanted:
        """A run of everything with these settings; the slice is laid over it."""
        days, first, last = None, None, None
        if "window" in self._asks and self._between.isChecked():
            first, last = _day(self._first), _day(self._last)
        elif "window" in self._asks:
            days = self._days.value()
        return RunWanted(
            days=days,
            first=first,
            last=last,
            games=self.games,
            force="force" in self._asks and self._force.isChecked(),
            publish_anyway="publish_anyway" in self._asks and self._anyway.isChecked(),
        )

    # ---- inside ------------------------------------------------------------------------------

    def _build(self, defaults: RerunDefaults) -> None:
        self._make_window(defaults)
        self._make_games(defaults)
        self._force = QCheckBox(self.tr("Do again what is held complete or unchanged"))
        self._force.setAccessibleName(self.tr("Force"))
        self._anyway = QCheckBox(self.tr("Publish though the gates object"))
        self._anyway.setAccessibleName(self.tr("Publish anyway"))
        self._warning = _note(
            self.tr("! What the gates object to then reaches everybody who reads the views."),
            "warning",
        )
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        if "window" in self._asks:
            form.addRow(self.tr("Game days"), self._window)
        if "games" in self._asks:
            form.addRow(self.tr("Games"), self._game_box)
        if "force" in self._asks:
            form.addRow(self.tr("Force"), self._force)
        if "publish_anyway" in self._asks:
            form.addRow(self.tr("Gates"), self._anyway)
            form.addRow("", self._warning)
        self._window.setVisible("window" in self._asks)
        self._game_box.setVisible("games" in self._asks)
        for box in (self._force, self._anyway, self._between):
            box.toggled.connect(self._on_changed)
        self._days.valueChanged.connect(self._on_changed)
        self._first.dateChanged.connect(self._on_changed)
        self._last.dateChanged.connect(self._on_changed)
        self._games.textChanged.connect(self._on_changed)

    def _make_window(self, defaults: RerunDefaults) -> None:
        self._window = QWidget(self)
        self._back = QRadioButton(self.tr("The last"))
        self._back.setAccessibleName(self.tr("The last days"))
        self._back.setChecked(True)
        self._between = QRadioButton(self.tr("From"))
        self._between.setAccessibleName(self.tr("From one day to another"))
        self._days = QSpinBox()
        self._days.setRange(1, _MOST_DAYS)
        self._days.setValue(defaults.days)
        self._days.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._days.setAccessibleName(self.tr("How many days back"))
        self._first, self._last = QDateEdit(), QDateEdit()
        for edit, name in (
            (self._first, self.tr("First day")),
            (self._last, self.tr("Last day")),
        ):
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setMinimumDate(_FIRST_DAY)
            edit.setDate(QDate(defaults.today.year, defaults.today.month, defaults.today.day))
            edit.setAccessibleName(name)
        whole = QVBoxLayout(self._window)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(8)
        whole.addLayout(_row(self._back, self._days, QLabel(self.tr("days, today included"))))
        whole.addLayout(_row(self._between, self._first, QLabel(self.tr("to")), self._last))
        whole.addWidget(_note(self.tr("US Eastern days, as the league counts them."), "muted"))
        widest = max(self._back.sizeHint().width(), self._between.sizeHint().width())
        self._back.setMinimumWidth(widest)
        self._between.setMinimumWidth(widest)

    def _make_games(self, defaults: RerunDefaults) -> None:
        self._game_box = QWidget(self)
        self._games = QLineEdit(", ".join(defaults.games))
        self._games.setPlaceholderText(self.tr("All; or ESPN ids, such as 401585607, 401585608"))
        self._games.setAccessibleName(self.tr("Only these games, by ESPN id"))
        self._objection = _note("", "bad")
        self._objection.setAccessibleName(self.tr("What is wrong"))
        self._objection.hide()
        whole = QVBoxLayout(self._game_box)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(4)
        whole.addWidget(self._games)
        whole.addWidget(self._objection)

    def _on_changed(self) -> None:
        is_between = self._between.isChecked()
        self._days.setEnabled(not is_between)
        self._first.setEnabled(is_between)
        self._last.setEnabled(is_between)
        trouble = self.trouble
        self._objection.setText(f"✗ {trouble}" if trouble else "")
        self._objection.setVisible(bool(trouble))
        self._warning.setVisible("publish_anyway" in self._asks and self._anyway.isChecked())
        self.changed.emit()


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _note(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    give_role(label, role)
    return label


def _day(edit: QDateEdit) -> date:
    shown = edit.date()
    return date(shown.year(), shown.month(), shown.day())
