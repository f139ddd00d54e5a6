"""Whatever is done to a payload: it is refused, or gives rows that fit, and neighbours load.

What fits is loaded into PostgreSQL as well: only there is it seen that nothing was forgotten.
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection, sql

from nbapanel.rows import espn, kalshi, nba
from nbapanel.rows.models import (
    CANDLESTICKS,
    MARKETS,
    PLAYS,
    PROBABILITY_ITEMS,
    SCOREBOARD_GAMES,
    Column,
    Parsed,
    Relation,
)
from nbapanel.warehouse import merge

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME: dict[str, Any] = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}
NBA_GAME: dict[str, Any] = {"game_id": "0022300001", "source_file_id": 7}
SAME_EACH_TIME = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
AT_LENGTH = settings(SAME_EACH_TIME, max_examples=2_000, derandomize=False)

ODD_NUMBERS = [-1, 0, 1, 2.5, -0.0, 1e-7, 1e308, 2**31, 2**63, 10**30]
# At the ends of the ranges, and just beyond.
ODD_NUMBERS += [50, 51, 100, 101, 999, 1000, 720.0, 720.1, 2**31 - 1, 2**63 - 1, 10**18, 10**15]
ODD_NUMBERS += [1_781_301_600, 7_289_654_399, 7_289_654_400]
ODD_TOKENS = ["1e400", "-1e400", "NaN", "Infinity", "1e99999", "9" * 4000, "9" * 5000]  # bare
ODD_TIMES = [
    "0001-01-01T00:00:00Z",
    "1900-01-01T00:00Z",
    "2024-02-30T00:00Z",
    "2200-12-31T23:59:59.999999Z",
    "2201-01-01T00:00Z",
    "9999-12-31T23:59:59-05:00",
]
ODD_TEXTS = ["", " ", "x", "4" * 3000, "x" * 100_000, "../../etc/x", "١", "home", "away"]
ODD_TEXTS += [str(2**31 - 1), str(2**63 - 1), str(10**18 - 1), "999", "1000", "120:00", "\\N", "\t"]
ODD_TEXTS += ["\x00", "a\x00", "\ud800", "\udfff\ud800", "\U0001f600"]
ODD_TEXTS += ["NaN", "1e400", "-0", "0.5", "1.00005", "-0.0001", "99999999999"]
ODD_TREES = [None, True, False, [], {}, [[]], [None], {"$ref": 5}, {"id": {}}, {"number": -1}]
ODD_VALUES = st.sampled_from(
    [*ODD_NUMBERS, *(f"@@{token}@@" for token in ODD_TOKENS), *ODD_TIMES, *ODD_TEXTS, *ODD_TREES]
)
VALUES = ODD_VALUES | st.text(max_size=8) | st.integers() | st.floats() | st.booleans()


class Case(NamedTuple):
    """A parser, a document it takes, the list in it that holds the items, and what comes out."""

    parse: Callable[[Sequence[bytes], bool], Sequence[tuple[Relation, Parsed]]]
    document: Callable[[Any], dict[str, Any]]
    items: Callable[[dict[str, Any]], list[Any]]
    key: Callable[[tuple[Any, ...]], Any]


CASES = {
    "scoreboard": Case(
        lambda parts, raw: [
            (
                SCOREBOARD_GAMES,
                espn.parse_scoreboard(
                    parts, day=date(2024, 1, 15), fetched_at=NOW, source_file_id=7, keep_raw=raw
                ),
            )
        ],
        lambda make: {"leagues": [], "events": [make.event(n) for n in range(1, 4)]},
        lambda document: document["events"],
        lambda row: row[0],
    ),
    "probabilities": Case(
        lambda parts, raw: [
            (PROBABILITY_ITEMS, espn.parse_probabilities(parts, **GAME, keep_raw=raw))
        ],
        lambda make: {"count": 3, "items": [make.probability(n) for n in range(1, 4)]},
        lambda document: document["items"],
        lambda row: (row[2], row[3]),
    ),
    "plays": Case(
        lambda parts, raw: [(PLAYS, espn.parse_plays(parts, **GAME, keep_raw=raw))],
        lambda make: {"count": 3, "items": [make.play(n) for n in range(1, 4)]},
        lambda document: document["items"],
        lambda row: row[1],
    ),
    "summary": Case(
        lambda parts, raw: _summary(espn.parse_summary(parts, **GAME, keep_raw=raw)),
        lambda make: {
            "plays": [make.play(n) for n in range(1, 4)],
            "winprobability": [
                {"playId": f"401584793{n}", "homeWinPercentage": 0.4, "tiePercentage": 0.0}
                for n in range(1, 4)
            ],
        },
        lambda document: document["plays"],
        lambda row: row[1],
    ),
    "markets": Case(
        lambda parts, raw: [
            (
                MARKETS,
                kalshi.parse_markets(parts, fetched_at=NOW, source_file_id=7, keep_raw=raw),
            )
        ],
        lambda make: {"cursor": "", "markets": [make.market(n) for n in range(1, 4)]},
        lambda document: document["markets"],
        lambda row: row[0],
    ),
    "candlesticks": Case(
        lambda parts, by_item: [(CANDLESTICKS, _candles(parts, by_item))],
        lambda make: {
            "markets": [
                {"market_ticker": "T", "candlesticks": [make.candle(n) for n in range(1, 4)]}
            ]
        },
        lambda document: document["markets"][0]["candlesticks"],
        lambda row: row[2],
    ),
    "nba schedule": Case(
        lambda parts, _: nba.parse_schedule(parts, source_file_id=7),
        lambda make: _page(make, "schedule", make.schedule_game),
        lambda document: document["leagueSchedule"]["gameDates"][0]["games"],
        lambda row: row[0],
    ),
    "nba scoreboard": Case(
        lambda parts, _: nba.parse_scoreboard(parts, source_file_id=7),
        lambda make: _page(make, "board", make.board_game),
        lambda document: document["scoreboard"]["games"],
        lambda row: row[0],
    ),
    "nba play-by-play": Case(
        lambda parts, raw: nba.parse_play_by_play(parts, **NBA_GAME, keep_raw=raw),
        lambda make: _page(make, "actions", make.action),
        lambda document: document["game"]["actions"],
        lambda row: row[0],
    ),
    "nba play-by-play v3": Case(
        lambda parts, raw: nba.parse_play_by_play_v3(parts, **NBA_GAME, keep_raw=raw),
        lambda make: _page(make, "actions", make.action_v3),
        lambda document: document["game"]["actions"],
        lambda row: row[0],
    ),
    "nba box score": Case(
        lambda parts, _: nba.parse_box_score(parts, **NBA_GAME)[::-1],
        lambda make: _page(make, "players", make.player),
        lambda document: document["game"]["homeTeam"]["players"],
        lambda row: row[1],
    ),
    "nba game finder": Case(
        lambda parts, _: nba.parse_game_finder(parts, source_file_id=7),
        lambda make: _page(make, "table", make.finder_row),
        lambda document: document["resultSets"][0]["rowSet"],
        lambda row: row[:2],
    ),
    "nba odds": Case(
        lambda parts, _: nba.parse_odds(parts, fetched_at=NOW, source_file_id=7)[1:],
        lambda make: _page(make, "odds", make.odds_game),
        lambda document: document["games"],
        lambda row: row[1],
    ),
    "nba outcomes": Case(
        lambda parts, _: nba.parse_odds(parts, fetched_at=NOW, source_file_id=7)[::-1],
        lambda make: {"games": [make.odds_game(markets=[_market(3)])]},
        lambda document: document["games"][0]["markets"][0]["books"][0]["outcomes"],
        lambda row: row[5],
    ),
}


def _page(make: Any, listed: str, maker: Callable[[int], Any]) -> Any:
    return json.loads(make.page(listed, json.dumps([maker(n) for n in range(1, 4)]).encode()))


def _market(outcomes: int) -> dict[str, Any]:
    listed = [{"type": f"type{n}", "odds": "1.5", "spread": -n} for n in range(outcomes)]
    book = {"id": "sr:book:108", "countryCode": "AUS", "outcomes": listed}
    return {"name": "spread", "odds_type_id": 4, "group_name": "regular", "books": [book]}


def _candles(parts: Sequence[bytes], by_item: bool) -> Parsed:
    with pytest.MonkeyPatch.context() as patch:
        if by_item:
            patch.setattr("nbapanel.rows.candlesticks.add_whole", lambda *_a, **_k: False)
        return kalshi.parse_candlesticks(parts, source_key="T", source_file_id=7)


def _summary(rows: espn.SummaryRows) -> Sequence[tuple[Relation, Parsed]]:
    return [(PLAYS, rows.plays), (PROBABILITY_ITEMS, rows.probabilities)]


@pytest.fixture(params=CASES)
def case(request) -> Case:
    return CASES[request.param]


Check = Callable[[Case, "Tools", st.DataObject], None]


class Tools(NamedTuple):
    """`make` and `fits` of conftest; `load` brings rows into a real table and tells what it has."""

    make: Any
    fits: Callable[[Relation, Parsed], None]
    load: Callable[[Relation, Parsed], list[tuple[Any, ...]]]


@pytest.fixture
def tools(make, fits, load) -> Tools:
    return Tools(make, fits, load)


@pytest.fixture(scope="module")
def load(empty_database) -> Iterator[Callable[[Relation, Parsed], list[tuple[Any, ...]]]]:
    """Loads as a load step does, reads the table and takes it all back."""

    async def loaded(connection: AsyncConnection, relation: Relation, parsed: Parsed) -> Any:
        columns = sql.SQL(", ").join(map(sql.Identifier, relation.column_names))
        table = sql.Identifier(*relation.name.split("."))
        async with connection.transaction(force_rollback=True):
            merged = await merge.load(connection, relation, parsed.rows)
            assert merged.inserted == len(parsed.rows)
            again = await merge.load(connection, relation, parsed.rows)
            assert (again.inserted, again.updated, again.deleted) == (0, 0, 0)
            cursor = await connection.execute(sql.SQL("SELECT {} FROM {}").format(columns, table))
            return await cursor.fetchall()

    with empty_database() as conninfo, asyncio.Runner() as runner:
        connection = runner.run(AsyncConnection.connect(conninfo, autocommit=True))
        yield lambda relation, parsed: runner.run(loaded(connection, relation, parsed))
        runner.run(connection.close())


def check_any_change_to_the_document(case: Case, tools: Tools, data: st.DataObject) -> None:
    """Traps F8, L7, L17; and a page read whole gives what it gives when read item by item."""
    document = case.document(tools.make)
    for _ in range(data.draw(st.integers(1, 4))):
        mutate(document, data)
    whole, by_item = (outcome_of(case, to_body(document), raw) for raw in (False, True))
    for outcome in (whole, by_item):
        for relation, parsed in outcome or ():
            tools.fits(relation, parsed)
    assert without_raw(whole) == without_raw(by_item)


def check_any_change_to_the_bytes(case: Case, tools: Tools, data: st.DataObject) -> None:
    """Trap F8."""
    body = bytearray(tools.make.body(case.document(tools.make)))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        cut = data.draw(st.sampled_from([0, 1, 2, 7, len(body)]))
        body[at : at + cut] = data.draw(st.binary(max_size=4) | SNIPPETS)
    outcome = outcome_of(case, bytes(body), data.draw(st.booleans()))
    for relation, parsed in outcome or ():
        tools.fits(relation, parsed)


SNIPPETS = st.sampled_from(
    b'" \\ \\u0000 \\ud800 { } [ ] , : NaN null - \x00 \xff \xed\xa0\x80 e999 e99999 0 . ":'.split()
)


def check_the_neighbours_of_a_changed_item_load(
    case: Case, tools: Tools, data: st.DataObject
) -> None:
    """Traps L5, L6, L7: what is wrong with one item stays with it."""
    document = case.document(tools.make)
    (_, sound), *_ = case.parse([tools.make.body(document)], False)
    items = case.items(document)
    at = data.draw(st.integers(0, len(items) - 1))
    holder = [copy.deepcopy(items[at])]
    for _ in range(data.draw(st.integers(1, 3))):
        mutate(holder, data)
    items[at : at + 1] = holder
    outcome = case.parse([to_body(document)], data.draw(st.booleans()))
    for relation, parsed in outcome:
        tools.fits(relation, parsed)
    _, parsed = outcome[0]
    neighbours = {case.key(row) for n, row in enumerate(sound.rows) if n != at}
    assert neighbours <= {case.key(row) for row in parsed.rows}
    assert len(parsed.rows) + len(parsed.bad) + parsed.duplicates == len(items)


def check_what_is_parsed_loads(case: Case, tools: Tools, data: st.DataObject) -> None:
    """Traps L7, L17: PostgreSQL takes each row, with and without its raw JSON, and gives it back;
    the same rows again change nothing."""
    document = case.document(tools.make)
    for _ in range(data.draw(st.integers(1, 6))):
        mutate(document, data)
    outcome = outcome_of(case, to_body(document), data.draw(st.booleans()))
    for relation, parsed in outcome or ():
        found = tools.load(relation, parsed)
        assert by_key(relation, found) == by_key(relation, parsed.rows)


def by_key(relation: Relation, rows: Sequence[Sequence[Any]]) -> dict[tuple[Any, ...], list[Any]]:
    """Rows to be compared: numbers as numbers, and of a raw piece only whether there is one."""
    places = [relation.column_names.index(name) for name in relation.key]
    return {
        tuple(row[place] for place in places): [
            comparable(column, value) for column, value in zip(relation.columns, row, strict=True)
        ]
        for row in rows
    }


def comparable(column: Column, value: Any) -> Any:
    if value is None:
        return None
    return {"numeric": Decimal, "jsonb": lambda _: True}.get(column.type, lambda same: same)(value)


CHECKS = [
    check_any_change_to_the_document,
    check_any_change_to_the_bytes,
    check_the_neighbours_of_a_changed_item_load,
]


@pytest.mark.parametrize("check", CHECKS)
@SAME_EACH_TIME
@given(data=st.data())
def test_whatever_is_done_to_a_payload(check: Check, case, tools, data):
    check(case, tools, data)


@settings(SAME_EACH_TIME, max_examples=40)
@given(data=st.data())
def test_what_is_parsed_loads_into_postgresql(case, tools, data):
    check_what_is_parsed_loads(case, tools, data)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("check", [*CHECKS, check_what_is_parsed_loads])
@AT_LENGTH
@given(data=st.data())
def test_whatever_is_done_to_a_payload_at_length(check: Check, case, tools, data):
    check(case, tools, data)


def outcome_of(case: Case, body: bytes, keep_raw: bool) -> Any:
    try:
        return case.parse([body], keep_raw)
    except espn.PayloadRefused:
        return None


def without_raw(outcome: Any) -> Any:
    return outcome and [
        [
            [
                value
                for column, value in zip(relation.columns, row, strict=True)
                if column.type != "jsonb"
            ]
            for row in parsed.rows
        ]
        for relation, parsed in outcome
    ]


def mutate(document: Any, data: st.DataObject) -> None:
    """One change anywhere in the tree below `document`."""
    places = list(walk(document))
    if not places:
        return
    container, key = places[data.draw(st.integers(0, len(places) - 1))]
    match data.draw(st.sampled_from(["replace", "replace", "drop", "double", "wrap"])):
        case "replace":
            container[key] = copy.deepcopy(data.draw(VALUES))
        case "drop":
            del container[key]
        case "double" if isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        case _:
            container[key] = [container[key]]


def walk(node: Any) -> Any:
    pairs = list(node.items()) if isinstance(node, dict) else list(enumerate(node))
    for key, value in pairs:
        yield node, key
        if isinstance(value, dict | list):
            yield from walk(value)


def to_body(document: Any) -> bytes:
    return re.sub(r'"@@(.*?)@@"', r"\1", json.dumps(document)).encode()
