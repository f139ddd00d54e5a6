"""Every fault as a client meets it on the wire, and the rules that call for it."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from nbapanel.errors import UsageError
from nbapanel.simulator import RunningSimulator, running
from nbapanel.simulator.answer import Feed
from nbapanel.simulator.faults import POISONS, Fault, FaultBook, Rule, parse_rules

SCOREBOARD = "/apis/site/v2/sports/basketball/nba/scoreboard?dates=20260115&limit=1000"
MARKETS = "/trade-api/v2/markets?series_ticker=KXNBAGAME&limit=20"
EVENT = "401810622"
CORE = f"/v2/sports/basketball/leagues/nba/events/{EVENT}/competitions/{EVENT}"
PLAYS, CHANCES = f"{CORE}/plays?limit=1000", f"{CORE}/probabilities?limit=1000"


@pytest.fixture(scope="module")
def shared() -> Iterator[RunningSimulator]:
    with running(league=7) as simulator:
        yield simulator


@pytest.fixture
def sim(shared: RunningSimulator) -> RunningSimulator:
    shared.faults()
    shared.forget_requests()
    return shared


@pytest.fixture
def client(sim: RunningSimulator) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sim.url, timeout=20) as opened:
        yield opened


def one(fault: str, **params: Any) -> list[dict[str, Any]]:
    return [{"fault": fault, "params": params}]


@pytest.mark.parametrize(
    ("fault", "status", "kind", "piece"),
    [
        ("403-html", 403, "text/html", "Access Denied"),
        ("403-xml", 403, "application/xml", "<Code>AccessDenied</Code>"),
        ("404", 404, "application/json", "not_found"),
        ("500", 500, "application/json", "internal"),
        ("502", 502, "text/html", "Bad Gateway"),
        ("503", 503, "text/html", "be right back"),
        ("html-200", 200, "text/html", "be right back"),
        ("null", 200, "application/json", "null"),
        ("array", 200, "application/json", "[1,2,3]"),
    ],
)
def test_answers_of_another_kind(
    sim: RunningSimulator, client: httpx.Client, fault: str, status: int, kind: str, piece: str
) -> None:
    """trap F8, trap F11: error pages, and the two meanings of 403."""
    sim.faults(one(fault))
    answer = client.get(SCOREBOARD)
    assert answer.status_code == status
    assert answer.headers["content-type"] == kind
    assert piece in answer.text
    assert sim.requests[-1].fault == fault
    sim.faults()
    assert client.get(SCOREBOARD).json()["events"]


def test_429_says_how_long_to_wait(sim: RunningSimulator, client: httpx.Client) -> None:
    """trap F6: Retry-After."""
    sim.faults(one("429", retry_after_s=7))
    answer = client.get(MARKETS)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_an_empty_body_is_empty(sim: RunningSimulator, client: httpx.Client) -> None:
    sim.faults(one("empty-body"))
    answer = client.get(SCOREBOARD)
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_time_out_never_answers(sim: RunningSimulator) -> None:
    sim.faults(one("time-out"))
    patient = httpx.Timeout(60, read=0.2)  # to connect may take its time on a machine that is busy
    with (
        httpx.Client(base_url=sim.url, timeout=patient) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get(SCOREBOARD)


def test_a_client_that_waits_for_ever_is_let_go_when_the_simulator_ends() -> None:
    met: list[BaseException | None] = []

    def wait() -> None:
        try:
            httpx.get(f"{sim.url}{SCOREBOARD}", timeout=60)
        except httpx.HTTPError as error:
            met.append(error)

    with running(league=7, faults=one("time-out")) as sim:
        waiting = threading.Thread(target=wait)
        waiting.start()
        while not sim.requests:
            threading.Event().wait(0.01)
    waiting.join(60)
    assert not waiting.is_alive()
    assert isinstance(met[0], httpx.RemoteProtocolError | httpx.ReadError)


def test_a_slow_drip_comes_in_pieces_and_whole(sim: RunningSimulator, client: httpx.Client) -> None:
    whole = client.get(MARKETS, headers={"Accept-Encoding": "identity"}).content
    sim.faults(one("slow-drip", chunk_bytes=len(whole) // 8, pause_s=0.02))
    with client.stream("GET", MARKETS, headers={"Accept-Encoding": "identity"}) as stream:
        pieces = list(stream.iter_raw())
    assert len(pieces) >= 4
    assert b"".join(pieces) == whole


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_cut_body_ends_before_its_length(
    sim: RunningSimulator, client: httpx.Client, encoding: str
) -> None:
    """trap F8: a truncated body."""
    sim.faults(one("cut-body"))
    with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
        client.get(SCOREBOARD, headers={"Accept-Encoding": encoding})


def test_a_wrong_length_makes_the_body_too_short(
    sim: RunningSimulator, client: httpx.Client
) -> None:
    headers = {"Accept-Encoding": "identity"}
    whole = client.get(SCOREBOARD, headers=headers).content
    sim.faults(one("wrong-length", short_by=7))
    answer = client.get(SCOREBOARD, headers=headers)
    assert answer.content == whole[:-7]
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    sim.faults()
    assert client.get(SCOREBOARD, headers=headers).content == whole


def test_a_cut_document_looks_whole_to_http(sim: RunningSimulator, client: httpx.Client) -> None:
    sim.faults(one("cut-json", keep=0.9))
    answer = client.get(SCOREBOARD)
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_wrong_encoding_cannot_be_unpacked(sim: RunningSimulator, client: httpx.Client) -> None:
    """trap F8: a wrong Content-Encoding."""
    sim.faults(one("wrong-encoding"))
    with pytest.raises(httpx.DecodingError):
        client.get(SCOREBOARD)


def test_a_reset_breaks_the_connection(sim: RunningSimulator, client: httpx.Client) -> None:
    sim.faults(one("reset"))
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get(SCOREBOARD)


def test_items_come_twice(sim: RunningSimulator, client: httpx.Client) -> None:
    """trap L14: duplicate keys inside one payload."""
    whole = client.get(PLAYS).json()["items"]
    sim.faults(one("duplicate-items"))
    twice = client.get(PLAYS).json()["items"]
    assert len(twice) == 2 * len(whole)
    assert twice[::2] == whole == twice[1::2]
    sim.faults(one("duplicate-items", every=10))
    assert len(client.get(PLAYS).json()["items"]) == len(whole) + -(-len(whole) // 10)


def test_fields_are_missing(sim: RunningSimulator, client: httpx.Client) -> None:
    """trap L5: one item without a play reference."""
    sim.faults(one("fields-missing", fields=["play", "sequenceNumber"], every=50))
    items = client.get(CHANCES).json()["items"]
    lacking = [place for place, item in enumerate(items) if "play" not in item]
    assert lacking == list(range(0, len(items), 50))
    assert all("sequenceNumber" not in items[place] for place in lacking)


@pytest.mark.parametrize("what", sorted(POISONS))
def test_values_are_poisoned(sim: RunningSimulator, client: httpx.Client, what: str) -> None:
    """trap L7, trap L17: one value that poisons the transaction."""
    sim.faults(one("poison", what=what, field="homeWinPercentage", every=100))
    answer = client.get(CHANCES)
    assert answer.content.count(b'"homeWinPercentage":' + POISONS[what]) >= 4
    first, second = json.loads(answer.content)["items"][:2]
    assert first["homeWinPercentage"] is None or not 0 <= _number(first["homeWinPercentage"]) <= 1
    assert 0 <= second["homeWinPercentage"] <= 1


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else -1.0


def test_candles_of_a_batch_are_spoiled_one_by_one(
    sim: RunningSimulator, client: httpx.Client
) -> None:
    ticker = client.get(f"{MARKETS}&status=open").json()["markets"][0]["ticker"]
    target = (
        f"/trade-api/v2/markets/candlesticks?market_tickers={ticker}"
        "&start_ts=1768490000&end_ts=1768534200&period_interval=1"
    )
    (whole,) = client.get(target).json()["markets"]
    sim.faults(one("duplicate-items"))
    (twice,) = client.get(target).json()["markets"]
    assert len(twice["candlesticks"]) == 2 * len(whole["candlesticks"]) > 0


def test_a_rule_names_host_path_and_turn(sim: RunningSimulator, client: httpx.Client) -> None:
    sim.faults(
        [
            {"host": "kalshi", "fault": "500"},
            {"path": r"dates=20260114", "fault": "404"},
            {"host": "espn", "path": "scoreboard", "nth": [2, 4], "fault": "503"},
        ]
    )
    other = SCOREBOARD.replace("20260115", "20260114")
    statuses = [client.get(path).status_code for path in [SCOREBOARD] * 5]
    assert statuses == [200, 503, 200, 503, 200]
    assert client.get(other).status_code == 404
    assert client.get(MARKETS).status_code == 500
    assert client.get("/simulator").status_code == 200  # its own controls are never spoiled


def test_a_host_may_be_that_of_the_request(sim: RunningSimulator, client: httpx.Client) -> None:
    sim.faults([{"host": "elections.kalshi.com", "fault": "429"}])
    assert client.get(MARKETS).status_code == 200
    answer = client.get(MARKETS, headers={"Host": "api.elections.kalshi.com"})
    assert answer.status_code == 429


def test_rules_are_set_and_cleared_over_http(client: httpx.Client) -> None:
    rules = [{"fault": "500", "times": 1}]
    assert client.post("/simulator/faults", json=rules).json()[0]["times"] == 1
    assert [client.get(MARKETS).status_code for _ in range(2)] == [500, 200]
    client.post("/simulator/faults", json=[{"fault": "500"}])
    assert client.delete("/simulator/faults").json() == []
    assert client.get(MARKETS).status_code == 200
    assert client.post("/simulator/faults", json=[{"fault": "unheard"}]).status_code == 400


def test_every_matching_rule_counts_though_one_fires() -> None:
    book = FaultBook(
        [
            Rule(fault=Fault.ERROR_500, nth=1),
            Rule(fault=Fault.NOT_FOUND, nth=2),
            Rule(fault=Fault.NULL),
        ]
    )
    picked = [book.pick("any", Feed.ESPN, "/x") for _ in range(3)]
    assert [rule.fault for rule in picked if rule] == ["500", "404", "null"]


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_body_as_large_as_is_wanted(
    sim: RunningSimulator, client: httpx.Client, is_packed: bool
) -> None:
    """The same document, and blanks after it; nothing tells its length beforehand."""
    expected = client.get(SCOREBOARD).json()
    sim.faults(one("huge", megabytes=3, packed=is_packed))
    with client.stream("GET", SCOREBOARD) as answer:
        raw = b"".join(answer.iter_raw())
        assert "content-length" not in answer.headers
        assert answer.headers.get("content-encoding", "") == ("gzip" if is_packed else "")
    body = gzip.decompress(raw) if is_packed else raw
    assert (len(raw) < 100_000) is is_packed
    assert len(body) == 3_000_000
    assert json.loads(body) == expected
    sim.faults()
    assert client.get(SCOREBOARD).json() == expected, "and the connection goes on"


@pytest.mark.parametrize(
    ("document", "piece"),
    [
        (b"{}", "array"),
        (b'[{"fault": "never"}]', "never"),
        (b'[{"fault": "500", "pth": "x"}]', "pth"),
        (b'[{"fault": "500", "path": "("}]', "unterminated"),
        (b'[{"fault": "poison", "params": {"what": "arsenic"}}]', "arsenic"),
        (b'[{"fault": "fields-missing"}]', "fields"),
    ],
)
def test_rules_of_no_use_are_refused(document: bytes, piece: str) -> None:
    with pytest.raises(UsageError, match=piece):
        parse_rules(document)


def test_every_fault_has_its_test() -> None:
    """A kind that is added without being met above fails here."""
    with open(__file__, encoding="utf-8") as source:
        text = source.read()
    assert [fault for fault in Fault if f'"{fault}"' not in text] == []
