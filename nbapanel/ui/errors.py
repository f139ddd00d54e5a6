"""The dialog for trouble that a person can do something about. Bugs have one of their own."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from nbapanel.errors import UserFacingError
from nbapanel.redaction import redact

_SELECTABLE = (
    Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
)


class ErrorDialog(QDialog):
    """What happened, where, and what to do. `can_retry`: the same can simply be tried again."""

    retry_wanted = Signal()
    log_wanted = Signal()

    def __init__(
        self, error: UserFacingError, can_retry: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._error = error
        self._can_retry = can_retry
        self._build()

    @property
    def text(self) -> str:
        """All of it, without secrets, as it is copied."""
        parts = (self._error.title, self._error.detail, self._error.hint)
        return redact("\n".join(part for part in parts if part))

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text)
        self.copy_button.setText(self.tr("Copied"))

    def _build(self) -> None:
        self.setWindowTitle(self.tr("nbapanel"))
        self.setMinimumWidth(480)
        self.setAccessibleName(self.tr("Error: {0}").format(redact(self._error.title)))
        box = QVBoxLayout(self)
        box.setContentsMargins(16, 16, 16, 16)
        box.setSpacing(12)
        box.addLayout(self._head())
        for title, words in (
            (self.tr("Where and why"), self._error.detail),
            (self.tr("What to do"), self._error.hint),
        ):
            if words:
                box.addLayout(_part(title, redact(words)))
        box.addStretch(1)
        box.addLayout(self._foot())
        (self.retry_button if self._can_retry else self.close_button).setFocus()

    def _head(self) -> QHBoxLayout:
        glyph = QLabel("✗")
        glyph.setProperty("role", "bad")
        glyph.setProperty("heading", "true")
        title = QLabel(redact(self._error.title))
        title.setProperty("heading", "true")
        title.setWordWrap(True)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setTextInteractionFlags(_SELECTABLE)
        title.setAccessibleName(self.tr("What happened"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(title, 1)
        return row

    def _foot(self) -> QHBoxLayout:
        self.copy_button = QPushButton(self.tr("Copy"))
        self.log_button = QPushButton(self.tr("Open log"))
        self.retry_button = QPushButton(self.tr("Retry"))
        self.close_button = QPushButton(self.tr("Close"))
        self.copy_button.clicked.connect(self.copy)
        self.log_button.clicked.connect(self._on_log)
        self.retry_button.clicked.connect(self._on_retry)
        self.close_button.clicked.connect(self.reject)
        self.retry_button.setVisible(self._can_retry)
        first = self.retry_button if self._can_retry else self.close_button
        first.setProperty("primary", "true")
        first.setDefault(True)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.copy_button)
        row.addWidget(self.log_button)
        row.addStretch(1)
        row.addWidget(self.retry_button)
        row.addWidget(self.close_button)
        return row

    def _on_log(self) -> None:
        self.log_wanted.emit()
        self.accept()

    def _on_retry(self) -> None:
        self.accept()
        self.retry_wanted.emit()


def _part(title: str, words: str) -> QVBoxLayout:
    heading = QLabel(title)
    heading.setProperty("role", "muted")
    heading.setProperty("subheading", "true")
    text = QLabel(words)
    text.setWordWrap(True)
    text.setTextFormat(Qt.TextFormat.PlainText)
    text.setTextInteractionFlags(_SELECTABLE)
    text.setAccessibleName(title)
    box = QVBoxLayout()
    box.setSpacing(4)
    box.addWidget(heading)
    box.addWidget(text)
    return box
