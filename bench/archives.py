"""Archives of generated games: made once, kept where `--data` says, and handed out in parts."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date
from multiprocessing import get_context
from pathlib import Path

from bench import season
from nbapanel.archive import Archive
from nbapanel.archive.names import manifest_path
from nbapanel.clock import eastern_date
from nbapanel.payload import SourceType
from nbapanel.simulator.league import League

_DAYS_A_TASK = 4
_FORM = 1  # of what is filled in; another number makes it anew


@dataclass(frozen=True, slots=True)
class Archives:
    """`whole` holds every day that was asked for so far; a part of it is linked, not copied."""

    root: Path
    league: League

    @property
    def whole(self) -> Path:
        return self.root / f"league-{self.league.seed}-{self.league.start_year}-{_FORM}"

    @property
    def _noted(self) -> Path:
        return self.whole.with_suffix(".days.json")

    def part(self, days: Sequence[date], place: Path, kinds: Collection[SourceType]) -> Archive:
        """An archive at `place` of these days' payloads of these kinds."""
        self._provide(days)
        wanted = set(days)
        for manifest in Archive(self.whole).all():
            # Everything of a day is seen on the day after it.
            day = date.fromordinal(eastern_date(manifest.fetched_at).toordinal() - 1)
            if day in wanted and manifest.source_type in kinds:
                for path in (manifest.path, manifest_path(manifest.path)):
                    _link(self.whole / path, place / path)
        return Archive(place)

    def _provide(self, days: Sequence[date]) -> None:
        have = set(json.loads(self._noted.read_text())) if self._noted.exists() else set()
        lacking = [day for day in days if day.isoformat() not in have]
        if not lacking:
            return
        tasks = [lacking[n : n + _DAYS_A_TASK] for n in range(0, len(lacking), _DAYS_A_TASK)]
        with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
            for done in [pool.submit(_fill, self.whole, self.league.start_year, t) for t in tasks]:
                done.result()
        self._noted.write_text(json.dumps(sorted(have | {day.isoformat() for day in days})))


def _fill(root: Path, start_year: int, days: Sequence[date]) -> None:
    season.fill(Archive(root), League(season.SEED, start_year), days)


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
