"""Why the window does not open, in a dialog: who clicked an icon sees no terminal."""

from __future__ import annotations

import sys

from PySide6.QtWidgets import QApplication

from nbapanel.errors import UserFacingError
from nbapanel.ui import theme
from nbapanel.ui.errors import ErrorDialog


def show_refusal(error: UserFacingError) -> None:
    """Return when it was read. There must be a display (`display.require`)."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    app.setApplicationName("nbapanel")
    theme.active()
    dialog = ErrorDialog(error)
    dialog.log_button.hide()  # where it would be is what could not be found out
    dialog.exec()
