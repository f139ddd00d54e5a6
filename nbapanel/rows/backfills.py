"""Backfills as they are read: how far each is, day by day, and what could not be had. No SQL."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

LANES = ("espn", "kalshi", "nba")
LANE_NAMES = {"espn": "ESPN", "kalshi": "Kalshi", "nba": "NBA"}
STAGE_TITLES = {
    "espn_days": "ESPN scoreboards",
    "kalshi_markets": "Kalshi markets",
    "espn_games": "ESPN games",
    "kalshi_events": "Kalshi candlesticks",
    "nba_lists": "NBA schedules",
    "nba_games": "NBA games",
}


@dataclass(frozen=True, slots=True)
class BackfillRow:
    """`phase`: discover, work, derive, over; `status`: running, paused, done, failed.

    `is_attended`: some worker of this database is alive. `lately`: units that were done in the last
    `lately_s` seconds of it.
    """

    backfill_id: int
    seasons: tuple[str, ...]
    lanes: tuple[str, ...]
    most_games: int | None
    force: bool
    trigger: str
    phase: str
    status: str
    reason: str
    started_at: datetime
    finished_at: datetime | None
    worked_s: float
    requests: int
    bytes_fetched: int
    rows_loaded: int
    load_s: float
    rows_derived: int
    derive_s: float
    units: int
    done: int
    failed: int
    underway: int
    workers: tuple[str, ...]
    lately: int
    lately_s: float
    is_attended: bool = True

    @property
    def is_left(self) -> bool:
        """It was not ended, and nobody works it any more: whoever did was killed."""
        return self.status == "running" and not self.is_attended

    @property
    def standing(self) -> str:
        """The status as it is shown: interrupted, where it was left."""
        return "interrupted" if self.is_left else self.status

    @property
    def open(self) -> int:
        return self.units - self.done - self.failed

    @property
    def units_per_s(self) -> float:
        """As of late; 0 where nothing was done, or where it does not run."""
        if self.standing != "running" or self.lately_s <= 0:
            return 0.0
        return self.lately / self.lately_s

    @property
    def left_s(self) -> float | None:
        """How long the rest will take at that pace; None while not all units are known."""
        if self.phase != "work" or not self.units_per_s:
            return None
        return self.open / self.units_per_s

    @property
    def rows_per_s(self) -> float:
        """Rows loaded in a second of loading and deriving together."""
        took_s = self.load_s + self.derive_s
        return self.rows_loaded / took_s if took_s else 0.0


@dataclass(frozen=True, slots=True)
class BackfillStage:
    stage: str
    units: int
    done: int
    failed: int
    underway: int


@dataclass(frozen=True, slots=True)
class BackfillDay:
    day: date
    units: int
    done: int
    failed: int
    underway: int

    @property
    def word(self) -> str:
        """How the day stands: done, underway, failed, waiting."""
        if self.failed:
            return "failed"
        if self.done == self.units:
            return "done"
        return "underway" if self.underway or self.done else "waiting"


@dataclass(frozen=True, slots=True)
class BackfillTrouble:
    """A unit that was given up (`status` failed), or that is still tried."""

    stage: str
    key: str
    day: date | None
    status: str
    attempts: int
    reason: str
    worker: str


@dataclass(frozen=True, slots=True)
class BackfillDetail:
    row: BackfillRow
    stages: tuple[BackfillStage, ...]
    days: tuple[BackfillDay, ...]
    troubles: tuple[BackfillTrouble, ...]
