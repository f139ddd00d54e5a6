-- The schema that db/migrations make, as pg_dump writes it. Not a migration: never applied, and
-- written by tests/warehouse/test_schema.py, which says how.

CREATE SCHEMA derived;

CREATE SCHEMA espn;

CREATE SCHEMA kalshi;

CREATE SCHEMA nba;

CREATE SCHEMA ops;

CREATE FUNCTION derived.parse_clock_seconds(clock text) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (clock ~ '^PT[0-9]{1,2}M[0-9]{1,2}(\.[0-9]+)?S$'::text) THEN (((split_part(substr(clock, 3), 'M'::text, 1))::double precision * (60)::double precision) + (rtrim(split_part(clock, 'M'::text, 2), 'S'::text))::double precision) ELSE NULL::double precision END;

COMMENT ON FUNCTION derived.parse_clock_seconds(clock text) IS 'PT11M18.00S -> 678: seconds left in the period. NULL for anything else.';

CREATE FUNCTION derived.seconds_remaining_game(period integer, seconds_left double precision, last_period integer, is_over boolean) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (seconds_left + (CASE WHEN (period > 4) THEN ((last_period - period) * 300) WHEN is_over THEN (((4 - period) * 720) + (GREATEST((last_period - 4), 0) * 300)) ELSE ((4 - period) * 720) END)::double precision);

COMMENT ON FUNCTION derived.seconds_remaining_game(period integer, seconds_left double precision, last_period integer, is_over boolean) IS 'Regulation and the overtimes of a finished game; of a running one only those that have begun.';

CREATE TABLE derived.game_map (
    game_date date NOT NULL,
    away_code text NOT NULL,
    home_code text NOT NULL,
    nba_game_id text,
    espn_event_id text,
    kalshi_event_ticker text
);

COMMENT ON TABLE derived.game_map IS 'One row a game that any feed knows, by US Eastern date and both teams; NULL where a feed has none.';

CREATE TABLE espn.scoreboard_games (
    event_id text NOT NULL,
    scoreboard_date date NOT NULL,
    event_uid text,
    event_date timestamp with time zone,
    event_name text,
    short_name text,
    season_label text NOT NULL,
    season_year integer,
    season_type integer,
    season_slug text,
    competition_id text NOT NULL,
    venue_id text,
    venue_name text,
    venue_city text,
    venue_state text,
    is_neutral_site boolean,
    attendance integer,
    home_team_id text,
    home_team_abbrev text,
    home_team_name text,
    home_team_display_name text,
    home_score integer,
    home_winner boolean,
    away_team_id text,
    away_team_abbrev text,
    away_team_name text,
    away_team_display_name text,
    away_score integer,
    away_winner boolean,
    status_type_id text,
    status_name text,
    status_state text,
    status_completed boolean NOT NULL,
    status_period integer,
    status_clock double precision,
    broadcast text,
    raw_event jsonb,
    source_file_id bigint NOT NULL,
    game_date date,
    home_code text,
    away_code text,
    final_seen_at timestamp with time zone
);

COMMENT ON COLUMN espn.scoreboard_games.final_seen_at IS 'When the feed first gave the present final score; what was fetched before it may be unfinished.';

CREATE TABLE kalshi.markets (
    ticker text NOT NULL,
    event_ticker text NOT NULL,
    title text,
    subtitle text,
    yes_sub_title text,
    no_sub_title text,
    market_type text,
    status text NOT NULL,
    result text,
    last_price numeric(8,4),
    yes_bid numeric(8,4),
    yes_ask numeric(8,4),
    no_bid numeric(8,4),
    no_ask numeric(8,4),
    previous_price numeric(8,4),
    settlement_value numeric(8,4),
    volume numeric,
    volume_24h numeric,
    open_interest numeric,
    open_time timestamp with time zone,
    close_time timestamp with time zone,
    expiration_time timestamp with time zone,
    expected_expiration_time timestamp with time zone,
    created_time timestamp with time zone,
    settlement_time timestamp with time zone,
    rules_primary text,
    rules_secondary text,
    can_close_early boolean,
    game_date date,
    away_code text,
    home_code text,
    team_code text,
    side smallint,
    espn_event_id text,
    nba_game_id text,
    first_seen_at timestamp with time zone NOT NULL,
    last_seen_at timestamp with time zone NOT NULL,
    raw jsonb,
    source_file_id bigint NOT NULL,
    gone_since timestamp with time zone,
    CONSTRAINT markets_side_check CHECK ((side = ANY (ARRAY[0, 1])))
);

COMMENT ON COLUMN kalshi.markets.last_seen_at IS 'Fetch time of the newest listing that changed this row. The feed''s listings since then, if any, repeated it.';

COMMENT ON COLUMN kalshi.markets.gone_since IS 'Fetch time of the first complete listing that no longer has the market; NULL while it is listed.';

CREATE TABLE nba.games (
    game_id text NOT NULL,
    game_code text,
    game_time_utc timestamp with time zone,
    season integer NOT NULL,
    season_type integer NOT NULL,
    home_team_id bigint,
    away_team_id bigint,
    is_neutral boolean,
    game_label text,
    status integer,
    postponed_status text,
    final_score_home integer,
    final_score_away integer,
    winner_team_id bigint,
    espn_event_id text,
    season_label text NOT NULL,
    status_text text,
    game_date date,
    home_code text,
    away_code text,
    teams_from text,
    final_from text
);

COMMENT ON COLUMN nba.games.season IS 'Start year, from the id.';

COMMENT ON COLUMN nba.games.season_type IS '1 preseason, 2 regular, 3 all-star, 4 playoffs, 5 play-in, 6 cup final: from the id.';

COMMENT ON COLUMN nba.games.game_date IS 'US Eastern.';

