-- name: games
-- order: game_date, away_code, home_code
-- One row a game that any feed knows: its ids, teams, final scores as ESPN and as the league has
-- them, its winner (0 home, 1 away), and how much there is of it.
SELECT
    coalesce(n.season_label, e.season_label) AS season_label,
    m.game_date,
    m.away_code,
    m.home_code,
    m.nba_game_id,
    m.espn_event_id,
    m.kalshi_event_ticker,
    coalesce(n.game_time_utc, e.event_date) AS game_time_utc,
    n.season_type,
    coalesce(n.is_neutral, e.is_neutral_site) AS is_neutral,
    n.home_team_id,
    n.away_team_id,
    e.home_team_display_name AS home_team,
    e.away_team_display_name AS away_team,
    n.final_score_home,
    n.final_score_away,
    CASE WHEN e.status_completed THEN e.home_score END AS espn_final_score_home,
    CASE WHEN e.status_completed THEN e.away_score END AS espn_final_score_away,
    CASE
        WHEN n.winner_team_id = n.home_team_id THEN 0
        WHEN n.winner_team_id = n.away_team_id THEN 1
        WHEN e.status_completed AND e.home_score > e.away_score THEN 0
        WHEN e.status_completed AND e.home_score < e.away_score THEN 1
    END AS winner,
    coalesce(s.items, 0) AS espn_probabilities,
    coalesce(s.plays, 0) AS espn_plays,
    coalesce(s.snapshots, 0) AS snapshots,
    coalesce(s.home_candles, 0) AS kalshi_home_candles,
    coalesce(s.away_candles, 0) AS kalshi_away_candles
FROM derived.game_map AS m
LEFT JOIN nba.games AS n ON n.game_id = m.nba_game_id
LEFT JOIN espn.scoreboard_games AS e ON e.event_id = m.espn_event_id
LEFT JOIN derived.game_stats AS s ON s.game_id = e.competition_id

-- name: pbp_event_state
-- order: game_id, order_number
-- The league's play-by-play, each action with the state of the game at it: score, time left,
-- possession, who leads (0 home, 1 away) and who won; with the game's season, day and teams.
SELECT
    g.season_label,
    g.season_type,
    g.game_date,
    g.game_time_utc,
    s.game_id,
    g.espn_event_id,
    g.home_code,
    g.away_code,
    g.home_team_id,
    g.away_team_id,
    s.order_number,
    s.event_id,
    e.action_number,
    e.period,
    e.period_type,
    e.clock,
    derived.parse_clock_seconds(e.clock) AS seconds_remaining_period,
    s.time_remaining,
    e.time_actual,
    s.home_score,
    s.away_score,
    s.point_differential,
    s.possession_side,
    s.current_winning_team,
    s.final_winning_team,
    e.action_type,
    e.sub_type,
    e.descriptor,
    e.qualifiers,
    e.description,
    e.team_id,
    CASE e.team_id WHEN g.home_team_id THEN 0 WHEN g.away_team_id THEN 1 END AS team_side,
    e.possession_team_id,
    e.person_id,
    e.player_name,
    e.person_ids_filter,
    e.is_field_goal,
    e.shot_result,
    e.shot_distance,
    e.x,
    e.y,
    e.x_legacy,
    e.y_legacy,
    e.side,
    e.edited_at,
    g.final_score_home,
    g.final_score_away,
    g.winner_team_id
FROM derived.pbp_event_state AS s
JOIN nba.pbp_events AS e ON e.event_id = s.event_id
LEFT JOIN nba.games AS g ON g.game_id = s.game_id

-- name: game_state
-- order: game_id, order_number
-- The clock of the league's play-by-play: at each action the seconds left in the period, in
-- regulation and in the game, the seconds played, and the score; with the game's season, day,
-- teams and winner (0 home, 1 away).
SELECT
    g.season_label,
    g.season_type,
    g.game_date,
    g.game_time_utc,
    v.game_id,
    g.espn_event_id,
    g.home_code,
    g.away_code,
    g.home_team_id,
    g.away_team_id,
    v.order_number,
    v.event_id,
    v.period,
    v.period_type,
    v.clock,
    v.seconds_remaining_period,
    v.seconds_remaining_regulation,
    v.seconds_elapsed_game,
    v.seconds_remaining_game,
    v.score_home,
    v.score_away,
    v.score_diff_home,
    v.is_overtime,
    v.possession_team_id,
    CASE v.possession_team_id WHEN g.home_team_id THEN 0 WHEN g.away_team_id THEN 1 END
        AS possession_side,
    g.final_score_home,
    g.final_score_away,
    CASE g.winner_team_id WHEN g.home_team_id THEN 0 WHEN g.away_team_id THEN 1 END AS winner
FROM derived.game_state_by_event AS v
LEFT JOIN nba.games AS g ON g.game_id = v.game_id

