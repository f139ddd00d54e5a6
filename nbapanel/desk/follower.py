"""Follows the runs of a database live, whoever started them: in a thread, with callbacks. No Qt.

What went before is read in the journal, what happens now comes by NOTIFY. A run whose process is
killed says nothing: that its lock is free is noticed here.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
from psycopg import Connection, Notify
from psycopg.conninfo import make_conninfo

from nbapanel.desk.past import as_event, ended, events_so_far, whole
from nbapanel.desk.story import Story
from nbapanel.engine.events import (
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepState,
)
from nbapanel.errors import DatabaseUnavailable, UserFacingError
from nbapanel.rows.reads import StepRow
from nbapanel.views import runs
from nbapanel.views.attempts import attempts, run_steps
from nbapanel.warehouse.db import connect, in_words
from nbapanel.warehouse.journal import CACHE_CHANNEL, CHANNEL, active_run, heard_event
from nbapanel.warehouse.pausing import BACKFILL_CHANNEL

log = logging.getLogger(__name__)

_TICK_S = 0.2
_LOOK_EVERY_S = 0.6
_LOOK_WHEN_IDLE_EVERY_S = 3.0
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
_JOIN_S, _SEVERED_JOIN_S = 0.6, 0.4
_GONE = "Its process is gone."
# A server that went without a word (a laptop that slept, a cable) shall not look alive for long.
_KEEPALIVES = {
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 12_000,
}


class Follower:
    """Tells every event of every run once, in order, and when caches are to be cleared.

    `on_caches` and `on_backfill` (one of them is further, or another way, than before) are also
    called after each reconnect: who knows what was missed. `on_lost` hears that
    the connection is gone; it is tried again until `close`, at another address after `reconnect`.
    All are called in the follower's thread.
    """

    def __init__(
        self,
        conninfo: str,
        on_event: Callable[[Event], None],
        on_caches: Callable[[], None],
        on_lost: Callable[[UserFacingError], None],
        on_backfill: Callable[[], None] = lambda: None,
    ) -> None:
        self._conninfo = self._address = conninfo
        self._on_event = on_event
        self._on_caches = on_caches
        self._on_lost = on_lost
        self._on_backfill = on_backfill
        self._story = Story()
        self._connection: Connection[Any] | None = None
        self._has_missed = False
        self._closing = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="follower", daemon=True)

    @property
    def running(self) -> int | None:
        """The run that is underway, as far as was told."""
        story = self._story
        return None if story.is_over else story.run_id

    def start(self) -> None:
        self._thread.start()

    def reconnect(self, conninfo: str) -> None:
        """Listen there from now on; where it is the same and the connection lives, it stays."""
        self._conninfo = conninfo
        self._wake.set()

    def close(self) -> None:
        """End it, within a second also where the server does not answer."""
        self._closing.set()
        self._wake.set()
        if not self._thread.is_alive():
            return
        self._thread.join(_JOIN_S)
        if self._thread.is_alive():
            self._sever()
            self._thread.join(_SEVERED_JOIN_S)

    def _work(self) -> None:
        wait_s, is_lost = _FIRST_WAIT_S, False
        while not self._closing.is_set():
            try:
                with self._listening() as connection:
                    self._catch_up(connection)
                    wait_s, is_lost = _FIRST_WAIT_S, False
                    self._follow(connection)
            except UserFacingError as error:
                trouble = error
            except Exception as bug:
                log.exception("The follower stumbled")
                trouble = DatabaseUnavailable(f"internal error: {type(bug).__name__}: {bug}")
            else:
                continue
            self._has_missed = True
            if self._closing.is_set():
                return
            if not is_lost:
                log.info("No longer listening to runs: %s", trouble)
                is_lost = True
                self._call(self._on_lost, trouble)
            self._wake.wait(wait_s)
            self._wake.clear()
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    @contextmanager
    def _listening(self) -> Iterator[Connection[Any]]:
        """A connection to where `reconnect` said last, listening."""
        self._wake.clear()
        self._address = self._conninfo
        connection = connect(make_conninfo(self._address, **_KEEPALIVES), purpose="follows")
        self._connection = connection
        try:
            with in_words():
                connection.execute(f"LISTEN {CHANNEL}")
                connection.execute(f"LISTEN {CACHE_CHANNEL}")
                connection.execute(f"LISTEN {BACKFILL_CHANNEL}")
                yield connection
        finally:
            self._connection = None
            connection.close()

    def _follow(self, connection: Connection[Any]) -> None:
        """Until `close`, or until another address is given."""
        looked = time.monotonic()
        while not self._closing.is_set() and self._address == self._conninfo:
            self._hear(connection, _TICK_S)
            every_s = _LOOK_WHEN_IDLE_EVERY_S if self._story.is_over else _LOOK_EVERY_S
            if time.monotonic() - looked >= every_s:
                self._look(connection)
                looked = time.monotonic()

    def _catch_up(self, connection: Connection[Any]) -> None:
        """What happened before we listened: of the run told last, and of one that is active."""
        if self._story.run_id and not _has(connection, self._story.run_id):
            # Another database: its runs are counted anew.
            self._end_untold(connection)
            self._story = Story()
        active = self._look(connection)
        if active == self._story.run_id or (active is not None and self._begin(connection, active)):
            self._replay(connection)
        if self._has_missed:
            self._call(self._on_caches)
            self._call(self._on_backfill)
        self._has_missed = True  # the next time

    def _hear(self, connection: Connection[Any], timeout_s: float) -> None:
        # All of a packet first: what is asked in between would disturb the listening.
        for notification in list(connection.notifies(timeout=timeout_s, stop_after=1)):
            self._take(connection, notification)

    def _look(self, connection: Connection[Any]) -> int | None:
        """See who holds the lock: the run that was told of may be gone."""
        active = active_run(connection)
        if not self._story.is_over and active != self._story.run_id:
            self._hear(connection, 0.0)  # its last word may be on its way
            self._end_untold(connection)
        return active

    def _take(self, connection: Connection[Any], notification: Notify) -> None:
        if notification.channel == CACHE_CHANNEL:
            self._call(self._on_caches)
            return
        if notification.channel == BACKFILL_CHANNEL:
            self._call(self._on_backfill)
            return
        event = heard_event(notification.payload)
        if event is None:
            return
        is_new = event.run_id > self._story.run_id and self._begin(connection, event.run_id)
        if is_new and not isinstance(event, RunStarted):
            self._replay(connection)
        if self._story.is_news(event):
            self._call(self._on_event, whole(connection, event, notification.payload))

    def _begin(self, connection: Connection[Any], run_id: int) -> bool:
        """Another run, if there is one: what came of the one before is told first."""
        if not _has(connection, run_id):
            log.warning("%s: there is no run %d in the journal", CHANNEL, run_id)
            return False
        self._end_untold(connection)
        self._story = Story(run_id)
        return True

    def _replay(self, connection: Connection[Any]) -> None:
        """The journal of the run, as far as it is news."""
        for event in events_so_far(connection, self._story.run_id):
            if self._story.is_news(event):
                self._call(self._on_event, event)

    def _end_untold(self, connection: Connection[Any]) -> None:
        """The end of a run that had no last word, or one that nobody heard."""
        if self._story.is_over:
            return
        run_id = self._story.run_id
        last: list[Event]
        if not _has(connection, run_id):
            last = [_forgotten(run_id)]
        else:
            self._replay(connection)
            made = attempts(connection, run_id)
            last = [_cut_off(step) for step in made if step.status == StepState.RUNNING]
            last.append(ended(runs(connection, 1, run_id)[0], run_steps(connection, run_id)))
        for event in last:
            if self._story.is_news(event):
                self._call(self._on_event, event)

    def _call(self, callback: Callable[..., None], *values: Any) -> None:
        """A listener's mistake is its own: what follows is told all the same."""
        try:
            callback(*values)
        except Exception:
            log.exception("Whoever was told could not take it")

    def _sever(self) -> None:
        """Take the connection from a thread that waits for an answer of a silent server."""
        connection = self._connection
        if connection is None:
            return
        with (
            suppress(OSError, psycopg.Error),
            socket.fromfd(connection.fileno(), socket.AF_INET, socket.SOCK_STREAM) as wire,
        ):
            wire.shutdown(socket.SHUT_RDWR)


def _has(connection: Connection[Any], run_id: int) -> bool:
    return bool(runs(connection, limit=1, run_id=run_id))


def _cut_off(step: StepRow) -> StepFinished:
    """The end of a step that was killed: the journal has none."""
    now = datetime.now(UTC)
    began = step.started_at or now
    return replace(
        as_event(step),
        state=StepState.INTERRUPTED,
        at=now,
        seconds=max(0.0, (now - began).total_seconds()),
        reason=_GONE,
    )


def _forgotten(run_id: int) -> RunFinished:
    return RunFinished(
        run_id=run_id,
        status=RunStatus.INTERRUPTED,
        at=datetime.now(UTC),
        seconds=0.0,
        error="The database no longer knows this run.",
    )
