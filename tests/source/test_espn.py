"""ESPN's requests: which pages are fetched, what counts as none, what becomes of a payload."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest

from nbapanel.errors import FeedFailed
from nbapanel.payload import SourceType
from nbapanel.source.answers import Absent, NotModified

DAY = date(2026, 1, 15)
EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)


def _page(index, count, *items):
    return {"items": list(items), "pageIndex": index, "pageCount": count, "pageSize": 1000}


async def test_scoreboard(feeds, script, answer):
    script.then(answer({"events": []}, etag='W/"1"', last_modified="Fri, 16 Jan 2026 03:00:00 GMT"))
    async with feeds() as opened:
        payload = await opened.espn.scoreboard(DAY)
    assert payload.source_type is SourceType.ESPN_SCOREBOARD
    assert payload.source_key == "2026-01-15"
    assert payload.parts == (b'{"events": []}',)
    assert payload.fetched_at == EVENING
    assert (payload.etag, payload.content_type) == ('W/"1"', "application/json")
    assert payload.last_modified.startswith("Fri")
    assert payload.url.endswith("/scoreboard?dates=20260115&limit=1000")


async def test_a_scoreboard_is_asked_for_every_time(feeds, script):
    """trap F1, F2: nothing is taken from a file because it exists."""
    script.then({"events": []}, {"events": [{"id": "1"}]})
    async with feeds() as opened:
        first, second = [await opened.espn.scoreboard(DAY) for _ in range(2)]
    assert first.parts != second.parts


async def test_conditional_requests(feeds, script, answer):
    script.then(answer(status=304))
    async with feeds() as opened:
        validators = ('"abc"', "Fri, 16 Jan 2026 03:00:00 GMT")
        assert await opened.espn.scoreboard(DAY, validators=validators) == NotModified(EVENING)
        assert await opened.espn.summary("1", validators=('"abc"', "")) == NotModified(EVENING)
    first, second = script.requests
    assert first.headers["if-none-match"] == '"abc"'
    assert first.headers["if-modified-since"] == "Fri, 16 Jan 2026 03:00:00 GMT"
    assert "if-modified-since" not in second.headers


async def test_a_304_that_was_not_asked_for_is_an_error(feeds, script, answer):
    script.then(answer(status=304))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="304"):
            await opened.espn.scoreboard(DAY)
    assert "if-none-match" not in script.requests[0].headers


@pytest.mark.parametrize("what", ["plays", "probabilities"])
async def test_every_page_is_fetched(feeds, script, what):
    """trap F7"""
    script.then(_page(1, 3, "a"), _page(2, 3, "b"), _page(3, 3, "c"))
    async with feeds() as opened:
        payload = await getattr(opened.espn, what)("401584793", "401584793")
    assert payload.source_type.value == f"espn_{what}"
    assert payload.source_key == "401584793:401584793"
    assert [b'"a"' in part or b'"b"' in part or b'"c"' in part for part in payload.parts] == [
        True
    ] * 3
    assert [request.url.params["page"] for request in script.requests] == ["1", "2", "3"]
    assert set(script.paths) == {
        "/v2/sports/basketball/leagues/nba/events/401584793/competitions/401584793/" + what
    }
    assert payload.url == str(script.requests[0].url)


async def test_a_game_that_grows_meanwhile_is_fetched_to_its_end(feeds, script):
    """trap F7"""
    script.then(_page(1, 1), _page(1, 2), _page(2, 3), _page(3, 3))
    async with feeds() as opened:
        assert len((await opened.espn.plays("1", "1")).parts) == 1
        assert len((await opened.espn.plays("1", "1")).parts) == 3


async def test_a_game_without_items_is_one_empty_page(feeds, script):
    script.then(_page(0, 0))
    async with feeds() as opened:
        assert len((await opened.espn.plays("1", "1")).parts) == 1


async def test_a_feed_that_gives_the_first_page_again_is_refused(feeds, script):
    """trap F7"""
    script.then(_page(1, 2))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="do not fit together"):
            await opened.espn.plays("1", "1")


async def test_pages_without_end_are_refused(feeds, script):
    script.then(_page(1, 1_000_000))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="do not fit together"):
            await opened.espn.plays("1", "1")
    assert len(script.requests) == 1


async def test_a_missing_second_page_fails_the_whole(feeds, script, answer):
    """trap F7: half a game is not a game."""
    script.then(_page(1, 2), answer(b"", status=404))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="did not give what was asked for"):
            await opened.espn.probabilities("1", "1")


NONE = {
    "400": (400, b'{"error":{"message":"Probabilities are not supported for this event"}}'),
    "404": (404, b'{"error":{"code":404,"message":"no instance found"}}'),
    "403 XML": (403, b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"),
}


@pytest.mark.parametrize(("status", "body"), NONE.values(), ids=NONE.keys())
async def test_none_is_a_normal_answer_and_asked_for_once(feeds, script, answer, status, body):
    """trap F4"""
    script.then(answer(body, status=status))
    async with feeds() as opened:
        got = [
            await opened.espn.probabilities("1", "1"),
            await opened.espn.plays("1", "1"),
            await opened.espn.summary("1"),
        ]
    assert all(isinstance(each, Absent) and each.http_status == status for each in got)
    assert all("ESPN has no" in each.reason for each in got)
    assert len(script.requests) == 3


async def test_a_400_of_another_kind_is_an_error(feeds, script, answer):
    """trap F4"""
    script.then(answer(b'{"error":{"message":"bad limit"}}', status=400))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="answered 400") as caught:
            await opened.espn.plays("1", "1")
    assert "bad limit" in caught.value.detail
    assert len(script.requests) == 1


@pytest.mark.parametrize("event", ["", "../1", "1/2", "4015x", "٣", "1?x", "-1", "9" * 30, "1\n"])
async def test_an_id_that_is_none_never_becomes_a_request(feeds, script, event):
    """trap F16"""
    async with feeds() as opened:
        for call in (
            opened.espn.summary(event),
            opened.espn.plays("1", event),
            opened.espn.probabilities(event, "1"),
        ):
            with pytest.raises(FeedFailed, match="no id of ESPN's"):
                await call
    assert script.requests == []


async def test_one_failed_game_leaves_the_next_alone(feeds, script, answer):
    script.then(*[answer(b"", status=500)] * 6, {"header": {}})
    async with feeds() as opened:
        results = [
            await asyncio.gather(opened.espn.summary(event), return_exceptions=True)
            for event in ("1", "2")
        ]
    assert isinstance(results[0][0], FeedFailed)
    assert results[1][0].source_key == "2"
