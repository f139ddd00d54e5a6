"""What the league's feeds say of games, as the tests of its lane put it into the archive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from nbapanel.payload import SourceType
from nbapanel.steps.emptying import empty_the_tables

GAME, OTHER_GAME = "0022500575", "0022500576"
TIP_OFF = datetime(2026, 1, 16, 0, 30, tzinfo=UTC)
EVENING = datetime(2026, 1, 16, 4, 0, tzinfo=UTC)
TEAMS = {
    "NYK": (1610612752, "New York", "Knicks"),
    "UTA": (1610612762, "Utah", "Jazz"),
    "BOS": (1610612738, "Boston", "Celtics"),
    "DAL": (1610612742, "Dallas", "Mavericks"),
}
WALK = ("nba_lists", "fetch_nba", "load_nba", "nba_state")
LOADS = ("nba_lists", "load_nba", "nba_state")
_OF_GAMES = ("playby", "boxscore", "leaguegame")
_TEXTS = {1: "7:30 pm ET", 2: "Q2 6:21", 3: "Final"}


def _team(code: str | None, score: int = 0) -> dict[str, Any]:
    if code is None:  # as the schedule has a team that is not known yet
        return {"teamId": 0, "teamCity": "", "teamName": "", "teamTricode": "", "score": 0}
    team, city, name = TEAMS[code]
    return {"teamId": team, "teamCity": city, "teamName": name, "teamTricode": code, "score": score}


def scheduled(
    game: str = GAME,
    status: int = 1,
    *,
    home: str | None = "NYK",
    away: str | None = "UTA",
    score: tuple[int, int] = (0, 0),
    start: datetime = TIP_OFF,
    **more: Any,
) -> dict[str, Any]:
    eastern = start - timedelta(hours=5)
    return {
        "gameId": game,
        "gameCode": f"{eastern:%Y%m%d}/{away or ''}{home or ''}",
        "gameStatus": status,
        "gameStatusText": _TEXTS[status],
        "gameDateEst": f"{eastern:%Y-%m-%dT00:00:00Z}",
        "gameDateTimeUTC": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "postponedStatus": "N",
        "ifNecessary": False,
        "weekNumber": 12,
        "arenaName": "Garden",
        "homeTeam": _team(home, score[0]),
        "awayTeam": _team(away, score[1]),
    } | more


def schedule(*games: dict[str, Any], season: str = "2025-26") -> dict[str, Any]:
    days: dict[str, list[dict[str, Any]]] = {}
    for game in games:
        days.setdefault(game["gameDateEst"][:10], []).append(game)
    return {
        "meta": {"version": 1},
        "leagueSchedule": {
            "seasonYear": season,
            "leagueId": "00",
            "gameDates": [
                {"gameDate": f"{day[5:7]}/{day[8:]}/{day[:4]} 00:00:00", "games": listed}
                for day, listed in sorted(days.items())
            ],
        },
    }


def on_board(
    game: str = GAME,
    status: int = 2,
    *,
    home: str = "NYK",
    away: str = "UTA",
    score: tuple[int, int] = (0, 0),
    text: str = "",
    start: datetime = TIP_OFF,
) -> dict[str, Any]:
    return {
        "gameId": game,
        "gameCode": f"20260115/{away}{home}",
        "gameStatus": status,
        "gameStatusText": text or _TEXTS[status],
        "period": 0 if status == 1 else 4,
        "gameClock": "",
        "gameTimeUTC": f"{start:%Y-%m-%dT%H:%M:%SZ}",
        "homeTeam": _team(home, score[0]),
        "awayTeam": _team(away, score[1]),
    }


def scoreboard(*games: dict[str, Any], day: str = "2026-01-15") -> dict[str, Any]:
    return {"meta": {}, "scoreboard": {"gameDate": day, "leagueId": "00", "games": list(games)}}


def action(number: int, **more: Any) -> dict[str, Any]:
    """An action of the first quarter, its score and order following from its number."""
    at = TIP_OFF + timedelta(minutes=11, seconds=10 * number)
    return {
        "actionNumber": number,
        "orderNumber": number * 10_000,
        "clock": f"PT11M{59 - number % 60:02d}.00S",
        "timeActual": f"{at:%Y-%m-%dT%H:%M:%S.0Z}",
        "period": 1,
        "periodType": "REGULAR",
        "actionType": "2pt",
        "subType": "Layup",
        "description": f"action {number}",
        "qualifiers": [],
        "personId": 200 + number,
        "teamId": TEAMS["NYK"][0],
        "possession": TEAMS["NYK"][0],
        "scoreHome": str(2 * number),
        "scoreAway": "0",
        "isFieldGoal": 1,
        "edited": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "personIdsFilter": [200 + number],
    } | more


def ending(number: int, period: int, score: tuple[int, int], kind: str = "period") -> Any:
    """The action that ends a period, or the game."""
    return action(
        number,
        actionType=kind,
        subType="end",
        period=period,
        clock="PT00M00.00S",
        scoreHome=str(score[0]),
        scoreAway=str(score[1]),
        possession=0,
    )


def play_by_play(actions: Sequence[dict[str, Any]], game: str = GAME) -> dict[str, Any]:
    return {"meta": {}, "game": {"gameId": game, "actions": list(actions)}}


def played(score: tuple[int, int] = (110, 99), periods: int = 4, first: int = 3) -> list[Any]:
    """The actions of a whole game: some baskets, the ends of its periods, the end of the game."""
    baskets = [action(number) for number in range(1, first + 1)]
    ends = [
        ending(first + period, period, score if period == periods else (8 * period, 8 * period))
        for period in range(1, periods + 1)
    ]
    return [*baskets, *ends, ending(first + periods + 1, periods, score, "game")]


def box_score(
    game: str = GAME,
    status: int = 3,
    *,
    home: str = "NYK",
    away: str = "UTA",
    score: tuple[int, int] = (110, 99),
    **more: Any,
) -> dict[str, Any]:
    def side(code: str, points: int, first: int) -> dict[str, Any]:
        players = [
            {
                "personId": first + place,
                "order": place,
                "name": f"Player {first + place}",
                "starter": "1" if place <= 5 else "0",
                "played": "1",
                "statistics": {"minutes": "PT48M00.00S", "points": points if place == 1 else 0},
            }
            for place in range(1, 7)
        ]
        return _team(code, points) | {
            "players": players,
            "statistics": {"minutes": "PT240M00.00S", "points": points},
        }

    return {
        "meta": {},
        "game": {
            "gameId": game,
            "gameCode": f"20260115/{away}{home}",
            "gameStatus": status,
            "gameStatusText": _TEXTS[status],
            "gameTimeUTC": f"{TIP_OFF:%Y-%m-%dT%H:%M:%SZ}",
            "period": 4,
            "homeTeam": side(home, score[0], 100),
            "awayTeam": side(away, score[1], 200),
        }
        | more,
    }


def finder(*rows: tuple[Any, ...], season_id: str = "22023") -> dict[str, Any]:
    """Rows (game id, date, tricode, matchup, won or lost, points)."""
    headers = (
        "SEASON_ID", "TEAM_ID", "TEAM_ABBREVIATION", "TEAM_NAME", "GAME_ID", "GAME_DATE",
        "MATCHUP", "WL", "MIN", "PTS",
    )  # fmt: skip
    listed = [
        [season_id, TEAMS[code][0], code, " ".join(TEAMS[code][1:]), game, day, matchup, won, 240,
         points]
        for game, day, code, matchup, won, points in rows
    ]  # fmt: skip
    result = {"name": "LeagueGameFinderResults", "headers": list(headers), "rowSet": listed}
    return {"resource": "leaguegamefinder", "parameters": {}, "resultSets": [result]}


@pytest.fixture
def nba() -> SimpleNamespace:
    """Makers of what the league's feeds say."""
    return SimpleNamespace(
        scheduled=scheduled,
        schedule=schedule,
        on_board=on_board,
        scoreboard=scoreboard,
        action=action,
        ending=ending,
        play_by_play=play_by_play,
        played=played,
        box_score=box_score,
        finder=finder,
    )


