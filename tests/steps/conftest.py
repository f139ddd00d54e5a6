"""A desk to call steps at: a real database, a real archive, feeds that say what a test wants."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import psycopg
import pytest

from nbapanel.archive import Archive
from nbapanel.engine.control import RunControl, Stopped
from nbapanel.engine.events import Changes, RunFinished, StepFinished
from nbapanel.engine.runner import Runner
from nbapanel.payload import Payload, SourceType
from nbapanel.pipeline import STEPS
from nbapanel.settings import Settings
from nbapanel.source.feeds import open_feeds
from nbapanel.source.settings import FeedSettings
from nbapanel.steps.resources import Resources, Window
from nbapanel.warehouse.db import Database
from nbapanel.warehouse.journal import Journal, open_run

NOW = datetime(2026, 1, 16, 17, 0, tzinfo=UTC)
"""Noon in New York, the day after the games that the tests speak of."""

GAME_DAY = date(2026, 1, 15)
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
EVENT = "401800001"
MARKET_EVENT = "KXNBAGAME-26JAN15UTANYK"

_SITE = "/apis/site/v2/sports/basketball/nba"
_CORE = "/v2/sports/basketball/leagues/nba/events/"
_API = "/trade-api/v2"
_NO_SUCH_OBJECT = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
_STATUS = {
    "pre": ("1", "STATUS_SCHEDULED", "pre", False),
    "in": ("2", "STATUS_IN_PROGRESS", "in", False),
    "final": ("3", "STATUS_FINAL", "post", True),
    "postponed": ("6", "STATUS_POSTPONED", "post", False),
    "canceled": ("5", "STATUS_CANCELED", "post", False),
}


@dataclass(slots=True)
class SettableClock:
    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


# -- what the feeds say --------------------------------------------------------------------------


def make_event(
    event: str = EVENT,
    status: str = "final",
    *,
    home: str = "NY",
    away: str = "UTAH",
    score: tuple[int, int] = (110, 99),
    start: datetime = TIP_OFF,
    competition: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    number, name, state, completed = _STATUS[status]
    sides = (("home", home, "18", score[0]), ("away", away, "26", score[1]))
    return {
        "id": event,
        "date": f"{start:%Y-%m-%dT%H:%MZ}",
        "name": f"{away} at {home}",
        "shortName": f"{away} @ {home}",
        "season": {"year": 2026, "type": 2, "slug": "regular-season"},
        "competitions": [
            {
                "id": competition or event,
                "competitors": [
                    {
                        "homeAway": side,
                        "score": "0" if status == "pre" else str(points),
                        "team": {"id": team, "abbreviation": code, "displayName": code},
                    }
                    for side, code, team, points in sides
                ],
                "status": {
                    "clock": 0.0,
                    "period": 0 if status in ("pre", "postponed", "canceled") else 4,
                    "type": {"id": number, "name": name, "state": state, "completed": completed},
                },
            }
        ],
    } | more


def make_item(number: int, home: float = 0.6, event: str = EVENT, **more: Any) -> dict[str, Any]:
    host = "http://sports.core.api.espn.com/v2/sports/basketball/leagues/nba"
    return {
        "sequenceNumber": str(number),
        "homeWinPercentage": home,
        "awayWinPercentage": 1 - home,
        "tiePercentage": 0.0,
        "lastModified": "2026-01-16T04:10Z",
        "play": {"$ref": f"{host}/events/{event}/competitions/{event}/plays/{event}{number}?lang"},
    } | more


def make_play(number: int, event: str = EVENT, **more: Any) -> dict[str, Any]:
    at = TIP_OFF + timedelta(minutes=11, seconds=10 * number)
    return {
        "id": f"{event}{number}",
        "sequenceNumber": str(number),
        "type": {"id": "92", "text": "Jump Shot"},
        "period": {"number": 1},
        "clock": {"value": float(720 - number), "displayValue": "x"},
        "homeScore": number,
        "awayScore": 0,
        "scoringPlay": True,
        "shootingPlay": True,
        "team": {"$ref": "http://x.test/teams/18"},
        "wallclock": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    } | more


def make_market(
    team: str = "NYK", event: str = MARKET_EVENT, status: str = "finalized", **more: Any
) -> dict[str, Any]:
    return {
        "ticker": f"{event}-{team}",
        "event_ticker": event,
        "title": "Winner?",
        "status": status,
        "result": "yes" if status == "finalized" else "",
        "yes_bid_dollars": "0.5500",
        "yes_ask_dollars": "0.5700",
        "volume_fp": "1200.50",
        "open_interest_fp": "0.00",
        "open_time": "2026-01-12T15:00:00Z",
        "close_time": "2026-01-16T03:40:00Z",
        "settlement_ts": "2026-01-16T03:50:00Z" if status == "finalized" else None,
    } | more


def make_candle(end: datetime, bid: str = "0.5500", ask: str = "0.5700") -> dict[str, Any]:
    names = ("open_dollars", "high_dollars", "low_dollars", "close_dollars")
    return {
        "end_period_ts": int(end.timestamp()),
        "yes_bid": dict.fromkeys(names, bid),
        "yes_ask": dict.fromkeys(names, ask),
        "price": {},
        "volume_fp": "0.00",
        "open_interest_fp": "0.00",
    }


@dataclass
class Feed:
    """All feeds at once, as an httpx handler. What is not there is answered 404."""

    scoreboards: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    probabilities: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    plays: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    summaries: dict[str, dict[str, Any]] = field(default_factory=dict)
    markets: list[dict[str, Any]] = field(default_factory=list)
    historical: list[dict[str, Any]] = field(default_factory=list)
    cutoff: str | None = None
    candles: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hourly: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    broken: dict[str, int] = field(default_factory=dict)
    """A piece of a URL -> the status that such a request is answered with."""

    nba: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The league's documents by the end of their path, those of its statistics by their question:
    "boxscore_0022500001.json", "playbyplayv3:0022500001", "leaguegamefinder:2023-24:Playoffs"."""

    with_etags: bool = False
    requests: list[httpx.Request] = field(default_factory=list)

    def asked(self, piece: str) -> list[httpx.Request]:
        return [request for request in self.requests if piece in str(request.url)]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        for piece, status in self.broken.items():
            if piece in str(request.url):
                return httpx.Response(status, text="no")
        answer = self._answer(request.url.path, dict(request.url.params))
        if answer is None and request.url.host == "cdn.nba.com":
            return httpx.Response(403, content=_NO_SUCH_OBJECT)
        if answer is None:
            return httpx.Response(404, json={"error": {"code": 404}})
        body = json.dumps(answer).encode()
        headers = {"content-type": "application/json"}
        if self.with_etags:
            headers["etag"] = sha256(body).hexdigest()
            if request.headers.get("if-none-match") == headers["etag"]:
                return httpx.Response(304)
        return httpx.Response(200, content=body, headers=headers)

    def _answer(self, path: str, params: dict[str, str]) -> dict[str, Any] | None:
        pieces = path.rsplit("/")
        if path.startswith("/stats/"):
            asked = ("GameID", "Season", "SeasonType")
            given = [params[name] for name in asked if name in params]
            return self.nba.get(":".join([pieces[-1], *given]))
        if path.startswith("/static/json/"):
            return self.nba.get(pieces[-1])
        if path == f"{_SITE}/scoreboard":
            return {"events": self.scoreboards.get(params["dates"], [])}
        if path == f"{_SITE}/summary":
            return self.summaries.get(params["event"])
        if path.startswith(_CORE):
            listed = getattr(self, pieces[-1]).get(pieces[-4])
            if listed is None:
                return None
            return {"count": len(listed), "pageIndex": 1, "pageCount": 1, "items": listed}
        if path == f"{_API}/historical/cutoff":
            return None if self.cutoff is None else {"market_settled_ts": self.cutoff}
        if path == f"{_API}/markets/candlesticks":
            tickers = params["market_tickers"].split(",")
            found = [{"market_ticker": t, "candlesticks": self._minutes(t)} for t in tickers]
            return {"markets": found}
        if path.endswith("/candlesticks"):
            hourly = params["period_interval"] == "60"
            ticker = pieces[-2]
            return {"candlesticks": (self.hourly if hourly else self.candles).get(ticker, [])}
        if path in (f"{_API}/markets", f"{_API}/historical/markets"):
            listed = self.historical if "historical" in path else self.markets
            return {"markets": listed, "cursor": ""}
        return None

    def _minutes(self, ticker: str) -> list[dict[str, Any]]:
        return self.candles.get(ticker, [])


