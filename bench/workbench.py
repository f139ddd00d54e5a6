"""What every topic is given: sizes, archives, a scratch folder, a server while it is needed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

from bench import season
from bench.archives import Archives
from bench.warehouse import postgres
from nbapanel.archive import Archive
from nbapanel.payload import SourceType
from nbapanel.simulator.league import League

SEASON = 1_230


@dataclass(slots=True)
class Workbench:
    """`games` is the size of the loads: a season is 560,000 probability items, 3.6 M candles."""

    games: int
    repeats: int
    scratch: Path
    archives: Archives
    _server: str | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    loaded: str | None = None

    def share(self, games: int) -> int:
        """So many games of a whole season, in proportion to the size that is measured."""
        return games * self.games // SEASON

    @property
    def league(self) -> League:
        return self.archives.league

    @property
    def server(self) -> str:
        """The embedded server, as users get it, started for the first topic that asks."""
        if self._server is None:
            self._server = self._open.enter_context(postgres(self.scratch / "server"))
        return self._server

    def stop_server(self) -> None:
        """Before processes with servers of their own are measured."""
        self._open.close()
        self._server = self.loaded = None
        shutil.rmtree(self.scratch / "server", ignore_errors=True)

    def close(self) -> None:
        self.stop_server()

    def archive(self, games: int, kinds: Collection[SourceType] = tuple(SourceType)) -> Archive:
        """The season's first days with so many covered games."""
        return self.archive_of(season.first_days(self.league, games), kinds=kinds)

    def archive_of(
        self,
        days: list[date],
        place: Path | None = None,
        kinds: Collection[SourceType] = tuple(SourceType),
    ) -> Archive:
        place = place or self.scratch / f"archive-{next(self._numbers)}"
        return self.archives.part(days, place, kinds)

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A scratch folder for the length of the block."""
        place = self.scratch / f"{name}-{next(self._numbers)}"
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place)

    def say(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
