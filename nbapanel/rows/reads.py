"""What the warehouse is asked, as frozen types: for the terminal and the window. No SQL here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run of the journal. `inserted`, `updated`, `deleted` are sums over its relations."""

    run_id: int
    kind: str
    trigger: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    duration_ms: int | None
    host: str
    pid: int
    error: str | None
    steps: tuple[str, ...]
    settings: dict[str, Any]
    resumes: int | None
    inserted: int
    updated: int
    deleted: int


@dataclass(frozen=True, slots=True)
class StepRow:
    """The last attempt of a step in a run. `changes`: relation -> inserted, updated, ..."""

    run_id: int
    step: str
    attempt: int
    status: str
    reason: str | None
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    requests: int
    bytes_fetched: int
    bad_items: int
    error: str | None
    hint: str | None
    changes: dict[str, dict[str, int]]
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class SlateDay:
    """One day of games, as published."""

    season_label: str
    game_date: date
    games: int
    live: int
    final: int
    postponed: int
    with_probabilities: int
    with_state: int
    with_kalshi: int
    complete: bool
    last_change: datetime | None


@dataclass(frozen=True, slots=True)
class PublishedView:
    relation: str
    row_count: int
    published_at: datetime
    published_anyway: bool


@dataclass(frozen=True, slots=True)
class RelationSize:
    relation: str
    row_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """The last run, if it did not do all it was asked for; `states` by step."""

    run_id: int
    kind: str
    steps: tuple[str, ...]
    settings: dict[str, Any]
    status: str
    states: dict[str, str]


@dataclass(frozen=True, slots=True)
class Overview:
    """What `status` says: is the data fresh and complete, and what ran last.

    `fetched_at`: when a feed was last asked for its scoreboards, and all went well. `behind`:
    published views that are older than what they are made of. `undone`: by step, its last attempt
    in whichever run, where that did not end well.
    """

    feeds: str
    server_version: str
    days: tuple[SlateDay, ...]
    views: tuple[PublishedView, ...]
    relations: tuple[RelationSize, ...]
    marked_games: int
    unloaded_files: int
    fetched_at: datetime | None
    behind: tuple[str, ...]
    undone: dict[str, StepRow]
    last_run: RunRow | None
    active_run_id: int | None


NOTHING = Overview(
    feeds="unknown",
    server_version="",
    days=(),
    views=(),
    relations=(),
    marked_games=0,
    unloaded_files=0,
    fetched_at=None,
    behind=(),
    undone={},
    last_run=None,
    active_run_id=None,
)
"""What is seen where no warehouse is."""
