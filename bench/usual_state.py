"""The usual way of processing states: a game at a time, play by play in Python."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor
from typing import Any, NamedTuple

from psycopg.rows import args_row, dict_row

from bench.usual_loads import upsert
from nbapanel.rows.models import Row
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PROB_EVENT_STATE

_PERIOD_S, _OVERTIME_S, _PERIODS = 720, 300, 4
_KINDS_OF_POSSESSION = ("Rebound", "Turnover", "Free Throw")
_PLAYS = (
    "SELECT play_id, sequence_number, play_type_text, period, clock_seconds, home_score,"
    " away_score, is_shooting_play, points_attempted, team_id, wallclock"
    " FROM espn.plays WHERE game_id = %s ORDER BY sequence_number"
)
_GAMES = (
    "SELECT competition_id, home_team_id, away_team_id, home_score, away_score, status_completed"
    " FROM espn.scoreboard_games WHERE competition_id = ANY(%s) ORDER BY 1"
)


class Play(NamedTuple):
    play_id: int
    sequence_number: int
    play_type_text: str
    period: int
    clock_seconds: float
    home_score: int
    away_score: int
    is_shooting_play: bool | None
    points_attempted: int | None
    team_id: str | None
    wallclock: datetime | None


@dataclass(frozen=True, slots=True)
class Side:
    """What is to be known of a game to tell the state at each of its plays."""

    home: str
    away: str
    winner: int | None
    overtimes: int
    is_over: bool


def process(conninfo: str, table: str, games: Sequence[str]) -> float:
    """Seconds for these games, all of which have plays, a transaction each."""
    query = upsert(PROB_EVENT_STATE, table)
    with connect(conninfo, purpose="bench", autocommit=False) as connection:
        connection.execute("CHECKPOINT")
        found = connection.cursor(row_factory=dict_row).execute(_GAMES, (list(games),)).fetchall()
        connection.commit()
        start = time.perf_counter()
        with (
            connection.cursor(row_factory=args_row(Play)) as reading,
            connection.cursor() as writing,
        ):
            for game in found:
                plays = reading.execute(_PLAYS, (game["competition_id"],)).fetchall()
                writing.executemany(query, list(_states(game, plays)))
                connection.commit()
        return time.perf_counter() - start


def _states(game: dict[str, Any], plays: Sequence[Play]) -> Iterator[Row]:
    about = Side(
        game["home_team_id"],
        game["away_team_id"],
        _leader(game["home_score"], game["away_score"]) if game["status_completed"] else None,
        max(max(play.period for play in plays) - _PERIODS, 0),
        game["status_completed"],
    )
    for play in plays:
        yield (
            game["competition_id"],
            play.play_id,
            play.home_score - play.away_score,
            _remaining(about, play),
            play.period,
            play.clock_seconds,
            _possession(about, play),
            play.home_score,
            play.away_score,
            _leader(play.home_score, play.away_score),
            about.winner,
            play.wallclock,
            _remaining_regulation(play),
            play.sequence_number,
        )


def _leader(home: int, away: int) -> int | None:
    return None if home == away else int(home < away)


def _remaining(about: Side, play: Play) -> int | None:
    if play.period > _PERIODS:
        later = _PERIODS + about.overtimes - play.period
        return floor(later * _OVERTIME_S + play.clock_seconds + 0.5)
    in_regulation = (_PERIODS - play.period) * _PERIOD_S + play.clock_seconds
    return floor(in_regulation + about.is_over * about.overtimes * _OVERTIME_S + 0.5)


def _remaining_regulation(play: Play) -> int:
    if play.period > _PERIODS:
        return 0
    return floor((_PERIODS - play.period) * _PERIOD_S + play.clock_seconds + 0.5)


def _possession(about: Side, play: Play) -> int | None:
    kind = play.play_type_text
    tells = (
        kind == "Jumpball"
        or any(word in kind for word in _KINDS_OF_POSSESSION)
        or bool(play.is_shooting_play)
        or (play.points_attempted or 0) > 0
    )
    if not tells:
        return None
    return {about.home: 0, about.away: 1}.get(play.team_id or "")
