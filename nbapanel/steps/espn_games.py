"""Probabilities and plays of games that began: from the core feed, or else from the summary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.engine.steps import Plan
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.announced import says_nothing
from nbapanel.rows.espn import (
    parse_plays,
    parse_probabilities,
    parse_summary,
)
from nbapanel.rows.models import PLAYS, PROBABILITY_ITEMS, Parsed, Relation
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.settings import Settings
from nbapanel.source.answers import Absent, NotModified, absence_of
from nbapanel.steps.fetching import fetch_each, keep
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
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged, mark_games
from nbapanel.warehouse.relations import PROB_EVENT_STATE, SNAPSHOT_FEATURES
from nbapanel.warehouse.statements import statement
from nbapanel.wording import counted


@dataclass(frozen=True, slots=True)
class GameToFetch:
    """A game that began; `probabilities`, `plays`, `summary`: which of these are wanted."""

    event_id: str
    competition_id: str
    status_completed: bool
    event_date: Any
    probabilities: bool
    plays: bool
    summary: bool

    @property
    def key(self) -> str:
        return f"{self.event_id}:{self.competition_id}"


async def games_to_fetch(resources: Resources) -> list[GameToFetch]:
    async with (
        resources.database.connection() as connection,
        connection.cursor(row_factory=class_row(GameToFetch)) as cursor,
    ):
        await cursor.execute(
            statement("games_to_fetch"),
            {
                "now": resources.clock.now(),
                "games": resources.games_or_none,
                "force": resources.force,
                "first": resources.window.first,
                "last": resources.window.last,
            },
        )
        return await cursor.fetchall()


async def plan_games(resources: Resources) -> Plan:
    games = await games_to_fetch(resources)
    requests = sum(game.probabilities + game.plays + game.summary for game in games)
    return Plan(
        requests=requests,
        units=len(games),
        rows=480 * requests if games else 0,
        note="and games that the scoreboards will bring" if not games else "",
    )


async def skip_games(resources: Resources) -> str | None:
    if await games_to_fetch(resources):
        return None
    return "no known game lacks anything"


async def fetch_games(context: Context) -> str:
    await register(context)
    games = await games_to_fetch(context.resources)
    feeds = context.resources.feeds.counted_by(context.fetched)
    lacking: list[str] = []

    async def fetch(game: GameToFetch) -> None:
        summary = game.summary
        if game.probabilities:
            got = await feeds.espn.probabilities(game.event_id, game.competition_id)
            summary |= await _kept(context, SourceType.ESPN_PROBABILITIES, game, game.key, got)
        if game.plays:
            got = await feeds.espn.plays(game.event_id, game.competition_id)
            summary |= await _kept(context, SourceType.ESPN_PLAYS, game, game.key, got)
        if summary:
            whole = await feeds.espn.summary(game.event_id)
            if not isinstance(whole, NotModified) and await _kept(
                context, SourceType.ESPN_SUMMARY, game, game.event_id, whole
            ):
                lacking.append(game.event_id)

    await fetch_each(context, games, "games", fetch, lambda game: game.event_id)
    told = counted(len(games), "game")
    return told + (f", of {len(lacking)} ESPN has nothing" if lacking else "")


async def _kept(
    context: Context,
    source_type: SourceType,
    game: GameToFetch,
    key: str,
    got: Payload | Absent,
) -> bool:
    """Archive the answer; True if the feed has none. Of a live game that is not yet final."""
    if isinstance(got, Payload):
        await keep(context, got)
        return game.status_completed and says_nothing(got.parts)
    if game.status_completed:
        await keep(context, absence_of(source_type, key, got))
    return True


async def load_games(context: Context) -> str:
    return await load_unloaded(context, _game_loader(context))


def _game_loader(context: Context) -> Loader:
    return Loader(
        source_types=(
            SourceType.ESPN_PROBABILITIES,
            SourceType.ESPN_PLAYS,
            SourceType.ESPN_SUMMARY,
        ),
        relations=(PROBABILITY_ITEMS, PLAYS),
        prepare=partial(_prepare_games, context.resources.settings),
        afterwards=partial(_mark_changed_games, context.run_id),
        marks={PROBABILITY_ITEMS.name: "game_id", PLAYS.name: "game_id"},
    )


async def _prepare_games(
    settings: Settings, connection: AsyncConnection[Any], files: Sequence[UnloadedFile]
) -> Parse:
    events = sorted({file.source_key.partition(":")[0] for file in files})
    cursor = await connection.execute(statement("seasons_of_games"), {"events": events})
    games = {event: (game, season) for event, game, season in await cursor.fetchall()}
    core = FirstFeed((SourceType.ESPN_PROBABILITIES, SourceType.ESPN_PLAYS))
    keys = [f"{event}:{game}" for event, (game, _) in games.items()]
    await core.recall(connection, keys, files)
    return partial(_parse_game, settings, games, core)


def _parse_game(
    settings: Settings,
    games: dict[str, tuple[str, str]],
    core: FirstFeed,
    file: UnloadedFile,
    payload: Payload,
) -> Sequence[Contribution]:
    """`games`: game and season by event."""
    event, _, competition = file.source_key.partition(":")
    if event not in games:
        raise PayloadRefused(
            f"Game {event} is on no loaded scoreboard.",
            hint="It is loaded once the scoreboard of its day is.",
        )
    game, season = games[event]
    about = {
        "game_id": competition or game,
        "season_label": season,
        "source_file_id": file.source_file_id,
        "keep_raw": settings.keep_raw_in_database,
        "most_items": settings.most_items,
    }
    return _contributions(file, payload.parts, about, core)


async def _mark_changed_games(
    run_id: int,
    connection: AsyncConnection[Any],
    _: Sequence[ParsedFile],
    merged: dict[str, Merged],
) -> None:
    for relation, datasets in (
        (PROBABILITY_ITEMS, [SNAPSHOT_FEATURES.name]),
        # The figures too: a text that changes no state still says when it was fetched.
        (PLAYS, [PROB_EVENT_STATE.name, SNAPSHOT_FEATURES.name]),
    ):
        if relation.name in merged:
            await mark_games(connection, datasets, merged[relation.name].touched, run_id)


def _contributions(
    file: UnloadedFile, parts: Sequence[bytes], about: dict[str, Any], core: FirstFeed
) -> list[Contribution]:
    game_id = about["game_id"]
    match file.source_type:
        case SourceType.ESPN_PROBABILITIES:
            found = [(PROBABILITY_ITEMS, parse_probabilities(parts, **about))]
        case SourceType.ESPN_PLAYS:
            found = [(PLAYS, parse_plays(parts, **about))]
        case _:
            key = f"{file.source_key}:{game_id}"
            summary = parse_summary(parts, **about)
            found = []
            if not core.speaks_of(SourceType.ESPN_PROBABILITIES, key, file.arrived_at):
                found.append((PROBABILITY_ITEMS, summary.probabilities))
            if not core.speaks_of(SourceType.ESPN_PLAYS, key, file.arrived_at):
                found.append((PLAYS, summary.plays))
            return [_contribution(*one, game_id) for one in found]
    core.said(file, gave=bool(found[0][1].rows))
    return [_contribution(*one, game_id) for one in found]


def _contribution(relation: Relation, parsed: Parsed, game_id: str) -> Contribution:
    return Contribution(relation, parsed, (game_id,) if _is_whole(parsed) else ())


def _is_whole(parsed: Parsed) -> bool:
    """Whether a list speaks for its game, so that what it lacks is gone.

    An empty list does not, nor one with an item that could not be read (its row stays as it was),
    nor one shorter than the feed itself said.
    """
    announced = parsed.notes.get("announced") or 0
    return (
        bool(parsed.rows) and not parsed.bad and len(parsed.rows) + parsed.duplicates >= announced
    )
