"""What the window reads, at the size of a user's warehouse and without its cache."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from psycopg import Connection

from bench.figures import PATIENCE_S, Aim, Figure, Sample, Seconds, repeated
from bench.warehouse import fresh_database
from bench.workbench import SEASON, Workbench
from nbapanel.desk.answers import answer
from nbapanel.rows import questions as q
from nbapanel.steps.publish import VIEWS
from nbapanel.warehouse.db import connect

_TOPIC = "reads"
_AIM_S = 0.1
_READS, _LONG_READS = 100, 20
_DAYS = 7
_MADE_OF = {view.name: view.made_of for view in VIEWS}

# What a user has after some seasons, for the whole season of the benchmark: 15,000 games, three
# quarters of them with 480 probability items and plays, one in 25 with candles, one in five with
# the league's actions, 100,000 refreshes.
_GAMES, _WITH_ITEMS, _WITH_CANDLES, _WITH_ACTIONS, _RUNS = 15_000, 11_243, 589, 3_000, 7_700
_ITEMS, _CANDLES, _ACTIONS, _REFRESHES_A_RUN = 480, 1_500, 560, 13

_SQL = Path(__file__).parents[1]
_FILL = (_SQL / "reads_fill.sql").read_text(encoding="utf-8")
_COUNTED = (_SQL / "usual_slate.sql").read_text(encoding="utf-8")


def measure(work: Workbench) -> Iterator[Figure]:
    conninfo = fresh_database(work.server, "reads")
    sizes = sizes_of(work.games / SEASON)
    work.say(f"  filling a warehouse of {sizes['games']:,} games for the reads")
    with connect(conninfo, purpose="bench") as connection:
        fill(connection, sizes)
        _assert_same_days(connection)
        yield _overview(work, connection, sizes)
        yield from _others(work, connection, sizes)
    with connect(work.server, purpose="bench") as connection:
        connection.execute("DROP DATABASE reads WITH (FORCE)")


def fill(connection: Connection[Any], sizes: dict[str, int]) -> None:
    for text in _FILL.split(";\n\n"):
        connection.execute(text, sizes)
    connection.execute("CHECKPOINT")


def sizes_of(share: float) -> dict[str, int]:
    return {
        "games": math.ceil(_GAMES * share),
        "with_items": math.ceil(_WITH_ITEMS * share),
        "with_candles": math.ceil(_WITH_CANDLES * share),
        "with_actions": math.ceil(_WITH_ACTIONS * share),
        "runs": math.ceil(_RUNS * share),
        "items": _ITEMS,
        "candles": _CANDLES,
        "actions": _ACTIONS,
        "refreshes": _REFRESHES_A_RUN,
    }


def _overview(work: Workbench, connection: Connection[Any], sizes: dict[str, int]) -> Figure:
    ours = repeated(partial(_p95, connection, q.OverviewAsked(_DAYS)), work.repeats)
    usual = repeated(
        partial(_seconds, lambda: connection.execute(_COUNTED, {"days": _DAYS}).fetchall()),
        work.repeats,
        PATIENCE_S,
    )
    rows = sizes["with_items"] * _ITEMS
    return Figure(
        _TOPIC,
        f"overview of {_DAYS} days; {sizes['games']:,} games, {rows:,} items",
        "s",
        _sample(ours, _READS, "all of it, p95"),
        usual.sample("its days alone, counted in the tables, once"),
        Aim(_AIM_S),
        is_chief=True,
    )


def _others(
    work: Workbench, connection: Connection[Any], sizes: dict[str, int]
) -> Iterator[Figure]:
    log = sizes["runs"] * _REFRESHES_A_RUN
    games = sizes["games"]
    deep = q.GamesAsked(order="coverage", offset=games - 200)
    asked: dict[str, q.Question[Any]] = {
        f"first page of {games:,} games": q.GamesAsked(),
        f"last page of {games:,} games, by coverage": deep,
        f"first page of those that lack something of the NBA, of {games:,} games": q.GamesAsked(
            completeness="nba_incomplete"
        ),
        f"a page of {sizes['runs']:,} runs": q.RunsAsked(),
        f"what is known of each step, of {sizes['runs']:,} runs": q.StepsAsked(),
    }
    for what, question in asked.items():
        seconds = repeated(partial(_p95, connection, question), work.repeats)
        yield Figure(_TOPIC, what, "s", _sample(seconds, _READS, "p95"), aim=Aim(_AIM_S))
    series = repeated(partial(_p95, connection, q.RefreshesAsked(None), _LONG_READS), work.repeats)
    what = f"all of {log:,} log rows, in columns"
    yield Figure(_TOPIC, what, "s", _sample(series, _LONG_READS, "p95"))


def _sample(seconds: Seconds, reads: int, way: str) -> Sample:
    return seconds.sample(f"{way} of {reads} reads", reads=reads)


def _p95(connection: Connection[Any], question: q.Question[Any], reads: int = _READS) -> float:
    """Of so many reads one after the other, without a cache."""
    each = sorted(
        _seconds(lambda: answer(connection, question, made_of=_MADE_OF)) for _ in range(reads)
    )
    return each[math.ceil(0.95 * reads) - 1]


def _seconds(once: Callable[[], object]) -> float:
    start = time.perf_counter()
    once()
    return time.perf_counter() - start


def _assert_same_days(connection: Connection[Any]) -> None:
    ours = answer(connection, q.OverviewAsked(_DAYS), made_of=_MADE_OF).days
    usual = connection.execute(_COUNTED, {"days": _DAYS}).fetchall()
    assert [
        (d.game_date, d.season_label, d.games, d.final, d.with_probabilities, d.with_state,
         d.with_kalshi)
        for d in ours
    ] == usual  # fmt: skip
