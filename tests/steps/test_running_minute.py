"""The minute that still runs has no candle yet: it is neither asked for nor taken as held."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.payload import SourceType
from nbapanel.steps.kalshi_candlesticks import MarketToFetch

CANDLES = "kalshi.candlesticks"
EVENT = "KXNBAGAME-26JAN15UTANYK"
HOME, AWAY = f"{EVENT}-NYK", f"{EVENT}-UTA"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
MINUTE = TIP_OFF + timedelta(minutes=90)
DAY = timedelta(days=1)


def market(**more) -> MarketToFetch:
    given = {"event_ticker": EVENT, "ticker": HOME, "open_time": None, "close_time": None}
    given |= {"settlement_time": None, "event_date": TIP_OFF, "competition_id": None}
    return MarketToFetch(**given | {"game_date": None} | more)


@pytest.mark.parametrize(
    "past", [timedelta(0), timedelta(microseconds=1), timedelta(seconds=59, milliseconds=999)]
)
def test_a_live_span_ends_with_the_last_whole_minute(past):
    live = market(close_time=TIP_OFF + 14 * DAY)
    assert live.span(MINUTE + past, before_start=DAY) == (TIP_OFF - DAY, MINUTE)


def test_the_span_of_a_market_that_opened_within_this_minute_is_no_backward_one():
    opened = MINUTE + timedelta(seconds=20)
    begin, end = market(open_time=opened).span(MINUTE + timedelta(seconds=40), before_start=DAY)
    assert begin == end == opened


async def test_the_candle_of_the_running_minute_comes_when_it_is_over(desk, make):
    """trap F2: half a minute, fetched while it ran, would stand in the table as a whole one."""
    end_of = {"half": MINUTE + timedelta(minutes=1), "whole": MINUTE}
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event(status="in")]})
    open_ = {"status": "active", "close_time": "2026-01-29T00:00:00Z"}
    markets = [make.market(team, **open_) for team in ("NYK", "UTA")]
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", {"markets": markets, "cursor": ""})
    desk.clock.moment = MINUTE + timedelta(seconds=30)
    await desk.do("load_scoreboards")
    await desk.do("markets", offline=True)
    await desk.do("candlesticks")
    (request,) = desk.feed.asked("candlesticks")
    assert int(request.url.params["end_ts"]) == end_of["whole"].timestamp()

    desk.feed.requests.clear()
    desk.clock.moment = MINUTE + timedelta(seconds=60)
    await desk.do("candlesticks")
    (request,) = desk.feed.asked("candlesticks")
    assert int(request.url.params["end_ts"]) == end_of["half"].timestamp(), "over, and asked for"
