"""The icon in the system's tray, where there is one and it is wished for, and its messages."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from nbapanel.paths import shipped

_MESSAGE_MS = 15_000
_NO_MARKUP = str.maketrans("<>", "‹›")


class Tray(QObject):
    """`is_available`: whether the system has a tray at all."""

    refetch_wanted = Signal()
    stop_wanted = Signal()
    open_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        is_available: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._is_available = is_available
        self._is_wanted = False
        self.icon = QSystemTrayIcon(
            QIcon(str(shipped("resources") / "icons" / "nbapanel.svg")), self
        )
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_MESSAGE_MS)
        self._later.timeout.connect(self._restate)
        self._build()

    @property
    def is_there(self) -> bool:
        """Whether somebody who closed the window finds the way back."""
        return self._is_wanted and self._is_available()

    def want(self, is_wanted: bool) -> None:
        """Show the icon from now on, or do not."""
        self._is_wanted = is_wanted
        self._restate()

    def show_running(self, is_running: bool) -> None:
        self.refetch.setEnabled(not is_running)
        self.stop.setEnabled(is_running)
        state = self.tr("a run is underway") if is_running else self.tr("nothing is running")
        self.icon.setToolTip(self.tr("nbapanel: {0}").format(state))

    def say(self, title: str, words: str, *, is_bad: bool) -> bool:
        """A message of the desktop; False where there is no tray that could show it.

        Without an icon it lasts as long as the message.
        """
        if not (self._is_available() and QSystemTrayIcon.supportsMessages()):
            return False
        kinds = QSystemTrayIcon.MessageIcon
        self.icon.show()
        kind = kinds.Warning if is_bad else kinds.Information
        # Many desktops read markup in a message, some fetch what it names: a feed's words are none.
        self.icon.showMessage(title.translate(_NO_MARKUP), words.translate(_NO_MARKUP), kind)
        if not self._is_wanted:
            self._later.start()
        return True

    def _build(self) -> None:
        self.menu = QMenu()
        self.open = self.menu.addAction(self.tr("Open"))
        self.menu.addSeparator()
        self.refetch = self.menu.addAction(self.tr("Refetch"))
        self.stop = self.menu.addAction(self.tr("Stop"))
        self.menu.addSeparator()
        self.quit = self.menu.addAction(self.tr("Quit"))
        self.open.triggered.connect(self.open_wanted)
        self.refetch.triggered.connect(self.refetch_wanted)
        self.stop.triggered.connect(self.stop_wanted)
        self.quit.triggered.connect(self.quit_wanted)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._on_activated)
        self.icon.messageClicked.connect(self.open_wanted)
        self.show_running(False)

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        reasons = QSystemTrayIcon.ActivationReason
        if reason in (reasons.Trigger, reasons.DoubleClick):
            self.open_wanted.emit()

    def _restate(self) -> None:
        self.icon.setVisible(self.is_there)
