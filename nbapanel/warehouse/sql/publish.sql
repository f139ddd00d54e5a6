-- name: gate_row_counts
-- Rows of a working table against those of the published view over it.
SELECT p.row_count AS published, coalesce(v.row_count, 0) AS working
FROM ops.published_views AS p
LEFT JOIN ops.relation_versions AS v ON v.relation = %(working)s
WHERE p.relation = %(view)s

-- name: gate_slate_days
-- Days that the slate will have against those of the published one.
SELECT p.row_count AS published, (
    SELECT count(*) FROM (
        SELECT DISTINCT season_label, game_date
        FROM espn.scoreboard_games WHERE game_date IS NOT NULL) AS days) AS working
FROM ops.published_views AS p
WHERE p.relation = %(view)s

-- name: gate_state_missing
-- Completed games without state, though ESPN does not say that it has no plays of them. Of the
-- window, and all that changed since the views were published: the views show every game. A run
-- about some games does not answer for others that nobody ever asked the feed for, unless a gate
-- objected to them already.
SELECT g.competition_id, g.short_name
FROM espn.scoreboard_games AS g
LEFT JOIN ops.unpublished_games AS u ON u.game_id = g.competition_id
WHERE (u.game_id IS NOT NULL OR g.game_date BETWEEN %(first)s AND %(last)s)
  AND g.status_completed
  AND (%(games)s::text[] IS NULL OR g.competition_id = ANY(%(games)s) OR u.objected OR EXISTS (
      SELECT FROM ops.source_files AS f
      WHERE f.source_type IN ('espn_plays', 'espn_probabilities')
        AND f.source_key = g.event_id || ':' || g.competition_id))
  AND NOT EXISTS (SELECT FROM espn.prob_event_state AS s WHERE s.game_id = g.competition_id)
  AND NOT EXISTS (
      SELECT FROM ops.source_files AS f
      WHERE f.source_type = 'espn_summary' AND f.source_key = g.event_id AND f.http_status >= 400)
ORDER BY g.game_date, g.competition_id

-- name: gate_final_score
-- Completed games whose last play has another score than the scoreboard: of the window, and all
-- that changed since the views were published.
SELECT g.competition_id,
    g.short_name || ' scoreboard ' || g.home_score || '-' || g.away_score
        || ', last play ' || s.last_play_home_score || '-' || s.last_play_away_score
FROM espn.scoreboard_games AS g
JOIN derived.game_stats AS s ON s.game_id = g.competition_id
LEFT JOIN ops.unpublished_games AS u ON u.game_id = g.competition_id
WHERE (u.game_id IS NOT NULL OR g.game_date BETWEEN %(first)s AND %(last)s)
  AND g.status_completed
  AND (s.last_play_home_score <> g.home_score OR s.last_play_away_score <> g.away_score)
ORDER BY g.game_date, g.competition_id

-- name: gate_probability_range
-- All of the table, whatever the run is about: the view shows all of it.
SELECT game_id, count(*) || ' rows'
FROM derived.snapshot_features
WHERE NOT (espn_home_prob BETWEEN 0 AND 1 AND espn_away_prob BETWEEN 0 AND 1
    AND coalesce(kalshi_home_mid_price, 0) BETWEEN 0 AND 1
    AND coalesce(kalshi_away_mid_price, 0) BETWEEN 0 AND 1)
GROUP BY game_id
ORDER BY game_id

-- name: gate_future_candle
-- A look at the end of each market's candles, not at all of them.
SELECT m.ticker, 'a candle ends at ' || late.period_ts || ', by the clock it is '
    || date_trunc('second', %(now)s::timestamptz)
FROM kalshi.markets AS m
CROSS JOIN LATERAL (
    SELECT c.period_ts
    FROM kalshi.candlesticks AS c
    WHERE c.ticker = m.ticker AND c.period_interval_min = 1 AND c.period_ts > %(now)s
    ORDER BY c.period_ts DESC
    LIMIT 1
) AS late
ORDER BY m.ticker

-- name: gate_crossed_quote
-- The condition is that of the index candlesticks_crossed, which holds such rows alone.
SELECT ticker, count(*) || ' candles'
FROM kalshi.candlesticks
WHERE yes_bid_close > yes_ask_close
GROUP BY ticker
ORDER BY ticker

-- name: view_populated
SELECT c.relispopulated
FROM pg_class AS c WHERE c.oid = %(view)s::regclass

-- name: written_to_view
-- Rows written to and removed from a materialized view so far, as PostgreSQL counts them.
SELECT n_tup_ins, n_tup_del
FROM pg_stat_all_tables WHERE relid = %(view)s::regclass

-- name: unpublished_games
SELECT game_id, changed_at FROM ops.unpublished_games

-- name: games_published
-- One that changed again since it was judged stays.
DELETE FROM ops.unpublished_games AS u
USING unnest(%(games)s::text[], %(changed)s::timestamptz[]) AS judged (game_id, changed_at)
WHERE u.game_id = judged.game_id AND u.changed_at = judged.changed_at

-- name: games_objected
-- Outside the window and unchanged they would be forgotten by the next run.
INSERT INTO ops.unpublished_games (game_id, objected)
SELECT unnest(%(games)s::text[]), true
ON CONFLICT (game_id) DO UPDATE SET objected = true

-- name: caches_behind
-- Views published after the caches were last cleared.
SELECT p.relation
FROM ops.published_views AS p
WHERE p.published_at > coalesce((
    SELECT max(s.finished_at) FROM ops.step_runs AS s
    WHERE s.step = %(step)s AND s.status = 'done'), '-infinity')
ORDER BY p.relation
