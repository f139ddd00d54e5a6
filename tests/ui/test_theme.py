"""Colours by role: readable in both themes, known in both, followed by the application."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from nbapanel.ui import theme as themes
from nbapanel.ui.icons import icon
from nbapanel.ui.theme import DARK, LIGHT, Theme

_GROUNDS = ("window", "surface", "raised")
_TEXTS = ("text", "muted", "good", "bad", "warning", "active")


def luminance(colour: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return (
        0.2126 * linear(colour.redF())
        + 0.7152 * linear(colour.greenF())
        + 0.0722 * linear(colour.blueF())
    )


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(QColor(one)), luminance(QColor(other))), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_both_themes_know_the_same_roles() -> None:
    assert LIGHT.keys() == DARK.keys()


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_is_readable_on_every_ground(colours: dict[str, str]) -> None:
    poor = [
        (text, ground, round(contrast(colours[text], colours[ground]), 2))
        for text in _TEXTS
        for ground in _GROUNDS
        if contrast(colours[text], colours[ground]) < 4.5
    ]
    poor += [
        (text, ground, 0.0)
        for text, ground in (
            ("accent_text", "accent"),
            ("accent_text", "accent_hover"),
            ("accent", "selection"),  # a link that has the focus
            *((text, "selection") for text in _TEXTS),  # a state in the row that is selected
        )
        if contrast(colours[text], colours[ground]) < 4.5
    ]
    assert not poor


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_series_stands_out_from_the_chart_s_ground(colours: dict[str, str]) -> None:
    """Graphics need 3:1."""
    for number in range(1, 7):
        assert contrast(colours[f"series_{number}"], colours["surface"]) >= 3


def test_the_application_wears_the_chosen_theme(theme: Theme, qapp: QApplication) -> None:
    window = qapp.palette().color(QPalette.ColorRole.Window)
    assert window == theme.color("window")
    assert theme.color("text").name() in qapp.styleSheet()
    assert "$" not in qapp.styleSheet().replace("(nbapanel/ui/theme.py)", "")


def test_a_change_is_told(theme: Theme) -> None:
    told: list[bool] = []
    theme.changed.connect(lambda: told.append(theme.is_dark))
    other = themes.Choice.LIGHT if theme.is_dark else themes.Choice.DARK
    theme.choose(other)
    assert told == [other is themes.Choice.DARK]


def test_icons_take_the_colour_of_the_theme(theme: Theme) -> None:
    image = icon("stop", "bad").pixmap(24, 24).toImage()
    assert image.pixelColor(12, 12).name() == theme.color("bad").name()
    with pytest.raises(FileNotFoundError):
        icon("no such icon")
