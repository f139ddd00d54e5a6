"""One request: when it is made again, when not, how long it may take, how fast the next follows."""

from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import ssl
from datetime import UTC, date, datetime
from itertools import pairwise

import httpx
import pytest

from nbapanel import __version__
from nbapanel.errors import FeedFailed, UsageError
from nbapanel.source.answers import Absent
from nbapanel.source.trouble import FeedDown

DAY = date(2026, 1, 15)
GOOD = {"events": [], "leagues": []}
BLOCKED = b"<!DOCTYPE html><html><head><title>Access Denied</title></head></html>"
NO_SUCH_OBJECT = b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>'


async def test_a_request_says_who_asks_and_what_it_takes(feeds, script):
    script.then(GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
    (request,) = script.requests
    assert str(request.url) == (
        "https://site.api.espn.com/apis/site/v2/sports/basketball/nba/scoreboard"
        "?dates=20260115&limit=1000"
    )
    assert request.headers["user-agent"] == f"nbapanel/{__version__}"
    assert request.headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_passing_trouble_is_retried(feeds, script, answer, status):
    script.then(answer(b"try later", status=status), GOOD)
    async with feeds() as opened:
        assert (await opened.espn.scoreboard(DAY)).http_status == 200
    assert len(script.requests) == 2


BROKEN = {
    "time-out": httpx.ReadTimeout("slow"),
    "reset": httpx.ReadError("reset by peer"),
    "no answer": httpx.RemoteProtocolError("server disconnected without sending a response"),
}


@pytest.mark.parametrize("failure", BROKEN.values(), ids=BROKEN.keys())
async def test_broken_connections_are_retried(feeds, script, failure):
    script.then(failure, GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 2


async def test_six_attempts_that_wait_ever_longer(feeds, script, answer):
    script.then(answer(b"", status=500))
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="ESPN answered 500") as caught:
            await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 6
    for wait_s, least_s in zip(script.waits_s, [1, 2, 4, 8, 16], strict=True):
        assert least_s <= wait_s <= least_s + 1
    assert caught.value.transient
    assert "site.api.espn.com/apis" in caught.value.detail
    assert caught.value.hint


@pytest.mark.parametrize("status", [400, 401, 404, 410, 301])
async def test_an_answer_that_will_not_change_is_not_retried(feeds, script, answer, status):
    """trap F4: neither a 404 nor the error that is raised for it is retried."""
    script.then(answer(b"no", status=status, location="https://u:p@elsewhere/?token=x"))
    async with feeds() as opened:
        with pytest.raises(FeedFailed) as caught:
            await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 1
    assert "token" not in str(caught.value)


async def test_a_failed_fetch_raises_and_never_returns_something_old(feeds, script, answer):
    """trap F9"""
    script.then(GOOD, answer(b"", status=500))
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
        with pytest.raises(FeedFailed):
            await opened.espn.scoreboard(DAY)


@pytest.mark.parametrize("moment_s", [0.5, 1.2], ids=["in flight", "between attempts"])
async def test_a_cancelled_call_ends_at_once(feeds, script, answer, moment_s):
    """trap F5"""

    async def slowly(request):
        await asyncio.sleep(1)
        return answer(b"", status=500)(request)

    script.then(slowly)
    async with feeds() as opened:
        task = asyncio.create_task(opened.espn.scoreboard(DAY))
        await asyncio.sleep(moment_s)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        now_s = asyncio.get_running_loop().time()
        await asyncio.sleep(100)
    assert now_s == pytest.approx(1000 + moment_s)
    assert len(script.requests) == 1
    assert len(script.counted) == 1


class Stop(BaseException):
    """Stands for KeyboardInterrupt, which would end the test run as well."""


async def test_what_is_no_exception_is_not_retried(feeds, script):
    """trap F5"""

    def interrupted(request):
        raise Stop

    script.then(interrupted)
    async with feeds() as opened:
        with pytest.raises(Stop):
            await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry_after": "17"}, 17),
        ({"retry_after": "0"}, 0),
        (
            {
                "retry_after": "Fri, 16 Jan 2026 03:30:40 GMT",
                "date": "Fri, 16 Jan 2026 03:30:00 GMT",
            },
            40,
        ),
        ({"retry_after": "Thu, 15 Jan 2026 03:30:40 GMT"}, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_honoured(feeds, script, answer, status, headers, wait_s):
    """trap F6: in seconds, and as a date by the feed's own clock."""
    script.then(answer(b"", status=status, **headers), GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
    assert script.waits_s == [pytest.approx(wait_s)]


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "1e3", "", "2026-01-16"])
async def test_a_retry_after_of_rubbish_leaves_the_usual_wait(feeds, script, answer, value):
    """trap F6"""
    script.then(answer(b"", status=429, retry_after=value), GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
    assert 1 <= script.waits_s[0] <= 2


async def test_a_retry_after_past_the_deadline_ends_the_call_at_once(feeds, script, answer):
    """trap F6, F10"""
    script.then(answer(b"", status=429, retry_after="600"))
    async with feeds() as opened:
        for _ in range(2):  # the second does not even ask
            with pytest.raises(FeedFailed, match="asks to wait 600 s"):
                await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 1
    assert asyncio.get_running_loop().time() == 1000


async def test_a_retry_after_holds_back_the_whole_feed(feeds, script, answer):
    """trap F6"""
    script.then(answer(b"", status=429, retry_after="30"), GOOD)
    async with feeds() as opened:
        first = asyncio.create_task(opened.espn.scoreboard(DAY))
        await asyncio.sleep(1)
        await opened.espn.scoreboard(DAY)
        await first
    assert [at - 1000 for at in script.at_s] == pytest.approx([0, 30, 30])


async def test_the_deadline_includes_the_request_in_flight(feeds, script):
    """trap F10: 180 s in all, although the last attempt would still be running."""

    async def for_ever(request):
        await asyncio.Event().wait()

    script.then(for_ever)
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="did not finish its answer") as caught:
            await opened.espn.scoreboard(DAY)
    assert asyncio.get_running_loop().time() == pytest.approx(1180)
    assert len(script.requests) == 3
    assert "given up after 180 s" in caught.value.detail


async def test_a_slow_drip_does_not_outlast_its_attempt(feeds, script, answer):
    """trap F10: something arrives every 20 s, so that no read ever times out."""
    script.then(answer(*[b" "] * 1000, pause_s=20.0), GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
    assert 60 <= asyncio.get_running_loop().time() - 1000 <= 62


async def test_waiting_for_a_place_does_not_count_against_the_deadline(feeds, script, answer):
    """trap F10: a thousand calls made at once are a queue, not a failure."""

    async def in_ten_seconds(request):
        await asyncio.sleep(10)
        return answer(GOOD)(request)

    script.then(in_ten_seconds)
    async with feeds(concurrency=2) as opened:
        await asyncio.gather(*(opened.espn.scoreboard(DAY) for _ in range(100)))
    assert asyncio.get_running_loop().time() == pytest.approx(1500)


async def test_403_with_html_is_a_block_and_is_not_hammered(feeds, script, answer):
    """trap F11"""
    script.then(answer(BLOCKED, status=403, content_type="text/html"))
    async with feeds() as opened:
        for _ in range(3):
            with pytest.raises(FeedDown, match=r"site\.api\.espn\.com has shut us out"):
                await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 1


async def test_403_with_html_shuts_one_host_and_no_other(feeds, script, answer):
    """trap F11, F12"""
    page = {"items": [], "pageCount": 1, "pageIndex": 1}
    script.then(answer(BLOCKED, status=403), page)
    async with feeds() as opened:
        with pytest.raises(FeedDown):
            await opened.espn.scoreboard(DAY)
        await opened.espn.plays("1", "1")
    assert script.requests[1].url.host == "sports.core.api.espn.com"


async def test_403_with_xml_means_no_such_object(feeds, script, answer):
    """trap F11"""
    script.then(answer(NO_SUCH_OBJECT, status=403), {"header": {}})
    async with feeds() as opened:
        got = await opened.espn.summary("401")
        assert got == Absent("ESPN has no such object (403, XML)", 403)
        assert (await opened.espn.summary("401")).source_key == "401"


async def test_403_of_another_kind_is_an_error_and_no_block(feeds, script, answer):
    """trap F11"""
    script.then(answer({"error": "forbidden"}, status=403), {"header": {}})
    async with feeds() as opened:
        with pytest.raises(FeedFailed, match="answered 403") as caught:
            await opened.espn.summary("401")
        assert not isinstance(caught.value, FeedDown)
        await opened.espn.summary("401")


async def test_one_slow_host_does_not_hold_up_the_others(feeds, script, answer):
    """trap F12"""

    async def by_host(request):
        if request.url.host == "sports.core.api.espn.com":
            await asyncio.sleep(50)
            return answer({"items": [], "pageCount": 1, "pageIndex": 1})(request)
        return answer(GOOD)(request)

    script.then(by_host)
    async with feeds(concurrency=2) as opened:
        slow = [asyncio.create_task(opened.espn.plays("1", "1")) for _ in range(10)]
        await asyncio.sleep(1)
        await opened.espn.scoreboard(DAY)
        assert asyncio.get_running_loop().time() == pytest.approx(1001)
        await asyncio.gather(*slow)


NO_NETWORK = httpx.ConnectError("[Errno -2] Name or service not known")


async def test_without_a_network_it_says_so_briefly_and_once(feeds, script):
    script.then(NO_NETWORK)
    async with feeds() as opened:
        with pytest.raises(FeedDown, match=r"No connection to site\.api\.espn\.com\.") as caught:
            await opened.espn.scoreboard(DAY)
        assert asyncio.get_running_loop().time() <= 1002
        assert len(script.requests) == 2
        with pytest.raises(FeedDown) as again:
            await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 2
    assert str(again.value) == str(caught.value)
    assert "Name or service not known" in caught.value.detail
    assert caught.value.hint


async def test_why_there_is_no_connection_is_dug_out(feeds, script):
    def refused(request):
        cause = ConnectionRefusedError(111, "Connect call failed ('::1', 9)")
        raise httpx.ConnectError("All connection attempts failed") from cause

    script.then(refused)
    async with feeds() as opened:
        with pytest.raises(FeedDown) as caught:
            await opened.espn.scoreboard(DAY)
    assert caught.value.detail == "The connection was refused."


async def test_calls_under_way_learn_that_there_is_no_network(feeds, script):
    script.then(NO_NETWORK)
    async with feeds() as opened:
        calls = [opened.espn.scoreboard(DAY) for _ in range(40)]
        errors = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(error, FeedDown) for error in errors)
    assert asyncio.get_running_loop().time() <= 1003
    assert len(script.requests) <= 16


async def test_a_host_that_has_answered_is_given_time_to_come_back(feeds, script):
    """trap W11: the laptop wakes up, and the network a little after it."""
    script.then(GOOD, *[NO_NETWORK] * 5, GOOD)
    async with feeds() as opened:
        await opened.espn.scoreboard(DAY)
        await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 7


async def test_a_certificate_that_is_not_trusted_is_not_argued_with(feeds, script):
    def distrusted(request):
        cause = ssl.SSLCertVerificationError("self-signed certificate")
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]") from cause

    script.then(distrusted)
    async with feeds() as opened:
        with pytest.raises(FeedDown, match=r"certificate of site\.api\.espn\.com"):
            await opened.espn.scoreboard(DAY)
    assert len(script.requests) == 1