# -- the desk ------------------------------------------------------------------------------------


class FakeContext:
    """The StepContext of one attempt, which notes everything it is told."""

    def __init__(self, resources: Resources, run_id: int, step: Any) -> None:
        self.resources = resources
        self.run_id = run_id
        self.step = step
        self.stopping = False
        self.stop_after: int | None = None
        self.requests = 0
        self.size = 0
        self.changes: dict[str, Changes] = {}
        self.bad_items: list[tuple[str, str]] = []
        self.notes: dict[str, object] = {}
        self.told: list[tuple[int, int | None, str]] = []
        self._stops = 0

    def check_stop(self) -> None:
        self._stops += 1
        if self.stopping or self._stops == self.stop_after:
            raise Stopped

    def progress(self, done: int, total: int | None, unit: str, message: str = "") -> None:
        self.told.append((done, total, unit))

    def fetched(self, requests: int, size: int) -> None:
        self.requests += requests
        self.size += size

    def changed(self, relation: str, changes: Changes) -> None:
        self.changes[relation] = self.changes.get(relation, Changes()) + changes

    def bad(self, where: str, reason: str) -> None:
        self.bad_items.append((where, reason))

    def note(self, key: str, value: object) -> None:
        self.notes[key] = value


@dataclass
class Desk:
    """Calls steps by their key, and looks at what they left."""

    resources: Resources
    run_id: int
    feed: Feed
    clock: SettableClock
    look: psycopg.Connection

    @property
    def archive(self) -> Archive:
        return self.resources.archive

    def context(self, step: str, **changes: Any) -> FakeContext:
        return FakeContext(replace(self.resources, **changes), self.run_id, STEPS.by_key[step])

    async def do(self, *steps: str, **changes: Any) -> FakeContext:
        """Do these steps one after the other; the context of the last."""
        for step in steps:
            context = self.context(step, **changes)
            context.reason = await STEPS.by_key[step].action(context)
        return context

    async def skip(self, step: str, **changes: Any) -> str | None:
        return await STEPS.by_key[step].skip_if(replace(self.resources, **changes))

    async def plan(self, step: str, **changes: Any) -> Any:
        return await STEPS.by_key[step].plan(replace(self.resources, **changes))

    def rows(self, query: str, *values: Any) -> list[tuple]:
        return self.look.execute(query, values or None).fetchall()

    def one(self, query: str, *values: Any) -> Any:
        """A row, or the value where the row is just one."""
        (row,) = self.rows(query, *values)
        return row[0] if len(row) == 1 else row

    def count(self, relation: str) -> int:
        return self.one(f"SELECT count(*) FROM {relation}")

    @property
    def marks(self) -> dict[str, set[str]]:
        """Dataset -> the games marked for it."""
        found: dict[str, set[str]] = {}
        for dataset, game in self.rows("SELECT dataset, game_id FROM ops.game_changes"):
            found.setdefault(dataset, set()).add(game)
        return found

    def clear_marks(self) -> None:
        self.look.execute("DELETE FROM ops.game_changes")

    def put(self, source_type: SourceType, key: str, document: Any, **more: Any) -> Any:
        """Archive a payload (a document, or bytes as they are) as if it had been fetched now."""
        parts = document if isinstance(document, list) else [document]
        parts = [p if isinstance(p, bytes) else json.dumps(p).encode() for p in parts]
        given = {"fetched_at": self.clock.now(), "url": "http://x.test/"} | more
        payload = Payload(source_type=source_type, source_key=key, parts=tuple(parts), **given)
        return self.archive.put(payload).manifest

    def log(self, *columns: str) -> list[tuple]:
        names = ", ".join(("relation", *columns))
        return self.rows(f"SELECT {names} FROM ops.refresh_log ORDER BY refresh_id")

    def wrong_versions(self) -> list[tuple]:
        """Relations whose counted rows are not their rows."""
        counted = Counter(dict(self.rows("SELECT relation, row_count FROM ops.relation_versions")))
        relations = {name for step in STEPS for name in step.writes} | set(counted)
        views = {"derived.snapshot_features_v1", "derived.game_summary", "derived.slate"}
        real = {name: self.count(name) for name in relations - views}
        return [(name, counted[name], rows) for name, rows in real.items() if counted[name] != rows]


