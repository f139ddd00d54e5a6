"""The top of the window: is the data fresh and complete, what runs and how long still, one button.

It shows what it is given and what the run's events say; nothing is asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nbapanel.engine.events import RunFinished, RunStatus
from nbapanel.headline import Headline, Lead, aftermath, day_in_words, underway
from nbapanel.ui.live import Live
from nbapanel.ui.notice import Notice
from nbapanel.ui.pipeline.bar import Bar
from nbapanel.ui.pipeline.card import give_role
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.pipeline.total import share_done, total_in_words
from nbapanel.ui.run_button import RunButton
from nbapanel.wording import counted

_MOST_LINKS = 4
_RIGHT = 360


class Header(QWidget):
    refetch_wanted = Signal()
    stop_wanted = Signal()
    stop_now_wanted = Signal()
    resume_wanted = Signal()
    plan_wanted = Signal()
    retry_database_wanted = Signal()
    lead_followed = Signal(object)  # Lead

    def __init__(
        self, live: Live, titles: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._live = live
        self._titles = titles
        self._headline: Headline | None = None
        self._ended: Headline | None = None
        self._backends: int | None = None
        self._resumable = ""
        self._links: tuple[tuple[Lead, str], ...] = ()
        self._place: tuple[str, str] = ("", "")
        self._build()
        self._wire()
        self._refresh()

    def show_headline(self, headline: Headline) -> None:
        """What there is to say of the data as it was just seen."""
        if self._speaks_of_ended(headline):
            return
        self._headline = headline
        if headline.role != "active":
            self._resumable = headline.resumable
        self._refresh()

    def show_place(self, feeds: str, data_dir: str) -> None:
        """Which feeds, and where everything is kept."""
        self._place = (feeds, data_dir)
        self._refresh()

    def show_backends(self, count: int) -> None:
        """After a cancel: how many connections of the run still work on the server."""
        self._backends = count
        self._refresh()

    def settle(self) -> None:
        """What was wanted came to nothing: the button is there again."""
        self.button.settle()

    # ---- inside: building --------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("State of the data"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 12, 16, 8)
        whole.setSpacing(8)
        row = QHBoxLayout()
        row.setSpacing(12)
        self._glyph = QLabel()
        font = QFont(self.font())
        font.setPointSizeF(font.pointSizeF() * 2.2)
        self._glyph.setFont(font)
        self._glyph.setFixedWidth(34)
        self._glyph.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(self._left(), 1)
        row.addWidget(self._right(), 0, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(row)
        self._notice = Notice()
        whole.addWidget(self._notice)

    def _left(self) -> QVBoxLayout:
        self._words = Elided(lines=2, tells=True)
        self._words.setProperty("heading", True)
        self._small = Elided(tells=True)
        give_role(self._small, "muted")
        self._link_row = QHBoxLayout()
        self._link_row.setSpacing(16)
        self._link_row.setContentsMargins(0, 0, 0, 0)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self._words)
        left.addLayout(self._link_row)
        left.addWidget(self._small)
        left.addStretch(1)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        right.setFixedWidth(_RIGHT)
        self._plan = QPushButton(self.tr("What would happen"))
        self._plan.setProperty("tall", True)
        self._plan.setAccessibleName(self.tr("What would happen"))
        self._plan.setToolTip(self.tr("Requests, games and minutes of a refetch; nothing is done"))
        self.button = RunButton(self._live)
        self._bar = Bar(self.tr("Progress of the run"))
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._total = Elided(tells=True)
        self._total.setAlignment(Qt.AlignmentFlag.AlignRight)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(self._plan)
        buttons.addWidget(self.button)
        whole = QVBoxLayout(right)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(6)
        whole.addLayout(buttons)
        whole.addWidget(self._bar)
        whole.addWidget(self._total)
        return right

    def _wire(self) -> None:
        self.button.refetch_wanted.connect(self.refetch_wanted)
        self.button.stop_wanted.connect(self.stop_wanted)
        self.button.stop_now_wanted.connect(self.stop_now_wanted)
        self._plan.clicked.connect(self.plan_wanted)
        self._notice.acted.connect(self._on_notice_acted)
        self._live.changed.connect(self._refresh)
        self._live.run_started.connect(self._on_run_started)
        self._live.run_finished.connect(self._on_run_finished)
        self._live.database_changed.connect(self._refresh)

    # ---- inside: what happens ----------------------------------------------------------------

    def _on_run_started(self) -> None:
        self._backends, self._ended, self._resumable = None, None, ""
        self._refresh()

    def _on_run_finished(self, event: RunFinished) -> None:
        self._ended = self._headline = aftermath(event, self._titles)
        if event.status is not RunStatus.DONE:
            self._resumable = self.tr("{}; what it did is kept.").format(self._ended.verdict)
        self._refresh()

    def _on_notice_acted(self) -> None:
        if self._live.database.kind == "ready":
            self._resumable = ""  # asked for once; what comes of it is told by the run
            self._refresh()
            self.resume_wanted.emit()
        else:
            self.retry_database_wanted.emit()

    def _speaks_of_ended(self, headline: Headline) -> bool:
        """An answer from before the end of the run that we saw end."""
        board = self._live.board
        if headline.role != "active" or board is None or board.ended is None:
            return False
        return any(lack.leads_to == ("run", board.run_id) for lack in headline.lacks)

    # ---- inside: showing ---------------------------------------------------------------------

    def _refresh(self) -> None:
        shown = self._shown()
        self._glyph.setText(shown.glyph)
        give_role(self._glyph, shown.role)
        self._words.setText(shown.words)
        self._words.setAccessibleName(shown.words)
        self._small.setText(self._in_small(shown))
        self._show_links(shown)
        self._show_run()
        self._show_notice()
        self._plan.setEnabled(self._live.database.kind == "ready")

    def _shown(self) -> Headline:
        board, database = self._live.board, self._live.database
        if board is not None and board.ended is None:
            return underway(board)
        if database.kind in ("lost", "refused"):
            return Headline("bad", "✗", database.title.rstrip("."))
        if self._headline is not None:
            return self._headline
        return Headline("muted", "◌", self.tr("Looking at what is there…").rstrip("."))

    def _in_small(self, shown: Headline) -> str:
        feeds, data_dir = self._place
        home = str(Path.home())
        short = "~" + data_dir[len(home) :] if data_dir.startswith(home + "/") else data_dir
        zone = datetime.now().astimezone().tzname() or ""
        fetched = shown.fetched[:1].upper() + shown.fetched[1:]
        parts = (
            fetched,
            self.tr("feeds {}").format(feeds) if feeds else "",
            short,
            self.tr("times in {}").format(zone) if zone else "",
        )
        return "  ·  ".join(part for part in parts if part)

    def _show_links(self, shown: Headline) -> None:
        wanted: dict[Lead, str] = {}
        for lack in shown.lacks:
            if lack.words and self._label(lack.leads_to):
                wanted.setdefault(lack.leads_to, lack.words)
        links = tuple(wanted.items())[:_MOST_LINKS]
        if links == self._links:
            return
        self._links = links
        while self._link_row.count():
            item = self._link_row.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for lead, words in links:
            self._link_row.addWidget(self._made_link(lead, words))
        self._link_row.addStretch(1)

    def _made_link(self, lead: Lead, words: str) -> QPushButton:
        button = QPushButton(f"{self._label(lead)}  ›")
        button.setProperty("link", True)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setToolTip(words)
        button.setAccessibleName(self._label(lead))
        button.setAccessibleDescription(words)
        button.clicked.connect(lambda: self.lead_followed.emit(lead))
        return button

    def _label(self, lead: Lead) -> str:
        """Where a click leads, in short; empty where a large button leads there already."""
        match lead:
            case ("day", date() as day):
                told = day_in_words(day, datetime.now().astimezone())
                return self.tr("Games of {}").format(told)
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

    def _show_run(self) -> None:
        board = self._live.board
        is_running = board is not None and board.ended is None
        self._bar.setVisible(is_running)
        if board is not None and is_running:
            self._bar.show_share(share_done(board))
            self._total.setText(board.cancel or total_in_words(board))
            give_role(self._total, "warning" if board.cancel else "muted")
            return
        role, words = self._afterwards()
        self._total.setText(words)
        give_role(self._total, role)

    def _afterwards(self) -> tuple[str, str]:
        board, ended = self._live.board, self._ended
        if ended is None or board is None or board.ended is None:
            return "muted", ""
        if board.ended.status is not RunStatus.CANCELLED:
            return ended.role, f"{ended.glyph} {ended.words.rstrip('.')}"
        if self._backends is None:
            return "muted", self.tr("■ Cancelled; looking whether anything is left running…")
        if self._backends:
            told = counted(self._backends, "connection")
            return "warning", self.tr("■ Cancelled; {} still at work").format(told)
        return "good", self.tr("■ Cancelled: nothing left running")

    def _show_notice(self) -> None:
        database = self._live.database
        said = " ".join(part for part in (database.title, database.detail, database.hint) if part)
        if database.kind == "opening":
            self._notice.tell("muted", "◌", f"{said.rstrip('.')}…")
        elif database.kind in ("lost", "refused"):
            self._notice.tell("bad", "✗", said, self.tr("Try again"))
        elif self._resumable and not self._live.is_running:
            tip = self.tr("Run what is left of it")
            self._notice.tell("warning", "↯", self._resumable, self.tr("Resume"), tip)
        else:
            self._notice.clear()
