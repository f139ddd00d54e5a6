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

-- name: marked_games
-- How many games are marked for a derived relation.
SELECT count(*) FROM ops.game_changes WHERE dataset = %(dataset)s

-- name: mark_games
-- What is to be computed again is to be published again too, and judged before. A run's page names
-- the games that it changed.
WITH unpublished AS (
    INSERT INTO ops.unpublished_games (game_id)
    SELECT unnest(%(games)s::text[])
    ON CONFLICT (game_id) DO UPDATE SET changed_at = excluded.changed_at
), of_run AS (
    INSERT INTO ops.run_games (run_id, game_id)
    SELECT r.run_id, g.game_id
    FROM ops.pipeline_runs AS r
    CROSS JOIN unnest(%(games)s::text[]) AS g (game_id)
    WHERE r.run_id = %(run_id)s
    ON CONFLICT DO NOTHING
)
INSERT INTO ops.game_changes (dataset, game_id, run_id)
SELECT d.dataset, g.game_id, %(run_id)s
FROM unnest(%(datasets)s::text[]) AS d (dataset)
CROSS JOIN unnest(%(games)s::text[]) AS g (game_id)
ON CONFLICT (dataset, game_id) DO UPDATE
SET changed_at = excluded.changed_at, run_id = excluded.run_id

-- name: games_to_compute
-- The games of this pass, as a table that the statements below join.
CREATE TEMPORARY TABLE computing (game_id text PRIMARY KEY) ON COMMIT DROP

-- name: choose_games_to_compute
INSERT INTO computing SELECT unnest(%(games)s::text[])

