"""The derived working tables as relations: what is compared, and what tells rows apart."""

from __future__ import annotations

from nbapanel.rows.models import Column, Relation


def _relation(
    name: str, columns: str, key: tuple[str, ...], nullable_keys: tuple[str, ...] = ()
) -> Relation:
    return Relation(
        name,
        # Derived rows never leave the server, so their types need not be known here.
        tuple(Column(column, "") for column in columns.split()),
        key,
        scope="game_id",
        nullable_keys=nullable_keys,
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
