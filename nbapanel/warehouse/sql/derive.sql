-- name: take_marked_games
-- Take the marks of a derived relation, in the transaction that computes it: if that fails, the
-- marks stand again.
WITH taken AS (
    DELETE FROM ops.game_changes
    WHERE dataset = %(dataset)s
      AND game_id IN (
          SELECT game_id FROM ops.game_changes WHERE dataset = %(dataset)s
          ORDER BY game_id LIMIT %(batch)s)
    RETURNING game_id
)
SELECT game_id FROM taken ORDER BY game_id

-- name: mark_games
INSERT INTO ops.game_changes (dataset, game_id, run_id)
SELECT d.dataset, g.game_id, %(run_id)s
FROM unnest(%(datasets)s::text[]) AS d (dataset)
CROSS JOIN unnest(%(games)s::text[]) AS g (game_id)
ON CONFLICT (dataset, game_id) DO UPDATE
SET changed_at = excluded.changed_at, run_id = excluded.run_id

-- name: games_to_compute
-- The games of this pass, as a table that the statements below join.
CREATE TEMPORARY TABLE computing (game_id text PRIMARY KEY) ON COMMIT DROP

-- name: compute_prob_event_state
-- The state of the game at each play, from the plays and the scoreboard.
-- time_remaining counts the overtimes of a finished game, and of a running one only those that
-- have begun; time_remaining_regulation knows nothing of overtimes.
INSERT INTO computed (
    game_id, event_id, point_differential, time_remaining, period, clock_seconds, possession_side,
    home_score, away_score, current_winning_team, final_winning_team, wallclock,
    time_remaining_regulation, sequence_number)
WITH game AS (
    SELECT
        c.game_id,
        g.home_team_id,
        g.away_team_id,
        CASE
            WHEN NOT g.status_completed OR g.home_score = g.away_score THEN NULL
            WHEN g.home_score > g.away_score THEN 0
            WHEN g.home_score < g.away_score THEN 1
        END AS final_winning_team,
        g.status_completed,
        last_period.period AS max_period
    FROM computing AS c
    JOIN espn.scoreboard_games AS g ON g.competition_id = c.game_id
    CROSS JOIN LATERAL (
        SELECT max(p.period) AS period FROM espn.plays AS p WHERE p.game_id = c.game_id
    ) AS last_period
)
SELECT
    p.game_id,
    p.play_id,
    p.home_score - p.away_score,
    floor(
        CASE
            WHEN p.period BETWEEN 1 AND 4 THEN
                (4 - p.period) * 720 + p.clock_seconds
                + CASE WHEN game.status_completed THEN 300 * greatest(game.max_period - 4, 0)
                       ELSE 0 END
            WHEN p.period > 4 THEN (game.max_period - p.period) * 300 + p.clock_seconds
        END + 0.5)::integer,
    p.period,
    p.clock_seconds,
    CASE
        WHEN p.play_type_text = 'Jumpball'
          OR p.play_type_text LIKE '%%Rebound%%'
          OR p.play_type_text LIKE '%%Turnover%%'
          OR p.play_type_text LIKE '%%Free Throw%%'
          OR p.is_shooting_play
          OR p.points_attempted > 0
        THEN CASE p.team_id WHEN game.home_team_id THEN 0 WHEN game.away_team_id THEN 1 END
    END,
    p.home_score,
    p.away_score,
    CASE WHEN p.home_score > p.away_score THEN 0 WHEN p.home_score < p.away_score THEN 1 END,
    game.final_winning_team,
    p.wallclock,
    CASE
        WHEN p.period BETWEEN 1 AND 4
        THEN floor((4 - p.period) * 720 + p.clock_seconds + 0.5)::integer
        WHEN p.period > 4 THEN 0
    END,
    p.sequence_number
FROM game
JOIN espn.plays AS p ON p.game_id = game.game_id

