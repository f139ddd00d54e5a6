"""The lower part of the window: games, charts, history, log, problems, and so on, in docks.

The docks are there from the start; what they hold is made after the first paint.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QStackedWidget,
    QTabWidget,
    QWidget,
)

from nbapanel.rows.reads import LogLine
from nbapanel.ui.live import Live
from nbapanel.ui.ports import Asker, DeclaredStep

if TYPE_CHECKING:
    from nbapanel.ui.backfill.panel import BackfillPanel
    from nbapanel.ui.charts.panel import ChartsPanel
    from nbapanel.ui.games.panel import GamesPanel
    from nbapanel.ui.history.panel import HistoryPanel
    from nbapanel.ui.log.pane import LogPane
    from nbapanel.ui.notices import Notice, NoticesPanel
    from nbapanel.ui.quality.panel import QualityPanel

KEYS = ("games", "charts", "history", "log", "notices", "quality", "backfill")
_KEPT = ("games", "history", "quality", "backfill")
_LEAST_HEIGHT = 200
_WAITING_LINES = 5_000
_ABOVE = 572
"""What menu, header and the cards take, so that no card is cut where there is room for all."""


@dataclass(frozen=True, slots=True)
class Folders:
    """Where things lie: the data directory, and in it the archive, the exports and the logs."""

    data: Path
    archive: Path
    exports: Path
    logs: Path


class Docks(QObject):
    """Makes the docks and their contents, and leads from one to the other.

    `unseen` counts problems that nobody looked at.
    """

    run_wanted = Signal(object)  # RunWanted
    exported = Signal(object)  # Path
    failed = Signal(object)  # UserFacingError
    retention_wanted = Signal()
    backfill_wanted = Signal(object)  # BackfillWanted
    pause_wanted = Signal(int)  # backfill_id

    games: GamesPanel
    charts: ChartsPanel
    history: HistoryPanel
    log: LogPane
    notices: NoticesPanel
    quality: QualityPanel
    backfill: BackfillPanel

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.is_filled = False
        self._early_notices: list[Notice] = []
        self._early_lines: deque[LogLine] = deque(maxlen=_WAITING_LINES)
        self.by_key: dict[str, QDockWidget] = {}
        titles = {
            "games": self.tr("Games"),
            "charts": self.tr("Charts"),
            "history": self.tr("History"),
            "log": self.tr("Log"),
            "notices": self.tr("Problems"),
            "quality": self.tr("Quality"),
            "backfill": self.tr("Backfill"),
        }
        for key in KEYS:
            dock = QDockWidget(titles[key], window)
            dock.setObjectName(f"dock_{key}")
            dock.setFeatures(
                QDockWidget.DockWidgetFeature.DockWidgetMovable
                | QDockWidget.DockWidgetFeature.DockWidgetFloatable
                | QDockWidget.DockWidgetFeature.DockWidgetClosable
            )
            waiting = QLabel(self.tr("One moment…"))
            waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
            waiting.setProperty("role", "muted")
            dock.setWidget(waiting)
            dock.topLevelChanged.connect(partial(self._dress, dock))
            dock.visibilityChanged.connect(partial(self._on_visibility_changed, dock))
            self._dress(dock, is_floating=False)
            self.by_key[key] = dock
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.arrange()

    def _dress(self, dock: QDockWidget, is_floating: bool) -> None:
        """In the window its tab says what it is, and moves it; alone it needs a title."""
        dock.setTitleBarWidget(None if is_floating else _nothing(dock))  # type: ignore[arg-type]

    def arrange(self) -> None:
        """Side by side as tabs below the pipeline, games first."""
        first = self.by_key[KEYS[0]]
        for dock in self.by_key.values():
            dock.setFloating(False)
            self._window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
            dock.show()
            if dock is not first:
                self._window.tabifyDockWidget(first, dock)
        first.raise_()
        self.give_room()

    def give_room(self) -> None:
        """All that the pipeline leaves."""
        height = max(_LEAST_HEIGHT, self._window.height() - _ABOVE)
        first = self.by_key[KEYS[0]]
        self._window.resizeDocks([first], [height], Qt.Orientation.Vertical)

    @property
    def sizes(self) -> Mapping[str, QSize]:
        """By key, of those that lie in the window and are in front."""
        return {
            key: dock.size()
            for key, dock in self.by_key.items()
            if not dock.isFloating() and not dock.visibleRegion().isEmpty()
        }

    def give_sizes(self, sizes: Mapping[str, QSize]) -> None:
        """As they were."""
        docks = [self.by_key[key] for key in sizes]
        heights = [size.height() for size in sizes.values()]
        widths = [size.width() for size in sizes.values()]
        self._window.resizeDocks(docks, heights, Qt.Orientation.Vertical)
        self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)

    def fill(
        self, asker: Asker, live: Live, declared: Sequence[DeclaredStep], folders: Folders
    ) -> None:
        """Make what the docks hold. Charts come here, and with them numpy: not before the paint."""
        from nbapanel.ui.backfill.panel import BackfillPanel
        from nbapanel.ui.charts.panel import ChartsPanel
        from nbapanel.ui.games.panel import GamesPanel
        from nbapanel.ui.history.panel import HistoryPanel
        from nbapanel.ui.log.pane import LogPane
        from nbapanel.ui.notices import NoticesPanel
        from nbapanel.ui.quality.panel import QualityPanel

        titles = {step.key: step.title for step in declared}
        self.games = GamesPanel(asker, live, folders.exports, folders.archive)
        self.charts = ChartsPanel(asker, live, folders.exports, declared)
        self.history = HistoryPanel(asker, live, titles, folders.exports)
        self.log = LogPane(titles)
        self.notices = NoticesPanel()
        self.quality = QualityPanel(asker, live, folders.exports)
        self.backfill = BackfillPanel(asker, live, folders.exports)
        for key in KEYS:
            old = self.by_key[key].widget()
            widget: QWidget = getattr(self, key)
            self.by_key[key].setWidget(_Curtain(widget))
            old.deleteLater()
            self._on_visibility_changed(
                self.by_key[key], not self.by_key[key].visibleRegion().isEmpty()
            )
        self._connect()
        self.is_filled = True
        for notice in self._early_notices:
            self.notices.add(notice)
        self.log.add_lines(tuple(self._early_lines))
        self._early_notices.clear()
        self._early_lines.clear()

    def add_notice(self, notice: Notice) -> None:
        """Put a problem onto the list, or have it there once there is one."""
        if self.is_filled:
            self.notices.add(notice)
        else:
            self._early_notices.append(notice)

    def add_lines(self, lines: Sequence[LogLine]) -> None:
        """To the log; at first the latest of them wait until there is one."""
        if self.is_filled:
            self.log.add_lines(lines)
        else:
            self._early_lines.extend(lines)

    def show(self, key: str) -> None:
        """Bring that dock to the front and give it the focus."""
        dock = self.by_key[key]
        dock.show()
        dock.raise_()
        widget = dock.widget()
        if isinstance(widget, _Curtain):
            widget.draw(is_open=True)
            # The first thing that one does with a log; a focus proxy would keep Tab off the rest.
            target = self.log.bar.text if key == "log" else widget.content
            target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def save_states(self) -> Mapping[str, bytes]:
        """What the tables remember of their columns."""
        if not self.is_filled:
            return {}
        return {key: getattr(self, key).save_state() for key in _KEPT}

    def restore_states(self, states: Mapping[str, bytes]) -> None:
        if states.get("games"):
            self.games.restore_state(states["games"])
        if states.get("history"):
            self.history.restore_state(states["history"])
        if states.get("quality"):
            self.quality.restore_state(states["quality"])
        if states.get("backfill"):
            self.backfill.restore_state(states["backfill"])

    def show_run(self, run_id: int) -> None:
        self.show("history")
        self.history.show_run(run_id)

    def show_run_log(self, run_id: int) -> None:
        self.show("log")
        self.log.show_run(run_id)

    def show_step_log(self, run_id: int | None, step: str) -> None:
        self.show("log")
        self.log.show_step(run_id, step)

    def show_games_of_run(self, run_id: int) -> None:
        self.show("games")
        self.games.show_changed_by(run_id)

    def _on_visibility_changed(self, dock: QDockWidget, is_seen: bool) -> None:
        """A dock behind another counts as visible to Qt: what it holds would ask and draw unseen,
        and take problems for read."""
        widget = dock.widget()
        if isinstance(widget, _Curtain):
            widget.draw(is_open=is_seen)

    def _on_unread_changed(self, number: int) -> None:
        title = self.tr("Problems")
        self.by_key["notices"].setWindowTitle(f"{title} ({number})" if number else title)

    def _connect(self) -> None:
        self.games.run_wanted.connect(self.run_wanted)
        self.games.exported.connect(self.exported)
        self.charts.run_wanted.connect(self.show_run)
        self.charts.exported.connect(self.exported)
        self.charts.failed.connect(self.failed)
        self.history.run_wanted.connect(self.run_wanted)
        self.history.games_of_run_wanted.connect(self.show_games_of_run)
        self.history.log_wanted.connect(self.show_run_log)
        self.history.retention_wanted.connect(self.retention_wanted)
        self.notices.run_wanted.connect(self.show_run)
        self.notices.log_wanted.connect(self.show_step_log)
        self.notices.unread_changed.connect(self._on_unread_changed)
        self.quality.exported.connect(self.exported)
        self.backfill.backfill_wanted.connect(self.backfill_wanted)
        self.backfill.pause_wanted.connect(self.pause_wanted)
        self.backfill.exported.connect(self.exported)
        self.log.failed.connect(self.failed)
        self.log.saved.connect(self.exported)


class _Curtain(QStackedWidget):
    """Hides what a dock holds while nobody sees it, and keeps its room: a dock of which the
    contents are hidden would be made as low as can be."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.content = content
        self._closed = QWidget()
        self.addWidget(self._closed)
        self.addWidget(content)

    def draw(self, *, is_open: bool) -> None:
        self.setCurrentWidget(self.content if is_open else self._closed)


def _nothing(parent: QWidget) -> QWidget:
    """Of no size. Without a layout it would have one of -1, which Qt warns of where it counts."""
    nothing = QWidget(parent)
    QHBoxLayout(nothing).setContentsMargins(0, 0, 0, 0)
    return nothing
