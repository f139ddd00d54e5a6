"""The usual way of loading: json.loads, tuples, and one executemany upsert a payload."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import sql

from nbapanel.archive import Archive, Manifest
from nbapanel.rows.models import Relation, Row
from nbapanel.warehouse.db import connect

Rows = Callable[[Manifest, Any], Iterator[Row]]
"""The rows of a payload, out of its decoded JSON."""

_PLAY = re.compile(r"/plays/(\d+)")


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
    query = upsert(relation, copy)
    with connect(conninfo, purpose="bench", autocommit=False) as connection:
        connection.execute("CHECKPOINT")
        connection.commit()
        start = time.perf_counter()
        with connection.cursor() as cursor:
            for manifest in manifests:
                for part in archive.get(manifest).parts:
                    cursor.executemany(query, list(rows(manifest, json.loads(part))))
                connection.commit()
        return time.perf_counter() - start


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


def probability_rows(manifest: Manifest, page: Any) -> Iterator[Row]:
    """In the columns of models.PROBABILITY_ITEMS; all games are of the season 2025-26."""
    game_id = manifest.source_key.partition(":")[2]
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
            manifest.source_file_id,
        )


def candle_rows(manifest: Manifest, page: Any) -> Iterator[Row]:
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
                manifest.source_file_id,
            )


def _dollars(quote: dict[str, Any], *names: str) -> Iterator[str | float | None]:
    for name in names:
        dollars = quote.get(f"{name}_dollars")
        cents = quote.get(name)
        yield dollars if dollars is not None else None if cents is None else cents / 100


def _name(relation: str) -> sql.Identifier:
    return sql.Identifier(*relation.split("."))
