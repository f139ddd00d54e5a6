"""What stands in place of a chart: that it is loading, empty or failed, and what to do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget


class Placeholder(QWidget):
    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._act: Callable[[], None] | None = None
        self._build()
        self.button.clicked.connect(self._on_clicked)

    def _build(self) -> None:
        self.title = self._label()
        self.title.setProperty("subheading", "true")
        self.detail = self._label()
        self.detail.setProperty("role", "muted")
        self.button = QPushButton(self)
        layout = QVBoxLayout(self)
        layout.setSpacing(8)
        layout.addStretch(1)
        for widget in (self.title, self.detail, self.button):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(1)

    def _label(self) -> QLabel:
        label = QLabel(self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return label

    def show_words(
        self, title: str, detail: str = "", words: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """`words`: those of the button that does `act`; no button without."""
        self._act = act
        self.title.setText(title)
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.button.setText(words)
        self.button.setAccessibleName(words)
        self.button.setVisible(act is not None)

    def _on_clicked(self) -> None:
        if self._act is not None:
            self._act()
