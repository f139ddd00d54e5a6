"""The feeds' own paths: which call of the source answers each, and with what parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import msgspec

from nbapanel.clock import eastern_date
from nbapanel.simulator import kalshi_lists
from nbapanel.simulator.answer import Feed
from nbapanel.simulator.source import (
    Dated,
    Json,
    NbaSource,
    Page,
    Source,
    core_refusal,
    espn_refusal,
)

_SITE = "/apis/site/v2/sports/basketball/nba"
_CORE = "/v2/sports/basketball/leagues/nba/events/{event}/competitions/{competition}"
_KALSHI = "/trade-api/v2"
_STATIC = "/static/json"
_LIVE = f"{_STATIC}/liveData"
_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_CORE_LIMIT = 25  # what ESPN's core feed gives unless asked
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a source: the path's and the query's parameters, and the moment."""

    source: Source
    path: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True)
class Reply:
    """`changed_at` is when the content last became what it is."""

    content: Json | bytes
    changed_at: datetime

    def encoded(self) -> bytes:
        if isinstance(self.content, bytes):
            return self.content
        return msgspec.json.encode(self.content)


@dataclass(frozen=True, slots=True)
class Route:
    """`ahead`: what makes the answer slow, in small pieces, to be done before it."""

    pattern: str
    feed: Feed
    answer: Callable[[Call], Reply]
    regex: re.Pattern[str]
    ahead: Callable[[Call], Iterator[None]] | None = None


def find_route(path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        match = route.regex.fullmatch(path)
        if match is not None:
            return route, match.groupdict()
    return None


def _scoreboard(call: Call) -> Reply:
    text = call.query.get("dates", "")
    day = _day(text) if text else eastern_date(call.now)
    limit = _whole(call.query, "limit", 100, most=_MOST)
    content = call.source.scoreboard(day, limit, call.now)
    return Reply(content, call.source.changed_at(None, day, call.now))


def _summary(call: Call) -> Reply:
    event_id = call.query.get("event", "")
    if not event_id:
        raise espn_refusal(400, "event is required")
    content = call.source.summary(event_id, call.now)
    return Reply(content, call.source.changed_at(event_id, None, call.now))


def _probabilities(call: Call) -> Reply:
    event_id, competition_id = call.path["event"], call.path["competition"]
    content = call.source.probabilities(event_id, competition_id, _page(call), call.now)
    return Reply(content, call.source.changed_at(event_id, None, call.now))


def _plays(call: Call) -> Reply:
    event_id, competition_id = call.path["event"], call.path["competition"]
    content = call.source.plays(event_id, competition_id, _page(call), call.now)
    return Reply(content, call.source.changed_at(event_id, None, call.now))


def _page(call: Call) -> Page:
    size = _whole(call.query, "limit", _CORE_LIMIT, most=_MOST)
    return Page(number=_whole(call.query, "page", 1), size=size)


def _whole(query: Mapping[str, str], name: str, otherwise: int, most: int | None = None) -> int:
    """A number of ESPN's query, at least 1; more than the most is the most."""
    text = query.get(name, "")
    if not text:
        return otherwise
    if not text.isdigit() or int(text) < 1:
        raise core_refusal(400, f"{name} {text!r} is not a number from 1 up")
    return int(text) if most is None else min(int(text), most)


def _day(text: str) -> date:
    match = _DAY.fullmatch(text)
    try:
        if match is not None:
            return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        pass
    raise espn_refusal(400, f"dates {text!r} is not a day in the form YYYYMMDD")


def _nba(answer: Callable[[NbaSource, Call], Dated]) -> Callable[[Call], Reply]:
    def reply(call: Call) -> Reply:
        got = answer(call.source.nba, call)
        return Reply(got.content, got.changed_at)

    return reply


def _kalshi(answer: Callable[[kalshi_lists.Asked], Json]) -> Callable[[Call], Reply]:
    def reply(call: Call) -> Reply:
        asked = kalshi_lists.Asked(call.source, call.path, call.query, call.now)
        return Reply(answer(asked), call.now)

    return reply


def _season_ahead(call: Call) -> Iterator[None]:
    return call.source.nba.ahead(call.now, call.query.get("Season", ""))


def _route(
    pattern: str,
    feed: Feed,
    answer: Callable[[Call], Reply],
    ahead: Callable[[Call], Iterator[None]] | None = None,
) -> Route:
    regex = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", pattern))
    return Route(pattern, feed, answer, regex, ahead)


ROUTES: tuple[Route, ...] = (
    _route(f"{_SITE}/scoreboard", Feed.ESPN, _scoreboard),
    _route(f"{_SITE}/summary", Feed.ESPN, _summary),
    _route(f"{_CORE}/probabilities", Feed.ESPN, _probabilities),
    _route(f"{_CORE}/plays", Feed.ESPN, _plays),
    _route(f"{_KALSHI}/markets", Feed.KALSHI, _kalshi(kalshi_lists.markets)),
    _route(
        f"{_KALSHI}/markets/candlesticks", Feed.KALSHI, _kalshi(kalshi_lists.batch_candlesticks)
    ),
    _route(f"{_KALSHI}/markets/{{ticker}}", Feed.KALSHI, _kalshi(kalshi_lists.market)),
    _route(
        f"{_KALSHI}/series/{{series}}/markets/{{ticker}}/candlesticks",
        Feed.KALSHI,
        _kalshi(kalshi_lists.candlesticks),
    ),
    _route(f"{_KALSHI}/historical/cutoff", Feed.KALSHI, _kalshi(kalshi_lists.cutoff)),
    _route(f"{_KALSHI}/historical/markets", Feed.KALSHI, _kalshi(kalshi_lists.old_markets)),
    _route(
        f"{_KALSHI}/historical/markets/{{ticker}}", Feed.KALSHI, _kalshi(kalshi_lists.old_market)
    ),
    _route(
        f"{_KALSHI}/historical/markets/{{ticker}}/candlesticks",
        Feed.KALSHI,
        _kalshi(kalshi_lists.old_candlesticks),
    ),
    _route(
        f"{_STATIC}/staticData/scheduleLeagueV2.json",
        Feed.NBA,
        _nba(lambda nba, call: nba.schedule(call.now)),
        _season_ahead,
    ),
    _route(
        f"{_LIVE}/scoreboard/todaysScoreboard_00.json",
        Feed.NBA,
        _nba(lambda nba, call: nba.scoreboard(call.now)),
    ),
    _route(
        f"{_LIVE}/playbyplay/playbyplay_{{game}}.json",
        Feed.NBA,
        _nba(lambda nba, call: nba.play_by_play(call.path["game"], call.now)),
    ),
    _route(
        f"{_LIVE}/boxscore/boxscore_{{game}}.json",
        Feed.NBA,
        _nba(lambda nba, call: nba.box_score(call.path["game"], call.now)),
    ),
    _route(
        f"{_LIVE}/odds/odds_todaysGames.json",
        Feed.NBA,
        _nba(lambda nba, call: nba.odds(call.now)),
    ),
    _route(
        "/stats/playbyplayv3",
        Feed.NBA,
        _nba(lambda nba, call: nba.play_by_play_v3(call.query.get("GameID", ""), call.now)),
    ),
    _route(
        "/stats/leaguegamefinder",
        Feed.NBA,
        _nba(lambda nba, call: nba.game_finder(call.query, call.now)),
        _season_ahead,
    ),
)