async def test_pace_is_kept_over_all_hosts_of_a_feed(feeds, script, answer):
    page = {"items": [], "pageCount": 1, "pageIndex": 1, "events": [], "header": {}}
    script.then(answer(page))
    async with feeds(paces={"espn": 8.0}) as opened:
        await asyncio.gather(
            *(opened.espn.scoreboard(DAY) for _ in range(8)),
            *(opened.espn.plays("1", "1") for _ in range(8)),
        )
    assert script.at_s[-1] - script.at_s[0] == pytest.approx(15 / 8)
    assert script.waits_s == pytest.approx([1 / 8] * 15)


async def test_feeds_are_paced_apart(feeds, script, answer):
    script.then(answer({"markets": [], "events": []}))
    async with feeds(paces={"espn": 0.1, "kalshi": 5.0}) as opened:
        await opened.espn.scoreboard(DAY)
        for _ in range(6):
            await opened.kalshi.markets()
    assert asyncio.get_running_loop().time() == pytest.approx(1001)


async def test_no_pace_means_no_wait(feeds, script):
    script.then(GOOD)
    async with feeds() as opened:
        for _ in range(50):
            await opened.espn.scoreboard(DAY)
    assert asyncio.get_running_loop().time() == 1000


async def test_refusals_halve_the_pace_and_success_restores_it_gradually(feeds, script, answer):
    script.then(answer(b"", status=429, retry_after="0"), GOOD)
    async with feeds(paces={"espn": 10.0}) as opened:
        for _ in range(12):
            await opened.espn.scoreboard(DAY)
    waits = script.waits_s
    assert waits[1] == pytest.approx(0.2)
    assert all(later <= sooner for sooner, later in pairwise(waits[1:]))
    assert waits[-1] == pytest.approx(0.1)


