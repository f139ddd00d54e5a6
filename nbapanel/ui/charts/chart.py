"""What the three charts of the refresh log have in common, as the panel sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QToolButton, QWidget

from nbapanel.ui import theme
from nbapanel.ui.charts.plots import Plot
from nbapanel.ui.charts.ranges import Span, day_words, local, zone_words
from nbapanel.ui.charts.series import Log
from nbapanel.ui.charts.turns import Piece

_LEAST_SECONDS = 60.0
_DAY = 86_400.0
_ROOM_AT_RIGHT = 0.02
_NAME_LENGTH, _LEAST_NAME_WIDTH = 33, 140


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows, times in seconds in the columns named "time". `rows` makes the rows: they
    may be many, and it may be called in any thread."""

    names: tuple[str, ...]
    rows: Callable[[], list[tuple[Any, ...]]]


class Chart(QWidget):
    """A plot, with `controls` for the toolbar. `read` has words for its foot."""

    read = Signal(str)
    noted = Signal()
    run_wanted = Signal(int)
    zoomed = Signal()

    plot: Plot
    controls: QWidget

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log: Log | None = None
        self.span = Span(0.0, 1.0)
        self.note = ""

    def _connect(self) -> None:
        self.plot.pointed.connect(self._on_pointed)
        self.plot.picked.connect(self._on_picked)
        self.plot.spanned.connect(self._on_spanned)
        theme.active().changed.connect(self.recolour)

    def show_log(self, log: Log, span: Span) -> None:
        """Draw this log over this span of time, at once."""
        for piece in self.pieces(log, span):
            piece()

    def pieces(self, log: Log, span: Span) -> tuple[Piece, ...]:
        """The same, to be done in this order; between any two of them all else may happen."""
        return partial(self._know, log, span), *self._drawing()

    def _know(self, log: Log, span: Span) -> None:
        self.log, self.span = log, span

    def title(self) -> str:
        """What a picture of it is headed with."""
        raise NotImplementedError

    @property
    def whole_height(self) -> int:
        """How high it must be in a picture for nothing to be cut off."""
        return self.height()

    def table(self) -> Table:
        """What is shown now."""
        raise NotImplementedError

    def recolour(self) -> None:
        raise NotImplementedError

    def _drawing(self) -> tuple[Piece, ...]:
        """Each does with what is known when its turn comes."""
        raise NotImplementedError

    def _fit(self) -> None:
        """Fit y to what is seen."""
        raise NotImplementedError

    def _words(self, track: int, index: int) -> str:
        raise NotImplementedError

    def _run(self, track: int, index: int) -> int:
        raise NotImplementedError

    def _say(self, note: str) -> None:
        self.note = note
        self.noted.emit()

    def _on_pointed(self, track: int, index: int) -> None:
        words = self._words(track, index)
        self.plot.setAccessibleDescription(words)
        self.read.emit(words)

    def _on_picked(self, track: int, index: int) -> None:
        run = self._run(track, index)
        if run > 0:
            self.run_wanted.emit(run)

    def _on_spanned(self, _low: float, _high: float) -> None:
        if self.log is not None:
            self._fit()
            self.zoomed.emit()

    def _set_time_limits(self) -> None:
        """With a little room on the right: what was just now is not to stick to the edge.

        Who draws fits y afterwards: to hear of the new span would do it twice.
        """
        room = self.span.seconds * _ROOM_AT_RIGHT
        with QSignalBlocker(self.plot):
            self.plot.set_limits(self.span.first, self.span.last + room, _LEAST_SECONDS)

    def _time_label(self) -> str:
        """Names the day too where the ticks are all within one."""
        low, high = self.plot.x_seen
        zone = zone_words(high)
        if high - low > _DAY:
            return self.tr("local time ({zone})").format(zone=zone)
        day = day_words(local(low))
        return self.tr("{day}, local time ({zone})").format(day=day, zone=zone)


class Choices(QWidget):
    """A few words side by side, of which one is chosen; the arrow keys move."""

    chosen = Signal(int)

    def __init__(
        self,
        name: str,
        words: Sequence[str],
        tips: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._build(name, words, tips)
        self._group.idToggled.connect(self._on_toggled)

    def _build(self, name: str, words: Sequence[str], tips: Sequence[str]) -> None:
        self.setAccessibleName(name)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for number, word in enumerate(words):
            button = QToolButton(self)
            button.setText(word)
            button.setCheckable(True)
            button.setProperty("compact", "true")
            button.setAccessibleName(f"{name}: {word}")
            if tips:
                button.setToolTip(tips[number])
            self._group.addButton(button, number)
            layout.addWidget(button)
        self._group.buttons()[0].setChecked(True)

    @property
    def current(self) -> int:
        return self._group.checkedId()

    def choose(self, number: int) -> None:
        self._group.button(number).setChecked(True)

    @property
    def buttons(self) -> list[QToolButton]:
        return [self.button(number) for number in range(len(self._group.buttons()))]

    def button(self, number: int) -> QToolButton:
        found = self._group.button(number)
        assert isinstance(found, QToolButton)
        return found

    def _on_toggled(self, number: int, is_checked: bool) -> None:
        if is_checked:
            self.chosen.emit(number)


def choice_of(name: str) -> QComboBox:
    """A list of long names that gives way where there is little room. `name`: what it chooses."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setMinimumContentsLength(_NAME_LENGTH)
    box.setMinimumWidth(_LEAST_NAME_WIDTH)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box
