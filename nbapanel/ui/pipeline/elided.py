"""A label that never clips: it wraps to a number of lines and ends in an ellipsis. Nothing else."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from nbapanel.ui.plain_tip import plain_tip

_MOST_WIDTHS = 16


class Elided(QLabel):
    """Plain text in at most `lines` lines. The whole of it stays in `text()`, for who cannot see;
    with `tells` it is the tooltip too as soon as it is cut."""

    def __init__(self, lines: int = 1, tells: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines = lines
        self._tells = tells
        self._shorter = ""
        self._laid_out: dict[int, tuple[list[str], bool]] = {}
        self.setTextFormat(Qt.TextFormat.PlainText)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def setText(self, text: str) -> None:
        self.set_text(text)

    def set_text(self, text: str, shorter: str = "") -> None:
        """`shorter` is shown where there is no room for all: a number must not lose its end."""
        if (text, shorter) == (self.text(), self._shorter):
            return
        self._shorter = shorter
        self._laid_out.clear()
        super().setText(text)
        self.updateGeometry()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        count = len(self._shown(width)[0]) if self._lines > 1 and self.text() else 1
        return max(count, 1) * self.fontMetrics().lineSpacing() + 1

    def sizeHint(self) -> QSize:
        wide = self.fontMetrics().horizontalAdvance(self.text()) + 2
        return QSize(wide, self.heightForWidth(self.width() if self._lines > 1 else wide))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().height(), self.fontMetrics().lineSpacing() + 1)

    @property
    def shown(self) -> str:
        """What is seen at this width."""
        return " ".join(self._shown(self.width())[0])

    @property
    def is_cut(self) -> bool:
        """Whether less than the whole text is seen at this width."""
        return self._shown(self.width())[1]

    def paintEvent(self, event: QPaintEvent) -> None:
        shown, is_cut = self._shown(self.width())
        if self._tells:
            self.setToolTip(plain_tip(self.text()) if is_cut else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        metrics = self.fontMetrics()
        step = metrics.lineSpacing()
        top = float(metrics.ascent())
        spare = self.height() - step * len(shown)
        if self.alignment() & Qt.AlignmentFlag.AlignVCenter:
            top += spare / 2
        elif self.alignment() & Qt.AlignmentFlag.AlignBottom:
            top += spare
        for number, line in enumerate(shown):
            left = 0.0
            if self.alignment() & Qt.AlignmentFlag.AlignRight:
                left = self.width() - metrics.horizontalAdvance(line)
            painter.drawText(QPointF(left, top + number * step), line)
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._lines > 1 and event.oldSize().width() != event.size().width():
            self.updateGeometry()  # its hint is of the width it had: it may need other lines now

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._laid_out.clear()

    def _shown(self, width: int) -> tuple[list[str], bool]:
        """The lines as they are seen, and whether something had to be left out."""
        # A layout asks again and again for the same few widths.
        found = self._laid_out.get(width)
        if found is None:
            lines, is_cut = self._lay_out(self.text(), width)
            if is_cut and self._shorter:
                lines, _ = self._lay_out(self._shorter, width)
            if len(self._laid_out) >= _MOST_WIDTHS:
                self._laid_out.clear()
            found = self._laid_out[width] = (lines, is_cut)
        return found

    def _lay_out(self, text: str, width: int) -> tuple[list[str], bool]:
        layout = QTextLayout(text, self.font())
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WordWrap)
        layout.setTextOption(option)
        lines: list[str] = []
        is_cut = False
        layout.beginLayout()
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            start, length = line.textStart(), line.textLength()
            if len(lines) == self._lines - 1:
                rest = text[start:]
                last = self.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, width)
                is_cut = last != rest
                lines.append(last)
                break
            lines.append(text[start : start + length].rstrip())
        layout.endLayout()
        return lines, is_cut
