"""Candlesticks: of games that began, again while the market is open, once after it closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.engine.events import Changes
from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.payload import SourceType
from nbapanel.rows.refusal import PayloadRefused
from nbapanel.settings import Settings
from nbapanel.steps.kalshi_candlesticks import MarketToFetch, markets_to_fetch
from nbapanel.steps.resources import Window

CANDLES = "kalshi.candlesticks"
EVENT = "KXNBAGAME-26JAN15UTANYK"
HOME, AWAY = f"{EVENT}-NYK", f"{EVENT}-UTA"
GAME = "401800001"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
CLOSE = datetime(2026, 1, 16, 3, 40, tzinfo=UTC)
NOW = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)


@pytest.fixture
def minutes(make):
    def minutes(count: int = 3, **more) -> list[dict]:
        return [make.candle(TIP_OFF + timedelta(minutes=n), **more) for n in range(count)]

    return minutes


@pytest.fixture
async def listed(desk, make, minutes):
    """The game and its two markets are loaded, and the feed has their candles."""

    async def listed(status: str = "finalized", game: str = "final", **more):
        desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event(status=game)]})
        markets = [make.market(team, status=status, **more) for team in ("NYK", "UTA")]
        document = {"markets": markets, "cursor": ""}
        desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", document)
        desk.feed.candles |= {HOME: minutes(), AWAY: minutes()}
        await desk.do("load_scoreboards")
        await desk.do("markets", offline=True)
        desk.clear_marks()
        return desk

    return listed


async def wanted(desk, **changes) -> list[str]:
    markets = await markets_to_fetch(replace(desk.resources, **changes))
    return [market.ticker for market in markets]


def asked(desk) -> list[str]:
    return [f"{r.url.path}?{r.url.query.decode()}" for r in desk.feed.asked("candlesticks")]


# -- which markets -------------------------------------------------------------------------------


async def test_a_closed_market_is_fetched_once(desk, listed):
    await listed()
    context = await desk.do("candlesticks")
    assert context.changes[CANDLES] == Changes(inserted=6)
    assert len(asked(desk)) == 1, "both markets in one request"
    assert desk.marks == {"derived.snapshot_features": {GAME}}
    assert await wanted(desk) == []
    desk.clock.moment += timedelta(hours=1)
    await desk.do("candlesticks")
    assert len(asked(desk)) == 1
    assert desk.wrong_versions() == []


async def test_an_open_market_is_fetched_again(desk, listed, minutes):
    """trap F2: what was fetched while it was open is not complete."""
    desk.clock.moment = TIP_OFF + timedelta(minutes=30)
    await listed("active", "in", close_time="2026-01-29T00:00:00Z")
    await desk.do("candlesticks")
    assert await wanted(desk) == [HOME, AWAY]
    desk.feed.candles |= {HOME: minutes(5), AWAY: minutes(5)}
    desk.clock.moment += timedelta(minutes=10)
    context = await desk.do("candlesticks")
    assert context.changes[CANDLES] == Changes(inserted=4, unchanged=6)


@pytest.mark.parametrize(
    ("fetched_at", "is_held"),
    [(CLOSE + timedelta(seconds=59), False), (CLOSE + timedelta(seconds=60), True)],
)
async def test_held_is_what_was_fetched_after_the_last_minute(desk, listed, fetched_at, is_held):
    desk.clock.moment = fetched_at
    await listed()
    await desk.do("candlesticks")
    assert (await wanted(desk) == []) is is_held


@pytest.mark.parametrize("status", ["initialized", "inactive", "active"])
async def test_a_market_that_may_still_trade_is_not_held(desk, listed, status):
    """Its close was in the past, and may be moved."""
    await listed(status)
    await desk.do("candlesticks")
    assert await wanted(desk) == [HOME, AWAY]


@pytest.mark.parametrize("game", ["postponed", "canceled"])
async def test_a_game_that_is_not_played_has_no_candles_to_ask_for(desk, listed, game):
    await listed("active", game)
    await desk.do("candlesticks")
    assert asked(desk) == []


async def test_a_game_that_has_not_begun_is_not_asked_for(desk, listed):
    desk.clock.moment = TIP_OFF - timedelta(minutes=1)
    await listed("active", "pre")
    await desk.do("candlesticks")
    assert await wanted(desk) == []
    desk.clock.moment = TIP_OFF
    assert await wanted(desk) == [HOME, AWAY]


async def test_a_market_of_another_kind_is_not_asked_for(desk, make):
    odd = make.market("X", event="KXNBAGAME-SOMETHINGELSE", status="active")
    document = {"markets": [odd], "cursor": ""}
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", document)
    await desk.do("markets", offline=True)
    assert await wanted(desk) == []


async def test_force_and_games(desk, listed):
    await listed()
    await desk.do("candlesticks")
    assert await wanted(desk, force=True) == [HOME, AWAY]
    elsewhere = Window(date(2025, 11, 1), date(2025, 11, 2))
    assert await wanted(desk, force=True, window=elsewhere) == []
    assert await wanted(desk, force=True, window=elsewhere, games=(GAME,)) == [HOME, AWAY]
    assert await wanted(desk, force=True, games=("1",)) == []
    assert (await desk.plan("candlesticks")).requests == 0


async def test_one_side_that_is_missing_asks_for_its_own(desk, listed, minutes):
    """trap W8: held is judged for each of the two markets."""
    await listed()
    held = {"candlesticks": minutes()}
    desk.put(SourceType.KALSHI_CANDLESTICKS, HOME, held, fetched_at=CLOSE + timedelta(minutes=5))
    await desk.do("candlesticks", offline=True)
    assert await wanted(desk) == [AWAY]


# -- which time ----------------------------------------------------------------------------------


def market(**more) -> MarketToFetch:
    given = {"event_ticker": EVENT, "ticker": HOME, "open_time": None, "close_time": None}
    given |= {"settlement_time": None, "event_date": None, "competition_id": None}
    return MarketToFetch(**given | {"game_date": None} | more)


DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("given", "begin", "end"),
    [
        ({"event_date": TIP_OFF, "close_time": CLOSE}, TIP_OFF - DAY, CLOSE),
        ({"event_date": TIP_OFF}, TIP_OFF - DAY, TIP_OFF + timedelta(hours=8)),
        ({"event_date": TIP_OFF, "open_time": TIP_OFF - DAY / 2}, TIP_OFF - DAY / 2, None),
        ({"event_date": TIP_OFF, "open_time": TIP_OFF - 9 * DAY}, TIP_OFF - DAY, None),
        ({"close_time": CLOSE}, CLOSE - 7 * DAY, CLOSE),
    ],
)
def test_the_span_that_is_asked_for(given, begin, end):
    now = TIP_OFF + 30 * DAY
    first, last = market(**given).span(now, before_start=DAY)
    late = timedelta(seconds=60)
    assert abs(first - begin) <= late
    assert end is None or abs(last - end) <= late


def test_the_span_of_a_live_game_ends_now():
    now = TIP_OFF + timedelta(minutes=90)
    live = market(event_date=TIP_OFF, close_time=TIP_OFF + 14 * DAY)
    assert live.span(now, before_start=DAY) == (TIP_OFF - DAY, now)
    opens_late = market(event_date=TIP_OFF, open_time=now + DAY)
    begin, end = opens_late.span(now, before_start=DAY)
    assert begin <= end


async def test_the_hours_before_the_start_are_a_setting(desk, listed):
    await listed()
    await desk.do("candlesticks", settings=Settings(candle_hours_before_start=2))
    params = dict(desk.feed.asked("candlesticks")[0].url.params)
    assert int(params["start_ts"]) == (TIP_OFF - timedelta(hours=2)).timestamp()
    assert int(params["end_ts"]) == (CLOSE + timedelta(minutes=1)).timestamp()
    assert params["period_interval"] == "1"


# -- where from ----------------------------------------------------------------------------------


async def test_what_settled_behind_the_cutoff_is_asked_of_the_history(desk, listed):
    await listed()
    desk.clock.moment += timedelta(days=30)
    desk.feed.cutoff = "2026-02-01T00:00:00Z"
    context = await desk.do("candlesticks")
    assert [path.split("?")[0] for path in asked(desk)] == [
        f"/trade-api/v2/historical/markets/{ticker}/candlesticks" for ticker in (HOME, AWAY)
    ]
    assert context.changes[CANDLES].inserted == 6
    assert await wanted(desk) == []


async def test_what_settled_lately_is_not(desk, listed):
    await listed()
    desk.feed.cutoff = "2026-02-01T00:00:00Z"
    await desk.do("candlesticks")
    assert desk.feed.asked("cutoff") == [], "the cutoff is asked for when it may matter"
    assert "historical" not in asked(desk)[0]


async def test_hours_where_there_are_no_minutes(desk, listed, make):
    await listed()
    desk.feed.candles = {HOME: [make.candle(TIP_OFF)]}
    desk.feed.hourly = {AWAY: [make.candle(TIP_OFF)]}
    context = await desk.do("candlesticks")
    assert context.changes[CANDLES] == Changes(inserted=2)
    found = desk.rows(f"SELECT ticker, period_interval_min FROM {CANDLES} ORDER BY 1")
    assert found == [(HOME, 1), (AWAY, 60)]
    assert len(desk.feed.asked("period_interval=60")) == 1
    await desk.do("candlesticks")
    assert len(desk.feed.asked("period_interval=60")) == 1


async def test_an_open_market_without_minutes_is_not_asked_for_hours(desk, listed):
    desk.clock.moment = TIP_OFF + timedelta(minutes=1)
    await listed("active", "in", close_time="2026-01-29T00:00:00Z")
    desk.feed.candles.clear()
    await desk.do("candlesticks")
    assert desk.feed.asked("period_interval=60") == []


async def test_where_the_batch_is_refused_each_market_is_asked_for(desk, listed):
    await listed()
    desk.feed.broken["/v2/markets/candlesticks"] = 400
    context = await desk.do("candlesticks")
    assert context.changes[CANDLES].inserted == 6
    keys = desk.rows(
        "SELECT source_key FROM ops.source_files WHERE source_type = 'kalshi_candlesticks'"
    )
    assert {key for (key,) in keys} == {HOME, AWAY}
    assert await wanted(desk) == []


async def test_candles_that_are_refused_twice_are_asked_for_once_a_day(desk, listed, monkeypatch):
    """As of plays: see test_games_to_fetch."""

    def refuse(*_, **__):
        raise PayloadRefused("Candles of a kind that nobody knows.")

    monkeypatch.setattr("nbapanel.steps.kalshi_candlesticks.parse_candlesticks", refuse)
    await listed()
    for minutes_later, requests in ((0, 1), (10, 2), (20, 2), (20 + 24 * 60, 3), (30 + 24 * 60, 3)):
        desk.clock.moment = NOW + timedelta(minutes=minutes_later)
        with pytest.raises(UserFacingError, match="could not be loaded"):
            await desk.do("candlesticks")
        assert len(asked(desk)) == requests, minutes_later


async def test_candles_from_both_forms_unloaded_at_once(desk, listed, minutes, make):
    """A rebuild: the batch of the evening and the single form of later speak of the same."""
    await listed()
    both = {"markets": [{"market_ticker": t, "candlesticks": minutes()} for t in (HOME, AWAY)]}
    desk.put(SourceType.KALSHI_CANDLESTICKS, EVENT, both)
    later = desk.clock.now() + timedelta(days=1)
    single = {"candlesticks": minutes(4, bid="0.6000", ask="0.6100")}
    desk.put(SourceType.KALSHI_CANDLESTICKS, HOME, single, fetched_at=later)
    await desk.do("candlesticks", offline=True)
    found = desk.rows(
        f"SELECT ticker, count(*), max(yes_bid_close)::text FROM {CANDLES} GROUP BY 1 ORDER BY 1"
    )
    assert found == [(HOME, 4, "0.6000"), (AWAY, 3, "0.5500")]
    assert desk.wrong_versions() == []


async def test_what_is_archived_is_loaded_though_the_feed_is_away(desk, listed, minutes):
    await listed()
    desk.put(SourceType.KALSHI_CANDLESTICKS, HOME, {"candlesticks": minutes()}, fetched_at=TIP_OFF)
    desk.feed.broken["candlesticks"] = 401
    context = desk.context("candlesticks")
    with pytest.raises(FeedFailed):
        await context.step.action(context)
    assert desk.count(CANDLES) == 3


async def test_zero_open_interest_is_zero_and_a_minute_without_trade_is_one(desk, listed):
    """trap L16: 0 open interest stored as NULL."""
    await listed()
    await desk.do("candlesticks")
    row = desk.one(
        f"SELECT DISTINCT open_interest, volume, price_close, yes_bid_close FROM {CANDLES}"
    )
    assert row[:3] == (0, 0, None)
    assert row[3] is not None
