-- name: mark_nba_games
-- For the league's own lane: unlike games of ESPN's these are in no published view, so there is
-- nothing for the gates to judge.
INSERT INTO ops.game_changes (dataset, game_id, run_id)
SELECT d.dataset, g.game_id, %(run_id)s
FROM unnest(%(datasets)s::text[]) AS d (dataset)
CROSS JOIN unnest(%(games)s::text[]) AS g (game_id)
ON CONFLICT (dataset, game_id) DO UPDATE
SET changed_at = excluded.changed_at, run_id = excluded.run_id

-- name: mark_nba_states
-- Only of games that have actions: a new schedule changes a season of games that are to be played.
INSERT INTO ops.game_changes (dataset, game_id, run_id)
SELECT %(dataset)s, g.game_id, %(run_id)s
FROM unnest(%(games)s::text[]) AS g (game_id)
WHERE EXISTS (SELECT FROM nba.pbp_events AS e WHERE e.game_id = g.game_id)
ON CONFLICT (dataset, game_id) DO UPDATE
SET changed_at = excluded.changed_at, run_id = excluded.run_id

-- name: drop_actions_of_the_other_list
-- Of the games of these payloads, those actions that came with the other form of play-by-play: it
-- numbers them in its own way, so that they would stand beside the same ones of this form.
WITH gone AS (
    DELETE FROM nba.pbp_events AS e
    USING ops.source_files AS ours, ops.source_files AS theirs
    WHERE ours.source_file_id = ANY(%(files)s)
      AND e.game_id = ours.source_key
      AND theirs.source_file_id = e.source_file_id
      AND theirs.source_type <> ours.source_type
      AND e.event_id <> ALL(%(events)s)
    RETURNING e.event_id
)
SELECT count(*) FROM gone

-- name: nba_games_asked_for
-- The league's games of ESPN's, by Eastern date and both teams: the map may not have been drawn
-- since the newest of them came.
SELECT DISTINCT n.game_id
FROM espn.scoreboard_games AS g
JOIN nba.games AS n
    ON n.game_date = g.game_date AND n.home_code = g.home_code AND n.away_code = g.away_code
WHERE g.competition_id = ANY(%(games)s) OR g.event_id = ANY(%(games)s)
ORDER BY n.game_id

-- name: nba_games_of_window
SELECT game_id FROM nba.games WHERE game_date BETWEEN %(first)s AND %(last)s ORDER BY game_id

-- name: nba_seasons_scheduled
-- Each season that a schedule was loaded of, and whether every game of it was over by then. One that
-- was not needed in the end stays as it was listed.
SELECT season_label, bool_and(coalesce(status = 3 OR if_necessary, false)) AS is_over
FROM nba.schedule_games
GROUP BY season_label

