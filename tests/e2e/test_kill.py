"""kill -9 at any moment of a refetch, then `resume`: as if nothing had happened."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SEED = 20260115
_REFETCH = ("refetch", "--feeds", "demo", "--days", "2")
_NOTHING_TO_RESUME = "Nothing to resume"


@pytest.fixture
def undisturbed(new_panel: Callable[..., Any], contents: Callable[[str], Any]) -> tuple[float, Any]:
    """How long the refetch takes when left alone, and what it leaves in the tables."""
    panel = new_panel()
    began = time.monotonic()
    panel(*_REFETCH)
    took_s = time.monotonic() - began
    with panel.warehouse() as conninfo:
        return took_s, contents(conninfo)


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=[pytest.mark.soak])])
@pytest.mark.timeout(3600)
def test_killed_then_resumed(
    kills: int,
    undisturbed: tuple[float, Any],
    new_panel: Callable[..., Any],
    contents: Callable[[str], Any],
    same_contents: Callable[[Any, Any], None],
) -> None:
    took_s, expected = undisturbed
    moments = random.Random(_SEED + kills)
    for number in range(kills):
        # One somewhere in each of as many equal stretches of the run.
        after_s = took_s * (number + moments.random()) / kills
        panel = new_panel()
        try:
            _kill(panel, after_s)
            _resume(panel)
            with panel.warehouse() as conninfo:
                same_contents(contents(conninfo), expected)
            _leaves_nothing(panel)
        except AssertionError as error:
            error.add_note(f"kill {number} of {kills}, {after_s:.3f} s after the start")
            raise


def _kill(panel: Any, after_s: float) -> None:
    process = panel.start(*_REFETCH)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.communicate()


def _resume(panel: Any) -> None:
    done = panel("resume", code=None)
    if _NOTHING_TO_RESUME in done.out:
        # Killed before it had said what it was asked for, or after it had done all of it.
        done = panel(*_REFETCH, code=None)
    assert done.code == 0, done


def _leaves_nothing(panel: Any) -> None:
    verified = panel("archive", "verify")
    assert ", 0 findings" in verified.out, verified
    with panel.connection() as connection:
        for table in ("ops.pipeline_runs", "ops.step_runs", "ops.refresh_log"):
            row = connection.execute(
                f"SELECT count(*) FROM {table} WHERE status = 'running'"
            ).fetchone()
            assert row == (0,), table
        assert connection.execute("SELECT count(*) FROM ops.game_changes").fetchone() == (0,)
        waiting = "SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL"
        assert connection.execute(waiting).fetchone() == (0,)
    panel.wait_until_nothing_runs()
    assert [str(path) for path in _temporary(panel.data_dir)] == []


def _temporary(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if ".tmp" in path.suffixes]