COMMENT ON COLUMN nba.games.teams_from IS 'boxscore, schedule, scoreboard or leaguegamefinder.';

COMMENT ON COLUMN nba.games.final_from IS 'What the final score was read from: pbp, boxscore, scoreboard, schedule or leaguegamefinder.';

CREATE VIEW derived.game_matches AS
 SELECT game_date,
    away_code,
    home_code,
    max(nba_game_id) AS nba_game_id,
    max(espn_event_id) AS espn_event_id,
    max(kalshi_event_ticker) AS kalshi_event_ticker
   FROM ( SELECT of_nba.game_date,
            of_nba.away_code,
            of_nba.home_code,
            of_nba.game_id AS nba_game_id,
            NULL::text AS espn_event_id,
            NULL::text AS kalshi_event_ticker
           FROM ( SELECT DISTINCT ON (games.game_date, games.away_code, games.home_code) games.game_date,
                    games.away_code,
                    games.home_code,
                    games.game_id
                   FROM nba.games
                  WHERE ((games.away_code IS NOT NULL) AND (games.home_code IS NOT NULL))
                  ORDER BY games.game_date, games.away_code, games.home_code, games.status DESC NULLS LAST, games.game_id DESC) of_nba
        UNION ALL
         SELECT of_espn.game_date,
            of_espn.away_code,
            of_espn.home_code,
            NULL::text,
            of_espn.event_id,
            NULL::text
           FROM ( SELECT DISTINCT ON (scoreboard_games.game_date, scoreboard_games.away_code, scoreboard_games.home_code) scoreboard_games.game_date,
                    scoreboard_games.away_code,
                    scoreboard_games.home_code,
                    scoreboard_games.event_id
                   FROM espn.scoreboard_games
                  WHERE ((scoreboard_games.away_code IS NOT NULL) AND (scoreboard_games.home_code IS NOT NULL))
                  ORDER BY scoreboard_games.game_date, scoreboard_games.away_code, scoreboard_games.home_code, (COALESCE(scoreboard_games.status_name, ''::text) = ANY (ARRAY['STATUS_POSTPONED'::text, 'STATUS_CANCELED'::text])), scoreboard_games.event_id) of_espn
        UNION ALL
         SELECT of_kalshi.game_date,
            of_kalshi.away_code,
            of_kalshi.home_code,
            NULL::text,
            NULL::text,
            of_kalshi.event_ticker
           FROM ( SELECT DISTINCT ON (markets.game_date, markets.away_code, markets.home_code) markets.game_date,
                    markets.away_code,
                    markets.home_code,
                    markets.event_ticker
                   FROM kalshi.markets
                  WHERE ((markets.away_code IS NOT NULL) AND (markets.home_code IS NOT NULL))
                  ORDER BY markets.game_date, markets.away_code, markets.home_code, (markets.gone_since IS NULL) DESC, markets.event_ticker DESC) of_kalshi) said
  WHERE (game_date IS NOT NULL)
  GROUP BY game_date, away_code, home_code;

CREATE TABLE nba.pbp_events (
    event_id bigint NOT NULL,
    game_id text NOT NULL,
    action_number integer NOT NULL,
    order_number bigint NOT NULL,
    period integer NOT NULL,
    period_type text,
    clock text,
    time_actual timestamp with time zone,
    action_type text NOT NULL,
    sub_type text,
    description text,
    descriptor text,
    edited_at timestamp with time zone,
    team_id bigint,
    possession_team_id bigint,
    person_id bigint,
    score_home integer,
    score_away integer,
    is_field_goal boolean,
    x double precision,
    y double precision,
    x_legacy integer,
    y_legacy integer,
    side text,
    qualifiers text[],
    person_ids_filter bigint[],
    raw_action jsonb,
    source_file_id bigint NOT NULL,
    player_name text,
    shot_result text,
    shot_distance double precision
);

COMMENT ON COLUMN nba.pbp_events.event_id IS 'The game''s id as a number, times 100,000, plus action_number.';

COMMENT ON COLUMN nba.pbp_events.score_home IS 'Carried forward where the feed leaves it blank.';

CREATE VIEW derived.game_state_by_event AS
 SELECT event.game_id,
    event.order_number,
    event.event_id,
    event.period,
    event.period_type,
    event.clock,
    event.seconds_left AS seconds_remaining_period,
        CASE
            WHEN (event.period <= 4) THEN ((((4 - event.period) * 720))::double precision + event.seconds_left)
            WHEN (event.seconds_left IS NOT NULL) THEN (0)::double precision
            ELSE NULL::double precision
        END AS seconds_remaining_regulation,
        CASE
            WHEN (event.period <= 4) THEN (((event.period * 720))::double precision - event.seconds_left)
            ELSE (((2880 + ((event.period - 4) * 300)))::double precision - event.seconds_left)
        END AS seconds_elapsed_game,
    derived.seconds_remaining_game(event.period, event.seconds_left, event.last_period, (g.final_from IS NOT NULL)) AS seconds_remaining_game,
    event.score_home,
    event.score_away,
    (event.score_home - event.score_away) AS score_diff_home,
    (event.period > 4) AS is_overtime,
    event.possession_team_id
   FROM (( SELECT e.event_id,
            e.game_id,
            e.action_number,
            e.order_number,
            e.period,
            e.period_type,
            e.clock,
            e.time_actual,
            e.action_type,
            e.sub_type,
            e.description,
            e.descriptor,
            e.edited_at,
            e.team_id,
            e.possession_team_id,
            e.person_id,
            e.score_home,
            e.score_away,
            e.is_field_goal,
            e.x,
            e.y,
            e.x_legacy,
            e.y_legacy,
            e.side,
            e.qualifiers,
            e.person_ids_filter,
            e.raw_action,
            e.source_file_id,
            e.player_name,
            e.shot_result,
            e.shot_distance,
            derived.parse_clock_seconds(e.clock) AS seconds_left,
            max(e.period) OVER (PARTITION BY e.game_id) AS last_period
           FROM nba.pbp_events e) event
     LEFT JOIN nba.games g ON ((g.game_id = event.game_id)));

