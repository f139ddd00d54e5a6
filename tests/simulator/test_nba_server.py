"""The NBA's feeds on the wire: their own paths, refusals and validators; faults reach them too."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import httpx
import pytest

from nbapanel.errors import FeedFailed
from nbapanel.payload import Payload
from nbapanel.simulator import RunningSimulator, running
from nbapanel.simulator.answer import Request
from nbapanel.simulator.faults import Fault
from nbapanel.simulator.running import make_desk
from nbapanel.source.answers import Absent, NotModified
from nbapanel.source.feeds import open_feeds
from nbapanel.source.settings import UNPACED, FeedSettings
from nbapanel.source.trouble import FeedDown

LIVE = "/static/json/liveData"
SCHEDULE = "/static/json/staticData/scheduleLeagueV2.json"
SCOREBOARD = f"{LIVE}/scoreboard/todaysScoreboard_00.json"
ODDS = f"{LIVE}/odds/odds_todaysGames.json"
FINDER = "/stats/leaguegamefinder?PlayerOrTeam=T&LeagueID=00&Season=2025-26&SeasonType=Playoffs"


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
    with httpx.Client(base_url=sim.url, timeout=60) as opened:
        yield opened


def games(client: httpx.Client, status: int) -> list[str]:
    shown = client.get(SCOREBOARD).json()["scoreboard"]["games"]
    return [one["gameId"] for one in shown if one["gameStatus"] == status]


def plays(game: str) -> str:
    return f"{LIVE}/playbyplay/playbyplay_{game}.json"


def box_score(game: str) -> str:
    return f"{LIVE}/boxscore/boxscore_{game}.json"


def test_every_document_is_to_be_had(client: httpx.Client, sim: RunningSimulator) -> None:
    game = games(client, 3)[0]
    targets = (SCHEDULE, SCOREBOARD, ODDS, FINDER, plays(game), box_score(game),
               f"/stats/playbyplayv3?GameID={game}&StartPeriod=0&EndPeriod=14")  # fmt: skip
    for target in targets:
        answer = client.get(target)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert isinstance(answer.json(), dict)
        held = {"If-None-Match": answer.headers["etag"]}
        assert client.get(target, headers=held).status_code == 304
    assert sim.counts[f"{LIVE}/playbyplay/playbyplay_{{game}}.json"] == 2


def test_what_is_not_there_is_403_and_xml(client: httpx.Client) -> None:
    """trap F11: never 404."""
    for path in (
        plays(games(client, 1)[0]),
        box_score("0029999999"),
        f"{LIVE}/scoreboard/todaysScoreboard_10.json",
        "/static/json/nothing.json",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "application/xml")
        assert answer.text.startswith('<?xml version="1.0"')


@pytest.mark.parametrize("fault", [one.value for one in Fault if one is not Fault.TIME_OUT])
def test_every_fault_reaches_the_nba(
    sim: RunningSimulator, client: httpx.Client, fault: str
) -> None:
    """By the feed's own name, and no other feed."""
    params = {"fields": ["clock"]} if fault == "fields-missing" else {"pause_s": 0.0}
    path = plays(games(client, 3)[0])
    good = client.get(path).content
    sim.faults([{"host": "nba", "fault": fault, "params": params}])
    try:
        answer = client.get(path)
        is_spoiled = answer.status_code != 200 or answer.content != good
    except httpx.HTTPError:
        is_spoiled = True
    # These two a client without a length or a limit of its own does not notice.
    assert is_spoiled or fault in ("slow-drip", "wrong-length")
    assert sim.requests[-1].fault == fault
    assert client.get("/trade-api/v2/historical/cutoff").status_code == 200
    assert sim.requests[-1].fault == ""


@pytest.mark.parametrize(
    ("path", "find"),
    [
        ("plays", lambda document: document["game"]["actions"]),
        ("box", lambda document: document["game"]["homeTeam"]["players"]),
        ("box", lambda document: document["game"]["awayTeam"]["players"]),
        (SCOREBOARD, lambda document: document["scoreboard"]["games"]),
        (ODDS, lambda document: document["games"]),
        (SCHEDULE, lambda document: document["leagueSchedule"]["gameDates"][3]["games"]),
        (
            FINDER.replace("Playoffs", "Regular+Season"),
            lambda document: document["resultSets"][0]["rowSet"],
        ),
    ],
)
def test_items_are_doubled_wherever_they_lie(
    sim: RunningSimulator, client: httpx.Client, path: str, find: Any
) -> None:
    """trap L14: the NBA's lists are inside of other objects."""
    game = games(client, 3)[0]
    path = {"plays": plays(game), "box": box_score(game)}.get(path, path)
    good = find(client.get(path).json())
    sim.faults([{"host": "nba", "fault": "duplicate-items", "params": {"every": 1}}])
    assert find(client.get(path).json()) == [one for one in good for _ in (0, 1)]


def test_a_wrong_length_costs_no_other_request(sim: RunningSimulator, client: httpx.Client) -> None:
    """What is left over lies on the connection: nobody may be given it for the next request."""
    sim.faults([{"host": "nba", "fault": "wrong-length", "params": {"short_by": 60}}])
    assert client.get(ODDS).headers["connection"] == "close"


