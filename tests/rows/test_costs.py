"""What a payload costs grows as it does, and never past a limit: counted, not timed.

Memory is counted by tracemalloc, work by the calls that Python makes. What a regular expression
does is seen by neither: those are given texts that take minutes where the cost is not linear.
"""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from nbapanel.rows import espn, kalshi, nba
from nbapanel.rows.harvest import ItemReader
from nbapanel.rows.mending import jsonb_text, mended
from nbapanel.rows.scalars import clock_seconds
from nbapanel.size_limits import MOST_ITEMS

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME: dict[str, Any] = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}
NBA_GAME: dict[str, Any] = {"game_id": "0022300001", "source_file_id": 7}
DAY = {"day": date(2026, 1, 15), "fetched_at": NOW, "source_file_id": 7}
Parse = Callable[..., Any]

# By name: the parser, what it calls its list, and what makes an item of it.
PARSERS: dict[str, tuple[Parse, str, str]] = {
    "scoreboard": (lambda parts, **o: espn.parse_scoreboard(parts, **DAY, **o), "events", "event"),
    "probabilities": (
        lambda parts, **o: espn.parse_probabilities(parts, **GAME, **o), "items", "probability",
    ),
    "plays": (lambda parts, **o: espn.parse_plays(parts, **GAME, **o), "items", "play"),
    "summary": (lambda parts, **o: espn.parse_summary(parts, **GAME, **o).plays, "plays", "play"),
    "markets": (
        lambda parts, **o: kalshi.parse_markets(parts, fetched_at=NOW, source_file_id=7, **o),
        "markets", "market",
    ),
    "candlesticks": (
        lambda parts, **o: kalshi.parse_candlesticks(parts, source_key="T", source_file_id=7, **o),
        "candlesticks", "candle",
    ),
    "nba schedule": (
        lambda parts, **o: nba.parse_schedule(parts, source_file_id=7, **o)[0][1],
        "schedule", "schedule_game",
    ),
    "nba scoreboard": (
        lambda parts, **o: nba.parse_scoreboard(parts, source_file_id=7, **o)[0][1],
        "board", "board_game",
    ),
    "nba play-by-play": (
        lambda parts, **o: nba.parse_play_by_play(parts, **NBA_GAME, **o)[0][1],
        "actions", "action",
    ),
    "nba play-by-play v3": (
        lambda parts, **o: nba.parse_play_by_play_v3(parts, **NBA_GAME, **o)[0][1],
        "actions", "action_v3",
    ),
    "nba box score": (
        lambda parts, **o: nba.parse_box_score(parts, **NBA_GAME, **o)[2][1],
        "players", "player",
    ),
    "nba game finder": (
        lambda parts, **o: nba.parse_game_finder(parts, source_file_id=7, **o)[0][1],
        "table", "finder_row",
    ),
    "nba odds": (
        lambda parts, **o: nba.parse_odds(parts, fetched_at=NOW, source_file_id=7, **o)[1][1],
        "odds", "odds_game",
    ),
}  # fmt: skip
KEEPING_RAW = {"scoreboard", "probabilities", "plays", "summary", "markets"}
KEEPING_RAW |= {"nba play-by-play", "nba play-by-play v3"}


def same(make: SimpleNamespace, maker: str, number: int) -> Any:
    return getattr(make, maker)(1)


def different(make: SimpleNamespace, maker: str, number: int) -> Any:
    if maker == "market":
        return make.market(1, ticker=f"KX-{number}-A", event_ticker=f"KX-{number}")
    return getattr(make, maker)(number)


def odd(make: SimpleNamespace, maker: str, number: int) -> Any:
    return number


def deep(make: SimpleNamespace, maker: str, number: int) -> Any:
    return {"a": json.loads("[" * 200 + "]" * 200)}


def nul(make: SimpleNamespace, maker: str, number: int) -> Any:
    item = different(make, maker, number)
    return [*item, "\0\ud800"] if isinstance(item, list) else item | {"note": "\0\ud800"}


