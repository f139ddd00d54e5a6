"""The derived working tables as relations: what is compared, and what tells rows apart."""

from __future__ import annotations

from nbapanel.rows.models import Column, Relation


def _relation(
    name: str,
    columns: str,
    key: tuple[str, ...],
    nullable_keys: tuple[str, ...] = (),
    scope: str = "game_id",
    filled_later: tuple[str, ...] = (),
) -> Relation:
    """`filled_later`: columns that a later statement fills, and that are left as they are here."""
    return Relation(
        name,
        # Derived rows never leave the server, so their types need not be known here.
        tuple(Column(column, "") for column in columns.split()),
        key,
        scope=scope,
        nullable_keys=nullable_keys,
        uncompared=filled_later,
        insert_only=filled_later,
    )


PROB_EVENT_STATE = _relation(
    "espn.prob_event_state",
    """game_id event_id point_differential time_remaining period clock_seconds possession_side
    home_score away_score current_winning_team final_winning_team wallclock
    time_remaining_regulation sequence_number""",
    key=("game_id", "event_id"),
)

SNAPSHOT_FEATURES = _relation(
    "derived.snapshot_features",
    """game_id sequence_number snapshot_ts season_label espn_home_prob espn_away_prob score_diff
    time_remaining period home_score away_score score_diff_div_sqrt_time_remaining
    espn_home_prob_lag_1 espn_away_prob_lag_1 espn_home_prob_delta_1 kalshi_home_bid
    kalshi_home_ask kalshi_home_mid_price kalshi_home_spread kalshi_away_bid kalshi_away_ask
    kalshi_away_mid_price kalshi_away_spread kalshi_match_seconds event_ts aligned_by
    opening_moneyline_home opening_moneyline_away opening_spread opening_total
    kalshi_away_match_seconds""",
    key=("game_id", "sequence_number", "snapshot_ts", "season_label"),
    nullable_keys=("snapshot_ts",),
)

GAME_STATS = _relation(
    "derived.game_stats",
    """game_id items plays state_rows snapshots snapshots_with_kalshi home_candles away_candles
    lead_changes brier_espn brier_kalshi mean_abs_difference max_swing last_play_home_score
    last_play_away_score last_fetched_at""",
    key=("game_id",),
)

NBA_TEAMS = _relation("nba.teams", "team_id tricode city name", key=("team_id",), scope="team_id")

NBA_GAMES = _relation(
    "nba.games",
    """game_id game_code game_time_utc season season_type home_team_id away_team_id is_neutral
    game_label status postponed_status final_score_home final_score_away winner_team_id
    espn_event_id season_label status_text game_date home_code away_code teams_from final_from""",
    key=("game_id",),
    filled_later=("espn_event_id",),
)

GAME_MAP = _relation(
    "derived.game_map",
    "game_date away_code home_code nba_game_id espn_event_id kalshi_event_ticker",
    key=("game_date", "away_code", "home_code"),
    scope="game_date",
)

PBP_EVENT_STATE = _relation(
    "derived.pbp_event_state",
    """game_id event_id point_differential time_remaining possession_side home_score away_score
    current_winning_team final_winning_team order_number period""",
    key=("game_id", "event_id"),
)
