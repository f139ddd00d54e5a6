"""What a run is given to work with, and the window of days that it covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from psycopg import AsyncConnection

from nbapanel.archive import Archive
from nbapanel.clock import Clock, eastern_date, eastern_midnight
from nbapanel.engine.steps import Step, StepContext
from nbapanel.errors import UsageError
from nbapanel.settings import Settings
from nbapanel.source.feeds import Feeds
from nbapanel.warehouse.db import Database


@dataclass(frozen=True, slots=True)
class Window:
    """US Eastern game days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(self._each())

    def _each(self) -> Iterator[date]:
        day = self.first
        while day <= self.last:
            yield day
            day += timedelta(days=1)

    @property
    def begins(self) -> datetime:
        return eastern_midnight(self.first)

    @classmethod
    def last_days(cls, count: int, now: datetime) -> Window:
        """The last `count` Eastern days up to the one that `now` falls in."""
        if count < 1:
            raise UsageError(f"A window of {count} days holds nothing.", hint="Give 1 or more.")
        today = eastern_date(now)
        return cls(today - timedelta(days=count - 1), today)


@dataclass(slots=True)
class Resources:
    """`games` narrows the run to these ESPN games; empty: all. `journal` is in autocommit.

    `offline`: steps that fetch and load only load, from the archive. For a share of the work that
    others do at the same time: `market_events` narrows candlesticks to these events of Kalshi, and
    `payload_keys` what is registered and loaded to the payloads of these keys; None: all.
    """

    settings: Settings
    archive: Archive
    feeds: Feeds
    database: Database
    journal: AsyncConnection[Any]
    clock: Clock
    window: Window
    triggered_by: str
    games: tuple[str, ...] = ()
    force: bool = False
    publish: bool = True
    publish_anyway: bool = False
    offline: bool = False
    market_events: tuple[str, ...] | None = None
    payload_keys: frozenset[str] | None = None

    @property
    def games_or_none(self) -> list[str] | None:
        return list(self.games) or None


Context = StepContext[Resources]
PipelineStep = Step[Resources]