async def test_a_burst_of_refusals_halves_once(feeds, script, answer):
    script.then(*[answer(b"", status=429)] * 8, GOOD)
    async with feeds(paces={"espn": 100.0}) as opened:
        await asyncio.gather(*(opened.espn.scoreboard(DAY) for _ in range(8)))
        (pace,) = opened.client._paces.values()
        assert 50 <= pace.current_per_s <= 100


async def test_every_attempt_is_counted_with_its_bytes(feeds, script, answer):
    body = gzip.compress(b'{"events": []}')
    script.then(
        answer(b"12345", status=500),
        httpx.ReadTimeout(""),
        answer(b"123", httpx.ReadError("reset")),
        answer(body, content_encoding="gzip", content_length=str(len(body))),
    )
    counted = []
    async with feeds() as opened:
        step = opened.counted_by(lambda requests, size: counted.append((requests, size)))
        payload = await step.espn.scoreboard(DAY)
    assert counted == [(1, 5), (1, 0), (1, 3), (1, len(body))]
    assert script.counted == []
    assert payload.parts == (b'{"events": []}',)


async def test_a_body_past_all_measure_is_not_read_on(feeds, script, answer):
    script.then(answer(*[b"x" * 1000] * 1_000_000))
    async with feeds(most_bytes=10_000) as opened:
        with pytest.raises(FeedFailed, match="more than 10,000 bytes"):
            await opened.espn.scoreboard(DAY)
    assert script.counted == [(1, 11_000)]


