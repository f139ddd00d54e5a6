"""The usual ways do the same work: out of the same payloads come the same rows as ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pytest

from bench import season, usual_loads
from nbapanel.payload import Payload, SourceType
from nbapanel.rows.kalshi import parse_candlesticks
from nbapanel.rows.models import CANDLESTICKS, PLAYS, PROBABILITY_ITEMS, Relation, Row
from nbapanel.rows.plays import parse_plays
from nbapanel.rows.probabilities import parse_probabilities
from nbapanel.simulator.league import League

FILE_ID = 7


@dataclass(frozen=True)
class Origin:
    source_key: str
    source_file_id: int = FILE_ID


@pytest.fixture(scope="module")
def payloads() -> dict[SourceType, Payload]:
    """Of each kind one, of a game that has them all."""
    league = League(season.SEED)
    wanted = {SourceType.ESPN_PROBABILITIES, SourceType.ESPN_PLAYS, SourceType.KALSHI_CANDLESTICKS}
    found: dict[SourceType, Payload] = {}
    for payload in season.payloads(league, first_day(league)):
        if payload.source_type in wanted and payload.http_status == 200:
            found.setdefault(payload.source_type, payload)
        if found.keys() == wanted:
            break
    return found


def first_day(league: League) -> date:
    return season.first_days(league, 1)[0]


def comparable(relation: Relation, rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """By the relation's types: times as moments, and numbers as what they are worth."""
    return sorted(
        tuple(
            value_of(column.type, value)
            for column, value in zip(relation.columns, row, strict=True)
        )
        for row in rows
    )


def value_of(kind: str, value: Any) -> str:
    """As text, in which NULL has a place in the order too."""
    if value is None:
        return ""
    if kind == "timestamptz":
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return str(moment.timestamp())
    return f"{float(value):.6f}" if kind in ("numeric", "float8") else str(value)


def usual(payload: Payload, rows: usual_loads.Rows) -> Iterator[Row]:
    for part in payload.parts:
        yield from rows(Origin(payload.source_key), json.loads(part))


def test_plays(payloads: dict[SourceType, Payload]) -> None:
    payload = payloads[SourceType.ESPN_PLAYS]
    game = payload.source_key.partition(":")[2]
    ours = parse_plays(
        payload.parts, game_id=game, season_label="2025-26", source_file_id=FILE_ID
    ).rows
    assert len(ours) > 300
    assert comparable(PLAYS, ours) == comparable(PLAYS, usual(payload, usual_loads.play_rows))


def test_probabilities(payloads: dict[SourceType, Payload]) -> None:
    payload = payloads[SourceType.ESPN_PROBABILITIES]
    game = payload.source_key.partition(":")[2]
    ours = parse_probabilities(
        payload.parts, game_id=game, season_label="2025-26", source_file_id=FILE_ID
    ).rows
    assert len(ours) > 300
    theirs = usual(payload, usual_loads.probability_rows)
    assert comparable(PROBABILITY_ITEMS, ours) == comparable(PROBABILITY_ITEMS, theirs)


def test_candles(payloads: dict[SourceType, Payload]) -> None:
    payload = payloads[SourceType.KALSHI_CANDLESTICKS]
    ours = parse_candlesticks(
        payload.parts, source_key=payload.source_key, source_file_id=FILE_ID
    ).rows
    assert len(ours) > 2_000
    theirs = usual(payload, usual_loads.candle_rows)
    assert comparable(CANDLESTICKS, ours) == comparable(CANDLESTICKS, theirs)
