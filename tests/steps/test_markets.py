"""Markets: one row each, gone when a complete listing lacks them, linked to their game."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.engine.events import Changes
from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType
from nbapanel.steps.resources import Window

MARKETS = "kalshi.markets"
EVENT = "KXNBAGAME-26JAN15UTANYK"
GAME = "401800001"
FEATURES = "derived.snapshot_features"


@pytest.fixture
def sweep(desk):
    """List the markets that the feed has now, a minute after the last time."""

    async def sweep(*markets, **changes):
        desk.feed.markets = list(markets)
        desk.clock.moment += timedelta(minutes=1)
        return await desk.do("markets", **changes)

    return sweep


@pytest.fixture
def link(desk):
    """Link markets to the games of these events."""

    async def link(*events, day: str = "2026-01-15"):
        if events:
            desk.clock.moment += timedelta(minutes=1)
            desk.put(SourceType.ESPN_SCOREBOARD, day, {"events": list(events)})
            await desk.do("load_scoreboards")
            desk.clear_marks()
        await desk.do("candlesticks", offline=True)
        return dict(desk.rows(f"SELECT ticker, espn_event_id FROM {MARKETS}"))

    return link


def gone(desk) -> dict[str, datetime]:
    return dict(desk.rows(f"SELECT ticker, gone_since FROM {MARKETS} WHERE gone_since IS NOT NULL"))


async def test_both_markets_of_a_game_are_kept(desk, make, sweep):
    """trap W8: one of the two markets of a game lost by DISTINCT ON."""
    context = await sweep(make.market("NYK"), make.market("UTA"))
    assert context.changes[MARKETS] == Changes(inserted=2)
    found = desk.rows(
        f"SELECT ticker, side, team_code, home_code, away_code, game_date FROM {MARKETS} ORDER BY 1"
    )
    assert found == [
        (f"{EVENT}-NYK", 0, "NYK", "NYK", "UTA", date(2026, 1, 15)),
        (f"{EVENT}-UTA", 1, "UTA", "NYK", "UTA", date(2026, 1, 15)),
    ]
    view = "SELECT ticker, kalshi_team_side FROM kalshi.markets_with_games ORDER BY 1"
    assert desk.rows(view) == [(f"{EVENT}-NYK", "home"), (f"{EVENT}-UTA", "away")]


async def test_only_the_current_state_is_kept(desk, make, sweep):
    """trap L9: markets appended in full at each fetch."""
    live = {"status": "active", "result": ""}
    await sweep(make.market(**live), make.market("UTA", **live))
    first_seen = desk.one(f"SELECT DISTINCT first_seen_at FROM {MARKETS}")
    again = await sweep(make.market(**live), make.market("UTA", **live))
    assert again.reason == "no new payload"
    moved = make.market(**live | {"yes_bid_dollars": "0.6000"})
    context = await sweep(moved, make.market("UTA", **live))
    assert context.changes[MARKETS] == Changes(updated=1, unchanged=1)
    assert desk.count(MARKETS) == 2
    assert desk.one(f"SELECT DISTINCT first_seen_at FROM {MARKETS}") == first_seen
    assert desk.one(f"SELECT last_seen_at FROM {MARKETS} WHERE side = 0") == desk.clock.now()
    assert desk.wrong_versions() == []


async def test_zero_open_interest_is_zero(desk, make, sweep):
    """trap L16: 0 open interest stored as NULL."""
    await sweep(make.market(open_interest_fp="0.00"))
    assert desk.one(f"SELECT open_interest FROM {MARKETS}") == 0


# -- gone ----------------------------------------------------------------------------------------


async def test_a_market_that_is_no_longer_listed_is_gone_and_may_come_back(desk, make, sweep):
    both = make.market("NYK", status="active"), make.market("UTA", status="active")
    await sweep(*both)
    assert gone(desk) == {}
    await sweep(both[0])
    assert gone(desk) == {f"{EVENT}-UTA": desk.clock.now()}
    since = gone(desk)
    await sweep(make.market("NYK", status="active", yes_bid_dollars="0.6000"))
    assert gone(desk) == since, "the first listing without it counts"
    await sweep(*both)
    assert gone(desk) == {}
    assert desk.count(MARKETS) == 2, "gone or not, it is kept"


@pytest.mark.parametrize("status", ["determined", "finalized"])
async def test_a_settled_market_leaves_the_listing_without_being_gone(desk, make, sweep, status):
    await sweep(make.market("NYK"), make.market("UTA", status=status))
    await sweep(make.market("NYK", volume_fp="1.00"))
    assert gone(desk) == {}


async def test_a_market_outside_the_listing_is_not_gone(desk, make, sweep):
    """A listing of what closes from a day on says nothing of what closed before it."""
    old = make.market("UTA", status="active", close_time="2026-01-10T03:40:00Z")
    await sweep(make.market("NYK", status="active"), old)
    other = make.market("BOS", event="KXOTHER-26JAN15UTANYK", status="active")
    await sweep(make.market("NYK", status="active"), other)
    await sweep(make.market("NYK", status="active"))
    assert set(gone(desk)) == set(), "nor has one of another series"


async def test_a_market_that_cannot_be_read_is_not_gone(desk, make, sweep):
    """It stands on the list, only not as it should."""
    await sweep(make.market("NYK", status="active"), make.market("UTA", status="active"))
    odd = make.market("UTA", status="active", yes_bid_dollars="1.7500")
    context = await sweep(make.market("NYK", status="active"), odd)
    assert len(context.bad_items) == 1
    assert gone(desk) == {}
    await sweep(make.market("NYK", status="active"))
    assert set(gone(desk)) == {f"{EVENT}-UTA"}


async def test_a_listing_that_is_not_a_sweep_says_nothing_of_what_is_gone(desk, make, sweep):
    await sweep(make.market("NYK", status="active"), make.market("UTA", status="active"))
    desk.clock.moment += timedelta(minutes=1)
    listing = {"markets": [make.market("NYK", status="active", volume_fp="7")], "cursor": ""}
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.historical", listing)
    await desk.do("markets", offline=True)
    assert gone(desk) == {}


# -- what is asked -------------------------------------------------------------------------------


async def test_the_listing_begins_with_the_window(desk, sweep):
    await sweep()
    (request,) = desk.feed.asked("/markets?")
    params = dict(request.url.params)
    assert params["series_ticker"] == "KXNBAGAME"
    assert int(params["min_close_ts"]) == datetime(2026, 1, 14, 5, tzinfo=UTC).timestamp()
    assert "status" not in params
    assert desk.one("SELECT source_key FROM ops.source_files") == "KXNBAGAME.since-2026-01-14"


async def test_the_listing_reaches_back_to_what_was_last_seen_unsettled(desk, make, sweep):
    """What was open when it was last asked for has settled since, and says so there alone."""
    old = make.market("BOS", event="KXNBAGAME-25DEC20BOSMIA", status="active")
    await sweep(old)
    desk.feed.requests.clear()
    await sweep(make.market("BOS", event="KXNBAGAME-25DEC20BOSMIA"))
    begins = datetime(2025, 12, 20, 5, tzinfo=UTC).timestamp()
    assert int(dict(desk.feed.asked("/markets?")[0].url.params)["min_close_ts"]) == begins
    desk.feed.requests.clear()
    await sweep()
    begins = datetime(2026, 1, 14, 5, tzinfo=UTC).timestamp()
    assert int(dict(desk.feed.asked("/markets?")[0].url.params)["min_close_ts"]) == begins


async def test_what_lies_behind_the_cutoff_is_in_the_historical_listing(desk, make, sweep):
    desk.feed.cutoff = "2026-01-14T00:00:00Z"
    desk.feed.historical = [make.market("BOS", event="KXNBAGAME-25NOV01BOSMIA")]
    await sweep(make.market("NYK"))
    assert desk.feed.asked("/historical/markets") == []
    old = Window(date(2025, 11, 1), date(2025, 11, 2))
    context = await sweep(make.market("NYK"), window=old)
    assert len(desk.feed.asked("/historical/markets")) == 1
    assert context.changes[MARKETS].inserted == 1
    assert desk.count(MARKETS) == 2


async def test_what_is_archived_is_loaded_though_the_feed_is_away(desk, make):
    """The step fails with the feed's sentence, after it did what it could."""
    listing = {"markets": [make.market("NYK")], "cursor": ""}
    desk.put(SourceType.KALSHI_MARKETS, "KXNBAGAME.all", listing)
    desk.feed.broken["/markets"] = 400
    context = desk.context("markets")
    with pytest.raises(FeedFailed, match="400"):
        await context.step.action(context)
    assert desk.count(MARKETS) == 1
    assert (await desk.do("markets", offline=True)).requests == 0


