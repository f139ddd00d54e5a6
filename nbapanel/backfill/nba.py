"""The NBA lane of a backfill: the seasons' games made known, then their documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from nbapanel.backfill.stages import Asked, Keys, Stage, Unit, narrowed, not_loaded
from nbapanel.backfill.unit_context import UnitContext, named_step
from nbapanel.payload import SourceType
from nbapanel.source.nba import LEAGUE
from nbapanel.steps import nba_games, nba_lists
from nbapanel.steps.resources import Resources
from nbapanel.warehouse.statements import statement

_GAME_TYPES = range(1, 7)
_OF_GAMES = (SourceType.NBA_PBP, SourceType.NBA_PBP_V3, SourceType.NBA_BOXSCORE)


async def _find_seasons(asked: Asked) -> Sequence[Unit]:
    return [Unit(season, None) for season in sorted(asked.windows)]


async def _narrow_seasons(asked: Asked, keys: Keys) -> Resources:
    finders = (f"{season}:{kind}" for season in keys for kind in _GAME_TYPES)
    resources = narrowed(asked.resources, (LEAGUE, *finders))
    return replace(resources, force=asked.request.force)


async def _fetch_seasons(_: UnitContext, __: Keys) -> None:
    """What is asked of the finder is known only once the schedule is loaded: see the load."""


async def _load_seasons(context: UnitContext, keys: Keys) -> None:
    for season in keys:
        await nba_lists.discover_season(context, season)


async def _lacking_seasons(_: Asked, __: Keys, ___: Mapping[str, str]) -> dict[str, str]:
    """What went wrong was said by the load."""
    return {}


async def _find_games(asked: Asked) -> Sequence[Unit]:
    """The games that are over, and of which something is not held."""
    found: list[Unit] = []
    resources = replace(asked.resources, force=asked.request.force)
    for season in sorted(asked.windows):
        days = await _games_of(resources, season)
        wanted = {
            game.game_id
            for game in await nba_games.games_to_fetch(resources, list(days))
            if game.is_final or game.is_corrected
        }
        found += [Unit(game, day) for game, day in days.items() if game in wanted]
    return found


async def _games_of(resources: Resources, season: str) -> dict[str, date | None]:
    """By game, in the order of play: its day."""
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("nba_games_by_day"), {"season": season})
        return dict(await cursor.fetchall())


async def _narrow_games(asked: Asked, keys: Keys) -> Resources:
    return replace(narrowed(asked.resources, keys), force=asked.request.force)


async def _fetch_games(context: UnitContext, keys: Keys) -> None:
    games = await nba_games.games_to_fetch(context.resources, keys)
    await nba_games.fetch_games(context, games)


async def _load_games(context: UnitContext, _: Keys) -> None:
    await nba_games.load_nba_games(context)


async def _lacking_games(asked: Asked, keys: Keys, told: Mapping[str, str]) -> dict[str, str]:
    resources = narrowed(asked.resources, keys)
    lacking = {
        game.game_id: "the NBA did not give all of it"
        for game in await nba_games.games_to_fetch(resources, keys)
    }
    return lacking | await not_loaded(resources, _OF_GAMES) | dict(told)


SEASONS = Stage(
    name="nba_lists",
    lanes=("nba",),
    phase="discover",
    at_once=1_000,  # all in one job: they share the schedule
    step=named_step("backfill_nba_lists", "Backfill NBA schedules", "NBA"),
    find=_find_seasons,
    narrow=_narrow_seasons,
    fetch=_fetch_seasons,
    load=_load_seasons,
    lacking=_lacking_seasons,
)

GAMES = Stage(
    name="nba_games",
    lanes=("nba",),
    phase="work",
    at_once=16,
    step=named_step("backfill_nba_games", "Backfill NBA games", "NBA"),
    find=_find_games,
    narrow=_narrow_games,
    fetch=_fetch_games,
    load=_load_games,
    lacking=_lacking_games,
)
