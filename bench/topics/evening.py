"""The main job as a process: the first refetch, an evening's, one with nothing new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from bench import season
from bench.children import Ran, Simulator, copied, nbapanel, simulator
from bench.evenings import DAYS, after, days_of, peak, steps_of, window
from bench.figures import Aim, Figure, Sample
from bench.workbench import Workbench

_TOPIC = "evening"
_AIM_EVENING_S, _AIM_NOTHING_NEW_S = 3.0, 1.0


def measure(work: Workbench) -> Iterator[Figure]:
    work.stop_server()
    evening = work.league.schedule.days.showcase
    days = days_of(evening)
    games = season.games_of(work.league, days)
    new = season.games_of(work.league, [evening])
    with (
        simulator(season.SEED, after(evening)) as feeds,
        work.folder("evening") as place,
    ):
        firsts = _first_refetches(work, feeds, place, evening)
        feeds.set_clock(after(evening - timedelta(days=1)))
        _refetch(feeds, place / "before", evening - timedelta(days=1))
        feeds.set_clock(after(evening))
        evenings, idle = _evenings(work, feeds, place, evening)
    yield _time(firsts, f"refetch of {DAYS} days, {games} games, from nothing", None)
    yield _time(
        evenings, f"an evening's refetch: {DAYS} days, {games} games, {new} new", _AIM_EVENING_S
    )
    yield _time(idle, "the same again, nothing new", _AIM_NOTHING_NEW_S)
    yield peak(_TOPIC, "the refetch from nothing", firsts, is_chief=True)
    yield peak(_TOPIC, "an evening's refetch", evenings)


def _first_refetches(work: Workbench, feeds: Simulator, place: Path, evening: date) -> list[Ran]:
    runs = []
    for number in range(work.repeats + 1):
        with work.folder("first") as fresh:
            run = _refetch(feeds, fresh / "data", evening)
        if number:  # the first one warms the simulator
            runs.append(run)
    return runs


def _evenings(
    work: Workbench, feeds: Simulator, place: Path, evening: date
) -> tuple[list[Ran], list[Ran]]:
    evenings, idle = [], []
    for number in range(work.repeats + 1):
        with work.folder("copy") as copy:
            data_dir = copied(place / "before", copy / "data")
            run = _refetch(feeds, data_dir, evening)
            again = _refetch(feeds, data_dir, evening)
        assert run.written.get("derived.snapshot_features_v1"), run.written
        assert not again.written, again.written
        if number:
            evenings.append(run)
            idle.append(again)
    return evenings, idle


def _refetch(feeds: Simulator, data_dir: Path, evening: date) -> Ran:
    return nbapanel(data_dir, "refetch", *window(evening), "--feeds", feeds.url)


def _time(runs: Sequence[Ran], what: str, aim_s: float | None) -> Figure:
    way = f"whole process, {runs[0].requests} requests"
    detail = {"requests": runs[0].requests, "steps": steps_of(runs)}
    sample = Sample(way, tuple(run.seconds for run in runs), detail)
    aim = Aim(aim_s) if aim_s is not None else None
    return Figure(_TOPIC, what, "s", sample, aim=aim, is_chief=aim is not None)