KINDS = (same, different, odd, deep, nul)


def body(make: SimpleNamespace, listed: str, items: Sequence[Any]) -> bytes:
    return make.page(listed, json.dumps(items).encode())


def peak_bytes(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def calls(work: Callable[[], Any]) -> int:
    """How often Python called anything, functions of C included."""
    count = 0

    def note(frame: Any, event: str, argument: Any) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("keep_raw", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PARSERS)
def test_twice_the_items_cost_twice_as_much(
    name: str, kind: Callable[..., Any], keep_raw: bool, make: SimpleNamespace
) -> None:
    """Where the cost were that of a square, it would be four times as much."""
    parse, listed, maker = PARSERS[name]
    options = {"keep_raw": keep_raw} if name in KEEPING_RAW else {}
    once, twice = (
        body(make, listed, [kind(make, maker, number) for number in range(1, count + 1)])
        for count in (150, 300)
    )
    parse([twice], **options)  # what is made once, or kept, is made now
    assert calls(lambda: parse([twice], **options)) < 2.5 * calls(lambda: parse([once], **options))
    used = [peak_bytes(lambda b=text: parse([b], **options)) for text in (once, twice)]
    assert used[1] < 2.5 * used[0] + 20_000, used


def test_events_that_name_no_season_are_not_held_against_every_season(
    make: SimpleNamespace,
) -> None:
    """A list within a list: each game may look through all the seasons that the page heads."""
    parse = PARSERS["scoreboard"][0]
    league = {"season": {"year": 2024, "startDate": "1950-01-01T00:00Z",
                         "endDate": "1950-01-02T00:00Z"}}  # fmt: skip

    def document(count: int) -> bytes:
        events = [make.event(number, season=None) for number in range(count)]
        return json.dumps({"leagues": [league] * count, "events": events}).encode()

    once, twice = document(100), document(200)
    parse([once])
    assert calls(lambda: parse([twice])) < 2.5 * calls(lambda: parse([once]))


# -- limits --------------------------------------------------------------------------------------


@pytest.fixture
def of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Items as large as one likes: only how many there are is looked at."""
    monkeypatch.setattr("nbapanel.size_limits._VALUES_AN_ITEM", 1_000)


@pytest.mark.usefixtures("of_any_size")
@pytest.mark.parametrize("kind", [different, same, odd])
@pytest.mark.parametrize("name", PARSERS)
def test_more_items_than_may_be_are_refused(
    name: str, kind: Callable[..., Any], make: SimpleNamespace
) -> None:
    """By the number of all of them, on whichever page they stand, sound, odd or given twice."""
    parse, listed, maker = PARSERS[name]
    pages = [
        body(make, listed, [kind(make, maker, 10 * page + number) for number in range(1, 11)])
        for page in (0, 1)
    ]
    parsed = parse(pages, most_items=20)
    assert len(parsed.rows) + len(parsed.bad) + parsed.duplicates == 20
    with pytest.raises(espn.PayloadRefused, match="too much for") as caught:
        parse(pages, most_items=19)
    assert "Page 2: it goes beyond 19 items" in caught.value.detail
    assert '"Most items" (most_items)' in caught.value.hint


@pytest.mark.usefixtures("of_any_size")
def test_candles_of_all_markets_of_a_batch_count(make: SimpleNamespace) -> None:
    candles = [make.candle(number) for number in range(6)]
    batch = {"markets": [{"market_ticker": t, "candlesticks": candles} for t in ("A", "B")]}
    cents = make.candle(1, price={"close": 5}, yes_bid={"close": 5, "close_dollars": None})
    slow = {"markets": [{"market_ticker": t, "candlesticks": [cents] * 6} for t in ("A", "B")]}
    parse = PARSERS["candlesticks"][0]
    for document in (batch, slow):
        assert parse([json.dumps(document).encode()], most_items=12)
        with pytest.raises(espn.PayloadRefused, match="too much for"):
            parse([json.dumps(document).encode()], most_items=11)


# By what there are a million of: the list, and what stands before it.
BOMBS = {
    "a million ones": (b"[%b1]" % (b"1," * 1_500_000), b""),
    "a million empty items": (b"[%b{}]" % (b"{}," * 1_200_000), b""),
    "a million fields": (b"[]", b'"a":1,' * 1_200_000),
    "a million fields of an item": (b'[{%b"z":1}]' % (b'"a":1,' * 1_200_000), b""),
    "a million escapes": (b'["%b"]' % (b"\\ud800," * 1_200_000), b""),
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("name", PARSERS)
def test_a_million_of_anything_is_refused_before_it_takes_memory(
    name: str, bomb: str, make: SimpleNamespace
) -> None:
    """Taken apart, each of these would cost thirty times its size or more."""
    parse, listed, _ = PARSERS[name]
    items, before = BOMBS[bomb]
    document = b"{" + before + make.page(listed, items)[1:]
    assert document.count(b",") > 10 * MOST_ITEMS

    def work() -> None:
        with pytest.raises(espn.PayloadRefused, match="goes beyond 100,000 items"):
            parse([document])

    assert peak_bytes(work) < len(document)


@pytest.mark.parametrize("name", PARSERS)
def test_ten_thousand_levels_are_refused(name: str, make: SimpleNamespace) -> None:
    parse, listed, _ = PARSERS[name]
    for opened, closed in ((b"[", b"]"), (b'{"a":', b"}")):
        inside = opened * 10_000 + b"1" + closed * 10_000
        nothing = make.page(listed, b"[]")[1:]
        for document in (
            make.page(listed, inside),
            make.page(listed, b'[{"id":%b}]' % inside),
            b'{"count":%b,%b' % (inside, nothing),
            b'{"leagues":[%b],%b' % (inside, nothing),
        ):
            with pytest.raises(espn.PayloadRefused, match="This is not"):
                parse([document])


# -- regular expressions -------------------------------------------------------------------------

LONG = 1_000_000
TEXTS = {
    "digits, not quite enough": b"9" * 9_999 + b"," + b"9" * 9_999,
    "digits again and again": (b"9" * 9_999 + b",") * 2_000,
    "digits": b"9" * LONG,
    "backslashes": b"\\" * LONG,
    "quotes": b'"' * LONG,
    "escaped quotes": b'\\"' * LONG,
    "a quote and backslashes": b'"' + b"\\\\" * LONG,
    "a quote and no end": b'"' + b"a" * LONG,
    "halves of pairs": b'"' + b"\\ud83d" * (LONG // 6) + b'"',
    "minus signs": b"-" * LONG,
    "almost NaN": b"-Na" * LONG,
    "names of nothing": b'"id" : ' * (LONG // 7),
    "blanks": b'"id"' + b" " * LONG,
    "links": b"/plays/" * (LONG // 7),
}


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_is_looked_at_again_and_again(text: str) -> None:
    """A pattern that tried each place to the end would take minutes, and the test's time limit."""
    given = TEXTS[text]
    mended(given)
    jsonb_text(given)
    jsonb_text(b'{"e1234":' + given + b"}")
    reader: ItemReader[Any] = ItemReader(int, rb'"id"\s*:\s*"?([0-9]{1,19})')
    assert reader._name.search(given) is None


def test_long_texts_are_not_remembered() -> None:
    """Clocks are read once and kept; a blank one of any length was kept as well."""
    clock_seconds.cache_clear()

    def work() -> None:
        for length in range(100_000, 100_050):
            with pytest.raises(ValueError, match="the clock shows"):
                clock_seconds(" " * length)

    assert peak_bytes(work) < 5_000_000
    assert clock_seconds.cache_info().currsize == 0
