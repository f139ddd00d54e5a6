-- name: wait_for_view_briefly
-- A plain REFRESH locks its readers out: better the tables behind the view than to wait.
SET LOCAL lock_timeout = '300ms'

-- name: slate_days_of_tables
-- The days of the slate as it will be when it is published next.
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
GROUP BY g.season_label, g.game_date
ORDER BY g.game_date DESC
LIMIT %(limit)s

-- name: published_games
-- The rows of the games table, with what they are filtered by.
SELECT
    game_id, season_label, game_date, event_date, home_code, away_code, home_team, away_team,
    status_name, status_state, status_completed,
    final_home_score AS home_score,
    final_away_score AS away_score,
    items, plays, state_rows, home_candles, away_candles,
    kalshi_coverage_percent::double precision AS coverage_percent,
    last_fetched_at,
    coalesce(status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
        OR (status_completed AND items > 0 AND state_rows > 0 AND home_candles > 0
            AND away_candles > 0) AS is_complete
FROM derived.game_summary

-- name: games_of_tables
-- The same from the tables behind that view: as it will be when it is published next.
SELECT
    g.competition_id AS game_id,
    g.season_label, g.game_date, g.event_date, g.home_code, g.away_code,
    g.home_team_display_name AS home_team,
    g.away_team_display_name AS away_team,
    g.status_name, g.status_state, g.status_completed,
    CASE WHEN g.status_completed THEN g.home_score END AS home_score,
    CASE WHEN g.status_completed THEN g.away_score END AS away_score,
    coalesce(s.items, 0) AS items,
    coalesce(s.plays, 0) AS plays,
    coalesce(s.state_rows, 0) AS state_rows,
    coalesce(s.home_candles, 0) AS home_candles,
    coalesce(s.away_candles, 0) AS away_candles,
    CASE WHEN s.snapshots > 0
        THEN round(100.0 * s.snapshots_with_kalshi / s.snapshots, 1)
    END::double precision AS coverage_percent,
    s.last_fetched_at,
    coalesce(g.status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
        OR (g.status_completed AND coalesce(s.items, 0) > 0 AND coalesce(s.state_rows, 0) > 0
            AND coalesce(s.home_candles, 0) > 0 AND coalesce(s.away_candles, 0) > 0)
        AS is_complete
FROM espn.scoreboard_games AS g
LEFT JOIN derived.game_stats AS s ON s.game_id = g.competition_id

-- name: nba_parts_of_games
-- What the league's lane holds of these games, of those that it knows.
SELECT
    g.competition_id AS game_id,
    n.game_id AS nba_game_id,
    n.status,
    coalesce(g.status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED') AS is_off,
    coalesce(g.status_completed, false) AS is_over,
    action.events,
    coalesce(n.final_from = 'pbp', false) AS is_told_to_the_end,
    x.game_id IS NOT NULL AS has_box_score,
    coalesce(x.status = 3, false) AS has_final_box_score
FROM espn.scoreboard_games AS g
JOIN derived.game_map AS m ON m.espn_event_id = g.event_id
JOIN nba.games AS n ON n.game_id = m.nba_game_id
LEFT JOIN nba.boxscore_games AS x ON x.game_id = n.game_id
CROSS JOIN LATERAL (
    SELECT count(*) AS events FROM nba.pbp_events AS e WHERE e.game_id = n.game_id
) AS action
WHERE g.competition_id = ANY(%(games)s)

-- name: nba_whole_games
-- Games of which the league's lane holds all there is, or of which there is nothing: they were off.
SELECT g.competition_id
FROM espn.scoreboard_games AS g
LEFT JOIN derived.game_map AS m ON m.espn_event_id = g.event_id
LEFT JOIN nba.games AS n ON n.game_id = m.nba_game_id
LEFT JOIN nba.boxscore_games AS x ON x.game_id = n.game_id
WHERE coalesce(g.status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
   OR (n.final_from = 'pbp' AND x.status = 3)

-- name: nba_games_without_lack
-- These, and those that are still to be played or in play: of what is not over nothing is missing.
SELECT g.competition_id
FROM espn.scoreboard_games AS g
LEFT JOIN derived.game_map AS m ON m.espn_event_id = g.event_id
LEFT JOIN nba.games AS n ON n.game_id = m.nba_game_id
LEFT JOIN nba.boxscore_games AS x ON x.game_id = n.game_id
WHERE coalesce(g.status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
   OR (n.final_from = 'pbp' AND x.status = 3)
   OR (n.status IN (1, 2) AND NOT coalesce(g.status_completed, false))

-- name: game_seasons
SELECT DISTINCT season_label FROM espn.scoreboard_games ORDER BY season_label DESC

-- name: game_teams
SELECT DISTINCT ON (team.code) team.code, team.name
FROM espn.scoreboard_games AS g
CROSS JOIN LATERAL (
    VALUES (g.home_code, g.home_team_display_name), (g.away_code, g.away_team_display_name)
) AS team (code, name)
WHERE team.code IS NOT NULL
ORDER BY team.code, g.game_date DESC NULLS LAST, team.name

-- name: game_moments
-- The probability items of a game with the state of their plays and, where there are features, the
-- market; in home terms. The away market speaks where the home one does not. Of a game without
-- items the states alone.
WITH item AS (
    -- As the features see them: two items may differ in their play alone.
    SELECT DISTINCT ON (i.sequence_number, i.last_modified_utc, i.season_label)
        i.sequence_number, i.last_modified_utc, i.season_label, i.event_id, i.home_win_percentage
    FROM espn.probabilities_raw_items AS i
    WHERE i.game_id = %(game_id)s
    ORDER BY i.sequence_number, i.last_modified_utc, i.season_label, i.event_id DESC NULLS LAST
), moment AS (
    SELECT
        item.sequence_number, s.wallclock, s.period, s.clock_seconds, s.home_score, s.away_score,
        item.home_win_percentage AS espn_home_prob,
        coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price) AS kalshi_mid,
        CASE WHEN f.kalshi_home_mid_price IS NULL THEN f.kalshi_away_bid ELSE f.kalshi_home_bid END
            AS kalshi_bid,
        CASE WHEN f.kalshi_home_mid_price IS NULL THEN f.kalshi_away_ask ELSE f.kalshi_home_ask END
            AS kalshi_ask
    FROM item
    LEFT JOIN espn.prob_event_state AS s
        ON s.game_id = %(game_id)s AND s.event_id = item.event_id
    LEFT JOIN derived.snapshot_features AS f
        ON f.game_id = %(game_id)s AND f.sequence_number = item.sequence_number
        AND f.season_label = item.season_label
        AND f.snapshot_ts IS NOT DISTINCT FROM item.last_modified_utc
    UNION ALL
    SELECT
        s.sequence_number, s.wallclock, s.period, s.clock_seconds, s.home_score, s.away_score,
        NULL, NULL, NULL, NULL
    FROM espn.prob_event_state AS s
    WHERE s.game_id = %(game_id)s
      AND NOT EXISTS (
          SELECT FROM espn.probabilities_raw_items AS i WHERE i.game_id = %(game_id)s)
)
SELECT
    period, clock_seconds, home_score, away_score, espn_home_prob, kalshi_mid, kalshi_bid,
    kalshi_ask
FROM moment
ORDER BY sequence_number, wallclock NULLS FIRST

-- name: game_payloads
-- Its own feeds by their keys, the league's by the game that it is there, each market's candles by
-- the keys they may have been asked for (.60: by the hour), and the scoreboard and the market lists
-- that its rows came from.
WITH game AS (
    SELECT event_id, competition_id, source_file_id
    FROM espn.scoreboard_games WHERE competition_id = %(game_id)s
), market AS (
    SELECT m.ticker, m.event_ticker, m.source_file_id
    FROM game JOIN kalshi.markets AS m ON m.espn_event_id = game.event_id
), wanted (source_type, source_key) AS (
    SELECT kind, game.event_id || ':' || game.competition_id
    FROM game CROSS JOIN (VALUES ('espn_probabilities'), ('espn_plays')) AS core (kind)
    UNION
    SELECT 'espn_summary', event_id FROM game
    UNION
    SELECT kind, n.game_id
    FROM game JOIN nba.games AS n ON n.espn_event_id = game.event_id
    CROSS JOIN (VALUES ('pbp'), ('pbp_v3'), ('boxscore')) AS of_nba (kind)
    UNION
    SELECT 'kalshi_candlesticks', key
    FROM market CROSS JOIN LATERAL (
        VALUES (market.event_ticker), (market.ticker), (market.ticker || '.60')
    ) AS asked (key)
), chosen AS (
    SELECT f.source_file_id FROM wanted
    JOIN ops.source_files AS f USING (source_type, source_key)
    UNION
    SELECT source_file_id FROM game
    UNION
    SELECT source_file_id FROM market
)
SELECT
    f.source_type, f.source_key, f.path, f.fetched_at, f.http_status, f.byte_size, f.sha256_hex,
    f.bad_items, f.load_error
FROM chosen JOIN ops.source_files AS f USING (source_file_id)
ORDER BY f.source_type, f.fetched_at DESC, f.source_key, f.source_file_id

-- name: run_page
SELECT
    r.run_id, r.kind, r.trigger, r.status, r.started_at, r.finished_at, r.duration_ms, r.host,
    r.pid, r.error, r.steps, r.settings, r.resumes,
    coalesce(written.inserted, 0)::bigint AS inserted,
    coalesce(written.updated, 0)::bigint AS updated,
    coalesce(written.deleted, 0)::bigint AS deleted
FROM (
    SELECT * FROM ops.pipeline_runs ORDER BY run_id DESC LIMIT %(limit)s OFFSET %(offset)s
) AS r
CROSS JOIN LATERAL (
    SELECT sum(l.inserted) AS inserted, sum(l.updated) AS updated, sum(l.deleted) AS deleted
    FROM ops.refresh_log AS l
    WHERE l.run_id = r.run_id AND l.kind IN ('load', 'derive')
) AS written
ORDER BY r.run_id DESC

-- name: run_changes
SELECT
    relation,
    coalesce(sum(inserted), 0)::bigint AS inserted,
    coalesce(sum(updated), 0)::bigint AS updated,
    coalesce(sum(unchanged), 0)::bigint AS unchanged,
    coalesce(sum(deleted), 0)::bigint AS deleted
FROM ops.refresh_log
WHERE run_id = %(run_id)s
GROUP BY relation
ORDER BY min(refresh_id)

-- name: games_of_run
-- count(*) is that of all of them, whatever the limit.
SELECT game_id, count(*) OVER () AS total
FROM ops.run_games
WHERE run_id = %(run_id)s
ORDER BY game_id DESC
LIMIT %(limit)s

-- name: last_attempt_of_steps
SELECT DISTINCT ON (step)
    run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM ops.step_runs
ORDER BY step, run_id DESC, attempt DESC

-- name: step_durations
-- The last durations of attempts that did their work, oldest first.
SELECT asked.step, (
    SELECT array_agg(recent.duration_ms / 1000.0::double precision ORDER BY recent.finished_at)
    FROM (
        SELECT s.duration_ms, s.finished_at
        FROM ops.step_runs AS s
        WHERE s.step = asked.step AND s.status = 'done' AND s.duration_ms IS NOT NULL
        ORDER BY s.finished_at DESC
        LIMIT %(most)s
    ) AS recent) AS durations_s
FROM unnest(%(steps)s::text[]) AS asked (step)

-- name: database_size
SELECT current_database(), pg_database_size(current_database())

-- name: working_backends
-- Connections of runs, also idle ones: the run's lock goes with the last of them.
SELECT count(*)
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = 'nbapanel run'

-- name: refresh_series
-- Columns and not rows: a hundred thousand rows would be as many objects in the window. Cut into
-- parts, so that no single row of the answer takes long to take in.
WITH usual AS MATERIALIZED (
    SELECT relation, kind, step,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS median_ms
    FROM ops.refresh_log
    WHERE status = 'ok' AND duration_ms IS NOT NULL
    GROUP BY relation, kind, step
    HAVING count(*) >= %(enough)s
), entry AS (
    SELECT
        l.relation, l.kind, l.step, l.refresh_id, l.run_id, l.started_at, l.duration_ms,
        l.threshold_ms, l.rows_after, l.inserted, l.updated, l.deleted, l.status,
        l.alert_triggered,
        (row_number() OVER in_time - 1) / %(part)s AS part
    FROM ops.refresh_log AS l
    WHERE %(since)s::timestamptz IS NULL OR l.started_at >= %(since)s
    WINDOW in_time AS (
        PARTITION BY l.relation, l.kind, l.step ORDER BY l.started_at, l.refresh_id)
)
SELECT
    e.relation,
    e.kind,
    coalesce(e.step, '') AS of_step,
    array_agg(e.refresh_id ORDER BY e.started_at, e.refresh_id) AS refresh_id,
    array_agg(e.run_id ORDER BY e.started_at, e.refresh_id) AS run_id,
    array_agg(extract(epoch FROM e.started_at)::double precision
        ORDER BY e.started_at, e.refresh_id) AS started_at,
    array_agg(e.duration_ms ORDER BY e.started_at, e.refresh_id) AS duration_ms,
    array_agg(e.threshold_ms ORDER BY e.started_at, e.refresh_id) AS threshold_ms,
    array_agg(e.rows_after ORDER BY e.started_at, e.refresh_id) AS rows_after,
    array_agg(coalesce(e.inserted, 0) ORDER BY e.started_at, e.refresh_id) AS inserted,
    array_agg(coalesce(e.updated, 0) ORDER BY e.started_at, e.refresh_id) AS updated,
    array_agg(coalesce(e.deleted, 0) ORDER BY e.started_at, e.refresh_id) AS deleted,
    array_agg(e.status ORDER BY e.started_at, e.refresh_id) AS status,
    array_agg(
        e.status = 'failed' OR coalesce(e.alert_triggered, false)
        OR coalesce(
            e.status <> 'cancelled'
            AND e.duration_ms > %(factor)s * usual.median_ms
            AND e.duration_ms >= %(least_ms)s, false)
        ORDER BY e.started_at, e.refresh_id) AS is_alert
FROM entry AS e
LEFT JOIN usual
    ON usual.relation = e.relation AND usual.kind = e.kind
    AND usual.step IS NOT DISTINCT FROM e.step
GROUP BY e.relation, e.kind, e.step, e.part
ORDER BY e.relation, e.kind, e.step, e.part

-- name: refresh_alerts
-- The entries that refresh_series calls alerts, newest first.
WITH usual AS MATERIALIZED (
    SELECT relation, kind, step,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_ms) AS median_ms
    FROM ops.refresh_log
    WHERE status = 'ok' AND duration_ms IS NOT NULL
    GROUP BY relation, kind, step
    HAVING count(*) >= %(enough)s
)
SELECT
    l.refresh_id, l.run_id, coalesce(l.step, '') AS step, l.relation, l.started_at AS at,
    l.status, l.duration_ms, l.threshold_ms, usual.median_ms AS usual_ms, l.error
FROM ops.refresh_log AS l
LEFT JOIN usual
    ON usual.relation = l.relation AND usual.kind = l.kind
    AND usual.step IS NOT DISTINCT FROM l.step
WHERE l.started_at >= %(since)s
  AND (l.status = 'failed' OR l.alert_triggered
      OR (l.status <> 'cancelled' AND l.duration_ms > %(factor)s * usual.median_ms
          AND l.duration_ms >= %(least_ms)s))
ORDER BY l.started_at DESC, l.refresh_id DESC
LIMIT %(limit)s
