"""The same evening's refetch on a season's warehouse and on a week's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from bench import season
from bench.children import Ran, Simulator, copied, nbapanel, simulator
from bench.figures import Aim, Figure, Sample
from bench.topics.evening import after, peak, steps_of, window
from bench.workbench import Workbench

_TOPIC = "scale"
_AIM_RATIO = 1.2
_SMALL_GAMES = 50
_MOST_NEW = 8


def measure(work: Workbench) -> Iterator[Figure]:
    work.stop_server()
    days = sorted(work.league.schedule.by_day)
    evening = _evening(work, days)
    before = [day for day in days if day < evening]
    lately = _last_days(work, before, min(_SMALL_GAMES, work.games))
    with (
        simulator(season.SEED, after(before[-1])) as feeds,
        work.folder("scale") as place,
    ):
        small = _Case(work, feeds, place / "small", lately, evening)
        large = _Case(work, feeds, place / "large", before, evening)
        for case in (small, large):
            work.say(f"  loading {case.games:,} games")
            case.rebuild()
        feeds.set_clock(after(evening))
        small.refetch()  # warms the simulator
        pairs = [(large.refetch(), small.refetch()) for _ in range(work.repeats)]
        published = large.publish(), small.publish()
    for one, other in pairs:
        assert one.requests == other.requests, "not the same refetch"
        assert one.written == other.written, "not the same refetch"
    yield _figure(large, small, pairs, season.games_of(work.league, [evening]))
    yield _publish_figure(large, small, published)
    yield peak(_TOPIC, f"an evening's refetch on {large.games:,} games", [one for one, _ in pairs])


class _Case:
    """A warehouse of these days, rebuilt once and copied for each refetch of the evening."""

    def __init__(
        self, work: Workbench, feeds: Simulator, data_dir: Path, days: list[date], evening: date
    ) -> None:
        self.games = season.games_of(work.league, days)
        self._work = work
        self._feeds = feeds
        self._data_dir = data_dir
        self._days = days
        self._evening = evening

    def rebuild(self) -> None:
        self._work.archive_of(self._days, self._data_dir / "archive")
        nbapanel(self._data_dir, "rebuild", "--yes", "--feeds", self._feeds.url)

    def refetch(self) -> Ran:
        with self._work.folder("copy") as copy:
            data_dir = copied(self._data_dir, copy / "data")
            return self._run(data_dir, "--until", "snapshot_features")

    def publish(self) -> Ran:
        """Of the evening's change."""
        with self._work.folder("copy") as copy:
            data_dir = copied(self._data_dir, copy / "data")
            self._run(data_dir, "--until", "snapshot_features")
            return self._run(data_dir, "--only", "publish")

    def _run(self, data_dir: Path, *options: str) -> Ran:
        arguments = (*window(self._evening), *options, "--feeds", self._feeds.url)
        return nbapanel(data_dir, "refetch", *arguments)


def _evening(work: Workbench, days: Sequence[date]) -> date:
    """The last ordinary evening of as many games as 1,230 are to the benchmark's 540."""
    most = work.games * 41 // 18
    fitting = [
        day
        for number, day in enumerate(days)
        if season.games_of(work.league, [day]) <= _MOST_NEW
        and season.games_of(work.league, days[: number + 1]) <= max(most, _SMALL_GAMES * 2)
    ]
    return fitting[-1]


def _last_days(work: Workbench, days: Sequence[date], games: int) -> list[date]:
    """At least the week before, which the refetch looks at."""
    first = max(days[-1] - timedelta(days=5), days[0])
    taken = [day for day in days if day >= first]
    while season.games_of(work.league, taken) < games and len(taken) < len(days):
        taken.insert(0, days[-len(taken) - 1])
    return taken


def _figure(large: _Case, small: _Case, pairs: Sequence[tuple[Ran, Ran]], new: int) -> Figure:
    ours, other = zip(*pairs, strict=True)
    return Figure(
        _TOPIC,
        f"an evening's refetch ({new} new games) without publish",
        "s",
        _sample(f"on {large.games:,} games", ours),
        _sample(f"on {small.games} games, our way too", other),
        Aim(_AIM_RATIO, of="ratio"),
        is_other_case=True,
    )


def _publish_figure(large: _Case, small: _Case, published: tuple[Ran, Ran]) -> Figure:
    ours, other = (run.step_seconds["publish"] for run in published)
    return Figure(
        _TOPIC,
        "its publish step",
        "s",
        Sample(f"on {large.games:,} games", (ours,)),
        Sample(f"on {small.games} games, our way too", (other,)),
        is_other_case=True,
    )


def _sample(way: str, runs: Sequence[Ran]) -> Sample:
    detail = {"requests": runs[0].requests, "steps": steps_of(runs)}
    return Sample(way, tuple(run.seconds for run in runs), detail)
