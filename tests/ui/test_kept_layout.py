"""What is kept of the layout at the end is what comes back at the next start."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMainWindow

from nbapanel.app.kept_layout import KeptLayout
from nbapanel.ui import docks
from nbapanel.ui.preferences import PreferenceStore


class _Docks:
    """States by table, as the docks save and take them."""

    def __init__(self) -> None:
        self.restored: dict[str, bytes] = {}

    def save_states(self) -> Mapping[str, bytes]:
        return {name: name.encode() for name in docks._KEPT}

    def restore_states(self, states: Mapping[str, bytes]) -> None:
        self.restored = dict(states)


class _Window(QMainWindow):
    layout_reset = Signal()
    dock_state = b"as beside the pipeline"

    def __init__(self) -> None:
        super().__init__()
        self.docks = _Docks()


def test_the_columns_of_every_table_that_are_kept_come_back(qtbot: Any, tmp_path: Path) -> None:
    window = _Window()
    qtbot.addWidget(window)
    kept = KeptLayout(PreferenceStore(tmp_path), cast(Any, window))

    kept.keep()
    kept.restore_tables()

    assert window.docks.restored == {name: name.encode() for name in docks._KEPT}


def test_of_the_docks_is_kept_what_the_window_says(qtbot: Any, tmp_path: Path) -> None:
    window = _Window()
    qtbot.addWidget(window)
    store = PreferenceStore(tmp_path)

    KeptLayout(store, cast(Any, window)).keep()

    assert store.recall("docks") == b"as beside the pipeline"
