"""Findings of the review about provenance: a rebuild says of rows what the live run said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from nbapanel.engine.control import Stopped
from nbapanel.payload import SourceType
from nbapanel.steps.emptying import empty_the_tables

_LOADS = ("load_scoreboards", "load_games", "markets", "candlesticks")
_DERIVES = ("game_state", "snapshot_features")
SEASON_STEPS = (*_LOADS, *_DERIVES)
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)


@pytest.fixture
def come(desk):
    """A payload comes, an hour after the last, and a run loads and derives what it changed."""

    async def come(source_type, key, document):
        desk.clock.moment += timedelta(hours=1)
        desk.put(source_type, key, document)
        await desk.do(*SEASON_STEPS, offline=True)

    return come


@pytest.fixture
def rebuilt(desk):
    async def rebuilt():
        async with desk.resources.database.connection() as connection:
            await empty_the_tables(connection, desk.archive, accept_loss=False)
        await desk.do(*SEASON_STEPS, offline=True)

    return rebuilt


def paged(items):
    return {"count": len(items), "pageIndex": 1, "pageCount": 1, "items": items}


@pytest.fixture
async def one_game(make, come):
    await come(SourceType.ESPN_SCOREBOARD, "2026-01-15", {"events": [make.event()]})


async def both(desk, rebuilt, contents, same_contents):
    live = contents(desk.look.info.dsn + f" password={desk.look.info.password}")
    await rebuilt()
    again = contents(desk.look.info.dsn + f" password={desk.look.info.password}")
    same_contents(again, live)


@pytest.mark.usefixtures("one_game")
async def test_a_corrected_text_moves_the_date_of_the_game(
    desk, make, come, rebuilt, contents, same_contents
):
    """Finding 12: the state is as it was, and yet the game was fetched later."""
    key = "401800001:401800001"
    await come(SourceType.ESPN_PLAYS, key, paged([make.play(1, text="shot")]))
    await come(SourceType.ESPN_PLAYS, key, paged([make.play(1, text="jump shot")]))
    stats = "SELECT last_fetched_at FROM derived.game_stats"
    assert desk.one(stats) == desk.clock.now()
    await both(desk, rebuilt, contents, same_contents)


@pytest.mark.usefixtures("one_game")
@pytest.mark.parametrize("times", [1, 2])
async def test_a_payload_that_came_back_is_replayed_at_both_its_places(
    desk, make, come, rebuilt, contents, same_contents, times
):
    """Finding 12: A, B, A. Rows that both have are A's, who came first."""
    key = "401800001:401800001"
    first = paged([make.play(1), make.play(2), make.play(4)])
    other = paged([make.play(1), make.play(2, text="else"), make.play(3)])
    for _ in range(times):
        await come(SourceType.ESPN_PLAYS, key, first)
        await come(SourceType.ESPN_PLAYS, key, other)
    await come(SourceType.ESPN_PLAYS, key, first)
    await both(desk, rebuilt, contents, same_contents)
    assert desk.count("ops.replays") == 0
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL") == 0


@pytest.mark.usefixtures("one_game")
async def test_payloads_that_waited_are_loaded_each_at_its_place(
    desk, make, come, rebuilt, contents, same_contents
):
    """A, B, A, and no load between, as after kills: rows that both have are A's here too."""
    key = "401800001:401800001"
    first, other = paged([make.play(1), make.play(2)]), paged([make.play(1), make.play(3)])
    for document in (first, other):
        desk.clock.moment += timedelta(hours=1)
        desk.put(SourceType.ESPN_PLAYS, key, document)
    await come(SourceType.ESPN_PLAYS, key, first)
    assert desk.count("ops.replays") == 0
    await both(desk, rebuilt, contents, same_contents)


@pytest.mark.usefixtures("one_game")
async def test_a_market_is_first_seen_when_it_was(
    desk, make, come, rebuilt, contents, same_contents
):
    """Finding 12: first_seen_at is written once, and so depends on what is loaded first."""
    key = "KXNBAGAME:2026-01-10"
    first = [make.market(status="active", volume_fp="1.00")]
    for listed in (first, [*first, make.market("UTA", status="active")], first):
        await come(SourceType.KALSHI_MARKETS, key, {"markets": listed, "cursor": ""})
    await both(desk, rebuilt, contents, same_contents)


