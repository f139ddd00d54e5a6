-- The schema that db/migrations make, as pg_dump writes it. Not a migration: never applied, and
-- written by tests/warehouse/test_schema.py, which says how.

CREATE SCHEMA derived;

CREATE SCHEMA espn;

CREATE SCHEMA kalshi;

CREATE SCHEMA ops;

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
    checked_at timestamp with time zone NOT NULL,
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
    row_count integer
);

COMMENT ON COLUMN ops.source_files.http_status IS '400 or more: the feed said that it does not have this, which is remembered like an answer.';

COMMENT ON COLUMN ops.source_files.checked_at IS 'Last time the feed answered with just this payload (or with 304); never before fetched_at.';

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

ALTER TABLE ONLY derived.game_stats
    ADD CONSTRAINT game_stats_pkey PRIMARY KEY (game_id);

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
    ADD CONSTRAINT replays_pkey PRIMARY KEY (source_file_id, checked_at);

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

CREATE INDEX pipeline_runs_open ON ops.pipeline_runs USING btree (run_id) WHERE (status = 'running'::text);

CREATE INDEX pipeline_runs_resumes ON ops.pipeline_runs USING btree (resumes) WHERE (resumes IS NOT NULL);

CREATE INDEX refresh_log_relation ON ops.refresh_log USING btree (relation, started_at DESC);

CREATE INDEX refresh_log_run ON ops.refresh_log USING btree (run_id);

CREATE INDEX refresh_log_started ON ops.refresh_log USING btree (started_at);

CREATE INDEX source_files_unloaded ON ops.source_files USING btree (source_type, fetched_at) WHERE (loaded_at IS NULL);

CREATE INDEX step_runs_history ON ops.step_runs USING btree (step, finished_at DESC);

CREATE INDEX step_runs_newest ON ops.step_runs USING btree (step, run_id DESC, attempt DESC);

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
