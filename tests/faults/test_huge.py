"""A feed sends 200 MB where it should send one: over a real socket, plain and as a gzip bomb."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

_MB = 1_000_000
_SENT_MB, _MOST_MB = 200, 8
# What is asked for, and the step that asks for it; what is loaded before goes well.
_REQUESTS = {
    "/nba/scoreboard": "fetch_scoreboards",
    "/plays": "fetch_games",
    r"/markets\?": "markets",
    "/candlesticks": "candlesticks",
    "scheduleLeagueV2": "nba_lists",
    "playbyplay_": "fetch_nba",
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_200_megabytes_are_refused_in_the_memory_of_the_limit(
    packed: bool, desk: Any, undisturbed_data: Any, data: Any, same_contents: Any, left_whole: Any
) -> None:
    """The body is sound JSON to its end, so that without a limit it would be taken: blanks follow
    what was asked for. It is read as far as the setting allows, once, and nothing of it is kept."""
    desk = desk.with_settings(most_payload_mb=_MOST_MB, request_attempts=6)
    assert desk().finished.status == "done"
    desk.simulator.forget_requests()
    clean_bytes, _ = _peak_bytes(lambda: desk(only=_steps(), force=True))
    params = {"megabytes": _SENT_MB, "packed": packed}
    for path, step in _REQUESTS.items():
        desk.simulator.faults([{"path": path, "fault": "huge", "params": params}])
        peak_bytes, ended = _peak_bytes(lambda step=step: desk(only=(step,), force=True))
        assert ended.finished.failed == (step,), (path, ended.states)
        _is_told(ended.step(step))
        asked = [one for one in desk.simulator.requests if one.fault]
        # ...of each game's plays one: it is no smaller when it is asked for again.
        assert 1 <= len(asked) <= 2, path
        # The client may hold two bodies at once, each in a buffer that has grown by an eighth.
        assert peak_bytes < clean_bytes + 3 * _MOST_MB * _MB, f"{path}: {peak_bytes / _MB:.1f} MB"
        desk.simulator.forget_requests()
    desk.simulator.faults()
    assert desk(force=True).finished.status == "done"
    same_contents(data(desk.conninfo), undisturbed_data)
    left_whole(desk.conninfo, desk.place.data_dir.root)


def _steps() -> tuple[str, ...]:
    return tuple(_REQUESTS.values())


def _is_told(step: Any) -> None:
    """How much is too much, that it was not read on, and the setting to raise."""
    told = f"answered with more than {_MOST_MB:,},000,000 bytes"
    assert told in step.error, step
    assert '"Largest payload" (most_payload_mb)' in f"{step.error} {step.hint} {step.detail}", step


def _peak_bytes(work: Callable[[], Any]) -> tuple[int, Any]:
    """The most that Python held at once meanwhile, the simulator's thread included."""
    tracemalloc.start()
    try:
        done = work()
        return tracemalloc.get_traced_memory()[1], done
    finally:
        tracemalloc.stop()