@pytest.fixture
def make() -> SimpleNamespace:
    """Makers of what the feeds say; keywords replace or add fields."""
    return SimpleNamespace(
        event=make_event,
        item=make_item,
        play=make_play,
        market=make_market,
        candle=make_candle,
    )


@pytest.fixture
async def desk(
    conninfo: str, connection: psycopg.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)  # no test cuts the power
    feed, clock = Feed(), SettableClock()
    settings = FeedSettings(paces={}, attempts=1, clock=clock)
    async with (
        Database(conninfo, "test") as database,
        open_feeds(settings, transport=httpx.MockTransport(feed)) as feeds,
    ):
        journal = await database.open_connection(autocommit=True)
        run_id = await open_run(journal, kind="refetch", trigger="terminal", steps=[], settings={})
        resources = Resources(
            settings=Settings(),
            archive=Archive(tmp_path / "archive"),
            feeds=feeds,
            database=database,
            journal=journal,
            clock=clock,
            window=Window(GAME_DAY - timedelta(days=1), GAME_DAY + timedelta(days=1)),
            triggered_by="terminal",
        )
        yield Desk(resources, run_id, feed, clock, connection)
        await journal.close()


@pytest.fixture
def walk(desk: Desk) -> Callable[..., Awaitable[tuple[dict[str, StepFinished], RunFinished]]]:
    """Run all the steps; the end of each, and of the run."""

    async def walk(**changes: Any) -> tuple[dict[str, StepFinished], RunFinished]:
        ended: dict[str, StepFinished] = {}
        desk.clock.moment += timedelta(minutes=1)

        async def observe(event: Any) -> None:
            if isinstance(event, StepFinished):
                ended[event.step] = event

        resources = replace(desk.resources, **changes)
        run_id = await open_run(
            resources.journal, kind="refetch", trigger="terminal", steps=STEPS.keys, settings={}
        )
        runner = Runner(
            STEPS.steps,
            resources,
            run_id=run_id,
            kind="refetch",
            trigger="terminal",
            settings={},
            observers=[Journal(resources.journal), observe],
            control=RunControl(),
            now=desk.clock.now,
        )
        return ended, await runner.run()

    return walk