# -- the link to ESPN's game ---------------------------------------------------------------------

NAMES = {"NY": "NYK", "SA": "SAS", "GS": "GSW", "NO": "NOP", "UTAH": "UTA", "WSH": "WAS"}
NAMES |= {"BOS": "BOS"}


@pytest.mark.parametrize("at_home", [True, False])
async def test_teams_that_are_named_differently_match(desk, make, sweep, link, at_home):
    """trap L10: Knicks, Spurs, Wizards, Warriors, Pelicans, Jazz never match between feeds."""
    events, markets, wanted = [], [], {}
    for number, (espn, kalshi) in enumerate(NAMES.items(), 1):
        home, away = (espn, "MIA") if at_home else ("MIA", espn)
        events.append(make.event(str(number), home=home, away=away))
        event = f"KXNBAGAME-26JAN15{'MIA' + kalshi if at_home else kalshi + 'MIA'}"
        markets += [make.market(kalshi, event=event), make.market("MIA", event=event)]
        wanted |= {f"{event}-{kalshi}": str(number), f"{event}-MIA": str(number)}
    await sweep(*markets)
    assert await link(*events) == wanted
    assert desk.marks == {FEATURES: set(wanted.values())}


async def test_the_day_is_that_of_new_york(desk, make, sweep, link):
    """trap F13: a game at half past nine in the evening is on the next day in UTC."""
    await sweep(make.market("NYK"))
    late = make.event(start=datetime(2026, 1, 16, 4, 59, tzinfo=UTC))
    assert set((await link(late)).values()) == {GAME}
    too_late = make.event(start=datetime(2026, 1, 16, 5, 0, tzinfo=UTC))
    assert set((await link(too_late)).values()) == {None}