-- name: espn_win_probability
-- order: game_id, sequence_number, event_id, season_label
-- ESPN's win probabilities, each with score, time left and possession at its play, and with the
-- game's day, teams and winner (0 home, 1 away; NULL until it is over).
SELECT
    p.season_label,
    g.game_date,
    g.event_date AS game_time_utc,
    p.game_id,
    g.home_code,
    g.away_code,
    p.sequence_number,
    p.event_id,
    p.last_modified_utc,
    s.wallclock,
    p.home_win_percentage,
    p.away_win_percentage,
    p.tie_win_percentage,
    p.spread_cover_prob_home,
    p.spread_push_prob,
    p.total_over_prob,
    s.period,
    s.clock_seconds,
    s.time_remaining,
    s.time_remaining_regulation,
    s.possession_side,
    s.home_score,
    s.away_score,
    s.point_differential,
    s.current_winning_team,
    CASE WHEN g.status_completed THEN g.home_score END AS final_score_home,
    CASE WHEN g.status_completed THEN g.away_score END AS final_score_away,
    CASE
        WHEN g.status_completed AND g.home_score > g.away_score THEN 0
        WHEN g.status_completed AND g.home_score < g.away_score THEN 1
    END AS winner
FROM espn.probabilities_raw_items AS p
LEFT JOIN espn.prob_event_state AS s ON s.game_id = p.game_id AND s.event_id = p.event_id
LEFT JOIN espn.scoreboard_games AS g ON g.competition_id = p.game_id

-- name: snapshots_with_outcome
-- order: game_id, sequence_number, snapshot_ts, season_label
-- The published snapshot features, ESPN beside Kalshi, each with the game's day and teams and with
-- what came of it: final score and winner (0 home, 1 away; NULL until it is over).
SELECT
    f.*,
    g.game_date,
    g.home_code,
    g.away_code,
    g.is_neutral_site,
    CASE WHEN g.status_completed THEN g.home_score END AS final_score_home,
    CASE WHEN g.status_completed THEN g.away_score END AS final_score_away,
    CASE
        WHEN g.status_completed AND g.home_score > g.away_score THEN 0
        WHEN g.status_completed AND g.home_score < g.away_score THEN 1
    END AS winner
FROM derived.snapshot_features_v1 AS f
LEFT JOIN espn.scoreboard_games AS g ON g.competition_id = f.game_id

-- name: market_candles
-- order: ticker, period_interval_min, period_ts
-- Kalshi's candles, each with its market's game, team and side (0 home, 1 away), the middle of bid
-- and ask at its end, and how the market was settled.
SELECT
    m.game_date,
    m.home_code,
    m.away_code,
    m.team_code,
    m.side,
    m.espn_event_id,
    m.nba_game_id,
    m.event_ticker,
    c.ticker,
    c.period_interval_min,
    c.period_ts,
    c.price_open,
    c.price_high,
    c.price_low,
    c.price_close,
    c.price_mean,
    c.price_previous,
    c.yes_bid_open,
    c.yes_bid_high,
    c.yes_bid_low,
    c.yes_bid_close,
    c.yes_ask_open,
    c.yes_ask_high,
    c.yes_ask_low,
    c.yes_ask_close,
    ((c.yes_bid_close + c.yes_ask_close) / 2)::numeric(9, 5) AS mid_price,
    c.volume,
    c.open_interest,
    m.result
FROM kalshi.candlesticks AS c
JOIN kalshi.markets AS m ON m.ticker = c.ticker

-- name: player_box_scores
-- order: game_id, person_id
-- One row a player and game, with his team and opponent, and whether his team won.
SELECT
    g.season_label,
    g.season_type,
    g.game_date,
    g.espn_event_id,
    CASE WHEN p.is_home THEN g.home_code ELSE g.away_code END AS team_code,
    CASE WHEN p.is_home THEN g.away_code ELSE g.home_code END AS opponent_code,
    g.winner_team_id = p.team_id AS won,
    p.*
FROM nba.boxscore_players AS p
LEFT JOIN nba.games AS g ON g.game_id = p.game_id

-- name: team_box_scores
-- order: game_id, team_id
-- One row a team and game, with its opponent and the opponent's points, and whether it won.
SELECT
    g.season_label,
    g.season_type,
    g.game_date,
    g.espn_event_id,
    o.team_id AS opponent_team_id,
    o.tricode AS opponent_code,
    o.points AS opponent_points,
    g.winner_team_id = t.team_id AS won,
    t.*
FROM nba.boxscore_teams AS t
LEFT JOIN nba.boxscore_teams AS o ON o.game_id = t.game_id AND o.team_id <> t.team_id
LEFT JOIN nba.games AS g ON g.game_id = t.game_id

-- name: odds_history
-- order: taken_at, snapshot_id, game_id, market_key, book_id, country_code, outcome_type
-- Every price that a book gave at each time that the odds were fetched, with the game's teams.
SELECT
    s.taken_at,
    o.snapshot_id,
    n.season_label,
    n.game_date,
    o.game_id,
    n.espn_event_id,
    n.home_code,
    n.away_code,
    o.market_key,
    k.name AS market,
    o.book_id,
    b.name AS book,
    o.country_code,
    o.outcome_type,
    o.odds,
    o.opening_odds,
    o.odds_trend,
    o.spread,
    o.opening_spread
FROM nba.odds_outcomes AS o
JOIN nba.odds_snapshots AS s ON s.snapshot_id = o.snapshot_id
LEFT JOIN nba.odds_markets AS k
    ON k.snapshot_id = o.snapshot_id AND k.game_id = o.game_id AND k.market_key = o.market_key
LEFT JOIN nba.odds_books AS b
    ON b.snapshot_id = o.snapshot_id AND b.game_id = o.game_id AND b.market_key = o.market_key
    AND b.book_id = o.book_id AND b.country_code = o.country_code
LEFT JOIN nba.games AS n ON n.game_id = o.game_id
