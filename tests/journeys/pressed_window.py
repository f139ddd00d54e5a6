"""The window as a program, whose button is pressed as soon as it can be."""

from __future__ import annotations

from typing import Any

import nbapanel.app
from nbapanel.app.panel import Panel
from nbapanel.cli import main


class PressedPanel(Panel):
    def show(self) -> None:
        super().show()
        self.live.database_changed.connect(self._on_state)

    def _on_state(self, state: Any) -> None:
        if state.kind == "ready":
            self.window.header.button.press()


if __name__ == "__main__":
    nbapanel.app.Panel = PressedPanel  # type: ignore[misc]
    main()
