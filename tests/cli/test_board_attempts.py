"""A step over all its attempts: what one committed stays, though it failed after that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.cli.screen import document
from nbapanel.engine.board import Board
from nbapanel.engine.events import (
    Changes,
    RunFinished,
    RunStatus,
    StepFinished,
    StepStarted,
    StepState,
)
from nbapanel.pipeline import STEPS

_NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
_STEP, _NEXT = "load_games", "candlesticks"
_PLAYS, _ITEMS, _CANDLES = "espn.plays", "espn.probabilities_raw_items", "kalshi.candlesticks"


def _ended(attempt: int, step: str = _STEP, **more: Any) -> StepFinished:
    given = {"state": StepState.DONE, "at": _NOW, "seconds": 1.0} | more
    return StepFinished(7, step, attempt, **given)


@pytest.fixture
def board() -> Board:
    """A step that failed once after it had loaded something, and one that did it at once."""
    board = Board.of(STEPS.steps, (_STEP, _NEXT))
    events = [
        StepStarted(7, _STEP, 1, _NOW),
        _ended(
            1,
            state=StepState.FAILED,
            requests=5,
            bad_items=2,
            changes={_PLAYS: Changes(inserted=10, unchanged=1), _ITEMS: Changes(deleted=3)},
            error="deadlock detected",
            retrying=True,
        ),
        StepStarted(7, _STEP, 2, _NOW),
        _ended(
            2,
            requests=1,
            bad_items=1,
            changes={_PLAYS: Changes(inserted=4, updated=2, unchanged=10)},
            reason="2 payloads",
        ),
        StepStarted(7, _NEXT, 1, _NOW),
        _ended(1, _NEXT, requests=3, changes={_CANDLES: Changes(inserted=6)}),
        RunFinished(7, RunStatus.DONE, _NOW, 3.0, done=(_STEP, _NEXT)),
    ]
    for event in events:
        board.take(event)
    return board


def test_the_document_sums_the_attempts(board: Board) -> None:
    twice, once = document(board)["steps"]
    assert (twice["state"], twice["reason"]) == ("done", "2 payloads"), "how it ended: the last"
    assert (twice["requests"], twice["bad_items"]) == (6, 3)
    assert twice["changes"] == {
        _PLAYS: {"inserted": 14, "updated": 2, "unchanged": 11, "deleted": 0},
        _ITEMS: {"inserted": 0, "updated": 0, "unchanged": 0, "deleted": 3},
    }
    assert (once["requests"], once["bad_items"]) == (3, 0)
    assert once["changes"][_CANDLES]["inserted"] == 6


def test_the_run_changed_what_every_attempt_changed(board: Board) -> None:
    assert board.changes == {
        _PLAYS: Changes(inserted=14, updated=2, unchanged=11),
        _ITEMS: Changes(deleted=3),
        _CANDLES: Changes(inserted=6),
    }


def test_what_was_committed_shows_while_it_is_tried_again() -> None:
    board = Board.of(STEPS.steps, (_STEP,))
    board.take(StepStarted(7, _STEP, 1, _NOW))
    committed = {_PLAYS: Changes(inserted=10)}
    board.take(_ended(1, state=StepState.FAILED, requests=5, changes=committed, retrying=True))
    assert board.lines[_STEP].state is StepState.RUNNING
    assert board.changes == committed
    assert document(board)["steps"][0]["requests"] == 5
