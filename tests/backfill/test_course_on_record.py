"""The course of a backfill on its record: how many units, in which order, and whose word counts."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import procrastinate
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from nbapanel.backfill import queue
from nbapanel.backfill.book import Book
from nbapanel.backfill.lanes import STAGES
from nbapanel.backfill.request import BackfillRequest
from nbapanel.backfill.stages import Unit
from nbapanel.backfill.units import Tally
from nbapanel.views import backfills

REQUEST = BackfillRequest(("2023-24",), ("espn", "kalshi", "nba"))
GAMES = STAGES["espn_games"]
_UNITS = "SELECT unit_key, status FROM ops.backfill_units WHERE stage = 'espn_games' ORDER BY 1"


def units(first: int, last: int) -> list[Unit]:
    """Games 1, 2, ... in the order of play, three a day."""
    opening = date(2023, 10, 24)
    return [Unit(f"{n:03}", opening + timedelta(days=n // 3)) for n in range(first, last + 1)]


async def test_a_limit_holds_in_all_also_where_a_failed_day_is_tried_again(
    book: Book, connection: Any
) -> None:
    """bug: resumed at the failed day, it took as many games as the first time once more."""
    limited = BackfillRequest(("2023-24",), ("espn",), most_games=5)
    number = await book.open(limited, "terminal", [])
    await book.enter(number, "work", [(GAMES, units(4, 30))], limited.most_games)
    taken = [unit.key for unit in units(4, 8)]
    assert [key for key, _ in connection.execute(_UNITS)] == taken
    await book.units.note(number, GAMES, taken[:3], {}, Tally(), "here:1")
    # The day that had failed came: its games are earlier, what is done is not found again.
    connection.execute("UPDATE ops.backfills SET phase = 'discover'")
    await book.enter(number, "work", [(GAMES, units(1, 3) + units(7, 30))], limited.most_games)
    assert [key for key, _ in connection.execute(_UNITS)] == taken


async def test_lanes_go_side_by_side(book: Book, app: procrastinate.App) -> None:
    """Each has hosts and a pace of its own: one after the other, two of three would be idle."""
    number = await book.open(REQUEST, "terminal", [])
    lanes = [(STAGES[name], units(1, 96)) for name in ("espn_games", "kalshi_events", "nba_games")]
    await book.enter(number, "work", lanes)
    jobs = await queue.waiting_jobs(app, number)
    stages = [job.task_kwargs["stage"] for job in sorted(jobs, key=lambda job: job.id or 0)]
    assert len(stages) == 8 + 16 + 6
    for start in range(0, len(stages), 10):
        tenth = stages[start : start + 10]
        assert {stage: tenth.count(stage) for stage in set(tenth)}.keys() == {
            "espn_games",
            "kalshi_events",
            "nba_games",
        }
    done = [key for job in jobs for key in job.task_kwargs["keys"]]  # type: ignore[union-attr]
    assert len(done) == 3 * 96


async def test_two_who_ask_for_the_same_at_once_get_one(book: Book, connection: Any) -> None:
    """Both looked, and saw none: they work one backfill together."""
    numbers = await asyncio.gather(
        *(book.open(REQUEST, "terminal", [(GAMES, units(1, 9))]) for _ in range(4))
    )
    assert len(set(numbers)) == 1
    assert connection.execute("SELECT count(*) FROM ops.backfill_units").fetchone() == (9,)
    other = BackfillRequest(("2023-24",), ("espn",))
    assert await book.open(other, "terminal", []) not in numbers


async def test_who_comes_back_late_does_not_spoil_what_others_brought(
    book: Book, app: procrastinate.App, connection: Any
) -> None:
    """trap W11: a laptop slept for an hour with a job; others did it, and the backfill was over."""
    number = await book.open(REQUEST, "terminal", [(GAMES, units(1, 1))])
    for worker in ("asleep:1", "there:2"):
        await book.units.begin(number, GAMES.name, ["001"], worker)
    await book.units.note(number, GAMES, ["001"], {}, Tally(), "there:2")
    before = len(await queue.waiting_jobs(app, number))
    lacking = {"001": "No connection."}
    await book.units.note(number, GAMES, ["001"], lacking, Tally(), "asleep:1")
    assert connection.execute(_UNITS).fetchall() == [("001", "done")]
    assert len(await queue.waiting_jobs(app, number)) == before


def test_one_that_a_kill_left_is_not_called_running(
    conninfo: str, connection: psycopg.Connection[Any]
) -> None:
    """bug: it said "Running", with a worker and a time worked that grew, for days."""
    connection.execute(
        "INSERT INTO ops.backfills (seasons, lanes, force, trigger, phase, status, resumed_at)"
        " VALUES ('{2023-24}', '{espn}', false, 'terminal', 'work', 'running',"
        " now() - interval '1 day')"
    )
    connection.execute(
        "INSERT INTO ops.backfill_units (backfill_id, stage, unit_key, status, worker, finished_at)"
        " VALUES (1, 'espn_games', '1', 'done', 'here:1', now() - interval '23 h'),"
        " (1, 'espn_games', '2', 'underway', 'here:1', NULL)"
    )
    (left,) = backfills.backfills(connection)
    assert left.standing == "interrupted"
    assert left.worked_s == pytest.approx(3_600, abs=60)
    assert left.left_s is None
    working = make_conninfo(conninfo, application_name="nbapanel backfill queue")
    with psycopg.connect(working):
        (attended,) = backfills.backfills(connection)
    assert attended.standing == "running"
    assert attended.worked_s > 86_000