async def test_the_moment_of_a_payload_is_before_its_request(feeds, script):
    class Ticking:
        seconds = 0

        def now(self):
            self.seconds += 1
            return datetime(2026, 1, 16, 0, 0, self.seconds, tzinfo=UTC)

    script.then(httpx.ReadTimeout(""), GOOD)
    async with feeds(clock=Ticking()) as opened:
        payload = await opened.espn.scoreboard(DAY)
    assert payload.fetched_at == datetime(2026, 1, 16, 0, 0, 2, tzinfo=UTC)


async def test_a_response_that_a_test_transport_read_before_is_taken(feeds, script):
    script.then(lambda request: httpx.Response(200, json=GOOD))
    async with feeds() as opened:
        payload = await opened.espn.scoreboard(DAY)
    assert script.counted == [(1, len(payload.parts[0]))]


async def test_a_login_in_an_address_is_used_and_never_shown(feeds, script, answer, caplog):
    """trap W16"""
    script.then(GOOD, answer(b"", status=400), answer(BLOCKED, status=403))
    with caplog.at_level(logging.INFO):
        async with feeds(espn_site_url="http://ann:ge%40heim@mirror:8080/espn/") as opened:
            payload = await opened.espn.scoreboard(DAY)
            shown = payload.url + repr(opened)
            for _ in range(2):
                with pytest.raises(FeedFailed) as caught:
                    await opened.espn.scoreboard(DAY)
                shown += str(caught.value)
    sent = script.requests[0].headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent) == b"ann:ge@heim"
    assert script.requests[0].url.path.startswith("/espn/apis/site/v2/")
    assert "mirror:8080" in shown
    assert "heim" not in shown + caplog.text


@pytest.mark.parametrize(
    "url",
    [
        "",
        "espn.com",
        "ftp://espn.com",
        "https://",
        "https://h/?key=geheim",
        "http://[::1",
        "file:/x",
    ],
)
async def test_an_address_of_no_use_is_told_before_anything_is_asked(feeds, script, url):
    with pytest.raises(UsageError, match="address set for ESPN") as caught:
        async with feeds(espn_site_url=url):
            pass
    assert "geheim" not in str(caught.value)