@pytest.mark.usefixtures("one_game")
async def test_a_rebuild_that_broke_off_between_goes_on_there(desk, make, come, contents):
    """What was replayed is not replayed again, and what was not still is."""
    key = "401800001:401800001"
    first, other = paged([make.play(1)]), paged([make.play(1, text="else")])
    for document in (first, other, first):
        await come(SourceType.ESPN_PLAYS, key, document)
    async with desk.resources.database.connection() as connection:
        await empty_the_tables(connection, desk.archive, accept_loss=False)
    await desk.do("load_scoreboards", offline=True)
    stopped = desk.context("load_games", offline=True)
    stopped.stop_after = 1
    with pytest.raises(Stopped):
        await stopped.step.action(stopped)
    assert desk.count("ops.replays") == 0
    assert desk.one("SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL") == 2
    await desk.do(*SEASON_STEPS, offline=True)
    assert desk.one("SELECT text FROM espn.plays") is None


# -- the core feed and the summary in turn, as faults bring about ----------------------------------

CORE_KEY, EVENT_ID = "401800001:401800001", "401800001"


@pytest.fixture
def says(desk, make, come):
    """One answer of a feed: the plays' list, that there is none, or the summary with its plays."""

    async def says(what, plays=(1, 2, 3)):
        listed = [make.play(number) for number in plays]
        if what == "list":
            await come(SourceType.ESPN_PLAYS, CORE_KEY, paged(listed))
        elif what == "summary":
            await come(SourceType.ESPN_SUMMARY, EVENT_ID, {"header": {}, "plays": listed})
        else:
            desk.clock.moment += timedelta(hours=1)
            desk.put(SourceType.ESPN_PLAYS, CORE_KEY, b"no", http_status=404)
            await desk.do(*SEASON_STEPS, offline=True)

    return says


@pytest.mark.usefixtures("one_game")
@pytest.mark.parametrize(
    "answers",
    [
        ("none", "summary", "list"),
        ("none", "summary", "list", "none", "summary"),
        ("list", "none", "summary", "list"),
        ("summary", "list", "summary"),
        ("none", "summary", "list", "summary", "none", "list"),
    ],
    ids="-".join,
)
async def test_a_summary_is_heard_at_its_place_and_nowhere_else(
    desk, says, rebuilt, contents, same_contents, answers
):
    """trap L8: rows that both have are those of who came first. A rebuild took the core feed's
    last word for its only one, and a payload's last confirmation for its arrival."""
    for what in answers:
        await says(what)
    await both(desk, rebuilt, contents, same_contents)


@pytest.mark.usefixtures("one_game")
async def test_a_summary_fetched_before_a_kill_is_loaded_before_the_list(
    desk, make, come, rebuilt, contents, same_contents
):
    """Nothing was loaded between; then all three come into one load."""
    plays = [make.play(number) for number in (1, 2, 3)]
    desk.put(SourceType.ESPN_PLAYS, CORE_KEY, b"no", http_status=404)
    desk.clock.moment += timedelta(minutes=1)
    desk.put(SourceType.ESPN_SUMMARY, EVENT_ID, {"header": {}, "plays": plays})
    await come(SourceType.ESPN_PLAYS, CORE_KEY, paged(plays))
    await both(desk, rebuilt, contents, same_contents)


async def test_a_listing_that_is_confirmed_is_not_heard_again(
    desk, make, come, rebuilt, contents, same_contents
):
    """A game that moved stands on both days' listings for a while; the day it left is confirmed
    after the day it went to."""
    before = {"events": [make.event(status="pre")]}
    after = {"events": [make.event(status="pre", start=TIP_OFF + timedelta(days=1))]}
    await come(SourceType.ESPN_SCOREBOARD, "2026-01-15", before)
    await come(SourceType.ESPN_SCOREBOARD, "2026-01-16", after)
    await come(SourceType.ESPN_SCOREBOARD, "2026-01-15", before)
    await both(desk, rebuilt, contents, same_contents)
