"""The picture of the curves: drawn without a screen, in both colours, at any number of sizes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from bench import plot
from bench.figures import Curve

OURS, USUAL, PAPER = "#0a58ca", "#b35900", "#ffffff"


def colours(image: QImage) -> Counter[str]:
    """Of every fourth pixel each way."""
    return Counter(
        QColor(image.pixel(x, y)).name()
        for x in range(0, image.width(), 4)
        for y in range(0, image.height(), 4)
    )


@pytest.mark.parametrize("number", [1, 4])
def test_both_ways_are_drawn_on_light_paper(
    qapp: QApplication, tmp_path: Path, curve: Curve, number: int
) -> None:
    path = tmp_path / "cost.png"
    plot.draw([curve] * number, "AMD EPYC, 2 cores", path)
    image = QImage(str(path))
    assert image.width() == 2_000, "twice the size it is shown at"
    found = colours(image)
    assert found.most_common(1)[0][0] == PAPER
    assert found[OURS] > 10
    assert found[USUAL] > 20


def test_a_single_size_is_drawn_as_well(qapp: QApplication, curve: Curve) -> None:
    """A quick run may have one size alone, and an axis from a value to itself has no length."""
    alone = replace(curve, points=curve.points[:1])
    assert colours(plot.picture([alone], "machine"))[OURS] > 10


def test_a_place_that_cannot_be_written_is_told(
    qapp: QApplication, tmp_path: Path, curve: Curve
) -> None:
    with pytest.raises(OSError, match=r"cost\.png could not be written"):
        plot.draw([curve], "machine", tmp_path / "nowhere" / "cost.png")