-- name: compute_snapshot_features
-- One row a probability item of a game that has candles.
-- The candle of a row is found by merging two sorted lists, all rows and all candles in order of
-- game, side and time: the number of candles that come before a row is the number of the candle
-- before it, and the next number that of the candle after it (if they are of its game and side).
-- So no row is multiplied and none is dropped, and every join is on one number that is unique:
-- the planner cannot go wrong, however little it knows of the sizes.
INSERT INTO computed (
    game_id, sequence_number, snapshot_ts, season_label, espn_home_prob, espn_away_prob,
    score_diff, time_remaining, period, home_score, away_score, score_diff_div_sqrt_time_remaining,
    espn_home_prob_lag_1, espn_away_prob_lag_1, espn_home_prob_delta_1, kalshi_home_bid,
    kalshi_home_ask, kalshi_home_mid_price, kalshi_home_spread, kalshi_away_bid, kalshi_away_ask,
    kalshi_away_mid_price, kalshi_away_spread, kalshi_match_seconds, event_ts, aligned_by,
    kalshi_away_match_seconds)
WITH market AS MATERIALIZED (
    -- One market a side: a relisted one counts by its newest listing.
    SELECT DISTINCT ON (g.competition_id, m.side) g.competition_id AS game_id, m.side, m.ticker
    FROM computing AS c
    JOIN espn.scoreboard_games AS g ON g.competition_id = c.game_id
    JOIN kalshi.markets AS m ON m.espn_event_id = g.event_id AND m.side IS NOT NULL
    WHERE EXISTS (
        SELECT FROM kalshi.candlesticks AS k
        WHERE k.ticker = m.ticker AND k.period_interval_min = 1)
    ORDER BY g.competition_id, m.side, (m.gone_since IS NULL) DESC,
        m.open_time DESC NULLS LAST, m.ticker
),
item AS MATERIALIZED (
    SELECT
        row_number() OVER (
            ORDER BY p.game_id, p.sequence_number, p.last_modified_utc, p.season_label) AS number,
        p.game_id,
        p.sequence_number,
        p.last_modified_utc,
        p.season_label,
        p.home_win_percentage,
        p.away_win_percentage,
        lag(p.home_win_percentage) OVER in_game AS home_lag,
        lag(p.away_win_percentage) OVER in_game AS away_lag,
        s.point_differential,
        s.time_remaining,
        s.period,
        s.home_score,
        s.away_score,
        coalesce(s.wallclock, neighbour.wallclock) AS event_ts,
        CASE
            WHEN s.wallclock IS NOT NULL THEN 'wallclock'
            WHEN neighbour.wallclock IS NOT NULL THEN 'neighbour'
            ELSE 'none'
        END AS aligned_by
    FROM (
        -- Two items may differ in their play alone; the published key does not hold it.
        SELECT DISTINCT ON (game_id, sequence_number, last_modified_utc, season_label) i.*
        FROM espn.probabilities_raw_items AS i
        WHERE i.game_id IN (SELECT game_id FROM market)
        ORDER BY game_id, sequence_number, last_modified_utc, season_label,
            event_id DESC NULLS LAST
    ) AS p
    LEFT JOIN espn.prob_event_state AS s ON s.game_id = p.game_id AND s.event_id = p.event_id
    LEFT JOIN LATERAL (
        SELECT e.wallclock
        FROM espn.prob_event_state AS e
        WHERE s.wallclock IS NULL
          AND e.game_id = p.game_id
          AND e.sequence_number <= p.sequence_number
          AND e.wallclock IS NOT NULL
        ORDER BY e.sequence_number DESC, e.event_id DESC
        LIMIT 1
    ) AS neighbour ON true
    WINDOW in_game AS (
        PARTITION BY p.game_id
        ORDER BY p.sequence_number, p.last_modified_utc, p.season_label)
),
played AS MATERIALIZED (
    SELECT game_id, min(event_ts) AS first_ts, max(event_ts) AS last_ts FROM item GROUP BY game_id
),
candle AS MATERIALIZED (
    SELECT
        market.game_id,
        market.side,
        row_number() OVER (ORDER BY market.game_id, market.side, k.period_ts) AS number,
        k.period_ts,
        k.yes_bid_close AS bid,
        k.yes_ask_close AS ask
    FROM market
    JOIN played ON played.game_id = market.game_id
    JOIN kalshi.candlesticks AS k
      ON k.ticker = market.ticker
     AND k.period_interval_min = 1
     AND k.period_ts BETWEEN played.first_ts - interval '60 s' AND played.last_ts + interval '60 s'
    WHERE k.yes_bid_close IS NOT NULL AND k.yes_ask_close IS NOT NULL
),
merged AS (
    SELECT
        game_id, side, ts, number,
        count(*) FILTER (WHERE number IS NULL) OVER (
            ORDER BY game_id, side, ts, (number IS NOT NULL)
            ROWS UNBOUNDED PRECEDING) AS candles_before
    FROM (
        SELECT item.game_id, side.side, item.event_ts AS ts, item.number
        FROM item
        CROSS JOIN (VALUES (0::smallint), (1::smallint)) AS side (side)
        WHERE item.event_ts IS NOT NULL
        UNION ALL
        SELECT game_id, side, period_ts, NULL FROM candle
    ) AS both_lists
),
matched AS (
    SELECT
        merged.side,
        merged.number,
        CASE takes WHEN 'next' THEN next.period_ts WHEN 'before' THEN before.period_ts END
            AS period_ts,
        CASE takes WHEN 'next' THEN next.bid WHEN 'before' THEN before.bid END AS bid,
        CASE takes WHEN 'next' THEN next.ask WHEN 'before' THEN before.ask END AS ask
    FROM merged
    LEFT JOIN candle AS before ON before.number = merged.candles_before
    LEFT JOIN candle AS next ON next.number = merged.candles_before + 1
    CROSS JOIN LATERAL (
        SELECT
            before.game_id = merged.game_id AND before.side = merged.side
                AND merged.ts - before.period_ts <= interval '60 s' AS may_take_before,
            next.game_id = merged.game_id AND next.side = merged.side
                AND next.period_ts - merged.ts <= interval '60 s' AS may_take_next
    ) AS near
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN may_take_next AND (may_take_before IS NOT TRUE
                OR next.period_ts - merged.ts <= merged.ts - before.period_ts) THEN 'next'
            WHEN may_take_before THEN 'before'
        END AS takes
    ) AS choice
    WHERE merged.number IS NOT NULL
)
SELECT
    item.game_id,
    item.sequence_number,
    item.last_modified_utc,
    item.season_label,
    item.home_win_percentage,
    item.away_win_percentage,
    item.point_differential,
    item.time_remaining,
    item.period,
    item.home_score,
    item.away_score,
    CASE WHEN item.time_remaining > 0
        THEN item.point_differential / sqrt((item.time_remaining + 1)::double precision)
    END,
    item.home_lag,
    item.away_lag,
    item.home_win_percentage - item.home_lag,
    home.bid,
    home.ask,
    (home.bid + home.ask) / 2,
    home.ask - home.bid,
    1 - away.ask,
    1 - away.bid,
    1 - (away.bid + away.ask) / 2,
    away.ask - away.bid,
    extract(epoch FROM coalesce(home.period_ts, away.period_ts) - item.event_ts),
    item.event_ts,
    item.aligned_by,
    extract(epoch FROM away.period_ts - item.event_ts)