-- name: nba_games_to_fetch
-- Games that began, and which of their documents are not held complete. One is complete if it says
-- itself that the game is over, and once more from the next noon on (corrected_at), for a final is
-- corrected until the next morning. "There is none" of a game that is over is an answer as well;
-- what could not be loaded is none, or for a day once the feed has given just that again (see
-- games_to_fetch).
-- A game outside the window counts only if some of it is held, and not yet all; what the network
-- does not have is left to a backfill then, for its other source is slow and answers few. A game of
-- the window whose play-by-play ends otherwise than the other feeds say is asked for again until it
-- fits, unless what they say cannot be loaded.
WITH held AS (
    SELECT DISTINCT ON (source_type, source_key)
        source_type, source_key, checked_at,
        http_status >= 400 AS is_absent,
        http_status >= 400 OR row_count = 0 AS is_none,
        loaded_at IS NULL AND load_error IS NOT NULL AS is_refused
    FROM ops.source_files
    WHERE source_type IN ('pbp', 'pbp_v3', 'boxscore')
      AND (%(games)s::text[] IS NULL OR source_key = ANY(%(games)s))
      AND (loaded_at IS NOT NULL OR load_error IS NULL
           OR (checked_at > fetched_at AND checked_at > %(now)s::timestamptz - interval '1 day'))
    ORDER BY source_type, source_key, checked_at DESC
), game AS (
    SELECT
        g.game_id, g.game_date, g.game_time_utc, g.final_from,
        coalesce(g.status = 3, false) AS is_final,
        g.game_date BETWEEN %(first)s AND %(last)s AS is_of_window,
        %(games)s::text[] IS NOT NULL OR g.game_date BETWEEN %(first)s AND %(last)s AS is_asked_for,
        corrected.at AS corrected_at,
        coalesce(corrected.at <= %(now)s, false) AS is_corrected,
        coalesce(p.is_none, false) AS lacks_plays,
        coalesce(p.checked_at >= corrected.at AND NOT stale.plays, false) OR (
            coalesce(corrected.at > %(now)s, true) AND g.status = 3
            AND coalesce(p.is_absent OR p.is_refused OR g.final_from = 'pbp', false)) AS has_plays,
        coalesce(b.checked_at >= corrected.at AND NOT stale.box_score, false) OR (
            coalesce(corrected.at > %(now)s, true) AND g.status = 3
            AND coalesce(b.is_absent OR b.is_refused OR x.status = 3, false)) AS has_box_score,
        coalesce(v.checked_at >= corrected.at, false) OR (
            coalesce(corrected.at > %(now)s, true) AND g.status = 3
            AND coalesce(v.is_absent OR v.is_refused OR g.final_from = 'pbp', false))
            AS has_plays_v3,
        p.source_key IS NOT NULL OR b.source_key IS NOT NULL AS is_begun,
        coalesce(
            g.final_from = 'pbp'
            AND ((x.status = 3
                    AND (x.home_score, x.away_score)
                        IS DISTINCT FROM (g.final_score_home, g.final_score_away))
                OR (s.status = 3
                    AND (s.home_score, s.away_score)
                        IS DISTINCT FROM (g.final_score_home, g.final_score_away)))
            AND NOT coalesce(p.is_refused, false) AND NOT coalesce(b.is_refused, false)
            AND NOT EXISTS (
                SELECT FROM ops.game_changes AS c WHERE c.game_id = g.game_id),
            false) AS is_at_odds
    FROM nba.games AS g
    LEFT JOIN held AS p ON p.source_type = 'pbp' AND p.source_key = g.game_id
    LEFT JOIN held AS v ON v.source_type = 'pbp_v3' AND v.source_key = g.game_id
    LEFT JOIN held AS b ON b.source_type = 'boxscore' AND b.source_key = g.game_id
    LEFT JOIN nba.boxscore_games AS x ON x.game_id = g.game_id
    LEFT JOIN nba.schedule_games AS s ON s.game_id = g.game_id
    CROSS JOIN LATERAL (
        SELECT (g.game_date + 1)::timestamp AT TIME ZONE 'America/New_York' + interval '12 h' AS at
    ) AS corrected
    CROSS JOIN LATERAL (
        -- A network may give what it had hours ago: of the window that is not the last word.
        SELECT
            -- Until it was derived (a backfill does that later) nobody knows.
            of_window.is_so AND p.is_none IS FALSE AND g.final_from IS DISTINCT FROM 'pbp'
                AND NOT EXISTS (
                    SELECT FROM ops.game_changes AS c WHERE c.game_id = g.game_id) AS plays,
            of_window.is_so AND b.is_none IS FALSE AND x.status IS DISTINCT FROM 3 AS box_score
        FROM (SELECT g.game_date BETWEEN %(first)s AND %(last)s) AS of_window (is_so)
    ) AS stale
    WHERE (%(games)s::text[] IS NULL OR g.game_id = ANY(%(games)s))
      AND (g.status >= 2
        OR (g.game_time_utc <= %(now)s AND coalesce(g.status_text, '') NOT ILIKE 'PPD%%'
            AND coalesce(g.postponed_status, '') <> 'Y'))
)
SELECT
    game_id, is_final, is_corrected, lacks_plays,
    wanted.anew OR NOT has_plays AS plays,
    wanted.anew OR NOT has_box_score AS box_score,
    wanted.anew OR NOT has_plays_v3 AS plays_v3
FROM game
CROSS JOIN LATERAL (
    SELECT (%(force)s AND is_asked_for)
        OR (is_of_window AND is_corrected AND is_at_odds) AS anew
) AS wanted
WHERE wanted.anew
    OR ((is_asked_for OR is_begun) AND (NOT has_plays OR NOT has_box_score))
    OR (is_asked_for AND lacks_plays AND is_final AND NOT has_plays_v3)
ORDER BY game_time_utc, game_id

