"""What a screen may ask of the warehouse, each question with the type of its answer. No SQL here.

A question is frozen and hashable: it is its own key in the read cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Generic, Literal, TypeVar

from nbapanel.rows.backfills import BackfillDetail, BackfillRow
from nbapanel.rows.exportable import ExportChoices
from nbapanel.rows.reads import (
    Alert,
    DatabaseFacts,
    GameChart,
    GameChoices,
    GamePage,
    Overview,
    PayloadRow,
    RefreshSeries,
    RunDetail,
    RunPage,
    StepFacts,
)

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Question(Generic[A]):
    """`is_cached`: whether an answer may be as old as the read cache lets it be."""

    is_cached: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class OverviewAsked(Question[Overview]):
    """Is the data fresh and complete: the last `days` days of games, and what waits."""

    days: int


@dataclass(frozen=True, slots=True)
class StepsAsked(Question[dict[str, StepFacts]]):
    """By step key: what is known of each step, whichever run it was in."""


@dataclass(frozen=True, slots=True)
class DatabaseAsked(Question[DatabaseFacts]):
    """Version, size and place of the database."""


@dataclass(frozen=True, slots=True)
class RefreshesAsked(Question[tuple[RefreshSeries, ...]]):
    """The refresh log from `since` on (None: all of it), a series for each relation and kind."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class AlertsAsked(Question[tuple[Alert, ...]]):
    """Slow and failed refreshes since then, newest first."""

    since: datetime


GameOrder = Literal["game_date", "home", "away", "status", "coverage", "freshness", "season"]
Completeness = Literal["complete", "incomplete", "nba_complete", "nba_incomplete"]


@dataclass(frozen=True, slots=True)
class GamesAsked(Question[GamePage]):
    """One page of games. `team`: a code such as "LAL", home or away; `text`: part of a name or id.

    `completeness`: only games that have all, or lack something: of ESPN and Kalshi ("complete",
    "incomplete"), or of the league's own feeds ("nba_complete", "nba_incomplete"). A game that is
    still to be played or in play is neither.
    """

    season: str | None = None
    team: str | None = None
    first: date | None = None
    last: date | None = None
    status: Literal["pre", "in", "post"] | None = None
    completeness: Completeness | None = None
    text: str = ""
    changed_by_run: int | None = None
    order: GameOrder = "game_date"
    descending: bool = True
    offset: int = 0
    limit: int = 200


@dataclass(frozen=True, slots=True)
class GameChoicesAsked(Question[GameChoices]):
    """Seasons and teams that there are, for the filters of the games table."""


@dataclass(frozen=True, slots=True)
class GameAsked(Question[GameChart]):
    """One game over its time: probabilities, market and score."""

    game_id: str


@dataclass(frozen=True, slots=True)
class PayloadsAsked(Question[tuple[PayloadRow, ...]]):
    """The archived payloads that a game was loaded from."""

    game_id: str


@dataclass(frozen=True, slots=True)
class ExportChoicesAsked(Question[ExportChoices]):
    """What can be exported, and by what it can be narrowed."""


@dataclass(frozen=True, slots=True)
class RunsAsked(Question[RunPage]):
    """One page of runs, newest first."""

    is_cached: ClassVar[bool] = False
    offset: int = 0
    limit: int = 200


@dataclass(frozen=True, slots=True)
class RunAsked(Question[RunDetail]):
    """One run: its steps, what it changed, the games concerned."""

    is_cached: ClassVar[bool] = False
    run_id: int


@dataclass(frozen=True, slots=True)
class NbaSeasonsAsked(Question[tuple[str, ...]]):
    """The seasons of which there are NBA games, newest first."""


@dataclass(frozen=True, slots=True)
class BackendsAsked(Question[int]):
    """How many connections of runs still do something on the server: none after a cancel."""

    is_cached: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class BackfillsAsked(Question[tuple[BackfillRow, ...]]):
    """The last backfills, newest first, and how far each is."""

    is_cached: ClassVar[bool] = False


@dataclass(frozen=True, slots=True)
class BackfillAsked(Question[BackfillDetail]):
    """One backfill: its stages, its days, and what could not be had."""

    is_cached: ClassVar[bool] = False
    backfill_id: int