CREATE TABLE derived.game_stats (
    game_id text NOT NULL,
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
    last_fetched_at timestamp with time zone
);

CREATE MATERIALIZED VIEW derived.game_summary AS
 SELECT g.competition_id AS game_id,
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
        CASE
            WHEN g.status_completed THEN g.home_score
            ELSE NULL::integer
        END AS final_home_score,
        CASE
            WHEN g.status_completed THEN g.away_score
            ELSE NULL::integer
        END AS final_away_score,
        CASE
            WHEN ((NOT g.status_completed) OR (g.home_score = g.away_score)) THEN NULL::integer
            WHEN (g.home_score > g.away_score) THEN 0
            WHEN (g.home_score < g.away_score) THEN 1
            ELSE NULL::integer
        END AS winner,
    COALESCE(s.items, 0) AS items,
    COALESCE(s.plays, 0) AS plays,
    COALESCE(s.state_rows, 0) AS state_rows,
    COALESCE(s.snapshots, 0) AS snapshots,
    COALESCE(s.home_candles, 0) AS home_candles,
    COALESCE(s.away_candles, 0) AS away_candles,
        CASE
            WHEN (s.snapshots > 0) THEN round(((100.0 * (s.snapshots_with_kalshi)::numeric) / (s.snapshots)::numeric), 1)
            ELSE NULL::numeric
        END AS kalshi_coverage_percent,
    s.lead_changes,
    s.brier_espn,
    s.brier_kalshi,
    s.mean_abs_difference,
    s.max_swing,
    s.last_fetched_at,
    g.final_seen_at
   FROM (espn.scoreboard_games g
     LEFT JOIN derived.game_stats s ON ((s.game_id = g.competition_id)))
  WITH NO DATA;

CREATE TABLE derived.pbp_event_state (
    game_id text NOT NULL,
    event_id bigint NOT NULL,
    point_differential integer,
    time_remaining integer,
    possession_side smallint,
    home_score integer,
    away_score integer,
    current_winning_team smallint,
    final_winning_team smallint,
    order_number bigint NOT NULL,
    period integer
);

COMMENT ON COLUMN derived.pbp_event_state.time_remaining IS 'seconds_remaining_game of derived.game_state_by_event, in whole seconds, half up.';

COMMENT ON COLUMN derived.pbp_event_state.possession_side IS '0 home, 1 away, NULL unknown.';

COMMENT ON COLUMN derived.pbp_event_state.home_score IS 'NULL at an administrative action, which says 0-0 in a later period than the first.';

CREATE MATERIALIZED VIEW derived.slate AS
 SELECT g.season_label,
    g.game_date,
    (count(*))::integer AS games,
    (count(*) FILTER (WHERE (g.status_state = 'in'::text)))::integer AS live,
    (count(*) FILTER (WHERE g.status_completed))::integer AS final,
    (count(*) FILTER (WHERE (g.status_name = ANY (ARRAY['STATUS_POSTPONED'::text, 'STATUS_CANCELED'::text]))))::integer AS postponed,
    (count(*) FILTER (WHERE (s.items > 0)))::integer AS with_probabilities,
    (count(*) FILTER (WHERE (s.state_rows > 0)))::integer AS with_state,
    (count(*) FILTER (WHERE ((s.home_candles > 0) OR (s.away_candles > 0))))::integer AS with_kalshi,
    bool_and(((COALESCE(g.status_name, ''::text) = ANY (ARRAY['STATUS_POSTPONED'::text, 'STATUS_CANCELED'::text])) OR (g.status_completed AND (COALESCE(s.items, 0) > 0) AND (COALESCE(s.state_rows, 0) > 0) AND (COALESCE(s.home_candles, 0) > 0) AND (COALESCE(s.away_candles, 0) > 0)))) AS complete,
    max(GREATEST(s.last_fetched_at, g.final_seen_at)) AS last_change
   FROM (espn.scoreboard_games g
     LEFT JOIN derived.game_stats s ON ((s.game_id = g.competition_id)))
  WHERE (g.game_date IS NOT NULL)
  GROUP BY g.season_label, g.game_date
  WITH NO DATA;

CREATE TABLE derived.snapshot_features (
    game_id text NOT NULL,
    sequence_number integer NOT NULL,
    snapshot_ts timestamp with time zone,
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
    event_ts timestamp with time zone,
    aligned_by text NOT NULL,
    opening_moneyline_home double precision,
    opening_moneyline_away double precision,
    opening_spread double precision,
    opening_total double precision,
    kalshi_away_match_seconds double precision,
    CONSTRAINT snapshot_features_aligned_by_check CHECK ((aligned_by = ANY (ARRAY['wallclock'::text, 'neighbour'::text, 'none'::text])))
)
WITH (fillfactor='70');

COMMENT ON COLUMN derived.snapshot_features.kalshi_match_seconds IS 'End of the matched candle minus event_ts, in seconds (home market; away where only that matched).';

