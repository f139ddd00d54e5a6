"""The window while a refetch runs as its child, beside one that runs the engine in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from bench import season
from bench.children import Simulator, nbapanel, simulator
from bench.evenings import after, days_of, window
from bench.figures import Aim, Figure, Sample, Seconds, repeated
from bench.topics.reads import fill, sizes_of
from bench.warehouse import fresh_database
from bench.windows import Plan, longest, p99, watched
from bench.workbench import SEASON, Workbench
from nbapanel.warehouse.db import connect

_TOPIC = "window"
_AIM_LONGEST_MS, _AIM_P99_MS, _AIM_PAINT_S = 35.0, 20.0, 1.0
# One is longer than all of our gaps together; more would only take longer.
_USUAL_REPEATS = 2
_LOOKS = 3

Seen = dict[str, Any]


def measure(work: Workbench) -> Iterator[Figure]:
    yield from _looks(work)
    work.stop_server()
    evening = work.league.schedule.days.showcase
    with simulator(season.SEED, after(evening)) as feeds, work.folder("window") as place:
        # Warms the simulator, and is there for windows that only look.
        nbapanel(place / "data", "refetch", *window(evening), "--feeds", feeds.url)
        yield _first_paint(work, feeds, place / "data")
        games = season.games_of(work.league, days_of(evening))
        for dock in ("games", "charts"):
            yield from _stalls(work, feeds, evening, dock, games)


def _first_paint(work: Workbench, feeds: Simulator, data_dir: Path) -> Figure:
    def once(plan: Plan) -> float:
        return float(watched(plan, data_dir, "--feeds", feeds.url)["paint_s"])

    once(Plan("paint"))  # what it needs is in memory from now on
    ours = repeated(partial(once, Plan("paint")), work.repeats)
    usual = repeated(partial(once, Plan("paint", charts_first=True)), work.repeats)
    return Figure(
        _TOPIC,
        "first paint of the window, warm",
        "s",
        _sample(ours, "from the start of the process"),
        _sample(usual, "charts imported first"),
        Aim(_AIM_PAINT_S),
        is_chief=True,
    )


def _stalls(
    work: Workbench, feeds: Simulator, evening: date, dock: str, games: int
) -> Iterator[Figure]:
    days = days_of(evening)
    plan = Plan("refetch", dock, first=str(days[-1]), last=str(days[0]))
    ours = [_refetch(work, feeds, plan) for _ in range(work.repeats)]
    usual = [
        _refetch(work, feeds, replace(plan, in_thread=True))
        for _ in range(min(_USUAL_REPEATS, work.repeats))
    ]
    about = f"of a 16 ms timer, {dock} in front, {games} games fetched"
    for what, of, aim in (
        ("longest gap", longest, _AIM_LONGEST_MS),
        ("p99 gap", p99, _AIM_P99_MS),
    ):
        yield Figure(
            _TOPIC,
            f"{what} {about}",
            "ms",
            Sample("the run a child process", *_of_each(ours, of)),
            Sample("the run in a thread", *_of_each(usual, of)),
            Aim(aim),
            is_chief=of is longest,
        )


def _looks(work: Workbench) -> Iterator[Figure]:
    conninfo = fresh_database(work.server, "looked_at")
    # As many games and log rows as a user has; what lies in the large tables is not looked at.
    sizes = {**sizes_of(work.games / SEASON), "items": 1, "candles": 1}
    with connect(conninfo, purpose="bench") as connection:
        fill(connection, sizes)
    with work.folder("looks") as place:
        seen = [
            watched(Plan("look"), place / f"data-{number}", DATABASE_URL=conninfo)
            for number in range(min(_LOOKS, work.repeats))
        ]
    with connect(work.server, purpose="bench") as connection:
        connection.execute("DROP DATABASE looked_at WITH (FORCE)")
    assert all(each["games"] == sizes["games"] for each in seen)
    rows = sizes["runs"] * sizes["refreshes"]
    for what, key in (
        (f"scrolling through {sizes['games']:,} games", "scrolling"),
        (f"drawing {rows:,} log rows, three charts", "drawing"),
    ):
        values = tuple(longest(each[key]) for each in seen)
        tails = {"p99_ms": [p99(each[key]) for each in seen]}
        way = Sample("in pages, prepared in a thread", values, tails)
        yield Figure(_TOPIC, f"longest gap of a 16 ms timer, {what}", "ms", way)


def _refetch(work: Workbench, feeds: Simulator, plan: Plan) -> Seen:
    with work.folder("fresh") as fresh:
        seen = watched(plan, fresh / "data", "--feeds", feeds.url)
    assert seen["headline"].startswith("Fresh"), seen["headline"]
    return seen


def _of_each(seen: list[Seen], of: Any) -> tuple[tuple[float, ...], dict[str, Any]]:
    """Of each run; and of the seconds before it, when nothing was going on."""
    return tuple(of(each["gaps"]) for each in seen), {
        "idle_ms": [of(each["idle"]) for each in seen],
        "beats": [len(each["gaps"]) for each in seen],
        "run_s": [each["run_s"] for each in seen],
    }


def _sample(seconds: Seconds, way: str) -> Sample:
    return seconds.sample(way)
