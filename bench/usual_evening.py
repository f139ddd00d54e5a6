"""An evening's refetch the usual way, as a process of its own: a script that does all of it.

It is told which games are new, and it asks for whole games, as we do: what differs is what it does
with the answers. `python -m bench.usual_evening` takes an `Evening` as JSON and prints `Did`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec
from psycopg import AsyncConnection

from bench import usual_loads, usual_state, usual_views
from bench.warehouse import postgres
from nbapanel.rows.models import CANDLESTICKS, PLAYS, PROBABILITY_ITEMS, Relation
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PROB_EVENT_STATE

_GAME = "/v2/sports/basketball/leagues/nba/events/{0}/competitions/{0}/{1}"
_SCOREBOARD = "/apis/site/v2/sports/basketball/nba/scoreboard"
_MARKETS, _CANDLES = "/trade-api/v2/markets", "/trade-api/v2/markets/candlesticks"
_MOST = 1000


@dataclass(frozen=True, slots=True)
class NewGame:
    """A game of the evening, its markets, and the Unix seconds between which it was traded."""

    event_id: str
    tickers: tuple[str, ...]
    first_s: int
    last_s: int


@dataclass(frozen=True, slots=True)
class Evening:
    data_dir: str
    feeds: str
    days: tuple[str, ...]
    games: tuple[NewGame, ...]

    @property
    def game_ids(self) -> list[str]:
        return [game.event_id for game in self.games]

    def as_argument(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True, slots=True)
class Did:
    """Seconds of each part; of the new games the features, and how many of them have a price."""

    seconds: dict[str, float]
    features: int
    priced: int


@dataclass(frozen=True, slots=True)
class _Origin:
    source_key: str
    source_file_id: int = 0


_Page = tuple[Relation, usual_loads.Rows, _Origin, bytes]


def refetch(evening: Evening) -> Did:
    """What our refetch of the same evening does, but for the listings."""
    seconds: dict[str, float] = {}
    start = time.perf_counter()

    def passed(part: str) -> None:
        seconds[part] = time.perf_counter() - start - sum(seconds.values())

    with postgres(Path(evening.data_dir)) as conninfo:
        passed("start")
        pages = _fetch(evening)
        passed("fetch")
        _load(conninfo, pages)
        passed("load")
        usual_state.process(conninfo, PROB_EVENT_STATE.name, evening.game_ids)
        passed("state")
        asyncio.run(_refresh(conninfo))
        passed("refresh")
        return Did(seconds, *features_of(conninfo, usual_views.VIEW, evening.game_ids))


def features_of(conninfo: str, relation: str, games: list[str]) -> tuple[int, int]:
    """How many rows of these games there are, and how many of them with a price."""
    with connect(conninfo, purpose="bench") as connection:
        row = connection.execute(
            "SELECT count(*), count(coalesce(kalshi_home_mid_price, kalshi_away_mid_price))"
            f" FROM {relation} WHERE game_id = ANY(%s)",
            (games,),
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def _fetch(evening: Evening) -> list[_Page]:
    pages: list[_Page] = []
    with httpx.Client(base_url=evening.feeds) as client:
        # Both ways know these games and markets already: the lists are asked for, not loaded.
        for day in evening.days:
            _get(client, _SCOREBOARD, dates=day, limit=_MOST)
        _get(client, _MARKETS, series_ticker="KXNBAGAME", limit=_MOST)
        for game in evening.games:
            key = _Origin(f"{game.event_id}:{game.event_id}")
            items = _get(client, _GAME.format(game.event_id, "probabilities"), limit=_MOST)
            plays = _get(client, _GAME.format(game.event_id, "plays"), limit=_MOST)
            traded = {"start_ts": game.first_s, "end_ts": game.last_s, "period_interval": 1}
            candles = _get(client, _CANDLES, market_tickers=",".join(game.tickers), **traded)
            pages += [
                (PROBABILITY_ITEMS, usual_loads.probability_rows, key, items),
                (PLAYS, usual_loads.play_rows, key, plays),
                (CANDLESTICKS, usual_loads.candle_rows, key, candles),
            ]
    return pages


def _get(client: httpx.Client, path: str, **parameters: Any) -> bytes:
    answer = client.get(path, params=parameters)
    answer.raise_for_status()
    return answer.content


def _load(conninfo: str, pages: list[_Page]) -> None:
    with (
        connect(conninfo, purpose="bench", autocommit=False) as connection,
        connection.cursor() as cursor,
    ):
        for relation, rows, origin, page in pages:
            usual_loads.put(cursor, relation, relation.name, rows(origin, json.loads(page)))
            connection.commit()


async def _refresh(conninfo: str) -> None:
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        await usual_views.refresh(connection)


if __name__ == "__main__":
    told = msgspec.json.decode(sys.argv[1], type=Evening)
    sys.stdout.write(json.dumps(asdict(refetch(told))))