-- name: compute_nba_games
-- A game as all feeds together have it. Of each thing the feed that knows it best: the teams by the
-- box score, or else the schedule; the date by the schedule, which moves with a game, unless the
-- game was played; the final score by the play-by-play. A schedule of before the game knows neither
-- that it was moved since, nor that the other team had it at home: who saw it played does.
-- That one ends with the last action that ends a period with a score: trailing actions of the
-- administration say 0-0. It is over only if that period was the fourth or an overtime and either
-- the list says so, or somebody leads.
INSERT INTO computed (
    game_id, game_code, game_time_utc, season, season_type, home_team_id, away_team_id, is_neutral,
    game_label, status, postponed_status, final_score_home, final_score_away, winner_team_id,
    season_label, status_text, game_date, home_code, away_code, teams_from, final_from)
SELECT
    c.game_id,
    coalesce(x.game_code, s.game_code, b.game_code),
    dated.game_time_utc,
    season.begins,
    substr(c.game_id, 3, 1)::integer,
    teams.home_team_id,
    teams.away_team_id,
    coalesce(s.is_neutral, b.is_neutral),
    coalesce(s.game_label, b.game_label),
    CASE WHEN over.is_final THEN 3 ELSE greatest(s.status, b.status, x.status) END,
    s.postponed_status,
    final.home_score,
    final.away_score,
    CASE
        WHEN final.home_score > final.away_score THEN teams.home_team_id
        WHEN final.home_score < final.away_score THEN teams.away_team_id
    END,
    season.begins || '-' || lpad(((season.begins + 1) %% 100)::text, 2, '0'),
    told.status_text,
    dated.game_date,
    teams.home_code,
    teams.away_code,
    teams.said_by,
    final.said_by
FROM computing AS c
LEFT JOIN nba.schedule_games AS s ON s.game_id = c.game_id
LEFT JOIN nba.scoreboard_games AS b ON b.game_id = c.game_id
LEFT JOIN nba.boxscore_games AS x ON x.game_id = c.game_id
LEFT JOIN nba.boxscore_teams AS x_home
    ON x_home.game_id = c.game_id AND x_home.team_id = x.home_team_id
LEFT JOIN nba.boxscore_teams AS x_away
    ON x_away.game_id = c.game_id AND x_away.team_id = x.away_team_id
