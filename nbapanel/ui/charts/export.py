"""What a chart shows, as a picture or a table in a file: whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QIODevice, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QFileDialog, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.ui import theme
from nbapanel.ui.beside import Beside
from nbapanel.ui.charts.chart import Table
from nbapanel.ui.whole_file import write_whole

_SCALE = 2
_MARGIN, _HEAD = 16, 44


class Exporter(QObject):
    """Asks where to, and writes. What is written is what was shown when it was asked for."""

    exported = Signal(Path)
    failed = Signal(UserFacingError)

    def __init__(self, folder: Path, owner: QWidget) -> None:
        super().__init__(owner)
        self._folder, self._owner = folder, owner
        self._beside = Beside(self)
        self.dialog: QFileDialog | None = None

    def save_picture(self, widget: QWidget, title: str, height: int = 0) -> None:
        """`height`: how high it is drawn at least, so that nothing is cut off."""
        data = picture(widget, title, height)
        self._ask(f"{file_name(title)}.png", self.tr("Picture (*.png)"), lambda: data)

    def save_table(self, table: Table, title: str) -> None:
        self._ask(f"{file_name(title)}.csv", self.tr("Table (*.csv)"), partial(as_csv, table))

    def _ask(self, name: str, kinds: str, data: Callable[[], bytes]) -> None:
        with contextlib.suppress(OSError):  # then the dialog opens elsewhere
            self._folder.mkdir(parents=True, exist_ok=True)
        dialog = QFileDialog(self._owner.window(), self.tr("Export"), str(self._folder), kinds)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setDefaultSuffix(name.rpartition(".")[2])
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda chosen: self._write(Path(chosen), data))
        dialog.destroyed.connect(self._on_closed)
        self.dialog = dialog
        dialog.open()

    def _on_closed(self) -> None:
        self.dialog = None

    def _write(self, path: Path, data: Callable[[], bytes]) -> None:
        """A hundred thousand rows take their time to become text."""
        self._beside.do(lambda: write_whole(path, data()), self.exported.emit, self.failed.emit)


def picture(widget: QWidget, title: str, least_height: int = 0) -> bytes:
    """The widget at twice its size, under its title, as PNG."""
    shown = widget.size()
    size = QSize(shown.width(), max(shown.height(), least_height))
    widget.resize(size)
    try:
        return _drawn(widget, title, size)
    finally:
        widget.resize(shown)


def _drawn(widget: QWidget, title: str, size: QSize) -> bytes:
    width, height = size.width() + 2 * _MARGIN, size.height() + _HEAD + _MARGIN
    image = QImage(width * _SCALE, height * _SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SCALE)
    image.fill(theme.active().color("window"))
    painter = QPainter(image)
    font = widget.font()
    font.setPointSizeF(font.pointSizeF() * 1.25)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(theme.active().color("text"))
    line = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, size.width())
    painter.drawText(_MARGIN, 28, line)
    widget.render(painter, QPoint(_MARGIN, _HEAD))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants a C string
    return bytes(buffer.data().data())


def as_csv(table: Table) -> bytes:
    """UTF-8; columns whose name ends in "time" hold seconds and become ISO times in UTC."""
    columns = list(zip(*table.rows(), strict=True))
    for number, name in enumerate(table.names):
        if columns and name.endswith("time"):
            columns[number] = tuple(iso_times(columns[number]))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.names)
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue().encode()


def iso_times(seconds: Sequence[float]) -> list[str]:
    """As in "2026-11-21T09:32:05.000+00:00"."""
    whole = np.round(np.array(seconds, dtype=np.float64) * 1000).astype("datetime64[ms]")
    return [f"{words}+00:00" for words in np.datetime_as_string(whole, unit="ms").tolist()]


def file_name(title: str) -> str:
    """A name for a file made of the words of a title."""
    kept = "".join(letter if letter.isalnum() or letter in "._" else " " for letter in title)
    return "-".join(kept.split()).lower()[:80] or "chart"
