"""An editor for one declared entry, by its type, under one face. No page and no saving here."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from nbapanel.declared import Entry
from nbapanel.secrets import carries_secret

_NUMBER_WIDTH, _CHOICE_WIDTH = 210, 320
_DECIMALS = 3
_TURNED_BY_WHEEL = (QAbstractSpinBox, QComboBox)


class Editor(QWidget):
    """`value` and `show_value` speak the entry's own type."""

    changed = Signal()

    def __init__(self, entry: Entry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self._build()

    @property
    def value(self) -> Any:
        raise NotImplementedError

    def show_value(self, value: Any) -> None:
        raise NotImplementedError

    def _build(self) -> None:
        raise NotImplementedError

    def _lay_out(self, proper: QWidget, *beside: QWidget, fills: bool = False) -> None:
        """`proper` is what is typed into or chosen from, and takes the focus."""
        proper.setAccessibleName(self.tr(self.entry.label))
        proper.setAccessibleDescription(self.tr(self.entry.described))
        proper.installEventFilter(self)
        self.setFocusProxy(proper)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in (proper, *beside):
            row.addWidget(widget)
        if not fills:
            row.addStretch(1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel scrolls the page; it changes a number only where the focus is."""
        if not isinstance(event, QWheelEvent) or not isinstance(watched, _TURNED_BY_WHEEL):
            return super().eventFilter(watched, event)
        if watched.hasFocus():
            return False
        event.ignore()
        return True


class Switch(Editor):
    def _build(self) -> None:
        self.box = QCheckBox(self.tr("On"))
        self.box.toggled.connect(self.changed)
        self._lay_out(self.box)

    @property
    def value(self) -> bool:
        return self.box.isChecked()

    def show_value(self, value: Any) -> None:
        self.box.setChecked(value)


class Choices(Editor):
    def _build(self) -> None:
        self.box = QComboBox()
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.box.setMinimumWidth(_CHOICE_WIDTH)
        for value, words in self.entry.choices:
            self.box.addItem(self.tr(words), value)
        self.box.currentIndexChanged.connect(self.changed)
        self._lay_out(self.box)

    @property
    def value(self) -> str:
        return str(self.box.currentData())

    def show_value(self, value: Any) -> None:
        self.box.setCurrentIndex(self.box.findData(value))


class Whole(Editor):
    def _build(self) -> None:
        self.box = QSpinBox()
        self.box.setRange(int(self.entry.least or 0), int(self.entry.most or 2**31 - 1))
        self.box.valueChanged.connect(self.changed)
        self._lay_out(_dressed(self.box, self.tr(self.entry.unit)))

    @property
    def value(self) -> int:
        return self.box.value()

    def show_value(self, value: Any) -> None:
        _widen(self.box, value)
        self.box.setValue(value)


class Trimmed(QDoubleSpinBox):
    """Shows as many decimals as the number has: 3, not 3.000."""

    def textFromValue(self, value: float) -> str:
        text, point = super().textFromValue(value), self.locale().decimalPoint()
        return text.rstrip("0").removesuffix(point) if point in text else text


class Fraction(Editor):
    _given = 0.0

    def _build(self) -> None:
        self.box = Trimmed()
        self.box.setDecimals(_DECIMALS)
        most = 1e9 if self.entry.most is None else self.entry.most
        self.box.setRange(self.entry.least or 0.0, most)
        self.box.setStepType(QAbstractSpinBox.StepType.AdaptiveDecimalStepType)
        self.box.valueChanged.connect(self.changed)
        self._lay_out(_dressed(self.box, self.tr(self.entry.unit)))

    @property
    def value(self) -> float:
        """What was given, to its last decimal, as long as nothing else was entered."""
        entered = self.box.value()
        return self._given if round(self._given, _DECIMALS) == entered else entered

    def show_value(self, value: Any) -> None:
        self._given = value
        _widen(self.box, value)
        self.box.setValue(value)


class Words(Editor):
    """One line of text. One that carries a password or token is hidden until it is asked for."""

    def _build(self) -> None:
        self._make_line()
        self._lay_out(self.line, self.reveal, fills=True)

    def _make_line(self) -> None:
        self.line = QLineEdit()
        self.line.setPlaceholderText(str(self.entry.default))
        self.line.textChanged.connect(self.changed)
        self.reveal = _reveal(self.tr("Show"), self.tr("Show {0}").format(self.entry.label))
        self.reveal.toggled.connect(self._on_reveal)

    @property
    def value(self) -> str:
        return self.line.text().strip()

    def show_value(self, value: Any) -> None:
        is_hidden = self.entry.is_secret and carries_secret(value)
        self.reveal.setVisible(is_hidden)
        self.reveal.setChecked(False)
        self._on_reveal(not is_hidden)
        self.line.setText(value)
        self.line.setCursorPosition(0)

    def _on_reveal(self, is_shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if is_shown else QLineEdit.EchoMode.Password
        self.line.setEchoMode(mode)


class Folder(Words):
    def _build(self) -> None:
        self._make_line()
        self.line.setPlaceholderText(self.tr("None"))
        self.browse = QPushButton(self.tr("Browse…"))
        self.browse.clicked.connect(self._on_browse)
        self._lay_out(self.line, self.browse, fills=True)

    def _on_browse(self) -> None:
        dialog = QFileDialog(self, self.tr(self.entry.label), self.value)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.line.setText)
        dialog.open()


class Address(Words):
    """The connection of a database, which can be tested."""

    test_wanted = Signal(str)

    def _build(self) -> None:
        self._make_line()
        self.line.setPlaceholderText(self.tr("The embedded PostgreSQL"))
        self.test = QPushButton(self.tr("Test connection"))
        self.test.clicked.connect(lambda: self.test_wanted.emit(self.value))
        self._lay_out(self.line, self.reveal, self.test, fills=True)


class Lines(Editor):
    """Several texts, one a line; hidden until asked for where one carries a token."""

    def _build(self) -> None:
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setPlaceholderText(self.tr("None. One a line."))
        self.text.setFixedHeight(self.text.fontMetrics().lineSpacing() * 4 + 20)
        self.text.textChanged.connect(self.changed)
        self.reveal = _reveal("", self.tr("Show {0}").format(self.entry.label))
        self.reveal.toggled.connect(self._on_reveal)
        self._lay_out(self.text, self.reveal, fills=True)

    @property
    def value(self) -> tuple[str, ...]:
        lines = self.text.toPlainText().splitlines()
        return tuple(line.strip() for line in lines if line.strip())

    def show_value(self, value: Any) -> None:
        is_hidden = self.entry.is_secret and any(map(carries_secret, value))
        self.reveal.setText(self.tr("Hidden, for a token is in them. Show"))
        self.reveal.setChecked(False)
        self._on_reveal(not is_hidden)
        self.text.setPlainText("\n".join(value))

    def _on_reveal(self, is_shown: bool) -> None:
        self.text.setVisible(is_shown)
        self.reveal.setVisible(not is_shown)


def editor(entry: Entry) -> Editor:
    """The editor that goes with an entry; a KeyError for a type without one is a bug."""
    if entry.choices:
        return Choices(entry)
    if entry.kind == "folder":
        return Folder(entry)
    if entry.kind == "postgres":
        return Address(entry)
    made: dict[str, type[Editor]] = {
        "bool": Switch,
        "int": Whole,
        "float": Fraction,
        "str": Words,
        "tuple[str, ...]": Lines,
    }
    return made[entry.type](entry)


def _dressed(box: QSpinBox | QDoubleSpinBox, unit: str) -> QWidget:
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setGroupSeparatorShown(True)
    box.setFixedWidth(_NUMBER_WIDTH)
    box.setAlignment(Qt.AlignmentFlag.AlignRight)
    if unit:
        box.setSuffix(f" {unit}")
    return box


def _widen(box: QSpinBox | QDoubleSpinBox, value: Any) -> None:
    """A value set by hand beyond the bounds is shown as it is, and complained of, not bent."""
    if isinstance(box, QSpinBox):
        box.setRange(min(box.minimum(), int(value)), max(box.maximum(), int(value)))
    else:
        box.setRange(min(box.minimum(), float(value)), max(box.maximum(), float(value)))


def _reveal(words: str, name: str) -> QPushButton:
    button = QPushButton(words)
    button.setCheckable(True)
    button.setAccessibleName(name)
    button.hide()
    return button