CREATE MATERIALIZED VIEW derived.snapshot_features_v1 AS
 SELECT game_id,
    sequence_number,
    snapshot_ts,
    season_label,
    espn_home_prob,
    espn_away_prob,
    score_diff,
    time_remaining,
    period,
    home_score,
    away_score,
    score_diff_div_sqrt_time_remaining,
    espn_home_prob_lag_1,
    espn_away_prob_lag_1,
    espn_home_prob_delta_1,
    kalshi_home_bid,
    kalshi_home_ask,
    kalshi_home_mid_price,
    kalshi_home_spread,
    kalshi_away_bid,
    kalshi_away_ask,
    kalshi_away_mid_price,
    kalshi_away_spread,
    kalshi_match_seconds,
    event_ts,
    aligned_by,
    opening_moneyline_home,
    opening_moneyline_away,
    opening_spread,
    opening_total,
    kalshi_away_match_seconds
   FROM derived.snapshot_features
  WITH NO DATA;

CREATE VIEW derived.unmatched_games AS
 SELECT m.game_date,
    m.away_code,
    m.home_code,
    m.nba_game_id,
    m.espn_event_id,
    m.kalshi_event_ticker,
    array_remove(ARRAY[
        CASE
            WHEN ((m.nba_game_id IS NULL) AND day.is_known_to_nba) THEN 'NBA'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((m.espn_event_id IS NULL) AND day.is_known_to_espn) THEN 'ESPN'::text
            ELSE NULL::text
        END,
        CASE
            WHEN ((m.kalshi_event_ticker IS NULL) AND day.is_known_to_kalshi) THEN 'Kalshi'::text
            ELSE NULL::text
        END], NULL::text) AS lacks
   FROM (derived.game_map m
     CROSS JOIN LATERAL ( SELECT (EXISTS ( SELECT
                   FROM derived.game_map near
                  WHERE (((near.game_date >= (m.game_date - 7)) AND (near.game_date <= (m.game_date + 7))) AND (near.nba_game_id IS NOT NULL)))) AS is_known_to_nba,
            (count(other.espn_event_id) > 0) AS is_known_to_espn,
            ((count(other.espn_event_id) > 0) AND (count(other.kalshi_event_ticker) > 0)) AS is_known_to_kalshi
           FROM derived.game_map other
          WHERE (other.game_date = m.game_date)) day)
  WHERE (((m.nba_game_id IS NULL) AND day.is_known_to_nba) OR ((m.espn_event_id IS NULL) AND day.is_known_to_espn) OR ((m.kalshi_event_ticker IS NULL) AND day.is_known_to_kalshi));

CREATE TABLE espn.plays (
    game_id text NOT NULL,
    play_id bigint NOT NULL,
    season_label text NOT NULL,
    sequence_number integer NOT NULL,
    play_type_id text,
    play_type_text text,
    text text,
    short_text text,
    period integer,
    clock_seconds double precision,
    clock_display text,
    home_score integer,
    away_score integer,
    score_value integer,
    is_scoring_play boolean,
    is_shooting_play boolean,
    points_attempted integer,
    coordinate_x integer,
    coordinate_y integer,
    team_id text,
    team_ref text,
    wallclock timestamp with time zone,
    modified timestamp with time zone,
    raw_play jsonb,
    source_file_id bigint NOT NULL
);

CREATE TABLE espn.prob_event_state (
    game_id text NOT NULL,
    event_id bigint NOT NULL,
    point_differential integer,
    time_remaining integer,
    period integer,
    clock_seconds double precision,
    possession_side smallint,
    home_score integer,
    away_score integer,
    current_winning_team smallint,
    final_winning_team smallint,
    wallclock timestamp with time zone,
    time_remaining_regulation integer,
    sequence_number integer NOT NULL
);

CREATE TABLE espn.probabilities_raw_items (
    season_label text NOT NULL,
    game_id text NOT NULL,
    sequence_number integer NOT NULL,
    event_id bigint,
    last_modified_utc timestamp with time zone,
    home_win_percentage double precision NOT NULL,
    away_win_percentage double precision NOT NULL,
    tie_win_percentage double precision,
    spread_cover_prob_home double precision,
    spread_push_prob double precision,
    total_over_prob double precision,
    play_ref text,
    home_team_ref text,
    away_team_ref text,
    competition_ref text,
    raw_item jsonb,
    source_file_id bigint NOT NULL
);

