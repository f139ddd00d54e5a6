-- The snapshot features as one materialized view over the loaded tables, in one statement: for
-- each row the nearest candle of each side is looked up on its own. The same rows and columns as
-- ours, as long as each side has one market and each play one item.
CREATE MATERIALIZED VIEW bench.snapshot_features AS
SELECT
    p.game_id,
    p.sequence_number,
    p.last_modified_utc AS snapshot_ts,
    p.season_label,
    p.home_win_percentage AS espn_home_prob,
    p.away_win_percentage AS espn_away_prob,
    s.point_differential AS score_diff,
    s.time_remaining,
    s.period,
    s.home_score,
    s.away_score,
    CASE WHEN s.time_remaining > 0
        THEN s.point_differential / sqrt((s.time_remaining + 1)::double precision)
    END AS score_diff_div_sqrt_time_remaining,
    lag(p.home_win_percentage) OVER in_game AS espn_home_prob_lag_1,
    lag(p.away_win_percentage) OVER in_game AS espn_away_prob_lag_1,
    p.home_win_percentage - lag(p.home_win_percentage) OVER in_game AS espn_home_prob_delta_1,
    home.bid::double precision AS kalshi_home_bid,
    home.ask::double precision AS kalshi_home_ask,
    ((home.bid + home.ask) / 2)::double precision AS kalshi_home_mid_price,
    (home.ask - home.bid)::double precision AS kalshi_home_spread,
    (1 - away.ask)::double precision AS kalshi_away_bid,
    (1 - away.bid)::double precision AS kalshi_away_ask,
    (1 - (away.bid + away.ask) / 2)::double precision AS kalshi_away_mid_price,
    (away.ask - away.bid)::double precision AS kalshi_away_spread,
    extract(epoch FROM coalesce(home.period_ts, away.period_ts) - s.wallclock)::double precision
        AS kalshi_match_seconds,
    s.wallclock AS event_ts,
    extract(epoch FROM away.period_ts - s.wallclock)::double precision
        AS kalshi_away_match_seconds
FROM espn.probabilities_raw_items AS p
JOIN espn.scoreboard_games AS g ON g.competition_id = p.game_id
JOIN kalshi.markets AS home_market ON home_market.espn_event_id = g.event_id
    AND home_market.side = 0
JOIN kalshi.markets AS away_market ON away_market.espn_event_id = g.event_id
    AND away_market.side = 1
LEFT JOIN espn.prob_event_state AS s ON s.game_id = p.game_id AND s.event_id = p.event_id
LEFT JOIN LATERAL (
    SELECT k.period_ts, k.yes_bid_close AS bid, k.yes_ask_close AS ask
    FROM kalshi.candlesticks AS k
    WHERE k.ticker = home_market.ticker
      AND k.period_interval_min = 1
      AND k.period_ts BETWEEN s.wallclock - interval '60 s' AND s.wallclock + interval '60 s'
      AND k.yes_bid_close IS NOT NULL AND k.yes_ask_close IS NOT NULL
    ORDER BY abs(extract(epoch FROM k.period_ts - s.wallclock)), k.period_ts DESC
    LIMIT 1
) AS home ON true
LEFT JOIN LATERAL (
    SELECT k.period_ts, k.yes_bid_close AS bid, k.yes_ask_close AS ask
    FROM kalshi.candlesticks AS k
    WHERE k.ticker = away_market.ticker
      AND k.period_interval_min = 1
      AND k.period_ts BETWEEN s.wallclock - interval '60 s' AND s.wallclock + interval '60 s'
      AND k.yes_bid_close IS NOT NULL AND k.yes_ask_close IS NOT NULL
    ORDER BY abs(extract(epoch FROM k.period_ts - s.wallclock)), k.period_ts DESC
    LIMIT 1
) AS away ON true
WINDOW in_game AS (
    PARTITION BY p.game_id ORDER BY p.sequence_number, p.last_modified_utc, p.season_label)
