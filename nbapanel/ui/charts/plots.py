"""One plot on the screen: axes, zoom along x, a point that is read by mouse or keys. It knows
lines only as tracks of points, and nothing of refreshes or games.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from nbapanel.ui import theme
from nbapanel.ui.charts.axes import Axis, recolour
from nbapanel.ui.charts.reading import Spot, Track, beside, nearest
from nbapanel.ui.charts.series import Floats

# A limit would drop the last move, and what is read would not be what the mouse rests on.
pg.setConfigOption("mouseRateLimit", -1)

_CLICK_PIXELS = 48.0
_FONT_SHARE = 0.9
_LEAST_FOR_LABEL = 140
_AROUND = 48  # ticks and margins below and above the left axis


class Plot(QFrame):
    """Signals carry (track, index) of the tracks that were last given to `show_tracks`."""

    pointed = Signal(int, int)
    picked = Signal(int, int)
    spanned = Signal(float, float)  # what of x is seen

    def __init__(self, name: str, bottom: Axis, left: Axis, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bottom, self.left = bottom, left
        self.spot: Spot | None = None
        self._tracks: Sequence[Track] = ()
        self._limits = (0.0, 1.0)
        self._build(name)
        self.recolour()
        theme.active().changed.connect(self.recolour)
        self.view.scene().sigMouseMoved.connect(self._on_mouse_moved)
        self.view.scene().sigMouseClicked.connect(self._on_mouse_clicked)
        self.box.sigXRangeChanged.connect(self._on_x_changed)

    def _build(self, name: str) -> None:
        self.setProperty("plot", "true")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.view: Any = pg.PlotWidget(axisItems={"bottom": self.bottom, "left": self.left})
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.hideButtons()
        self.view.setMenuEnabled(False)
        self.view.getPlotItem().layout.setContentsMargins(2, 8, 12, 2)
        self.box: Any = self.view.getViewBox()
        self.box.setMouseEnabled(x=True, y=False)
        self.box.setDefaultPadding(0.0)
        self.box.disableAutoRange()
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * _FONT_SHARE)
        for axis in (self.bottom, self.left):
            axis.setTickFont(font)
            axis.setZValue(-1000)  # the grid lies behind what is drawn
        self._ring: Any = pg.ScatterPlotItem(size=11, pxMode=True, brush=None)
        self._rule: Any = pg.InfiniteLine(angle=90, movable=False)
        self._ring.setZValue(60)
        self._rule.setZValue(50)
        for item in (self._ring, self._rule):
            item.hide()
            self.box.addItem(item, ignoreBounds=True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.addWidget(self.view)

    # What is drawn.

    def line(self, z: float = 10.0) -> Any:
        """A line that stays fast with any number of points: give it data with `setData`."""
        item = pg.PlotDataItem(connect="finite", antialias=False, pen=pg.mkPen(width=1))
        item.setDownsampling(auto=True, method="peak")
        item.setClipToView(True)
        item.setZValue(z)
        self.box.addItem(item, ignoreBounds=True)
        return item

    def add(self, item: Any, z: float = 10.0) -> Any:
        item.setZValue(z)
        self.box.addItem(item, ignoreBounds=True)
        return item

    def set_labels(self, bottom: str, left: str) -> None:
        """What the axes measure, with the unit."""
        for axis, words in ((self.bottom, bottom), (self.left, left)):
            if axis.labelText != words:
                axis.setLabel(words or None, **self._label_style)
        self._fit_labels()

    def _fit_labels(self) -> None:
        """A label is there where it has room, and leaves most of the height to what is drawn."""
        high = self.height()
        long = self.fontMetrics().horizontalAdvance(self.left.labelText or "")
        for axis, has_room in (
            (self.bottom, high >= _LEAST_FOR_LABEL),
            (self.left, long < high - _AROUND),
        ):
            if axis.label.isVisible() != (has_room and bool(axis.labelText)):
                axis.showLabel(has_room and bool(axis.labelText))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_labels()

    def set_limits(self, low: float, high: float, least: float) -> None:
        """How far one can see and zoom. Who saw all, sees all of the new range."""
        saw_all = not self.is_zoomed
        self._limits = (low, high)
        self.box.setLimits(xMin=low, xMax=high, minXRange=min(least, high - low))
        if saw_all or not self._sees_limits():
            self.reset_zoom()

    def set_y(self, low: float, high: float) -> None:
        if high > low:
            self.box.setYRange(low, high, padding=0.0)

    @property
    def x_seen(self) -> tuple[float, float]:
        low, high = self.box.viewRange()[0]
        return float(low), float(high)

    @property
    def is_zoomed(self) -> bool:
        low, high = self.x_seen
        return (high - low) < (self._limits[1] - self._limits[0]) * 0.999

    def reset_zoom(self) -> None:
        self.box.setXRange(*self._limits, padding=0.0)

    def _sees_limits(self) -> bool:
        low, high = self.x_seen
        return self._limits[0] <= low < high <= self._limits[1]

    def recolour(self) -> None:
        colours = theme.active()
        self.view.setBackground(colours.color("surface"))
        muted = colours.color("muted")
        points = f"{self.font().pointSizeF() * _FONT_SHARE:.1f}pt"
        self._label_style = {"color": muted.name(), "font-size": points}
        for axis in (self.bottom, self.left):
            recolour(axis, colours.color("border"), colours.color("grid"), muted)
            if axis.labelText:
                axis.setLabel(axis.labelText, **self._label_style)
        self._ring.setPen(pg.mkPen(colours.color("text"), width=2))
        self._rule.setPen(pg.mkPen(colours.color("muted"), width=1, style=Qt.PenStyle.DotLine))
        self._fit_labels()

    # What is read.

    def show_tracks(self, tracks: Sequence[Track]) -> None:
        """The points that can be read; whatever was read before is no longer marked."""
        self._tracks = tracks
        self.forget()

    def forget(self) -> None:
        self.spot = None
        self._ring.hide()
        self._rule.hide()

    def mark(self, x: float, y: float | None) -> None:
        """Mark a place without reading it, as a linked plot does."""
        self._rule.setValue(x)
        self._rule.show()
        self._ring.setVisible(y is not None)
        if y is not None:
            low, high = self.box.viewRange()[1]
            self._ring.setData([x], [min(max(y, low), high)])

    def read(self, spot: Spot) -> None:
        """Read this point, and mark it."""
        self.spot = spot
        track = self._tracks[spot.track]
        self.mark(float(track.x[spot.index]), float(track.y[spot.index]))
        self.pointed.emit(spot.track, spot.index)

    def place_of(self, track: int, index: int) -> QPointF:
        """Where a point is, in pixels of the viewport."""
        held = self._tracks[track]
        place = self.box.mapViewToScene(QPointF(held.x[index], held.y[index]))
        return QPointF(self.view.mapFromScene(place))

    def _at(self, place: QPointF) -> Spot | None:
        if not self._tracks or not self.box.sceneBoundingRect().contains(place):
            return None
        point = self.box.mapSceneToView(place)
        return nearest(self._tracks, point.x(), point.y(), self.box.viewPixelSize())

    def _on_mouse_moved(self, place: QPointF) -> None:
        spot = self._at(place)
        can_pick = spot is not None and spot.pixels <= _CLICK_PIXELS
        shape = Qt.CursorShape.PointingHandCursor if can_pick else Qt.CursorShape.ArrowCursor
        self.view.viewport().setCursor(shape)
        if spot is not None and not self._is_read(spot):
            self.read(spot)

    def _is_read(self, spot: Spot) -> bool:
        held = self.spot
        return held is not None and (held.track, held.index) == (spot.track, spot.index)

    def _on_mouse_clicked(self, event: Any) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        spot = self._at(event.scenePos())
        if event.button() == Qt.MouseButton.LeftButton and not event.double() and spot is not None:
            self.read(spot)
            if spot.pixels <= _CLICK_PIXELS:
                self.picked.emit(spot.track, spot.index)

    def _on_x_changed(self, _box: Any, seen: tuple[float, float]) -> None:
        self.spanned.emit(float(seen[0]), float(seen[1]))

    # By keys.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right as key:
                self._step(-1 if key == Qt.Key.Key_Left else 1)
            case Qt.Key.Key_Home | Qt.Key.Key_End as key:
                self._go_to_end(is_last=key == Qt.Key.Key_End)
            case Qt.Key.Key_Up | Qt.Key.Key_Down as key if len(self._tracks) > 1:
                self._change_track(1 if key == Qt.Key.Key_Up else -1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self.spot is not None:
                self.picked.emit(self.spot.track, self.spot.index)
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self._zoom(0.5)
            case Qt.Key.Key_Minus:
                self._zoom(2.0)
            case Qt.Key.Key_0:
                self.reset_zoom()
            case _:
                super().keyPressEvent(event)

    def _step(self, by: int) -> None:
        spot = self.spot
        if spot is None:
            self._read_first(is_last=by < 0)
            return
        index = spot.index + by
        if 0 <= index < len(self._tracks[spot.track].x):
            self._read_and_see(Spot(spot.track, index))

    def _go_to_end(self, is_last: bool) -> None:
        number = self.spot.track if self.spot is not None else self._first_track()
        if number is not None:
            end = len(self._tracks[number].x) - 1 if is_last else 0
            self._read_and_see(Spot(number, end))

    def _read_first(self, is_last: bool) -> None:
        """Begin at the edge of what is seen."""
        number = self._first_track()
        if number is not None:
            edge = self.x_seen[1 if is_last else 0]
            self._read_and_see(Spot(number, beside(self._tracks[number], edge)))

    def _first_track(self) -> int | None:
        return next((n for n, track in enumerate(self._tracks) if len(track.x)), None)

    def _change_track(self, direction: int) -> None:
        """To the next line above or below, at about the same x."""
        if self.spot is None:
            self._read_first(is_last=True)
            return
        held = self._tracks[self.spot.track]
        x, y = float(held.x[self.spot.index]), float(held.y[self.spot.index])
        others = [
            (direction * (float(track.y[place]) - y), number, place)
            for number, track in enumerate(self._tracks)
            if number != self.spot.track and len(track.x)
            for place in (beside(track, x),)
        ]
        above = [other for other in others if other[0] >= 0]
        if above:
            _, number, place = min(above)
            self._read_and_see(Spot(number, place))

    def _read_and_see(self, spot: Spot) -> None:
        low, high = self.x_seen
        x = float(self._tracks[spot.track].x[spot.index])
        if not low <= x <= high:
            shift = x - (low + high) / 2
            self.box.setXRange(low + shift, high + shift, padding=0.0)
        self.read(spot)

    def _zoom(self, factor: float) -> None:
        low, high = self.x_seen
        middle = (low + high) / 2
        if self.spot is not None:
            middle = float(self._tracks[self.spot.track].x[self.spot.index])
        half = (high - low) / 2 * factor
        first, last = max(middle - half, self._limits[0]), min(middle + half, self._limits[1])
        self.box.setXRange(first, last, padding=0.0)


def pen(colour: QColor, is_dashed: bool = False) -> Any:
    """The only width that stays fast."""
    style = Qt.PenStyle.DashLine if is_dashed else Qt.PenStyle.SolidLine
    return pg.mkPen(colour, width=1, style=style)


def faded(colour: QColor, alpha: int) -> QColor:
    found = QColor(colour)
    found.setAlpha(alpha)
    return found


def bounds(parts: Sequence[Floats]) -> tuple[float, float] | None:
    """Least and greatest of all that is finite; None where nothing is."""
    held = [part[np.isfinite(part)] for part in parts]
    held = [part for part in held if len(part)]
    if not held:
        return None
    return min(float(part.min()) for part in held), max(float(part.max()) for part in held)
