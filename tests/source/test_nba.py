"""The NBA's requests: what is asked of which host, and what counts as none, as shut out, as bad."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, date, datetime

import httpx
import pytest

from nbapanel.errors import FeedFailed, UsageError
from nbapanel.payload import SourceType
from nbapanel.source.answers import Absent, NotModified
from nbapanel.source.trouble import FeedDown

GAME = "0022500575"
DAY = date(2026, 1, 15)
EVENING = datetime(2026, 1, 16, 3, 30, tzinfo=UTC)
NO_SUCH_OBJECT = b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>'
BLOCKED = b"<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY>Reference #18</BODY></HTML>"

PLAYS = {"meta": {}, "game": {"gameId": GAME, "actions": []}}
BOX_SCORE = {"meta": {}, "game": {"gameId": GAME, "homeTeam": {}, "awayTeam": {}}}
FINDER = {"resource": "leaguegamefinder", "parameters": {}, "resultSets": []}
GOOD = {
    "schedule": {"meta": {}, "leagueSchedule": {"seasonYear": "2025-26", "gameDates": []}},
    "scoreboard": {"meta": {}, "scoreboard": {"gameDate": "2026-01-15", "games": []}},
    "play_by_play": PLAYS,
    "play_by_play_v3": PLAYS,
    "box_score": BOX_SCORE,
    "odds": {"games": []},
    "game_finder": FINDER,
}
ARGUMENTS = {
    "schedule": (),
    "scoreboard": (),
    "play_by_play": (GAME,),
    "play_by_play_v3": (GAME,),
    "box_score": (GAME,),
    "odds": (DAY,),
    "game_finder": ("2023-24", 2),
}
DOCUMENTS = ("schedule", "scoreboard", "play_by_play", "box_score", "odds")
LIVE = "https://cdn.nba.com/static/json/liveData"


def ask(opened, what, **more):
    return getattr(opened.nba, what)(*ARGUMENTS[what], **more)


@pytest.mark.parametrize(
    ("what", "source_type", "key", "url"),
    [
        (
            "schedule",
            SourceType.NBA_SCHEDULE,
            "00",
            "https://cdn.nba.com/static/json/staticData/scheduleLeagueV2.json",
        ),
        (
            "scoreboard",
            SourceType.NBA_SCOREBOARD,
            "00",
            f"{LIVE}/scoreboard/todaysScoreboard_00.json",
        ),
        ("play_by_play", SourceType.NBA_PBP, GAME, f"{LIVE}/playbyplay/playbyplay_{GAME}.json"),
        ("box_score", SourceType.NBA_BOXSCORE, GAME, f"{LIVE}/boxscore/boxscore_{GAME}.json"),
        ("odds", SourceType.NBA_ODDS, "2026-01-15", f"{LIVE}/odds/odds_todaysGames.json"),
        (
            "play_by_play_v3",
            SourceType.NBA_PBP_V3,
            GAME,
            f"https://stats.nba.com/stats/playbyplayv3?GameID={GAME}&StartPeriod=0&EndPeriod=14",
        ),
        (
            "game_finder",
            SourceType.NBA_GAME_FINDER,
            "2023-24:2",
            "https://stats.nba.com/stats/leaguegamefinder"
            "?PlayerOrTeam=T&LeagueID=00&Season=2023-24&SeasonType=Regular%20Season",
        ),
    ],
)
async def test_each_request_becomes_a_payload(feeds, script, answer, what, source_type, key, url):
    script.then(answer(GOOD[what], etag='"1"', last_modified="Fri, 16 Jan 2026 03:00:00 GMT"))
    async with feeds() as opened:
        payload = await ask(opened, what)
    assert (payload.source_type, payload.source_key) == (source_type, key)
    assert payload.parts == (json.dumps(GOOD[what]).encode(),)
    assert payload.url.replace("+", "%20") == url
    assert (payload.etag, payload.fetched_at) == ('"1"', EVENING)
    assert script.counted == [(1, len(payload.parts[0]))]


async def test_the_statistics_site_is_asked_as_its_own_pages_ask_it(feeds, script):
    """It answers nobody else; who asks is said all the same."""
    script.then(PLAYS, PLAYS, {"events": []})
    async with feeds() as opened:
        await opened.nba.play_by_play_v3(GAME)
        await opened.nba.play_by_play(GAME)
        await opened.espn.scoreboard(DAY)
    stats, cdn, espn = (request.headers for request in script.requests)
    assert (stats["x-nba-stats-origin"], stats["x-nba-stats-token"]) == ("stats", "true")
    assert "x-nba-stats-token" not in cdn
    for headers in (stats, cdn):
        assert headers["referer"] == "https://www.nba.com/"
        assert headers["user-agent"].startswith("Mozilla/5.0 (compatible; nbapanel/")
        assert headers.get_list("user-agent") == [headers["user-agent"]]
        assert headers["accept-encoding"] == "gzip"
    assert espn["user-agent"].startswith("nbapanel/")
    assert "referer" not in espn


@pytest.mark.parametrize(
    ("season_type", "words"),
    [
        (1, "Pre Season"),
        (2, "Regular Season"),
        (3, "All Star"),
        (4, "Playoffs"),
        (5, "PlayIn"),
        (6, "IST"),
    ],
)
async def test_a_season_type_is_asked_for_in_words(feeds, script, season_type, words):
    script.then(FINDER)
    async with feeds() as opened:
        payload = await opened.nba.game_finder("2025-26", season_type)
    assert script.requests[0].url.params["SeasonType"] == words
    assert payload.source_key == f"2025-26:{season_type}"


@pytest.mark.parametrize("what", DOCUMENTS)
async def test_what_has_not_changed_is_not_sent_again(feeds, script, answer, what):
    script.then(answer(status=304))
    async with feeds() as opened:
        held = ('"abc"', "Fri, 16 Jan 2026 03:00:00 GMT")
        assert await ask(opened, what, validators=held) == NotModified(EVENING)
    assert script.requests[0].headers["if-none-match"] == '"abc"'
    assert script.requests[0].headers["if-modified-since"] == held[1]


@pytest.mark.parametrize("what", GOOD)
async def test_no_such_object_is_an_answer_and_slows_nobody_down(feeds, script, answer, what):
    """trap F11: 403 with XML is how the storage says that a game has not begun; trap F4: once."""
    script.then(answer(NO_SUCH_OBJECT, status=403, content_type="application/xml"))
    async with feeds(paces={"nba_cdn": 4.0, "nba_stats": 4.0}) as opened:
        for _ in range(5):
            got = await ask(opened, what)
            assert isinstance(got, Absent)
            assert (got.http_status, got.body) == (403, NO_SUCH_OBJECT)
    assert len(script.requests) == 5
    assert script.waits_s == pytest.approx([0.25] * 4)


@pytest.mark.parametrize("what", ["play_by_play", "game_finder"])
async def test_404_is_an_answer_and_is_asked_once(feeds, script, answer, what):
    """trap F4"""
    script.then(answer({"error": "no"}, status=404))
    async with feeds() as opened:
        assert isinstance(await ask(opened, what), Absent)
    assert len(script.requests) == 1


async def test_a_block_pauses_one_host_for_the_run_and_no_other(feeds, script, answer):
    """trap F11, trap F12: 403 with HTML. The other host, and the other feeds, go on."""

    def blocked_statistics(request):
        if request.url.host == "stats.nba.com":
            return answer(BLOCKED, status=403, content_type="text/html")(request)
        body = PLAYS if "playbyplay" in request.url.path else {"events": []}
        return answer(body)(request)

    script.then(blocked_statistics)
    async with feeds() as opened:
        for _ in range(3):
            with pytest.raises(FeedDown, match=r"stats\.nba\.com has shut us out") as caught:
                await opened.nba.game_finder("2023-24", 2)
        await opened.nba.play_by_play(GAME)
        await opened.espn.scoreboard(DAY)
    assert [request.url.host for request in script.requests] == [
        "stats.nba.com",
        "cdn.nba.com",
        "site.api.espn.com",
    ]
    assert "No more requests go there in this run." in caught.value.detail
    assert "another address" in caught.value.hint


async def test_a_block_pauses_one_feed_also_where_all_have_one_address(feeds, script, answer):
    """trap F12: a simulator or a mirror stands in for all; each is its own feed all the same."""

    def blocked_statistics(request):
        if "leaguegamefinder" in request.url.path:
            return answer(BLOCKED, status=403)(request)
        return answer(PLAYS if "playbyplay" in request.url.path else {"events": []})(request)

    script.then(blocked_statistics)
    urls = ("espn_site_url", "espn_core_url", "kalshi_url", "nba_cdn_url", "nba_stats_url")
    async with feeds(**dict.fromkeys(urls, "http://mirror.test/all")) as opened:
        with pytest.raises(FeedDown):
            await opened.nba.game_finder("2023-24", 2)
        await opened.nba.play_by_play(GAME)
        await opened.espn.scoreboard(DAY)
    assert {request.url.host for request in script.requests} == {"mirror.test"}
    assert script.paths[1] == f"/all/static/json/liveData/playbyplay/playbyplay_{GAME}.json"


async def test_a_slow_statistics_site_holds_up_nobody(feeds, script, answer):
    """trap F12"""

    async def slow_statistics(request):
        if request.url.host == "stats.nba.com":
            await asyncio.sleep(40)
        return answer(FINDER if "finder" in request.url.path else PLAYS)(request)

    script.then(slow_statistics)
    async with feeds() as opened:
        finding = asyncio.create_task(opened.nba.game_finder("2023-24", 2))
        for _ in range(20):
            await opened.nba.play_by_play(GAME)
        assert asyncio.get_running_loop().time() == 1000
        await finding
    assert asyncio.get_running_loop().time() == pytest.approx(1040)


async def test_a_host_that_only_keeps_silent_is_asked_no_more(feeds, script):
    """trap F12: the statistics site turns machines in data centres away by never answering."""
    script.then(httpx.ReadTimeout("silent"))
    async with feeds() as opened:
        with pytest.raises(FeedDown, match="NBA statistics was silent for 30 s") as caught:
            await opened.nba.game_finder("2023-24", 2)
        asked = len(script.requests)
        with pytest.raises(FeedDown):
            await opened.nba.game_finder("2022-23", 2)
        assert len(script.requests) == asked == 6
        assert "it has answered nothing so far" in caught.value.detail
        await asyncio.sleep(1800)  # a worker lasts longer than that may
        script.steps[:] = [FINDER]
        await opened.nba.game_finder("2022-23", 2)


async def test_silence_of_the_statistics_site_pauses_no_backfill(feeds, script, answer):
    """bug: a game that the network lacks put the whole season off, at each resumption again, on a
    machine that the site does not answer. Whoever shuts us out does."""
    script.then(httpx.ReadTimeout("silent"))
    async with feeds() as opened:
        with pytest.raises(FeedDown) as silent:
            await opened.nba.play_by_play_v3(GAME)
        assert not opened.client.is_of_host_down(str(silent.value))
        script.steps[:] = [answer(BLOCKED, status=403)]
        with pytest.raises(FeedDown) as shut_out:
            await opened.nba.box_score(GAME)
        assert opened.client.is_of_host_down(str(shut_out.value))


@pytest.mark.parametrize(
    ("what", "before"), [("play_by_play_v3", [PLAYS]), ("play_by_play", [])], ids=["after", "cdn"]
)
async def test_another_silence_costs_its_own_call_alone(feeds, script, what, before):
    """trap F9: where the host has answered before, or is not known to turn away so."""
    script.then(*before, *[httpx.ReadTimeout("silent")] * 6, PLAYS)
    async with feeds() as opened:
        for _ in before:
            await ask(opened, what)
        with pytest.raises(FeedFailed) as caught:
            await ask(opened, what)
        assert not isinstance(caught.value, FeedDown)
        await ask(opened, what)


async def test_the_wait_that_is_asked_for_is_kept(feeds, script, answer):
    """trap F6"""
    script.then(answer(b"", status=429, retry_after="17"), FINDER)
    async with feeds() as opened:
        await opened.nba.game_finder("2023-24", 2)
    assert script.waits_s == pytest.approx([17])


async def test_each_host_has_the_pace_that_others_found_safe(feeds, script):
    from nbapanel.source.settings import PACES

    script.then(lambda request: httpx.Response(200, json=PLAYS))
    async with feeds(paces=PACES) as opened:
        for _ in range(4):
            await opened.nba.play_by_play(GAME)
        for _ in range(4):
            await opened.nba.play_by_play_v3(GAME)
    assert script.waits_s[:3] == pytest.approx([0.25] * 3)
    assert script.waits_s[-3:] == pytest.approx([0.6] * 3)


@pytest.mark.parametrize("what", GOOD)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!DOCTYPE html><html><title>be right back</title></html>", "an HTML page"),
        (b"", "an empty body"),
        (b"null", "null"),
        (b"[1, 2]", "a JSON array"),
        (b"{}", "lacks"),
        (b'{"games": null, "resultSets": {}, "game": []}', "answered with"),
        (b'{"game": {"gameId": "1", "actio', "cut or garbled JSON"),
    ],
)
async def test_what_is_no_answer_never_becomes_a_payload(feeds, script, what, body, said):
    """trap F8: and it is asked for again, for the next answer may be one."""
    script.then(body, GOOD[what])
    async with feeds() as opened:
        payload = await ask(opened, what)
    assert payload.parts == (json.dumps(GOOD[what]).encode(),)
    assert len(script.requests) == 2

    script.steps[:] = [body]
    async with feeds(attempts=1) as opened:
        with pytest.raises(FeedFailed, match=said):
            await ask(opened, what)


@pytest.mark.parametrize(
    ("what", "wrong"),
    [
        ("schedule", {"leagueSchedule": {"seasonYear": "2025-26"}}),
        ("schedule", {"leagueSchedule": {"seasonYear": 2025, "gameDates": []}}),
        ("scoreboard", {"scoreboard": {"games": {}}}),
        ("play_by_play", {"game": {"gameId": GAME, "actions": None}}),
        ("play_by_play", {"game": {"gameId": GAME}}),
        ("play_by_play", {"game": "0022500575"}),
        ("box_score", {"game": {"gameId": GAME, "homeTeam": {}}}),
        ("box_score", {"game": {"homeTeam": [], "awayTeam": {}}}),
        ("odds", {"games": "none"}),
        ("game_finder", {"resultSets": {}}),
    ],
)
async def test_the_shape_is_looked_at_inside_too(feeds, script, what, wrong):
    """trap F8: the envelope alone says nothing."""
    script.then(wrong)
    async with feeds(attempts=1) as opened:
        with pytest.raises(FeedFailed):
            await ask(opened, what)


async def test_cut_and_wrongly_encoded_bodies_are_refused(feeds, script, answer):
    """trap F8"""
    whole = json.dumps(PLAYS).encode()
    script.then(
        answer(whole[:20], content_length=str(len(whole))),
        answer(whole, content_encoding="gzip"),
        answer(gzip.compress(whole), content_encoding="gzip"),
    )
    async with feeds() as opened:
        assert (await opened.nba.play_by_play(GAME)).parts == (whole,)
    assert len(script.requests) == 3


async def test_more_actions_than_any_game_has_are_not_kept(feeds, script):
    script.then({"game": {"gameId": GAME, "actions": [{}] * 500}})
    async with feeds(most_items=100) as opened:
        with pytest.raises(FeedFailed, match="more than 100 items"):
            await opened.nba.play_by_play(GAME)


@pytest.mark.parametrize("game_id", ["../../etc/x", "22500575", "002250057a", "00225005750", ""])
async def test_a_game_id_is_ten_digits(feeds, script, game_id):
    """trap F16: a key from upstream never becomes a path."""
    script.then(PLAYS)
    async with feeds() as opened:
        for what in ("play_by_play", "play_by_play_v3", "box_score"):
            with pytest.raises(FeedFailed, match="no id of the league's"):
                await getattr(opened.nba, what)(game_id)
        with pytest.raises(ValueError, match="no season"):
            await opened.nba.game_finder("2023-24/..", 2)
    assert not script.requests


async def test_an_address_of_no_use_names_the_feed(feeds):
    with pytest.raises(UsageError, match="The address set for NBA statistics"):
        async with feeds(nba_stats_url="ftp://x"):
            pass


async def test_each_step_counts_its_own_requests(feeds, script):
    script.then(PLAYS)
    mine = []
    async with feeds() as opened:
        counted = opened.counted_by(lambda requests, size: mine.append(requests))
        await counted.nba.play_by_play(GAME)
        await opened.nba.play_by_play(GAME)
    assert len(mine) == len(script.counted) == 1


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("schedule", "nba_schedule/*"),
        ("scoreboard", "nba_scoreboard/todaysScoreboard*"),
        ("play_by_play", "nba_pbp/playbyplay*"),
        ("box_score", "nba_boxscore/*"),
        ("odds", "nba_odds/*"),
        ("game_finder", "nba_gamefinder/*"),
    ],
)
async def test_recorded_payloads_have_the_shape(feeds, script, recorded, what, pattern):
    paths = sorted(recorded.glob(pattern))
    assert paths
    for path in paths:
        body = path.read_bytes()
        body = gzip.decompress(body) if path.suffix == ".gz" else body
        script.requests.clear()
        script.steps[:] = [body]
        async with feeds(attempts=1) as opened:
            assert (await ask(opened, what)).parts == (body,), path.name


@pytest.mark.recorded
async def test_the_recorded_refusal_means_no_such_game(feeds, script, answer, recorded):
    """trap F11"""
    body = (recorded / "nba_pbp" / "error_no_such_game_s3_403.xml").read_bytes()
    script.then(answer(body, status=403))
    async with feeds() as opened:
        assert isinstance(await opened.nba.play_by_play(GAME), Absent)


def test_a_simulator_stands_in_for_both_hosts_and_settings_reach_them():
    from nbapanel.cli.feeds import _reached
    from nbapanel.clock import SystemClock
    from nbapanel.settings import Settings
    from nbapanel.source.settings import NBA_CDN_URL, NBA_STATS_URL, PACES

    url = "http://127.0.0.1:1"
    played = _reached(Settings(), url, SystemClock(), paced=False).settings
    assert (played.nba_cdn_url, played.nba_stats_url, dict(played.paces)) == (url, url, {})

    live = _reached(Settings(), None, SystemClock(), paced=True).settings
    assert (live.nba_cdn_url, live.nba_stats_url) == (NBA_CDN_URL, NBA_STATS_URL)
    assert live.paces["nba_cdn"] == PACES["nba_cdn"]
    assert 1 < live.paces["nba_stats"] <= PACES["nba_stats"]

    told = Settings(nba_cdn_url="http://mirror.test", nba_stats_requests_per_s=0.5)
    mirrored = _reached(told, None, SystemClock(), paced=True).settings
    assert mirrored.nba_cdn_url == "http://mirror.test"
    assert mirrored.paces["nba_stats"] == 0.5
    assert "mirror.test" not in repr(mirrored), "an address may hold a login"
