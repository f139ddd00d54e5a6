"""All that stands behind a window, together: opened, read, run, stopped, and closed again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

import pytest

from nbapanel.desk.answers import answer
from nbapanel.desk.desk import Desk, Told
from nbapanel.engine.events import Event, RunFinished, RunStarted, RunStatus
from nbapanel.errors import RunActive, UserFacingError
from nbapanel.place import Place
from nbapanel.rows.backfills import BackfillDetail
from nbapanel.rows.questions import BackfillAsked, BackfillsAsked, RunsAsked
from nbapanel.rows.reads import DatabaseState, LogLine, Planned
from nbapanel.settings import Settings
from nbapanel.warehouse.server import status

RUN = ["refetch", "--trigger", "button", "--days", "1", "--game", "401810622"]


class Window:
    """Takes what it is told in one thread, that of the test, and only while it waits."""

    def __init__(self, place: Place, clock: str = "") -> None:
        self.states: list[DatabaseState] = []
        self.events: list[Event] = []
        self.ended: list[tuple[int, str]] = []
        self.lines: list[LogLine] = []
        self.caches = 0
        self.heard: list[Any] = []
        self.failed: list[UserFacingError] = []
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        told = Told(
            event=self.events.append,
            database=self.states.append,
            caches=self._on_caches,
            child_ended=lambda code, words: self.ended.append((code, words)),
            log_lines=self.lines.extend,
            failed=self.failed.append,
            backfills=lambda: self.heard.append("further"),
            backfill_ended=lambda code, words: self.heard.append((code, words)),
        )
        reads = partial(answer, made_of={}, place="embedded")
        self.desk = Desk(place, self._calls.put, told, reads, clock=clock)

    def _on_caches(self) -> None:
        self.caches += 1

    def until(self, holds: Callable[[], Any], within_s: float = 60) -> Any:
        deadline = time.monotonic() + within_s
        while not (found := holds()):
            assert time.monotonic() < deadline, (self.states, self.events[-3:], self.failed)
            try:
                self._calls.get(timeout=0.02)()
            except Empty:
                continue
        return found

    @property
    def is_open(self) -> bool:
        return bool(self.states) and self.states[-1].kind == "ready"

    def run_events(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def open_window() -> Iterator[Callable[..., Window]]:
    windows: list[Window] = []

    def start(place: Place, **options: Any) -> Window:
        windows.append(Window(place, **options))
        windows[-1].desk.start()
        return windows[-1]

    yield start
    for window in windows:
        window.desk.close(let_run_go=False)


def test_from_an_empty_directory_to_a_warehouse(embedded: Place, open_window: Any) -> None:
    """The first start: opened, asked, planned, run and read, without a wait in the window."""
    window = open_window(embedded, clock="fixed")
    desk = window.desk
    answers: list[Any] = []
    desk.ask(RunsAsked(), answers.append)
    window.until(lambda: window.is_open and answers)
    assert answers[0].total == 0
    planned: list[Planned] = []
    desk.plan(RUN, planned.append, window.failed.append)
    window.until(lambda: planned)

    desk.start_run(RUN)
    assert desk.is_child_alive
    with pytest.raises(RunActive):
        desk.start_run(RUN)
    window.until(lambda: window.ended, within_s=90)
    assert window.ended == [(0, "")]
    assert not desk.is_child_alive
    window.until(lambda: window.run_events(RunFinished))
    assert window.run_events(RunFinished)[0].status is RunStatus.DONE
    assert window.caches == 1
    desk.ask(RunsAsked(), answers.append)
    window.until(lambda: len(answers) == 2)
    assert answers[1].total == 1, "not what was kept from before"
    told = {line.message for line in window.until(lambda: window.lines and window.lines)}
    window.until(lambda: any(line.message.startswith("Run done") for line in window.lines))
    assert any(message.startswith("Run started") for message in told | _messages(window))
    assert {line.run_id for line in window.lines if line.step} == {1}
    assert not window.failed
    desk.close(let_run_go=False)
    assert not status(embedded.data_dir.postgres).users


def _messages(window: Window) -> set[str]:
    return {line.message for line in window.lines}


def test_the_run_that_was_started_here_is_stopped(
    place: Place, open_window: Any, slow: Callable[[], None]
) -> None:
    window = open_window(place)
    window.until(lambda: window.is_open)
    window.desk.start_run(RUN)
    slow()
    window.desk.stop_run()
    window.desk.stop_run()
    window.until(lambda: window.ended and window.run_events(RunFinished))
    assert window.ended == [(130, "")]
    assert window.run_events(RunFinished)[0].status is RunStatus.CANCELLED


def test_a_run_of_somebody_else_is_shown_and_stopped(
    place: Place, open_window: Any, slow: Callable[[], None], start_run: Any
) -> None:
    """Started in a terminal, or by another panel."""
    window = open_window(place)
    window.until(lambda: window.is_open)
    process = start_run()
    slow()
    window.until(lambda: window.desk.running == 1 and window.run_events(RunStarted))
    assert not window.desk.is_child_alive
    window.desk.stop_run()
    window.until(lambda: window.run_events(RunFinished))
    assert window.run_events(RunFinished)[0].status is RunStatus.CANCELLED
    assert process.wait(60) == 130
    assert window.desk.running is None
    assert not window.ended
    window.desk.stop_run()


def test_the_run_that_was_started_here_is_killed(
    place: Place, open_window: Any, slow: Callable[[], None]
) -> None:
    window = open_window(place)
    window.until(lambda: window.is_open)
    window.desk.start_run(RUN)
    slow()
    window.desk.kill_child()
    window.until(lambda: window.ended and window.run_events(RunFinished))
    assert window.ended[0][0] == -9
    assert window.run_events(RunFinished)[0].status is RunStatus.INTERRUPTED
    assert window.is_open, "the window lives on"


@pytest.mark.parametrize("let_go", [True, False])
def test_closing_while_a_run_is_on(
    let_go: bool,
    place: Place,
    open_window: Any,
    slow: Callable[[], None],
    connection: Any,
    simulator: Any,
    until: Any,
) -> None:
    """trap W10: it finishes by itself, and the next window shows it; or it is stopped."""
    window = open_window(place)
    window.until(lambda: window.is_open)
    window.desk.start_run(RUN)
    slow()
    window.until(lambda: window.run_events(RunStarted))
    before = len(window.events)
    window.desk.close(let_run_go=let_go)
    statuses = "SELECT status FROM ops.pipeline_runs"
    if not let_go:
        assert connection.execute(statuses).fetchall() == [("cancelled",)]
    else:
        assert connection.execute(statuses).fetchall() == [("running",)]
        following = open_window(place)
        following.until(lambda: following.run_events(RunStarted))
        simulator.faults()
        following.until(lambda: following.run_events(RunFinished), within_s=60)
        assert following.run_events(RunFinished)[0].status is RunStatus.DONE
    assert len(window.events) == before, "nothing is told to a window that is closed"
    assert not window.ended
    names = {thread.name for thread in threading.enumerate()}
    assert let_go or not names & {"follower", "warehouse", "log tail", "child run"}


def test_what_is_asked_while_the_database_is_away_is_answered_when_it_is_back(
    place: Place, wire: Any, open_window: Any
) -> None:
    """trap W13: the window says so, waits, and goes on by itself."""
    window = open_window(replace(place, settings=Settings(database_url=wire.conninfo)))
    window.until(lambda: window.is_open)
    window.until(lambda: wire.connected >= 2)
    wire.cut()
    window.until(lambda: window.states[-1].kind == "lost")
    answers: list[Any] = []
    window.desk.ask(RunsAsked(), answers.append)
    window.until(lambda: True)
    assert not answers
    wire.mend()
    window.desk.retry()
    window.until(lambda: window.is_open and answers)
    window.until(lambda: window.caches)
    assert [state.kind for state in window.states] == ["opening", "ready", "lost", "ready"]


def test_trouble_of_a_stop_and_of_a_plan_is_told(
    place: Place, open_window: Any, slow: Callable[[], None], start_run: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    window = open_window(place)
    window.until(lambda: window.is_open)
    window.desk.plan(["refetch", "--game", "x"], lambda _: None, window.failed.append)
    window.until(lambda: window.failed)
    assert "not an ESPN game id" in window.failed[0].title
    start_run()
    slow()
    window.until(lambda: window.desk.running)

    def refuse(*_: Any) -> None:
        raise UserFacingError("The database does not answer.")

    monkeypatch.setattr("nbapanel.desk.desk.ask_to_stop", refuse)
    window.desk.stop_run(window.failed.append)
    window.until(lambda: len(window.failed) == 2)


def test_a_stop_that_cannot_be_passed_on_is_told(
    place: Place, wire: Any, open_window: Any, slow: Callable[[], None], start_run: Any
) -> None:
    """trap W3: a click that does nothing says so."""
    window = open_window(replace(place, settings=Settings(database_url=wire.conninfo)))
    window.until(lambda: window.is_open)
    start_run()
    slow()
    window.until(lambda: window.desk.running)
    wire.cut()
    window.until(lambda: window.states[-1].kind == "lost")
    window.desk.stop_run(window.failed.append)
    window.until(lambda: window.failed)
    assert window.failed[0].title == "Run 1 cannot be asked to stop."


def test_a_desk_that_is_closed_before_it_was_started_stays_so(place: Place) -> None:
    """The window was left before its first paint: no thread works on, and nothing is told."""
    before = set(threading.enumerate())
    window = Window(place)
    window.desk.close(let_run_go=True)
    window.desk.start()
    window.desk.ask(RunsAsked(), lambda _: window.failed.append(UserFacingError("answered")))
    window.until(lambda: set(threading.enumerate()) <= before)
    assert window._calls.empty()
    assert (window.states, window.failed) == ([], [])


BACKFILL = ["backfill", "--season", "2025-26", "--lane", "nba", "--limit", "4"]


def test_a_backfill_is_started_heard_of_paused_and_resumed(place: Place, open_window: Any) -> None:
    """As the terminal does it, beside whatever else runs; its exit says that it was paused."""
    window = open_window(place)
    window.until(lambda: window.is_open)
    desk = window.desk
    found: list[Any] = []

    def status() -> str:
        """What a dock that is told of it would read."""
        found.clear()
        desk.ask(BackfillsAsked(), found.append)
        rows = window.until(lambda: found)[0]
        return rows[0].status if rows else ""

    desk.start_backfill(BACKFILL)
    with pytest.raises(RunActive):
        desk.start_backfill(BACKFILL)
    window.until(lambda: window.heard)
    window.until(lambda: status() == "running")
    desk.pause_backfill(1, window.failed.append)
    ended = window.until(lambda: [one for one in window.heard if one != "further"])
    assert ended[0][0] in (0, 130), ended
    was_paused = ended[0][0] == 130
    assert status() == ("paused" if was_paused else "done")

    if was_paused:
        desk.start_backfill(["backfill", "--resume", "1"])
        window.until(lambda: (0, "") in window.heard, within_s=90)
    desk.ask(BackfillAsked(1), found.append)
    detail = window.until(lambda: [one for one in found if isinstance(one, BackfillDetail)])[0]
    assert detail.row.status == "done"
    assert sum(day.done for day in detail.days) == 4
    assert detail.troubles == ()
    assert window.failed == []
