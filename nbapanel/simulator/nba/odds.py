"""The bookmakers' odds for the games of the day that are not over, in the feed's odd numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from nbapanel.simulator.draws import draws
from nbapanel.simulator.nba.names import Json, game_id, team_id
from nbapanel.simulator.plan import Plan
from nbapanel.simulator.winning import REGULATION_S, home_win_probability

_MARGIN = 1.055
_SPREAD_ODDS = ("1.850", "1.870", "1.880", "1.900", "1.909", "1.920", "1.952")


class Book(NamedTuple):
    """`swapped`: its home odds are the away ones of all others."""

    id: str
    name: str
    country: str
    has_spread: bool = True
    swapped: bool = False


_BOOKS = (
    Book("sr:book:108", "Sportsbet", "AUS"),
    Book("sr:book:6565", "Novibet", "GR"),
    Book("sr:book:6565", "Novibet", "CY"),
    Book("sr:book:18186", "FanDuel", "US", has_spread=False),
    Book("sr:book:23879", "Olybet", "EE", has_spread=False, swapped=True),
    Book("sr:book:35226", "TabAustralia", "AU"),
    Book("sr:book:40165", "BetMGMCanadaOntario", "CA"),
)


def odds(seed: int, plans: Iterable[Plan], now: datetime) -> Json:
    """They move from one quarter of an hour to the next."""
    return {"games": [_game(seed, plan, int(now.timestamp()) // 900) for plan in plans]}


def _game(seed: int, plan: Plan, quarter: int) -> Json:
    fixture = plan.fixture
    stream = draws(seed, fixture.event_id, "odds", quarter)
    opening = draws(seed, fixture.event_id, "opening odds")
    sr_id = str(52_000_000 + int(fixture.event_id) % 1_000_000)
    margin = plan.expected_margin + stream.gauss(0.0, 0.8)
    opened = plan.expected_margin + opening.gauss(0.0, 1.5)
    return {
        "gameId": game_id(fixture),
        "sr_id": f"sr:match:{sr_id}",
        "srMatchId": sr_id,
        "homeTeamId": str(team_id(fixture.home)),
        "awayTeamId": str(team_id(fixture.away)),
        "markets": [
            {
                "name": "2way",
                "odds_type_id": 1,
                "group_name": "regular",
                "books": [_two_way(book, margin, opened, lacks=stream.chance(0.12))
                          for book in _BOOKS],
            },
            {
                "name": "spread",
                "odds_type_id": 4,
                "group_name": "regular",
                "books": [
                    _spread(book, margin, opened, stream.pick(_SPREAD_ODDS),
                            opening.pick(_SPREAD_ODDS))
                    for book in _BOOKS
                    if book.has_spread
                ],
            },
        ],
    }  # fmt: skip


def _two_way(book: Book, margin: float, opened: float, *, lacks: bool) -> Json:
    """`lacks`: the second outcome has no trend, as some have none."""
    home, away = _decimal(margin), _decimal(-margin)
    home_then, away_then = _decimal(opened), _decimal(-opened)
    if book.swapped:
        home, away = away, home
    outcomes: list[Json] = [
        {"odds_field_id": 1, "type": "home", "odds": home, "opening_odds": home_then,
         "odds_trend": _trend(home, home_then)},
        {"odds_field_id": 2, "type": "away", "odds": away, "opening_odds": away_then},
    ]  # fmt: skip
    if not lacks:
        outcomes[1]["odds_trend"] = _trend(away, away_then)
    return _book(book, outcomes)


def _spread(book: Book, margin: float, opened: float, now: str, then: str) -> Json:
    """The spread is a text, and what it opened with a number, whole or not."""
    line, opened_line = _half(-margin), _half(-opened)
    opening: float | int = int(opened_line) if opened_line == int(opened_line) else opened_line
    return _book(
        book,
        [
            {"odds_field_id": field_id, "type": side, "odds": now, "opening_odds": then,
             "odds_trend": _trend(now, then), "spread": f"{sign * line:g}",
             "opening_spread": sign * opening}
            for field_id, side, sign in ((10, "home", 1), (12, "away", -1))
        ],
    )  # fmt: skip


def _book(book: Book, outcomes: list[Json]) -> Json:
    return {
        "id": book.id,
        "name": book.name,
        "outcomes": outcomes,
        "url": f"https://books.test/{book.name.lower()}/{book.country.lower()}",
        "countryCode": book.country,
    }


def _decimal(margin: float) -> str:
    """What a bet of 1 on the side with this expected margin pays back: "1.370"."""
    chance = min(0.97, max(0.03, home_win_probability(0, REGULATION_S, margin)))
    return f"{max(1.01, 1 / (chance * _MARGIN)):.3f}"


def _half(points: float) -> float:
    return round(points * 2) / 2 or 0.5


def _trend(now: str, then: str) -> str:
    return "up" if float(now) >= float(then) else "down"