-- name: games_to_verify
-- Every game there is, and every one that has derived rows and should have none.
SELECT competition_id FROM espn.scoreboard_games
UNION SELECT game_id FROM espn.prob_event_state
UNION SELECT game_id FROM derived.snapshot_features
UNION SELECT game_id FROM derived.game_stats
ORDER BY 1

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
-- Everything is done a game at a time: a game's items and states are read by their keys and
-- ordered in memory, and its candles are gathered once, as arrays in order of time. width_bucket
-- then tells how many of these ended up to a moment: that is the number of the candle before it,
-- and the next number that of the candle after it. So no row is multiplied and none is dropped,
-- and the time per game is the same however large the tables are.
-- Prices are gathered in ten-thousandths: whole numbers are found in an array at once.
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
game AS MATERIALIZED (
    -- Of each side there is one: max only picks it.
    SELECT
        market.game_id,
        max(candles.ends) FILTER (WHERE market.side = 0) AS home_ends,
        max(candles.bids) FILTER (WHERE market.side = 0) AS home_bids,
        max(candles.asks) FILTER (WHERE market.side = 0) AS home_asks,
        max(candles.ends) FILTER (WHERE market.side = 1) AS away_ends,
        max(candles.bids) FILTER (WHERE market.side = 1) AS away_bids,
        max(candles.asks) FILTER (WHERE market.side = 1) AS away_asks
    FROM market
    CROSS JOIN LATERAL (
        SELECT min(e.wallclock) AS first_ts, max(e.wallclock) AS last_ts
        FROM espn.prob_event_state AS e
        WHERE e.game_id = market.game_id
    ) AS played
    CROSS JOIN LATERAL (
        SELECT
            array_agg(k.period_ts ORDER BY k.period_ts) AS ends,
            array_agg((k.yes_bid_close * 10000)::integer ORDER BY k.period_ts) AS bids,
            array_agg((k.yes_ask_close * 10000)::integer ORDER BY k.period_ts) AS asks
        FROM kalshi.candlesticks AS k
        WHERE k.ticker = market.ticker
          AND k.period_interval_min = 1
          AND k.period_ts BETWEEN played.first_ts - interval '60 s'
              AND played.last_ts + interval '60 s'
          AND k.yes_bid_close IS NOT NULL AND k.yes_ask_close IS NOT NULL
    ) AS candles
    GROUP BY market.game_id
),
placed AS NOT MATERIALIZED (
    -- OFFSET 0 here and below: each column is worked out once a row, and not wherever it is named.
    -- Not as a LATERAL a row either: what these give is remembered by all that they were given,
    -- arrays and all, and that took longer than the rest.
    SELECT
        game.*,
        item.*,
        CASE
            WHEN item.wallclock IS NOT NULL THEN 'wallclock'
            WHEN item.event_ts IS NOT NULL THEN 'neighbour'
            ELSE 'none'
        END AS aligned_by,
        width_bucket(item.event_ts, game.home_ends) AS home_passed,
        width_bucket(item.event_ts, game.away_ends) AS away_passed
    FROM game
    CROSS JOIN LATERAL (
        SELECT
            p.*,
            lag(p.home_win_percentage) OVER in_order AS home_lag,
            lag(p.away_win_percentage) OVER in_order AS away_lag,
            coalesce(p.wallclock, (
                SELECT e.wallclock
                FROM espn.prob_event_state AS e
                WHERE e.game_id = game.game_id
                  AND e.sequence_number <= p.sequence_number
                  AND e.wallclock IS NOT NULL
                ORDER BY e.sequence_number DESC, e.event_id DESC
                LIMIT 1)) AS event_ts
        FROM (
            -- Two items may differ in their play alone; the published key does not hold it.
            SELECT DISTINCT ON (i.sequence_number, i.last_modified_utc, i.season_label)
                i.sequence_number, i.last_modified_utc, i.season_label, i.home_win_percentage,
                i.away_win_percentage, s.point_differential, s.time_remaining, s.period,
                s.home_score, s.away_score, s.wallclock
            FROM espn.probabilities_raw_items AS i
            LEFT JOIN espn.prob_event_state AS s
              ON s.game_id = game.game_id AND s.event_id = i.event_id
            WHERE i.game_id = game.game_id
            ORDER BY i.sequence_number, i.last_modified_utc, i.season_label,
                i.event_id DESC NULLS LAST
        ) AS p
        WINDOW in_order AS (ORDER BY p.sequence_number, p.last_modified_utc, p.season_label)
    ) AS item
    OFFSET 0
),
matched AS NOT MATERIALIZED (
    -- The number of the nearest candle of each side; of two that are as near, the later one.
    SELECT
        placed.*,
        CASE
            WHEN home_ends[home_passed + 1] - event_ts
                <= least(event_ts - home_ends[home_passed], interval '60 s')
                THEN home_passed + 1
            WHEN event_ts - home_ends[home_passed] <= interval '60 s'
                THEN home_passed
        END AS home,
        CASE
            WHEN away_ends[away_passed + 1] - event_ts
                <= least(event_ts - away_ends[away_passed], interval '60 s')
                THEN away_passed + 1
            WHEN event_ts - away_ends[away_passed] <= interval '60 s'
                THEN away_passed
        END AS away
    FROM placed
    OFFSET 0
)
SELECT
    game_id,
    sequence_number,
    last_modified_utc,
    season_label,
    home_win_percentage,
    away_win_percentage,
    point_differential,
    time_remaining,
    period,
    home_score,
    away_score,
    CASE WHEN time_remaining > 0
        THEN point_differential / sqrt((time_remaining + 1)::double precision)
    END,
    home_lag,
    away_lag,
    home_win_percentage - home_lag,
    home_bids[home] / 1e4::double precision,
    home_asks[home] / 1e4::double precision,
    (home_bids[home] + home_asks[home]) / 2e4::double precision,
    (home_asks[home] - home_bids[home]) / 1e4::double precision,
    (10000 - away_asks[away]) / 1e4::double precision,
    (10000 - away_bids[away]) / 1e4::double precision,
    (20000 - away_bids[away] - away_asks[away]) / 2e4::double precision,
    (away_asks[away] - away_bids[away]) / 1e4::double precision,
    extract(epoch FROM coalesce(home_ends[home], away_ends[away]) - event_ts),
    event_ts,
    aligned_by,
    extract(epoch FROM away_ends[away] - event_ts)
FROM matched

-- name: compute_game_stats
-- The figures of a game's page. The Brier score is the mean squared error of a probability of a
-- home win against what happened; both are over the rows where that feed spoke.
-- A game at a time, as the features are: each list is read by its key and ordered in memory.
INSERT INTO computed (
    game_id, items, plays, state_rows, snapshots, snapshots_with_kalshi, home_candles,
    away_candles, lead_changes, brier_espn, brier_kalshi, mean_abs_difference, max_swing,
    last_play_home_score, last_play_away_score, last_fetched_at)
WITH game AS MATERIALIZED (
    SELECT
        c.game_id,
        g.event_id,
        CASE WHEN g.status_completed AND g.home_score <> g.away_score
            THEN (g.home_score > g.away_score)::integer
        END AS home_won
    FROM computing AS c
    JOIN espn.scoreboard_games AS g ON g.competition_id = c.game_id
)
SELECT
    game.game_id,
    items.items,
    played.plays,
    states.state_rows,
    snapshots.snapshots,
    snapshots.with_kalshi,
    coalesce(candles.home_candles, 0),
    coalesce(candles.away_candles, 0),
    CASE WHEN states.state_rows > 0 THEN states.lead_changes END,
    items.brier,
    snapshots.brier,
    snapshots.mean_abs_difference,
    items.max_swing,
    states.home_score,
    states.away_score,
    fetched.fetched_at
