"""What the window wants of the rest of the program, as protocols and plain values.

`app` gives the real thing, tests a fake. Answers arrive in the thread of the window, never inside
the call that asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from nbapanel.errors import UserFacingError
from nbapanel.rows.exportable import ExportDone, ExportWanted
from nbapanel.rows.quality import QualityReport, QualityWanted
from nbapanel.rows.questions import Question
from nbapanel.rows.reads import CacheCounts, Planned

A = TypeVar("A")

Then = Callable[[A], None]
Failed = Callable[[UserFacingError], None]
Progressed = Callable[[int, int], None]
Cancel = Callable[[], None]


@dataclass(frozen=True, slots=True)
class DeclaredStep:
    """A step as the pipeline declares it. `asks`: the settings of a run that matter to it, of
    "window", "games", "force" and "publish_anyway". `asks_feeds`: it makes requests."""

    key: str
    title: str
    lane: str
    needs: tuple[str, ...]
    follows: tuple[str, ...]
    writes: tuple[str, ...]
    asks: tuple[str, ...]
    alert_after_s: float | None = None
    asks_feeds: bool = False


@dataclass(frozen=True, slots=True)
class RunWanted:
    """A run that somebody asks for: all of it, or a slice; `resume` what the last one left.

    `days` or `first` and `last` (US Eastern days); none of them: the setting decides.
    """

    only: tuple[str, ...] = ()
    from_step: str | None = None
    until_step: str | None = None
    days: int | None = None
    first: date | None = None
    last: date | None = None
    games: tuple[str, ...] = ()
    force: bool = False
    publish_anyway: bool = False
    resume: bool = False
    trigger: str = "button"

    @property
    def words(self) -> list[str]:
        """As the command line takes it."""
        if self.resume:
            return ["resume"]
        words = ["refetch", "--trigger", self.trigger]
        for key in self.only:
            words += ["--only", key]
        if self.from_step is not None:
            words += ["--from", self.from_step]
        if self.until_step is not None:
            words += ["--until", self.until_step]
        if self.first is not None:
            words += ["--date", f"{self.first}..{self.last or self.first}"]
        elif self.days is not None:
            words += ["--days", str(self.days)]
        for game in self.games:
            words += ["--game", game]
        words += ["--force"] if self.force else []
        words += ["--publish-anyway"] if self.publish_anyway else []
        return words


@dataclass(frozen=True, slots=True)
class BackfillWanted:
    """A backfill that somebody asks for; or, with `resumes`, that one to go on."""

    seasons: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    workers: int = 2
    force: bool = False
    resumes: int | None = None

    @property
    def words(self) -> list[str]:
        """As the command line takes it."""
        words = ["backfill", "--trigger", "button", "--workers", str(self.workers)]
        if self.resumes is not None:
            return [*words, "--resume", str(self.resumes)]
        for season in self.seasons:
            words += ["--season", season]
        for lane in self.lanes:
            words += ["--lane", lane]
        return [*words, "--force"] if self.force else words


class Asker(Protocol):
    """Answers questions from the read cache or the warehouse, off the window's thread."""

    def ask(self, question: Question[A], then: Then[A], failed: Failed | None = None) -> None:
        """`failed` hears of trouble in words; without it the window's own notice does."""

    def plan(self, wanted: RunWanted, then: Then[Planned], failed: Failed) -> None:
        """What a run would do, by the code of --dry-run."""

    def export_game(self, game_id: str, then: Then[Path], failed: Failed) -> None:
        """Write the game's snapshot features as CSV into the exports folder."""

    def export(
        self,
        wanted: ExportWanted,
        progressed: Progressed,
        then: Then[ExportDone | None],
        failed: Failed,
    ) -> Cancel:
        """Write a file beside the window. `progressed` hears of rows and bytes so far, `then` of
        the end (None: it was cancelled). The call that is returned cancels it."""

    def check_quality(
        self,
        wanted: QualityWanted,
        progressed: Progressed,
        then: Then[QualityReport],
        failed: Failed,
    ) -> Callable[[], None]:
        """Hold NBA games against the archive and the feeds; what is returned gives it up.
        `progressed` hears of how many are done, of how many."""

    @property
    def cache(self) -> CacheCounts: ...
