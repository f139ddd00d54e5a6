"""Where the window, its docks and the columns of its tables were, from one start to the next."""

from __future__ import annotations

from nbapanel.ui import geometry
from nbapanel.ui.preferences import PreferenceStore
from nbapanel.ui.window import MainWindow

_TABLES = ("games", "history", "quality", "backfill")


class KeptLayout:
    def __init__(self, store: PreferenceStore, window: MainWindow) -> None:
        self._store = store
        self._window = window
        window.layout_reset.connect(self.forget)

    def show_window(self) -> None:
        """For the first time, where it was the last time."""
        where, docks = self._store.recall("geometry"), self._store.recall("docks")
        has_layout = geometry.restore(self._window, where, docks)
        self._window.show()
        if not has_layout:
            self._window.docks.give_room()

    def restore_tables(self) -> None:
        """Once the docks are filled."""
        self._window.docks.restore_states(
            {name: self._store.recall(f"table_{name}") for name in _TABLES}
        )

    def keep(self) -> None:
        self._store.remember("geometry", geometry.place_of(self._window))
        self._store.remember("docks", self._window.dock_state)
        for name, state in self._window.docks.save_states().items():
            self._store.remember(f"table_{name}", state)

    def forget(self) -> None:
        self._store.forget("geometry", "docks")
