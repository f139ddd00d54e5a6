"""A legend in one line above a plot: glyph, colour and word of each thing drawn."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QLabel, QWidget

from nbapanel.ui import theme


class Legend(QLabel):
    """`text()` is rich; `words` are what is read aloud."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setContentsMargins(4, 0, 4, 0)
        self.words = ""

    def show_entries(self, entries: Sequence[tuple[str, QColor, str]]) -> None:
        text = theme.active().color("muted").name()
        self.setText(
            "&nbsp;&nbsp;&nbsp;&nbsp; ".join(
                f'<span style="color:{colour.name()}">{glyph}</span>'
                f'&nbsp;<span style="color:{text}">{escape(words)}</span>'
                for glyph, colour, words in entries
            )
        )
        self.words = ", ".join(words for _, _, words in entries)
        self.setAccessibleName(self.tr("Legend: {words}").format(words=self.words))
