"""A run as the log tells it: a line for each beginning and end, as loud as it deserves."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.engine.events import (
    CancelStage,
    Changes,
    Event,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
    StepState,
)
from nbapanel.engine.logbook import BAD_ITEMS_LOGGED, log_event

NOW = datetime(2026, 1, 15, tzinfo=UTC)


def ended(state: StepState = StepState.DONE, attempt: int = 1, **more: Any) -> StepFinished:
    return StepFinished(7, "load_games", attempt, state, NOW, 1.26, **more)


@pytest.mark.parametrize(
    ("event", "level", "message"),
    [
        (
            RunStarted(7, "refetch", "button", ("a", "b"), {}, NOW),
            "INFO",
            "Run started: refetch, from the button, steps a, b",
        ),
        (StepStarted(7, "load_games", 1, NOW), "INFO", "load_games started"),
        (StepStarted(7, "load_games", 2, NOW), "INFO", "load_games started (attempt 2)"),
        (
            ended(reason="3 games", requests=1, bytes_fetched=1200, changes={"a.b": Changes(1000)}),
            "INFO",
            "load_games done in 1.3 s (1 request, 1,200 bytes, a.b +1,000 ~0 =0 -0): 3 games",
        ),
        (
            ended(StepState.SKIPPED, 0, reason="nothing to do"),
            "INFO",
            "load_games skipped: nothing to do",
        ),
        (
            ended(StepState.FAILED, error="Down. 503", hint="Wait.", requests=2),
            "ERROR",
            "load_games failed in 1.3 s (2 requests): Down. 503 Wait.",
        ),
        (
            ended(StepState.FAILED, error="Down.", retrying=True),
            "WARNING",
            "load_games failed in 1.3 s, to be tried again (attempt 1): Down.",
        ),
        (ended(StepState.TIMED_OUT), "ERROR", "load_games timed out in 1.3 s"),
        (ended(StepState.CANCELLED), "INFO", "load_games cancelled in 1.3 s"),
        (
            ended(StepState.BLOCKED, 0, reason="Fetch failed"),
            "WARNING",
            "load_games blocked: Fetch failed",
        ),
        (
            RunFinished(7, RunStatus.DONE, NOW, 2.0, done=("a",), skipped=("b", "c")),
            "INFO",
            "Run done in 2.0 s (1 done, 2 skipped)",
        ),
        (
            RunFinished(7, RunStatus.FAILED, NOW, 2.0, error="Lost."),
            "ERROR",
            "Run failed in 2.0 s (no steps): Lost.",
        ),
        (
            RunFinished(7, RunStatus.CANCELLED, NOW, 2.0, cancelled=("a",)),
            "INFO",
            "Run cancelled in 2.0 s (1 cancelled)",
        ),
    ],
)
def test_one_line_each(
    event: Event, level: str, message: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        log_event(event)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (level, message)
    assert record.run == 7
    assert getattr(record, "step", None) == getattr(event, "step", None)


def test_the_first_bad_items_are_named(caplog: pytest.LogCaptureFixture) -> None:
    bad = [{"where": f"item {number}", "reason": "odd"} for number in range(20)]
    with caplog.at_level(logging.INFO):
        log_event(ended(bad_items=31, detail={"bad": bad}))
    *named, more, end = caplog.records
    assert [record.getMessage() for record in named] == [
        f"Bad item set aside: item {number}: odd" for number in range(BAD_ITEMS_LOGGED)
    ]
    assert more.getMessage() == "Bad items set aside: 26 more"
    assert {record.levelname for record in (*named, more)} == {"WARNING"}
    assert "31 bad items" in end.getMessage()


@pytest.mark.parametrize(
    "event", [StepProgress(7, "a", 1, 2, "games"), CancelStage(7, 1, "Stopping.")]
)
def test_what_is_told_too_often_or_elsewhere_is_left_out(
    event: Event, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        log_event(event)
    assert not caplog.records
