"""One step as a card: it shows the words it is given and says what is wanted of the step.

What the words are is made in `words`; where the card stands, in `lanes`.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nbapanel.ui import theme
from nbapanel.ui.pipeline.bar import Bar
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.pipeline.slices import Mode
from nbapanel.ui.pipeline.words import CardWords
from nbapanel.ui.ports import DeclaredStep
from nbapanel.ui.roles import give_role

LEAST_WIDTH = 215
LEAST_HEIGHT = 88
_RADIUS = 8.0
_STRIPE = 4.0


class Card(QWidget):
    rerun_wanted = Signal(str, str)  # key, Mode
    log_wanted = Signal(str)
    details_wanted = Signal(str)
    focus_changed = Signal(str, bool)

    def __init__(self, step: DeclaredStep, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step = step
        self.words: CardWords | None = None
        self._can_rerun = True
        self._described = ""
        self._build()
        theme.active().changed.connect(self.update)

    def show_words(self, words: CardWords) -> None:
        """Show what is said of the step now; what did not change is left alone."""
        if words == self.words:
            return
        before, self.words = self.words, words
        self._state.setText(f"{words.glyph} {words.word}")
        give_role(self._state, words.role)
        self._aside.setText(words.aside)
        self._detail.set_text(words.detail, words.shorter)
        give_role(self._detail, words.detail_role)
        self._changes.setText(words.changes)
        self._changes.setVisible(bool(words.changes))
        self._bar.show_share(words.share)
        self._bar.setVisible(words.is_busy)
        self._tell(words)
        if before is None or before.role != words.role:
            self.update()

    def allow_rerun(self, allowed: bool) -> None:
        """While a run is underway no other can be started."""
        self._can_rerun = allowed
        self._button.setEnabled(allowed)

    def menu(self) -> QMenu:
        """What can be done with the step, as a menu that closes on its own."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(self.tr("What to do with {}").format(self.step.title))
        if self.words is not None and self.words.can_retry:
            self._add_rerun(menu, self.tr("&Retry"), Mode.RETRY)
            menu.addSeparator()
        self._add_rerun(menu, self.tr("&Only this step…"), Mode.ONLY)
        self._add_rerun(menu, self.tr("&From here…"), Mode.FROM)
        self._add_rerun(menu, self.tr("&As far as here…"), Mode.UNTIL)
        menu.addSeparator()
        details = menu.addAction(self.tr("&Details…"))
        details.triggered.connect(lambda: self.details_wanted.emit(self.step.key))
        lines = menu.addAction(self.tr("Show its &log lines"))
        lines.triggered.connect(lambda: self.log_wanted.emit(self.step.key))
        return menu

    def open_menu(self) -> None:
        self.menu().popup(self._button.mapToGlobal(QPoint(0, self._button.height() + 2)))

    def sizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, LEAST_HEIGHT)

    # ---- Qt ----------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Menu):
            self.open_menu()
        else:
            event.ignore()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().popup(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.details_wanted.emit(self.step.key)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit(self.step.key, True)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit(self.step.key, False)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.active()
        role = "muted" if self.words is None else self.words.role
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shape = QPainterPath()
        shape.addRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)
        painter.fillPath(shape, colours.color("surface"))
        painter.save()
        painter.setClipPath(shape)
        stripe = colours.color(role)
        stripe.setAlpha(110 if role == "muted" else 255)
        painter.fillRect(QRectF(0, 0, 1 + _STRIPE, self.height()), stripe)
        painter.restore()
        is_loud = role in ("active", "bad", "warning")
        edge = colours.color(role if is_loud else "border")
        if self.hasFocus():
            painter.setPen(QPen(colours.color("accent"), 2))
        else:
            painter.setPen(QPen(edge, 1))
        painter.drawPath(shape)
        painter.end()

    # ---- inside ------------------------------------------------------------------------------

    def _build(self) -> None:
        self.setObjectName(f"card_{self.step.key}")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.step.title)
        self._title = Elided(lines=2)
        self._title.setText(self.step.title)
        self._title.setFont(_weighted(self.font(), bold=True))
        self._button = self._made_button()
        self._state, self._aside = QLabel(), Elided()
        self._state.setFont(_weighted(self.font(), bold=True))
        self._aside.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        give_role(self._aside, "muted")
        self._bar = Bar(self.tr("Progress of {}").format(self.step.title))
        self._bar.hide()
        self._detail, self._changes = Elided(), QLabel()
        self._changes.hide()
        give_role(self._changes, "muted")
        self._arrange()

    def _made_button(self) -> QPushButton:
        """The card itself has the focus; its keys open the same menu."""
        button = QPushButton(self.tr("Rerun"))
        button.setProperty("compact", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setAccessibleName(self.tr("Rerun {}").format(self.step.title))
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(self.open_menu)
        return button

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self._title, 1, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self._button, 0, Qt.AlignmentFlag.AlignTop)
        middle = QHBoxLayout()
        middle.setSpacing(8)
        middle.addWidget(self._state)
        middle.addWidget(self._aside, 1)
        bottom = QHBoxLayout()
        bottom.setSpacing(8)
        bottom.addWidget(self._detail, 1)
        bottom.addWidget(self._changes)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(15, 6, 10, 6)
        whole.setSpacing(3)
        whole.addLayout(top)
        whole.addStretch(1)
        whole.addLayout(middle)
        whole.addWidget(self._bar)
        whole.addLayout(bottom)

    def _tell(self, words: CardWords) -> None:
        described = words.described
        if described == self._described:
            return
        self._described = described
        self.setAccessibleName(f"{self.step.title}: {words.word}")
        self.setAccessibleDescription(described)
        parts = (words.detail, words.changes, *words.more)
        said = "<br>".join(escape(part) for part in parts if part)
        state = escape(f"{words.glyph} {words.word}  {words.aside}".rstrip())
        self.setToolTip(f"<b>{escape(self.step.title)}</b><br>{state}<br>{said}")

    def _add_rerun(self, menu: QMenu, text: str, mode: Mode) -> None:
        action = menu.addAction(text)
        action.setEnabled(self._can_rerun)
        action.triggered.connect(lambda: self.rerun_wanted.emit(self.step.key, mode.value))


def _weighted(font: QFont, *, bold: bool) -> QFont:
    made = QFont(font)
    made.setBold(bold)
    return made
