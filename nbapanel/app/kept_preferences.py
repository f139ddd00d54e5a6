"""The preferences in force: what a person changes is kept, shown, and told to who acts on it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from nbapanel.ui import theme
from nbapanel.ui.preferences import Preferences, PreferenceStore
from nbapanel.ui.theme import Choice


class KeptPreferences(QObject):
    """`current` are in force from the first moment on, and with them the colours."""

    changed = Signal(object, object)  # Preferences before, and now

    def __init__(self, store: PreferenceStore) -> None:
        super().__init__()
        self._store = store
        self.current = store.read()
        theme.active().choose(Choice(self.current.theme))

    def choose_theme(self, choice: Choice) -> None:
        self.take(replace(self.current, theme=choice.value))

    def take(self, preferences: Preferences) -> None:
        before, self.current = self.current, preferences
        self._store.write(preferences)
        if theme.active().choice.value != preferences.theme:
            theme.active().choose(Choice(preferences.theme))
        self.changed.emit(before, preferences)