CREATE TABLE kalshi.candlesticks (
    ticker text NOT NULL,
    period_interval_min smallint NOT NULL,
    period_ts timestamp with time zone NOT NULL,
    price_open numeric(8,4),
    price_high numeric(8,4),
    price_low numeric(8,4),
    price_close numeric(8,4),
    price_mean numeric(8,4),
    price_previous numeric(8,4),
    yes_bid_open numeric(8,4),
    yes_bid_high numeric(8,4),
    yes_bid_low numeric(8,4),
    yes_bid_close numeric(8,4),
    yes_ask_open numeric(8,4),
    yes_ask_high numeric(8,4),
    yes_ask_low numeric(8,4),
    yes_ask_close numeric(8,4),
    volume numeric,
    open_interest numeric,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN kalshi.candlesticks.period_ts IS 'END of the period.';

CREATE VIEW kalshi.markets_with_games AS
 SELECT m.ticker,
    m.event_ticker,
    m.title,
    m.subtitle,
    m.yes_sub_title,
    m.no_sub_title,
    m.market_type,
    m.status,
    m.result,
    m.last_price,
    m.yes_bid,
    m.yes_ask,
    m.no_bid,
    m.no_ask,
    m.previous_price,
    m.settlement_value,
    m.volume,
    m.volume_24h,
    m.open_interest,
    m.open_time,
    m.close_time,
    m.expiration_time,
    m.expected_expiration_time,
    m.created_time,
    m.settlement_time,
    m.rules_primary,
    m.rules_secondary,
    m.can_close_early,
    m.game_date,
    m.away_code,
    m.home_code,
    m.team_code,
    m.side,
    m.espn_event_id,
    m.nba_game_id,
    m.first_seen_at,
    m.last_seen_at,
    m.raw,
    m.source_file_id,
    m.gone_since,
        CASE m.side
            WHEN 0 THEN 'home'::text
            WHEN 1 THEN 'away'::text
            ELSE NULL::text
        END AS kalshi_team_side,
    g.competition_id AS espn_game_id,
    g.event_date AS espn_event_date,
    g.season_label AS espn_season_label,
    g.status_completed AS espn_status_completed,
    g.home_score AS espn_home_score,
    g.away_score AS espn_away_score
   FROM (kalshi.markets m
     LEFT JOIN espn.scoreboard_games g ON ((g.event_id = m.espn_event_id)));

CREATE TABLE nba.boxscore_games (
    game_id text NOT NULL,
    game_code text,
    game_time_utc timestamp with time zone,
    status integer,
    status_text text,
    period integer,
    game_clock text,
    regulation_periods integer,
    duration_min integer,
    attendance integer,
    is_sellout boolean,
    arena_name text,
    arena_city text,
    arena_state text,
    officials text[],
    home_team_id bigint,
    away_team_id bigint,
    home_score integer,
    away_score integer,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.boxscore_players (
    game_id text NOT NULL,
    person_id bigint NOT NULL,
    team_id bigint NOT NULL,
    is_home boolean NOT NULL,
    name text,
    first_name text,
    family_name text,
    jersey text,
    "position" text,
    status text,
    place integer,
    starter boolean,
    played boolean,
    not_playing_reason text,
    not_playing_description text,
    seconds double precision,
    points integer,
    rebounds integer,
    rebounds_offensive integer,
    rebounds_defensive integer,
    assists integer,
    steals integer,
    blocks integer,
    turnovers integer,
    fouls integer,
    fg_made integer,
    fg_attempted integer,
    three_made integer,
    three_attempted integer,
    ft_made integer,
    ft_attempted integer,
    plus_minus double precision,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN nba.boxscore_players.place IS 'His place in the list of his team, from 1.';

COMMENT ON COLUMN nba.boxscore_players.seconds IS 'Played, in seconds; 0 for one who did not play.';

CREATE TABLE nba.boxscore_teams (
    game_id text NOT NULL,
    team_id bigint NOT NULL,
    is_home boolean NOT NULL,
    tricode text,
    city text,
    name text,
    seconds double precision,
    points integer,
    period_points integer[],
    rebounds integer,
    rebounds_offensive integer,
    rebounds_defensive integer,
    assists integer,
    steals integer,
    blocks integer,
    turnovers integer,
    fouls integer,
    fg_made integer,
    fg_attempted integer,
    three_made integer,
    three_attempted integer,
    ft_made integer,
    ft_attempted integer,
    plus_minus double precision,
    timeouts_remaining integer,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN nba.boxscore_teams.seconds IS 'Minutes of all players together, in seconds: 14,400 a game and 1,500 more each overtime.';

CREATE TABLE nba.finder_teams (
    game_id text NOT NULL,
    team_id bigint NOT NULL,
    season_label text NOT NULL,
    season_type integer,
    game_date date,
    tricode text,
    team_name text,
    matchup text,
    is_home boolean,
    is_winner boolean,
    minutes integer,
    points integer,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.odds_books (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    book_id text NOT NULL,
    country_code text NOT NULL,
    name text,
    url text,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.odds_games (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    sportradar_id text,
    home_team_id bigint,
    away_team_id bigint,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.odds_markets (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    name text,
    odds_type_id integer,
    group_name text,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.odds_outcomes (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    book_id text NOT NULL,
    country_code text NOT NULL,
    outcome_type text NOT NULL,
    odds_field_id integer,
    odds numeric(18,6),
    odds_text text,
    opening_odds numeric(18,6),
    opening_odds_text text,
    odds_trend text,
    spread numeric(18,6),
    spread_text text,
    opening_spread numeric(18,6),
    opening_spread_text text,
    source_file_id bigint NOT NULL
);

CREATE TABLE nba.odds_snapshots (
    snapshot_id bigint NOT NULL,
    taken_at timestamp with time zone NOT NULL,
    games integer NOT NULL,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN nba.odds_snapshots.snapshot_id IS 'The payload''s source_file_id.';

CREATE TABLE nba.schedule_games (
    game_id text NOT NULL,
    season_label text NOT NULL,
    game_code text,
    game_date date,
    game_time_utc timestamp with time zone,
    status integer,
    status_text text,
    postponed_status text,
    if_necessary boolean,
    is_neutral boolean,
    game_label text,
    game_sub_label text,
    series_text text,
    week_number integer,
    arena_name text,
    arena_city text,
    arena_state text,
    home_team_id bigint,
    home_tricode text,
    home_city text,
    home_name text,
    home_score integer,
    away_team_id bigint,
    away_tricode text,
    away_city text,
    away_name text,
    away_score integer,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN nba.schedule_games.home_team_id IS 'NULL where the schedule holds a placeholder (team id 0 or no tricode).';

CREATE TABLE nba.scoreboard_games (
    game_id text NOT NULL,
    scoreboard_date date NOT NULL,
    game_code text,
    game_time_utc timestamp with time zone,
    status integer,
    status_text text,
    period integer,
    game_clock text,
    is_neutral boolean,
    game_label text,
    game_sub_label text,
    home_team_id bigint,
    home_tricode text,
    home_city text,
    home_name text,
    home_score integer,
    away_team_id bigint,
    away_tricode text,
    away_city text,
    away_name text,
    away_score integer,
    source_file_id bigint NOT NULL
);

COMMENT ON COLUMN nba.scoreboard_games.status IS '1 before, 2 in play, 3 final; a postponed game keeps 1 and says PPD in its text.';

CREATE TABLE nba.teams (
    team_id bigint NOT NULL,
    tricode text NOT NULL,
    city text,
    name text
);

COMMENT ON TABLE nba.teams IS 'As the newest game that names the team calls it.';

CREATE TABLE ops.backfill_units (
    backfill_id bigint NOT NULL,
    stage text NOT NULL,
    unit_key text NOT NULL,
    day date,
    status text DEFAULT 'waiting'::text NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    reason text,
    worker text,
    finished_at timestamp with time zone,
    CONSTRAINT backfill_units_status_check CHECK ((status = ANY (ARRAY['waiting'::text, 'underway'::text, 'done'::text, 'failed'::text])))
);

COMMENT ON COLUMN ops.backfill_units.attempts IS 'How often it failed; a kill of its worker is no failure.';

CREATE TABLE ops.backfills (
    backfill_id bigint NOT NULL,
    seasons text[] NOT NULL,
    lanes text[] NOT NULL,
    most_games integer,
    force boolean NOT NULL,
    trigger text NOT NULL,
    phase text NOT NULL,
    status text NOT NULL,
    reason text,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    finished_at timestamp with time zone,
    resumed_at timestamp with time zone DEFAULT now() NOT NULL,
    worked_s double precision DEFAULT 0 NOT NULL,
    requests bigint DEFAULT 0 NOT NULL,
    bytes_fetched bigint DEFAULT 0 NOT NULL,
    rows_loaded bigint DEFAULT 0 NOT NULL,
    load_s double precision DEFAULT 0 NOT NULL,
    rows_derived bigint DEFAULT 0 NOT NULL,
    derive_s double precision DEFAULT 0 NOT NULL,
    CONSTRAINT backfills_phase_check CHECK ((phase = ANY (ARRAY['discover'::text, 'work'::text, 'derive'::text, 'over'::text]))),
    CONSTRAINT backfills_status_check CHECK ((status = ANY (ARRAY['running'::text, 'paused'::text, 'done'::text, 'failed'::text])))
);

COMMENT ON COLUMN ops.backfills.reason IS 'Why it was paused or ended, in words.';

COMMENT ON COLUMN ops.backfills.worked_s IS 'Seconds that it was running before resumed_at.';

ALTER TABLE ops.backfills ALTER COLUMN backfill_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.backfills_backfill_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.feed_turns (
    feed_group text NOT NULL,
    next_at timestamp with time zone NOT NULL
);

CREATE TABLE ops.game_changes (
    dataset text NOT NULL,
    game_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    run_id bigint
);

CREATE TABLE ops.pipeline_runs (
    run_id bigint NOT NULL,
    kind text NOT NULL,
    trigger text NOT NULL,
    steps text[] NOT NULL,
    settings jsonb NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    status text NOT NULL,
    app_version text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    error text,
    resumes bigint,
    duration_ms bigint,
    CONSTRAINT pipeline_runs_kind_check CHECK ((kind = ANY (ARRAY['refetch'::text, 'steps'::text, 'backfill'::text, 'schedule'::text, 'cascade'::text]))),
    CONSTRAINT pipeline_runs_status_check CHECK ((status = ANY (ARRAY['running'::text, 'done'::text, 'failed'::text, 'cancelled'::text, 'interrupted'::text]))),
    CONSTRAINT pipeline_runs_trigger_check CHECK ((trigger = ANY (ARRAY['button'::text, 'terminal'::text, 'schedule'::text, 'resume'::text])))
);

ALTER TABLE ops.pipeline_runs ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.pipeline_runs_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.published_views (
    relation text NOT NULL,
    built_from jsonb NOT NULL,
    row_count bigint NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_anyway boolean DEFAULT false NOT NULL
);

CREATE TABLE ops.refresh_log (
    refresh_id bigint NOT NULL,
    run_id bigint,
    step text,
    relation text NOT NULL,
    kind text NOT NULL,
    strategy text NOT NULL,
    triggered_by text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    duration_ms bigint,
    rows_before bigint,
    rows_after bigint,
    inserted bigint,
    updated bigint,
    unchanged bigint,
    deleted bigint,
    size_bytes bigint,
    status text NOT NULL,
    error text,
    threshold_ms bigint,
    alert_triggered boolean GENERATED ALWAYS AS ((duration_ms > threshold_ms)) STORED,
    CONSTRAINT refresh_log_kind_check CHECK ((kind = ANY (ARRAY['load'::text, 'derive'::text, 'refresh'::text]))),
    CONSTRAINT refresh_log_status_check CHECK ((status = ANY (ARRAY['running'::text, 'ok'::text, 'failed'::text, 'cancelled'::text, 'skipped'::text]))),
    CONSTRAINT refresh_log_strategy_check CHECK ((strategy = ANY (ARRAY['upsert'::text, 'incremental'::text, 'concurrent'::text, 'full'::text])))
);

ALTER TABLE ops.refresh_log ALTER COLUMN refresh_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ops.refresh_log_refresh_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ops.relation_versions (
    relation text NOT NULL,
    version bigint NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    row_count bigint DEFAULT 0 NOT NULL
);

CREATE TABLE ops.replays (
    source_file_id bigint NOT NULL,
    arrived_at timestamp with time zone CONSTRAINT replays_checked_at_not_null NOT NULL,
    path text NOT NULL
);

CREATE TABLE ops.run_games (
    run_id bigint NOT NULL,
    game_id text NOT NULL
);

COMMENT ON TABLE ops.run_games IS 'Games that a run marked to be derived again, because it changed what they are made of.';

CREATE TABLE ops.schema_migrations (
    version integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL
);

CREATE TABLE ops.source_files (
    source_file_id bigint NOT NULL,
    source_type text NOT NULL,
    source_key text NOT NULL,
    url text NOT NULL,
    path text NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    http_status integer NOT NULL,
    etag text,
    last_modified text,
    content_type text,
    sha256_hex text NOT NULL,
    byte_size bigint NOT NULL,
    loaded_at timestamp with time zone,
    load_error text,
    checked_at timestamp with time zone NOT NULL,
    bad_items integer DEFAULT 0 NOT NULL,
    row_count integer,
    arrived_at timestamp with time zone NOT NULL
);

COMMENT ON COLUMN ops.source_files.http_status IS '400 or more: the feed said that it does not have this, which is remembered like an answer.';

COMMENT ON COLUMN ops.source_files.checked_at IS 'Last time the feed answered with just this payload (or with 304); never before fetched_at.';

COMMENT ON COLUMN ops.source_files.arrived_at IS 'When the feed last began to answer with this payload: fetched_at, or later if it went back to it.';

CREATE TABLE ops.step_runs (
    run_id bigint NOT NULL,
    step text NOT NULL,
    attempt integer NOT NULL,
    status text NOT NULL,
    reason text,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    duration_ms bigint,
    requests integer DEFAULT 0 NOT NULL,
    bytes_fetched bigint DEFAULT 0 NOT NULL,
    bad_items integer DEFAULT 0 NOT NULL,
    detail jsonb,
    error text,
    hint text,
    changes jsonb
);

CREATE TABLE ops.unpublished_games (
    game_id text NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    objected boolean DEFAULT false NOT NULL
);

CREATE TABLE ops.warehouse (
    key text NOT NULL,
    value jsonb NOT NULL,
    set_at timestamp with time zone DEFAULT now() NOT NULL
);

ALTER TABLE ONLY derived.game_map
    ADD CONSTRAINT game_map_espn UNIQUE (espn_event_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY derived.game_map
    ADD CONSTRAINT game_map_kalshi UNIQUE (kalshi_event_ticker) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY derived.game_map
    ADD CONSTRAINT game_map_nba UNIQUE (nba_game_id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY derived.game_map
    ADD CONSTRAINT game_map_pkey PRIMARY KEY (game_date, away_code, home_code);

ALTER TABLE ONLY derived.game_stats
    ADD CONSTRAINT game_stats_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY derived.pbp_event_state
    ADD CONSTRAINT pbp_event_state_pkey PRIMARY KEY (game_id, event_id);

ALTER TABLE ONLY espn.plays
    ADD CONSTRAINT plays_pkey PRIMARY KEY (game_id, play_id);

ALTER TABLE ONLY espn.prob_event_state
    ADD CONSTRAINT prob_event_state_pkey PRIMARY KEY (game_id, event_id);

ALTER TABLE ONLY espn.scoreboard_games
    ADD CONSTRAINT scoreboard_games_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY kalshi.candlesticks
    ADD CONSTRAINT candlesticks_pkey PRIMARY KEY (ticker, period_interval_min, period_ts);

ALTER TABLE ONLY kalshi.markets
    ADD CONSTRAINT markets_pkey PRIMARY KEY (ticker);

ALTER TABLE ONLY nba.boxscore_games
    ADD CONSTRAINT boxscore_games_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY nba.boxscore_players
    ADD CONSTRAINT boxscore_players_pkey PRIMARY KEY (game_id, person_id);

ALTER TABLE ONLY nba.boxscore_teams
    ADD CONSTRAINT boxscore_teams_pkey PRIMARY KEY (game_id, team_id);

ALTER TABLE ONLY nba.finder_teams
    ADD CONSTRAINT finder_teams_pkey PRIMARY KEY (game_id, team_id);

ALTER TABLE ONLY nba.games
    ADD CONSTRAINT games_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY nba.odds_books
    ADD CONSTRAINT odds_books_pkey PRIMARY KEY (snapshot_id, game_id, market_key, book_id, country_code);

ALTER TABLE ONLY nba.odds_games
    ADD CONSTRAINT odds_games_pkey PRIMARY KEY (snapshot_id, game_id);

ALTER TABLE ONLY nba.odds_markets
    ADD CONSTRAINT odds_markets_pkey PRIMARY KEY (snapshot_id, game_id, market_key);

ALTER TABLE ONLY nba.odds_outcomes
    ADD CONSTRAINT odds_outcomes_pkey PRIMARY KEY (snapshot_id, game_id, market_key, book_id, country_code, outcome_type);

ALTER TABLE ONLY nba.odds_snapshots
    ADD CONSTRAINT odds_snapshots_pkey PRIMARY KEY (snapshot_id);

ALTER TABLE ONLY nba.pbp_events
    ADD CONSTRAINT pbp_events_action UNIQUE (game_id, action_number) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY nba.pbp_events
    ADD CONSTRAINT pbp_events_order UNIQUE (game_id, order_number) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY nba.pbp_events
    ADD CONSTRAINT pbp_events_pkey PRIMARY KEY (event_id);

ALTER TABLE ONLY nba.schedule_games
    ADD CONSTRAINT schedule_games_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY nba.scoreboard_games
    ADD CONSTRAINT scoreboard_games_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY nba.teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (team_id);

ALTER TABLE ONLY ops.backfill_units
    ADD CONSTRAINT backfill_units_pkey PRIMARY KEY (backfill_id, stage, unit_key);

ALTER TABLE ONLY ops.backfills
    ADD CONSTRAINT backfills_pkey PRIMARY KEY (backfill_id);

ALTER TABLE ONLY ops.feed_turns
    ADD CONSTRAINT feed_turns_pkey PRIMARY KEY (feed_group);

ALTER TABLE ONLY ops.game_changes
    ADD CONSTRAINT game_changes_pkey PRIMARY KEY (dataset, game_id);

ALTER TABLE ONLY ops.pipeline_runs
    ADD CONSTRAINT pipeline_runs_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY ops.published_views
    ADD CONSTRAINT published_views_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY ops.refresh_log
    ADD CONSTRAINT refresh_log_pkey PRIMARY KEY (refresh_id);

ALTER TABLE ONLY ops.relation_versions
    ADD CONSTRAINT relation_versions_pkey PRIMARY KEY (relation);

ALTER TABLE ONLY ops.replays
    ADD CONSTRAINT replays_pkey PRIMARY KEY (source_file_id, arrived_at);

ALTER TABLE ONLY ops.run_games
    ADD CONSTRAINT run_games_pkey PRIMARY KEY (run_id, game_id);

ALTER TABLE ONLY ops.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY ops.source_files
    ADD CONSTRAINT source_files_pkey PRIMARY KEY (source_file_id);

ALTER TABLE ONLY ops.source_files
    ADD CONSTRAINT source_files_source_type_source_key_sha256_hex_key UNIQUE (source_type, source_key, sha256_hex);

ALTER TABLE ONLY ops.step_runs
    ADD CONSTRAINT step_runs_pkey PRIMARY KEY (run_id, step, attempt);

ALTER TABLE ONLY ops.unpublished_games
    ADD CONSTRAINT unpublished_games_pkey PRIMARY KEY (game_id);

ALTER TABLE ONLY ops.warehouse
    ADD CONSTRAINT warehouse_pkey PRIMARY KEY (key);

CREATE INDEX game_summary_date ON derived.game_summary USING btree (game_date DESC, game_id);

CREATE UNIQUE INDEX game_summary_key ON derived.game_summary USING btree (game_id);

CREATE UNIQUE INDEX slate_key ON derived.slate USING btree (season_label, game_date);

CREATE UNIQUE INDEX snapshot_features_key ON derived.snapshot_features USING btree (game_id, sequence_number, snapshot_ts, season_label) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX snapshot_features_v1_key ON derived.snapshot_features_v1 USING btree (game_id, sequence_number, snapshot_ts, season_label) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX probabilities_raw_items_key ON espn.probabilities_raw_items USING btree (game_id, sequence_number, event_id, season_label) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX scoreboard_games_competition ON espn.scoreboard_games USING btree (competition_id);

CREATE INDEX scoreboard_games_date ON espn.scoreboard_games USING btree (scoreboard_date);

CREATE INDEX scoreboard_games_match ON espn.scoreboard_games USING btree (game_date, home_code, away_code);

CREATE INDEX candlesticks_crossed ON kalshi.candlesticks USING btree (ticker) WHERE (yes_bid_close > yes_ask_close);

CREATE INDEX markets_event ON kalshi.markets USING btree (event_ticker);

CREATE INDEX markets_game ON kalshi.markets USING btree (espn_event_id, side);

CREATE INDEX markets_match ON kalshi.markets USING btree (game_date, home_code, away_code);

CREATE INDEX games_away ON nba.games USING btree (away_team_id, game_date, game_id);

CREATE INDEX games_home ON nba.games USING btree (home_team_id, game_date, game_id);

CREATE INDEX games_match ON nba.games USING btree (game_date, home_code, away_code);

CREATE INDEX games_season ON nba.games USING btree (season_label);

CREATE INDEX odds_games_game ON nba.odds_games USING btree (game_id);

CREATE INDEX schedule_games_season ON nba.schedule_games USING btree (season_label);

CREATE INDEX backfill_units_open ON ops.backfill_units USING btree (backfill_id, stage) WHERE (status = ANY (ARRAY['waiting'::text, 'underway'::text]));

CREATE INDEX pipeline_runs_open ON ops.pipeline_runs USING btree (run_id) WHERE (status = 'running'::text);

CREATE INDEX pipeline_runs_resumes ON ops.pipeline_runs USING btree (resumes) WHERE (resumes IS NOT NULL);

CREATE INDEX refresh_log_relation ON ops.refresh_log USING btree (relation, started_at DESC);

CREATE INDEX refresh_log_run ON ops.refresh_log USING btree (run_id);

CREATE INDEX refresh_log_started ON ops.refresh_log USING btree (started_at);

CREATE INDEX source_files_unloaded ON ops.source_files USING btree (source_type, fetched_at) WHERE (loaded_at IS NULL);

CREATE INDEX step_runs_history ON ops.step_runs USING btree (step, finished_at DESC);

CREATE INDEX step_runs_newest ON ops.step_runs USING btree (step, run_id DESC, attempt DESC);

ALTER TABLE ONLY ops.backfill_units
    ADD CONSTRAINT backfill_units_backfill_id_fkey FOREIGN KEY (backfill_id) REFERENCES ops.backfills(backfill_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.pipeline_runs
    ADD CONSTRAINT pipeline_runs_resumes_fkey FOREIGN KEY (resumes) REFERENCES ops.pipeline_runs(run_id) ON DELETE SET NULL;

ALTER TABLE ONLY ops.refresh_log
    ADD CONSTRAINT refresh_log_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE SET NULL;

ALTER TABLE ONLY ops.replays
    ADD CONSTRAINT replays_source_file_id_fkey FOREIGN KEY (source_file_id) REFERENCES ops.source_files(source_file_id);

ALTER TABLE ONLY ops.run_games
    ADD CONSTRAINT run_games_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;

ALTER TABLE ONLY ops.step_runs
    ADD CONSTRAINT step_runs_run_id_fkey FOREIGN KEY (run_id) REFERENCES ops.pipeline_runs(run_id) ON DELETE CASCADE;
