"""kill -9 of the window in every step of a run that was started from it."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from nbapanel.engine.events import RunStatus
from nbapanel.warehouse.db import connect

_PRESSED = Path(__file__).with_name("pressed_window.py")
_WRITES = {
    "load_scoreboards": "espn.scoreboard_games",
    "load_games": "espn.plays",
    "markets": "kalshi.markets",
    "candlesticks": "kalshi.candlesticks",
    "nba_lists": "nba.schedule_games",
    "load_nba": "nba.pbp_events",
    "nba_state": "derived.pbp_event_state",
    "game_state": "espn.prob_event_state",
    "snapshot_features": "derived.snapshot_features",
    "publish": "REFRESH",
}
_ASKS = {
    "fetch_scoreboards": "/nba/scoreboard",
    "fetch_games": "/probabilities",
    "fetch_nba": "/boxscore",
}
_STEPS = (*_ASKS, *_WRITES, "invalidate_caches")
_UNDERWAY = "SELECT count(*) FROM ops.step_runs WHERE status = 'running' AND step = %s"
_RUNS = "SELECT string_agg(status, ' ' ORDER BY run_id) FROM ops.pipeline_runs"

Held = AbstractContextManager[Callable[[], object]]
"""Somebody is held in the middle of a step, as long as the block lasts."""


@pytest.fixture
def held(
    place: Any, simulator: Any, frozen: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Held]:
    """`with held(step) as is_reached:`"""

    def hold(step: str) -> Held:
        if step in _WRITES:
            return frozen(place.settings.database_url, _WRITES[step])
        if step in _ASKS:
            return _slow(simulator, _ASKS[step])
        return _silent_hook(monkeypatch)

    return hold


@contextmanager
def _slow(simulator: Any, path: str) -> Iterator[Callable[[], object]]:
    """Answers that take some seconds; those that have begun take them to their end."""
    drip = {"chunk_bytes": 150, "pause_s": 0.1}
    simulator.faults([{"path": path, "fault": "slow-drip", "params": drip}])
    yield lambda: any(path in one.path for one in simulator.requests)
    simulator.faults()


@contextmanager
def _silent_hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    """A cache hook that says nothing until the end of the block, and then that all is well."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
        monkeypatch.setenv("NBAPANEL_CACHE_HOOKS", url)
        yield lambda: select.select([door], [], [], 0)[0]
        there, _ = door.accept()
        with there:
            there.recv(65536)
            there.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(step, marks=[] if step in ("load_games", "publish") else [pytest.mark.soak])
        for step in _STEPS
    ],
)
@pytest.mark.timeout(240)
def test_the_run_goes_on_and_the_next_window_shows_it(
    step: str,
    held: Callable[[str], Held],
    journey: Any,
    place: Any,
    terminal: Any,
    eventually: Any,
    processes_of: Any,
    undisturbed: Any,
    contents: Any,
    same_contents: Any,
    left_whole: Any,
) -> None:
    """traps W10, W15: in the middle of the step too; nothing is lost, and nobody is left behind."""
    conninfo = place.settings.database_url
    place.data_dir.make()

    with ExitStack() as stack:
        is_reached = stack.enter_context(held(step))
        window = terminal(place, program=_PRESSED)
        eventually(lambda: is_reached() and _one(conninfo, _UNDERWAY, step), within_s=60)
        window.kill()
        window.wait(60)

        async def story(t: Any) -> None:
            if step not in _ASKS:  # what is slow comes to its end by itself
                await t.until_at(step)
                await t.until(lambda: t.card(step).words.word == "Running", "its card")
                await t.until(lambda: t.button == "Stop", "the button")
            stack.close()
            await t.until(lambda: _one(conninfo, _RUNS) != "running", "the end of the run", 60)
            await t.until_fresh()
            if step not in _ASKS:
                await t.until_ended()
                assert t.board.ended.status is RunStatus.DONE
            assert not t.window.header._resume.isVisible()

        journey(place, story)
    assert _one(conninfo, _RUNS) == "done"
    eventually(lambda: not processes_of(place.data_dir.root), within_s=30)
    same_contents(contents(conninfo), undisturbed)
    left_whole(conninfo, place.data_dir.root)


def _one(conninfo: str, query: str, *values: str) -> Any:
    with connect(conninfo, purpose="test looks") as connection:
        row = connection.execute(query, values).fetchone()
    assert row is not None
    return row[0]
