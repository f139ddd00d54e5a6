"""The simulator over a real socket: paths, parameters, conditional requests, its own controls."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from nbapanel.errors import UsageError
from nbapanel.simulator import RunningSimulator, make_desk, running

SITE = "/apis/site/v2/sports/basketball/nba"
KALSHI = "/trade-api/v2"
SCOREBOARD = f"{SITE}/scoreboard?dates=20260115&limit=1000"


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningSimulator]:
    with running(league=7) as simulator:
        yield simulator


@pytest.fixture
def sim(shared: RunningSimulator) -> RunningSimulator:
    shared.set_clock(datetime(2026, 1, 16, 3, 30, tzinfo=UTC))
    shared.faults()
    shared.forget_requests()
    return shared


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.url, timeout=20) as opened:
        yield opened


def core(event_id: str, what: str, **query: int) -> str:
    path = f"/v2/sports/basketball/leagues/nba/events/{event_id}/competitions/{event_id}/{what}"
    return str(httpx.URL(path, params=query))


def event_with(client: httpx.Client, state: str) -> str:
    events = client.get(SCOREBOARD).json()["events"]
    return next(one["id"] for one in events if one["status"]["type"]["state"] == state)


def test_a_whole_game_comes_over_the_socket(client: httpx.Client) -> None:
    event_id = event_with(client, "post")
    plays = client.get(core(event_id, "plays", limit=1000, page=1))
    chances = client.get(core(event_id, "probabilities", limit=300, page=2)).json()
    assert plays.headers["content-type"] == "application/json;charset=UTF-8"
    assert plays.json()["pageCount"] == 1
    assert chances["pageIndex"] == chances["pageCount"] == 2
    summary = client.get(f"{SITE}/summary?event={event_id}").json()
    assert summary["header"]["id"] == event_id
    assert len(summary["plays"]) == plays.json()["count"]


def test_the_default_page_of_the_core_feed_is_25(client: httpx.Client) -> None:
    assert len(client.get(core(event_with(client, "post"), "plays")).json()["items"]) == 25


def test_a_game_not_begun_has_no_probabilities(client: httpx.Client) -> None:
    event_id = event_with(client, "pre")
    refused = client.get(core(event_id, "probabilities", limit=1000))
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].startswith("Probabilities are not supported")
    assert client.get(core(event_id, "plays", limit=1000)).json()["items"] == []


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (f"{SITE}/scoreboard?dates=20251224", 200),
        (f"{SITE}/scoreboard?dates=20260231", 400),
        (f"{SITE}/scoreboard?dates=yesterday", 400),
        (f"{SITE}/summary?event=1", 404),
        (f"{SITE}/summary", 400),
        (f"{SITE}/standings", 404),
        (core("1", "plays"), 404),
        (f"{KALSHI}/markets/KXNBAGAME-NONE", 404),
        (f"{KALSHI}/markets?status=finalized", 400),
        (f"{KALSHI}/markets?limit=1001", 400),
        (f"{KALSHI}/markets?cursor=nonsense", 400),
        (f"{KALSHI}/markets?status=settled&min_close_ts=1", 400),
        (f"{KALSHI}/markets?min_settled_ts=1&min_close_ts=1", 400),
        (f"{KALSHI}/markets?status=closed&min_close_ts=1", 200),
        (f"{KALSHI}/nothing", 404),
    ],
)
def test_what_the_feeds_refuse_is_refused(client: httpx.Client, target: str, status: int) -> None:
    """trap F4: a 404 is an answer."""
    assert client.get(target).status_code == status


def test_an_unknown_status_filter_is_refused_in_kalshis_words(client: httpx.Client) -> None:
    assert client.get(f"{KALSHI}/markets?status=finalized").json() == {
        "error": {
            "code": "bad_request",
            "message": "bad request",
            "details": "invalid status filter",
        }
    }


def test_markets_come_page_by_page_each_once(client: httpx.Client) -> None:
    tickers: list[str] = []
    cursor = ""
    pages = 0
    while True:
        query = {"series_ticker": "KXNBAGAME", "limit": 200, "cursor": cursor}
        sheet = client.get(f"{KALSHI}/markets", params=query).json()
        tickers += [one["ticker"] for one in sheet["markets"]]
        pages, cursor = pages + 1, sheet["cursor"]
        if not cursor:
            break
    assert pages == -(-len(tickers) // 200)
    assert len(set(tickers)) == len(tickers) > 800
    whole = client.get(f"{KALSHI}/markets?series_ticker=KXNBAGAME&limit=1000").json()
    assert [one["ticker"] for one in whole["markets"]] == tickers


@pytest.mark.parametrize(
    ("word", "statuses"),
    [
        ("open", {"active"}),
        ("settled", {"finalized"}),
        ("unopened", {"initialized"}),
        ("paused", set()),
    ],
)
def test_status_filters_have_words_of_their_own(
    client: httpx.Client, word: str, statuses: set[str]
) -> None:
    sheet = client.get(f"{KALSHI}/markets?series_ticker=KXNBAGAME&limit=1000&status={word}")
    assert {one["status"] for one in sheet.json()["markets"]} == statuses


def test_closing_times_cut_the_list(client: httpx.Client) -> None:
    low, high = 1768360000, 1768446400
    sheet = client.get(
        f"{KALSHI}/markets",
        params={
            "series_ticker": "KXNBAGAME", "limit": 1000, "min_close_ts": low, "max_close_ts": high
        },
    ).json()  # fmt: skip
    closes = [datetime.fromisoformat(one["close_time"]).timestamp() for one in sheet["markets"]]
    assert closes
    assert low <= min(closes)
    assert max(closes) <= high + 1
    late = client.get(f"{KALSHI}/markets?series_ticker=KXNBAGAME&min_settled_ts=1768530000")
    assert {one["status"] for one in late.json()["markets"]} == {"finalized"}


def test_candles_alone_and_in_a_batch_are_the_same(client: httpx.Client) -> None:
    markets = client.get(f"{KALSHI}/markets?series_ticker=KXNBAGAME&status=open").json()["markets"]
    tickers = sorted(one["ticker"] for one in markets)[:2]
    window = {"start_ts": 1768521600, "end_ts": 1768534200, "period_interval": 1}
    batch = client.get(
        f"{KALSHI}/markets/candlesticks",
        params=window | {"market_tickers": ",".join([*tickers, "KXNBAGAME-NONE-X"])},
    ).json()["markets"]
    assert [one["market_ticker"] for one in batch] == tickers
    for one in batch:
        alone = client.get(
            f"{KALSHI}/series/KXNBAGAME/markets/{one['market_ticker']}/candlesticks", params=window
        ).json()
        assert alone == {"ticker": one["market_ticker"], "candlesticks": one["candlesticks"]}
        assert 150 <= len(one["candlesticks"]) <= 211


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("series/KXNBAGAME/markets/{}/candlesticks", {"end_ts": 5001 * 60}),
        ("series/KXNBAGAME/markets/{}/candlesticks", {"period_interval": 5}),
        ("series/KXNBAGAME/markets/{}/candlesticks", {"start_ts": ""}),
        ("markets/candlesticks", {"market_tickers": ",".join(["A"] * 101)}),
        ("markets/candlesticks", {"market_tickers": "A,B", "end_ts": 5001 * 60}),
        ("markets/candlesticks", {}),
    ],
)
def test_candles_beyond_the_limits_are_refused(
    client: httpx.Client, path: str, query: dict[str, object]
) -> None:
    listed = client.get(f"{KALSHI}/markets?series_ticker=KXNBAGAME&limit=1").json()
    target = f"{KALSHI}/{path.format(listed['markets'][0]['ticker'])}"
    window = {"start_ts": 0, "end_ts": 4000 * 60, "period_interval": 1}
    assert client.get(target, params=window | query).status_code == 400


def test_history_has_what_the_list_no_longer_has(client: httpx.Client) -> None:
    cutoff = client.get(f"{KALSHI}/historical/cutoff").json()
    assert cutoff["market_settled_ts"] == "2025-11-17T00:00:00Z"
    sheet = client.get(f"{KALSHI}/historical/markets?series_ticker=KXNBAGAME&limit=10").json()
    assert sheet["cursor"]
    ticker = sheet["markets"][0]["ticker"]
    assert client.get(f"{KALSHI}/markets/{ticker}").status_code == 404
    assert (
        client.get(f"{KALSHI}/historical/markets/{ticker}").json()["market"] == sheet["markets"][0]
    )
    opened = datetime.fromisoformat(sheet["markets"][0]["open_time"]).timestamp()
    window = {"start_ts": int(opened), "end_ts": int(opened) + 3600, "period_interval": 1}
    found = client.get(f"{KALSHI}/historical/markets/{ticker}/candlesticks", params=window).json()
    assert found["ticker"] == ticker
    assert len(found["candlesticks"]) > 30


def test_an_unchanged_answer_is_304(sim: RunningSimulator, client: httpx.Client) -> None:
    first = client.get(SCOREBOARD)
    tag = first.headers["etag"]
    again = client.get(SCOREBOARD, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    since = client.get(SCOREBOARD, headers={"If-Modified-Since": first.headers["last-modified"]})
    assert since.status_code == 304
    sim.advance(600)
    changed = client.get(SCOREBOARD, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_answers_are_packed_for_who_accepts_it(client: httpx.Client) -> None:
    packed = client.get(SCOREBOARD, headers={"Accept-Encoding": "gzip"})
    plain = client.get(SCOREBOARD, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content)
    with client.stream("GET", SCOREBOARD, headers={"Accept-Encoding": "gzip"}) as stream:
        assert gzip.decompress(b"".join(stream.iter_raw())) == plain.content


def test_the_date_is_the_leagues(sim: RunningSimulator, client: httpx.Client) -> None:
    assert client.get(SCOREBOARD).headers["date"] == "Fri, 16 Jan 2026 03:30:00 GMT"
    sim.advance(3600)
    assert client.get(SCOREBOARD).headers["date"] == "Fri, 16 Jan 2026 04:30:00 GMT"


def test_its_state_and_clock_are_told_and_set(sim: RunningSimulator, client: httpx.Client) -> None:
    client.get(SCOREBOARD)
    state = client.get("/simulator").json()
    assert state == {
        "feeds": "demo:7",
        "clock": {"now": "2026-01-16T03:30:00Z", "start": "2026-01-16T03:30:00Z", "rate": 0.0},
        "requests": {f"{SITE}/scoreboard": 1},
    }
    client.post("/simulator/clock", json={"advance_s": 90})
    assert sim.now == datetime(2026, 1, 16, 3, 31, 30, tzinfo=UTC)
    moved = client.post("/simulator/clock", json={"now": "2026-01-17T03:30:00+00:00"}).json()
    assert moved["clock"]["now"] == "2026-01-17T03:30:00Z"
    assert client.post("/simulator/clock", json={"now": "soon"}).status_code == 400
    assert client.post("/simulator/clock", json={"hours": 1}).status_code == 400
    log = client.get("/simulator/requests").json()
    assert [(one["path"], one["status"]) for one in log] == [(f"{SITE}/scoreboard", 200)]
    assert sim.requests[0].query == "dates=20260115&limit=1000"


def test_only_the_new_changes_when_the_clock_goes_on(
    sim: RunningSimulator, client: httpx.Client
) -> None:
    days = [f"{SITE}/scoreboard?dates=202601{day:02d}&limit=1000" for day in range(9, 16)]
    before = [client.get(day).headers["etag"] for day in days]
    sim.advance(24 * 3600)
    after = [client.get(day).headers["etag"] for day in days]
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]


def test_a_running_clock_runs() -> None:
    with running(league=7, clock="600x") as sim:
        first = sim.now
        threading.Event().wait(0.05)
        assert sim.now > first


def test_the_league_is_in_the_season_of_its_clock() -> None:
    """trap F14: the season follows from the moment, not from a constant."""
    with running(league=7, clock="2025-01-17T03:30:00Z") as sim:
        url = f"{sim.url}{SITE}/scoreboard?dates=20250116&limit=1000"
        events = httpx.get(url).json()["events"]
    assert {one["season"]["year"] for one in events} == {2025}


@pytest.mark.parametrize("clock", ["now", "60", "2026-13-01", "-5x"])
def test_a_clock_of_no_use_is_refused(clock: str) -> None:
    with pytest.raises(UsageError, match="no time for the clock"):
        make_desk(league=7, clock=clock)


def simulators() -> int:
    return [thread.name for thread in threading.enumerate()].count("simulator")


def test_a_port_in_use_is_refused_and_leaves_no_thread() -> None:
    before = simulators()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with (
            pytest.raises(UsageError, match="cannot listen"),
            running(league=7, port=taken.getsockname()[1]),
        ):
            pytest.fail("it listens where another does")
    assert simulators() == before


def test_requests_may_follow_each_other_unasked(sim: RunningSimulator) -> None:
    """Two requests in one packet, the second to be the last."""
    one = b"GET /trade-api/v2/historical/cutoff HTTP/1.1\r\nHost: kalshi\r\n"
    with socket.create_connection(("127.0.0.1", sim.port), timeout=10) as wire:
        wire.sendall(one + b"\r\n" + one + b"Connection: close\r\n\r\n")
        got = b""
        while piece := wire.recv(65536):
            got += piece
    assert got.count(b"HTTP/1.1 200 OK") == 2


def test_nonsense_is_a_bad_request(sim: RunningSimulator) -> None:
    with socket.create_connection(("127.0.0.1", sim.port), timeout=10) as wire:
        wire.sendall(b"this is not HTTP\r\n\r\n")
        assert wire.recv(65536).startswith(b"HTTP/1.1 400 ")


def test_closing_leaves_neither_thread_nor_socket() -> None:
    before = simulators()
    with running(league=7) as sim:
        port = sim.port
        idle = httpx.Client()
        idle.get(f"{sim.url}/simulator")
    idle.close()
    assert simulators() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
