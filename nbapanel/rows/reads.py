"""What the warehouse is asked, as frozen types: for the terminal and the window. No SQL here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal


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
    """An attempt at a step in a run: the last one, with what all attempts fetched, set aside and
    changed, unless it is said that it is one by itself. `changes`: relation -> inserted, ..."""

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

    `fetched_at`: when a feed was last asked for the scoreboards of these days, and all went well.
    `overdue_games`: that should have begun since then, and are not known to have. `behind`:
    published views that are older than what they are made of. `undone`: by step, its last attempt
    in whichever run, where that did not end well. `fallback`: why `days` were read from the base
    tables and not from the published slate, in words; empty where they were not.
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
    fallback: str = ""
    overdue_games: int = 0


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


@dataclass(frozen=True, slots=True)
class StepInput:
    """One thing that a step is made of, as far as the warehouse knows when it changed.

    `kind` says what `source` is: "games" marked for that relation, "payloads" of that type, "rows"
    that the step of that key changed, "views" of that name (`made_of`: a relation it shows), or
    anything "published".
    """

    step: str
    kind: Literal["games", "payloads", "rows", "views", "published"]
    source: str = ""
    made_of: str = ""


@dataclass(frozen=True, slots=True)
class StaleStep:
    """A step whose result is older than what it is made of; `reason`: what changed, in words."""

    step: str
    reason: str


@dataclass(frozen=True, slots=True)
class StepFacts:
    """What is known of a step beside a run that is underway.

    `last`: its last attempt in whichever run; `succeeded`: the last that ended well. `usual_s`:
    the median of its last good durations, None where there are fewer than three. `stale`: why its
    result is older than what it is made of, in words; empty where it is not.
    """

    step: str
    last: StepRow | None = None
    succeeded: StepRow | None = None
    usual_s: float | None = None
    durations_s: tuple[float, ...] = ()
    stale: str = ""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """`place`: "embedded", or host and port of a server of one's own."""

    place: str
    name: str
    server_version: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RefreshSeries:
    """The refresh log of one relation and kind, in columns of one length, oldest first.

    `started_at` in seconds since 1970 UTC, durations and thresholds in milliseconds; what a refresh
    does not know is None. `is_alert`: slower than its threshold, slower than three times the
    median, or failed.
    """

    relation: str
    kind: str
    step: str
    refresh_id: Sequence[int]
    run_id: Sequence[int | None]
    started_at: Sequence[float]
    duration_ms: Sequence[int | None]
    threshold_ms: Sequence[int | None]
    rows_after: Sequence[int | None]
    inserted: Sequence[int]
    updated: Sequence[int]
    deleted: Sequence[int]
    status: Sequence[str]
    is_alert: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Alert:
    """A refresh that failed or was slow; `words` say which, and how it usually is."""

    refresh_id: int
    run_id: int | None
    step: str
    relation: str
    at: datetime
    status: str
    duration_ms: int | None
    threshold_ms: int | None
    usual_ms: float | None
    words: str


@dataclass(frozen=True, slots=True)
class NbaPart:
    """What the league's own feeds gave of a game: its id there, and how many actions.

    `lacks`: what is missing of that, in words; empty: nothing. `to_come`: in words, that the game
    is not over, which is no lack; empty: it is.
    """

    game_id: str
    events: int
    lacks: str
    to_come: str = ""


@dataclass(frozen=True, slots=True)
class GameRow:
    """One game of the games table. `lacks`: what is missing of it, in words; empty: nothing.

    `to_come`: in words, that it is still to be played or in play, which is no lack; empty: neither.
    `coverage_percent`: of its probability items those with a market price beside them.
    `nba` is a matter of its own, for the league may be out of reach; None: it knows no such game.
    """

    game_id: str
    season_label: str
    game_date: date | None
    event_date: datetime | None
    home_code: str | None
    away_code: str | None
    home_team: str | None
    away_team: str | None
    status_name: str | None
    status_state: str | None
    status_completed: bool
    home_score: int | None
    away_score: int | None
    items: int
    plays: int
    state_rows: int
    home_candles: int
    away_candles: int
    coverage_percent: float | None
    last_fetched_at: datetime | None
    lacks: str
    nba: NbaPart | None = None
    to_come: str = ""


@dataclass(frozen=True, slots=True)
class GamePage:
    """Rows `offset` and on of `total`. `fallback`: why they were read from the base tables and
    not from the published view, in words; empty where they were not."""

    total: int
    offset: int
    rows: tuple[GameRow, ...]
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class GameChoices:
    seasons: tuple[str, ...]
    teams: tuple[tuple[str, str], ...]
    """(code, name), by code."""


@dataclass(frozen=True, slots=True)
class GameChart:
    """A game over its time, in columns: all in order of play.

    `elapsed_s` counts the seconds of play since tip-off (2,880 at the end of regulation);
    probabilities are those of a home win, 0..1; prices likewise, in home terms. None where there is
    no value. `quarter_ends_s`: where each period ends.
    """

    game: GameRow
    elapsed_s: Sequence[float]
    espn_home_prob: Sequence[float | None]
    kalshi_mid: Sequence[float | None]
    kalshi_bid: Sequence[float | None]
    kalshi_ask: Sequence[float | None]
    score_diff: Sequence[int | None]
    quarter_ends_s: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PayloadRow:
    """An archived payload. `path` is relative to the archive; `bytes` uncompressed."""

    source_type: str
    source_key: str
    path: str
    fetched_at: datetime
    http_status: int
    byte_size: int
    sha256_hex: str
    bad_items: int
    load_error: str | None


@dataclass(frozen=True, slots=True)
class RunPage:
    total: int
    offset: int
    rows: tuple[RunRow, ...]


@dataclass(frozen=True, slots=True)
class RunDetail:
    """`changes`: relation -> inserted, updated, unchanged, deleted, over all its steps.

    `games`: ids of the games whose rows it changed; `games_total` counts all, also those beyond the
    first thousand.
    """

    run: RunRow
    steps: tuple[StepRow, ...]
    changes: dict[str, dict[str, int]]
    games: tuple[str, ...]
    games_total: int


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One step of a dry run; None where a number is not known beforehand.

    `seconds` is the median of its history. `skip_reason`: why there would be nothing to do.
    """

    key: str
    title: str
    requests: int | None
    units: int | None
    unit: str
    rows: int | None
    note: str
    skip_reason: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Planned:
    """What a refetch would do. `seconds`: how long in all, lanes side by side; None: not known."""

    steps: tuple[PlannedStep, ...]
    seconds: float | None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One record of the log; lines of a traceback belong to the record that they follow."""

    at: datetime
    level: str
    logger: str
    run_id: int | None
    step: str
    message: str


@dataclass(frozen=True, slots=True)
class CacheCounts:
    """The read cache since the start. `oldest_s`: the most that an answer may be behind."""

    hits: int
    misses: int
    entries: int
    time_to_live_s: float


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Where the connection to the database stands: "opening", "ready", "lost" or "refused"."""

    kind: str
    title: str
    detail: str = ""
    hint: str = ""
