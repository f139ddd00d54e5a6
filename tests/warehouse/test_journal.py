"""The journal: every run, step and refresh is on record, however it ended, and told at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.engine import events
from nbapanel.engine.control import RunControl
from nbapanel.engine.events import Changes, StepState
from nbapanel.engine.runner import Runner
from nbapanel.engine.steps import Step
from nbapanel.errors import UserFacingError
from nbapanel.warehouse.journal import (
    CHANNEL,
    Journal,
    decode_event,
    encode_event,
    open_refresh,
    open_run,
)

AT = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
MOST_NOTIFY_BYTES = 7_999


@pytest.fixture
async def journal(database) -> AsyncIterator[Journal]:
    opened = await database.open_connection(autocommit=True)
    yield Journal(opened)
    await opened.close()


@pytest.fixture
async def run_id(journal) -> int:
    return await open_run(
        journal.connection, kind="refetch", trigger="terminal", steps=["a"], settings={"days": 7}
    )


def one(connection: psycopg.Connection, query: str) -> tuple:
    row = connection.execute(query).fetchone()
    assert row is not None
    return row


def started(run_id: int, attempt: int = 1) -> events.StepStarted:
    return events.StepStarted(run_id, "a", attempt, AT)


def finished(run_id: int, state: StepState = StepState.DONE, **more) -> events.StepFinished:
    return events.StepFinished(run_id, "a", more.pop("attempt", 1), state, AT, 1.5, **more)


def test_a_run_is_on_record_before_its_work(connection, run_id):
    row = one(
        connection,
        "SELECT run_id, kind, trigger, status, steps, settings, finished_at, pid > 0, host <> ''"
        " FROM ops.pipeline_runs",
    )
    assert row == (run_id, "refetch", "terminal", "running", ["a"], {"days": 7}, None, True, True)


async def test_a_step_is_on_record_before_its_work(journal, connection, run_id):
    """trap L1: written in a transaction of its own, not in the one of the work."""
    await journal(started(run_id))
    row = one(connection, "SELECT step, attempt, status, finished_at FROM ops.step_runs")
    assert row == ("a", 1, "running", None)


async def test_the_end_of_a_step_is_on_record(journal, connection, run_id):
    await journal(started(run_id))
    await journal(
        finished(
            run_id,
            reason="7 days",
            requests=3,
            bytes_fetched=4_000_000_000,
            bad_items=2,
            changes={"espn.plays": Changes(1, 2, 3, 4)},
            detail={"bad": [{"where": "items[0]", "reason": "odd"}]},
        )
    )
    row = one(
        connection,
        "SELECT status, reason, duration_ms, requests, bytes_fetched, bad_items, changes, detail,"
        " error, hint, finished_at IS NOT NULL, started_at IS NOT NULL FROM ops.step_runs",
    )
    changes = {"espn.plays": {"inserted": 1, "updated": 2, "unchanged": 3, "deleted": 4}}
    detail = {"bad": [{"where": "items[0]", "reason": "odd"}]}
    assert row == (
        *("done", "7 days", 1500, 3, 4_000_000_000, 2),
        *(changes, detail, None, None, True, True),
    )


async def test_each_attempt_has_a_row_of_its_own(journal, connection, run_id):
    """trap L4: counters of a failed attempt are not carried into the next."""
    await journal(started(run_id))
    await journal(finished(run_id, StepState.FAILED, requests=9, error="broken", retrying=True))
    await journal(started(run_id, attempt=2))
    await journal(finished(run_id, attempt=2, requests=1))
    rows = connection.execute(
        "SELECT attempt, status, requests, error FROM ops.step_runs ORDER BY attempt"
    ).fetchall()
    assert rows == [(1, "failed", 9, "broken"), (2, "done", 1, None)]


async def test_a_step_that_never_started_is_on_record(journal, connection, run_id):
    await journal(finished(run_id, StepState.BLOCKED, attempt=0, reason="Load failed"))
    row = one(connection, "SELECT status, reason, started_at, attempt FROM ops.step_runs")
    assert row == ("blocked", "Load failed", None, 0)


@pytest.mark.parametrize("odd", ["a\x00b", "half \ud83d", "\x00" * 9_000])
async def test_text_that_postgresql_does_not_take_is_on_record_all_the_same(
    journal, connection, run_id, odd
):
    """trap L17: a NUL in an error message must not cost the record of the failure."""
    await journal(started(run_id))
    detail = {"bad": [{"where": odd, "reason": odd}], odd: 1}
    await journal(finished(run_id, StepState.FAILED, error=odd, reason=odd, detail=detail))
    await journal(events.RunFinished(run_id, events.RunStatus.FAILED, AT, 1.0, error=odd))
    assert one(connection, "SELECT status, bad_items FROM ops.step_runs") == ("failed", 0)
    assert one(connection, "SELECT status FROM ops.pipeline_runs") == ("failed",)


async def run(journal, run_id: int, *steps: Step, control: RunControl | None = None):
    return await Runner(
        steps,
        None,
        run_id=run_id,
        kind="refetch",
        trigger="terminal",
        settings={},
        observers=[journal],
        control=control or RunControl(),
        now=lambda: AT,
    ).run()


async def test_a_cancelled_step_leaves_its_record_and_nothing_of_its_work(
    database, journal, connection, run_id, eventually
):
    """trap L1, W3: cancelled work is rolled back, ended at the server, and on record."""
    control = RunControl(grace_s=0.0)
    asleep = (
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%'"
        " AND pid <> pg_backend_pid() AND state = 'active'"
    )

    async def cancel_once_it_sleeps() -> None:
        # A cancel that comes before its statement does is not heard by the server.
        await eventually(lambda: one(connection, asleep) == (1,))
        control.request_cancel("a test")

    async def work(context) -> str:
        async with database.connection() as opened, opened.transaction():
            await opened.execute("INSERT INTO ops.game_changes (dataset, game_id) VALUES ('d','g')")
            await opened.execute("SELECT pg_sleep(300)")
        return "done"

    cancelling = asyncio.create_task(cancel_once_it_sleeps())
    ended = await run(
        journal,
        run_id,
        Step(key="a", title="A", lane="x", action=work, timeout_s=120),
        Step(key="b", title="B", lane="x", action=work, timeout_s=120, needs=("a",)),
        control=control,
    )
    await cancelling
    assert ended.status is events.RunStatus.CANCELLED
    rows = connection.execute("SELECT step, status FROM ops.step_runs ORDER BY step").fetchall()
    assert rows == [("a", "cancelled"), ("b", "cancelled")]
    assert one(connection, "SELECT status FROM ops.pipeline_runs") == ("cancelled",)
    assert one(connection, "SELECT count(*) FROM ops.game_changes") == (0,)
    assert one(connection, asleep) == (0,)


@pytest.mark.warns_in_log
async def test_a_failed_step_leaves_its_record_and_nothing_of_its_work(
    database, journal, connection, run_id
):
    """trap L1: failed runs leave no record. trap W1: "complete" after every step failed."""
    seen = []

    async def work(context) -> str:
        async with database.connection() as opened, opened.transaction():
            await opened.execute("INSERT INTO ops.game_changes (dataset, game_id) VALUES ('d','g')")
            seen.append(one(connection, "SELECT status FROM ops.step_runs"))
            raise UserFacingError("It broke.", "Here.", "Mend it.")

    async def bug(context) -> str:
        raise ZeroDivisionError

    ended = await run(
        journal,
        run_id,
        Step(key="a", title="A", lane="x", action=work, timeout_s=30),
        Step(key="b", title="B", lane="x", action=work, timeout_s=30, needs=("a",)),
        Step(key="c", title="C", lane="y", action=bug, timeout_s=30),
    )
    assert ended.status is events.RunStatus.FAILED
    assert seen == [("running",)]
    assert one(connection, "SELECT count(*) FROM ops.game_changes") == (0,)
    rows = connection.execute("SELECT step, status, error, hint FROM ops.step_runs ORDER BY step")
    assert rows.fetchall() == [
        ("a", "failed", "It broke. Here.", "Mend it."),
        ("b", "blocked", None, None),
        ("c", "failed", "internal error: ZeroDivisionError", None),
    ]
    assert one(connection, "SELECT status FROM ops.pipeline_runs") == ("failed",)


# -- the refresh log -----------------------------------------------------------------------------


async def opened_refresh(journal, run_id, threshold_ms=30_000):
    return await open_refresh(
        journal.connection,
        run_id=run_id,
        step="publish",
        relation="ops.game_changes",
        kind="refresh",
        strategy="concurrent",
        triggered_by="terminal",
        rows_before=100,
        threshold_ms=threshold_ms,
    )


async def test_a_refresh_is_on_record_while_it_runs_and_after_it_failed(
    journal, database, connection, run_id
):
    """trap R3: a log row written in the refresh's own transaction disappears with its failure."""
    entry = await opened_refresh(journal, run_id)
    with pytest.raises(UserFacingError):
        async with database.connection() as opened, opened.transaction():
            await opened.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert one(connection, "SELECT status, rows_after FROM ops.refresh_log") == ("running", None)
    await entry.close("failed", error="broken", rows_after=100)
    row = one(
        connection,
        "SELECT status, error, rows_before, rows_after, inserted, finished_at >= started_at,"
        " size_bytes > 0 FROM ops.refresh_log",
    )
    assert row == ("failed", "broken", 100, 100, None, True, True)