CROSS JOIN LATERAL (
    SELECT
        max(game_id) AS game_id,
        max(game_date) AS game_date,
        bool_or(is_winner IS NOT NULL) AS is_final,
        max(team_id) FILTER (WHERE is_home) AS home_team_id,
        max(tricode) FILTER (WHERE is_home) AS home_code,
        max(points) FILTER (WHERE is_home) AS home_score,
        max(team_id) FILTER (WHERE NOT is_home) AS away_team_id,
        max(tricode) FILTER (WHERE NOT is_home) AS away_code,
        max(points) FILTER (WHERE NOT is_home) AS away_score
    FROM nba.finder_teams AS f
    WHERE f.game_id = c.game_id
) AS f
CROSS JOIN LATERAL (
    SELECT
        max(tail.game_id) AS game_id,
        bool_or(tail.action_type = 'game' AND tail.sub_type = 'end') AS is_final,
        (array_agg(tail.period ORDER BY tail.order_number DESC) FILTER (WHERE tail.ends))[1]
            AS period,
        (array_agg(tail.score_home ORDER BY tail.order_number DESC) FILTER (WHERE tail.ends))[1]
            AS home_score,
        (array_agg(tail.score_away ORDER BY tail.order_number DESC) FILTER (WHERE tail.ends))[1]
            AS away_score
    FROM (
        -- What ends a game stands among the last of its actions: the others are not read.
        SELECT
            e.game_id, e.order_number, e.action_type, e.sub_type, e.period, e.score_home,
            e.score_away,
            e.action_type = 'period' AND e.sub_type = 'end' AND e.score_home + e.score_away > 0
                AS ends
        FROM nba.pbp_events AS e
        WHERE e.game_id = c.game_id
        ORDER BY e.order_number DESC
        LIMIT 50
    ) AS tail
) AS p
CROSS JOIN LATERAL (
    SELECT CASE WHEN year >= 46 THEN 1900 ELSE 2000 END + year AS begins
    FROM (SELECT substr(c.game_id, 4, 2)::integer) AS of_id (year)
) AS season
CROSS JOIN LATERAL (
    SELECT x.status >= 2 AND x.game_time_utc IS NOT NULL AS is_played,
        -- A game that was off stays on the scoreboard of that day, and is played on another.
        b.status >= 2 OR f.game_date IS NULL OR f.game_date = b.scoreboard_date AS is_on_board,
        coalesce(s.status >= 2, false) OR f.is_final IS NOT TRUE OR f.game_date IS NULL
            OR f.game_date = s.game_date AS is_as_scheduled,
        (x.game_time_utc AT TIME ZONE 'America/New_York')::date AS box_score_date,
        (b.game_time_utc AT TIME ZONE 'America/New_York')::date AS scoreboard_date
) AS at
CROSS JOIN LATERAL (
    SELECT
        CASE WHEN at.is_played THEN x.game_time_utc
            ELSE coalesce(
                CASE WHEN at.is_as_scheduled THEN s.game_time_utc END,
                CASE WHEN at.is_on_board THEN b.game_time_utc END,
                x.game_time_utc)
        END AS game_time_utc,
        CASE WHEN at.is_played THEN at.box_score_date
            ELSE coalesce(
                CASE WHEN at.is_as_scheduled THEN s.game_date END,
                CASE WHEN at.is_on_board THEN coalesce(at.scoreboard_date, b.scoreboard_date) END,
                f.game_date,
                at.box_score_date)
        END AS game_date
) AS dated
LEFT JOIN LATERAL (
    -- The scoreboard of a day that the game was moved away from says PPD for ever.
    SELECT said.status_text
    FROM (VALUES
        (b.status, b.status_text, 1, b.scoreboard_date = dated.game_date),
        (x.status, x.status_text, 2, true),
        (s.status, s.status_text, 3, true),
        (b.status, b.status_text, 4, s.game_id IS NULL AND x.game_id IS NULL)
    ) AS said (status, status_text, place, counts)
    WHERE said.counts AND said.status_text IS NOT NULL
    ORDER BY said.status DESC NULLS LAST, said.place
    LIMIT 1
) AS told ON true
LEFT JOIN LATERAL (
    SELECT *
    FROM (VALUES
        (1, 'boxscore', x.home_team_id, x_home.tricode, x.away_team_id, x_away.tricode,
            x.status >= 2),
        (2, 'schedule', s.home_team_id, s.home_tricode, s.away_team_id, s.away_tricode,
            s.status >= 2),
        (3, 'scoreboard', b.home_team_id, b.home_tricode, b.away_team_id, b.away_tricode,
            b.status >= 2),
        (4, 'leaguegamefinder', f.home_team_id, f.home_code, f.away_team_id, f.away_code,
            f.is_final)
    ) AS said (place, said_by, home_team_id, home_code, away_team_id, away_code, saw_it)
    WHERE said.home_team_id IS NOT NULL OR said.away_team_id IS NOT NULL
    -- A box score of which a team could not be read has its id, and not what it is called.
    ORDER BY said.home_team_id IS NULL OR said.away_team_id IS NULL,
        said.home_code IS NULL OR said.away_code IS NULL, said.saw_it IS NOT TRUE, said.place
    LIMIT 1
) AS teams ON true
CROSS JOIN LATERAL (
    SELECT coalesce(x.status = 3, false) OR coalesce(b.status = 3, false)
        OR coalesce(s.status = 3, false) OR coalesce(f.is_final, false)
        OR coalesce(p.is_final, false) AS is_final
) AS over
LEFT JOIN LATERAL (
    SELECT *
    FROM (VALUES
        (1, 'pbp', p.home_score, p.away_score,
            p.period >= 4 AND (p.is_final OR p.home_score <> p.away_score)),
        (2, 'boxscore', x.home_score, x.away_score, x.status = 3),
        (3, 'scoreboard', b.home_score, b.away_score, b.status = 3),
        (4, 'schedule', s.home_score, s.away_score, s.status = 3),
        (5, 'leaguegamefinder', f.home_score, f.away_score, f.is_final)
    ) AS said (place, said_by, home_score, away_score, is_final)
    WHERE over.is_final AND said.is_final AND said.home_score + said.away_score > 0
    ORDER BY said.place
    LIMIT 1
) AS final ON true
WHERE coalesce(s.game_id, b.game_id, x.game_id, f.game_id, p.game_id) IS NOT NULL

