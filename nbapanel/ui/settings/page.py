"""The fields of one group under its heading, in a page that scrolls. No value is judged here."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from nbapanel.ui.settings.field import Field


class Page(QScrollArea):
    def __init__(
        self, title: str, about: str, fields: Sequence[Field], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.title = title
        self.fields = fields
        self._build(about)

    def show_matches(self, words: list[str]) -> bool:
        """Show only the fields that have all the words; whether there are any."""
        found = [field for field in self.fields if field.matches(words)]
        for field in self.fields:
            field.setVisible(field in found)
        return bool(found)

    @property
    def has_trouble(self) -> bool:
        return any(field.trouble for field in self.fields)

    def _build(self, about: str) -> None:
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(16, 4, 16, 8)
        box.setSpacing(16)
        heading = QLabel(self.title)
        heading.setProperty("heading", "true")
        words = QLabel(about)
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        head = QVBoxLayout()
        head.setSpacing(4)
        head.addWidget(heading)
        head.addWidget(words)
        box.addLayout(head)
        for field in self.fields:
            box.addWidget(field)
        box.addStretch(1)
        self.setWidget(inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside.setAutoFillBackground(False)
        self.viewport().setAutoFillBackground(False)
