"""The status bar's four fixed cells: what runs, the database, the next refetch, the feeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from PySide6.QtCore import QSize, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStatusBar, QWidget

from nbapanel.engine.events import StepState
from nbapanel.rows.reads import CacheCounts, DatabaseFacts, DatabaseState, StepFacts
from nbapanel.ui import theme
from nbapanel.ui.icons import icon
from nbapanel.ui.live import Live
from nbapanel.ui.pipeline.elided import Elided
from nbapanel.ui.plain_tip import plain_tip
from nbapanel.ui.ports import DeclaredStep
from nbapanel.ui.roles import give_role
from nbapanel.wording import size

_ICON = QSize(16, 16)
_GOOD, _BAD, _OPEN = "✓", "✗", "○"


class Cell(QWidget):
    """An icon and a few words; the whole of it in the tooltip."""

    def __init__(self, icon_name: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._icon = QLabel()
        self._words = Elided()
        self._words.setAccessibleName(name)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(6)
        layout.addWidget(self._icon)
        layout.addWidget(self._words, 1)
        self.tint()

    @property
    def words(self) -> str:
        return self._words.text()

    def say(self, words: str, role: str = "muted", tip: str = "") -> None:
        self._words.setText(words)
        self.setToolTip(plain_tip(tip or words))
        give_role(self._words, role)

    def tint(self) -> None:
        self._icon.setPixmap(icon(self._icon_name, "muted").pixmap(_ICON))


class StatusBar(QStatusBar):
    """Says the same four things in the same four places, always."""

    def __init__(
        self, declared: Sequence[DeclaredStep], live: Live, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._declared = declared
        self._live = live
        self._facts: DatabaseFacts | None = None
        self._cache: CacheCounts | None = None
        self._refresh_min: int | None = None
        self.running = Cell("refetch", self.tr("What is running"))
        self.database = Cell("database", self.tr("Database"))
        self.schedule = Cell("schedule", self.tr("Next scheduled refetch"))
        self.feeds = Cell("feeds", self.tr("Health of the feeds"))
        self._build()
        live.changed.connect(self._on_live_changed)
        live.database_changed.connect(self._on_database_changed)
        live.forgotten.connect(self._on_forgotten)
        theme.active().changed.connect(self._on_theme_changed)
        # The seconds of a run that says nothing for a while still pass.
        self._tick = QTimer(self)
        self._tick.setInterval(1000)
        self._tick.timeout.connect(self._on_live_changed)
        self._on_live_changed()
        self._on_database_changed(live.database)
        self.show_schedule(None, "")
        self.show_feeds({})

    def _build(self) -> None:
        self.setSizeGripEnabled(False)
        for cell, stretch in ((self.running, 4), (self.database, 4), (self.schedule, 3),
                              (self.feeds, 3)):  # fmt: skip
            self.addPermanentWidget(cell, stretch)

    def show_database(
        self, facts: DatabaseFacts, cache: CacheCounts, refresh_min: int | None
    ) -> None:
        """`refresh_min`: how often the views are looked after by themselves; None: never."""
        self._facts, self._cache, self._refresh_min = facts, cache, refresh_min
        self._on_database_changed(self._live.database)

    def show_schedule(self, at: datetime | None, what: str) -> None:
        """When the schedule acts next (aware), and what it does then; None: it is off."""
        if at is None:
            self.schedule.say(self.tr("No automatic refetch"), tip=self.tr(
                "Turn it on in Settings, Schedule"))  # fmt: skip
            return
        local = at.astimezone()
        self.schedule.say(
            self.tr("Next: {} {}").format(what, f"{local:%H:%M}"),
            tip=self.tr("{} at {}").format(what, f"{local:%Y-%m-%d %H:%M %Z}"),
        )

    def show_feeds(self, facts: Mapping[str, StepFacts]) -> None:
        """Health by lane: how its last fetch ended."""
        words, tips, is_bad = [], [], False
        for lane in dict.fromkeys(step.lane for step in self._declared):
            lasts = [
                (step, facts[step.key].last)
                for step in self._declared
                if step.lane == lane and step.asks_feeds and step.key in facts
            ]
            ended = [(step, last) for step, last in lasts if last is not None]
            if not ended:
                continue
            failed = [
                (step, last)
                for step, last in ended
                if last.status in (StepState.FAILED, StepState.TIMED_OUT)
            ]
            is_bad = is_bad or bool(failed)
            # Cancelled, blocked or killed: that says nothing of the feed, neither good nor bad.
            cut = [(step, last) for step, last in ended
                   if not failed and not StepState(last.status).is_good]  # fmt: skip
            words.append(f"{_BAD if failed else _OPEN if cut else _GOOD} {lane}")
            tips += [
                f"{step.title}: {last.error or last.reason or StepState(last.status).word}"
                for step, last in (*failed, *cut)
            ]
        if not words:
            self.feeds.say(self.tr("Feeds: not asked yet"))
            return
        self.feeds.say("  ".join(words), "bad" if is_bad else "muted", "\n".join(tips))

    def _on_live_changed(self) -> None:
        board = self._live.board
        if board is None or board.ended is not None:
            self._tick.stop()
            self.running.say(self.tr("No run is underway"))
            return
        if not self._tick.isActive():
            self._tick.start()
        if board.cancel:
            self.running.say(board.cancel, "warning")
            return
        titles = [line.title for line in board.lines.values() if line.state is StepState.RUNNING]
        self.running.say(
            self.tr("Run {}: {}").format(board.run_id, ", ".join(titles) or self.tr("starting")),
            "active",
        )

    def _on_database_changed(self, state: DatabaseState) -> None:
        if state.kind != "ready":
            role = "muted" if state.kind == "opening" else "bad"
            self.database.say(state.title, role, " ".join(
                part for part in (state.title, state.detail, state.hint) if part))  # fmt: skip
            return
        if self._facts is None:
            self.database.say(self.tr("Database is open"))
            return
        facts = self._facts
        words = f"{facts.place} · PostgreSQL {facts.server_version} · {size(facts.size_bytes)}"
        cache = self._cache
        tip = words
        if cache is not None:
            tip += "\n" + self.tr(
                "Read cache: {} hits, {} misses, {} answers, kept up to {} s"
            ).format(cache.hits, cache.misses, cache.entries, f"{cache.time_to_live_s:.0f}")
            # Both waits may follow one another.
            oldest_min = round(cache.time_to_live_s / 60) + (self._refresh_min or 0)
            tip += "\n" + self.tr(
                "Where another program changes tables unannounced, what is shown may be {} min old"
            ).format(oldest_min)
        self.database.say(words, "muted", tip)

    def _on_forgotten(self) -> None:
        self._facts = None
        self.show_feeds({})

    def _on_theme_changed(self) -> None:
        for cell in (self.running, self.database, self.schedule, self.feeds):
            cell.tint()