@pytest.fixture
def come(desk: Any) -> Callable[..., Awaitable[Any]]:
    """A payload comes, a minute after the last, and a run without requests takes it in."""

    async def come(source_type: SourceType, document: Any, key: str = GAME, **more: Any) -> Any:
        desk.clock.moment += timedelta(minutes=1)
        if source_type in (SourceType.NBA_SCHEDULE, SourceType.NBA_SCOREBOARD):
            key = "00"
        desk.put(source_type, key, document, **more)
        return await desk.do(*LOADS, offline=True)

    return come


@pytest.fixture
def as_rebuilt(desk: Any, contents: Any, same_contents: Any) -> Callable[[], Awaitable[None]]:
    """Fails if the tables, emptied and loaded again from the archive, are not what they were."""

    async def check() -> None:
        conninfo = desk.look.info.dsn + f" password={desk.look.info.password}"
        live = contents(conninfo)
        async with desk.resources.database.connection() as connection:
            await empty_the_tables(connection, desk.archive, accept_loss=False)
        await desk.do("load_scoreboards", "markets", "candlesticks", *LOADS, offline=True)
        same_contents(contents(conninfo), live)

    return check


@pytest.fixture
def league(desk: Any) -> Callable[..., None]:
    """One game of tonight, as the feeds have it: scheduled, in play, or over."""
    desk.clock.moment = EVENING

    def stands(status: int, score: Any = (110, 99), game: str = GAME, **more: Any) -> None:
        listed = scheduled(game, status, score=score if status > 1 else (0, 0), **more)
        desk.feed.nba["scheduleLeagueV2.json"] = schedule(listed)
        desk.feed.nba["todaysScoreboard_00.json"] = scoreboard()
        if status > 1:
            actions = played(score) if status == 3 else played(score)[:5]
            desk.feed.nba[f"playbyplay_{game}.json"] = play_by_play(actions, game)
            desk.feed.nba[f"boxscore_{game}.json"] = box_score(game, status, score=score)

    return stands


@pytest.fixture
def requested(desk: Any) -> Callable[[], list[str]]:
    """What was asked of the league's games, by the end of the address."""

    def requested() -> list[str]:
        tails = [request.url.path.rsplit("/", 1)[-1] for request in desk.feed.requests]
        return sorted(tail for tail in tails if tail.startswith(_OF_GAMES))

    return requested


@pytest.fixture
def asked(desk: Any, requested: Any) -> Callable[..., Awaitable[list[str]]]:
    """Run the lane; what was asked of the league's games."""

    async def asked(*steps: str, **changes: Any) -> list[str]:
        desk.feed.requests.clear()
        for step in steps or WALK:
            await desk.do(step, **changes)
        return requested()

    return asked
