"""What stands in for a table that has nothing to show, and a notice above it. No table here."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from nbapanel.errors import UserFacingError
from nbapanel.ui.roles import give_role
from nbapanel.wording import sentences

PASSING_MS = 6_000


class MessagePage(QWidget):
    """One sentence in the middle, more of it below, and perhaps a button."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._build()

    def _build(self) -> None:
        self._title = QLabel()
        self._title.setProperty("subheading", "true")
        self._detail = QLabel()
        self._detail.setProperty("role", "muted")
        for label in (self._title, self._detail):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self.acted)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._button)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addStretch(1)
        layout.addWidget(self._title)
        layout.addWidget(self._detail)
        layout.addLayout(row)
        layout.addStretch(1)

    @property
    def words(self) -> str:
        return " ".join(part for part in (self._title.text(), self._detail.text()) if part)

    @property
    def button(self) -> QPushButton:
        return self._button

    def say(self, title: str, detail: str = "", action: str = "") -> None:
        self._title.setText(title)
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))


class Pages(QWidget):
    """A widget, or a message in its place."""

    acted = Signal(str)  # what the message was about: "loading", "empty" or "error"

    def __init__(self, content: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._content = content
        self.message = MessagePage()
        self.message.acted.connect(self._on_acted)
        self._kind = ""
        self._layout = QStackedLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(content)
        self._layout.addWidget(self.message)

    @property
    def kind(self) -> str:
        """What is shown: "content", or the kind of the message."""
        return self._kind or "content"

    def show_content(self) -> None:
        self._kind = ""
        self._layout.setCurrentWidget(self._content)

    def show_loading(self, words: str) -> None:
        self._show("loading", words)

    def show_empty(self, words: str, detail: str = "", action: str = "") -> None:
        self._show("empty", words, detail, action)

    def show_error(self, error: UserFacingError) -> None:
        detail = sentences(error.detail, error.hint)
        self._show("error", f"✗ {error.title}", detail, self.tr("Try again"))

    def _show(self, kind: str, title: str, detail: str = "", action: str = "") -> None:
        self._kind = kind
        self.message.say(title, detail, action)
        self._layout.setCurrentWidget(self.message)

    def _on_acted(self) -> None:
        self.acted.emit(self._kind)


class NoticeLine(QFrame):
    """One line above a table, hidden while there is nothing to say."""

    acted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.setInterval(PASSING_MS)
        self._passing.timeout.connect(self.hide)
        self._build()
        self.hide()

    def _build(self) -> None:
        self._label = QLabel()
        self._label.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._button = QPushButton()
        self._button.clicked.connect(self.acted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        layout.setSpacing(8)
        layout.addWidget(self._label, 1)
        layout.addWidget(self._button)

    @property
    def words(self) -> str:
        return self._label.text() if not self.isHidden() else ""

    @property
    def button(self) -> QPushButton:
        return self._button

    def say(
        self, words: str, role: str = "muted", action: str = "", *, lasting: bool = True
    ) -> None:
        """Nothing to say hides it; what is not `lasting` goes away by itself."""
        self._passing.stop()
        if words and not lasting:
            self._passing.start()
        self._label.setText(words)
        give_role(self._label, role)
        self._button.setText(action)
        self._button.setAccessibleName(action)
        self._button.setVisible(bool(action))
        self.setVisible(bool(words))
