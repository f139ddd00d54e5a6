"""Icons from the shipped SVG files, tinted with a colour role. No icon is drawn here."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nbapanel.paths import shipped
from nbapanel.ui import theme

_SIZES = (16, 20, 24, 32, 48)


def icon(name: str, role: str = "text") -> QIcon:
    """The icon in the colour that the role has now; ask again when the theme changed.

    Raises FileNotFoundError for a name that resources/icons does not have.
    """
    return _tinted(name, theme.active().color(role).name(), theme.active().color("muted").name())


@lru_cache(maxsize=256)
def _tinted(name: str, colour: str, disabled: str) -> QIcon:
    svg = (shipped("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
    made = QIcon()
    for size in _SIZES:
        made.addPixmap(_drawn(svg, colour, size), QIcon.Mode.Normal)
        made.addPixmap(_drawn(svg, disabled, size), QIcon.Mode.Disabled)
    return made


def _drawn(svg: str, colour: str, size: int) -> QPixmap:
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    renderer = QSvgRenderer(QByteArray(svg.replace("currentColor", colour).encode()))
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
