"""How the data stands is asked whenever it may have changed, and what was asked gets its answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from nbapanel.engine.events import RunFinished, RunStarted, RunStatus
from nbapanel.errors import DatabaseUnavailable
from nbapanel.pipeline import STEPS
from nbapanel.rows.questions import BackendsAsked
from nbapanel.rows.reads import DatabaseState
from nbapanel.ui.header import Header
from nbapanel.ui.live import Live
from nbapanel.ui.standing import Standing

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
READY, LOST = DatabaseState("ready", "Open"), DatabaseState("lost", "Gone")
KEYS = tuple(step.key for step in STEPS.steps)


@pytest.fixture
def live(qapp: object) -> Live:
    made = Live(STEPS.steps)
    made.take_database(READY)
    return made


def _run(live: Live, run_id: int) -> None:
    live.take(RunStarted(run_id, "refetch", "button", KEYS, {}, NOW))


def _cancel(live: Live, run_id: int) -> None:
    live.take(RunFinished(run_id, RunStatus.CANCELLED, NOW, 3.0))


def test_after_a_cancel_it_is_counted_also_where_the_database_went(
    asker: Any, live: Live, qtbot: Any
) -> None:
    """trap W3: not "looking whether anything is left running" for ever."""
    standing, header = Standing(asker, live, 7), Header(live, {})
    qtbot.addWidget(header)
    standing.backends_counted.connect(header.show_backends)
    asker.answers[BackendsAsked] = DatabaseUnavailable("Gone.")
    _run(live, 1)
    _cancel(live, 1)
    assert "looking" in header._total.text()
    live.take_database(LOST)
    asker.answers[BackendsAsked] = 0
    live.take_database(READY)
    assert header._total.text() == "■ Cancelled: nothing left running"


def test_what_the_next_run_does_is_no_leftover(asker: Any, live: Live, qtbot: Any) -> None:
    standing = Standing(asker, live, 7)
    counts: list[int] = []
    standing.backends_counted.connect(counts.append)
    asker.answers[BackendsAsked] = 3
    asker.later = True
    _run(live, 1)
    _cancel(live, 1)
    _run(live, 2)
    asker.deliver()
    assert counts == []


def test_runs_of_another_database_are_others_under_the_same_numbers(live: Live) -> None:
    _run(live, 1)
    _cancel(live, 1)
    live.forget()
    assert live.board is None
    _run(live, 1)
    assert live.is_running
