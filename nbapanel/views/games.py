"""Games as rows of a table, one game over its time, and what it was loaded from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row

from nbapanel.errors import UserFacingError
from nbapanel.rows.questions import Completeness, GameOrder, GamesAsked
from nbapanel.rows.reads import GameChart, GameChoices, GamePage, GameRow, PayloadRow
from nbapanel.views.nba_parts import nba_parts
from nbapanel.views.published import read_published
from nbapanel.warehouse.db import in_words
from nbapanel.warehouse.statements import statement

_VIEW = "derived.game_summary"
_PUBLISHED, _BEHIND = "published_games", "games_of_tables"
_READ = tuple(
    field.name for field in fields(GameRow) if field.name not in ("lacks", "nba", "to_come")
)
_OFF = ("STATUS_POSTPONED", "STATUS_CANCELED")
_TO_COME = {"pre": "still to be played", "in": "still in play"}
_ORDERS: dict[GameOrder, tuple[str, ...]] = {
    "game_date": ("game_date", "event_date"),
    "home": ("home_code",),
    "away": ("away_code",),
    "status": ("status_state", "status_name"),
    "coverage": ("coverage_percent",),
    "freshness": ("last_fetched_at",),
    "season": ("season_label",),
}
_NAMES = "concat_ws(' ', game_id, home_code, home_team, away_code, away_team)"
_QUARTER_S, _OVERTIME_S, _QUARTERS = 720, 300, 4


def game_page(connection: Connection[Any], asked: GamesAsked) -> GamePage:
    """The games that are asked for, as published; the last key of every order is the game's id."""
    values = {
        "season": asked.season,
        "team": asked.team,
        "first": asked.first,
        "last": asked.last,
        "status": asked.status,
        "words": [f"%{_escaped(word)}%" for word in asked.text.split()],
        "run_id": asked.changed_by_run,
        "limit": asked.limit,
        "offset": asked.offset,
    }
    conditions = tuple(_conditions(asked))

    def read(source: str) -> GamePage:
        count = _selected(sql.SQL("count(*)"), source, conditions)
        row = connection.execute(count, values).fetchone()
        games = _games(connection, source, conditions, _ordered(asked), values)
        return GamePage(row[0] if row else 0, asked.offset, games)

    page, fallback = read_published(
        connection, _VIEW, lambda: read(_PUBLISHED), lambda: read(_BEHIND)
    )
    return GamePage(page.total, page.offset, page.rows, fallback) if fallback else page


def game(connection: Connection[Any], game_id: str) -> GameRow:
    """One game; one that is not published yet, from the tables. UserFacingError where none is."""
    condition = (sql.SQL("game_id = %(game_id)s"),)

    def read(source: str) -> tuple[GameRow, ...]:
        return _games(connection, source, condition, sql.SQL(""), {"game_id": game_id})

    found, _ = read_published(connection, _VIEW, lambda: read(_PUBLISHED), lambda: read(_BEHIND))
    if not found:
        with in_words():
            found = read(_BEHIND)
    if not found:
        raise UserFacingError(
            f"There is no game {game_id} in the warehouse.",
            hint="It may have been taken off the schedule; look at the games table again.",
        )
    return found[0]


def game_choices(connection: Connection[Any]) -> GameChoices:
    """Seasons, newest first, and teams by code, each with the name it last had."""
    with in_words():
        seasons = connection.execute(statement("game_seasons")).fetchall()
        teams = connection.execute(statement("game_teams")).fetchall()
    return GameChoices(
        seasons=tuple(season for (season,) in seasons),
        teams=tuple((code, name or code) for code, name in teams),
    )


def game_chart(connection: Connection[Any], game_id: str) -> GameChart:
    """One game over its time. Where it has no features, of ESPN and the score alone."""
    row = game(connection, game_id)
    with in_words(), connection.cursor(row_factory=class_row(_Moment)) as cursor:
        moments = cursor.execute(statement("game_moments"), {"game_id": game_id}).fetchall()
    periods = max([_QUARTERS, *(one.period for one in moments if one.period is not None)])
    placed = sorted(_placed(moments), key=lambda pair: pair[0])
    in_order = [moment for _, moment in placed]
    return GameChart(
        game=row,
        elapsed_s=tuple(elapsed_s for elapsed_s, _ in placed),
        espn_home_prob=tuple(one.espn_home_prob for one in in_order),
        kalshi_mid=tuple(one.kalshi_mid for one in in_order),
        kalshi_bid=tuple(one.kalshi_bid for one in in_order),
        kalshi_ask=tuple(one.kalshi_ask for one in in_order),
        score_diff=_score_differences(in_order),
        quarter_ends_s=tuple(_end_s(period) for period in range(1, periods + 1)),
    )


def payloads(connection: Connection[Any], game_id: str) -> tuple[PayloadRow, ...]:
    """The archived payloads behind a game, newest first within each kind."""
    with in_words(), connection.cursor(row_factory=class_row(PayloadRow)) as cursor:
        return tuple(cursor.execute(statement("game_payloads"), {"game_id": game_id}).fetchall())


@dataclass(frozen=True, slots=True)
class _Moment:
    """A probability item with the state of its play; of a game without items, a play's state."""

    period: int | None
    clock_seconds: float | None
    home_score: int | None
    away_score: int | None
    espn_home_prob: float | None
    kalshi_mid: float | None
    kalshi_bid: float | None
    kalshi_ask: float | None


