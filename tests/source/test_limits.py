"""What a feed may send at most: bytes, items, pages, levels. Beyond, it is not read any further.

Nothing here is timed: pieces, bytes and requests are counted, and memory by tracemalloc.
"""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.cli.feeds import _reached
from nbapanel.errors import FeedFailed
from nbapanel.settings import ENTRIES, Settings
from nbapanel.size_limits import IF_BYTES_GREW, IF_ITEMS_GREW, IF_PAGES_GREW, MOST_BYTES
from nbapanel.source.checks import Shape, TooManyItems, check
from nbapanel.source.hooks import call_hook
from nbapanel.source.patience import retry_after_s
from nbapanel.source.settings import FeedSettings
from nbapanel.source.trouble import BodyRefused

DAY = date(2026, 1, 15)
NOW = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
MB = 1_000_000
EVENT = "KXNBAGAME-26JAN15NYKSAS"
MANY_TIMES = settings(max_examples=200)


class Pieces(httpx.AsyncByteStream):
    """A body in equal pieces that are only made as they are asked for; `sent` counts them."""

    def __init__(self, piece: bytes, count: int) -> None:
        self.piece, self.count, self.sent = piece, count, 0

    async def __aiter__(self) -> Any:
        while self.sent < self.count:
            self.sent += 1
            yield self.piece


def peak_bytes(work: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- bytes ---------------------------------------------------------------------------------------


async def test_200_megabytes_are_read_as_far_as_the_limit(feeds, script):
    pieces = Pieces(b" " * MB, 200)
    script.then(lambda request: httpx.Response(200, stream=pieces))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="more than 100,000,000 bytes") as caught:
            await opened.espn.scoreboard(DAY)
    assert pieces.sent == MOST_BYTES // MB + 1
    assert caught.value.hint == IF_BYTES_GREW
    assert len(script.requests) == 1, "it is no smaller when it is asked for again"


async def test_200_megabytes_that_are_announced_are_not_read_at_all(feeds, script):
    pieces = Pieces(b" " * MB, 200)
    headers = {"content-length": str(200 * MB)}
    script.then(lambda request: httpx.Response(200, headers=headers, stream=pieces))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="more than 100,000,000 bytes"):
            await opened.espn.scoreboard(DAY)
    assert pieces.sent == 0


@pytest.mark.parametrize("status", [400, 404, 500])
async def test_an_error_page_may_be_no_larger(feeds, script, status):
    pieces = Pieces(b" " * 1000, 1_000_000)
    script.then(lambda request: httpx.Response(status, stream=pieces))
    async with feeds(most_bytes=10_000) as opened:
        with pytest.raises(FeedFailed, match="more than 10,000 bytes"):
            await opened.espn.summary("1")
    assert pieces.sent == 11


async def test_a_bomb_within_a_bomb_is_not_unpacked(feeds, script, answer):
    """httpx alone would unpack as often as the header says: here to 100 MB, and on."""
    bomb = gzip.compress(gzip.compress(bytes(100 * MB)))
    assert len(bomb) < 2_000
    script.then(answer(bomb, content_encoding="gzip, gzip"))
    async with feeds(attempts=1) as opened:
        with pytest.raises(FeedFailed, match=r"not asked for \(gzip, gzip\)"):
            await opened.espn.scoreboard(DAY)


# -- all pages of a list together ----------------------------------------------------------------


def page(index: int, count: int, size: int = 10) -> dict[str, Any]:
    return {"items": ["x" * size], "pageIndex": index, "pageCount": count}


def listing(cursor: str, size: int = 10) -> dict[str, Any]:
    return {"markets": [{"ticker": "x" * size}], "cursor": cursor}


async def test_the_pages_of_a_game_may_not_be_too_large_together(feeds, script, answer):
    script.then(lambda request: answer(page(len(script.requests), 100, 3_000))(request))
    async with feeds(most_bytes=10_000) as opened:
        with pytest.raises(FeedFailed, match="more than 10,000 bytes"):
            await opened.espn.plays("1", "1")
    assert len(script.requests) == 4


async def test_the_pages_of_a_listing_may_not_be_too_large_together(feeds, script, answer):
    script.then(lambda request: answer(listing(f"c{len(script.requests)}", 3_000))(request))
    async with feeds(most_bytes=10_000) as opened:
        with pytest.raises(FeedFailed, match="more than 10,000 bytes"):
            await opened.kalshi.markets()
    assert len(script.requests) == 4


@pytest.mark.parametrize("form", ["batch", "single"])
async def test_the_candles_of_a_game_may_not_be_too_large_together(feeds, script, form):
    end = NOW + timedelta(days=20)
    long = "x" * 3_000
    script.then({"markets": [long], "candlesticks": [long]})
    async with feeds(most_bytes=10_000) as opened:
        asked = {
            "batch": lambda: opened.kalshi.candlesticks(EVENT, [f"{EVENT}-NYK"], NOW, end),
            "single": lambda: opened.kalshi.historical_candlesticks(f"{EVENT}-NYK", NOW, end),
        }
        with pytest.raises(FeedFailed, match="more than 10,000 bytes"):
            await asked[form]()
    assert len(script.requests) == 2


