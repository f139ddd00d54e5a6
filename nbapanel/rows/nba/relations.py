"""The relations of the league's own feeds: what each feed said, column by column. No parsing."""

from __future__ import annotations

from nbapanel.rows.models import Relation, columns_of

_SOURCE = ("source_file_id",)

SCHEDULE_GAMES = Relation(
    "nba.schedule_games",
    columns_of(
        """game_id text, season_label text, game_code text, game_date date,
        game_time_utc timestamptz, status int4, status_text text, postponed_status text,
        if_necessary bool, is_neutral bool, game_label text, game_sub_label text, series_text text,
        week_number int4, arena_name text, arena_city text, arena_state text, home_team_id int8,
        home_tricode text, home_city text, home_name text, home_score int4, away_team_id int8,
        away_tricode text, away_city text, away_name text, away_score int4, source_file_id int8"""
    ),
    key=("game_id",),
    scope="season_label",
    uncompared=_SOURCE,
)

SCOREBOARD_GAMES = Relation(
    "nba.scoreboard_games",
    columns_of(
        """game_id text, scoreboard_date date, game_code text, game_time_utc timestamptz,
        status int4, status_text text, period int4, game_clock text, is_neutral bool,
        game_label text, game_sub_label text, home_team_id int8, home_tricode text, home_city text,
        home_name text, home_score int4, away_team_id int8, away_tricode text, away_city text,
        away_name text, away_score int4, source_file_id int8"""
    ),
    key=("game_id",),
    uncompared=_SOURCE,
)

FINDER_TEAMS = Relation(
    "nba.finder_teams",
    columns_of(
        """game_id text, team_id int8, season_label text, season_type int4, game_date date,
        tricode text, team_name text, matchup text, is_home bool, is_winner bool, minutes int4,
        points int4, source_file_id int8"""
    ),
    key=("game_id", "team_id"),
    uncompared=_SOURCE,
)

BOXSCORE_GAMES = Relation(
    "nba.boxscore_games",
    columns_of(
        """game_id text, game_code text, game_time_utc timestamptz, status int4, status_text text,
        period int4, game_clock text, regulation_periods int4, duration_min int4, attendance int4,
        is_sellout bool, arena_name text, arena_city text, arena_state text, officials text[],
        home_team_id int8, away_team_id int8, home_score int4, away_score int4,
        source_file_id int8"""
    ),
    key=("game_id",),
    scope="game_id",
    uncompared=_SOURCE,
)

BOXSCORE_TEAMS = Relation(
    "nba.boxscore_teams",
    columns_of(
        """game_id text, team_id int8, is_home bool, tricode text, city text, name text,
        seconds float8, points int4, period_points int4[], rebounds int4, rebounds_offensive int4,
        rebounds_defensive int4, assists int4, steals int4, blocks int4, turnovers int4, fouls int4,
        fg_made int4, fg_attempted int4, three_made int4, three_attempted int4, ft_made int4,
        ft_attempted int4, plus_minus float8, timeouts_remaining int4, source_file_id int8"""
    ),
    key=("game_id", "team_id"),
    scope="game_id",
    uncompared=_SOURCE,
)

BOXSCORE_PLAYERS = Relation(
    "nba.boxscore_players",
    columns_of(
        """game_id text, person_id int8, team_id int8, is_home bool, name text, first_name text,
        family_name text, jersey text, position text, status text, place int4, starter bool,
        played bool, not_playing_reason text, not_playing_description text, seconds float8,
        points int4, rebounds int4, rebounds_offensive int4, rebounds_defensive int4, assists int4,
        steals int4, blocks int4, turnovers int4, fouls int4, fg_made int4, fg_attempted int4,
        three_made int4, three_attempted int4, ft_made int4, ft_attempted int4, plus_minus float8,
        source_file_id int8"""
    ),
    key=("game_id", "person_id"),
    scope="game_id",
    uncompared=_SOURCE,
)

PBP_EVENTS = Relation(
    "nba.pbp_events",
    columns_of(
        """event_id int8, game_id text, action_number int4, order_number int8, period int4,
        period_type text, clock text, time_actual timestamptz, action_type text, sub_type text,
        description text, descriptor text, edited_at timestamptz, team_id int8,
        possession_team_id int8, person_id int8, score_home int4, score_away int4,
        is_field_goal bool, x float8, y float8, x_legacy int4, y_legacy int4, side text,
        qualifiers text[], person_ids_filter int8[], raw_action jsonb, source_file_id int8,
        player_name text, shot_result text, shot_distance float8"""
    ),
    key=("event_id",),
    scope="game_id",
    uncompared=_SOURCE,
    also_unique=("game_id", "order_number"),
    is_judged_late=True,
)

ODDS_SNAPSHOTS = Relation(
    "nba.odds_snapshots",
    columns_of("""snapshot_id int8, taken_at timestamptz, games int4, source_file_id int8"""),
    key=("snapshot_id",),
    uncompared=_SOURCE,
)

ODDS_GAMES = Relation(
    "nba.odds_games",
    columns_of(
        """snapshot_id int8, game_id text, sportradar_id text, home_team_id int8,
        away_team_id int8, source_file_id int8"""
    ),
    key=("snapshot_id", "game_id"),
    uncompared=_SOURCE,
)

ODDS_MARKETS = Relation(
    "nba.odds_markets",
    columns_of(
        """snapshot_id int8, game_id text, market_key text, name text, odds_type_id int4,
        group_name text, source_file_id int8"""
    ),
    key=("snapshot_id", "game_id", "market_key"),
    uncompared=_SOURCE,
)

ODDS_BOOKS = Relation(
    "nba.odds_books",
    columns_of(
        """snapshot_id int8, game_id text, market_key text, book_id text, country_code text,
        name text, url text, source_file_id int8"""
    ),
    key=("snapshot_id", "game_id", "market_key", "book_id", "country_code"),
    uncompared=_SOURCE,
)

ODDS_OUTCOMES = Relation(
    "nba.odds_outcomes",
    columns_of(
        """snapshot_id int8, game_id text, market_key text, book_id text, country_code text,
        outcome_type text, odds_field_id int4, odds numeric, odds_text text, opening_odds numeric,
        opening_odds_text text, odds_trend text, spread numeric, spread_text text,
        opening_spread numeric, opening_spread_text text, source_file_id int8"""
    ),
    key=("snapshot_id", "game_id", "market_key", "book_id", "country_code", "outcome_type"),
    uncompared=_SOURCE,
)
