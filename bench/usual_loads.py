"""The usual way of loading: json.loads, tuples, and one executemany upsert a payload."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from psycopg import Cursor, sql

from nbapanel.archive import Archive, Manifest
from nbapanel.rows.models import Relation, Row
from nbapanel.warehouse.db import connect


class Origin(Protocol):
    """Where a payload comes from: what a manifest says of it."""

    @property
    def source_key(self) -> str: ...
    @property
    def source_file_id(self) -> int: ...


Rows = Callable[[Origin, Any], Iterator[Row]]
"""The rows of a payload, out of its decoded JSON."""

_PLAY = re.compile(r"/plays/(\d+)")
_TEAM = re.compile(r"/teams/(\d+)")
_NOWHERE = 100_000


def prepare(conninfo: str, relation: Relation, copy: str) -> None:
    """An empty table like the relation, keys and all, in the schema `bench`."""
    with connect(conninfo, purpose="bench") as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS bench")
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(_name(copy)))
        connection.execute(
            sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL)").format(
                _name(copy), _name(relation.name)
            )
        )


def load(
    conninfo: str,
    archive: Archive,
    manifests: Sequence[Manifest],
    relation: Relation,
    copy: str,
    rows: Rows,
) -> float:
    """Seconds to bring these payloads into the table, a transaction each."""
    with connect(conninfo, purpose="bench", autocommit=False) as connection:
        connection.execute("CHECKPOINT")
        connection.commit()
        start = time.perf_counter()
        with connection.cursor() as cursor:
            for manifest in manifests:
                for part in archive.get(manifest).parts:
                    put(cursor, relation, copy, rows(manifest, json.loads(part)))
                connection.commit()
        return time.perf_counter() - start


def put(cursor: Cursor[Any], relation: Relation, table: str, rows: Iterator[Row]) -> None:
    cursor.executemany(upsert(relation, table), list(rows))


def upsert(relation: Relation, table: str) -> sql.Composed:
    names = relation.column_names
    others = [name for name in names if name not in relation.key]
    return sql.SQL("INSERT INTO {} ({}) VALUES ({}) ON CONFLICT ({}) DO UPDATE SET {}").format(
        _name(table),
        sql.SQL(", ").join(map(sql.Identifier, names)),
        sql.SQL(", ").join(sql.Placeholder() for _ in names),
        sql.SQL(", ").join(map(sql.Identifier, relation.key)),
        sql.SQL(", ").join(
            sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in others
        ),
    )


def probability_rows(origin: Origin, page: Any) -> Iterator[Row]:
    """In the columns of models.PROBABILITY_ITEMS; all games are of the season 2025-26."""
    game_id = origin.source_key.partition(":")[2]
    for item in page["items"]:
        play = item.get("play", {}).get("$ref")
        found = _PLAY.search(play) if play else None
        yield (
            "2025-26",
            game_id,
            int(item["sequenceNumber"]),
            int(found[1]) if found else None,
            item.get("lastModified"),
            item["homeWinPercentage"],
            item["awayWinPercentage"],
            item.get("tiePercentage"),
            item.get("spreadCoverProbHome"),
            item.get("spreadPushProb"),
            item.get("totalOverProb"),
            play,
            item.get("homeTeam", {}).get("$ref"),
            item.get("awayTeam", {}).get("$ref"),
            item.get("competition", {}).get("$ref"),
            None,
            origin.source_file_id,
        )


def play_rows(origin: Origin, page: Any) -> Iterator[Row]:
    """In the columns of models.PLAYS; all games are of the season 2025-26."""
    game_id = origin.source_key.partition(":")[2]
    for play in page["items"]:
        kind, clock = play.get("type", {}), play.get("clock", {})
        spot, team = play.get("coordinate", {}), play.get("team", {}).get("$ref")
        found = _TEAM.search(team) if team else None
        yield (
            game_id,
            int(play["id"]),
            "2025-26",
            int(play["sequenceNumber"]),
            kind.get("id"),
            kind.get("text"),
            play.get("text"),
            play.get("shortText"),
            play.get("period", {}).get("number"),
            clock.get("value"),
            clock.get("displayValue"),
            play.get("homeScore"),
            play.get("awayScore"),
            play.get("scoreValue"),
            play.get("scoringPlay"),
            play.get("shootingPlay"),
            play.get("pointsAttempted"),
            _feet(spot.get("x")),
            _feet(spot.get("y")),
            found[1] if found else None,
            team,
            play.get("wallclock"),
            play.get("modified"),
            None,
            origin.source_file_id,
        )


def candle_rows(origin: Origin, page: Any) -> Iterator[Row]:
    """In the columns of models.CANDLESTICKS, out of any of the feed's generations."""
    for market in page["markets"]:
        for candle in market["candlesticks"]:
            price, bid, ask = candle["price"], candle["yes_bid"], candle["yes_ask"]
            yield (
                market["market_ticker"],
                1,
                time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(candle["end_period_ts"])),
                *_dollars(price, "open", "high", "low", "close", "mean", "previous"),
                *_dollars(bid, "open", "high", "low", "close"),
                *_dollars(ask, "open", "high", "low", "close"),
                candle.get("volume_fp", candle.get("volume")),
                candle.get("open_interest_fp", candle.get("open_interest")),
                origin.source_file_id,
            )


def _feet(value: float | None) -> int | None:
    return None if value is None or abs(value) > _NOWHERE else round(value)


def _dollars(quote: dict[str, Any], *names: str) -> Iterator[str | float | None]:
    for name in names:
        dollars = quote.get(f"{name}_dollars")
        cents = quote.get(name)
        yield dollars if dollars is not None else None if cents is None else cents / 100


def _name(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))
