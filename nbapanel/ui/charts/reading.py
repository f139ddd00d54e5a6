"""Which point is read, and numbers in words for people. No widget is made here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo

import numpy as np

from nbapanel.ui.charts.ranges import day_words, local
from nbapanel.ui.charts.series import Floats


@dataclass(frozen=True, slots=True)
class Track:
    """What of a line can be read, as it is drawn: `x` sorted, `y` finite, both of one length."""

    x: Floats
    y: Floats


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a track, and how many pixels it is away from where one looked."""

    track: int
    index: int
    pixels: float = 0.0


def nearest(tracks: Sequence[Track], x: float, y: float, pixel: tuple[float, float]) -> Spot | None:
    """The point nearest on the screen; `pixel` is the size of one in the units of the axes.

    Only the neighbours of `x` in each track are looked at, so it takes as long for a million.
    """
    best: Spot | None = None
    for number, track in enumerate(tracks):
        if not len(track.x):
            continue
        place = int(np.searchsorted(track.x, x))
        for index in (place - 1, place):
            if 0 <= index < len(track.x):
                away = float(
                    np.hypot((track.x[index] - x) / pixel[0], (track.y[index] - y) / pixel[1])
                )
                if best is None or away < best.pixels:
                    best = Spot(number, index, away)
    return best


def beside(track: Track, x: float) -> int:
    """The index of the point of the track that is nearest along the axis."""
    place = int(np.searchsorted(track.x, x))
    if place == 0 or (place < len(track.x) and track.x[place] - x < x - track.x[place - 1]):
        return place
    return place - 1


def moment(at: float, zone: tzinfo | None = None) -> str:
    """As in "21 Nov 10:32:05", local time."""
    then = local(at, zone)
    return f"{day_words(then)} {then:%H:%M:%S}"


def signed(number: float) -> str:
    """As in "+4,820", "−12", "±0"."""
    if not number:
        return "±0"
    return f"{'+' if number > 0 else '−'}{abs(number):,.0f}"


def short(number: float) -> str:
    """For an axis: "850", "9,000", "310 k", "4 M"; "0.5" below one."""
    size = abs(number)
    sign = "−" if number < 0 else ""
    if size >= 1e9:
        return f"{sign}{size / 1e9:.6g} G"
    if size >= 1e6:
        return f"{sign}{size / 1e6:.6g} M"
    if size >= 1e4:
        return f"{sign}{size / 1e3:.6g} k"
    return f"{sign}{size:,.6g}"
