"""Holds the warehouse open for a window: in a thread, as long as it lives, and again after a loss.

Knows no Qt, and asks the warehouse nothing but whether it is there.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import psycopg

from nbapanel.errors import UserFacingError
from nbapanel.opening import open_warehouse
from nbapanel.place import Place
from nbapanel.rows.reads import DatabaseState
from nbapanel.warehouse.db import connect, explain, in_words

log = logging.getLogger(__name__)

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 5.0
_SAME_ADDRESS_S = 3.0
_CLOSE_S = 2.0
_PURPOSE = "panel"

_OPENING = DatabaseState("opening", "Opening the database")
_READY = DatabaseState("ready", "The database is open")


class OpenedWarehouse:
    """Opens the place's warehouse in the background: server started, schema brought up to date.

    Nothing is claimed for these feeds by that: the first run does. `on_state` hears each change,
    in the thread that opens; `conninfo` is set where it is "ready". What may pass by itself (the
    server is down, or starts) is tried again after a while; what somebody has to mend first (other
    feeds, no rights) only after `retry`.
    """

    def __init__(self, place: Place, on_state: Callable[[DatabaseState], None]) -> None:
        self._place = place
        self._on_state = on_state
        self._conninfo: str | None = None
        self._state = _OPENING
        self._closing = threading.Event()
        self._is_suspected = False
        self._is_asked = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._work, name="warehouse", daemon=True)

    @property
    def conninfo(self) -> str | None:
        """Where it is, password included; None while it is not open."""
        return self._conninfo

    @property
    def state(self) -> DatabaseState:
        return self._state

    def start(self) -> None:
        self._on_state(self._state)
        self._thread.start()

    def suspect(self) -> None:
        """Somebody's connection was lost: look whether the database is still there."""
        if self._state.kind == "ready":
            self._is_suspected = True
            self._wake.set()

    def retry(self) -> None:
        """Try now: do not wait until it is time, nor for ever after a refusal."""
        self._is_suspected = self._is_asked = True
        self._wake.set()

    def close(self) -> None:
        """Let go of it, within two seconds.

        The last to let go of an embedded server waits until it has stopped; where that takes
        longer, its keeper sees to it alone.
        """
        self._closing.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(_CLOSE_S)

    def _work(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._closing.is_set():
            self._is_suspected = self._is_asked = False
            try:
                with open_warehouse(self._place, _PURPOSE) as conninfo:
                    self._become(_READY, conninfo)
                    wait_s = _FIRST_WAIT_S
                    self._stay(conninfo)
            except UserFacingError as error:
                self._fail("lost" if _may_pass(error) else "refused", error)
            except Exception as bug:
                log.exception("The warehouse cannot be opened")
                self._fail("refused", _unforeseen(bug))
            self._pause(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _stay(self, conninfo: str) -> None:
        """Until `close`. Raises UserFacingError once the database is gone for longer."""
        while not self._closing.is_set():
            if self._is_suspected:
                self._is_suspected = False
                self._look_again(conninfo)
            self._wait(None)

    def _look_again(self, conninfo: str) -> None:
        """Its keeper may be starting the server anew this moment, and at the same address."""
        wait_s = _FIRST_WAIT_S
        until = time.monotonic() + _SAME_ADDRESS_S
        while not self._closing.is_set():
            try:
                _knock(conninfo)
            except UserFacingError as error:
                if time.monotonic() >= until or not _may_pass(error):
                    raise
                self._fail("lost", error)
                self._wait(wait_s)
                wait_s *= 2
            else:
                self._become(_READY, conninfo)
                return

    def _pause(self, wait_s: float) -> None:
        """Until it is time to try again; after a refusal, until somebody asks for it."""
        if self._state.kind != "refused":
            self._wait(wait_s)
            return
        while not self._is_asked and not self._closing.is_set():
            self._wait(None)
        self._become(_OPENING)

    def _wait(self, timeout_s: float | None) -> None:
        if not self._closing.is_set():
            self._wake.wait(timeout_s)
            self._wake.clear()

    def _fail(self, kind: str, error: UserFacingError) -> None:
        state = DatabaseState(kind, error.title, error.detail, error.hint)
        if state != self._state:
            log.info("The database is %s: %s", kind, error)
        self._become(state)

    def _become(self, state: DatabaseState, conninfo: str | None = None) -> None:
        self._conninfo = conninfo
        if state != self._state and not self._closing.is_set():
            self._state = state
            self._on_state(state)


def _unforeseen(bug: Exception) -> UserFacingError:
    return UserFacingError(
        "The database cannot be opened.",
        f"internal error: {type(bug).__name__}: {bug}",
        "The log says more.",
    )


def _knock(conninfo: str) -> None:
    with connect(conninfo, purpose=_PURPOSE) as connection, in_words():
        connection.execute("SELECT 1")


def _told_of(*states: str) -> frozenset[str]:
    """How trouble with these SQL states is told."""
    errors = [psycopg.errors.lookup(state)("") for state in states]
    told = [explain(error) for error in (*errors, psycopg.OperationalError("no answer"))]
    return frozenset(error.title for error in told if error is not None)


_PASSING = _told_of("57P01", "57P02", "57P03", "53300", "53200")
"""Shut down, crashed, starting; too many connections, out of memory; or no answer at all."""


def _may_pass(error: UserFacingError) -> bool:
    return error.transient or error.title in _PASSING
