"""The relations that payloads are parsed into: names, columns, types, keys. No parsing here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

Row = tuple[Any, ...]
"""One row, its values in the order of the relation's columns."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: LiteralString


@dataclass(frozen=True, slots=True)
class Relation:
    """A table that is loaded: the columns a parser fills, and the key that tells rows apart.

    `scope` names the column that says what rows belong to: a play to a game, a candle to a market.
    A payload may be the whole truth about such a value, and then rows it lacks are deleted.
    `insert_only` columns keep what they were first given.
    `nullable_keys` are key columns that may be NULL, and then equal another NULL.
    `uncompared` columns do not make a row count as changed; they are written along with a change.
    `renewed_with`: a column -> those of which one has to change for it to be written, too.
    `also_unique`: columns that tell rows apart as the key does; a new key takes their values over.
    `is_judged_late`: of these only at the end of the transaction, so that rows may swap them.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    scope: str | None = None
    uncompared: tuple[str, ...] = ()
    nullable_keys: tuple[str, ...] = ()
    insert_only: tuple[str, ...] = ()
    renewed_with: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    also_unique: tuple[str, ...] = ()
    is_judged_late: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def scopes(self, rows: Sequence[Row]) -> set[Any]:
        """What these rows belong to; empty for a relation without scope."""
        if self.scope is None:
            return set()
        index = self.column_names.index(self.scope)
        return {row[index] for row in rows}


@dataclass(frozen=True, slots=True)
class BadItem:
    """One item that was set aside: where in the payload it stood, and why."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a payload gave: rows (unique by key, in payload order) and the items set aside.

    `duplicates` counts items that repeated the key of another; the last one stands.
    """

    rows: Sequence[Row]
    bad: tuple[BadItem, ...] = ()
    duplicates: int = 0
    notes: dict[str, Any] = field(default_factory=dict)


def columns_of(text: LiteralString) -> tuple[Column, ...]:
    """Columns from "name type, name type"."""
    pairs = [entry.split() for entry in text.split(",")]
    return tuple(Column(name, type_) for name, type_ in pairs)


SCOREBOARD_GAMES = Relation(
    "espn.scoreboard_games",
    columns_of(
        """event_id text, scoreboard_date date, event_uid text, event_date timestamptz,
        event_name text, short_name text, season_label text, season_year int4, season_type int4,
        season_slug text, competition_id text, venue_id text, venue_name text, venue_city text,
        venue_state text, is_neutral_site bool, attendance int4, home_team_id text,
        home_team_abbrev text, home_team_name text, home_team_display_name text, home_score int4,
        home_winner bool, away_team_id text, away_team_abbrev text, away_team_name text,
        away_team_display_name text, away_score int4, away_winner bool, status_type_id text,
        status_name text, status_state text, status_completed bool, status_period int4,
        status_clock float8, broadcast text, raw_event jsonb, source_file_id int8,
        game_date date, home_code text, away_code text, final_seen_at timestamptz"""
    ),
    key=("event_id",),
    uncompared=("source_file_id", "final_seen_at"),
    renewed_with={"final_seen_at": ("home_score", "away_score", "status_completed")},
    also_unique=("competition_id",),
)

PROBABILITY_ITEMS = Relation(
    "espn.probabilities_raw_items",
    columns_of(
        """season_label text, game_id text, sequence_number int4, event_id int8,
        last_modified_utc timestamptz, home_win_percentage float8, away_win_percentage float8,
        tie_win_percentage float8, spread_cover_prob_home float8, spread_push_prob float8,
        total_over_prob float8, play_ref text, home_team_ref text, away_team_ref text,
        competition_ref text, raw_item jsonb, source_file_id int8"""
    ),
    key=("game_id", "sequence_number", "event_id", "season_label"),
    nullable_keys=("event_id",),
    scope="game_id",
    uncompared=("source_file_id",),
)

PLAYS = Relation(
    "espn.plays",
    columns_of(
        """game_id text, play_id int8, season_label text, sequence_number int4, play_type_id text,
        play_type_text text, text text, short_text text, period int4, clock_seconds float8,
        clock_display text, home_score int4, away_score int4, score_value int4,
        is_scoring_play bool, is_shooting_play bool, points_attempted int4, coordinate_x int4,
        coordinate_y int4, team_id text, team_ref text, wallclock timestamptz,
        modified timestamptz, raw_play jsonb, source_file_id int8"""
    ),
    key=("game_id", "play_id"),
    scope="game_id",
    uncompared=("source_file_id",),
)

MARKETS = Relation(
    "kalshi.markets",
    columns_of(
        """ticker text, event_ticker text, title text, subtitle text, yes_sub_title text,
        no_sub_title text, market_type text, status text, result text, last_price numeric,
        yes_bid numeric, yes_ask numeric, no_bid numeric, no_ask numeric, previous_price numeric,
        settlement_value numeric, volume numeric, volume_24h numeric, open_interest numeric,
        open_time timestamptz, close_time timestamptz, expiration_time timestamptz,
        expected_expiration_time timestamptz, created_time timestamptz,
        settlement_time timestamptz, rules_primary text, rules_secondary text,
        can_close_early bool, game_date date, away_code text, home_code text, team_code text,
        side int2, first_seen_at timestamptz, last_seen_at timestamptz, raw jsonb,
        source_file_id int8"""
    ),
    key=("ticker",),
    uncompared=("source_file_id", "first_seen_at", "last_seen_at"),
    insert_only=("first_seen_at",),
)

CANDLESTICKS = Relation(
    "kalshi.candlesticks",
    columns_of(
        """ticker text, period_interval_min int2, period_ts timestamptz, price_open numeric,
        price_high numeric, price_low numeric, price_close numeric, price_mean numeric,
        price_previous numeric, yes_bid_open numeric, yes_bid_high numeric, yes_bid_low numeric,
        yes_bid_close numeric, yes_ask_open numeric, yes_ask_high numeric, yes_ask_low numeric,
        yes_ask_close numeric, volume numeric, open_interest numeric, source_file_id int8"""
    ),
    key=("ticker", "period_interval_min", "period_ts"),
    scope="ticker",
    uncompared=("source_file_id",),
)
