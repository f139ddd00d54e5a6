"""Hourly candles, of markets that have none a minute: asked for until they were answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType

CANDLES = "kalshi.candlesticks"
EVENT = "KXNBAGAME-26JAN15UTANYK"
HOME, AWAY = f"{EVENT}-NYK", f"{EVENT}-UTA"
GAME = "401800001"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
HOURLY = "period_interval=60"


@pytest.fixture
async def bare(desk, make):
    """Both markets of a game are closed; the feed has candles of them by the hour alone."""
    desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event()]})
    markets = [make.market(team) for team in ("NYK", "UTA")]
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", {"markets": markets, "cursor": ""})
    await desk.do("load_scoreboards")
    await desk.do("markets", offline=True)
    desk.feed.hourly = {ticker: [make.candle(TIP_OFF)] for ticker in (HOME, AWAY)}
    return desk


def asked(desk) -> list[str]:
    """The markets whose hours were asked for since this was last called."""
    found = [request.url.path.split("/")[-2] for request in desk.feed.asked(HOURLY)]
    desk.feed.requests.clear()
    return sorted(found)


def hours(desk) -> list[str]:
    query = f"SELECT ticker FROM {CANDLES} WHERE period_interval_min = 60 ORDER BY 1"
    return [ticker for (ticker,) in desk.rows(query)]


async def failing(desk):
    context = desk.context("candlesticks")
    with pytest.raises(FeedFailed):
        await context.step.action(context)
    return context


async def test_a_request_that_failed_is_made_again_by_the_next_run(bare):
    """trap F2: the minutes were answered, empty; the hours were not, and are still missing."""
    desk = bare
    desk.feed.broken[HOURLY] = 500
    context = await failing(desk)
    assert asked(desk) == [HOME, AWAY]
    assert sorted(context.notes["not_fetched"]) == [HOME, AWAY]
    assert hours(desk) == []

    desk.feed.broken.clear()
    desk.clock.moment += timedelta(hours=1)
    await desk.do("candlesticks")
    assert not desk.feed.asked("period_interval=1&"), "the minutes were answered: not again"
    assert asked(desk) == [HOME, AWAY]
    assert hours(desk) == [HOME, AWAY]

    desk.clock.moment += timedelta(hours=1)
    await desk.do("candlesticks")
    assert asked(desk) == [], "answered: not again"
    assert desk.wrong_versions() == []


async def test_only_what_failed_is_asked_for_again(bare):
    desk = bare
    desk.feed.broken[f"{AWAY}/candlesticks?"] = 500
    await failing(desk)
    desk.feed.broken.clear()
    asked(desk)
    await desk.do("candlesticks")
    assert asked(desk) == [AWAY]
    assert hours(desk) == [HOME, AWAY]


@pytest.mark.parametrize("answer", ["no such market", "no candle"])
async def test_an_answer_without_a_candle_is_an_answer(bare, answer):
    """A market that never traded, or that the feed no longer knows: it is not asked for ever."""
    desk = bare
    desk.feed.hourly.clear()
    if answer == "no such market":
        desk.feed.broken[HOURLY] = 404
    await desk.do("candlesticks")
    assert asked(desk) == [HOME, AWAY]
    desk.feed.broken.clear()
    desk.clock.moment += timedelta(hours=1)
    await desk.do("candlesticks")
    assert asked(desk) == []


async def test_a_run_of_other_games_leaves_it_to_the_next(bare):
    desk = bare
    desk.feed.broken[HOURLY] = 500
    await failing(desk)
    desk.feed.broken.clear()
    asked(desk)
    await desk.do("candlesticks", games=("401899999",))
    await desk.do("candlesticks", offline=True)
    assert asked(desk) == []
    await desk.do("candlesticks", games=(GAME,))
    assert asked(desk) == [HOME, AWAY]