# -- pages ---------------------------------------------------------------------------------------


async def test_a_game_that_claims_a_million_pages_is_asked_for_one(feeds, script):
    script.then(page(1, 1_000_000))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="do not fit together") as caught:
            await opened.espn.plays("1", "1")
    assert "1,000,000 pages" in caught.value.detail
    assert caught.value.hint == IF_PAGES_GREW
    assert len(script.requests) == 1


async def test_a_game_whose_end_recedes_is_given_up(feeds, script, answer):
    """Each page says that there is one more."""

    def next_page(request: httpx.Request) -> httpx.Response:
        asked = len(script.requests)
        return answer(page(asked, asked + 1))(request)

    script.then(next_page)
    async with feeds(most_pages=7) as opened:
        with pytest.raises(FeedFailed, match="do not fit together"):
            await opened.espn.probabilities("1", "1")
    assert len(script.requests) == 7


@pytest.mark.parametrize("count", [10**30, -(10**30), 2.5, "9" * 5000, None])
async def test_a_number_of_pages_that_is_none_is_refused(feeds, script, answer, count):
    body = json.dumps(page(1, 1)).replace('"pageCount": 1', f'"pageCount": {count}')
    script.then(answer(body.encode()))
    async with feeds(attempts=2) as opened:
        with pytest.raises(FeedFailed, match=r"no whole number|garbled"):
            await opened.espn.plays("1", "1")


async def test_a_listing_without_end_is_given_up(feeds, script, answer):
    script.then(lambda request: answer(listing(f"c{len(script.requests)}"))(request))
    async with feeds(most_pages=5) as opened:
        with pytest.raises(FeedFailed, match="does not end") as caught:
            await opened.kalshi.markets()
    assert caught.value.hint == IF_PAGES_GREW
    assert len(script.requests) == 5


async def test_a_cursor_that_fits_into_no_address_is_refused(feeds, script):
    """httpx raises an error of its own for an address of 70,000 characters."""
    script.then(listing("c" * 70_000))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="does not end") as caught:
            await opened.kalshi.markets()
    assert "a cursor of 70,000 characters" in caught.value.detail
    assert len(script.requests) == 1


async def test_candles_of_a_century_are_not_asked_for(feeds, script):
    """A game of 1900 beside one of 2026, of one event: 14,000 pages of minutes."""
    script.then({"markets": [], "candlesticks": []})
    begin = datetime(1900, 1, 1, tzinfo=UTC)
    async with feeds() as opened:
        for call in (
            opened.kalshi.candlesticks(EVENT, [f"{EVENT}-NYK", f"{EVENT}-SAS"], begin, NOW),
            opened.kalshi.historical_candlesticks(f"{EVENT}-NYK", begin, NOW),
        ):
            with pytest.raises(FeedFailed, match="no market is open for"):
                await call
    assert script.requests == []


# -- items and levels ----------------------------------------------------------------------------

LISTED = Shape(lists=("items",))
TOO_MANY = {
    "a million ones": b'{"items":[' + b"1," * 1_500_000 + b"1]}",
    "a million fields": b'{"items":[],' + b'"a":1,' * 1_200_000 + b'"z":1}',
    "a million items, given again and again": b'{"items":['
    + b'{"id":1},' * 1_200_000
    + b'{"id":1}]}',
    "half a pair among a million": b'{"items":["\\ud800",' + b"[]," * 1_500_000 + b"1]}",
}


@pytest.mark.parametrize("body", TOO_MANY.values(), ids=TOO_MANY.keys())
def test_a_million_of_anything_is_refused_before_it_takes_memory(body):
    def work() -> None:
        with pytest.raises(TooManyItems):
            check(body, LISTED)

    assert peak_bytes(work) < len(body)


async def test_too_many_items_are_asked_for_once_and_not_kept(feeds, script, answer):
    body = b'{"events":[' + b"{}," * 1_000 + b"{}]}"
    script.then(answer(body))
    async with feeds(most_items=1_001) as opened:
        assert (await opened.espn.scoreboard(DAY)).parts == (body,)
    async with feeds(most_items=1_000) as opened:
        with pytest.raises(FeedFailed, match="more than 1,000 items") as caught:
            await opened.espn.scoreboard(DAY)
    assert caught.value.hint == IF_ITEMS_GREW
    assert len(script.requests) == 2


