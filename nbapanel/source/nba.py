"""The league's own requests: its content network, and its statistics site. Nothing is read here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from nbapanel import __version__
from nbapanel.errors import FeedFailed
from nbapanel.payload import Payload, SourceType
from nbapanel.source.answers import (
    Absent,
    Answer,
    NotModified,
    OnRequest,
    Origin,
    Request,
    Validators,
    payload_of,
)
from nbapanel.source.checks import Shape
from nbapanel.source.client import FeedClient, unexpected

LEAGUE = "00"

_STATIC = "/static/json"
_LIVE = f"{_STATIC}/liveData"
_LAST_PERIOD = 14

_SCHEDULE = Shape(inside=(("leagueSchedule", Shape(lists=("gameDates",), texts=("seasonYear",))),))
_SCOREBOARD = Shape(inside=(("scoreboard", Shape(lists=("games",), texts=("gameDate",))),))
_PLAYS = Shape(inside=(("game", Shape(lists=("actions",), texts=("gameId",))),))
_BOX_SCORE = Shape(
    inside=(("game", Shape(inside=(("homeTeam", Shape()), ("awayTeam", Shape())))),),
)
_ODDS = Shape(lists=("games",))
_FINDER = Shape(lists=("resultSets",))

_AS_ITS_OWN_PAGES_ASK: Mapping[str, str] = {
    # Both hosts turn away what does not look like a browser; the name in it is our own.
    "User-Agent": f"Mozilla/5.0 (compatible; nbapanel/{__version__})",
    "Accept": "application/json, text/plain, */*",
    "Accept-Language": "en-US,en;q=0.9",
    "Origin": "https://www.nba.com",
    "Referer": "https://www.nba.com/",
}
_FOR_STATISTICS: Mapping[str, str] = {"x-nba-stats-origin": "stats", "x-nba-stats-token": "true"}

_GAME_ID = re.compile(r"[0-9]{10}")
_SEASON = re.compile(r"[0-9]{4}-[0-9]{2}")

SEASON_TYPES: Mapping[int, str] = {
    1: "Pre Season",
    2: "Regular Season",
    3: "All Star",
    4: "Playoffs",
    5: "PlayIn",
    6: "IST",
}
"""The third digit of a game's id -> the statistics site's word for such games."""


@dataclass(frozen=True, slots=True)
class Nba:
    """`cdn` has a document for each thing; `stats` answers questions, slowly and to few."""

    client: FeedClient
    cdn: Origin
    stats: Origin
    counted: OnRequest

    async def schedule(
        self, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """Every game of the season that is on, preseason and playoffs included."""
        path = f"{_STATIC}/staticData/scheduleLeagueV2.json"
        return await self._document(SourceType.NBA_SCHEDULE, LEAGUE, path, _SCHEDULE, validators)

    async def scoreboard(
        self, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """The games of the league's own day, which ends in the next morning."""
        path = f"{_LIVE}/scoreboard/todaysScoreboard_{LEAGUE}.json"
        return await self._document(
            SourceType.NBA_SCOREBOARD, LEAGUE, path, _SCOREBOARD, validators
        )

    async def play_by_play(
        self, game_id: str, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """Every action so far; absent until the game has begun."""
        path = f"{_LIVE}/playbyplay/playbyplay_{_checked(game_id)}.json"
        return await self._document(SourceType.NBA_PBP, game_id, path, _PLAYS, validators)

    async def box_score(
        self, game_id: str, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """What teams and players have done so far; absent until shortly before the game."""
        path = f"{_LIVE}/boxscore/boxscore_{_checked(game_id)}.json"
        return await self._document(SourceType.NBA_BOXSCORE, game_id, path, _BOX_SCORE, validators)

    async def odds(
        self, day: date, *, validators: Validators | None = None
    ) -> Payload | Absent | NotModified:
        """The bookmakers' odds as they are now: there is no other day to be had than today.

        `day`: the US Eastern date under which the snapshot is kept.
        """
        path = f"{_LIVE}/odds/odds_todaysGames.json"
        return await self._document(SourceType.NBA_ODDS, day.isoformat(), path, _ODDS, validators)

    async def play_by_play_v3(self, game_id: str) -> Payload | Absent:
        """The actions by the statistics site, which has also what the network no longer keeps."""
        params: dict[str, str | int] = {
            "GameID": _checked(game_id),
            "StartPeriod": 0,
            "EndPeriod": _LAST_PERIOD,
        }
        return await self._question(
            SourceType.NBA_PBP_V3, game_id, "/stats/playbyplayv3", params, _PLAYS
        )

    async def game_finder(self, season_label: str, season_type: int) -> Payload | Absent:
        """Two rows a game that has been played, one a team.

        `season_label`: "2023-24". `season_type`: a key of SEASON_TYPES.
        """
        if _SEASON.fullmatch(season_label) is None:
            raise ValueError(f"{season_label!r} is no season")
        params: dict[str, str | int] = {
            "PlayerOrTeam": "T",
            "LeagueID": LEAGUE,
            "Season": season_label,
            "SeasonType": SEASON_TYPES[season_type],
        }
        key = f"{season_label}:{season_type}"
        return await self._question(
            SourceType.NBA_GAME_FINDER, key, "/stats/leaguegamefinder", params, _FINDER
        )

    async def _document(
        self,
        source_type: SourceType,
        key: str,
        path: str,
        shape: Shape,
        validators: Validators | None,
    ) -> Payload | Absent | NotModified:
        request = Request(
            self.cdn, path, {}, shape, validators=validators, headers=_AS_ITS_OWN_PAGES_ASK
        )
        got = await self.client.get(request, self.counted)
        return payload_of(source_type, key, [got]) if isinstance(got, Answer) else got

    async def _question(
        self,
        source_type: SourceType,
        key: str,
        path: str,
        params: Mapping[str, str | int],
        shape: Shape,
    ) -> Payload | Absent:
        headers = {**_AS_ITS_OWN_PAGES_ASK, **_FOR_STATISTICS}
        request = Request(self.stats, path, params, shape, headers=headers)
        got = await self.client.get(request, self.counted)
        match got:
            case Answer():
                return payload_of(source_type, key, [got])
            case Absent():
                return got
            case NotModified():
                raise unexpected(request, got)


def _checked(game_id: str) -> str:
    """An id that may stand in a URL and in a key."""
    if _GAME_ID.fullmatch(game_id) is None:
        raise FeedFailed(
            f"The NBA names a game {game_id[:40]!a}, which is no id of the league's.",
            "An id is ten digits.",
        )
    return game_id
