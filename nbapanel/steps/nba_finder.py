"""The finder of past games: for seasons that the schedule does not carry, and what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from nbapanel.payload import SourceType
from nbapanel.source.answers import Absent, absence_of
from nbapanel.steps.fetching import fetch_each, keep
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.statements import statement

_GAME_TYPES = (1, 2, 4, 5, 6)
"""Preseason, regular season, playoffs, play-in, cup final: no all-star game."""

_LAST_MONTH_OF_SEASON = 7
_LATE_SEASONS = {2019: date(2020, 10, 12)}
"""The first day after a season that ended later than July."""


@dataclass(frozen=True, slots=True)
class FinderAsked:
    """Games of one season and kind, as the finder is asked for them."""

    season_label: str
    season_type: int

    @property
    def key(self) -> str:
        return f"{self.season_label}:{self.season_type}"


async def finders_to_ask(resources: Resources, seasons: Sequence[str]) -> list[FinderAsked]:
    """Of these seasons the ones that the schedule does not carry, and not held to their end."""
    scheduled = await scheduled_seasons(resources)
    carried = max(scheduled, default="")
    wanted = [
        FinderAsked(season, kind)
        for season in seasons
        if season != carried and not scheduled.get(season, False)
        for kind in _GAME_TYPES
    ]
    if not wanted or resources.force:
        return wanted
    async with resources.database.connection() as connection:
        cursor = await connection.execute(
            statement("newest_files"),
            {
                "source_types": [SourceType.NBA_GAME_FINDER.value],
                "keys": [one.key for one in wanted],
            },
        )
        held = {
            key: checked_at
            for _, key, checked_at, _, is_refused in await cursor.fetchall()
            if not is_refused
        }
    return [one for one in wanted if not _is_whole(one, held.get(one.key))]


async def fetch_finders(context: Context, finders: Sequence[FinderAsked]) -> None:
    nba = context.resources.feeds.counted_by(context.fetched).nba

    async def fetch(asked: FinderAsked) -> None:
        got = await nba.game_finder(asked.season_label, asked.season_type)
        if isinstance(got, Absent):
            got = absence_of(SourceType.NBA_GAME_FINDER, asked.key, got)
        await keep(context, got)

    await fetch_each(context, finders, "seasons", fetch, lambda asked: asked.key)


async def scheduled_seasons(resources: Resources) -> dict[str, bool]:
    """By season that a schedule was loaded of: whether it was over then.

    The schedule carries the newest of them. Of an earlier one it was left where it stood: seen last
    in October, it names no game of the playoffs.
    """
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("nba_seasons_scheduled"))
        return dict(await cursor.fetchall())


def season_of(day: date) -> int:
    """The calendar year in which the season of that day began."""
    season = day.year if day.month > _LAST_MONTH_OF_SEASON else day.year - 1
    return season - 1 if day < _LATE_SEASONS.get(season - 1, date.min) else season


def _is_whole(asked: FinderAsked, checked_at: datetime | None) -> bool:
    """Whether what is held of the season was given after its end."""
    season = int(asked.season_label[:4])
    ended = _LATE_SEASONS.get(season, date(season + 1, _LAST_MONTH_OF_SEASON + 1, 1))
    return checked_at is not None and checked_at >= datetime(*ended.timetuple()[:3], tzinfo=UTC)
