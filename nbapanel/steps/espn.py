"""The ESPN lane: scoreboards, then the probabilities and plays of games that began."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any

from psycopg import AsyncConnection
from psycopg.rows import class_row

from nbapanel.clock import eastern_midnight
from nbapanel.engine.steps import Plan
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.announced import says_nothing
from nbapanel.rows.espn import (
    parse_plays,
    parse_probabilities,
    parse_scoreboard,
    parse_summary,
)
from nbapanel.rows.models import PLAYS, PROBABILITY_ITEMS, SCOREBOARD_GAMES, Parsed, Relation
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.settings import Settings
from nbapanel.source.answers import Absent, NotModified, absence_of
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


# -- scoreboards ---------------------------------------------------------------------------------


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
            window -= await _settled_days(connection, resources) - unfinished
        return sorted(window | unfinished)


async def _settled_days(connection: AsyncConnection[Any], resources: Resources) -> set[date]:
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
    settled = len(resources.window.days) - len(set(days) & set(resources.window.days))
    told = counted(len(days), "day")
    if unchanged:
        told += f", {unchanged} unchanged"
    return told + (f"; {counted(settled, 'day')} settled" if settled else "")


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


# -- probabilities and plays ---------------------------------------------------------------------


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
    core = _Core(await _held_of_core(connection, games))
    return partial(_parse_game, settings, games, core)


def _parse_game(
    settings: Settings,
    games: dict[str, tuple[str, str]],
    core: _Core,
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
    return _contributions(file.source_type, payload.parts, about, core)


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


@dataclass(slots=True)
class _Core:
    """What the core feed says of which game, by (source type, game): there no summary is heard.

    `gave`: where its newest answer is a list. `empty`: where the last list of this load held
    nothing. A rebuild has all answers in one load: the last one before the summary decides.
    """

    gave: Set[tuple[str, str]]
    empty: set[tuple[str, str]] = field(default_factory=set)

    def heard(self, source_type: str, game_id: str, *, is_empty: bool) -> None:
        change = self.empty.add if is_empty else self.empty.discard
        change((source_type, game_id))

    def speaks_of(self, source_type: str, game_id: str) -> bool:
        key = (source_type, game_id)
        return key in self.gave and key not in self.empty


async def _held_of_core(
    connection: AsyncConnection[Any], games: dict[str, tuple[str, str]]
) -> set[tuple[str, str]]:
    """(source type, game) of what the core feed gave, by its newest answer."""
    types = [SourceType.ESPN_PROBABILITIES.value, SourceType.ESPN_PLAYS.value]
    keys = [f"{event}:{game}" for event, (game, _) in games.items()]
    cursor = await connection.execute(
        statement("newest_files"), {"source_types": types, "keys": keys}
    )
    return {
        (source_type, key.partition(":")[2])
        for source_type, key, _, is_none, _ in await cursor.fetchall()
        if not is_none
    }


def _contributions(
    source_type: str, parts: Sequence[bytes], about: dict[str, Any], core: _Core
) -> list[Contribution]:
    game_id = about["game_id"]
    match source_type:
        case SourceType.ESPN_PROBABILITIES:
            found = [(PROBABILITY_ITEMS, parse_probabilities(parts, **about))]
        case SourceType.ESPN_PLAYS:
            found = [(PLAYS, parse_plays(parts, **about))]
        case _:
            summary = parse_summary(parts, **about)
            found = []
            if not core.speaks_of(SourceType.ESPN_PROBABILITIES, game_id):
                found.append((PROBABILITY_ITEMS, summary.probabilities))
            if not core.speaks_of(SourceType.ESPN_PLAYS, game_id):
                found.append((PLAYS, summary.plays))
            return [_contribution(*one, game_id) for one in found]
    core.heard(source_type, game_id, is_empty=not found[0][1].rows)
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
