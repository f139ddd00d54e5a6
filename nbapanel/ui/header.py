"""The top of the window: is the data fresh and complete, what runs and how long still, one button.

It shows what it is given and what the run's events say; nothing is asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
from nbapanel.headline import Headline, aftermath, underway
from nbapanel.ui.leads import Leads
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.bar import Bar
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.pipeline.total import share_done, total_in_words
from nbapanel.ui.plain_tip import plain_tip
from nbapanel.ui.roles import give_role
from nbapanel.ui.run_button import RunButton
from nbapanel.ui.strip import Strip
from nbapanel.wording import counted, sentences

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

    @property
    def words(self) -> str:
        """The line at the top, whole."""
        return self._words.text()

    def show_place(self, feeds: str, data_dir: str) -> None:
        """Which feeds, and where everything is kept."""
        self._place = (feeds, data_dir)
        self._refresh()

    def show_backends(self, count: int) -> None:
        """After a cancel: how many connections of the run still work on the server."""
        self._backends = count
        self._refresh()

    @property
    def can_resume(self) -> bool:
        """Whether the last run left something undone, as far as is known."""
        is_free = not self._live.is_running and not self.button.is_waiting
        return bool(self._resumable) and self._live.database.kind == "ready" and is_free

    def expect_run(self) -> None:
        """A run was asked for elsewhere: the button waits for it too."""
        self.button.expect_run()
        self._refresh()

    def settle(self) -> None:
        """What was wanted came to nothing: the button is there again."""
        self.button.settle()

    # ---- inside: building --------------------------------------------------------------------

    def _build(self) -> None:
        self.setAccessibleName(self.tr("State of the data"))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(16, 8, 16, 2)
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

    def _left(self) -> QVBoxLayout:
        self._words = Elided(lines=2, tells=True)
        self._words.setProperty("headline", True)
        self._small = Elided(tells=True)
        give_role(self._small, "muted")
        self._leads = Leads(self._titles)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addWidget(self._words)
        left.addWidget(self._leads)
        left.addWidget(self._small)
        self._notice = Strip()
        left.addWidget(self._notice)
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
        self._total.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._resume = QPushButton(self.tr("Resume"))
        self._resume.setAccessibleName(self.tr("Resume"))
        self._resume.hide()
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
        below = QHBoxLayout()
        below.setSpacing(8)
        below.addWidget(self._total, 1)
        below.addWidget(self._resume)
        whole.addLayout(below)
        return right

    def _wire(self) -> None:
        self.button.refetch_wanted.connect(self.refetch_wanted)
        self.button.refetch_wanted.connect(self._refresh)
        self.button.settled.connect(self._refresh)
        self.button.stop_wanted.connect(self.stop_wanted)
        self.button.stop_now_wanted.connect(self.stop_now_wanted)
        self._plan.clicked.connect(self.plan_wanted)
        self._resume.clicked.connect(self._on_resume)
        self._notice.acted.connect(self.retry_database_wanted)
        self._leads.followed.connect(self.lead_followed)
        self._live.changed.connect(self._refresh)
        self._live.run_started.connect(self._on_run_started)
        self._live.run_finished.connect(self._on_run_finished)
        self._live.database_changed.connect(self._refresh)
        self._live.forgotten.connect(self._on_forgotten)

    # ---- inside: what happens ----------------------------------------------------------------

    def _on_run_started(self) -> None:
        self._backends, self._ended, self._resumable = None, None, ""
        self._refresh()

    def _on_run_finished(self, event: RunFinished) -> None:
        board = self._live.board
        lines = board.lines if board is not None else {}
        errors = {
            key: line.finished.error for key, line in lines.items() if line.finished is not None
        }
        self._ended = self._headline = aftermath(event, self._titles, errors)
        if event.status is not RunStatus.DONE:
            told = self.tr("{}. What the run did is kept.")
            self._resumable = told.format(self._ended.verdict)
        self._refresh()

    def _on_forgotten(self) -> None:
        self._headline = self._ended = self._backends = None
        self._resumable = ""
        self.settle()
        self._refresh()

    def _on_resume(self) -> None:
        if not self._resumable or self.button.is_waiting:
            return
        self.expect_run()
        self.resume_wanted.emit()

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
        self._leads.show_lacks(shown.lacks)
        self._show_run()
        self._show_notice()
        self._show_resume()
        self._plan.setEnabled(self._live.database.kind == "ready")

    def _shown(self) -> Headline:
        board, database = self._live.board, self._live.database
        is_running = board is not None and board.ended is None
        if database.kind in ("lost", "refused"):
            # What a run does is told by the database alone.
            told = (
                (self.tr("what the run does is not seen until it is back"),) if is_running else ()
            )
            return Headline("bad", "✗", database.title.rstrip("."), told)
        if board is not None and is_running:
            return underway(board)
        if self._headline is not None:
            return self._headline
        return Headline("muted", "◌", self.tr("Looking at what is there"))

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

    def _show_run(self) -> None:
        board = self._live.board
        is_running = board is not None and board.ended is None
        self._bar.setVisible(is_running)
        if board is not None and is_running:
            self._bar.show_share(share_done(board))
            self._total.setText(total_in_words(board))
            give_role(self._total, "muted")
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
        said = sentences(database.detail, database.hint)
        if database.kind == "opening":
            told = f"{database.title.rstrip('.…')}…"
            self._notice.tell("muted", "◌", " ".join(part for part in (told, said) if part))
        elif database.kind in ("lost", "refused"):
            self._notice.tell("bad", "✗", said or database.title, self.tr("Try again"))
        else:
            self._notice.clear()

    def _show_resume(self) -> None:
        self._resume.setVisible(self.can_resume)
        told = self.tr("{} Run what is left of it.").format(self._resumable)
        self._resume.setToolTip(plain_tip(told))
        self._resume.setAccessibleDescription(told)
