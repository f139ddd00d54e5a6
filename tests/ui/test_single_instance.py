"""One window a data directory: the second raises the first, a killed one is no hindrance."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from nbapanel.paths import DataDir
from nbapanel.ui.single_instance import SingleInstance


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def test_the_second_raises_the_first(qapp: QApplication, qtbot: QtBot, folder: Path) -> None:
    first, second = SingleInstance(folder), SingleInstance(folder)
    raised = QSignalSpy(first.raise_wanted)
    assert first.claim()
    assert not second.claim()
    qtbot.waitUntil(lambda: raised.count() == 1)
    first.close()


def test_a_new_data_directory_with_its_window_is_still_ours(
    qapp: QApplication, tmp_path: Path
) -> None:
    """The socket is there before anything says whose data is kept here."""
    data_dir = DataDir(tmp_path / "d")
    data_dir.make()
    first = SingleInstance(data_dir.root)
    assert first.claim()
    data_dir.make()
    first.close()


def test_another_data_directory_is_another_window(qapp: QApplication, folder: Path) -> None:
    first, second = SingleInstance(folder / "a"), SingleInstance(folder / "b")
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    assert first.claim()
    assert second.claim()
    first.close()
    second.close()


def test_what_a_killed_window_left_is_cleared_away(qapp: QApplication, folder: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from PySide6.QtCore import QCoreApplication
        from nbapanel.ui.single_instance import SingleInstance
        app = QCoreApplication([])
        first = SingleInstance(Path({str(folder)!r}))
        assert first.claim()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert killed.returncode == -9
    assert "panel.sock" in [path.name for path in folder.iterdir()]
    mine = SingleInstance(folder)
    assert mine.claim()
    mine.close()


def test_a_path_too_long_for_a_socket_still_works(qapp: QApplication, folder: Path) -> None:
    deep = folder / ("x" * 60) / ("y" * 60)
    deep.mkdir(parents=True)
    first, second = SingleInstance(deep), SingleInstance(deep)
    assert first.claim()
    assert not second.claim()
    first.close()
