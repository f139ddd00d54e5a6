"""The dialog for a bug: what broke, the report to pass on, and whether to go on. At most one."""

from __future__ import annotations

import platform
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nbapanel import __version__
from nbapanel.redaction import redact
from nbapanel.ui.hooks import Crash, install_hooks

__all__ = ["Crash", "CrashDialog", "Crashes", "install_hooks"]

_MOST_KEPT = 20


class CrashDialog(QDialog):
    """`log_tail`: the last lines of the log, as text."""

    log_folder_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self, summary: str, traceback: str, log_tail: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._summary = redact(summary)
        self._traceback = redact(traceback)
        self._log_tail = redact(log_tail)
        self._more: list[str] = []
        self.count = 1
        self._build()

    @property
    def report(self) -> str:
        """What is copied: versions, the traceback, what followed, and the end of the log."""
        parts = [
            f"nbapanel {__version__}, Python {platform.python_version()}, Qt {qVersion()}, "
            f"{platform.platform()}",
            self._summary,
            self._traceback.rstrip(),
        ]
        if self._more:
            parts.append(f"{self.count - 1} more since:\n" + "\n".join(self._more))
        if self._log_tail:
            parts.append("The end of the log:\n" + self._log_tail.rstrip())
        return "\n\n".join(parts) + "\n"

    def add(self, summary: str) -> None:
        """Another one while this is open: counted, and named in the report."""
        self.count += 1
        if len(self._more) < _MOST_KEPT:
            self._more.append(redact(summary))
        self.counter.setText(self.tr("{0} more since then").format(self.count - 1))
        self.counter.show()
        self.text.setPlainText(self.report)

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.report)
        self.copy_button.setText(self.tr("Copied"))

    def _build(self) -> None:
        self.setWindowTitle(self.tr("nbapanel: something broke"))
        self.resize(720, 480)
        heading = QLabel(self.tr("✗ Something in nbapanel broke"))
        heading.setProperty("heading", "true")
        words = QLabel(
            self.tr(
                "This is a bug, and not something that you did. A run that is underway is a process"
                " of its own and goes on. You can go on too; what was just asked for may not have"
                " happened."
            )
        )
        words.setWordWrap(True)
        words.setProperty("role", "muted")
        said = QLabel(self._summary)
        said.setWordWrap(True)
        said.setProperty("role", "bad")
        said.setTextFormat(Qt.TextFormat.PlainText)
        said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.counter = QLabel()
        self.counter.setProperty("role", "warning")
        self.counter.hide()
        self.text = QPlainTextEdit(self.report)
        self.text.setAccessibleName(self.tr("Report, without passwords"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(8)
        for widget in (heading, words, said, self.counter):
            box.addWidget(widget)
        box.addWidget(self.text, 1)
        box.addSpacing(4)
        box.addLayout(self._foot())
        self.continue_button.setFocus()

    def _foot(self) -> QHBoxLayout:
        self.copy_button = QPushButton(self.tr("Copy report"))
        self.folder_button = QPushButton(self.tr("Open log folder"))
        self.quit_button = QPushButton(self.tr("Quit"))
        self.continue_button = QPushButton(self.tr("Continue"))
        self.continue_button.setProperty("primary", "true")
        self.continue_button.setDefault(True)
        self.copy_button.clicked.connect(self.copy)
        self.folder_button.clicked.connect(self.log_folder_wanted)
        self.quit_button.clicked.connect(self._on_quit)
        self.continue_button.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.folder_button)
        row.addStretch(1)
        row.addWidget(self.quit_button)
        row.addWidget(self.continue_button)
        return row

    def _on_quit(self) -> None:
        self.accept()
        self.quit_wanted.emit()


class Crashes(QObject):
    """Shows one dialog at a time. `log_tail` gives the end of the log when one is shown."""

    log_folder_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self, window: QWidget | None, log_tail: Callable[[], str]) -> None:
        super().__init__(window)
        self._window = window
        self._log_tail = log_tail
        self.dialog: CrashDialog | None = None

    def show(self, crash: Crash) -> None:
        """A new dialog, or one more on the counter of the one that is open."""
        if self.dialog is not None:
            self.dialog.add(crash.summary)
            return
        dialog = CrashDialog(crash.summary, crash.traceback, self._log_tail(), self._window)
        dialog.finished.connect(self._on_finished)
        dialog.log_folder_wanted.connect(self.log_folder_wanted)
        dialog.quit_wanted.connect(self.quit_wanted)
        self.dialog = dialog
        dialog.open()

    def _on_finished(self) -> None:
        self.dialog = None
