"""Where the window and its docks were, kept between starts and checked against the screens."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

VERSION = 2
"""Counts up when docks come or go: an older layout is then not restored."""

_LEAST_VISIBLE = 120
_DEFAULT = (1280, 800)


def place_of(window: QMainWindow) -> bytes:
    """Where it is and how large, for the preferences."""
    return bytes(window.saveGeometry().data())


def docks_of(window: QMainWindow) -> bytes:
    """Where its docks are and how large, for the preferences."""
    return bytes(window.saveState(VERSION).data())


def restore(window: QMainWindow, geometry: bytes, state: bytes) -> bool:
    """Put the window back where it was; False where that was never, or of another layout.

    A window that would lie off the screens there are now is brought back onto one.
    """
    is_placed = bool(geometry) and window.restoreGeometry(QByteArray(geometry))
    if not is_placed or not _is_reachable(window.frameGeometry()):
        place(window)
    return bool(state) and window.restoreState(QByteArray(state), VERSION)


def place(window: QMainWindow) -> None:
    """The default size, or what the screen has room for, in its middle."""
    screen = window.screen() or QGuiApplication.primaryScreen()
    room = screen.availableGeometry()
    window.resize(min(_DEFAULT[0], room.width()), min(_DEFAULT[1], room.height()))
    frame = window.frameGeometry()
    frame.moveCenter(room.center())
    window.move(frame.topLeft())


def _is_reachable(frame: QRect) -> bool:
    """Enough of the title bar lies on a screen to take hold of it."""
    title = QRect(frame.left(), frame.top(), frame.width(), 40)
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(title)
        if seen.width() >= _LEAST_VISIBLE and seen.height() > 0:
            return True
    return False