@pytest.mark.parametrize("opened", [b"[", b'{"a":'])
@pytest.mark.parametrize("is_closed", [True, False])
@pytest.mark.parametrize("text", [b'""', b'"\\ud800"'])
async def test_ten_thousand_levels_are_refused(feeds, script, answer, opened, is_closed, text):
    """The decoder gives up with an error that is none of its own."""
    closed = {b"[": b"]", b'{"a":': b"}"}[opened] * (10_000 if is_closed else 0)
    script.then(answer(b'{"x":%s,"events":%s%s' % (text, opened * 10_000, closed) + b"}"))
    async with feeds(attempts=2) as opened_feeds:
        with pytest.raises(FeedFailed, match=r"nested too deeply|garbled"):
            await opened_feeds.espn.scoreboard(DAY)


@MANY_TIMES
@given(
    body=st.binary(max_size=60)
    | st.lists(
        st.sampled_from(
            [
                b'{"items":',
                *b'[ ] { } , : " \\ 1 - \xff null NaN 1e400 "a" "\\ud800" "pageCount"'.split(),
            ]
        ),
        max_size=14,
    ).map(b"".join)
)
def test_any_body_is_checked_or_refused(body):
    shape = Shape(lists=("items",), numbers=("pageCount",), texts=("a",))
    for what in (shape, Shape(), Shape(one_of=("items", "a"))):
        with suppress(BodyRefused):
            check(body, what)


# -- headers and times ---------------------------------------------------------------------------


async def test_a_validator_that_cannot_be_sent_is_left_out(feeds, script):
    """A header may hold any byte; that of the next request may not, and its day would never be
    fetched again."""
    script.then({"events": []})
    async with feeds() as opened:
        for etag in ("\xe9", "", " x", "x\n", "x" * 5_000):
            await opened.espn.scoreboard(DAY, validators=(etag, "Thu, 15 Jan 2026 00:00:00 GMT"))
    assert all("if-none-match" not in request.headers for request in script.requests)
    assert all("if-modified-since" in request.headers for request in script.requests)


@pytest.mark.parametrize(
    "value", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "1" * 5_000, "\ud800"]
)
async def test_a_cutoff_beyond_all_time_is_an_error(feeds, script, answer, value):
    script.then(answer(json.dumps({"market_settled_ts": value}).encode()))
    async with feeds(attempts=1) as opened:
        with pytest.raises(FeedFailed, match=r"historical cutoff|garbled"):
            await opened.kalshi.historical_cutoff()


@MANY_TIMES
@given(
    value=st.text(max_size=20)
    | st.from_regex(
        r"\A(Mon, )?[0-9]{1,3} (Jan|Xxx) [0-9]{1,12} [0-9]{1,3}:[0-9]:[0-9]{1,12} "
        r"([+-][0-9]{1,9}|GMT)\Z"
    ),
    said=st.sampled_from(["", "Thu, 15 Jan 2026 00:00:00 GMT", "1 Jan 9999999999 0:0:0 GMT"]),
)
def test_any_retry_after_is_a_wait_or_none(value, said):
    """Trap F6. A date may be of a year that the library's own reader stumbles over."""
    wait_s = retry_after_s({"retry-after": value, "date": said})
    assert wait_s is None or wait_s >= 0


# -- hooks ---------------------------------------------------------------------------------------


async def test_a_hook_that_answers_without_end_is_not_heard_out():
    pieces = Pieces(b"x" * 100_000, 10**9)
    transport = httpx.MockTransport(lambda request: httpx.Response(200, stream=pieces))
    assert await call_hook("http://cache.test/", transport) == 1_100_000
    assert pieces.sent == 11


async def test_what_a_hook_answers_is_not_unpacked():
    bomb = gzip.compress(bytes(50 * MB))
    headers = {"content-encoding": "gzip"}
    pieces = Pieces(bomb, 1)
    transport = httpx.MockTransport(
        lambda request: httpx.Response(200, headers=headers, stream=pieces)
    )
    assert await call_hook("http://cache.test/", transport) == len(bomb)


# -- the limits are settings ---------------------------------------------------------------------


def test_the_settings_say_how_much_a_feed_may_send():
    told = Settings(most_payload_mb=3, most_items=2_000, most_pages=4)
    reached = _reached(told, "http://127.0.0.1:1", FeedSettings().clock, paced=False).settings
    assert (reached.most_bytes, reached.most_items, reached.most_pages) == (3_000_000, 2_000, 4)
    by_default = _reached(Settings(), None, FeedSettings().clock, paced=True).settings
    plain = FeedSettings()
    for name in ("most_bytes", "most_items", "most_pages"):
        assert getattr(by_default, name) == getattr(plain, name)


def test_what_to_do_names_the_setting_as_the_window_does():
    named = {"most_payload_mb": IF_BYTES_GREW, "most_items": IF_ITEMS_GREW}
    for name, hint in {**named, "most_pages": IF_PAGES_GREW}.items():
        assert f'"{ENTRIES[name].label}" ({name})' in hint
