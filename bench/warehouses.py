"""The same evening's refetch in warehouses of different sizes: data directories of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from bench import season, usual_evening
from bench.children import Ran, Simulator, copied, nbapanel, python
from bench.evenings import window
from bench.usual_evening import Evening
from bench.workbench import Workbench

_MOST_NEW = 8
_FEWEST_BEFORE = 60


@dataclass(frozen=True, slots=True)
class Warehouse:
    """The days before an evening, built once and copied for whatever is done to it."""

    work: Workbench
    feeds: Simulator
    data_dir: Path
    days: Sequence[date]
    evening: date

    @property
    def games(self) -> int:
        return season.games_of(self.work.league, self.days)

    def build(self) -> None:
        """From the kept archive; the league's own payloads, which it lacks, are fetched."""
        self.work.archive_of(list(self.days), self.data_dir / "archive")
        nbapanel(self.data_dir, "rebuild", "--yes", "--feeds", self.feeds.url)
        days = "--date", f"{min(self.days)}..{max(self.days)}"
        nbapanel(self.data_dir, "refetch", *days, "--feeds", self.feeds.url)

    def refetch(self) -> Ran:
        """Of the evening, in a copy."""
        with self._copy(self.data_dir) as data_dir:
            return self._refetched(data_dir)

    @contextmanager
    def after(self) -> Iterator[Path]:
        """A copy in which the evening was refetched."""
        with self._copy(self.data_dir) as data_dir:
            self._refetched(data_dir)
            yield data_dir

    def refetch_as_usual(self, evening: Evening) -> Ran:
        """The usual way of the same, in a copy of the directory that the evening names."""
        with self._copy(Path(evening.data_dir)) as data_dir:
            about = Evening(str(data_dir), self.feeds.url, evening.days, evening.games)
            return python(data_dir, "-m", usual_evening.__name__, about.as_argument())

    def _refetched(self, data_dir: Path) -> Ran:
        return nbapanel(data_dir, "refetch", *window(self.evening), "--feeds", self.feeds.url)

    @contextmanager
    def _copy(self, original: Path) -> Iterator[Path]:
        with self.work.folder("copy") as place:
            yield copied(original, place / "data")

    def remove(self) -> None:
        shutil.rmtree(self.data_dir)


def last_evening(work: Workbench) -> date:
    """The last ordinary evening after so many games as are measured."""
    days = sorted(work.league.schedule.by_day)
    most = max(work.games, _FEWEST_BEFORE)
    fitting = [
        day
        for number, day in enumerate(days)
        if season.games_of(work.league, [day]) <= _MOST_NEW
        and season.games_of(work.league, days[: number + 1]) <= most
    ]
    return fitting[-1]


def days_before(work: Workbench, evening: date, games: int) -> list[date]:
    """The days that have so many games; at least the week that the refetch looks at."""
    before = [day for day in sorted(work.league.schedule.by_day) if day < evening]
    first = max(evening - timedelta(days=6), before[0])
    taken = [day for day in before if day >= first]
    while season.games_of(work.league, taken) < games and len(taken) < len(before):
        taken.insert(0, before[-len(taken) - 1])
    return taken
