-- ESPN: scoreboards, win probabilities, plays, and the state of the game at each play.

CREATE SCHEMA espn;

CREATE TABLE espn.scoreboard_games (
    event_id text PRIMARY KEY,
    scoreboard_date date NOT NULL,
    event_uid text,
    event_date timestamptz,
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
    final_seen_at timestamptz
);
CREATE INDEX scoreboard_games_date ON espn.scoreboard_games (scoreboard_date);
CREATE INDEX scoreboard_games_match ON espn.scoreboard_games (game_date, home_code, away_code);
CREATE UNIQUE INDEX scoreboard_games_competition ON espn.scoreboard_games (competition_id);
COMMENT ON COLUMN espn.scoreboard_games.final_seen_at IS
    'When the feed first gave the present final score; what was fetched before it may be unfinished.';

CREATE TABLE espn.probabilities_raw_items (
    season_label text NOT NULL,
    game_id text NOT NULL,
    sequence_number integer NOT NULL,
    event_id bigint,
    last_modified_utc timestamptz,
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
CREATE UNIQUE INDEX probabilities_raw_items_key ON espn.probabilities_raw_items
    (game_id, sequence_number, event_id, season_label) NULLS NOT DISTINCT;

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
    wallclock timestamptz,
    modified timestamptz,
    raw_play jsonb,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (game_id, play_id)
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
    wallclock timestamptz,
    time_remaining_regulation integer,
    sequence_number integer NOT NULL,
    PRIMARY KEY (game_id, event_id)
);