FROM game
CROSS JOIN LATERAL (
    SELECT
        count(*) AS items,
        -- In order: what else is gathered here may sort the rows otherwise, and a sum of floats
        -- depends on it. The same rows give the same last digit.
        avg((home_win_percentage - game.home_won) ^ 2
            ORDER BY sequence_number, last_modified_utc, event_id) AS brier,
        max(abs(home_win_percentage - before)) AS max_swing,
        array_agg(DISTINCT source_file_id) AS files
    FROM (
        SELECT
            i.sequence_number,
            i.last_modified_utc,
            i.event_id,
            i.home_win_percentage,
            i.source_file_id,
            lag(i.home_win_percentage) OVER (
                ORDER BY i.sequence_number, i.last_modified_utc, i.event_id) AS before
        FROM espn.probabilities_raw_items AS i
        WHERE i.game_id = game.game_id
    ) AS in_order
) AS items
CROSS JOIN LATERAL (
    SELECT
        count(*) AS state_rows,
        count(*) FILTER (WHERE leader <> 0 AND leader <> last_lead %% 4 - 1) AS lead_changes,
        (array_agg(home_score ORDER BY place DESC) FILTER (WHERE is_scored))[1] AS home_score,
        (array_agg(away_score ORDER BY place DESC) FILTER (WHERE is_scored))[1] AS away_score
    FROM (
        SELECT
            ordered.*,
            -- Ties do not lead: the leader before is that of the last play that had one.
            max(CASE WHEN leader <> 0 THEN place * 4 + leader + 1 END) OVER (
                ORDER BY place
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_lead
        FROM (
            SELECT
                s.home_score, s.away_score,
                s.home_score IS NOT NULL AND s.away_score IS NOT NULL AS is_scored,
                sign(s.point_differential)::integer AS leader,
                -- The order of play is that of the game's clock: corrections made later carry
                -- sequence numbers beyond the end of the game. Rows that say 0-0 once somebody
                -- scored are administrative, and come first.
                row_number() OVER (
                    ORDER BY (s.home_score = 0 AND s.away_score = 0) DESC, s.period,
                        s.clock_seconds DESC, s.wallclock NULLS FIRST, s.sequence_number,
                        s.event_id) AS place
            FROM espn.prob_event_state AS s
            WHERE s.game_id = game.game_id
        ) AS ordered
    ) AS in_order
) AS states
CROSS JOIN LATERAL (
    SELECT
        count(*) AS snapshots,
        count(*) FILTER (
            WHERE coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price) IS NOT NULL)
            AS with_kalshi,
        -- In order, as above.
        avg((coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price) - game.home_won) ^ 2
            ORDER BY f.sequence_number, f.snapshot_ts) AS brier,
        avg(abs(f.espn_home_prob - coalesce(f.kalshi_home_mid_price, f.kalshi_away_mid_price))
            ORDER BY f.sequence_number, f.snapshot_ts) AS mean_abs_difference
    FROM derived.snapshot_features AS f
    WHERE f.game_id = game.game_id
) AS snapshots
CROSS JOIN LATERAL (
    SELECT
        sum(of_market.candles) FILTER (WHERE m.side = 0) AS home_candles,
        sum(of_market.candles) FILTER (WHERE m.side = 1) AS away_candles
    FROM kalshi.markets AS m
    CROSS JOIN LATERAL (
        SELECT count(*) AS candles
        FROM kalshi.candlesticks AS k
        WHERE k.ticker = m.ticker AND k.period_interval_min = 1
    ) AS of_market
    WHERE m.espn_event_id = game.event_id
) AS candles
CROSS JOIN LATERAL (
    SELECT count(*) AS plays, array_agg(DISTINCT p.source_file_id) AS files
    FROM espn.plays AS p
    WHERE p.game_id = game.game_id
) AS played
CROSS JOIN LATERAL (
    -- They are a few, and each is looked up: joined, every file of the season would be read.
    SELECT max((
        SELECT f.fetched_at FROM ops.source_files AS f WHERE f.source_file_id = of_game.file
    )) AS fetched_at
    FROM unnest(items.files || played.files) AS of_game (file)
) AS fetched