def test_an_action_is_poisoned(sim: RunningSimulator, client: httpx.Client) -> None:
    """trap L7"""
    game = games(client, 3)[0]
    params = {"what": "year-0001", "field": "timeActual", "every": 50}
    sim.faults([{"path": "playbyplay_", "fault": "poison", "params": params}])
    actions = client.get(plays(game)).json()["game"]["actions"]
    bad = [one for one in actions if one["timeActual"].startswith("0001")]
    assert len(bad) == -(-len(actions) // 50)


def test_a_list_that_takes_long_holds_up_nobody(
    sim: RunningSimulator, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """trap F12: others are answered between its pieces."""
    is_under_way, may_end = threading.Event(), threading.Event()

    def slow(*_: Any) -> Iterator[None]:
        while not may_end.is_set():
            is_under_way.set()
            yield

    monkeypatch.setattr(sim.source.nba, "ahead", slow)
    with ThreadPoolExecutor(1) as pool:
        schedule = pool.submit(httpx.get, sim.url + SCHEDULE, timeout=60)
        try:
            assert is_under_way.wait(60)
            assert client.get("/trade-api/v2/historical/cutoff").status_code == 200
            assert not schedule.done()
        finally:
            may_end.set()
        assert schedule.result(60).status_code == 200


def test_our_own_client_understands_it(sim: RunningSimulator) -> None:
    """Every request of source.nba, and the two kinds of 403, against the simulator's own feeds."""
    asyncio.run(_ask_everything(sim))


async def _ask_everything(sim: RunningSimulator) -> None:
    urls = ("espn_site_url", "espn_core_url", "kalshi_url", "nba_cdn_url", "nba_stats_url")
    settings = FeedSettings(**dict.fromkeys(urls, sim.url), paces=UNPACED, attempts=1)
    day = date(2026, 1, 15)
    async with open_feeds(settings) as feeds:
        nba = feeds.nba
        board = await nba.scoreboard()
        assert isinstance(board, Payload)
        held = (board.etag, board.last_modified)
        assert isinstance(await nba.scoreboard(validators=held), NotModified)
        game, to_come = "0022500621", "0022500628"
        for got in (
            await nba.schedule(),
            await nba.odds(day),
            await nba.play_by_play(game),
            await nba.box_score(game),
            await nba.play_by_play_v3(game),
            await nba.game_finder("2023-24", 4),
        ):
            assert isinstance(got, Payload)
        for got in (await nba.play_by_play(to_come), await nba.box_score(to_come)):
            assert isinstance(got, Absent)
            assert got.http_status == 403

        sim.faults([{"path": "/stats/", "fault": "403-html"}])
        with pytest.raises(FeedDown, match="shut us out"):
            await nba.play_by_play_v3(game)
        assert isinstance(await nba.play_by_play(game), Payload), "the other host goes on"
        sim.faults([{"host": "nba", "fault": "cut-json"}])
        with pytest.raises(FeedFailed, match="cut or garbled JSON"):
            await nba.odds(day)


@pytest.mark.recorded
def test_recorded_documents_are_served_as_they_are(recorded: Any) -> None:
    """The newest capture of each, a final one before one in progress; another game is not there."""
    import gzip

    desk = make_desk(recorded=recorded)

    def ask(target: str) -> tuple[int, bytes]:
        path, _, query = target.partition("?")
        got = desk.answer(Request("GET", path, query))
        return got.status, got.body

    def lies(name: str) -> bytes:
        body = (recorded / name).read_bytes()
        return gzip.decompress(body) if name.endswith(".gz") else body

    for target, name in (
        (SCHEDULE, "nba_schedule/scheduleleaguev2_2024-25.json.gz"),
        (SCOREBOARD, "nba_scoreboard/todaysScoreboard_00_20260211_07.json"),
        (ODDS, "nba_odds/odds_todaysGames_20250310.json"),
        (plays("0022500775"), "nba_pbp/playbyplay_0022500775.json.gz"),
        (plays("0022500575"), "nba_pbp/playbyplay_0022500575_inprogress.json.gz"),
        (box_score("0022500776"), "nba_boxscore/boxscore_0022500776.json"),
        (
            FINDER.replace("2025-26", "2023-24").replace("Playoffs", "Regular+Season"),
            "nba_gamefinder/leaguegamefinder_2023-24_teams_regular.json.gz",
        ),
    ):
        assert ask(target) == (200, lies(name)), target
    assert ask(plays("0022500001"))[0] == 403
    assert ask(FINDER)[0] == 404
    assert ask("/stats/playbyplayv3?GameID=0022500775")[0] == 404


@pytest.mark.recorded
def test_the_recorded_scoreboard_is_that_of_the_clock(recorded: Any) -> None:
    import msgspec

    for clock, day in (
        ("2026-01-16T04:00:00Z", "2026-01-15"),
        ("2026-01-24T15:00:00Z", "2026-01-23"),
        ("2026-01-21T15:00:00Z", "2026-01-15"),
        ("2020-01-01T00:00:00Z", "2026-02-11"),
    ):
        desk = make_desk(recorded=recorded, clock=clock)
        shown = msgspec.json.decode(desk.answer(Request("GET", SCOREBOARD)).body)
        assert shown["scoreboard"]["gameDate"] == day


@pytest.mark.soak
def test_a_season_is_served_at_60_games_a_second() -> None:
    """Play-by-play and box score of each game once, nothing of it kept from before."""
    desk = make_desk(league=7, clock="2026-07-01T12:00:00Z")
    ids = [f"00225{number:05d}" for number in range(1, 301)]
    started = time.process_time()
    for game in ids:
        for path in (plays(game), box_score(game)):
            desk.answer(Request("GET", path, "", {"accept-encoding": "gzip"}))
    took_s = time.process_time() - started
    assert len(ids) / took_s >= 60, f"{len(ids) / took_s:.0f} games a second"
