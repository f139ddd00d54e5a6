-- Kalshi: the game-winner markets of the NBA series and their one-minute candlesticks.

CREATE SCHEMA kalshi;

CREATE TABLE kalshi.markets (
    ticker text PRIMARY KEY,
    event_ticker text NOT NULL,
    title text,
    subtitle text,
    yes_sub_title text,
    no_sub_title text,
    market_type text,
    status text NOT NULL,
    result text,
    last_price numeric(8, 4),
    yes_bid numeric(8, 4),
    yes_ask numeric(8, 4),
    no_bid numeric(8, 4),
    no_ask numeric(8, 4),
    previous_price numeric(8, 4),
    settlement_value numeric(8, 4),
    volume numeric,
    volume_24h numeric,
    open_interest numeric,
    open_time timestamptz,
    close_time timestamptz,
    expiration_time timestamptz,
    expected_expiration_time timestamptz,
    created_time timestamptz,
    settlement_time timestamptz,
    rules_primary text,
    rules_secondary text,
    can_close_early boolean,
    game_date date,
    away_code text,
    home_code text,
    team_code text,
    side smallint CHECK (side IN (0, 1)),
    espn_event_id text,
    nba_game_id text,
    first_seen_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    raw jsonb,
    source_file_id bigint NOT NULL,
    gone_since timestamptz
);
CREATE INDEX markets_event ON kalshi.markets (event_ticker);
CREATE INDEX markets_game ON kalshi.markets (espn_event_id, side);
CREATE INDEX markets_match ON kalshi.markets (game_date, home_code, away_code);
COMMENT ON COLUMN kalshi.markets.last_seen_at IS
    'Fetch time of the newest listing that changed this row. The feed''s listings since then, if any, repeated it.';
COMMENT ON COLUMN kalshi.markets.gone_since IS
    'Fetch time of the first complete listing that no longer has the market; NULL while it is listed.';

CREATE TABLE kalshi.candlesticks (
    ticker text NOT NULL,
    period_interval_min smallint NOT NULL,
    period_ts timestamptz NOT NULL,
    price_open numeric(8, 4),
    price_high numeric(8, 4),
    price_low numeric(8, 4),
    price_close numeric(8, 4),
    price_mean numeric(8, 4),
    price_previous numeric(8, 4),
    yes_bid_open numeric(8, 4),
    yes_bid_high numeric(8, 4),
    yes_bid_low numeric(8, 4),
    yes_bid_close numeric(8, 4),
    yes_ask_open numeric(8, 4),
    yes_ask_high numeric(8, 4),
    yes_ask_low numeric(8, 4),
    yes_ask_close numeric(8, 4),
    volume numeric,
    open_interest numeric,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (ticker, period_interval_min, period_ts)
);
COMMENT ON COLUMN kalshi.candlesticks.period_ts IS 'END of the period.';
-- Empty as long as all is well: the gate that looks for crossed quotes reads nothing.
CREATE INDEX candlesticks_crossed ON kalshi.candlesticks (ticker)
    WHERE yes_bid_close > yes_ask_close;

CREATE VIEW kalshi.markets_with_games AS
SELECT
    m.*,
    CASE m.side WHEN 0 THEN 'home' WHEN 1 THEN 'away' END AS kalshi_team_side,
    g.competition_id AS espn_game_id,
    g.event_date AS espn_event_date,
    g.season_label AS espn_season_label,
    g.status_completed AS espn_status_completed,
    g.home_score AS espn_home_score,
    g.away_score AS espn_away_score
FROM kalshi.markets AS m
LEFT JOIN espn.scoreboard_games AS g ON g.event_id = m.espn_event_id;