async def test_rows_after_follow_from_the_changes(journal, connection, run_id):
    entry = await opened_refresh(journal, run_id)
    await entry.close("ok", Changes(inserted=10, updated=5, unchanged=90, deleted=3))
    row = one(
        connection,
        "SELECT status, rows_after, inserted, updated, unchanged, deleted FROM ops.refresh_log",
    )
    assert row == ("ok", 107, 10, 5, 90, 3)


@pytest.mark.parametrize(("threshold_ms", "alert"), [(-1, True), (10_000_000, False)])
async def test_slow_ones_raise_an_alert(journal, connection, run_id, threshold_ms, alert):
    """trap R10: the threshold is the relation's own; whether it was passed is generated."""
    entry = await opened_refresh(journal, run_id, threshold_ms=threshold_ms)
    assert one(connection, "SELECT alert_triggered FROM ops.refresh_log") == (None,)
    await entry.close("ok")
    assert one(connection, "SELECT alert_triggered FROM ops.refresh_log") == (alert,)


# -- told by NOTIFY ------------------------------------------------------------------------------

_text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
_changes = st.builds(Changes, *[st.integers(0, 10**9)] * 4)
_detail = st.dictionaries(_text, st.one_of(_text, st.integers(), st.lists(_text, max_size=3)))
_keys = st.lists(_text, max_size=4).map(tuple)
_moments = st.datetimes(timezones=st.just(UTC))
_seconds = st.floats(0, 1e6)
_ids = st.integers(1, 2**40)
_any_event = st.one_of(
    st.builds(
        events.RunStarted, _ids, _text, _text, _keys, st.dictionaries(_text, _text), _moments
    ),
    st.builds(events.StepStarted, _ids, _text, st.integers(1, 9), _moments),
    st.builds(
        events.StepProgress,
        *(_ids, _text, st.integers(0), st.none() | st.integers(0), _text, _text),
        *(st.integers(0), st.integers(0), _seconds),
    ),
    st.builds(
        events.StepFinished,
        *(_ids, _text, st.integers(0, 9), st.sampled_from(StepState), _moments, _seconds, _text),
        *(st.integers(0), st.integers(0), st.integers(0)),
        *(st.dictionaries(_text, _changes, max_size=4), _detail, _text, _text, st.booleans()),
    ),
    st.builds(events.CancelStage, _ids, st.integers(0, 3), _text),
    st.builds(
        events.RunFinished,
        *(_ids, st.sampled_from(events.RunStatus), _moments, _seconds),
        *(_keys, _keys, _keys, _keys, _keys, _text),
    ),
)


