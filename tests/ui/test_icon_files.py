"""The icon files that the build makes for Windows and macOS, read back by Qt."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage, QImageReader

from nbapanel.paths import shipped


@pytest.fixture
def render() -> dict[str, Any]:
    return runpy.run_path(str(shipped("resources") / "icons" / "render.py"))


def _images(path: Path) -> list[QImage]:
    reader = QImageReader(str(path))
    found = []
    for number in range(reader.imageCount()):
        reader.jumpToImage(number)
        found.append(reader.read())
    return found


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [("ico", [16, 24, 32, 48, 64, 128, 256]), ("icns", [16, 32, 128, 256, 512, 1024])],
)
def test_each_size_is_there_and_drawn(
    qapp: Any, render: dict[str, Any], tmp_path: Path, kind: str, sizes: list[int]
) -> None:
    path = tmp_path / f"nbapanel.{kind}"
    render[f"write_{kind}"](path)
    images = _images(path)
    assert sorted(image.width() for image in images) == sizes
    for image in images:
        middle = image.pixelColor(image.width() // 4, image.height() // 3)
        assert middle.red() > middle.blue() + 60, "orange, as the ball"
        assert image.pixelColor(0, 0).alpha() == 0, "round corners"
