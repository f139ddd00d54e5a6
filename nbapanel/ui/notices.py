"""The list of problems: failures and alerts that stay until somebody dismisses them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

Kind = Literal["failure", "alert", "note"]
_LOOKS: Mapping[str, tuple[str, str]] = {
    "failure": ("✗", "bad"),
    "alert": ("⚠", "warning"),
    "note": ("○", "muted"),
}
MOST = 100


@dataclass(frozen=True, slots=True)
class Notice:
    """`at` aware. `run_id` and `step`: where it was, as far as that is known."""

    kind: Kind
    title: str
    words: str
    at: datetime
    run_id: int | None = None
    step: str = ""


class NoticeCard(QFrame):
    """One problem. `times`: how often the same was told since it was last dismissed."""

    run_wanted = Signal(int)
    log_wanted = Signal(object, str)
    dismissed = Signal()

    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.notice = notice
        self.times = 1
        self._build()
        self._restate()

    def is_same(self, notice: Notice) -> bool:
        """The same problem again, whenever and in whichever run."""
        mine = self.notice
        return replace(mine, at=notice.at, run_id=notice.run_id) == notice

    def repeat(self, notice: Notice) -> None:
        self.notice = notice
        self.times += 1
        self._restate()

    def _build(self) -> None:
        self.setProperty("card", "true")
        glyph, role = _LOOKS[self.notice.kind]
        mark, self._title, self._when, self._words = QLabel(glyph), QLabel(), QLabel(), QLabel()
        mark.setProperty("role", role)
        mark.setProperty("subheading", "true")
        self._title.setProperty("subheading", "true")
        self._when.setProperty("role", "muted")
        for label in (self._title, self._words):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        box = QVBoxLayout(self)
        box.setContentsMargins(12, 8, 12, 8)
        box.setSpacing(4)
        box.addLayout(self._head(mark))
        box.addWidget(self._words)

    def _head(self, mark: QLabel) -> QHBoxLayout:
        self.run_button = QPushButton(self.tr("Open run"))
        self.log_button = QPushButton(self.tr("Show log"))
        self.dismiss_button = QPushButton(self.tr("Dismiss"))
        self.run_button.clicked.connect(lambda: self.run_wanted.emit(self.notice.run_id))
        self.log_button.clicked.connect(
            lambda: self.log_wanted.emit(self.notice.run_id, self.notice.step)
        )
        self.dismiss_button.clicked.connect(self.dismissed)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(mark)
        row.addWidget(self._title, 1)
        row.addWidget(self._when)
        for button in (self.run_button, self.log_button, self.dismiss_button):
            button.setProperty("link", "true")
            row.addWidget(button)
        return row

    def _restate(self) -> None:
        notice = self.notice
        at = notice.at.astimezone()
        when = at.strftime("%d %b %H:%M")
        if self.times > 1:
            when = self.tr("{times} times, last {when}").format(times=self.times, when=when)
        self._title.setText(notice.title)
        self._when.setText(when)
        self._when.setToolTip(at.strftime("%A, %d %B %Y, %H:%M:%S %Z (UTC%z)"))
        self._words.setText(notice.words)
        self._words.setVisible(bool(notice.words))
        self.run_button.setVisible(notice.run_id is not None)
        self.log_button.setVisible(notice.run_id is not None or bool(notice.step))
        self.setAccessibleName(notice.title)
        self.setAccessibleDescription(f"{notice.words} {when}".strip())
        for button in (self.run_button, self.log_button, self.dismiss_button):
            name = self.tr("{act}: {title}").format(act=button.text(), title=notice.title)
            button.setAccessibleName(name)


class NoticesPanel(QWidget):
    """Newest first; the same problem again counts up in its place at the top."""

    run_wanted = Signal(int)
    log_wanted = Signal(object, str)  # run id or None, step key or ""
    unread_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[NoticeCard] = []
        self._unread = 0
        self._build()
        self._restate()

    @property
    def unread(self) -> int:
        """Problems told while nobody looked at this list."""
        return self._unread

    def add(self, notice: Notice) -> None:
        same = next((card for card in self.cards if card.is_same(notice)), None)
        if same is None:
            same = self._card(notice)
        else:
            same.repeat(notice)
            self.cards.remove(same)
            self._list.removeWidget(same)
        self.cards.insert(0, same)
        self._list.insertWidget(0, same)
        for old in self.cards[MOST:]:
            self._drop(old)
        if not self.isVisible():
            self._count_unread(self._unread + 1)
        self._restate()

    def dismiss_all(self) -> None:
        for card in list(self.cards):
            self._drop(card)
        self._count_unread(0)
        self._restate()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._count_unread(0)

    def _build(self) -> None:
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        self.dismiss_button = QPushButton(self.tr("Dismiss all"))
        self.dismiss_button.clicked.connect(self.dismiss_all)
        head = QHBoxLayout()
        head.addWidget(self.count, 1)
        head.addWidget(self.dismiss_button)
        self.empty = QLabel(
            self.tr(
                "✓ No problems since this window was opened. Failures and alerts stay here until"
                " dismissed; those of earlier runs are in the history."
            )
        )
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setProperty("role", "muted")
        self.empty.setWordWrap(True)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 8, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        self.area = QScrollArea()
        self.area.setAccessibleName(self.tr("Problems"))
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside.setAutoFillBackground(False)
        self.area.viewport().setAutoFillBackground(False)
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 8, 8, 8)
        box.setSpacing(8)
        box.addLayout(head)
        box.addWidget(self.empty, 1)
        box.addWidget(self.area, 1)

    def _card(self, notice: Notice) -> NoticeCard:
        card = NoticeCard(notice)
        card.run_wanted.connect(self.run_wanted)
        card.log_wanted.connect(self.log_wanted)
        card.dismissed.connect(lambda: self._on_dismissed(card))
        return card

    def _on_dismissed(self, card: NoticeCard) -> None:
        place = self.cards.index(card)
        had_focus = card.dismiss_button.hasFocus()
        self._drop(card)
        self._restate()
        if had_focus and self.cards:  # the next one can be dismissed with the same key
            self.cards[min(place, len(self.cards) - 1)].dismiss_button.setFocus()

    def _drop(self, card: NoticeCard) -> None:
        self.cards.remove(card)
        self._list.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _restate(self) -> None:
        number = len(self.cards)
        words = self.tr("1 problem") if number == 1 else self.tr("{0} problems").format(number)
        self.count.setText(words)
        self.count.setVisible(number > 0)
        self.dismiss_button.setVisible(number > 0)
        self.area.setVisible(number > 0)
        self.empty.setVisible(number == 0)

    def _count_unread(self, number: int) -> None:
        if number != self._unread:
            self._unread = number
            self.unread_changed.emit(number)