@settings(deadline=None)
@given(event=_any_event)
def test_events_come_out_as_they_went_in(event):
    text = encode_event(event)
    assert len(text.encode()) <= MOST_NOTIFY_BYTES
    assert decode_event(text) == event


LONG = "é" * 6_000
TOO_LONG = [
    events.RunStarted(1, "refetch", "terminal", ("a",), {"long": LONG}, AT),
    events.StepProgress(1, "a", 1, 2, "games", LONG),
    finished(1, detail={"bad": [{"where": LONG}]}, error="short", hint="hint"),
    finished(1, detail={"bad": [LONG]}, error=LONG, reason=LONG, hint=LONG),
    finished(1, changes={f"relation.{n}": Changes(n) for n in range(400)}),
    events.RunFinished(1, events.RunStatus.FAILED, AT, 1.0, done=("a",), error=LONG),
    events.CancelStage(1, 2, LONG),
]


@pytest.mark.parametrize("event", TOO_LONG, ids=lambda event: type(event).__name__)
async def test_a_long_event_is_told_without_its_details(event, journal, run_id):
    """PostgreSQL takes no payload of 8,000 bytes: what is told has to fit, and to be understood."""
    text = encode_event(event)
    assert len(text.encode()) <= MOST_NOTIFY_BYTES
    assert json.loads(text)["shortened"] is True
    told = decode_event(text)
    assert type(told) is type(event)
    assert told.run_id == event.run_id
    if isinstance(event, events.StepFinished):
        assert (told.step, told.state, told.seconds) == (event.step, event.state, event.seconds)
    await journal(event)


def test_a_kind_that_is_not_known_is_passed_over():
    assert decode_event('{"type": "MoonRose", "run_id": 1}') is None
    assert decode_event('{"run_id": 1}') is None


async def test_who_listens_hears_every_event(journal, database, run_id):
    listener = await database.open_connection(autocommit=True)
    try:
        await listener.execute(f"LISTEN {CHANNEL}")
        sent = [started(run_id), finished(run_id, requests=4)]
        for event in sent:
            await journal(event)
        heard = [decode_event(n.payload) async for n in listener.notifies(timeout=60, stop_after=2)]
    finally:
        await listener.close()
    assert heard == sent
