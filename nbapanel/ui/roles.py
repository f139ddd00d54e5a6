"""The colour roles of widgets, by which the theme's style sheet dresses them."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def give_role(widget: QWidget, role: str) -> None:
    """Have it be of that role, such as "bad"; the sheet is only asked where it is another one."""
    if widget.property("role") != role:
        widget.setProperty("role", role)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
