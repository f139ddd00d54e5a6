"""The simulator's own odd values: each poison at each place of an item, and its odd games."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from nbapanel.rows import espn, kalshi, nba
from nbapanel.rows.models import (
    CANDLESTICKS,
    MARKETS,
    PLAYS,
    PROBABILITY_ITEMS,
    SCOREBOARD_GAMES,
    Parsed,
    Relation,
)
from nbapanel.rows.nba import relations
from nbapanel.rows.nba.relations import FINDER_TEAMS, SCHEDULE_GAMES
from nbapanel.simulator.faults import POISONS
from nbapanel.simulator.league import League
from nbapanel.simulator.nba.feed import NbaFeed
from nbapanel.simulator.nba.names import game_id
from nbapanel.simulator.schedule import Coverage, Fixture
from nbapanel.simulator.source import Dated, Page, Refusal, Window

NOW = datetime(2026, 6, 14, 4, 0, tzinfo=UTC)
GAME: dict[str, Any] = {"game_id": "401584793", "season_label": "2023-24", "source_file_id": 7}
NBA_GAME: dict[str, Any] = {"game_id": "0022300001", "source_file_id": 7}
Fits = Callable[[Relation, Parsed], None]
Found = Sequence[tuple[Relation, Parsed]]


def scoreboard(body: bytes) -> Found:
    day = date(2026, 1, 15)
    parsed = espn.parse_scoreboard([body], day=day, fetched_at=NOW, source_file_id=7)
    return [(SCOREBOARD_GAMES, parsed)]


def probabilities(body: bytes, about: dict[str, Any] = GAME) -> Found:
    return [(PROBABILITY_ITEMS, espn.parse_probabilities([body], **about))]


def plays(body: bytes, about: dict[str, Any] = GAME) -> Found:
    return [(PLAYS, espn.parse_plays([body], **about))]


def summary(body: bytes, about: dict[str, Any] = GAME) -> Found:
    rows = espn.parse_summary([body], **about)
    return [(PLAYS, rows.plays), (PROBABILITY_ITEMS, rows.probabilities)]


def markets(body: bytes) -> Found:
    return [(MARKETS, kalshi.parse_markets([body], fetched_at=NOW, source_file_id=7))]


def candlesticks(body: bytes) -> Found:
    return [(CANDLESTICKS, kalshi.parse_candlesticks([body], source_key="T", source_file_id=7))]


def nba_schedule(body: bytes) -> Found:
    return nba.parse_schedule([body], source_file_id=7)


def nba_scoreboard(body: bytes) -> Found:
    return nba.parse_scoreboard([body], source_file_id=7)


def nba_play_by_play(body: bytes) -> Found:
    return nba.parse_play_by_play([body], **NBA_GAME)


def nba_play_by_play_v3(body: bytes) -> Found:
    return nba.parse_play_by_play_v3([body], **NBA_GAME)


def nba_box_score(body: bytes) -> Found:
    return nba.parse_box_score([body], **NBA_GAME)[::-1]


def nba_game_finder(body: bytes) -> Found:
    return nba.parse_game_finder([body], source_file_id=7)


def nba_odds(body: bytes) -> Found:
    return nba.parse_odds([body], fetched_at=NOW, source_file_id=7)[1:]


# By parser: the list of a document that holds the items, and what makes one.
LISTS = {
    scoreboard: ("events", "event"),
    probabilities: ("items", "probability"),
    plays: ("items", "play"),
    summary: ("plays", "play"),
    markets: ("markets", "market"),
    candlesticks: ("candlesticks", "candle"),
    nba_schedule: ("schedule", "schedule_game"),
    nba_scoreboard: ("board", "board_game"),
    nba_play_by_play: ("actions", "action"),
    nba_play_by_play_v3: ("actions", "action_v3"),
    nba_box_score: ("players", "player"),
    nba_game_finder: ("table", "finder_row"),
    nba_odds: ("odds", "odds_game"),
}


@pytest.mark.parametrize("parse", LISTS)
@pytest.mark.parametrize("poison", POISONS)
def test_a_poison_at_any_place_costs_its_item_at_most(
    parse: Callable[[bytes], Found], poison: str, make: SimpleNamespace, fits: Fits
) -> None:
    """Traps L7, L17: NaN, 1e400, year 1, half a character, an object where a number is due."""
    listed, maker = LISTS[parse]
    made = getattr(make, maker)
    tried = 0
    for place in places(made(2)):
        item = made(2)
        put(item, place, msgspec.Raw(POISONS[poison]))
        found = parse(make.page(listed, msgspec.json.encode([made(1), item, made(3)])))
        for relation, parsed in found:
            fits(relation, parsed)
        parsed = found[0][1]
        # A key may be poisoned into that of a neighbour: then the last of the two stands.
        assert len(parsed.rows) + len(parsed.bad) + parsed.duplicates == 3, place
        assert all("[1]" in bad.where for bad in parsed.bad), (place, parsed.bad)
        tried += 1
    assert tried >= 5


def places(node: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Each key and index of a document, as the way down to it."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, value in pairs:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


def put(node: Any, place: Sequence[Any], value: Any) -> None:
    *above, key = place
    for step in above:
        node = node[step]
    node[key] = value


@pytest.fixture(scope="module")
def league() -> League:
    return League(7)


def fixtures(league: League) -> dict[str, Fixture]:
    """One of each kind of game that the league knows."""
    kinds: dict[str, Callable[[Fixture], bool]] = {
        **{kind: lambda one, kind=kind: one.coverage is kind for kind in Coverage},
        "postponed": lambda one: one.postponed_at is not None,
        "made up for": lambda one: one.listed_from is not None,
        "at a neutral site": lambda one: one.neutral is not None,
        "two overtimes": lambda one: one.overtimes == 2,
    }
    found = {}
    for kind, is_one in kinds.items():
        found[kind] = next(one for one in league.schedule.fixtures if is_one(one))
    return found


def test_every_kind_of_game_that_the_league_knows_is_read_whole(league: League, fits: Fits) -> None:
    """Neither an item set aside nor one given twice, whatever befell the game."""
    read: set[str] = set()
    for kind, fixture in fixtures(league).items():
        for what, found in told_of(league, fixture):
            for relation, parsed in found:
                fits(relation, parsed)
                assert (parsed.bad, parsed.duplicates) == ((), 0), (kind, what)
                if parsed.rows:
                    read.add(relation.name)
    every = (SCOREBOARD_GAMES, PROBABILITY_ITEMS, PLAYS, MARKETS, CANDLESTICKS)
    of_the_league = {one.name for one in vars(relations).values() if isinstance(one, Relation)}
    of_a_season = {SCHEDULE_GAMES.name, FINDER_TEAMS.name}
    assert read == {relation.name for relation in every} | of_the_league - of_a_season


def test_the_lists_of_a_whole_season_are_read_whole(league: League, fits: Fits) -> None:
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    for body, parse in (
        (league.nba.schedule(now).content, nba.parse_schedule),
        (league.nba.game_finder({}, now).content, nba.parse_game_finder),
    ):
        ((relation, parsed),) = parse([msgspec.json.encode(body)], source_file_id=7)
        fits(relation, parsed)
        assert len(parsed.rows) > 1_000
        assert (parsed.bad, parsed.duplicates) == ((), 0)


def told_of(league: League, fixture: Fixture) -> Iterator[tuple[str, Found]]:
    """What the feeds say of a game a day after it, each answer under its name."""
    event = fixture.event_id
    now = max(fixture.tip_at, fixture.listed_from or fixture.tip_at) + timedelta(days=1)
    about = {"game_id": event, "season_label": "2025-26", "source_file_id": 7}
    page, every = Page(1, 1000), Window(0, 2**32, 1)

    def read(parse: Callable[..., Found], ask: Callable[[], Any], *more: Any) -> Found:
        try:
            return parse(msgspec.json.encode(ask()), *more)
        except Refusal:  # that there is none is an answer too
            return []

    yield "scoreboard", read(scoreboard, lambda: league.scoreboard(fixture.day, 1000, now))
    asked = (event, event, page, now)
    yield "probabilities", read(probabilities, lambda: league.probabilities(*asked), about)
    yield "plays", read(plays, lambda: league.plays(*asked), about)
    yield "summary", read(summary, lambda: league.summary(event, now), about)
    for side in (0, 1):
        ticker = fixture.ticker(side)
        for historical in (False, True):
            yield (
                ticker,
                read(
                    markets,
                    lambda t=ticker, h=historical: {"market": league.market(t, now, historical=h)},
                ),
            )
            yield (
                ticker,
                read(
                    candlesticks,
                    lambda t=ticker, h=historical: {
                        "candlesticks": league.candlesticks(t, every, now, historical=h)
                    },
                ),
            )
    yield from told_by_the_league(league.nba, game_id(fixture), now)


def told_by_the_league(feed: NbaFeed, game: str, now: datetime) -> Iterator[tuple[str, Found]]:
    """What the league's own feeds say at that moment."""
    asked: dict[str, tuple[Callable[..., Found], Callable[[], Dated], dict[str, Any]]] = {
        "nba scoreboard": (nba.parse_scoreboard, lambda: feed.scoreboard(now), {}),
        "nba play-by-play": (
            nba.parse_play_by_play, lambda: feed.play_by_play(game, now), {"game_id": game},
        ),
        "nba play-by-play v3": (
            nba.parse_play_by_play_v3, lambda: feed.play_by_play_v3(game, now), {"game_id": game},
        ),
        "nba box score": (
            nba.parse_box_score, lambda: feed.box_score(game, now), {"game_id": game},
        ),
        "nba odds": (nba.parse_odds, lambda: feed.odds(now), {"fetched_at": now}),
    }  # fmt: skip
    for what, (parse, ask, about) in asked.items():
        try:
            body = msgspec.json.encode(ask().content)
        except Refusal:
            continue
        yield what, parse([body], source_file_id=7, **about)
