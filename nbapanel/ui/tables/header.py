"""A table's header: widths that fit, order and hidden columns that are kept. It sorts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QHeaderView, QWidget

from nbapanel.ui.tables.columns import Column

_MOST_WIDENED = 1.4
_FITTED, _CHOSEN = b"fitted", b"chosen"


class ColumnsHeader(QHeaderView):
    """Columns are as wide as they are declared, and some more where there is room, until somebody
    gives one another width."""

    def __init__(self, columns: Sequence[Column[Any]], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._columns = tuple(columns)
        self._is_fitted = True
        self._sorted = (-1, Qt.SortOrder.DescendingOrder)
        self.setSectionsMovable(True)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setStretchLastSection(True)
        self.setMinimumSectionSize(40)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.sectionResized.connect(self._on_section_resized)

    @property
    def shown(self) -> list[Column[Any]]:
        """In the order in which they stand on the screen."""
        places = (self.logicalIndex(place) for place in range(self.count()))
        return [self._columns[place] for place in places if not self.isSectionHidden(place)]

    @property
    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """Which column the arrow is on (-1: none), and which way it points."""
        return self._sorted

    def mark_sorted(self, place: int, way: Qt.SortOrder) -> None:
        """Put the arrow there, without a word."""
        self._sorted = (place, way)
        self.restore_mark()

    def restore_mark(self) -> None:
        """Put the arrow back to where it was."""
        blocked = self.blockSignals(True)
        self.setSortIndicator(*self._sorted)
        self.blockSignals(blocked)
        self.viewport().update()

    def reset_columns(self, width: int) -> None:
        """Widths, order and what is hidden, as they are declared."""
        for place in range(len(self._columns)):
            self.moveSection(self.visualIndex(place), place)
            self.showSection(place)
        self._is_fitted = True
        self.fit(width)

    def fit(self, width: int) -> None:
        """Use the room that there is, unless somebody chose a width."""
        if not self._is_fitted:
            return
        shown = (c.width for i, c in enumerate(self._columns) if not self.isSectionHidden(i))
        factor = min(max(1.0, width / max(1, sum(shown))), _MOST_WIDENED)
        blocked = self.blockSignals(True)
        for place, column in enumerate(self._columns):
            self.resizeSection(place, int(column.width * factor))
        self.blockSignals(blocked)

    def _on_section_resized(self, place: int, before: int, after: int) -> None:
        is_last = self.visualIndex(place) == self.count() - 1  # it stretches by itself
        if before and after and not is_last:
            self._is_fitted = False

    def save(self) -> bytes:
        """Widths, order and hidden columns."""
        fitted = _FITTED if self._is_fitted else _CHOSEN
        return self._stamp + fitted + self.saveState().data()

    def restore(self, state: bytes, width: int) -> bool:
        """False for a state of other columns, which changes nothing."""
        if not state.startswith(self._stamp):
            return False
        fitted = state[len(self._stamp) :][: len(_FITTED)]
        blocked = self.blockSignals(True)
        is_restored = self.restoreState(QByteArray(state[len(self._stamp) + len(_FITTED) :]))
        self.blockSignals(blocked)
        self.restore_mark()  # whose order it is, the question knows
        self._is_fitted = fitted == _FITTED or not is_restored
        self.fit(width)
        return bool(is_restored)

    @property
    def _stamp(self) -> bytes:
        return ("1 " + " ".join(column.key for column in self._columns) + "\n").encode()
