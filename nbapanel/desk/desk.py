"""What the window stands on: the warehouse kept open, reads, live events, runs and the log.

One object to start and to close. Knows no Qt: whatever is told is handed to `deliver`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from psycopg import Connection

from nbapanel.desk.checking import Checking
from nbapanel.desk.child_export import ChildExport
from nbapanel.desk.child_run import ChildRun
from nbapanel.desk.exporting import export_game
from nbapanel.desk.follower import Follower
from nbapanel.desk.log_tail import LogTail
from nbapanel.desk.opened import OpenedWarehouse
from nbapanel.desk.planning import Planning
from nbapanel.desk.read_cache import ReadCache
from nbapanel.desk.reader import Reader
from nbapanel.engine.events import Event, StepProgress
from nbapanel.errors import DatabaseUnavailable, RunActive, UserFacingError
from nbapanel.place import Place
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.rows.quality import QualityReport, QualityWanted
from nbapanel.rows.questions import Question
from nbapanel.rows.reads import CacheCounts, DatabaseState, LogLine, Planned
from nbapanel.warehouse.control_channel import ask_to_stop
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.pausing import pause_backfills

log = logging.getLogger(__name__)

A = TypeVar("A")
Failed = Callable[[UserFacingError], None]
Deliver = Callable[[Callable[[], None]], None]
Answer = Callable[[Connection[Any], Question[Any]], Any]

_STOP_WITHIN_S = 8.0
_KILLED_WITHIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Told:
    """Who hears what, each in the thread that `deliver` hands it to.

    `child_ended`: the exit code of a run that was started here, and its last words (see
    `child_run.trouble`); `backfill_ended`: of a backfill. `failed`: trouble of a read whose asker
    does not want to hear of it. `backfills`: one of them is further than it was.
    """

    event: Callable[[Event], None]
    database: Callable[[DatabaseState], None]
    caches: Callable[[], None]
    child_ended: Callable[[int, str], None]
    log_lines: Callable[[list[LogLine]], None]
    failed: Failed
    backfills: Callable[[], None] = lambda: None
    backfill_ended: Callable[[int, str], None] = lambda code, words: None


class Desk:
    """Everything behind one window. Nothing here waits, but `close`.

    `deliver` takes a call from any thread and makes it, later, in the window's. `answer` reads the
    warehouse (`desk.answers`). `clock` is a simulated league's, for the runs started here.
    """

    def __init__(
        self, place: Place, deliver: Deliver, told: Told, answer: Answer, *, clock: str = ""
    ) -> None:
        self._place = place
        self._hand_over = deliver
        self._told = told
        self._clock = clock
        self._is_closed = False
        self._lock = threading.Lock()
        self._child: ChildRun | None = None
        self._backfill: ChildRun | None = None
        self._follower: Follower | None = None
        self._plannings: set[Planning] = set()
        self._exports: set[ChildExport] = set()
        self._checkings: set[Checking] = set()
        self._cache = ReadCache()
        self._reader = Reader(None, answer, self._cache, self._deliver, told.failed)
        self._opened = OpenedWarehouse(place, self._on_state)
        self._log_tail = LogTail(place.data_dir.logs, self._on_lines)

    def start(self) -> None:
        self._opened.start()
        self._log_tail.start()

    # ---- the database --------------------------------------------------------------------------

    @property
    def database(self) -> DatabaseState:
        return self._opened.state

    def retry(self) -> None:
        """Try to open the database now."""
        self._opened.retry()

    def ask(
        self, question: Question[A], then: Callable[[A], None], failed: Failed | None = None
    ) -> None:
        """What is asked while the database is away is answered when it is back."""
        self._reader.ask(question, then, partial(self._on_failed_read, failed))

    @property
    def cache(self) -> CacheCounts:
        return self._cache.counts

    # ---- runs ----------------------------------------------------------------------------------

    @property
    def is_child_alive(self) -> bool:
        """Whether a run that was started here has not ended yet."""
        return self._child is not None and self._child.is_alive

    @property
    def running(self) -> int | None:
        """The run that is underway in this database, whoever started it."""
        return self._follower.running if self._follower is not None else None

    def start_run(self, words: Sequence[str]) -> None:
        """Start `nbapanel` with these words (`ports.RunWanted.words`). Raises UserFacingError."""
        if self.is_child_alive:
            raise RunActive("A run that was started here is not over yet.", hint="Stop it first.")
        self._child = ChildRun(self._place, self._with_clock(words), self._on_child_ended)

    def stop_run(self, failed: Failed | None = None) -> None:
        """Ask the run that is underway to stop: the one started here, or whosever it is."""
        child, run_id, conninfo = self._child, self.running, self._opened.conninfo
        if child is not None and child.is_alive:
            child.cancel()
        elif run_id is not None:
            self._in_background("stop", partial(_ask_to_stop, conninfo, run_id), failed)

    def kill_child(self) -> None:
        """End the run that was started here at once, when it does not stop."""
        if self._child is not None:
            self._child.kill()

    def start_backfill(self, words: Sequence[str]) -> None:
        """Start `nbapanel backfill` with these words, beside whatever runs. Raises UserFacingError.

        It is worked by a process of its own, which goes on when the window is closed.
        """
        if self._backfill is not None and self._backfill.is_alive:
            raise RunActive(
                "A backfill that was started here is not over yet.",
                hint="Pause it first, or start this one in a terminal.",
            )
        self._backfill = ChildRun(self._place, self._with_clock(words), self._on_backfill_ended)

    def pause_backfill(self, backfill_id: int, failed: Failed | None = None) -> None:
        """Have its workers end what they are at, wherever they are."""
        conninfo = self._opened.conninfo

        def work() -> None:
            if conninfo is None:
                raise DatabaseUnavailable("The database is not open.")
            with connect(conninfo, purpose="panel") as connection:
                pause_backfills(connection, backfill_id, reason="paused in the window")

        self._in_background("pause", work, failed)

    def plan(self, words: Sequence[str], then: Callable[[Planned], None], failed: Failed) -> None:
        """What a run with these words would do."""
        planning = Planning(self._place, self._with_clock(words))
        self._plannings.add(planning)

        def work() -> None:
            try:
                planned = planning.ask()
            finally:
                self._plannings.discard(planning)
            self._deliver(partial(then, planned))

        self._in_background("plan", work, failed)

    def check_quality(
        self,
        wanted: QualityWanted,
        progressed: Callable[[int, int], None],
        then: Callable[[QualityReport], None],
        failed: Failed,
    ) -> Callable[[], None]:
        """Check NBA games; what is returned gives it up. `progressed` hears of how many are done,
        of how many."""
        checking = Checking(self._place, wanted)
        self._checkings.add(checking)

        def work() -> None:
            try:
                report = checking.ask(
                    lambda done, total: self._deliver(partial(progressed, done, total))
                )
            finally:
                self._checkings.discard(checking)
            self._deliver(partial(then, report))

        self._in_background("check", work, failed)
        return checking.give_up

    def export_game(self, game_id: str, then: Callable[[Path], None], failed: Failed) -> None:
        """Write the game's snapshot features into the exports folder, as CSV."""

        def work() -> None:
            conninfo = self._opened.conninfo
            if conninfo is None:
                raise DatabaseUnavailable("The database is not open.")
            with connect(conninfo, purpose="panel") as connection:
                path = export_game(connection, game_id, self._place.data_dir.exports)
            self._deliver(partial(then, path))

        self._in_background("export", work, failed)

    def export(
        self,
        wanted: ExportWanted,
        progressed: Callable[[int, int], None],
        then: Callable[[ExportDone | None], None],
        failed: Failed,
    ) -> Callable[[], None]:
        """Write a file, in a process of its own; the call that is returned cancels that.

        `progressed` hears of rows and bytes so far; `then` of the end, with None once cancelled.
        """

        def tell(rows: int, byte_size: int) -> None:
            self._deliver(partial(progressed, rows, byte_size))

        child = ChildExport(self._place, wanted, tell)
        self._exports.add(child)

        def work() -> None:
            try:
                done = child.work()
            finally:
                self._exports.discard(child)
            self._deliver(partial(then, done))

        self._in_background("export", work, failed)
        return child.cancel

    def use(self, place: Place) -> None:
        """The same place with other settings, for the runs that start from now on."""
        self._place = place

    def fall_silent(self) -> None:
        """Nothing is told from now on, nor what is on its way; `close` is still to come."""
        with self._lock:
            self._is_closed = True

    def close(self, *, let_run_go: bool) -> None:
        """End all of it. A run that was started here finishes by itself, or is stopped: in stages,
        for at most ten seconds; whoever closes a window has it stopped and ended before."""
        self.fall_silent()
        for planning in tuple(self._plannings):
            planning.give_up()
        for checking in tuple(self._checkings):
            checking.give_up()
        for export in tuple(self._exports):
            export.close()
        if self._child is not None and self._child.is_alive:
            _end(self._child, let_go=let_run_go)
        if self._backfill is not None and self._backfill.is_alive:
            self._backfill.let_go()
        if self._follower is not None:
            self._follower.close()
        self._reader.close()
        self._log_tail.close()
        self._opened.close()

    # ---- what is heard, in whichever thread ----------------------------------------------------

    def _on_state(self, state: DatabaseState) -> None:
        conninfo = self._opened.conninfo
        if conninfo is not None:
            self._follow(conninfo)
            self._reader.resume(conninfo)
        elif state.kind != "opening":
            self._reader.pause()
        self._deliver(partial(self._told.database, state))

    def _follow(self, conninfo: str) -> None:
        with self._lock:
            if self._follower is not None:
                self._follower.reconnect(conninfo)
            elif not self._is_closed:
                self._follower = Follower(
                    conninfo, self._on_event, self._on_caches, self._on_lost, self._on_backfill
                )
                self._follower.start()

    def _on_event(self, event: Event) -> None:
        if not isinstance(event, StepProgress):
            # What is read of runs and steps is another thing from now on.
            self._cache.clear()
        self._deliver(partial(self._told.event, event))

    def _on_caches(self) -> None:
        self._cache.clear()
        self._deliver(self._told.caches)

    def _on_backfill(self) -> None:
        self._deliver(self._told.backfills)

    def _on_backfill_ended(self, code: int, words: str) -> None:
        self._deliver(partial(self._told.backfill_ended, code, words))
        self._on_backfill()

    def _on_lost(self, _: UserFacingError) -> None:
        self._opened.suspect()

    def _on_child_ended(self, code: int, words: str) -> None:
        self._deliver(partial(self._told.child_ended, code, words))

    def _on_lines(self, lines: list[LogLine]) -> None:
        self._deliver(partial(self._told.log_lines, lines))

    def _on_failed_read(self, failed: Failed | None, error: UserFacingError) -> None:
        if isinstance(error, DatabaseUnavailable):
            self._opened.suspect()
        (failed or self._told.failed)(error)

    # ---- how -----------------------------------------------------------------------------------

    def _deliver(self, call: Callable[[], None]) -> None:
        if not self._is_closed:
            self._hand_over(partial(self._if_open, call))

    def _if_open(self, call: Callable[[], None]) -> None:
        """What was on its way when the window closed comes too late."""
        if not self._is_closed:
            call()

    def _in_background(self, name: str, work: Callable[[], None], failed: Failed | None) -> None:
        def run() -> None:
            try:
                work()
            except UserFacingError as error:
                self._deliver(partial(failed or self._told.failed, error))
            except Exception as bug:
                log.exception("%s broke off", name)
                told = UserFacingError(f"internal error: {type(bug).__name__}: {bug}")
                self._deliver(partial(failed or self._told.failed, told))

        threading.Thread(target=run, name=name, daemon=True).start()

    def _with_clock(self, words: Sequence[str]) -> list[str]:
        is_meant = (
            self._clock
            and self._place.feeds.is_simulated
            and words[:1] in (["refetch"], ["backfill"])
        )
        return [*words, "--clock", self._clock] if is_meant else list(words)


def _ask_to_stop(conninfo: str | None, run_id: int) -> None:
    if conninfo is None:
        raise DatabaseUnavailable(
            f"Run {run_id} cannot be asked to stop.",
            "The database, by which it would hear of it, is not there.",
            "Try again when it is, or stop it where it was started.",
        )
    with connect(conninfo, purpose="panel") as connection:
        ask_to_stop(connection, run_id)


def _end(child: ChildRun, *, let_go: bool) -> None:
    if let_go:
        child.let_go()
        return
    child.cancel()
    if not child.wait(_STOP_WITHIN_S):
        child.kill()
        child.wait(_KILLED_WITHIN_S)
