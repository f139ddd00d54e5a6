"""Whole runs in this process, against a simulator that misbehaves and an empty database each.

Which file proves which fault (those elsewhere need the program as a process, or the window):

each rule of the simulator, each request   test_each_fault, test_refused, test_meanings
a line that is bad all evening             test_evening
PostgreSQL stopped, killed, restarted      test_database_trouble (its keeper brings it back),
                                           e2e/test_server_gone (nobody does), test_lost_lock,
                                           journeys/test_database_lost, warehouse/test_server
connections, statements, writes limited    test_server_limits, e2e/test_own_server,
                                           journeys/test_database_refuses
the disk is full                           e2e/test_disk_full (for real), test_database_trouble,
                                           archive/test_kill, cli/test_review_data_dir
the archive is damaged                     test_damaged_archive, archive/test_damage,
                                           cli/test_upkeep, e2e/test_review_rebuild
settings and other small files damaged     cli/test_damaged_files, journeys/test_files_damaged
an applied migration was edited            cli/test_upkeep, journeys/test_database_refuses
the clock is set back                      test_clock_set_back, test_database_trouble,
                                           cli/test_league_clock, archive/test_store
several at once                            journeys/test_three_at_once, e2e/test_two_at_once,
                                           test_database_trouble, warehouse/test_run_lock
kill -9 of a run                           e2e/test_kill, archive/test_kill, journeys/test_killed
kill -9 of the window                      journeys/test_killed_in_each_step, journeys/test_killed
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from nbapanel.cli import running
from nbapanel.cli.requests import RunRequest
from nbapanel.cli.screen import SilentScreen
from nbapanel.engine.board import Board
from nbapanel.engine.events import Event, RunFinished, StepFinished
from nbapanel.origin import FeedSet
from nbapanel.paths import DataDir
from nbapanel.pipeline import STEPS
from nbapanel.place import Place
from nbapanel.settings import Settings
from nbapanel.simulator.running import RunningSimulator

# Of one day: a game as most are, and one that only the summary has.
DAY = date(2026, 1, 9)
FULL_GAME, SUMMARY_GAME = "401810576", "401810578"

FETCHED = ("source_file_id", "snapshot_id", "final_seen_at", "first_seen_at", "last_seen_at",
           "last_fetched_at", "last_change")  # fmt: skip
"""Columns that tell when and in which file a row came: other for an answer that mends another."""

QUICK = Settings(
    request_attempts=2,
    request_backoff_s=0.005,
)


@dataclass(frozen=True)
class Ended:
    finished: RunFinished
    board: Board

    @property
    def states(self) -> dict[str, str]:
        return {key: line.state.value for key, line in self.board.lines.items()}

    def step(self, key: str) -> StepFinished:
        done = self.board.lines[key].finished
        assert done is not None
        return done


@dataclass(frozen=True)
class Desk:
    """A place to run in: `desk()` refetches the two games, `desk(steps=...)` a part of it."""

    place: Place
    simulator: RunningSimulator

    def __call__(
        self,
        *,
        games: tuple[str, ...] = (FULL_GAME, SUMMARY_GAME),
        day: date = DAY,
        observer: Callable[[Event], Any] | None = None,
        only: tuple[str, ...] = (),
        until: str | None = None,
        **options: Any,
    ) -> Ended:
        steps = tuple(step.key for step in STEPS.slice(only, None, until))
        request = RunRequest(
            kind="refetch", trigger="terminal", steps=steps, days=1, first=day, last=day,
            games=games, **options,
        )  # fmt: skip
        board = Board.of(STEPS.steps, steps)
        screen = SilentScreen(board)

        async def watch(event: Event) -> None:
            await screen(event)
            if observer is not None:
                observer(event)

        finished = running.run(self.place, request, watch, lambda *_: None)
        return Ended(finished, board)

    @property
    def conninfo(self) -> str:
        return self.place.settings.database_url

    def with_settings(self, **changed: Any) -> Desk:
        place = replace(self.place, settings=replace(self.place.settings, **changed))
        return replace(self, place=place)


@pytest.fixture(autouse=True)
def log_to_pytest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The log file would take the place of pytest's own handlers, and of the guard over them."""
    monkeypatch.setattr("nbapanel.opening.log_to", lambda *_, **__: None)


@pytest.fixture(autouse=True)
def little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that is tried again need not wait half a second for it."""
    monkeypatch.setattr("nbapanel.engine.runner.BACK_OFF_S", 0.02)


@pytest.fixture
def desk(conninfo: str, simulator: RunningSimulator, tmp_path: Path) -> Desk:
    return _desk(tmp_path, simulator, conninfo)


def _desk(folder: Path, simulator: RunningSimulator, conninfo: str) -> Desk:
    feeds = FeedSet("http", simulator.url, known_as=simulator.source.name)
    settings = replace(QUICK, database_url=conninfo)
    return Desk(Place(DataDir(folder / "data"), feeds, settings), simulator)


@pytest.fixture(scope="session")
def undisturbed(_undisturbed: tuple[Any, Any]) -> Any:
    """What a run without faults leaves in the tables."""
    return _undisturbed[0]


@pytest.fixture(scope="session")
def undisturbed_data(_undisturbed: tuple[Any, Any]) -> Any:
    """The same, without the columns that tell when and in which file a row came."""
    return _undisturbed[1]


@pytest.fixture
def data(contents: Callable[..., Any]) -> Callable[[str], Any]:
    """`data(conninfo)`: what the tables hold, to be compared with `undisturbed_data`."""
    return lambda conninfo: contents(conninfo, but=FETCHED)


@pytest.fixture(scope="session")
def lasting() -> Callable[[dict[str, bytes]], dict[str, bytes]]:
    """Without the odds: the feed has those of the moment only, and each look keeps its own."""
    return lambda found: {
        name: rows for name, rows in found.items() if not name.startswith("nba.odds_")
    }


@pytest.fixture(scope="session")
def _undisturbed(
    league: RunningSimulator,
    empty_database: Callable[[], AbstractContextManager[str]],
    contents: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Any, Any]:
    with empty_database() as conninfo, pytest.MonkeyPatch.context() as patched:
        patched.setattr("nbapanel.opening.log_to", lambda *_, **__: None)
        ended = _desk(tmp_path_factory.mktemp("undisturbed"), league, conninfo)()
        assert ended.finished.status == "done"
        return contents(conninfo), contents(conninfo, but=FETCHED)
