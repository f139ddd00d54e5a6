"""The league's lists: schedule, today's scoreboard and odds. Their games are settled at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from nbapanel.clock import eastern_date
from nbapanel.engine.steps import Plan
from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.nba import (
    parse_game_finder,
    parse_odds,
    parse_schedule,
    parse_scoreboard,
)
from nbapanel.rows.nba.game_ids import season_label
from nbapanel.rows.nba.relations import (
    FINDER_TEAMS,
    ODDS_BOOKS,
    ODDS_GAMES,
    ODDS_MARKETS,
    ODDS_OUTCOMES,
    ODDS_SNAPSHOTS,
    SCHEDULE_GAMES,
    SCOREBOARD_GAMES,
)
from nbapanel.settings import Settings
from nbapanel.source.answers import Absent, NotModified
from nbapanel.source.nba import LEAGUE
from nbapanel.steps.fetching import attempted, fetch_each, keep, together
from nbapanel.steps.loading import (
    Contribution,
    Loader,
    Parse,
    ParsedFile,
    UnloadedFile,
    load_unloaded,
    register,
)
from nbapanel.steps.nba_answers import Ask, contribution
from nbapanel.steps.nba_finder import (
    FinderAsked,
    fetch_finders,
    finders_to_ask,
    scheduled_seasons,
    season_of,
)
from nbapanel.steps.nba_settling import mark, settle
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged
from nbapanel.warehouse.relations import NBA_GAMES, NBA_TEAMS

_LISTS = ("schedule", "scoreboard", "odds")
_OF_GAMES = (SCHEDULE_GAMES, SCOREBOARD_GAMES, FINDER_TEAMS)
_OF_ODDS = (ODDS_SNAPSHOTS, ODDS_GAMES, ODDS_MARKETS, ODDS_BOOKS, ODDS_OUTCOMES)
RELATIONS = tuple(relation.name for relation in (*_OF_GAMES, *_OF_ODDS, NBA_GAMES, NBA_TEAMS))


async def plan_nba_lists(resources: Resources) -> Plan:
    count = len(_LISTS) + len(await _finders(resources))
    return Plan(requests=count, units=count, unit="lists")


async def fetch_and_load_lists(context: Context) -> str:
    """Fetch the lists, load what the archive has of them, settle the games that they changed.

    What failed does not keep the rest from being done; the step then fails with its sentence.
    """
    troubles: list[UserFacingError] = []
    lacking: list[str] = []
    if not context.resources.offline:
        lacking = await attempted(_fetch_lists(context), troubles) or []
    told = await attempted(_load(context), troubles)
    if not context.resources.offline and (finders := await _finders(context.resources)):
        await attempted(fetch_finders(context, finders), troubles)
        told = await attempted(_load(context), troubles)
    await settle(context)
    if troubles:
        raise together(troubles)
    return "; ".join([told or "", *(f"the NBA has no {name}" for name in lacking)])


async def discover_season(context: Context, label: str) -> None:
    """Have the games of a season known: by the schedule if it carries it, or else by the finder.

    Raises UserFacingError if neither can be had, or not loaded.
    """
    troubles: list[UserFacingError] = []
    await register(context)
    held = await scheduled_seasons(context.resources)
    if label >= max(held, default=""):
        await attempted(_fetch_list(context, "schedule"), troubles)
        await attempted(_load(context), troubles)
    if label in await scheduled_seasons(context.resources):
        troubles.clear()  # what is held of it will do
    if finders := await finders_to_ask(context.resources, [label]):
        troubles.clear()  # the schedule is not needed then
        await attempted(fetch_finders(context, finders), troubles)
        await attempted(_load(context), troubles)
    await settle(context)
    if troubles:
        raise together(troubles)


async def _fetch_lists(context: Context) -> list[str]:
    """Fetch each; the names of those that there are none of."""
    lacking: list[str] = []

    async def fetch(name: str) -> None:
        if not await _fetch_list(context, name):
            lacking.append(name)

    await register(context)
    await fetch_each(context, _LISTS, "lists", fetch, str)
    return lacking


async def _fetch_list(context: Context, name: str) -> bool:
    """Whether there is such a list. Raises FeedFailed for one that there was, and is no more."""
    source_type, key, ask = _list_of(context, name)
    archive = context.resources.archive
    held = await asyncio.to_thread(archive.validators, source_type, key)
    match await ask(validators=held):
        case Payload() as payload:
            await keep(context, payload)
        case NotModified(checked_at):
            await asyncio.to_thread(archive.touch, source_type, key, checked_at)
        case Absent(reason):
            # Days without odds there are; without the other two what is held would only grow old.
            before = await asyncio.to_thread(archive.newest, source_type, key)
            if before is not None and name != "odds":
                raise FeedFailed(
                    "The NBA did not give what was asked for.",
                    f"The {name}, which was there before: {reason}.",
                    "Run the same again later; what is already archived stays.",
                )
            return False
    return True


def _list_of(context: Context, name: str) -> tuple[SourceType, str, Ask]:
    nba = context.resources.feeds.counted_by(context.fetched).nba
    today = eastern_date(context.resources.clock.now())
    match name:
        case "schedule":
            return SourceType.NBA_SCHEDULE, LEAGUE, nba.schedule
        case "scoreboard":
            return SourceType.NBA_SCOREBOARD, LEAGUE, nba.scoreboard
        case _:  # there is no other day to be had: a snapshot that is not taken is gone
            return SourceType.NBA_ODDS, today.isoformat(), partial(nba.odds, today)


async def _load(context: Context) -> str:
    return await load_unloaded(context, list_loader(context))


def list_loader(context: Context) -> Loader:
    async def prepare(_: AsyncConnection[Any], files: Sequence[UnloadedFile]) -> Parse:
        return partial(_parse, context.resources.settings)

    return Loader(
        source_types=(
            SourceType.NBA_SCHEDULE,
            SourceType.NBA_SCOREBOARD,
            SourceType.NBA_GAME_FINDER,
            SourceType.NBA_ODDS,
        ),
        relations=(*_OF_GAMES, *_OF_ODDS),
        prepare=prepare,
        afterwards=partial(_mark_changed, context.run_id),
        marks={relation.name: "game_id" for relation in _OF_GAMES},
        one_by_one=True,
    )


def _parse(settings: Settings, file: UnloadedFile, payload: Payload) -> Sequence[Contribution]:
    about: dict[str, Any] = {
        "source_file_id": file.source_file_id,
        "most_items": settings.most_items,
    }
    match file.source_type:
        case SourceType.NBA_SCHEDULE:
            found = parse_schedule(payload.parts, **about)
        case SourceType.NBA_SCOREBOARD:
            found = parse_scoreboard(payload.parts, **about)
        case SourceType.NBA_GAME_FINDER:
            found = parse_game_finder(payload.parts, **about)
        case _:
            found = parse_odds(
                payload.parts,
                fetched_at=file.arrived_at,
                snapshot_id=_snapshot_id(file),
                **about,
            )
    return [contribution(relation, parsed) for relation, parsed in found]


def _snapshot_id(file: UnloadedFile) -> int:
    """Of odds as they stood when they came: the payload's own id, unless it had come before.

    Books go back to what they said before: that is a snapshot of its own, at its own time.
    """
    if file.arrived_at == file.fetched_at:
        return file.source_file_id
    return file.source_file_id ^ int(file.arrived_at.timestamp() * 1_000_000)


async def _mark_changed(
    run_id: int,
    connection: AsyncConnection[Any],
    _: Sequence[ParsedFile],
    merged: dict[str, Merged],
) -> None:
    changed = [game for one in merged.values() for game in one.touched]
    await mark(connection, [NBA_GAMES.name], changed, run_id)


async def _finders(resources: Resources) -> list[FinderAsked]:
    """What to ask of the finder for the days of the window: of seasons before the scheduled one.

    Where no schedule is to be had, the one that is on goes by the calendar.
    """
    this_one = season_label(season_of(eastern_date(resources.clock.now())))
    newest = max(await scheduled_seasons(resources), default=this_one)
    seasons = sorted({season_label(season_of(day)) for day in resources.window.days})
    return await finders_to_ask(resources, [label for label in seasons if label < newest])