-- name: compute_nba_teams
-- Every team that is known, and those of these games, as the newest game that names it calls it.
-- Each is looked up by its index; in the order of their ids, so that two that settle games at once
-- lock them in the same order.
INSERT INTO computed (team_id, tricode, city, name)
WITH team AS MATERIALIZED (
    SELECT t.team_id FROM nba.teams AS t
    UNION
    SELECT side.team_id
    FROM computing AS c
    JOIN nba.games AS g ON g.game_id = c.game_id
    CROSS JOIN LATERAL (VALUES (g.home_team_id), (g.away_team_id)) AS side (team_id)
    WHERE side.team_id IS NOT NULL
)
SELECT team.team_id, newest.tricode, named.city, named.name
FROM team
CROSS JOIN LATERAL (
    SELECT of_side.*
    FROM (
        (SELECT g.game_id, g.game_date, g.home_code AS tricode
        FROM nba.games AS g
        WHERE g.home_team_id = team.team_id AND g.home_code IS NOT NULL
        ORDER BY g.home_team_id, g.game_date DESC, g.game_id DESC
        LIMIT 1)
        UNION ALL
        (SELECT g.game_id, g.game_date, g.away_code
        FROM nba.games AS g
        WHERE g.away_team_id = team.team_id AND g.away_code IS NOT NULL
        ORDER BY g.away_team_id, g.game_date DESC, g.game_id DESC
        LIMIT 1)
    ) AS of_side
    ORDER BY of_side.game_date DESC, of_side.game_id DESC
    LIMIT 1
) AS newest
LEFT JOIN LATERAL (
    SELECT said.city, said.name
    FROM (
        SELECT 1 AS place, x.team_id, x.city, x.name
        FROM nba.boxscore_teams AS x WHERE x.game_id = newest.game_id
        UNION ALL
        SELECT 2, side.*
        FROM nba.schedule_games AS s
        CROSS JOIN LATERAL (VALUES
            (s.home_team_id, s.home_city, s.home_name),
            (s.away_team_id, s.away_city, s.away_name)) AS side
        WHERE s.game_id = newest.game_id
        UNION ALL
        SELECT 3, side.*
        FROM nba.scoreboard_games AS b
        CROSS JOIN LATERAL (VALUES
            (b.home_team_id, b.home_city, b.home_name),
            (b.away_team_id, b.away_city, b.away_name)) AS side
        WHERE b.game_id = newest.game_id
        UNION ALL
        SELECT 4, f.team_id, NULL, f.team_name
        FROM nba.finder_teams AS f WHERE f.game_id = newest.game_id
    ) AS said
    WHERE said.team_id = team.team_id AND said.name IS NOT NULL
    ORDER BY said.place
    LIMIT 1
) AS named ON true
ORDER BY team.team_id

-- name: nba_team_ids
SELECT team_id FROM nba.teams

-- name: game_map_days
-- Days on which the map is not what the feeds' tables say, or a market or a game of the league does
-- not bear what the map says of it.
WITH said AS MATERIALIZED (TABLE derived.game_matches)
SELECT game_date
FROM (
    (TABLE said EXCEPT TABLE derived.game_map)
    UNION ALL
    (TABLE derived.game_map EXCEPT TABLE said)
) AS map
UNION
SELECT g.game_date
FROM nba.games AS g
LEFT JOIN derived.game_map AS m ON m.nba_game_id = g.game_id
WHERE g.espn_event_id IS DISTINCT FROM m.espn_event_id
UNION
SELECT k.game_date
FROM kalshi.markets AS k
LEFT JOIN derived.game_map AS m USING (game_date, away_code, home_code)
WHERE k.nba_game_id IS DISTINCT FROM m.nba_game_id

-- name: compute_game_map
INSERT INTO computed (
    game_date, away_code, home_code, nba_game_id, espn_event_id, kalshi_event_ticker)
SELECT game_date, away_code, home_code, nba_game_id, espn_event_id, kalshi_event_ticker
FROM derived.game_matches
WHERE game_date = ANY(%(days)s)
ORDER BY game_date, away_code, home_code

-- name: link_nba_games
UPDATE nba.games AS g
SET espn_event_id = found.espn_event_id
FROM (
    SELECT n.game_id, m.espn_event_id
    FROM nba.games AS n
    LEFT JOIN derived.game_map AS m ON m.nba_game_id = n.game_id
    WHERE n.espn_event_id IS DISTINCT FROM m.espn_event_id
    ORDER BY n.game_id
) AS found
WHERE g.game_id = found.game_id
RETURNING g.game_id

