"""A quiet strip: a sentence with its glyph, and a button for what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.roles import give_role

_MOST_LINES = 3


class Strip(QFrame):
    """At most three lines; the whole of it is in the tooltip and is what Copy copies."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()

    @property
    def words(self) -> str:
        return self._words.text()

    def tell(self, role: str, glyph: str, words: str, act: str = "", tip: str = "") -> None:
        """Show it; without `act` there is nothing to press."""
        self._glyph.setText(glyph)
        give_role(self._glyph, role)
        self._words.setText(words)
        self._copy.setVisible(role in ("bad", "warning"))
        self._button.setText(act)
        self._button.setAccessibleName(act)
        self._button.setToolTip(tip)
        self._button.setVisible(bool(act))
        self.setAccessibleDescription(words)
        self.show()

    def clear(self) -> None:
        self._words.clear()
        self.hide()

    def _build(self) -> None:
        self.setProperty("notice", True)
        self.setAccessibleName(self.tr("Notice"))
        self._glyph, self._words = QLabel(), Elided(lines=_MOST_LINES, tells=True)
        self._copy = QPushButton(self.tr("Copy"))
        self._copy.setAccessibleName(self.tr("Copy the notice"))
        self._copy.setProperty("link", True)
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.words))
        self._button = QPushButton()
        self._button.setProperty("small", True)
        self._button.clicked.connect(self.acted)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 8, 6)
        row.setSpacing(8)
        row.addWidget(self._glyph)
        row.addWidget(self._words, 1)
        row.addWidget(self._copy)
        row.addWidget(self._button)
        self.hide()
