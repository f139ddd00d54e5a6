"""The usual way with the league's play-by-play: json, executemany, a state at a time in Python."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from math import floor
from typing import Any

from bench.usual_loads import Origin, upsert
from nbapanel.rows.models import Row
from nbapanel.warehouse.db import connect
from nbapanel.warehouse.relations import PBP_EVENT_STATE

_PERIOD_S, _OVERTIME_S, _PERIODS = 720, 300, 4
_EVENTS_A_GAME = 100_000
_CLOCK = re.compile(r"PT(\d+)M([\d.]+)S")
_GAMES = (
    "SELECT game_id, home_team_id, away_team_id, final_score_home, final_score_away,"
    " final_from IS NOT NULL FROM nba.games WHERE game_id = ANY(%s) ORDER BY game_id"
)
_EVENTS = (
    "SELECT event_id, order_number, period, clock, score_home, score_away, possession_team_id"
    " FROM nba.pbp_events WHERE game_id = %s ORDER BY order_number"
)


def action_rows(origin: Origin, document: Any) -> Iterator[Row]:
    """In the columns of PBP_EVENTS."""
    game_id = origin.source_key
    home = away = None
    for action in sorted(document["game"]["actions"], key=lambda one: one["orderNumber"]):
        home = int(action["scoreHome"]) if action.get("scoreHome") else home
        away = int(action["scoreAway"]) if action.get("scoreAway") else away
        yield (
            int(game_id) * _EVENTS_A_GAME + action["actionNumber"],
            game_id,
            action["actionNumber"],
            action["orderNumber"],
            action["period"],
            action.get("periodType"),
            action.get("clock"),
            action.get("timeActual"),
            action["actionType"],
            action.get("subType"),
            action.get("description"),
            action.get("descriptor"),
            action.get("edited"),
            action.get("teamId") or None,
            action.get("possession") or None,
            action.get("personId") or None,
            home,
            away,
            None if action.get("isFieldGoal") is None else action["isFieldGoal"] == 1,
            action.get("x"),
            action.get("y"),
            action.get("xLegacy"),
            action.get("yLegacy"),
            action.get("side"),
            action.get("qualifiers"),
            action.get("personIdsFilter"),
            None,
            origin.source_file_id,
            action.get("playerName"),
            action.get("shotResult"),
            action.get("shotDistance"),
        )


def process(conninfo: str, table: str, games: Sequence[str]) -> float:
    """Seconds for the states of these games, a transaction each."""
    query = upsert(PBP_EVENT_STATE, table)
    with connect(conninfo, purpose="bench", autocommit=False) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute(_GAMES, (list(games),)).fetchall()
        connection.commit()
        start = time.perf_counter()
        for game in found:
            events = connection.execute(_EVENTS, (game[0],)).fetchall()
            with connection.cursor() as cursor:
                cursor.executemany(query, list(_states(game, events)))
            connection.commit()
        return time.perf_counter() - start


def _states(game: Sequence[Any], events: Sequence[Sequence[Any]]) -> Iterator[Row]:
    game_id, home_team, away_team, home_final, away_final, is_over = game
    last_period = max(event[2] for event in events)
    winner = _leader(home_final, away_final)
    for event_id, order_number, period, clock, home, away, possession in events:
        if period > 1 and home == away == 0:  # the administration's
            home = away = None
        yield (
            game_id,
            event_id,
            None if home is None else home - away,
            _remaining(period, clock, last_period, is_over=is_over),
            {home_team: 0, away_team: 1}.get(possession),
            home,
            away,
            _leader(home, away),
            winner,
            order_number,
            period,
        )


def _leader(home: int | None, away: int | None) -> int | None:
    return None if home is None or away is None or home == away else int(home < away)


def _remaining(period: int, clock: str | None, last_period: int, *, is_over: bool) -> int | None:
    found = _CLOCK.fullmatch(clock or "")
    if found is None:
        return None
    left = int(found[1]) * 60 + float(found[2])
    if period > _PERIODS:
        return floor(left + (last_period - period) * _OVERTIME_S + 0.5)
    overtimes = max(last_period - _PERIODS, 0) if is_over else 0
    return floor(left + (_PERIODS - period) * _PERIOD_S + overtimes * _OVERTIME_S + 0.5)
