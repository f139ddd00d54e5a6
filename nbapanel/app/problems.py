"""What goes onto the list of problems by itself: refreshes that failed or were slow, and reads that
failed. How a run ended is told by its own event.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import AlertsAsked
from nbapanel.ui.docks import Docks
from nbapanel.ui.live import Live
from nbapanel.ui.notices import Notice
from nbapanel.ui.notifier import Notifier
from nbapanel.ui.ports import Asker

log = logging.getLogger(__name__)

_ALERTS_OF_THE_LAST = timedelta(days=1)


class Problems:
    """Alerts are looked for whenever there may be new ones."""

    def __init__(self, asker: Asker, live: Live, docks: Docks, notifier: Notifier) -> None:
        self._asker = asker
        self._live = live
        self._docks = docks
        self._notifier = notifier
        notifier.noticed.connect(docks.add_notice)
        live.run_finished.connect(self.look_for_alerts)
        live.data_changed.connect(self.look_for_alerts)
        live.database_changed.connect(self.look_for_alerts)

    def look_for_alerts(self) -> None:
        if self._live.database.kind == "ready":
            since = datetime.now(UTC).replace(second=0, microsecond=0) - _ALERTS_OF_THE_LAST
            self._asker.ask(AlertsAsked(since), self._notifier.take_alerts, lambda _: None)

    def take_failed_read(self, error: UserFacingError) -> None:
        """Of the window as a whole; a lost database is said in the header already."""
        log.info("A read failed: %s", error)
        if self._live.database.kind == "ready":
            self._docks.add_notice(Notice("failure", error.title, error.detail, datetime.now(UTC)))
