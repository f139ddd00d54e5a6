-- Derived: what models read. Working tables are kept up to date game by game; the materialized
-- views over them are the published contract.

CREATE SCHEMA derived;

CREATE TABLE derived.snapshot_features (
    game_id text NOT NULL,
    sequence_number integer NOT NULL,
    snapshot_ts timestamptz,
    season_label text NOT NULL,
    espn_home_prob double precision NOT NULL,
    espn_away_prob double precision NOT NULL,
    score_diff integer,
    time_remaining integer,
    period integer,
    home_score integer,
    away_score integer,
    score_diff_div_sqrt_time_remaining double precision,
    espn_home_prob_lag_1 double precision,
    espn_away_prob_lag_1 double precision,
    espn_home_prob_delta_1 double precision,
    kalshi_home_bid double precision,
    kalshi_home_ask double precision,
    kalshi_home_mid_price double precision,
    kalshi_home_spread double precision,
    kalshi_away_bid double precision,
    kalshi_away_ask double precision,
    kalshi_away_mid_price double precision,
    kalshi_away_spread double precision,
    kalshi_match_seconds double precision,
    event_ts timestamptz,
    aligned_by text NOT NULL CHECK (aligned_by IN ('wallclock', 'neighbour', 'none')),
    opening_moneyline_home double precision,
    opening_moneyline_away double precision,
    opening_spread double precision,
    opening_total double precision,
    kalshi_away_match_seconds double precision
);
CREATE UNIQUE INDEX snapshot_features_key ON derived.snapshot_features
    (game_id, sequence_number, snapshot_ts, season_label) NULLS NOT DISTINCT;
-- Empty as long as all is well: the gate that looks for such rows reads nothing.
CREATE INDEX snapshot_features_out_of_range ON derived.snapshot_features (game_id)
    WHERE NOT (espn_home_prob BETWEEN 0 AND 1 AND espn_away_prob BETWEEN 0 AND 1
        AND coalesce(kalshi_home_mid_price, 0) BETWEEN 0 AND 1
        AND coalesce(kalshi_away_mid_price, 0) BETWEEN 0 AND 1);
COMMENT ON COLUMN derived.snapshot_features.kalshi_match_seconds IS
    'End of the matched candle minus event_ts, in seconds (home market; away where only that matched).';

-- One row a game with a scoreboard: what its page and the aggregate figures need, kept game by
-- game so that publishing does not read every play of every season.
CREATE TABLE derived.game_stats (
    game_id text PRIMARY KEY,
    items integer NOT NULL,
    plays integer NOT NULL,
    state_rows integer NOT NULL,
    snapshots integer NOT NULL,
    snapshots_with_kalshi integer NOT NULL,
    home_candles integer NOT NULL,
    away_candles integer NOT NULL,
    lead_changes integer,
    brier_espn double precision,
    brier_kalshi double precision,
    mean_abs_difference double precision,
    max_swing double precision,
    last_play_home_score integer,
    last_play_away_score integer,
    last_fetched_at timestamptz
);

CREATE MATERIALIZED VIEW derived.snapshot_features_v1 AS
SELECT * FROM derived.snapshot_features;
CREATE UNIQUE INDEX snapshot_features_v1_key ON derived.snapshot_features_v1
    (game_id, sequence_number, snapshot_ts, season_label) NULLS NOT DISTINCT;

CREATE MATERIALIZED VIEW derived.game_summary AS
SELECT
    g.competition_id AS game_id,
    g.season_label,
    g.game_date,
    g.event_date,
    g.home_code,
    g.away_code,
    g.home_team_display_name AS home_team,
    g.away_team_display_name AS away_team,
    g.is_neutral_site,
    g.status_name,
    g.status_state,
    g.status_completed,
    g.status_period,
    CASE WHEN g.status_completed THEN g.home_score END AS final_home_score,
    CASE WHEN g.status_completed THEN g.away_score END AS final_away_score,
    CASE
        WHEN NOT g.status_completed OR g.home_score = g.away_score THEN NULL
        WHEN g.home_score > g.away_score THEN 0
        WHEN g.home_score < g.away_score THEN 1
    END AS winner,
    coalesce(s.items, 0) AS items,
    coalesce(s.plays, 0) AS plays,
    coalesce(s.state_rows, 0) AS state_rows,
    coalesce(s.snapshots, 0) AS snapshots,
    coalesce(s.home_candles, 0) AS home_candles,
    coalesce(s.away_candles, 0) AS away_candles,
    CASE WHEN s.snapshots > 0
        THEN round(100.0 * s.snapshots_with_kalshi / s.snapshots, 1)
    END AS kalshi_coverage_percent,
    s.lead_changes,
    s.brier_espn,
    s.brier_kalshi,
    s.mean_abs_difference,
    s.max_swing,
    s.last_fetched_at,
    g.final_seen_at
FROM espn.scoreboard_games AS g
LEFT JOIN derived.game_stats AS s ON s.game_id = g.competition_id;
CREATE UNIQUE INDEX game_summary_key ON derived.game_summary (game_id);
CREATE INDEX game_summary_date ON derived.game_summary (game_date DESC, game_id);

CREATE MATERIALIZED VIEW derived.slate AS
SELECT
    g.season_label,
    g.game_date,
    count(*)::integer AS games,
    (count(*) FILTER (WHERE g.status_state = 'in'))::integer AS live,
    (count(*) FILTER (WHERE g.status_completed))::integer AS final,
    (count(*) FILTER (WHERE g.status_name IN ('STATUS_POSTPONED', 'STATUS_CANCELED')))::integer
        AS postponed,
    (count(*) FILTER (WHERE s.items > 0))::integer AS with_probabilities,
    (count(*) FILTER (WHERE s.state_rows > 0))::integer AS with_state,
    (count(*) FILTER (WHERE s.home_candles > 0 OR s.away_candles > 0))::integer AS with_kalshi,
    bool_and(
        coalesce(g.status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
        OR (g.status_completed AND coalesce(s.items, 0) > 0 AND coalesce(s.state_rows, 0) > 0
            AND coalesce(s.home_candles, 0) > 0 AND coalesce(s.away_candles, 0) > 0)
    ) AS complete,
    max(greatest(s.last_fetched_at, g.final_seen_at)) AS last_change
FROM espn.scoreboard_games AS g
LEFT JOIN derived.game_stats AS s ON s.game_id = g.competition_id
WHERE g.game_date IS NOT NULL
GROUP BY g.season_label, g.game_date;
CREATE UNIQUE INDEX slate_key ON derived.slate (season_label, game_date);
