"""What a terminal shows of a run, while it runs and once it has ended."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from nbapanel.cli.screen import summary, whole
from nbapanel.engine.board import Board
from nbapanel.engine.events import (
    CancelStage,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.pipeline import STEPS

_NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)


@pytest.fixture
def board() -> Board:
    board = Board.of(STEPS.steps, ("fetch_scoreboards", "load_scoreboards", "fetch_games"))
    board.take(RunStarted(7, "refetch", "terminal", tuple(board.lines), {}, _NOW))
    board.take(StepStarted(7, "fetch_scoreboards", 1, _NOW))
    board.take(StepProgress(7, "fetch_scoreboards", 3, 7, "days", "", 3, 4_000, 1.5))
    return board


def _shown(thing: Any) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(thing)
    return out.getvalue()


def _finished(step: str, state: StepState, **more: Any) -> StepFinished:
    told: dict[str, Any] = {"reason": "", "requests": 0, "bytes_fetched": 0, "bad_items": 0,
                            "changes": {}, "detail": {}}  # fmt: skip
    return StepFinished(run_id=7, step=step, attempt=1, state=state, at=_NOW, seconds=2.0,
                        **(told | more))  # fmt: skip


def test_progress_is_shown_while_it_runs(board: Board) -> None:
    shown = _shown(whole(board))
    assert "3 of 7 days" in shown
    assert "Running" in shown


@pytest.mark.parametrize("state", [StepState.FAILED, StepState.TIMED_OUT, StepState.CANCELLED])
def test_no_progress_stays_after_the_end(state: StepState, board: Board) -> None:
    """trap W9: neither of the step nor of the run, however they ended."""
    board.take(_finished("fetch_scoreboards", state, error="ESPN answered 500."))
    assert "3 of 7" not in _shown(whole(board))
    assert "ESPN answered 500." in _shown(whole(board))
    board.take(_finished("load_scoreboards", StepState.CANCELLED, reason="not started"))
    board.take(_finished("fetch_games", StepState.BLOCKED, reason="Load scoreboards failed"))
    ended = RunFinished(
        run_id=7, status=RunStatus.FAILED, at=_NOW, seconds=2.0, done=(), skipped=(),
        failed=("fetch_scoreboards",), blocked=("fetch_games",), cancelled=("load_scoreboards",),
    )  # fmt: skip
    board.take(ended)
    shown = _shown(whole(board)) + _shown(summary(board, ended))
    assert "Running" not in shown
    assert "left" not in shown.rsplit("fetch_games", 1)[-1].replace("nothing left running", "")
    assert "Failed in 2.0 s: 0 done, 1 failed, 1 blocked, 1 cancelled of 3 steps (run 7)." in shown


def test_an_attempt_that_is_made_again_is_still_running(board: Board) -> None:
    board.take(_finished("fetch_scoreboards", StepState.FAILED, error="once", retrying=True))
    assert board.lines["fetch_scoreboards"].state is StepState.RUNNING
    board.take(StepStarted(7, "fetch_scoreboards", 2, _NOW))
    assert "3 of 7" not in _shown(whole(board)), "its progress begins anew"


def test_the_stage_of_a_cancel_is_named(board: Board) -> None:
    """trap W3: what is shown is what the engine said it was doing."""
    board.take(CancelStage(7, 2, "Cancelling: waiting for PostgreSQL to stop the statement."))
    assert "waiting for PostgreSQL to stop the statement" in _shown(whole(board))
