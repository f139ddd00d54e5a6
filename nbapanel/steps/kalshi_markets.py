"""The series' markets: listed, loaded, and those that the feed dropped noted as gone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from psycopg import AsyncConnection

from nbapanel.clock import eastern_midnight
from nbapanel.engine.steps import Plan
from nbapanel.errors import UserFacingError
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.kalshi import parse_markets
from nbapanel.rows.models import MARKETS
from nbapanel.settings import Settings
from nbapanel.steps.fetching import keep
from nbapanel.steps.loading import (
    Contribution,
    Loader,
    Parse,
    ParsedFile,
    UnloadedFile,
    load_unloaded,
)
from nbapanel.steps.resources import Context, Resources
from nbapanel.warehouse.merge import Merged, mark_games
from nbapanel.warehouse.relations import SNAPSHOT_FEATURES
from nbapanel.warehouse.statements import statement

_SWEEP_KEY = re.compile(r"(?P<series>[A-Z0-9]+)\.since-(?P<since>\d{4}-\d{2}-\d{2})")


async def plan_markets(resources: Resources) -> Plan:
    return Plan(requests=2, units=1, unit="listings", note="one request more per 1,000 markets")


async def fetch_and_load_markets(context: Context) -> str:
    """List the series' markets that close in or after the window; load what the archive has.

    What was archived before is loaded even if the feed cannot be reached; the step then fails
    with the feed's sentence.
    """
    failure: UserFacingError | None = None
    try:
        if not context.resources.offline:
            await fetch_markets(context)
    except UserFacingError as error:
        failure = error
    told = await load_markets(context)
    if failure is not None:
        raise failure
    return told


async def load_markets(context: Context) -> str:
    return await load_unloaded(context, _market_loader(context))


async def fetch_markets(context: Context) -> None:
    """List the series' markets that close in or after the window."""
    resources = context.resources
    feeds = resources.feeds.counted_by(context.fetched)
    series = resources.settings.kalshi_series
    begins = min(resources.window.begins, await _oldest_unsettled(resources))
    context.progress(0, None, "listings")
    await keep(context, await feeds.kalshi.markets(series, begins))
    cutoff = await feeds.kalshi.historical_cutoff()
    if isinstance(cutoff, datetime) and begins < cutoff:
        # What settled before the cutoff has left the listing above.
        older = await feeds.kalshi.historical_markets(series)
        if isinstance(older, Payload):
            await keep(context, older)


async def _oldest_unsettled(resources: Resources) -> datetime:
    """When the day of the oldest market begins that was last seen unsettled (else: now).

    The listing reaches back to it: what was open when it was last asked for has settled since.
    """
    async with resources.database.connection() as connection:
        cursor = await connection.execute(statement("oldest_unsettled_day"))
        row = await cursor.fetchone()
    if row is None or row[0] is None:
        return resources.clock.now()
    return eastern_midnight(row[0])


def _market_loader(context: Context) -> Loader:
    async def prepare(_: AsyncConnection[Any], files: Sequence[UnloadedFile]) -> Parse:
        return partial(_parse_markets, context.resources.settings)

    return Loader(
        source_types=(SourceType.KALSHI_MARKETS,),
        relations=(MARKETS,),
        prepare=prepare,
        afterwards=partial(_note_gone, context.run_id),
        one_by_one=True,
    )


def _parse_markets(
    settings: Settings, file: UnloadedFile, payload: Payload
) -> Sequence[Contribution]:
    parsed = parse_markets(
        payload.parts,
        fetched_at=file.fetched_at,
        source_file_id=file.source_file_id,
        keep_raw=settings.keep_raw_in_database,
        most_items=settings.most_items,
    )
    return [Contribution(MARKETS, parsed)]


async def _note_gone(
    run_id: int,
    connection: AsyncConnection[Any],
    batch: Sequence[ParsedFile],
    _: dict[str, Merged],
) -> None:
    """What a listing back to some day lacks is gone; what it has again is not."""
    for parsed in batch:
        swept = _SWEEP_KEY.fullmatch(parsed.file.source_key)
        if swept is None or not parsed.contributions:
            continue
        cursor = await connection.execute(
            statement("markets_gone"),
            {
                "series": swept["series"],
                "since": datetime.fromisoformat(swept["since"]).replace(tzinfo=UTC)
                + timedelta(days=1),
                "fetched_at": parsed.file.fetched_at,
                "listed": [row[0] for c in parsed.contributions for row in c.parsed.rows],
                "is_whole": not parsed.bad_items,
            },
        )
        changed = [ticker for (ticker,) in await cursor.fetchall()]
        await mark_games_of(connection, changed, run_id)


async def mark_games_of(
    connection: AsyncConnection[Any], tickers: Iterable[str], run_id: int
) -> None:
    """Mark the games whose markets these are: their features are to be computed anew."""
    cursor = await connection.execute(statement("games_of_tickers"), {"tickers": sorted(tickers)})
    games = [game for (game,) in await cursor.fetchall()]
    await mark_games(connection, [SNAPSHOT_FEATURES.name], games, run_id)
