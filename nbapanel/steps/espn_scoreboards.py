"""Scoreboards of ESPN: which days are asked for, and what a day lists and no longer lists."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from nbapanel.clock import eastern_midnight
from nbapanel.engine.steps import Plan
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.espn import (
    parse_scoreboard,
)
from nbapanel.rows.models import SCOREBOARD_GAMES
from nbapanel.settings import Settings
from nbapanel.source.answers import NotModified
from nbapanel.steps.fetching import fetch_each, keep
from nbapanel.steps.loading import (
    Contribution,
    Loader,
    Parse,
    ParsedFile,
    UnloadedFile,
    load_unloaded,
    register,
)
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged, mark_games
from nbapanel.warehouse.relations import PROB_EVENT_STATE, SNAPSHOT_FEATURES
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

_CORRECTED_UNTIL = timedelta(hours=12)
"""Finals are corrected up to the next morning: until then a day is asked for again."""


async def days_to_fetch(resources: Resources) -> list[date]:
    """Days of the window, and every archived day that still holds an unfinished game.

    A day that is over and was fetched after its last correction is left out, unless forced.
    """
    async with resources.database.connection() as connection:
        if resources.games:
            cursor = await connection.execute(
                statement("days_of_games"), {"games": list(resources.games)}
            )
            return [day for (day,) in await cursor.fetchall()] or list(resources.window.days)
        cursor = await connection.execute(
            statement("unfinished_days"), {"now": resources.clock.now()}
        )
        unfinished = {day for (day,) in await cursor.fetchall()}
        window = set(resources.window.days)
        if not resources.force:
            window -= await settled_days(connection, resources) - unfinished
        return sorted(window | unfinished)


async def settled_days(connection: AsyncConnection[Any], resources: Resources) -> set[date]:
    """Days of the window that are held as they will stay."""
    cursor = await connection.execute(
        statement("newest_files"),
        {
            "source_types": [SourceType.ESPN_SCOREBOARD.value],
            "keys": [day.isoformat() for day in resources.window.days],
        },
    )
    settled = set()
    for _, key, checked_at, _, is_refused in await cursor.fetchall():
        day = date.fromisoformat(key)
        if (
            not is_refused
            and checked_at >= eastern_midnight(day + timedelta(days=1)) + _CORRECTED_UNTIL
        ):
            settled.add(day)
    return settled


async def plan_scoreboards(resources: Resources) -> Plan:
    days = await days_to_fetch(resources)
    return Plan(requests=len(days), units=len(days), unit="days")


async def fetch_scoreboards(context: Context) -> str:
    resources = context.resources
    await register(context)
    days = await days_to_fetch(resources)
    unchanged = await fetch_days(context, days)
    settled = len(resources.window.days) - len(set(days) & set(resources.window.days))
    told = counted(len(days), "day")
    if unchanged:
        told += f", {unchanged} unchanged"
    return told + (f"; {counted(settled, 'day')} settled" if settled else "")


async def fetch_days(context: Context, days: Sequence[date]) -> int:
    """Fetch the scoreboards of these days; how many were as they are held."""
    resources = context.resources
    feeds = resources.feeds.counted_by(context.fetched)
    unchanged = 0

    async def fetch(day: date) -> None:
        nonlocal unchanged
        held = await asyncio.to_thread(
            resources.archive.validators, SourceType.ESPN_SCOREBOARD, day.isoformat()
        )
        got = await feeds.espn.scoreboard(day, validators=held)
        if isinstance(got, NotModified):
            unchanged += 1
            await asyncio.to_thread(
                resources.archive.touch,
                SourceType.ESPN_SCOREBOARD,
                day.isoformat(),
                got.checked_at,
            )
        else:
            await keep(context, got)

    await fetch_each(context, days, "days", fetch, date.isoformat)
    return unchanged


async def load_scoreboards(context: Context) -> str:
    return await load_unloaded(context, _scoreboard_loader(context))


def _scoreboard_loader(context: Context) -> Loader:
    async def prepare(_: AsyncConnection[Any], files: Sequence[UnloadedFile]) -> Parse:
        return partial(_parse_scoreboard, context.resources.settings)

    return Loader(
        source_types=(SourceType.ESPN_SCOREBOARD,),
        relations=(SCOREBOARD_GAMES,),
        prepare=prepare,
        afterwards=partial(_settle_scoreboards, context.run_id),
        marks={SCOREBOARD_GAMES.name: "competition_id"},
        one_by_one=True,
    )


def _parse_scoreboard(
    settings: Settings, file: UnloadedFile, payload: Payload
) -> Sequence[Contribution]:
    parsed = parse_scoreboard(
        payload.parts,
        day=date.fromisoformat(file.source_key),
        fetched_at=file.fetched_at,
        source_file_id=file.source_file_id,
        keep_raw=settings.keep_raw_in_database,
        most_items=settings.most_items,
    )
    return [Contribution(SCOREBOARD_GAMES, parsed)]


async def _settle_scoreboards(
    run_id: int,
    connection: AsyncConnection[Any],
    batch: Sequence[ParsedFile],
    merged: dict[str, Merged],
) -> None:
    touched = set(merged[SCOREBOARD_GAMES.name].touched) if merged else set()
    for parsed in batch:
        vanished = await _drop_vanished(connection, parsed)
        if vanished:
            touched |= vanished
            before = merged.get(SCOREBOARD_GAMES.name, Merged())
            merged[SCOREBOARD_GAMES.name] = before.with_deleted(len(vanished))
    datasets = [PROB_EVENT_STATE.name, SNAPSHOT_FEATURES.name]
    await mark_games(connection, datasets, touched, run_id)


async def _drop_vanished(connection: AsyncConnection[Any], parsed: ParsedFile) -> set[str]:
    """Drop the games that a day had and does not list any more; which they were."""
    if parsed.bad_items:
        return set()  # what is listed and could not be read has not vanished
    cursor = await connection.execute(
        statement("drop_vanished_games"),
        {
            "day": date.fromisoformat(parsed.file.source_key),
            "listed": [row[0] for c in parsed.contributions for row in c.parsed.rows],
        },
    )
    vanished = {game_id for (game_id,) in await cursor.fetchall()}
    if vanished:
        await connection.execute(
            statement("relation_changed"),
            {"relation": SCOREBOARD_GAMES.name, "grown_by": -len(vanished)},
        )
    return vanished