FROM item
LEFT JOIN matched AS home ON home.number = item.number AND home.side = 0
LEFT JOIN matched AS away ON away.number = item.number AND away.side = 1

-- name: compute_game_stats
-- The figures of a game's page. The Brier score is the mean squared error of a probability of a
-- home win against what happened; both are over the rows where that feed spoke.
INSERT INTO computed (
    game_id, items, plays, state_rows, snapshots, snapshots_with_kalshi, home_candles,
    away_candles, lead_changes, brier_espn, brier_kalshi, mean_abs_difference, max_swing,
    last_play_home_score, last_play_away_score, last_fetched_at)
WITH game AS MATERIALIZED (
    SELECT
        c.game_id,
        g.event_id,
        g.final_seen_at,
        CASE WHEN g.status_completed AND g.home_score <> g.away_score
            THEN (g.home_score > g.away_score)::integer
        END AS home_won
    FROM computing AS c
    JOIN espn.scoreboard_games AS g ON g.competition_id = c.game_id
),
items AS (
    SELECT
        game_id,
        count(*) AS items,
        avg((home_win_percentage - home_won) ^ 2) AS brier,
        max(abs(home_win_percentage - before)) AS max_swing
    FROM (
        SELECT
            i.game_id, i.home_win_percentage, game.home_won,
            lag(i.home_win_percentage) OVER (
                PARTITION BY i.game_id
                ORDER BY i.sequence_number, i.last_modified_utc, i.event_id) AS before
        FROM espn.probabilities_raw_items AS i
        JOIN game ON game.game_id = i.game_id
    ) AS in_order
    GROUP BY game_id
),
states AS (
    SELECT
        game_id,
        count(*) AS state_rows,
        count(*) FILTER (WHERE leader <> 0 AND leader <> led_before) AS lead_changes,
        (array_agg(home_score ORDER BY place DESC) FILTER (WHERE is_scored))[1] AS home_score,
        (array_agg(away_score ORDER BY place DESC) FILTER (WHERE is_scored))[1] AS away_score
    FROM (
        SELECT
            ordered.*,
            -- Ties do not lead: the leader before is that of the last play that had one.
            max(CASE WHEN leader <> 0 THEN place * 4 + leader + 1 END) OVER (
                PARTITION BY game_id ORDER BY place
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_lead
        FROM (
            SELECT
                s.game_id, s.home_score, s.away_score,
                s.home_score IS NOT NULL AND s.away_score IS NOT NULL AS is_scored,
                sign(s.point_differential)::integer AS leader,
                -- The order of play is that of the game's clock: corrections made later carry
                -- sequence numbers beyond the end of the game. Rows that say 0-0 once somebody
                -- scored are administrative, and come first.
                row_number() OVER (
                    PARTITION BY s.game_id
                    ORDER BY (s.home_score = 0 AND s.away_score = 0) DESC, s.period,
                        s.clock_seconds DESC, s.wallclock NULLS FIRST, s.sequence_number,
                        s.event_id) AS place
            FROM espn.prob_event_state AS s
            JOIN game ON game.game_id = s.game_id
        ) AS ordered
    ) AS in_order
    CROSS JOIN LATERAL (SELECT last_lead %% 4 - 1 AS led_before) AS led
    GROUP BY game_id
),
snapshots AS (
    SELECT
        f.game_id,
        count(*) AS snapshots,
        count(*) FILTER (
            WHERE coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price) IS NOT NULL)
            AS with_kalshi,
        -- In order, for a sum of floats depends on it: the same rows give the same last digit.
        avg((coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price) - game.home_won) ^ 2
            ORDER BY f.sequence_number, f.snapshot_ts) AS brier,
        avg(abs(f.espn_home_prob - coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price))
            ORDER BY f.sequence_number, f.snapshot_ts) AS mean_abs_difference
    FROM derived.snapshot_features AS f
    JOIN game ON game.game_id = f.game_id
    GROUP BY f.game_id
),
candles AS (
    SELECT
        game.game_id,
        count(*) FILTER (WHERE m.side = 0) AS home_candles,
        count(*) FILTER (WHERE m.side = 1) AS away_candles
    FROM game
    JOIN kalshi.markets AS m ON m.espn_event_id = game.event_id
    JOIN kalshi.candlesticks AS k ON k.ticker = m.ticker AND k.period_interval_min = 1
    GROUP BY game.game_id
),
played AS (
    SELECT p.game_id, count(*) AS plays
    FROM espn.plays AS p
    JOIN game ON game.game_id = p.game_id
    GROUP BY p.game_id
),
fetched AS (
    SELECT used.game_id, max(f.fetched_at) AS fetched_at
    FROM (
        SELECT DISTINCT i.game_id, i.source_file_id
        FROM espn.probabilities_raw_items AS i JOIN game ON game.game_id = i.game_id
        UNION
        SELECT DISTINCT p.game_id, p.source_file_id
        FROM espn.plays AS p JOIN game ON game.game_id = p.game_id
    ) AS used
    JOIN ops.source_files AS f ON f.source_file_id = used.source_file_id
    GROUP BY used.game_id
)
SELECT
    game.game_id,
    coalesce(items.items, 0),
    coalesce(played.plays, 0),
    coalesce(states.state_rows, 0),
    coalesce(snapshots.snapshots, 0),
    coalesce(snapshots.with_kalshi, 0),
    coalesce(candles.home_candles, 0),
    coalesce(candles.away_candles, 0),
    states.lead_changes,
    items.brier,
    snapshots.brier,
    snapshots.mean_abs_difference,
    items.max_swing,
    states.home_score,
    states.away_score,
    fetched.fetched_at
FROM game
LEFT JOIN items ON items.game_id = game.game_id
LEFT JOIN states ON states.game_id = game.game_id
LEFT JOIN snapshots ON snapshots.game_id = game.game_id
LEFT JOIN candles ON candles.game_id = game.game_id
LEFT JOIN played ON played.game_id = game.game_id
LEFT JOIN fetched ON fetched.game_id = game.game_id
