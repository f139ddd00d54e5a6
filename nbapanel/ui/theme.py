"""Colours by role, light and dark, for widgets and charts. No widget is made here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from string import Template

from PySide6.QtCore import QDir, QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from nbapanel.paths import shipped


class Choice(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


# Every text role has at least 4.5:1 on window, surface and raised (tests/ui/test_theme.py).
LIGHT: Mapping[str, str] = {
    "window": "#f4f6f9",
    "surface": "#ffffff",
    "raised": "#eef1f5",
    "border": "#d3d9e2",
    "text": "#1a2230",
    "muted": "#556070",
    "accent": "#0b5fcc",
    "accent_hover": "#0950ac",
    "accent_text": "#ffffff",
    "selection": "#d6e5fb",
    "good": "#15702f",
    "bad": "#b81f2b",
    "warning": "#855300",
    "active": "#0b5fcc",
    "series_1": "#0b5fcc",
    "series_2": "#c2571a",
    "series_3": "#15702f",
    "series_4": "#8e3ea8",
    "series_5": "#806300",
    "series_6": "#007782",
    "grid": "#e1e6ed",
}
DARK: Mapping[str, str] = {
    "window": "#12161c",
    "surface": "#1b2129",
    "raised": "#242c37",
    "border": "#384352",
    "text": "#e7ebf1",
    "muted": "#a1adbd",
    "accent": "#5ea6ff",
    "accent_hover": "#86bcff",
    "accent_text": "#07121f",
    "selection": "#213a58",
    "good": "#4fca74",
    "bad": "#ff8585",
    "warning": "#e8b64e",
    "active": "#6fb3ff",
    "series_1": "#6fb3ff",
    "series_2": "#ff9f66",
    "series_3": "#5fd38d",
    "series_4": "#d7a0ff",
    "series_5": "#e6c84a",
    "series_6": "#4dd0da",
    "grid": "#2b3440",
}


class Theme(QObject):
    """The colours in force. `changed` follows a change by the system or by the settings."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._choice = Choice.SYSTEM
        self._colours: Mapping[str, str] = LIGHT
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    @property
    def is_dark(self) -> bool:
        return self._colours is DARK

    @property
    def choice(self) -> Choice:
        return self._choice

    def color(self, role: str) -> QColor:
        """The colour of a role, such as "good" or "series_1"; a KeyError is a bug."""
        return QColor(self._colours[role])

    def choose(self, choice: Choice) -> None:
        """Pin light or dark, or follow the system; the application is dressed accordingly."""
        self._choice = choice
        self._apply()

    def _on_system_changed(self, _scheme: Qt.ColorScheme) -> None:
        if self._choice is Choice.SYSTEM:
            self._apply()

    def _apply(self) -> None:
        system_is_dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
        is_dark = system_is_dark if self._choice is Choice.SYSTEM else self._choice is Choice.DARK
        self._colours = DARK if is_dark else LIGHT
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.setStyle("Fusion")
        app.setPalette(self._palette())
        sheet = (shipped("resources") / "themes" / "panel.qss").read_text(encoding="utf-8")
        QDir.setSearchPaths("icons", [str(shipped("resources") / "icons")])
        kind = "dark" if is_dark else "light"
        app.setStyleSheet(Template(sheet).substitute(self._colours, kind=kind))
        self.changed.emit()

    def _palette(self) -> QPalette:
        palette = QPalette()
        roles = {
            QPalette.ColorRole.Window: "window",
            QPalette.ColorRole.WindowText: "text",
            QPalette.ColorRole.Base: "surface",
            QPalette.ColorRole.AlternateBase: "raised",
            QPalette.ColorRole.Text: "text",
            QPalette.ColorRole.Button: "raised",
            QPalette.ColorRole.ButtonText: "text",
            QPalette.ColorRole.BrightText: "bad",
            QPalette.ColorRole.Highlight: "accent",
            QPalette.ColorRole.HighlightedText: "accent_text",
            QPalette.ColorRole.ToolTipBase: "raised",
            QPalette.ColorRole.ToolTipText: "text",
            QPalette.ColorRole.PlaceholderText: "muted",
            QPalette.ColorRole.Link: "accent",
            QPalette.ColorRole.Mid: "border",
        }
        for role, name in roles.items():
            palette.setColor(role, self.color(name))
        for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text,
                     QPalette.ColorRole.ButtonText):  # fmt: skip
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("muted"))
        return palette


_active: Theme | None = None


def active() -> Theme:
    """The theme of this process; made at the first call, which needs a QApplication."""
    global _active
    if _active is None:
        _active = Theme(QApplication.instance())
        _active.choose(Choice.SYSTEM)
    return _active
