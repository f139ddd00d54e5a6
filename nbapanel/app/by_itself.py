"""What the window does by itself: refetches at their times, and views that fell behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from nbapanel.app.runs import Runs
from nbapanel.desk.schedule import Schedule, Times
from nbapanel.ui.live import Live
from nbapanel.ui.ports import RunWanted
from nbapanel.ui.preferences import REFETCH_AT_TIMES, REFETCH_WHILE_LIVE, Preferences
from nbapanel.ui.standing import Standing


class ByItself:
    """`show`: is told when what comes next does so, and what it is called; None: nothing does."""

    def __init__(
        self,
        runs: Runs,
        live: Live,
        standing: Standing,
        show: Callable[[datetime | None, str], None],
    ) -> None:
        self._runs = runs
        self._live = live
        self._standing = standing
        self._show = show
        self.schedule = Schedule(
            refetch=lambda: runs.start(RunWanted(trigger="schedule")),
            refresh=self.refresh_views,
            are_games_live=self._are_games_live,
            is_busy=lambda: runs.is_underway,
            changed=self.show_next,
        )

    def start(self, preferences: Preferences) -> None:
        """Needs the loop running."""
        self.schedule.start(times_of(preferences))

    def follow(self, before: Preferences, now: Preferences) -> None:
        """Other preferences may mean other times."""
        if times_of(before) != times_of(now):
            self.schedule.set(times_of(now))

    def close(self) -> None:
        self.schedule.close()

    def refresh_views(self) -> None:
        """Publish what the working tables have and the views lack; else just look again.

        What was tried and failed is not tried every few minutes: the headline says it.
        """
        overview = self._standing.overview
        if overview is not None and overview.behind and "publish" not in overview.undone:
            self._runs.start(RunWanted(from_step="publish", trigger="schedule"))
        else:
            self._live.data_changed.emit()

    def show_next(self) -> None:
        at, what = self.schedule.next() or (None, "")
        self._show(at, what)

    def _are_games_live(self) -> bool:
        overview = self._standing.overview
        return overview is not None and any(day.live for day in overview.days)


def times_of(preferences: Preferences) -> Times:
    """When something happens by itself, as the preferences say."""
    refetch = preferences.refetch
    return Times(
        at=preferences.times if refetch == REFETCH_AT_TIMES else (),
        while_live_min=preferences.refetch_every_min if refetch == REFETCH_WHILE_LIVE else None,
        refresh_min=preferences.refresh_every_min if preferences.refresh_views else None,
    )