async def test_a_game_of_other_teams_or_another_day_does_not_match(desk, make, sweep, link):
    await sweep(make.market("NYK"))
    swapped = make.event("1", home="UTAH", away="NY")
    tomorrow = make.event("2", start=datetime(2026, 1, 17, 0, 30, tzinfo=UTC))
    assert set((await link(swapped, tomorrow)).values()) == {None}
    assert desk.marks == {}


async def test_of_two_events_the_one_that_is_played_counts(desk, make, sweep, link):
    """trap L18: a postponed game keeps its event, and its ticker."""
    await sweep(make.market("NYK"))
    postponed, played = make.event("1", status="postponed"), make.event("2")
    assert set((await link(postponed, played)).values()) == {"2"}


async def test_a_market_is_linked_once(desk, make, sweep, link):
    await sweep(make.market("NYK"), make.market("UTA"))
    await link(make.event())
    desk.clear_marks()
    before = desk.rows(f"SELECT xmin::text FROM {MARKETS}")
    desk.look.execute("DELETE FROM ops.refresh_log")
    await link()
    assert desk.rows(f"SELECT xmin::text FROM {MARKETS}") == before
    assert desk.marks == {}
    updated = dict(desk.log("updated"))
    assert updated[MARKETS] == 0


async def test_a_listing_does_not_undo_the_link(desk, make, sweep, link):
    await sweep(make.market("NYK"))
    await link(make.event())
    await sweep(make.market("NYK", volume_fp="77.00"))
    assert desk.one(f"SELECT espn_event_id, volume FROM {MARKETS}") == (GAME, 77)


async def test_the_game_that_lost_its_market_is_marked_as_well(desk, make, sweep, link):
    """What was derived from the market has to go where the game has none any more."""
    await sweep(make.market("NYK"))
    await link(make.event("1", status="pre"))
    desk.clear_marks()
    # Another event takes the place of the first, which is now said to be postponed.
    await link(make.event("1", status="postponed"), make.event("2"))
    assert desk.marks == {FEATURES: {"1", "2"}}


async def test_marks_name_the_game_by_its_competition(desk, make, sweep, link):
    """What is derived knows games by the competition's id, not the event's."""
    await sweep(make.market("NYK"))
    assert set((await link(make.event(competition="401999999"))).values()) == {GAME}
    assert desk.marks == {FEATURES: {"401999999"}}


async def test_a_market_that_is_gone_marks_its_game(desk, make, sweep, link):
    """Which of two markets of a side counts depends on which is still listed."""
    both = make.market("NYK", status="active"), make.market("UTA", status="active")
    await sweep(*both)
    await link(make.event())
    desk.clear_marks()
    await sweep(both[0])
    assert desk.marks == {FEATURES: {GAME}}
    desk.clear_marks()
    await sweep(*both)
    assert desk.marks == {FEATURES: {GAME}}