-- name: link_nba_markets
UPDATE kalshi.markets AS k
SET nba_game_id = found.nba_game_id
FROM (
    SELECT n.ticker, m.nba_game_id
    FROM kalshi.markets AS n
    LEFT JOIN derived.game_map AS m USING (game_date, away_code, home_code)
    WHERE n.nba_game_id IS DISTINCT FROM m.nba_game_id
    ORDER BY n.ticker
) AS found
WHERE k.ticker = found.ticker
RETURNING k.ticker

-- name: unmatched_games
-- Those of the window, newest first, and how many these are in all.
SELECT
    count(*) OVER () AS total,
    game_date || ' ' || away_code || '@' || home_code AS game,
    array_to_string(lacks, ', ') AS lacks
FROM derived.unmatched_games
WHERE game_date BETWEEN %(first)s AND %(last)s
ORDER BY game_date DESC, away_code, home_code
LIMIT %(limit)s

-- name: compute_pbp_event_state
-- The state of the game at each action. Nobody is 0-0 in the second quarter: what says so there, or
-- later, is an action of the administration, and no score.
INSERT INTO computed (
    game_id, event_id, point_differential, time_remaining, possession_side, home_score, away_score,
    current_winning_team, final_winning_team, order_number, period)
SELECT
    event.game_id,
    event.event_id,
    event.home_score - event.away_score,
    floor(derived.seconds_remaining_game(
        event.period, event.seconds_left, event.last_period, event.is_over) + 0.5)::integer,
    CASE event.possession_team_id WHEN event.home_team_id THEN 0 WHEN event.away_team_id THEN 1 END,
    event.home_score,
    event.away_score,
    CASE
        WHEN event.home_score > event.away_score THEN 0
        WHEN event.home_score < event.away_score THEN 1
    END,
    event.final_winning_team,
    event.order_number,
    event.period
FROM (
    -- OFFSET 0: the clock is read once a row, and not wherever it is named.
    SELECT
        game.*,
        e.event_id,
        e.order_number,
        e.period,
        e.possession_team_id,
        derived.parse_clock_seconds(e.clock) AS seconds_left,
        CASE WHEN scored.is_so THEN e.score_home END AS home_score,
        CASE WHEN scored.is_so THEN e.score_away END AS away_score
    FROM (
        SELECT
            c.game_id,
            g.home_team_id,
            g.away_team_id,
            g.final_from IS NOT NULL AS is_over,
            CASE
                WHEN g.final_score_home > g.final_score_away THEN 0
                WHEN g.final_score_home < g.final_score_away THEN 1
            END AS final_winning_team,
            (SELECT max(e.period) FROM nba.pbp_events AS e WHERE e.game_id = c.game_id)
                AS last_period
        FROM computing AS c
        LEFT JOIN nba.games AS g ON g.game_id = c.game_id
        OFFSET 0
    ) AS game
    JOIN nba.pbp_events AS e ON e.game_id = game.game_id
    CROSS JOIN LATERAL (
        SELECT e.period = 1 OR e.score_home + e.score_away > 0 AS is_so
    ) AS scored
    OFFSET 0
) AS event

-- name: note_nba_games_of_run
-- A run's page names games by ESPN's ids. In the order in which mark_games notes them too: two
-- lanes that note the same games at once must not wait for each other crosswise.
INSERT INTO ops.run_games (run_id, game_id)
SELECT r.run_id, g.competition_id
FROM ops.pipeline_runs AS r
CROSS JOIN nba.games AS n
JOIN espn.scoreboard_games AS g ON g.event_id = n.espn_event_id
WHERE r.run_id = %(run_id)s AND n.game_id = ANY(%(games)s)
ORDER BY g.competition_id
ON CONFLICT DO NOTHING

-- name: nba_games_to_verify
-- Every game that a feed knows, and every one that has derived rows and should have none.
SELECT game_id FROM nba.games
UNION SELECT game_id FROM nba.schedule_games
UNION SELECT game_id FROM nba.scoreboard_games
UNION SELECT game_id FROM nba.boxscore_games
UNION SELECT game_id FROM nba.finder_teams
UNION SELECT game_id FROM derived.pbp_event_state
ORDER BY 1
