"""Whether a window can be opened is known before Qt, which would end the process, is asked."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from nbapanel import display


@pytest.fixture(autouse=True)
def all_libraries_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_loads", lambda name: True)


def test_without_a_display_the_terminal_is_named() -> None:
    with pytest.raises(display.NoDisplay) as refused:
        display.require({})
    assert "nbapanel refetch" in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize("named", [":4711", "127.0.0.1:4711", "nonsense", ":x"])
def test_a_display_that_does_not_answer_is_none(named: str) -> None:
    with pytest.raises(display.NoDisplay, match="display"):
        display.require({"DISPLAY": named})


def test_offscreen_needs_no_display() -> None:
    display.require({"QT_QPA_PLATFORM": "offscreen"})
    display.require({"QT_QPA_PLATFORM": "offscreen:size=800x600"})


def test_a_wayland_socket_is_a_display(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "wayland-9"))
        server.listen()
        about = {"WAYLAND_DISPLAY": "wayland-9", "XDG_RUNTIME_DIR": str(tmp_path)}
        display.require(about)
        with pytest.raises(display.NoDisplay):
            display.require({**about, "QT_QPA_PLATFORM": "xcb"})


def test_missing_libraries_are_named_as_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_loads", lambda name: name != "libEGL.so.1")
    with pytest.raises(display.NoDisplay, match="system libraries") as refused:
        display.require({"QT_QPA_PLATFORM": "offscreen"})
    assert "apt-get install libegl1" in str(refused.value)
