"""Recorded payloads of the NBA's feeds, each served as it lies there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from nbapanel.simulator.nba.names import league_day
from nbapanel.simulator.recorded_files import FILE_TROUBLE, raw_bytes, unreadable
from nbapanel.simulator.source import Dated, Refusal, no_such_object

PARTS = (
    "nba_schedule", "nba_scoreboard", "nba_pbp", "nba_boxscore", "nba_odds", "nba_gamefinder",
)  # fmt: skip
_GAME = re.compile(r"(?:playbyplay|boxscore)_(\d{10})(?!\d)")
_SUSPECT = "suspect"
_NOT_RECORDED = Refusal(404, {"message": "not recorded"})

T = TypeVar("T")


class _Team(msgspec.Struct):
    score: int = 0


class _Game(msgspec.Struct):
    gameStatus: int = 0
    period: int = 0
    homeTeam: _Team = msgspec.field(default_factory=_Team)
    awayTeam: _Team = msgspec.field(default_factory=_Team)


class _Scoreboard(msgspec.Struct):
    gameDate: date
    games: list[_Game]


class _ScoreboardPage(msgspec.Struct):
    scoreboard: _Scoreboard


class _Season(msgspec.Struct):
    seasonYear: str = ""


class _SchedulePage(msgspec.Struct):
    leagueSchedule: _Season


class _Found(msgspec.Struct):
    resource: str = ""
    parameters: dict[str, str | int | None] = {}


class RecordedNba:
    """A recording is of one moment, and of one form: what was not recorded is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ahead(self, now: datetime, season_label: str = "") -> Iterator[None]:
        return iter(())

    def schedule(self, now: datetime) -> Dated:
        """The newest season's."""
        return _as_it_is(max(self._schedules.items(), default=None), now)

    def scoreboard(self, now: datetime) -> Dated:
        """Of the league's day or the last one before it that was recorded, at its latest."""
        day = league_day(now)
        past = [one for one in self._scoreboards.items() if one[0] <= day]
        return _as_it_is(max(past or self._scoreboards.items(), default=None), now)

    def play_by_play(self, game: str, now: datetime) -> Dated:
        return self._of_game("nba_pbp", game, now)

    def box_score(self, game: str, now: datetime) -> Dated:
        return self._of_game("nba_boxscore", game, now)

    def odds(self, now: datetime) -> Dated:
        files = self._files("nba_odds")
        return _as_it_is(("", files[-1]) if files else None, now)

    def play_by_play_v3(self, game: str, now: datetime) -> Dated:
        raise _NOT_RECORDED

    def game_finder(self, asked: Mapping[str, str], now: datetime) -> Dated:
        """The recording of just this question: one with other filters is no answer to it."""
        wanted = {name: value for name, value in asked.items() if value}
        for path in self._files("nba_gamefinder"):
            found = _decoded(path, _Found)
            given = {name: str(value) for name, value in found.parameters.items() if value}
            if found.resource.startswith("leaguegamefinder") and given == wanted:
                return Dated(raw_bytes(path), now)
        raise _NOT_RECORDED

    def moments(self) -> list[datetime]:
        return [datetime.combine(day, time(12), UTC) for day in self._scoreboards]

    @cached_property
    def _schedules(self) -> dict[str, Path]:
        return {
            _decoded(path, _SchedulePage).leagueSchedule.seasonYear: path
            for path in self._files("nba_schedule")
        }

    @cached_property
    def _scoreboards(self) -> dict[date, Path]:
        """By day; of several, the one in which most has been played."""
        found: dict[date, tuple[int, Path]] = {}
        for path in self._files("nba_scoreboard"):
            if not path.name.startswith("todaysScoreboard") or _SUSPECT in path.name:
                continue
            board = _decoded(path, _ScoreboardPage).scoreboard
            played = sum(map(_played, board.games))
            if board.gameDate not in found or played > found[board.gameDate][0]:
                found[board.gameDate] = played, path
        return {day: path for day, (_, path) in found.items()}

    def _of_game(self, part: str, game: str, now: datetime) -> Dated:
        """The shortest name of a game's files is that of the final one."""
        files = [path for path in self._files(part) if _game_of(path) == game]
        if not files:
            raise no_such_object()
        return Dated(raw_bytes(min(files, key=lambda path: len(path.name))), now)

    def _files(self, part: str) -> list[Path]:
        paths = (self.folder / part).glob("*.json*")
        return sorted(path for path in paths if path.suffix in (".json", ".gz"))


def _as_it_is(found: tuple[object, Path] | None, now: datetime) -> Dated:
    if found is None:
        raise no_such_object()
    return Dated(raw_bytes(found[1]), now)


def _game_of(path: Path) -> str:
    match = _GAME.match(path.name)
    return match[1] if match else ""


def _played(game: _Game) -> int:
    return 1000 * game.gameStatus + game.homeTeam.score + game.awayTeam.score


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(raw_bytes(path), type=kind)
    except FILE_TROUBLE as error:
        raise unreadable(path, error) from error
