"""One row of a settings page: label, editor, what it means, where it comes from, what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.declared import Entry
from nbapanel.settings_store import Source
from nbapanel.ui.roles import give_role
from nbapanel.ui.settings.fields import Address, Words, editor

Trouble = Callable[[Entry, Any], str]


class Field(QFrame):
    """`trouble`: why a value cannot be taken, in words. `source`: where an engine setting's value
    comes from; None for a preference of the window. `is_terse`: without the notes below it."""

    changed = Signal()
    test_wanted = Signal(str)

    def __init__(
        self,
        entry: Entry,
        value: Any,
        trouble: Trouble,
        source: Source | None,
        parent: QWidget | None = None,
        *,
        is_terse: bool = False,
    ) -> None:
        super().__init__(parent)
        self.entry = entry
        self._trouble_of = trouble
        self._source = source
        self._tested = ""
        self._is_terse = is_terse
        self._build()
        self.editor.show_value(value)
        self.editor.changed.connect(self._on_changed)
        self._restate()

    @property
    def value(self) -> Any:
        return self.editor.value

    def suggest(self, words: str) -> None:
        """What is to be written there, shown while it is empty."""
        if isinstance(self.editor, Words):
            self.editor.line.setPlaceholderText(words)

    @property
    def trouble(self) -> str:
        """Empty for a value that can be taken, and for one that cannot be changed here anyway."""
        is_default = self.value == self.entry.default
        return "" if self._is_fixed or is_default else self._trouble_of(self.entry, self.value)

    def matches(self, words: list[str]) -> bool:
        entry = self.entry
        text = f"{entry.label} {entry.described} {entry.group} {entry.name} {entry.unit}"
        if self._source is not None:
            text += f" {self._source.variable}"
        choices = " ".join(said for _, said in entry.choices)
        return all(word in f"{text} {choices}".casefold() for word in words)

    def show_value(self, value: Any) -> None:
        """Another value is the one that is set."""
        if value != self.value:
            self.editor.show_value(value)

    def reset(self) -> None:
        """Back to the default."""
        self.editor.show_value(self.entry.default)

    def show_test_result(self, ok: bool, words: str) -> None:
        """The answer to `test_wanted`; no longer of interest if the address changed since."""
        if isinstance(self.editor, Address):
            self.editor.test.setEnabled(bool(self.value))
        if self._tested and self._tested == self.value:
            self._tested = ""
            self._say(self.result, f"{'✓' if ok else '✗'} {words}", "good" if ok else "bad")

    @property
    def _is_fixed(self) -> bool:
        return self._source is not None and self._source.is_fixed

    def _build(self) -> None:
        self.label = QLabel(self.tr(self.entry.label))
        self.label.setProperty("subheading", "true")
        self.reset_button = QPushButton(self.tr("Reset to default"))
        self.reset_button.setAccessibleName(
            self.tr("Reset {0} to its default").format(self.entry.label)
        )
        self.reset_button.setProperty("link", "true")
        self.reset_button.clicked.connect(self.reset)
        self.editor = editor(self.entry)
        self.label.setBuddy(self.editor)
        self.described = _note(self.tr(self.entry.described), "muted")
        self.source = _note(self._source_words(), "muted")
        self.result = _note("", "muted")
        self.wrong = _note("", "bad")
        head = QHBoxLayout()
        head.addWidget(self.label)
        head.addStretch(1)
        head.addWidget(self.reset_button)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(head)
        box.addWidget(self.editor)
        for note in (self.described, self.result, self.source, self.wrong):
            box.addWidget(note)
        # Else the head of a field is lower while there is nothing to reset.
        self.label.setMinimumHeight(self.reset_button.sizeHint().height())
        if isinstance(self.editor, Address):
            self.editor.test_wanted.connect(self._on_test)

    def _source_words(self) -> str:
        if self._is_fixed and self._source is not None:
            where = self._source.variable
            if self._source.place == ".env":
                said = self.tr("⊘ {0} in the file .env sets it; change it there.")
            else:
                said = self.tr("⊘ {0} in the environment sets it; change it there.")
            return said.format(where)
        return ""

    def _on_changed(self) -> None:
        self._tested = ""
        self._restate()
        self.changed.emit()

    def _on_test(self, url: str) -> None:
        if self.trouble:
            return
        self._tested = url
        if isinstance(self.editor, Address):
            self.editor.test.setEnabled(False)
        self._say(self.result, self.tr("◐ Trying to connect…"), "muted")
        self.test_wanted.emit(url)

    def _restate(self) -> None:
        self.editor.setEnabled(not self._is_fixed)
        is_default = self.value == self.entry.default
        self.reset_button.setVisible(not (is_default or self._is_fixed or self._is_terse))
        self._say(self.result, "", "muted")
        self._say(self.wrong, f"✗ {self.trouble}" if self.trouble else "", "bad")
        self.described.setVisible(not self._is_terse)
        self.source.setVisible(bool(self.source.text()) and not self._is_terse)
        if isinstance(self.editor, Address):
            self.editor.test.setEnabled(bool(self.value) and not self.trouble)

    def _say(self, label: QLabel, words: str, role: str) -> None:
        label.setText(words)
        label.setVisible(bool(words))
        give_role(label, role)


def _note(words: str, role: str) -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)  # a server's own words may stand here
    label.setWordWrap(True)
    label.setProperty("role", role)
    return label
