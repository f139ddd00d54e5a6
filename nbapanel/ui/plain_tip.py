"""Words that others chose, as a tooltip: they are shown as they are. Nothing else."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def plain_tip(words: str) -> str:
    """Qt reads a tooltip that looks like markup as such: a team, or an error, named <b> too."""
    if not Qt.mightBeRichText(words):
        return words
    return f"<span>{escape(words)}</span>".replace("\n", "<br>")
