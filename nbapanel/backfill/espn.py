"""The ESPN lane of a backfill: the scoreboards of a season's days, then its games."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from nbapanel.backfill.stages import Asked, Keys, Stage, Unit, narrowed, not_loaded
from nbapanel.backfill.unit_context import UnitContext, named_step
from nbapanel.payload import SourceType
from nbapanel.steps import espn_games, espn_scoreboards
from nbapanel.steps.resources import Resources, Window
from nbapanel.warehouse.statements import statement

_OF_DAYS = (SourceType.ESPN_SCOREBOARD,)
_OF_GAMES = (SourceType.ESPN_PROBABILITIES, SourceType.ESPN_PLAYS, SourceType.ESPN_SUMMARY)


async def _find_days(asked: Asked) -> Sequence[Unit]:
    """The days of the seasons that are not held as they will stay."""
    days: list[date] = []
    for window in asked.windows.values():
        resources = replace(asked.resources, window=window)
        async with resources.database.connection() as connection:
            held = (
                set()
                if asked.request.force
                else await espn_scoreboards.settled_days(connection, resources)
            )
        days += [day for day in window.days if day not in held]
    return [Unit(day.isoformat(), day) for day in sorted(days)]


async def _narrow_days(asked: Asked, keys: Keys) -> Resources:
    days = sorted(map(date.fromisoformat, keys))
    return narrowed(asked.resources, keys, Window(days[0], days[-1]))


async def _fetch_days(context: UnitContext, keys: Keys) -> None:
    await espn_scoreboards.fetch_days(context, [date.fromisoformat(key) for key in keys])


async def _load_days(context: UnitContext, _: Keys) -> None:
    await espn_scoreboards.load_scoreboards(context)


async def _lacking_days(asked: Asked, keys: Keys, told: Mapping[str, str]) -> dict[str, str]:
    return await not_loaded(await _narrow_days(asked, keys), _OF_DAYS) | dict(told)


async def _find_games(asked: Asked) -> Sequence[Unit]:
    """The games that were played to their end, and of which something is not held."""
    found: list[Unit] = []
    for window in asked.windows.values():
        games = await _games_of(asked.resources, window)
        resources = replace(asked.resources, window=window, games=tuple(games))
        wanted = {game.competition_id for game in await espn_games.games_to_fetch(resources)}
        found += [Unit(key, day) for key, (_, day) in games.items() if key in wanted]
    return found


async def _games_of(resources: Resources, window: Window) -> dict[str, tuple[str, date]]:
    """By game, in the order of play: its event and its day."""
    async with resources.database.connection() as connection:
        cursor = await connection.execute(
            statement("games_of_days"), {"first": window.first, "last": window.last}
        )
        return {game: (event, day) for game, event, day in await cursor.fetchall()}


async def _narrow_games(asked: Asked, keys: Keys) -> Resources:
    events = await _events_of(asked.resources, keys)
    payloads = {*events.values(), *(f"{event}:{game}" for game, event in events.items())}
    resources = narrowed(asked.resources, payloads)
    return replace(resources, games=tuple(keys), force=asked.request.force)


async def _events_of(resources: Resources, keys: Keys) -> dict[str, str]:
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("events_of_games"), {"games": list(keys)})
        return dict(await cursor.fetchall())


async def _fetch_games(context: UnitContext, _: Keys) -> None:
    await espn_games.fetch_games(context)


async def _load_games(context: UnitContext, _: Keys) -> None:
    await espn_games.load_games(context)


async def _lacking_games(asked: Asked, keys: Keys, told: Mapping[str, str]) -> dict[str, str]:
    resources = replace(await _narrow_games(asked, keys), force=False)
    events = await _events_of(asked.resources, keys)
    games = {event: game for game, event in events.items()}
    lacking = {
        game.competition_id: "ESPN did not give all of it"
        for game in await espn_games.games_to_fetch(resources)
    }
    reasons = await not_loaded(resources, _OF_GAMES) | dict(told)
    lacking |= {games[key.partition(":")[0]]: reason for key, reason in reasons.items()}
    return {key: lacking[key] for key in keys if key in lacking}


DAYS = Stage(
    name="espn_days",
    lanes=("espn", "kalshi"),
    phase="discover",
    at_once=10,
    step=named_step("backfill_espn_days", "Backfill scoreboards", "ESPN"),
    find=_find_days,
    narrow=_narrow_days,
    fetch=_fetch_days,
    load=_load_days,
    lacking=_lacking_days,
)
"""Kalshi's lane wants them too: candles are kept from a day before the tip-off."""

GAMES = Stage(
    name="espn_games",
    lanes=("espn",),
    phase="work",
    at_once=12,
    step=named_step("backfill_espn_games", "Backfill games", "ESPN"),
    find=_find_games,
    narrow=_narrow_games,
    fetch=_fetch_games,
    load=_load_games,
    lacking=_lacking_games,
)
