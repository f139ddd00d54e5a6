"""Links from what the headline says is missing to the place where it is seen or mended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from nbapanel.headline import Lack, Lead, day_in_words
from nbapanel.ui.plain_tip import plain_tip

_MOST = 4


class Leads(QWidget):
    """Hidden where nothing leads anywhere that the large buttons do not lead to already."""

    followed = Signal(object)  # Lead

    def __init__(self, titles: Mapping[str, str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles = titles
        self._shown: tuple[tuple[Lead, str], ...] = ()
        self.links: list[QPushButton] = []
        self._build()

    def show_lacks(self, lacks: Sequence[Lack]) -> None:
        """A link a place; links that stay are not made anew, so that they keep the focus."""
        wanted: dict[Lead, str] = {}
        for lack in lacks:
            if lack.words and self._label(lack.leads_to):
                wanted.setdefault(lack.leads_to, lack.words)
        shown = tuple(wanted.items())[:_MOST]
        if shown == self._shown:
            return
        self._shown = shown
        for link in self.links:
            self._row.removeWidget(link)
            link.hide()
            link.deleteLater()
        self.links = [self._made(lead, words) for lead, words in shown]
        for number, link in enumerate(self.links):
            self._row.insertWidget(number, link)
        self.setVisible(bool(shown))

    def _build(self) -> None:
        self._row = QHBoxLayout(self)
        self._row.setSpacing(16)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addStretch(1)
        self.hide()

    def _made(self, lead: Lead, words: str) -> QPushButton:
        link = QPushButton(f"{self._label(lead)}  ›")
        link.setProperty("link", True)
        link.setCursor(Qt.CursorShape.PointingHandCursor)
        link.setToolTip(plain_tip(words))
        link.setAccessibleName(self._label(lead))
        link.setAccessibleDescription(words)
        link.clicked.connect(lambda: self.followed.emit(lead))
        return link

    def _label(self, lead: Lead) -> str:
        match lead:
            case ("day", date() as day):
                return self.tr("Games of {}").format(day_in_words(day, datetime.now().astimezone()))
            case ("games", *_):
                return self.tr("Games that lack something")
            case ("run", number):
                return self.tr("Run {}").format(number)
            case ("step", key):
                return self._titles.get(str(key), str(key))
            case ("publish",):
                return self.tr("Publish")
            case _:
                return ""
