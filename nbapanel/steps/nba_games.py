"""Play-by-play and box scores of games that began: which are asked for, and how they are loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.engine.steps import Plan
from nbapanel.errors import UserFacingError
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.nba import parse_box_score, parse_play_by_play, parse_play_by_play_v3
from nbapanel.rows.nba.relations import (
    BOXSCORE_GAMES,
    BOXSCORE_PLAYERS,
    BOXSCORE_TEAMS,
    PBP_EVENTS,
)
from nbapanel.settings import Settings
from nbapanel.source.answers import Absent, NotModified, Validators, absence_of
from nbapanel.steps.fetching import attempted, fetch_each, keep, together
from nbapanel.steps.hearing import FirstFeed
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
from nbapanel.steps.nba_settling import ACTIONS_A_GAME, mark
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged
from nbapanel.warehouse.relations import NBA_GAMES, PBP_EVENT_STATE
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted

_RELATIONS = (BOXSCORE_GAMES, BOXSCORE_TEAMS, BOXSCORE_PLAYERS, PBP_EVENTS)
RELATIONS = tuple(relation.name for relation in _RELATIONS)

_EVENT = PBP_EVENTS.column_names.index("event_id")


@dataclass(frozen=True, slots=True)
class NbaGame:
    """A game that began; `plays`, `box_score`, `plays_v3`: which of its documents are wanted.

    `plays_v3` only counts where the network has no list of actions (`lacks_plays`: as far as is
    known) and the game is over. `is_corrected`: finals of its day are not corrected any more.
    """

    game_id: str
    is_final: bool
    is_corrected: bool
    lacks_plays: bool
    plays: bool
    box_score: bool
    plays_v3: bool

    @property
    def requests(self) -> int:
        return self.plays + self.box_score + (self.lacks_plays and self.plays_v3)


async def games_to_fetch(resources: Resources, games: Sequence[str] | None = None) -> list[NbaGame]:
    """`games`: these of the league alone, wherever they lie. Else those that the run is about."""
    async with resources.database.connection() as connection:
        if games is None and resources.games:
            cursor = await connection.execute(
                statement("nba_games_asked_for"), {"games": list(resources.games)}
            )
            games = [game for (game,) in await cursor.fetchall()]
        async with connection.cursor(row_factory=class_row(NbaGame)) as wanted:
            await wanted.execute(
                statement("nba_games_to_fetch"),
                {
                    "games": None if games is None else list(games),
                    "force": resources.force,
                    "first": resources.window.first,
                    "last": resources.window.last,
                    "now": resources.clock.now(),
                },
            )
            return await wanted.fetchall()


async def plan_nba_games(resources: Resources) -> Plan:
    games = await games_to_fetch(resources)
    return Plan(
        requests=sum(game.requests for game in games),
        units=len(games),
        rows=ACTIONS_A_GAME * sum(game.plays for game in games),
        note="and games that the schedule will bring" if not games else "",
    )


async def skip_nba_games(resources: Resources) -> str | None:
    if await games_to_fetch(resources):
        return None
    return "no known game of the NBA lacks anything"


async def fetch_nba_games(context: Context) -> str:
    await register(context)
    return await fetch_games(context, await games_to_fetch(context.resources))


async def fetch_games(context: Context, games: Sequence[NbaGame]) -> str:
    """Fetch what these games want; a game that fails does not keep the others from coming."""
    lacking: list[str] = []

    async def fetch(game: NbaGame) -> None:
        if not await fetch_game(context, game):
            lacking.append(game.game_id)

    await fetch_each(context, games, "games", fetch, lambda game: game.game_id)
    told = counted(len(games), "game")
    return told + (f", of {len(lacking)} no play-by-play" if lacking else "")


async def fetch_game(context: Context, game: NbaGame) -> bool:
    """Fetch what one game wants; whether there is a play-by-play of it somewhere.

    Each document is asked for, whatever became of the one before. Raises all that went wrong.
    """
    nba = context.resources.feeds.counted_by(context.fetched).nba
    troubles: list[UserFacingError] = []
    if game.box_score:
        await attempted(_kept(context, game, SourceType.NBA_BOXSCORE, nba.box_score), troubles)
    has_plays: bool | None = not game.lacks_plays
    if game.plays:
        asked = _kept(context, game, SourceType.NBA_PBP, nba.play_by_play)
        has_plays = await attempted(asked, troubles)
    if has_plays is False and game.is_final and game.plays_v3:
        has_plays = await attempted(_kept_v3(context, game), troubles)
    if troubles:
        raise together(troubles)
    return bool(has_plays)


async def _kept(context: Context, game: NbaGame, source_type: SourceType, ask: Ask) -> bool:
    """Ask for a document, unless it is as it was; whether there is one."""
    archive = context.resources.archive
    held: Validators | None = await asyncio.to_thread(archive.validators, source_type, game.game_id)
    got = await ask(game.game_id, validators=held)
    if isinstance(got, NotModified):
        await asyncio.to_thread(archive.touch, source_type, game.game_id, got.checked_at)
        return source_type is not SourceType.NBA_PBP or not game.lacks_plays
    return await _keep_answer(context, game, source_type, got)


async def _kept_v3(context: Context, game: NbaGame) -> bool:
    nba = context.resources.feeds.counted_by(context.fetched).nba
    got = await nba.play_by_play_v3(game.game_id)
    return await _keep_answer(context, game, SourceType.NBA_PBP_V3, got)


async def _keep_answer(
    context: Context, game: NbaGame, source_type: SourceType, got: Payload | Absent
) -> bool:
    if isinstance(got, Payload):
        await keep(context, got)
        return True
    if game.is_final or game.is_corrected:  # else it may come yet
        await keep(context, absence_of(source_type, game.game_id, got))
    return False


# -- loading -------------------------------------------------------------------------------------


async def load_nba_games(context: Context) -> str:
    return await load_unloaded(context, game_loader(context))


def game_loader(context: Context) -> Loader:
    return Loader(
        source_types=(SourceType.NBA_PBP, SourceType.NBA_PBP_V3, SourceType.NBA_BOXSCORE),
        relations=_RELATIONS,
        prepare=partial(_prepare, context.resources.settings),
        afterwards=partial(_mark_changed, context.run_id),
        marks={
            relation.name: "game_id" for relation in (BOXSCORE_GAMES, BOXSCORE_TEAMS, PBP_EVENTS)
        },
    )


async def _prepare(
    settings: Settings, connection: AsyncConnection[Any], files: Sequence[UnloadedFile]
) -> Parse:
    network = FirstFeed((SourceType.NBA_PBP,))
    await network.recall(connection, [file.source_key for file in files], files)
    return partial(_parse, settings, network)


def _parse(
    settings: Settings, network: FirstFeed, file: UnloadedFile, payload: Payload
) -> Sequence[Contribution]:
    about: dict[str, Any] = {
        "game_id": file.source_key,
        "source_file_id": file.source_file_id,
        "most_items": settings.most_items,
    }
    keep_raw = settings.keep_raw_in_database
    match file.source_type:
        case SourceType.NBA_BOXSCORE:
            found = parse_box_score(payload.parts, **about)
        case SourceType.NBA_PBP:
            found = parse_play_by_play(payload.parts, keep_raw=keep_raw, **about)
            network.said(file, gave=any(parsed.rows for _, parsed in found))
        case _ if network.speaks_of(SourceType.NBA_PBP, file.source_key, file.arrived_at):
            found = ()
        case _:
            found = parse_play_by_play_v3(payload.parts, keep_raw=keep_raw, **about)
    return [contribution(relation, parsed) for relation, parsed in found]


async def _mark_changed(
    run_id: int,
    connection: AsyncConnection[Any],
    batch: Sequence[ParsedFile],
    merged: dict[str, Merged],
) -> None:
    await _take_the_place_of_the_other_list(connection, batch, merged)
    changed = [game for one in merged.values() for game in one.touched]
    await mark(connection, [NBA_GAMES.name], changed, run_id)
    if PBP_EVENTS.name in merged:
        await mark(connection, [PBP_EVENT_STATE.name], merged[PBP_EVENTS.name].touched, run_id)


async def _take_the_place_of_the_other_list(
    connection: AsyncConnection[Any], batch: Sequence[ParsedFile], merged: dict[str, Merged]
) -> None:
    """A list that was read in part does not say what is gone; the other form's rows are anyway."""
    lists = {
        parsed.file.source_file_id: [row[_EVENT] for row in part.parsed.rows]
        for parsed in batch
        for part in parsed.contributions
        if part.relation is PBP_EVENTS and part.parsed.rows and not part.scope
    }
    if not lists:
        return
    cursor = await connection.execute(
        statement("drop_actions_of_the_other_list"),
        {"files": list(lists), "events": [event for each in lists.values() for event in each]},
    )
    row = await cursor.fetchone()
    gone = 0 if row is None else int(row[0])
    if gone:
        merged[PBP_EVENTS.name] = merged[PBP_EVENTS.name].with_deleted(gone)
        await connection.execute(
            statement("relation_changed"), {"relation": PBP_EVENTS.name, "grown_by": -gone}
        )
