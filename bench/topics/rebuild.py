"""Everything loaded, derived and published again from the archive, as a process."""

from __future__ import annotations

from collections.abc import Iterator

from bench import season
from bench.children import nbapanel, simulator
from bench.evenings import after, peak, steps_of
from bench.figures import Figure, Seconds
from bench.workbench import Workbench

_TOPIC = "rebuild"
_MOST_REPEATS = 2


def measure(work: Workbench) -> Iterator[Figure]:
    work.stop_server()
    days = season.first_days(work.league, work.games)
    games = season.games_of(work.league, days)
    runs = []
    with simulator(season.SEED, after(days[-1])) as feeds:
        for _ in range(min(work.repeats, _MOST_REPEATS)):
            with work.folder("rebuild") as place:
                data_dir = place / "data"
                work.archive_of(days, data_dir / "archive")
                runs.append(nbapanel(data_dir, "rebuild", "--yes", "--feeds", feeds.url))
    seconds = Seconds(tuple(run.seconds for run in runs))
    yield Figure(
        _TOPIC,
        f"rebuild of {games:,} games from the archive",
        "s",
        seconds.sample("whole process", steps=steps_of(runs), written=runs[0].written),
    )
    yield peak(_TOPIC, f"the rebuild of {games:,} games", runs)
