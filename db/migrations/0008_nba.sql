-- The league's own feeds: schedule, scoreboard, box scores, play-by-play, odds, game finder.
-- What a feed said stands in a table of that feed; nba.games and nba.teams are settled from these.

CREATE SCHEMA nba;

-- ---- what the feeds said ------------------------------------------------------------------------

CREATE TABLE nba.schedule_games (
    game_id text PRIMARY KEY,
    season_label text NOT NULL,
    game_code text,
    game_date date,
    game_time_utc timestamptz,
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
CREATE INDEX schedule_games_season ON nba.schedule_games (season_label);
COMMENT ON COLUMN nba.schedule_games.home_team_id IS
    'NULL where the schedule holds a placeholder (team id 0 or no tricode).';

CREATE TABLE nba.scoreboard_games (
    game_id text PRIMARY KEY,
    scoreboard_date date NOT NULL,
    game_code text,
    game_time_utc timestamptz,
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
COMMENT ON COLUMN nba.scoreboard_games.status IS
    '1 before, 2 in play, 3 final; a postponed game keeps 1 and says PPD in its text.';

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
    source_file_id bigint NOT NULL,
    PRIMARY KEY (game_id, team_id)
);

CREATE TABLE nba.boxscore_games (
    game_id text PRIMARY KEY,
    game_code text,
    game_time_utc timestamptz,
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
    source_file_id bigint NOT NULL,
    PRIMARY KEY (game_id, team_id)
);
COMMENT ON COLUMN nba.boxscore_teams.seconds IS
    'Minutes of all players together, in seconds: 14,400 a game and 1,500 more each overtime.';

CREATE TABLE nba.boxscore_players (
    game_id text NOT NULL,
    person_id bigint NOT NULL,
    team_id bigint NOT NULL,
    is_home boolean NOT NULL,
    name text,
    first_name text,
    family_name text,
    jersey text,
    position text,
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
    source_file_id bigint NOT NULL,
    PRIMARY KEY (game_id, person_id)
);
COMMENT ON COLUMN nba.boxscore_players.place IS 'His place in the list of his team, from 1.';
COMMENT ON COLUMN nba.boxscore_players.seconds IS 'Played, in seconds; 0 for one who did not play.';

CREATE TABLE nba.pbp_events (
    event_id bigint PRIMARY KEY,
    game_id text NOT NULL,
    action_number integer NOT NULL,
    order_number bigint NOT NULL,
    period integer NOT NULL,
    period_type text,
    clock text,
    time_actual timestamptz,
    action_type text NOT NULL,
    sub_type text,
    description text,
    descriptor text,
    edited_at timestamptz,
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
    shot_distance double precision,
    -- Upstream swaps numbers between two actions, which only the end of the transaction may judge.
    CONSTRAINT pbp_events_order UNIQUE (game_id, order_number) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT pbp_events_action UNIQUE (game_id, action_number) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON COLUMN nba.pbp_events.event_id IS 'The game''s id as a number, times 100,000, plus action_number.';
COMMENT ON COLUMN nba.pbp_events.score_home IS 'Carried forward where the feed leaves it blank.';

CREATE TABLE nba.odds_snapshots (
    snapshot_id bigint PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    games integer NOT NULL,
    source_file_id bigint NOT NULL
);
COMMENT ON COLUMN nba.odds_snapshots.snapshot_id IS 'The payload''s source_file_id.';

CREATE TABLE nba.odds_games (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    sportradar_id text,
    home_team_id bigint,
    away_team_id bigint,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (snapshot_id, game_id)
);
CREATE INDEX odds_games_game ON nba.odds_games (game_id);

CREATE TABLE nba.odds_markets (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    name text,
    odds_type_id integer,
    group_name text,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (snapshot_id, game_id, market_key)
);

CREATE TABLE nba.odds_books (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    book_id text NOT NULL,
    country_code text NOT NULL,
    name text,
    url text,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (snapshot_id, game_id, market_key, book_id, country_code)
);

CREATE TABLE nba.odds_outcomes (
    snapshot_id bigint NOT NULL,
    game_id text NOT NULL,
    market_key text NOT NULL,
    book_id text NOT NULL,
    country_code text NOT NULL,
    outcome_type text NOT NULL,
    odds_field_id integer,
    odds numeric(18, 6),
    odds_text text,
    opening_odds numeric(18, 6),
    opening_odds_text text,
    odds_trend text,
    spread numeric(18, 6),
    spread_text text,
    opening_spread numeric(18, 6),
    opening_spread_text text,
    source_file_id bigint NOT NULL,
    PRIMARY KEY (snapshot_id, game_id, market_key, book_id, country_code, outcome_type)
);

-- ---- settled from the above, of the games that changed -------------------------------------------

CREATE TABLE nba.teams (
    team_id bigint PRIMARY KEY,
    tricode text NOT NULL,
    city text,
    name text
);
COMMENT ON TABLE nba.teams IS 'As the newest game that names the team calls it.';

CREATE TABLE nba.games (
    game_id text PRIMARY KEY,
    game_code text,
    game_time_utc timestamptz,
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
CREATE INDEX games_season ON nba.games (season_label);
CREATE INDEX games_match ON nba.games (game_date, home_code, away_code);
-- The newest game of a team is found at once, however many seasons there are.
CREATE INDEX games_home ON nba.games (home_team_id, game_date, game_id);
CREATE INDEX games_away ON nba.games (away_team_id, game_date, game_id);
COMMENT ON COLUMN nba.games.season IS 'Start year, from the id.';
COMMENT ON COLUMN nba.games.season_type IS
    '1 preseason, 2 regular, 3 all-star, 4 playoffs, 5 play-in, 6 cup final: from the id.';
COMMENT ON COLUMN nba.games.game_date IS 'US Eastern.';
COMMENT ON COLUMN nba.games.teams_from IS 'boxscore, schedule, scoreboard or leaguegamefinder.';
COMMENT ON COLUMN nba.games.final_from IS
    'What the final score was read from: pbp, boxscore, scoreboard, schedule or leaguegamefinder.';

-- ---- which game is which -------------------------------------------------------------------------

CREATE TABLE derived.game_map (
    game_date date NOT NULL,
    away_code text NOT NULL,
    home_code text NOT NULL,
    nba_game_id text,
    espn_event_id text,
    kalshi_event_ticker text,
    PRIMARY KEY (game_date, away_code, home_code),
    -- A game that moves leaves one row for another within one statement.
    CONSTRAINT game_map_nba UNIQUE (nba_game_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT game_map_espn UNIQUE (espn_event_id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT game_map_kalshi UNIQUE (kalshi_event_ticker) DEFERRABLE INITIALLY DEFERRED
);
COMMENT ON TABLE derived.game_map IS
    'One row a game that any feed knows, by US Eastern date and both teams; NULL where a feed has none.';

-- The map as the tables of the feeds have it now. Of two games of one feed on the same day between
-- the same teams the one that is played counts, as in kalshi.markets.espn_event_id.
CREATE VIEW derived.game_matches AS
SELECT
    game_date,
    away_code,
    home_code,
    max(nba_game_id) AS nba_game_id,
    max(espn_event_id) AS espn_event_id,
    max(kalshi_event_ticker) AS kalshi_event_ticker
FROM (
    SELECT
        game_date, away_code, home_code, game_id AS nba_game_id,
        NULL::text AS espn_event_id, NULL::text AS kalshi_event_ticker
    FROM (
        SELECT DISTINCT ON (game_date, away_code, home_code)
            game_date, away_code, home_code, game_id
        FROM nba.games
        WHERE away_code IS NOT NULL AND home_code IS NOT NULL
        ORDER BY game_date, away_code, home_code, status DESC NULLS LAST, game_id DESC
    ) AS of_nba
    UNION ALL
    SELECT game_date, away_code, home_code, NULL, event_id, NULL
    FROM (
        SELECT DISTINCT ON (game_date, away_code, home_code)
            game_date, away_code, home_code, event_id
        FROM espn.scoreboard_games
        WHERE away_code IS NOT NULL AND home_code IS NOT NULL
        ORDER BY game_date, away_code, home_code,
            (coalesce(status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')), event_id
    ) AS of_espn
    UNION ALL
    SELECT game_date, away_code, home_code, NULL, NULL, event_ticker
    FROM (
        SELECT DISTINCT ON (game_date, away_code, home_code)
            game_date, away_code, home_code, event_ticker
        FROM kalshi.markets
        WHERE away_code IS NOT NULL AND home_code IS NOT NULL
        ORDER BY game_date, away_code, home_code, (gone_since IS NULL) DESC, event_ticker DESC
    ) AS of_kalshi
) AS said
WHERE game_date IS NOT NULL
GROUP BY game_date, away_code, home_code;

-- A feed is missed only where it could have the game: ESPN on a day whose scoreboard is held, Kalshi
-- on such a day too if it has other games of it, the league near days that it has games on.
CREATE VIEW derived.unmatched_games AS
SELECT
    m.game_date,
    m.away_code,
    m.home_code,
    m.nba_game_id,
    m.espn_event_id,
    m.kalshi_event_ticker,
    array_remove(ARRAY[
        CASE WHEN m.nba_game_id IS NULL AND day.is_known_to_nba THEN 'NBA' END,
        CASE WHEN m.espn_event_id IS NULL AND day.is_known_to_espn THEN 'ESPN' END,
        CASE WHEN m.kalshi_event_ticker IS NULL AND day.is_known_to_kalshi THEN 'Kalshi' END
    ], NULL) AS lacks
FROM derived.game_map AS m
CROSS JOIN LATERAL (
    SELECT
        EXISTS (
            SELECT FROM derived.game_map AS near
            WHERE near.game_date BETWEEN m.game_date - 7 AND m.game_date + 7
              AND near.nba_game_id IS NOT NULL) AS is_known_to_nba,
        count(other.espn_event_id) > 0 AS is_known_to_espn,
        count(other.espn_event_id) > 0 AND count(other.kalshi_event_ticker) > 0
            AS is_known_to_kalshi
    FROM derived.game_map AS other
    WHERE other.game_date = m.game_date
) AS day
WHERE (m.nba_game_id IS NULL AND day.is_known_to_nba)
   OR (m.espn_event_id IS NULL AND day.is_known_to_espn)
   OR (m.kalshi_event_ticker IS NULL AND day.is_known_to_kalshi);

-- ---- the state of a game at each action ----------------------------------------------------------

-- Neither function is STRICT: PostgreSQL then takes them apart into the query that calls them, and
-- a season is a million calls. NULL gives NULL all the same.
CREATE FUNCTION derived.parse_clock_seconds(clock text) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN clock ~ '^PT[0-9]{1,2}M[0-9]{1,2}(\.[0-9]+)?S$'
    THEN split_part(substr(clock, 3), 'M', 1)::double precision * 60
        + rtrim(split_part(clock, 'M', 2), 'S')::double precision
END;
COMMENT ON FUNCTION derived.parse_clock_seconds IS
    'PT11M18.00S -> 678: seconds left in the period. NULL for anything else.';

CREATE FUNCTION derived.seconds_remaining_game(
    period integer, seconds_left double precision, last_period integer, is_over boolean
) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN seconds_left + CASE
    WHEN period > 4 THEN (last_period - period) * 300
    WHEN is_over THEN (4 - period) * 720 + greatest(last_period - 4, 0) * 300
    ELSE (4 - period) * 720
END;
COMMENT ON FUNCTION derived.seconds_remaining_game IS
    'Regulation and the overtimes of a finished game; of a running one only those that have begun.';

CREATE VIEW derived.game_state_by_event AS
SELECT
    event.game_id,
    event.order_number,
    event.event_id,
    event.period,
    event.period_type,
    event.clock,
    event.seconds_left AS seconds_remaining_period,
    CASE WHEN event.period <= 4 THEN (4 - event.period) * 720 + event.seconds_left
        WHEN event.seconds_left IS NOT NULL THEN 0
    END AS seconds_remaining_regulation,
    CASE
        WHEN event.period <= 4 THEN event.period * 720 - event.seconds_left
        ELSE 2880 + (event.period - 4) * 300 - event.seconds_left
    END AS seconds_elapsed_game,
    derived.seconds_remaining_game(
        event.period, event.seconds_left, event.last_period, g.final_from IS NOT NULL
    ) AS seconds_remaining_game,
    event.score_home,
    event.score_away,
    event.score_home - event.score_away AS score_diff_home,
    event.period > 4 AS is_overtime,
    event.possession_team_id
FROM (
    SELECT
        e.*,
        derived.parse_clock_seconds(e.clock) AS seconds_left,
        max(e.period) OVER (PARTITION BY e.game_id) AS last_period
    FROM nba.pbp_events AS e
) AS event
LEFT JOIN nba.games AS g ON g.game_id = event.game_id;

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
    period integer,
    PRIMARY KEY (game_id, event_id)
);
COMMENT ON COLUMN derived.pbp_event_state.possession_side IS '0 home, 1 away, NULL unknown.';
COMMENT ON COLUMN derived.pbp_event_state.time_remaining IS
    'seconds_remaining_game of derived.game_state_by_event, in whole seconds, half up.';
COMMENT ON COLUMN derived.pbp_event_state.home_score IS
    'NULL at an administrative action, which says 0-0 in a later period than the first.';
