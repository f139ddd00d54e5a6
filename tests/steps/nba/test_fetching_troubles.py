"""Documents of a game that fail or cannot be loaded: what is asked for all the same, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from nbapanel.errors import FeedFailed, UserFacingError
from nbapanel.steps.nba_games import games_to_fetch
from nbapanel.steps.resources import Window

GAME, OTHER_GAME = "0022500575", "0022500576"
NEXT_NOON = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
PLAYS, BOX = f"playbyplay_{GAME}.json", f"boxscore_{GAME}.json"
ELSEWHERE = Window(date(2026, 1, 20), date(2026, 1, 24))


@pytest.mark.parametrize(("broken", "held"), [(BOX, "pbp"), (PLAYS, "boxscore")])
async def test_a_document_that_fails_does_not_keep_the_other_from_coming(
    desk, league, requested, broken, held
):
    """bug: a failed box score kept the play-by-play for the next refetch."""
    league(3)
    desk.feed.broken[broken] = 418
    await desk.do("nba_lists")
    with pytest.raises(FeedFailed, match="418"):
        await desk.do("fetch_nba")
    assert requested() == [BOX, PLAYS]
    await desk.do("load_nba")
    loaded = "SELECT DISTINCT source_type FROM ops.source_files WHERE source_key = %s"
    assert desk.rows(loaded, GAME) == [(held,)]


async def test_of_two_documents_that_fail_both_are_named(desk, league):
    """What is the same is said once; a host that is out of reach is so for both."""
    league(3)
    desk.feed.broken |= {BOX: 418, PLAYS: 418}
    await desk.do("nba_lists")
    with pytest.raises(FeedFailed) as alike:
        await desk.do("fetch_nba")
    assert str(alike.value).count("NBA answered 418.") == 1
    assert BOX in alike.value.detail
    assert PLAYS in alike.value.detail

    desk.feed.broken[PLAYS] = 409
    with pytest.raises(FeedFailed, match=r"answered 418\. NBA answered 409\."):
        await desk.do("fetch_nba")


# -- documents that cannot be loaded -------------------------------------------------------------


@pytest.fixture
def refused(desk, nba, league, requested):
    """The network gives another game's plays: what is asked for, so many minutes after `since`."""
    league(3)
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played(), OTHER_GAME)

    async def at(minutes, since=NEXT_NOON, **changes):
        desk.clock.moment = since + timedelta(minutes=minutes)
        desk.feed.requests.clear()
        await desk.do("nba_lists", "fetch_nba", **changes)
        found = requested()
        with pytest.raises(UserFacingError, match="could not be loaded"):
            await desk.do("load_nba")
        await desk.do("nba_state")
        return found

    return at


async def test_what_is_refused_twice_is_not_asked_for_at_each_refetch(refused):
    """bug: a payload that never parses was fetched at every refetch. It may have been an accident
    of the way; where the feed says the same again, it is what the feed has."""
    assert await refused(0) == [BOX, PLAYS]
    assert await refused(10) == [PLAYS]
    assert await refused(20) == []
    assert await refused(60) == []
    assert await refused(70, force=True) == [BOX, PLAYS]
    assert await refused(80) == []
    assert await refused(70 + 24 * 60) == [PLAYS], "once a day: a feed mends what it has"
    assert await refused(80 + 24 * 60) == []


async def test_what_is_refused_in_the_evening_is_asked_for_again_the_next_noon(refused):
    """Corrections come over night; one may mend it."""
    evening = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
    assert await refused(0, since=evening) == [BOX, PLAYS]
    assert await refused(10, since=evening) == [PLAYS]
    assert await refused(20, since=evening) == []
    assert await refused(0) == [BOX, PLAYS]
    assert await refused(10) == []


async def test_what_is_refused_is_not_what_two_feeds_disagree_about(
    desk, nba, league, asked, requested
):
    """The box score that cannot be loaded may agree: asking for both until they do is no use."""
    league(3)
    await asked()
    desk.clock.moment = NEXT_NOON
    league(3, score=(110, 97))
    desk.clock.moment = NEXT_NOON
    desk.feed.nba[BOX] = nba.box_score(OTHER_GAME, score=(110, 97))
    found = []
    for _ in range(3):
        desk.clock.moment += timedelta(minutes=10)
        desk.feed.requests.clear()
        await desk.do("nba_lists", "fetch_nba")
        found.append(requested())
        with pytest.raises(UserFacingError, match="could not be loaded"):
            await desk.do("load_nba")
        await desk.do("nba_state")
    assert found[0] == found[1] == [BOX, PLAYS]
    assert found[2] == []


async def test_a_live_game_is_asked_for_whatever_was_refused(desk, nba, league, requested):
    """trap F2: it changes, and what comes next may be in order."""
    league(2)
    desk.feed.nba[PLAYS] = nba.play_by_play(nba.played(), OTHER_GAME)
    for _ in range(3):
        desk.clock.moment += timedelta(minutes=1)
        desk.feed.requests.clear()
        await desk.do("nba_lists", "fetch_nba")
        assert requested() == [BOX, PLAYS]
        with pytest.raises(UserFacingError):
            await desk.do("load_nba")


# -- the statistics site -------------------------------------------------------------------------


async def test_what_the_network_lacks_is_left_to_a_backfill_once_its_day_has_passed(
    desk, league, asked, requested
):
    """trap F12: the statistics site answers few, and slowly. Where it does not, a season that was
    backfilled without it would have every refetch wait for it, and fail."""
    desk.clock.moment = NEXT_NOON
    league(3)
    desk.clock.moment = NEXT_NOON
    del desk.feed.nba[PLAYS]
    desk.feed.broken["playbyplayv3"] = 418
    await desk.do("nba_lists")
    for expected in ([BOX, PLAYS, "playbyplayv3"], ["playbyplayv3"]):
        desk.feed.requests.clear()
        with pytest.raises(FeedFailed, match="NBA statistics answered 418"):
            await desk.do("fetch_nba")
        assert requested() == expected
        await desk.do("load_nba", "nba_state")
    assert await asked(window=ELSEWHERE) == []
    (left,) = await games_to_fetch(replace(desk.resources, window=ELSEWHERE), [GAME])
    assert (left.plays, left.box_score, left.plays_v3) == (False, False, True)