def _placed(moments: Sequence[_Moment]) -> Iterator[tuple[float, _Moment]]:
    """Each with its seconds of play; what has no play of its own stays with the one before."""
    if all(moment.period is None for moment in moments):
        return
    elapsed_s = 0.0
    for moment in moments:
        if moment.period is not None and moment.clock_seconds is not None:
            elapsed_s = _end_s(moment.period) - moment.clock_seconds
        yield elapsed_s, moment


def _end_s(period: int) -> float:
    overtimes = max(period - _QUARTERS, 0)
    return float(min(period, _QUARTERS) * _QUARTER_S + overtimes * _OVERTIME_S)


def _score_differences(moments: Iterable[_Moment]) -> tuple[int | None, ...]:
    """Home less away. A 0-0 once somebody scored is an administrative row, and no score."""
    found: list[int | None] = []
    is_scored = False
    for moment in moments:
        home, away = moment.home_score, moment.away_score
        if home is None or away is None or (is_scored and home == away == 0):
            found.append(None)
            continue
        is_scored = is_scored or home + away > 0
        found.append(home - away)
    return tuple(found)


def _games(
    connection: Connection[Any],
    source: str,
    conditions: Sequence[sql.Composable],
    tail: sql.Composable,
    values: dict[str, Any],
) -> tuple[GameRow, ...]:
    columns = sql.SQL(", ").join(map(sql.Identifier, _READ))
    query = _selected(columns, source, conditions) + tail
    rows = [dict(zip(_READ, row, strict=True)) for row in connection.execute(query, values)]
    # Of what is shown, and no more: a season's actions are not counted for a page.
    parts = nba_parts(connection, [row["game_id"] for row in rows])
    return tuple(
        GameRow(
            **row,
            lacks=", ".join(_lacking(row)),
            nba=parts.get(row["game_id"]),
            to_come=_to_come(row),
        )
        for row in rows
    )


def _selected(
    what: sql.Composable, source: str, conditions: Sequence[sql.Composable]
) -> sql.Composed:
    where = sql.SQL(" AND ").join(conditions) if conditions else sql.SQL("true")
    return sql.SQL("SELECT {} FROM ({}) AS g WHERE {}").format(
        what, sql.SQL(statement(source)), where
    )


def _conditions(asked: GamesAsked) -> Iterator[sql.Composable]:
    # Only what is asked for is in the query: the planner then sees what it is about.
    if asked.season is not None:
        yield sql.SQL("season_label = %(season)s")
    if asked.team is not None:
        yield sql.SQL("%(team)s IN (home_code, away_code)")
    if asked.first is not None:
        yield sql.SQL("game_date >= %(first)s")
    if asked.last is not None:
        yield sql.SQL("game_date <= %(last)s")
    if asked.status is not None:
        yield sql.SQL("status_state = %(status)s")
    if asked.completeness is not None:
        yield _is_as(asked.completeness)
    if asked.text.split():
        yield sql.SQL(_NAMES + " ILIKE ALL (%(words)s)")
    if asked.changed_by_run is not None:
        yield sql.SQL("game_id IN (SELECT game_id FROM ops.run_games WHERE run_id = %(run_id)s)")


def _is_as(completeness: Completeness) -> sql.Composable:
    def among(name: str) -> sql.Composed:
        return sql.SQL("(game_id IN ({}))").format(sql.SQL(statement(name)))

    match completeness:
        case "complete":
            return sql.SQL("is_complete")
        case "incomplete":
            # A game that is not over lacks nothing: it is neither.
            return sql.SQL(
                "NOT is_complete"
                " AND (status_completed OR coalesce(status_state, '') NOT IN ('pre', 'in'))"
            )
        case "nba_complete":
            return among("nba_whole_games")
        case "nba_incomplete":
            return sql.SQL("NOT ") + among("nba_games_without_lack")


def _ordered(asked: GamesAsked) -> sql.Composed:
    direction = sql.SQL("DESC NULLS LAST" if asked.descending else "ASC NULLS LAST")
    keys = [sql.Identifier(name) + sql.SQL(" ") + direction for name in _ORDERS[asked.order]]
    if asked.order != "game_date":
        keys.append(sql.SQL("game_date DESC NULLS LAST") + sql.SQL(""))
    return sql.SQL(" ORDER BY {}, game_id LIMIT %(limit)s OFFSET %(offset)s").format(
        sql.SQL(", ").join(keys)
    )


def _escaped(word: str) -> str:
    """For ILIKE: what was typed, and no pattern."""
    return word.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _to_come(row: dict[str, Any]) -> str:
    if row["status_name"] in _OFF or row["status_completed"]:
        return ""
    return _TO_COME.get(row["status_state"], "")


def _lacking(row: dict[str, Any]) -> list[str]:
    """As the slate judges completeness (trap L18: of a postponed game nothing is missing), but of
    games that are over alone."""
    if row["status_name"] in _OFF or _to_come(row):
        return []
    if not row["status_completed"]:
        return ["its final score"]
    lacking = []
    if not row["items"]:
        lacking.append("probabilities")
    if not row["state_rows"]:
        lacking.append("game state" if row["plays"] else "plays")
    match bool(row["home_candles"]), bool(row["away_candles"]):
        case False, False:
            lacking.append("candles")
        case False, True:
            lacking.append("home candles")
        case True, False:
            lacking.append("away candles")
    return lacking
