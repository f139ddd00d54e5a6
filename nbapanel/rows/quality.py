"""What a quality report says, as frozen types: for the terminal, its JSON and the window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, get_args

Verdict = Literal["failed", "warned", "lacking", "passed", "unseen"]
"""Of a game, the worst first. "lacking": what is held of it is right, but it is over, and its
play-by-play or its box score is not held; "unseen": there was nothing to judge, which is no fault.
"""
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)

NO_PLAYS = "no play-by-play is held"
NO_BOX_SCORE = "no box score is held"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found amiss: at which place, what is due there, and what is there instead.

    `check` is its name, `title` what it holds the data to. A warning is odd, but may be right.
    """

    game_id: str
    check: str
    title: str
    is_warning: bool
    where: str
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class CheckedGame:
    """One game: how many checks it passed, and what the others found.

    `unseen`: reason in words -> names of the checks that had nothing to judge. `withheld`: findings
    beyond the first few of a check, which are counted and not listed.
    """

    game_id: str
    season_label: str
    game_date: date | None
    away_code: str | None
    home_code: str | None
    status: str
    passed: int
    warned: int
    failed: int
    unseen: dict[str, tuple[str, ...]]
    findings: tuple[Finding, ...]
    withheld: int = 0

    @property
    def verdict(self) -> Verdict:
        """The worst that there is to say of it."""
        if self.failed:
            return "failed"
        if self.warned:
            return "warned"
        if not self.passed:
            return "unseen"
        is_whole = NO_PLAYS not in self.unseen and NO_BOX_SCORE not in self.unseen
        return "passed" if is_whole or self.status != "final" else "lacking"


@dataclass(frozen=True, slots=True)
class CheckTotal:
    """One check over all games. `about`: how it judges."""

    name: str
    title: str
    about: str
    passed: int
    warned: int
    failed: int
    unseen: int

    @property
    def verdict(self) -> Verdict:
        """The worst that it says of any game."""
        if self.failed:
            return "failed"
        if self.warned:
            return "warned"
        return "passed" if self.passed else "unseen"


@dataclass(frozen=True, slots=True)
class QualityReport:
    """All that was found, newest games first. `asked`: which games, in words."""

    asked: str
    checked_at: datetime
    took_s: float
    checks: tuple[CheckTotal, ...]
    games: tuple[CheckedGame, ...]

    @property
    def has_failed(self) -> bool:
        return any(check.failed for check in self.checks)

    @property
    def verdict(self) -> Verdict:
        """The worst that there is to say of any game."""
        return min((game.verdict for game in self.games), key=VERDICTS.index, default="unseen")


@dataclass(frozen=True, slots=True)
class QualityWanted:
    """Which games are to be checked: one, a season's, or all."""

    game: str | None = None
    season: str | None = None

    @property
    def words(self) -> list[str]:
        """As the command line takes it."""
        words = ["qc", "--json", "-"]
        words += ["--game", self.game] if self.game is not None else []
        words += ["--season", self.season] if self.season is not None else []
        return words
