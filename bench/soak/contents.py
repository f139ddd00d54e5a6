"""What two warehouses hold, compared byte for byte."""

from __future__ import annotations

from collections.abc import Mapping

from psycopg import sql

from nbapanel.warehouse.db import connect

_ODDS = ("snapshot_id", "game_id")

KEYS: Mapping[str, tuple[str, ...]] = {
    "espn.scoreboard_games": ("event_id",),
    "espn.probabilities_raw_items": ("game_id", "sequence_number", "event_id", "season_label"),
    "espn.plays": ("game_id", "play_id"),
    "espn.prob_event_state": ("game_id", "event_id"),
    "kalshi.markets": ("ticker",),
    "kalshi.candlesticks": ("ticker", "period_interval_min", "period_ts"),
    "nba.schedule_games": ("game_id",),
    "nba.scoreboard_games": ("game_id",),
    "nba.finder_teams": ("game_id", "team_id"),
    "nba.boxscore_games": ("game_id",),
    "nba.boxscore_teams": ("game_id", "team_id"),
    "nba.boxscore_players": ("game_id", "person_id"),
    "nba.pbp_events": ("event_id",),
    "nba.odds_snapshots": ("snapshot_id",),
    "nba.odds_games": _ODDS,
    "nba.odds_markets": (*_ODDS, "market_key"),
    "nba.odds_books": (*_ODDS, "market_key", "book_id", "country_code"),
    "nba.odds_outcomes": (*_ODDS, "market_key", "book_id", "country_code", "outcome_type"),
    "nba.teams": ("team_id",),
    "nba.games": ("game_id",),
    "derived.game_map": ("game_date", "away_code", "home_code"),
    "derived.pbp_event_state": ("game_id", "event_id"),
    "derived.snapshot_features": ("game_id", "sequence_number", "snapshot_ts", "season_label"),
    "derived.game_stats": ("game_id",),
    "derived.snapshot_features_v1": ("game_id", "sequence_number", "snapshot_ts", "season_label"),
    "derived.game_summary": ("game_id",),
    "derived.slate": ("season_label", "game_date"),
}
"""Every data table and published view, with its key. All columns are compared."""

Contents = Mapping[str, bytes]


def read(conninfo: str) -> Contents:
    """By relation, all of it as COPY writes it, in the order of its key."""
    found = {}
    with connect(conninfo, purpose="soak") as connection, connection.cursor() as cursor:
        for relation, key in KEYS.items():
            query = sql.SQL("COPY (SELECT * FROM {} ORDER BY {}) TO STDOUT").format(
                sql.Identifier(*relation.split(".")), sql.SQL(", ").join(map(sql.Identifier, key))
            )
            with cursor.copy(query) as copy:
                found[relation] = b"".join(copy)
    return found


def counts(contents: Contents) -> dict[str, int]:
    """Rows by relation."""
    return {relation: rows.count(b"\n") for relation, rows in contents.items()}


def differences(found: Contents, expected: Contents) -> list[str]:
    """A sentence for each relation that differs, with a row that only one side has."""
    told = []
    for relation, rows in expected.items():
        if found[relation] == rows:
            continue
        ours, theirs = set(found[relation].splitlines()), set(rows.splitlines())
        more, less = sorted(ours - theirs), sorted(theirs - ours)
        told.append(
            f"{relation}: {len(more)} rows that the rebuild has not, such as {more[:1]};"
            f" {len(less)} that it has more, such as {less[:1]}."
        )
    return told
