"""Which rows of a source are meant: by game, by season, from a time on. No row is read here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from psycopg import Connection, sql

from nbapanel.clock import eastern_date, eastern_midnight
from nbapanel.errors import UsageError
from nbapanel.exports.sources import Source
from nbapanel.rows.exportable import ExportWanted
from nbapanel.warehouse.statements import statement

_SEASON = re.compile(r"(\d{4})-(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GAME_ID = "game_id"
_OTHER_GAME_IDS = ("nba_game_id", "espn_event_id", "espn_game_id", "competition_id")
_SEASON_LABEL = "season_label"
_TICKER = "ticker"
# What a row speaks of comes before when it was scheduled, and a moment before a day.
_TIMES = (
    "time_actual", "wallclock", "period_ts", "snapshot_ts", "last_modified_utc", "taken_at",
    "last_seen_at", "game_time_utc", "event_date", "game_date", "scoreboard_date",
)  # fmt: skip
_TICKERS_OF_GAMES = sql.SQL(
    "q.{ticker} IN (SELECT ticker FROM kalshi.markets"
    " WHERE espn_event_id = ANY ({ids}) OR nba_game_id = ANY ({ids}))"
)


def takes_game(source: Source) -> bool:
    return bool(_game_columns(source))


def takes_season(source: Source) -> bool:
    return bool(source.type_of(_SEASON_LABEL)) or takes_game(source)


def time_column(source: Source) -> str:
    """The column that a time is compared with; nothing where it has none."""
    return next((name for name in _TIMES if source.type_of(name)), "")


def moment_of(text: str) -> datetime:
    """A time with its offset, or a US Eastern day, from its first moment on."""
    # Nor is it one if it has no day in the East: those of the calendar end there, too.
    with suppress(ValueError, OverflowError):
        if _DAY.fullmatch(text):
            return eastern_midnight(date.fromisoformat(text))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None and eastern_date(moment):
            return moment
    raise UsageError(
        f"{text!r} is no moment.",
        "It is a US Eastern day, or a time with its offset from UTC.",
        "As in 2026-01-15, or 2026-01-15T19:00:00-05:00, or 2026-01-16T00:00:00Z",
    )


def check_season(label: str) -> str:
    found = _SEASON.fullmatch(label)
    if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
        raise UsageError(f"{label!r} is no season.", hint="As in 2023-24")
    return label


def narrowed(
    connection: Connection[Any], source: Source, wanted: ExportWanted
) -> list[sql.Composable]:
    """Conditions on `q`, all of which are to hold. Raises UsageError for what cannot be asked."""
    found = []
    if wanted.games:
        # An id has digits alone: other texts are not even asked about, some could not be sent.
        ids = _ids(connection, games=[game for game in wanted.games if game.isdecimal()])
        _refuse_unknown(wanted.games, ids)
        found.append(_of_games(source, ids, "game"))
    if wanted.seasons:
        found.append(_of_seasons(connection, source, wanted.seasons))
    if wanted.since is not None:
        found.append(_since(source, wanted.since))
    return found


def _of_seasons(
    connection: Connection[Any], source: Source, seasons: Sequence[str]
) -> sql.Composable:
    known = [label for (label,) in connection.execute(statement("seasons_to_export")).fetchall()]
    missing = [label for label in map(check_season, seasons) if label not in known]
    if missing:
        raise UsageError(
            f"There is no game of the season {missing[0]}.",
            f"There are: {', '.join(known) or 'none yet'}.",
        )
    if source.type_of(_SEASON_LABEL):
        return _any_of(_SEASON_LABEL, seasons)
    return _of_games(source, _ids(connection, seasons=seasons), "season")


def _ids(
    connection: Connection[Any],
    games: Sequence[str] | None = None,
    seasons: Sequence[str] | None = None,
) -> list[str]:
    """ESPN's and the league's: they never look alike, and a column has those of one of them."""
    rows = connection.execute(
        statement("games_to_export"),
        {"games": _as_list(games), "seasons": _as_list(seasons)},
    ).fetchall()
    return sorted({one for (ids,) in rows for one in ids})


def _refuse_unknown(games: Iterable[str], known: Sequence[str]) -> None:
    unknown = [game for game in games if game not in known]
    if unknown:
        raise UsageError(
            f"There is no game {unknown[0][:40]!r}.",
            "A game is named by its ESPN id, such as 401810622, or by its NBA id of ten digits.",
        )


def _of_games(source: Source, ids: Sequence[str], by: str) -> sql.Composable:
    columns = _game_columns(source)
    if not columns:
        raise UsageError(f"{source.name} cannot be narrowed by {by}: it tells of no game.")
    if columns == (_TICKER,):
        return _TICKERS_OF_GAMES.format(ticker=sql.Identifier(_TICKER), ids=sql.Literal(list(ids)))
    return sql.SQL("({})").format(sql.SQL(" OR ").join(_any_of(name, ids) for name in columns))


def _game_columns(source: Source) -> tuple[str, ...]:
    if source.type_of(_GAME_ID) == "text":
        return (_GAME_ID,)
    others = tuple(name for name in _OTHER_GAME_IDS if source.type_of(name) == "text")
    return others or ((_TICKER,) if source.type_of(_TICKER) == "text" else ())


def _since(source: Source, moment: datetime) -> sql.Composable:
    column = time_column(source)
    if not column:
        raise UsageError(f"{source.name} cannot be narrowed by time: it has no column of times.")
    is_day = source.type_of(column) == "date"
    return sql.SQL("q.{} >= {}").format(
        sql.Identifier(column), sql.Literal(eastern_date(moment) if is_day else moment)
    )


def _any_of(column: str, values: Sequence[str]) -> sql.Composable:
    return sql.SQL("q.{} = ANY ({})").format(sql.Identifier(column), sql.Literal(list(values)))


def _as_list(values: Sequence[str] | None) -> list[str] | None:
    return None if values is None else list(values)
