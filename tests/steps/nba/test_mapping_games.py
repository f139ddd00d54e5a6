"""Which game of the league is which of ESPN's and of Kalshi's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.payload import SourceType

GAME, EVENT, TICKER = "0022500575", "401800001", "KXNBAGAME-26JAN15UTANYK"
DAY = date(2026, 1, 15)
MAP = (
    "SELECT game_date, away_code, home_code, nba_game_id, espn_event_id, kalshi_event_ticker"
    " FROM derived.game_map ORDER BY game_date, home_code"
)


@pytest.fixture
def listed(desk, nba, make):
    """What each feed lists of the evening; None: the feed was not asked."""

    async def listed(league=None, espn=None, kalshi=None):
        desk.clock.moment += timedelta(minutes=1)
        if league is not None:
            desk.put(SourceType.NBA_SCHEDULE, "00", nba.schedule(*league))
        if espn is not None:
            desk.put(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": espn})
        if kalshi is not None:
            desk.put(
                SourceType.KALSHI_MARKETS,
                "KXNBAGAME.since-2026-01-10",
                {"markets": kalshi, "cursor": ""},
            )
        await desk.do("load_scoreboards", "markets", "candlesticks", "nba_lists", offline=True)
        return await desk.do("nba_state", offline=True)

    return listed


async def test_the_three_feeds_of_one_game_meet(desk, nba, make, listed):
    """trap L10: ESPN says NY and UTAH. By the Eastern date: it is the 16th in London."""
    await listed([nba.scheduled()], [make.event()], [make.market(), make.market("UTA")])
    assert desk.rows(MAP) == [(DAY, "UTA", "NYK", GAME, EVENT, TICKER)]
    assert desk.rows("SELECT ticker, nba_game_id FROM kalshi.markets ORDER BY ticker") == [
        (f"{TICKER}-NYK", GAME),
        (f"{TICKER}-UTA", GAME),
    ]
    assert desk.one("SELECT espn_event_id FROM nba.games") == EVENT
    assert await desk.skip("nba_state") is not None
    assert desk.wrong_versions() == []


async def test_a_feed_that_comes_later_is_mapped_then(desk, nba, make, listed):
    """Whoever brings the change: the map is compared with the tables, not with marks."""
    await listed(league=[nba.scheduled()])
    await listed(kalshi=[make.market()])
    await listed(espn=[make.event()])
    assert desk.rows(MAP) == [(DAY, "UTA", "NYK", GAME, EVENT, TICKER)]
    await listed(kalshi=[make.market(), make.market("UTA")])
    assert desk.one("SELECT count(*) FROM kalshi.markets WHERE nba_game_id IS NULL") == 0, (
        "the second market of a game that was mapped before"
    )


async def test_games_that_change_places_change_rows(desk, nba, make, listed):
    """A game moves onto the day of another: each id stands in one row, at the end."""
    first = nba.scheduled()
    second = nba.scheduled("0022500576", home="BOS", away="DAL")
    await listed(league=[first, second])
    first = nba.scheduled(home="BOS", away="DAL")
    second = nba.scheduled("0022500576", start=datetime(2026, 1, 17, 0, 30, tzinfo=UTC))
    await listed(league=[first, second])
    assert [row[:4] for row in desk.rows(MAP)] == [
        (DAY, "DAL", "BOS", GAME),
        (date(2026, 1, 16), "UTA", "NYK", "0022500576"),
    ]


async def test_of_two_games_on_one_day_the_one_that_is_played_counts(desk, nba, make, listed):
    """trap L18, trap D9: the postponed one keeps its old place, and no row is multiplied."""
    await listed(
        [nba.scheduled()], [make.event("401800000", "postponed"), make.event()], [make.market()]
    )
    assert desk.rows(MAP) == [(DAY, "UTA", "NYK", GAME, EVENT, TICKER)]


async def test_what_finds_no_partner_is_listed(desk, nba, make, listed):
    """Of each game what it lacks, where the feed could have it."""
    done = await listed(
        [nba.scheduled(), nba.scheduled("0022500577", start=datetime(2026, 2, 1, tzinfo=UTC))],
        [make.event(), make.event("401800002", home="BOS", away="DAL")],
        [make.market(event="KXNBAGAME-26JAN15ATLCHA", team="ATL")],
    )
    look = "SELECT game_date, away_code, home_code, lacks FROM derived.unmatched_games ORDER BY 3"
    assert desk.rows(look) == [
        (DAY, "DAL", "BOS", ["NBA", "Kalshi"]),
        (DAY, "ATL", "CHA", ["NBA", "ESPN"]),
        (DAY, "UTA", "NYK", ["Kalshi"]),
    ]
    assert done.notes["unmatched_games"] == {
        "2026-01-15 DAL@BOS": "not known to NBA, Kalshi",
        "2026-01-15 ATL@CHA": "not known to NBA, ESPN",
        "2026-01-15 UTA@NYK": "not known to Kalshi",
    }
    assert "3 unmatched" in done.reason


async def test_games_of_the_league_wait_for_no_gate(desk, nba, come):
    """Published views show ESPN's games: those of the league are not for their gates to judge."""
    await come(SourceType.NBA_SCHEDULE, nba.schedule(nba.scheduled(status=3, score=(9, 8))))
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()))
    assert desk.count("ops.unpublished_games") == 0


async def test_a_run_names_the_game_by_its_espn_id(desk, nba, make, come, listed):
    await listed([nba.scheduled(status=2)], [make.event()])
    desk.look.execute("DELETE FROM ops.run_games")
    await come(SourceType.NBA_PBP, nba.play_by_play(nba.played()))
    assert desk.rows("SELECT game_id FROM ops.run_games") == [(EVENT,)]
