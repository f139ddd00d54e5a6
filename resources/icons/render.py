"""Renders nbapanel.svg into the icon files of Windows (.ico) and macOS (.icns), for the build."""

from __future__ import annotations

import struct
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

_PICTURE = Path(__file__).with_name("nbapanel.svg")
_ICO_SIZES = (16, 24, 32, 48, 64, 128, 256)
# Apple's names of the sizes that may be PNG.
_ICNS_SIZES = {b"icp4": 16, b"icp5": 32, b"ic07": 128, b"ic08": 256, b"ic09": 512, b"ic10": 1024}


def write_ico(path: Path) -> None:
    """All sizes of Windows in one file, each as PNG."""
    images = [_png(size) for size in _ICO_SIZES]
    offset = 6 + 16 * len(images)
    entries = b""
    for size, image in zip(_ICO_SIZES, images, strict=True):
        side = size % 256  # 256 is written as 0
        entries += struct.pack("<BBBBHHII", side, side, 0, 0, 1, 32, len(image), offset)
        offset += len(image)
    path.write_bytes(struct.pack("<HHH", 0, 1, len(images)) + entries + b"".join(images))


def write_icns(path: Path) -> None:
    """All sizes of macOS in one file, each as PNG."""
    entries = b""
    for kind, size in _ICNS_SIZES.items():
        image = _png(size)
        entries += struct.pack(">4sI", kind, 8 + len(image)) + image
    path.write_bytes(struct.pack(">4sI", b"icns", 8 + len(entries)) + entries)


def _png(size: int) -> bytes:
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(str(_PICTURE)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
