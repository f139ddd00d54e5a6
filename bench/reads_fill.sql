-- A warehouse of the size of a user's, for the reads: only what they look at.

INSERT INTO espn.scoreboard_games (
    event_id, competition_id, scoreboard_date, game_date, event_date, season_label,
    home_code, away_code, home_team_display_name, away_team_display_name, home_score,
    away_score, status_name, status_state, status_completed, source_file_id, final_seen_at)
SELECT id, id, day, day, day + interval '23 h', (2015 + n / 1365)::text,
    'T' || n %% 30, 'T' || n * 7 %% 30, 'Team ' || n %% 30, 'Team ' || n * 7 %% 30,
    100 + n %% 40, 99, 'STATUS_FINAL', 'post', true, n, day + interval '1 day'
FROM generate_series(1, %(games)s) AS n
CROSS JOIN LATERAL (
    SELECT (400000000 + n)::text AS id, date '2015-10-27' + n / 1365 * 365 + n %% 1365 / 8
        AS day) AS of_game;

INSERT INTO derived.game_stats (
    game_id, items, plays, state_rows, snapshots, snapshots_with_kalshi, home_candles,
    away_candles, last_fetched_at)
SELECT (400000000 + n)::text, has_items * %(items)s, has_items * %(items)s,
    has_items * %(items)s, has_candles * %(items)s, has_candles * %(items)s,
    has_candles * %(candles)s, has_candles * %(candles)s, now() - n * interval '1 h'
FROM generate_series(1, %(games)s) AS n
CROSS JOIN LATERAL (
    SELECT (n > %(games)s - %(with_items)s)::integer AS has_items,
        (n > %(games)s - %(with_candles)s)::integer AS has_candles) AS of_game;

INSERT INTO espn.probabilities_raw_items (
    season_label, game_id, sequence_number, event_id, home_win_percentage,
    away_win_percentage, source_file_id)
SELECT '2025-26', (400000000 + n)::text, i, i, 0.5, 0.5, n
FROM generate_series(%(games)s - %(with_items)s + 1, %(games)s) AS n
CROSS JOIN generate_series(1, %(items)s) AS i;

INSERT INTO espn.plays (
    game_id, play_id, season_label, sequence_number, period, clock_seconds, home_score,
    away_score, source_file_id)
SELECT (400000000 + n)::text, i, '2025-26', i, 1, 0, 0, 0, n
FROM generate_series(%(games)s - %(with_items)s + 1, %(games)s) AS n
CROSS JOIN generate_series(1, %(items)s) AS i;

INSERT INTO kalshi.markets (
    ticker, event_ticker, status, side, espn_event_id, first_seen_at, last_seen_at,
    source_file_id)
SELECT n || '-' || side, n::text, 'settled', side, (400000000 + n)::text, now(), now(), n
FROM generate_series(%(games)s - %(with_candles)s + 1, %(games)s) AS n
CROSS JOIN generate_series(0, 1) AS side;

INSERT INTO kalshi.candlesticks (
    ticker, period_interval_min, period_ts, yes_bid_close, yes_ask_close, source_file_id)
SELECT m.ticker, 1, timestamptz '2026-01-01' + i * interval '1 min', 0.49, 0.51, 1
FROM kalshi.markets AS m CROSS JOIN generate_series(1, %(candles)s) AS i;

INSERT INTO nba.games (
    game_id, season, season_type, season_label, game_date, home_code, away_code, status,
    final_from, espn_event_id)
SELECT lpad(n::text, 10, '0'), 2025, 2, g.season_label, g.game_date, g.home_code, g.away_code, 3,
    'pbp', g.event_id
FROM generate_series(%(games)s - %(with_actions)s + 1, %(games)s) AS n
JOIN espn.scoreboard_games AS g ON g.event_id = (400000000 + n)::text;

INSERT INTO derived.game_map (game_date, away_code, home_code, espn_event_id, nba_game_id)
SELECT g.game_date, g.away_code, g.home_code, g.event_id, n.game_id
FROM espn.scoreboard_games AS g LEFT JOIN nba.games AS n ON n.espn_event_id = g.event_id;

INSERT INTO nba.boxscore_games (game_id, status, source_file_id)
SELECT game_id, 3, 1 FROM nba.games;

INSERT INTO nba.pbp_events (
    event_id, game_id, action_number, order_number, period, action_type, source_file_id)
SELECT game_id::bigint * 100000 + i, game_id, i, i * 10000, 1, '2pt', 1
FROM nba.games CROSS JOIN generate_series(1, %(actions)s) AS i;

INSERT INTO ops.pipeline_runs (
    kind, trigger, steps, settings, started_at, finished_at, duration_ms, status,
    app_version, host, pid)
SELECT 'refetch', 'schedule', '{}', '{}', began, began + interval '10 s', 10000, 'done', '',
    '', 1
FROM generate_series(1, %(runs)s) AS n
CROSS JOIN LATERAL (SELECT now() - (%(runs)s - n) * interval '1 h' AS began) AS of_run;

INSERT INTO ops.step_runs (run_id, step, attempt, status, started_at, finished_at, duration_ms)
SELECT run_id, 'step_' || i, 1, CASE WHEN run_id %% 3 = 0 THEN 'skipped' ELSE 'done' END,
    started_at, finished_at, 1000 + run_id %% 100
FROM ops.pipeline_runs CROSS JOIN generate_series(1, 10) AS i;

INSERT INTO ops.refresh_log (
    run_id, step, relation, kind, strategy, triggered_by, started_at, finished_at,
    duration_ms, rows_before, rows_after, inserted, updated, unchanged, deleted, status,
    threshold_ms)
SELECT run_id, 'step_' || i, 'relation_' || i, 'load', 'upsert', 'schedule',
    started_at + i * interval '1 s', started_at + i * interval '2 s',
    50 + run_id * i %% 97, run_id, run_id + 1, 1, 0, 400, 0, 'ok', 30000
FROM ops.pipeline_runs CROSS JOIN generate_series(1, %(refreshes)s) AS i;

REFRESH MATERIALIZED VIEW derived.game_summary;

REFRESH MATERIALIZED VIEW derived.slate;

-- As autovacuum does within a minute; not in the middle of what is measured.
VACUUM ANALYZE;
