"""A message of the desktop says what a feed said, and the desktop reads no markup in it."""

from __future__ import annotations

import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from nbapanel.ui.tray import Tray


def test_markup_is_none_there(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several desktops read <b>, <a> and <img> in a message, and fetch the picture."""
    said: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", lambda: True)
    monkeypatch.setattr(
        QSystemTrayIcon, "showMessage", lambda _icon, title, words, *_: said.append((title, words))
    )
    tray = Tray(is_available=lambda: True)
    tray.say(
        "Run <b>failed</b>", 'ESPN: <img src="http://elsewhere/x"> <a href="x">y</a>', is_bad=True
    )
    ((title, words),) = said
    for text in (title, words):
        assert set(text).isdisjoint("<>")
    assert "failed" in title
    assert "elsewhere" in words
    tray.icon.hide()
    tray.deleteLater()
