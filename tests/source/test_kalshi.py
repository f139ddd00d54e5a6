"""Kalshi's requests: sweeps that end, candles without gap or overlap, keys that tell the market."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType
from nbapanel.source.answers import Absent
from nbapanel.source.kalshi import _stretches

EVENT = "KXNBAGAME-26JAN15NYKSAS"
TICKERS = (f"{EVENT}-NYK", f"{EVENT}-SAS")
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)


def _markets(cursor, *tickers):
    return {"markets": [{"ticker": ticker} for ticker in tickers], "cursor": cursor}


def _batch(*tickers):
    return {"markets": [{"market_ticker": ticker, "candlesticks": []} for ticker in tickers]}


async def test_a_sweep_follows_the_cursor(feeds, script):
    """trap F7"""
    script.then(_markets("c1", "a"), _markets("c2", "b"), _markets("", "c"))
    async with feeds() as opened:
        payload = await opened.kalshi.markets()
    assert payload.source_type is SourceType.KALSHI_MARKETS
    assert payload.source_key == "KXNBAGAME.all"
    assert len(payload.parts) == 3
    assert [dict(request.url.params) for request in script.requests] == [
        {"series_ticker": "KXNBAGAME", "limit": "1000"},
        {"series_ticker": "KXNBAGAME", "limit": "1000", "cursor": "c1"},
        {"series_ticker": "KXNBAGAME", "limit": "1000", "cursor": "c2"},
    ]
    assert script.paths[0] == "/trade-api/v2/markets"
    assert script.requests[0].url.host == "api.elections.kalshi.com"


async def test_a_sweep_since_a_moment_sends_no_status(feeds, script):
    """The specification allows min_close_ts with no status filter but `closed`."""
    script.then(_markets("", "a"))
    async with feeds() as opened:
        payload = await opened.kalshi.markets(min_close=datetime(2026, 1, 9, 5, tzinfo=UTC))
    assert payload.source_key == "KXNBAGAME.since-2026-01-09"
    parameters = script.requests[0].url.params
    assert parameters["min_close_ts"] == "1767934800"
    assert "status" not in parameters


@pytest.mark.parametrize("last", [{"markets": []}, {"markets": [], "cursor": None}])
async def test_a_sweep_ends_without_a_cursor(feeds, script, last):
    script.then(last)
    async with feeds() as opened:
        assert len((await opened.kalshi.markets()).parts) == 1


async def test_a_cursor_on_the_last_page_leads_to_an_empty_one(feeds, script):
    """In every recording the last page has a cursor all the same."""
    script.then(_markets("c1", "a"), _markets("c2"))
    async with feeds() as opened:
        payload = await opened.kalshi.markets()
    assert len(payload.parts) == 1
    assert len(script.requests) == 2


async def test_a_cursor_given_twice_is_refused(feeds, script):
    script.then(_markets("c1", "a"), _markets("c2", "b"), _markets("c1", "c"))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="does not end"):
            await opened.kalshi.markets()
    assert len(script.requests) == 3


async def test_a_sweep_without_end_is_refused(feeds, script, answer):
    script.then(lambda request: answer(_markets(f"c{len(script.requests)}", "a"))(request))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="does not end"):
            await opened.kalshi.markets()
    assert len(script.requests) == 200


async def test_a_page_missing_from_a_sweep_fails_the_whole(feeds, script, answer):
    """trap F7"""
    script.then(_markets("c1", "a"), answer(b"", status=404))
    async with feeds() as opened:
        with pytest.raises(FeedFailed):
            await opened.kalshi.markets()


async def test_no_list_of_markets_at_all_is_an_error(feeds, script, answer):
    script.then(answer(b"", status=404))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="Kalshi did not give"):
            await opened.kalshi.markets()


async def test_historical_markets(feeds, script, answer):
    script.then(_markets("", "a"), answer(b"", status=404))
    async with feeds() as opened:
        payload = await opened.kalshi.historical_markets()
        assert payload.source_key == "KXNBAGAME.historical"
        assert isinstance(await opened.kalshi.historical_markets(), Absent)
    assert script.paths[0] == "/trade-api/v2/historical/markets"


async def test_historical_cutoff(feeds, script, answer):
    script.then(
        {"market_settled_ts": "2025-11-01T04:00:00.5Z", "trades_created_ts": "x"},
        answer(b"", status=404),
    )
    async with feeds() as opened:
        cutoff = await opened.kalshi.historical_cutoff()
        assert cutoff == datetime(2025, 11, 1, 4, 0, 0, 500_000, tzinfo=UTC)
        assert isinstance(await opened.kalshi.historical_cutoff(), Absent)


@pytest.mark.parametrize("value", ["", "soon", "2025-11-01T04:00:00"])
async def test_a_cutoff_of_rubbish_is_an_error(feeds, script, value):
    script.then({"market_settled_ts": value})
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="historical cutoff"):
            await opened.kalshi.historical_cutoff()


async def test_candles_of_both_markets_in_one_request(feeds, script):
    script.then(_batch(*TICKERS))
    async with feeds() as opened:
        (payload,) = await opened.kalshi.candlesticks(
            EVENT, TICKERS, TIP_OFF, TIP_OFF + timedelta(hours=3)
        )
    assert payload.source_type is SourceType.KALSHI_CANDLESTICKS
    assert payload.source_key == EVENT
    (request,) = script.requests
    assert request.url.path == "/trade-api/v2/markets/candlesticks"
    assert dict(request.url.params) == {
        "market_tickers": ",".join(TICKERS),
        "start_ts": str(int(TIP_OFF.timestamp())),
        "end_ts": str(int(TIP_OFF.timestamp()) + 3 * 3600),
        "period_interval": "1",
    }


async def test_more_candles_than_a_batch_may_hold_are_split(feeds, script):
    script.then(_batch(*TICKERS))
    async with feeds() as opened:
        (payload,) = await opened.kalshi.candlesticks(
            EVENT, TICKERS, TIP_OFF, TIP_OFF + timedelta(days=10)
        )
    windows = [
        (int(r.url.params["start_ts"]), int(r.url.params["end_ts"])) for r in script.requests
    ]
    assert len(payload.parts) == len(windows) == 4
    assert windows[0][0] == TIP_OFF.timestamp()
    assert windows[-1][1] == (TIP_OFF + timedelta(days=10)).timestamp()
    for start, end in windows:
        assert ((end - start) // 60 + 1) * len(TICKERS) <= 10_000
    for (_, end), (start, _) in pairwise(windows):
        assert start == end + 60


@pytest.mark.parametrize("status", [400, 404])
async def test_without_the_batch_form_each_market_is_asked_for(feeds, script, answer, status):
    script.then(answer(b"no such endpoint", status=status), {"candlesticks": []})
    async with feeds() as opened:
        payloads = await opened.kalshi.candlesticks(
            EVENT, TICKERS, TIP_OFF, TIP_OFF + timedelta(days=4)
        )
    assert [payload.source_key for payload in payloads] == list(TICKERS)
    assert [len(payload.parts) for payload in payloads] == [2, 2]
    assert script.paths[1:] == [
        f"/trade-api/v2/series/KXNBAGAME/markets/{ticker}/candlesticks"
        for ticker in TICKERS
        for _ in range(2)
    ]
    for request in script.requests[1:]:
        start, end = (int(request.url.params[name]) for name in ("start_ts", "end_ts"))
        assert (end - start) // 60 + 1 <= 5_000


async def test_one_market_without_candles_leaves_the_other(feeds, script, answer):
    none = answer(b"", status=404)
    script.then(none, none, {"candlesticks": []}, none)
    async with feeds() as opened:
        window = TIP_OFF, TIP_OFF + timedelta(hours=1)
        (payload,) = await opened.kalshi.candlesticks(EVENT, TICKERS, *window)
        assert payload.source_key == TICKERS[1]
        assert isinstance(await opened.kalshi.candlesticks(EVENT, TICKERS, *window), Absent)


async def test_historical_candles(feeds, script, answer):
    script.then({"ticker": TICKERS[0], "candlesticks": []}, answer(b"", status=404))
    async with feeds() as opened:
        window = TIP_OFF, TIP_OFF + timedelta(hours=1)
        payload = await opened.kalshi.historical_candlesticks(TICKERS[0], *window)
        assert payload.source_key == TICKERS[0]
        assert isinstance(await opened.kalshi.historical_candlesticks(TICKERS[0], *window), Absent)
    assert script.paths[0] == f"/trade-api/v2/historical/markets/{TICKERS[0]}/candlesticks"


@pytest.mark.parametrize("ticker", ["", "../x", "a/b", "a?b", "a b", "a,b", "é", "x" * 200])
async def test_a_ticker_that_is_none_never_becomes_a_request(feeds, script, ticker):
    """trap F16"""
    window = TIP_OFF, TIP_OFF + timedelta(hours=1)
    async with feeds() as opened:
        for call in (
            opened.kalshi.candlesticks(EVENT, [ticker], *window),
            opened.kalshi.historical_candlesticks(ticker, *window),
            opened.kalshi.markets(ticker),
        ):
            with pytest.raises(FeedFailed, match="no ticker"):
                await call
    assert script.requests == []


@settings(deadline=None)
@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    st.integers(0, 60 * 60 * 24 * 20),
    st.integers(1, 5000),
)
def test_stretches_hold_every_minute_once(start, length_s, minutes):
    stretches = list(_stretches(start, start + timedelta(seconds=length_s), minutes))
    assert stretches[0][0] <= start.timestamp() < stretches[0][0] + 60
    assert stretches[-1][1] >= start.timestamp() + length_s - 1
    for first, last in stretches:
        assert first <= last
        assert (last - first) // 60 < minutes
    for (_, last), (first, _) in pairwise(stretches):
        assert first == last + 60


def test_candles_that_end_before_they_start_are_a_bug():
    with pytest.raises(ValueError, match="before they start"):
        list(_stretches(TIP_OFF, TIP_OFF - timedelta(hours=1), 10))
