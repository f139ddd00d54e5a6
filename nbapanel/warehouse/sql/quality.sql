-- name: quality_games
-- What there is of each game. has_plays: a play-by-play with actions was loaded; has_events: and
-- its events are there. is_underived: its state was not computed since its events changed;
-- is_unsettled: nor its row in nba.games, since a feed said something new. most_books: as many as
-- quote both sides of who wins, in one market of one snapshot.
SELECT
    g.game_id, g.season_label, g.season_type, g.game_date, g.away_code, g.home_code,
    coalesce(g.status = 3, false) OR coalesce(b.status = 3, false) AS is_final,
    coalesce(g.status = 2, false) AS is_live,
    coalesce(g.status_text, '') ILIKE 'PPD%%' AS is_postponed,
    held.has_events
    OR EXISTS (
        SELECT FROM ops.source_files AS f
        WHERE f.source_type IN ('pbp', 'pbp_v3') AND f.source_key = g.game_id
          AND f.loaded_at IS NOT NULL AND f.row_count > 0) AS has_plays,
    held.has_events,
    EXISTS (
        SELECT FROM nba.pbp_events AS e
        WHERE e.game_id = g.game_id AND e.score_home + e.score_away > 0) AS has_scores,
    EXISTS (SELECT FROM derived.pbp_event_state AS s WHERE s.game_id = g.game_id) AS has_states,
    b.game_id IS NOT NULL AS has_box_score,
    (SELECT count(DISTINCT t.is_home) = 2 FROM nba.boxscore_teams AS t
     WHERE t.game_id = g.game_id) AS has_both_teams,
    EXISTS (SELECT FROM nba.odds_games AS o WHERE o.game_id = g.game_id) AS has_odds,
    EXISTS (
        SELECT FROM nba.odds_games AS o
        JOIN nba.odds_books AS q ON q.snapshot_id = o.snapshot_id AND q.game_id = o.game_id
        WHERE o.game_id = g.game_id) AS has_quotes,
    (SELECT coalesce(max(market.books), 0)
     FROM (
        SELECT count(*) AS books
        FROM (
            SELECT q.snapshot_id, q.market_key, q.book_id
            FROM nba.odds_games AS o
            JOIN nba.odds_outcomes AS q ON q.snapshot_id = o.snapshot_id AND q.game_id = o.game_id
            WHERE o.game_id = g.game_id AND q.outcome_type IN ('home', 'away')
              AND q.spread IS NULL AND q.odds > 1
            GROUP BY q.snapshot_id, q.market_key, q.book_id
            HAVING count(DISTINCT q.outcome_type) = 2
        ) AS book
        GROUP BY book.snapshot_id, book.market_key
     ) AS market) AS most_books,
    EXISTS (
        SELECT FROM ops.game_changes AS c
        WHERE c.game_id = g.game_id AND c.dataset = 'derived.pbp_event_state') AS is_underived,
    EXISTS (
        SELECT FROM ops.game_changes AS c
        WHERE c.game_id = g.game_id AND c.dataset = 'nba.games') AS is_unsettled
FROM nba.games AS g
LEFT JOIN nba.boxscore_games AS b ON b.game_id = g.game_id
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM nba.pbp_events AS e WHERE e.game_id = g.game_id) AS has_events
) AS held
WHERE g.game_id = ANY(%(games)s)
ORDER BY g.game_date DESC NULLS LAST, g.game_id

-- name: quality_game_ids
-- Newest first.
SELECT game_id FROM nba.games
WHERE (%(season)s::text IS NULL OR season_label = %(season)s)
  AND (%(game)s::text IS NULL OR game_id = %(game)s)
ORDER BY game_date DESC NULLS LAST, game_id

-- name: quality_seasons
SELECT DISTINCT season_label FROM nba.games ORDER BY season_label DESC

-- name: quality_payloads
-- The play-by-play that each game's events were loaded from last: of the kind that they name, the
-- last one to be loaded. A payload that only took actions away is named by none of them. Where there
-- are no events: the last one that should have given some.
-- waiting, refusal: a later one that is not loaded yet, and why it could not be.
WITH named AS (
    SELECT DISTINCT game_id, source_file_id
    FROM nba.pbp_events
    WHERE game_id = ANY(%(games)s)
), kind AS (
    SELECT DISTINCT ON (game_id) game_id, source_type
    FROM (
        SELECT n.game_id, f.source_type, f.arrived_at, true AS is_named
        FROM named AS n
        JOIN ops.source_files AS f ON f.source_file_id = n.source_file_id
        UNION ALL
        SELECT f.source_key, f.source_type, f.arrived_at, false
        FROM ops.source_files AS f
        WHERE f.source_type IN ('pbp', 'pbp_v3') AND f.source_key = ANY(%(games)s)
          AND f.loaded_at IS NOT NULL AND f.row_count > 0
    ) AS candidate
    ORDER BY game_id, is_named DESC, arrived_at DESC
), loaded AS (
    SELECT DISTINCT ON (k.game_id)
        k.game_id, k.source_type, f.source_file_id, f.path, f.arrived_at
    FROM kind AS k
    JOIN ops.source_files AS f ON f.source_type = k.source_type AND f.source_key = k.game_id
    WHERE f.loaded_at IS NOT NULL AND f.http_status < 400
    ORDER BY k.game_id, f.arrived_at DESC
)
SELECT l.game_id, l.source_type, l.source_file_id, l.path,
    w.path AS waiting, coalesce(w.load_error, '') AS refusal
FROM loaded AS l
LEFT JOIN LATERAL (
    SELECT f.path, f.load_error
    FROM ops.source_files AS f
    WHERE f.source_type = l.source_type AND f.source_key = l.game_id
      AND f.loaded_at IS NULL AND f.http_status < 400 AND f.arrived_at > l.arrived_at
    ORDER BY f.arrived_at DESC
    LIMIT 1
) AS w ON true

-- name: quality_events
-- A game's events as one text: JSON is what is read fastest on the other side.
SELECT e.game_id, json_agg(json_build_array(
    e.action_number, e.order_number, e.period, e.clock, e.action_type, e.sub_type, e.description,
    e.team_id, e.person_id, e.score_home, e.score_away))::text
FROM nba.pbp_events AS e
WHERE e.game_id = ANY(%(games)s)
GROUP BY e.game_id

-- name: quality_provenance
-- The payloads that a game's rows name, by relation; all of a payload is NULL where ops knows none.
WITH rows_of AS (
    SELECT game_id, 'nba.pbp_events' AS relation, source_file_id FROM nba.pbp_events
    UNION ALL SELECT game_id, 'nba.boxscore_games', source_file_id FROM nba.boxscore_games
    UNION ALL SELECT game_id, 'nba.boxscore_teams', source_file_id FROM nba.boxscore_teams
    UNION ALL SELECT game_id, 'nba.boxscore_players', source_file_id FROM nba.boxscore_players
    UNION ALL SELECT game_id, 'nba.scoreboard_games', source_file_id FROM nba.scoreboard_games
    UNION ALL SELECT game_id, 'nba.schedule_games', source_file_id FROM nba.schedule_games
    UNION ALL SELECT game_id, 'nba.finder_teams', source_file_id FROM nba.finder_teams
    UNION ALL SELECT game_id, 'nba.odds_games', source_file_id FROM nba.odds_games
    UNION ALL
    SELECT g.game_id, 'nba.odds_snapshots', s.source_file_id
    FROM nba.odds_games AS g JOIN nba.odds_snapshots AS s ON s.snapshot_id = g.snapshot_id
    UNION ALL
    SELECT g.game_id, 'nba.odds_markets', m.source_file_id
    FROM nba.odds_games AS g
    JOIN nba.odds_markets AS m ON m.snapshot_id = g.snapshot_id AND m.game_id = g.game_id
    UNION ALL
    SELECT g.game_id, 'nba.odds_books', b.source_file_id
    FROM nba.odds_games AS g
    JOIN nba.odds_books AS b ON b.snapshot_id = g.snapshot_id AND b.game_id = g.game_id
    UNION ALL
    SELECT g.game_id, 'nba.odds_outcomes', o.source_file_id
    FROM nba.odds_games AS g
    JOIN nba.odds_outcomes AS o ON o.snapshot_id = g.snapshot_id AND o.game_id = g.game_id
)
SELECT r.game_id, r.relation, r.source_file_id, count(*) AS row_count, f.source_type, f.source_key,
    f.path
FROM rows_of AS r
LEFT JOIN ops.source_files AS f ON f.source_file_id = r.source_file_id
WHERE r.game_id = ANY(%(games)s)
GROUP BY r.game_id, r.relation, r.source_file_id, f.source_type, f.source_key, f.path
ORDER BY r.game_id, r.relation, r.source_file_id

-- name: quality_clocks
SELECT e.game_id, e.order_number AS place, false AS is_warning,
    format('action %%s, period %%s', e.action_number, e.period) AS "where",
    'a clock such as PT11M56.00S' AS expected,
    coalesce(e.clock, 'none') AS found
FROM nba.pbp_events AS e
WHERE e.game_id = ANY(%(games)s) AND derived.parse_clock_seconds(e.clock) IS NULL

-- name: quality_seconds
-- Twelve minutes a quarter and five an overtime; no game went beyond six overtimes, none here
-- beyond ten. A clock that cannot be read is another check's.
WITH event AS (
    SELECT e.game_id, e.order_number, e.action_number, e.period, e.clock,
        derived.parse_clock_seconds(e.clock) AS seconds_left,
        CASE WHEN e.period <= 4 THEN 720 ELSE 300 END AS longest
    FROM nba.pbp_events AS e
    WHERE e.game_id = ANY(%(games)s)
)
SELECT game_id, order_number AS place, false AS is_warning,
    format('action %%s', action_number) AS "where",
    CASE
        WHEN period NOT BETWEEN 1 AND 14 THEN 'a period from 1 to 14'
        ELSE format('0 to %%s seconds left in period %%s', longest, period)
    END AS expected,
    CASE
        WHEN period NOT BETWEEN 1 AND 14 THEN format('period %%s', period)
        ELSE format('%%s seconds (%%s)', seconds_left, clock)
    END AS found
FROM event
WHERE period NOT BETWEEN 1 AND 14 OR seconds_left NOT BETWEEN 0 AND longest

-- name: quality_time_remaining
-- What was derived: from the whole game with its overtimes down to nothing.
WITH state AS (
    SELECT s.*, 2880 + 300 * greatest(max(s.period) OVER (PARTITION BY s.game_id) - 4, 0) AS longest
    FROM derived.pbp_event_state AS s
    WHERE s.game_id = ANY(%(games)s)
)
SELECT game_id, order_number AS place, false AS is_warning,
    format('state of event %%s', event_id) AS "where",
    format('0 to %%s seconds left in the game', longest) AS expected,
    format('%%s seconds', time_remaining) AS found
FROM state
WHERE time_remaining NOT BETWEEN 0 AND longest

-- name: quality_state
-- Every event has its state, with the event's own scores, their difference and who leads by it.
-- Nobody is 0-0 in the second quarter or later: such a row is of the administration, and its state
-- has no score (trap D13).
WITH event AS (
    SELECT e.game_id, e.event_id, e.order_number,
        CASE WHEN scored.is_so THEN e.score_home END AS score_home,
        CASE WHEN scored.is_so THEN e.score_away END AS score_away
    FROM nba.pbp_events AS e
    CROSS JOIN LATERAL (SELECT e.period = 1 OR e.score_home + e.score_away > 0) AS scored (is_so)
    WHERE e.game_id = ANY(%(games)s)
), state AS (
    SELECT * FROM derived.pbp_event_state WHERE game_id = ANY(%(games)s)
), pair AS (
    SELECT coalesce(e.game_id, s.game_id) AS game_id,
        coalesce(e.order_number, s.order_number) AS place,
        e.event_id AS event, s.event_id AS state,
        e.score_home, e.score_away, s.home_score, s.away_score, s.point_differential,
        s.current_winning_team,
        CASE sign(e.score_home - e.score_away) WHEN 1 THEN 0 WHEN -1 THEN 1 END AS leader
    FROM event AS e
    FULL JOIN state AS s ON s.game_id = e.game_id AND s.event_id = e.event_id
)
SELECT game_id, place, false AS is_warning,
    format('event %%s', coalesce(event, state)) AS "where",
    CASE
        WHEN event IS NULL THEN 'no state: there is no such event'
        WHEN score_home IS NULL THEN 'a state without a score'
        ELSE format('%%s – %%s, home %%s, %%s', score_home, score_away,
            to_char(score_home - score_away, 'FMSG990'),
            CASE leader WHEN 0 THEN 'home leads' WHEN 1 THEN 'away leads' ELSE 'a tie' END)
    END AS expected,
    CASE
        WHEN state IS NULL THEN 'no state'
        WHEN home_score IS NULL THEN 'a state without a score'
        ELSE format('%%s – %%s, home %%s, %%s', home_score, away_score,
            to_char(point_differential, 'FMSG990'),
            CASE current_winning_team WHEN 0 THEN 'home leads' WHEN 1 THEN 'away leads'
                ELSE 'a tie' END)
    END AS found
FROM pair
WHERE event IS NULL OR state IS NULL
   OR (score_home, score_away, score_home - score_away, leader)
      IS DISTINCT FROM (home_score, away_score, point_differential, current_winning_team)

-- name: quality_state_times
-- What is left of the game is known wherever the clock can be read.
SELECT e.game_id, e.order_number AS place, false AS is_warning,
    format('state of event %%s', e.event_id) AS "where",
    format('the time left, at %%s of period %%s', e.clock, e.period) AS expected,
    'none' AS found
FROM nba.pbp_events AS e
JOIN derived.pbp_event_state AS s ON s.game_id = e.game_id AND s.event_id = e.event_id
WHERE e.game_id = ANY(%(games)s) AND s.time_remaining IS NULL
  AND derived.parse_clock_seconds(e.clock) IS NOT NULL

-- name: quality_state_winners
-- Who won in the end is said at each event, and of no game that is not over (trap D6).
WITH state AS (
    SELECT s.game_id, s.final_winning_team AS said,
        CASE sign(g.final_score_home - g.final_score_away) WHEN 1 THEN 0 WHEN -1 THEN 1 END AS due
    FROM derived.pbp_event_state AS s
    JOIN nba.games AS g ON g.game_id = s.game_id
    WHERE s.game_id = ANY(%(games)s)
)
SELECT game_id, 0 AS place, false AS is_warning, 'final_winning_team' AS "where",
    CASE due WHEN 0 THEN 'home' WHEN 1 THEN 'away' ELSE 'none' END AS expected,
    format('%%s, at %%s of its events',
        CASE said WHEN 0 THEN 'home' WHEN 1 THEN 'away' ELSE 'none' END, count(*)) AS found
FROM state
WHERE said IS DISTINCT FROM due
GROUP BY game_id, due, said

-- name: quality_falls
-- No score falls from one action to the next. That the league takes a basket back happens: a fall
-- of one team by at most four points (a basket and its free throw) is a warning. Administrative
-- rows after the last end of a period carry 0-0, and are no score (trap D13).
WITH last_end AS (
    SELECT game_id, max(order_number) AS order_number
    FROM nba.pbp_events
    WHERE game_id = ANY(%(games)s) AND action_type = 'period' AND sub_type = 'end'
      AND score_home + score_away > 0
    GROUP BY game_id
), scored AS (
    SELECT e.game_id, e.order_number, e.action_number, e.period, e.score_home, e.score_away,
        lag(e.score_home) OVER w AS home_before, lag(e.score_away) OVER w AS away_before
    FROM nba.pbp_events AS e
    LEFT JOIN last_end AS l ON l.game_id = e.game_id
    WHERE e.game_id = ANY(%(games)s) AND e.score_home IS NOT NULL AND e.score_away IS NOT NULL
      AND (e.score_home = 0 AND e.score_away = 0 AND e.order_number > l.order_number) IS NOT TRUE
    WINDOW w AS (PARTITION BY e.game_id ORDER BY e.order_number)
)
SELECT game_id, order_number AS place,
    NOT (score_home < home_before AND score_away < away_before)
        AND home_before - score_home <= 4 AND away_before - score_away <= 4 AS is_warning,
    format('action %%s, period %%s', action_number, period) AS "where",
    format('at least %%s – %%s', home_before, away_before) AS expected,
    format('%%s – %%s', score_home, score_away) AS found
FROM scored
WHERE score_home < home_before OR score_away < away_before

-- name: quality_finals
-- The final score of each game, home first, a row for each source that has one.
WITH last_action AS (
    -- From the last end of a period on nothing is played, and rows of the administration say 0-0.
    -- Of a list that was cut off in play, the score there: it is not the final one.
    SELECT DISTINCT ON (game_id) game_id, score_home, score_away
    FROM nba.pbp_events
    WHERE game_id = ANY(%(games)s) AND score_home + score_away > 0
    ORDER BY game_id, order_number DESC
), told AS (
    SELECT game_id, 'play-by-play' AS source, score_home AS home, score_away AS away
    FROM last_action
    UNION ALL
    SELECT game_id, 'box score', home_score, away_score FROM nba.boxscore_games
    UNION ALL
    SELECT game_id, 'scoreboard', home_score, away_score FROM nba.scoreboard_games
    WHERE status = 3
    UNION ALL
    SELECT game_id, 'schedule', home_score, away_score FROM nba.schedule_games WHERE status = 3
    UNION ALL
    SELECT game_id, 'game finder', max(points) FILTER (WHERE is_home),
        max(points) FILTER (WHERE NOT is_home)
    FROM nba.finder_teams
    GROUP BY game_id
    HAVING count(*) FILTER (WHERE is_home) = 1 AND count(*) FILTER (WHERE NOT is_home) = 1
        AND bool_and(is_winner IS NOT NULL)
    UNION ALL
    SELECT game_id, 'nba.games', final_score_home, final_score_away FROM nba.games
    UNION ALL
    SELECT m.nba_game_id, 'ESPN', e.home_score, e.away_score
    FROM derived.game_map AS m
    JOIN espn.scoreboard_games AS e ON e.event_id = m.espn_event_id
    WHERE e.status_completed
)
SELECT game_id, source, home, away
FROM told
WHERE game_id = ANY(%(games)s) AND home IS NOT NULL AND away IS NOT NULL
ORDER BY game_id, source

-- name: quality_winners
-- The winner is the team with more points; without the ids of both teams there is none to name.
WITH game AS (
    SELECT game_id, home_team_id, away_team_id, final_score_home, final_score_away, winner_team_id,
        CASE sign(final_score_home - final_score_away)
            WHEN 1 THEN home_team_id WHEN -1 THEN away_team_id END AS due
    FROM nba.games
    WHERE game_id = ANY(%(games)s) AND final_score_home IS NOT NULL AND home_team_id IS NOT NULL
      AND away_team_id IS NOT NULL
)
SELECT game_id, 0 AS place, false AS is_warning, 'nba.games' AS "where",
    format('winner %%s at %%s – %%s', coalesce(due::text, 'none'), final_score_home,
        final_score_away) AS expected,
    format('winner %%s', coalesce(winner_team_id::text, 'none')) AS found
FROM game
WHERE winner_team_id IS DISTINCT FROM due

-- name: quality_minutes
-- Five players for four quarters of twelve minutes, and for five minutes each overtime. Seconds
-- are rounded a player: half a second for each who played is let pass.
WITH team AS (
    SELECT t.game_id, t.team_id, t.tricode, t.is_home, t.seconds AS team_seconds,
        (SELECT sum(p.seconds) FROM nba.boxscore_players AS p
         WHERE p.game_id = t.game_id AND p.team_id = t.team_id) AS player_seconds,
        (SELECT count(*) * 0.5 FROM nba.boxscore_players AS p
         WHERE p.game_id = t.game_id AND p.team_id = t.team_id AND p.seconds > 0) AS tolerance,
        (coalesce(b.regulation_periods, 4) * 720
         + greatest(b.period - coalesce(b.regulation_periods, 4), 0) * 300) * 5 AS due
    FROM nba.boxscore_teams AS t
    JOIN nba.boxscore_games AS b ON b.game_id = t.game_id
    WHERE t.game_id = ANY(%(games)s)
)
SELECT game_id, CASE WHEN is_home THEN 0 ELSE 1 END AS place, false AS is_warning,
    coalesce(tricode, team_id::text) AS "where",
    format('%%s min, within %%s s', round(due / 60.0, 1), tolerance) AS expected,
    format('%%s min of its players, %%s min of the team',
        coalesce(round(player_seconds::numeric / 60, 2)::text, 'no'),
        coalesce(round(team_seconds::numeric / 60, 2)::text, 'no')) AS found
FROM team
WHERE (abs(player_seconds - due) <= tolerance) IS NOT TRUE
   OR abs(team_seconds - due) > tolerance

-- name: quality_starters
SELECT t.game_id, CASE WHEN t.is_home THEN 0 ELSE 1 END AS place, false AS is_warning,
    coalesce(t.tricode, t.team_id::text) AS "where",
    '5 starters' AS expected,
    format('%%s', count(p.person_id) FILTER (WHERE p.starter)) AS found
FROM nba.boxscore_teams AS t
LEFT JOIN nba.boxscore_players AS p ON p.game_id = t.game_id AND p.team_id = t.team_id
WHERE t.game_id = ANY(%(games)s)
GROUP BY t.game_id, t.team_id, t.tricode, t.is_home
HAVING count(p.person_id) FILTER (WHERE p.starter) <> 5

-- name: quality_sides
-- A box score without its two sides would otherwise pass every check that goes by team.
SELECT b.game_id, 2 AS place, false AS is_warning, 'box score' AS "where",
    'a home team and an away team' AS expected,
    format('%%s home, %%s away', count(t.team_id) FILTER (WHERE t.is_home),
        count(t.team_id) FILTER (WHERE NOT t.is_home)) AS found
FROM nba.boxscore_games AS b
LEFT JOIN nba.boxscore_teams AS t ON t.game_id = b.game_id
WHERE b.game_id = ANY(%(games)s)
GROUP BY b.game_id
HAVING count(t.team_id) FILTER (WHERE t.is_home) <> 1
    OR count(t.team_id) FILTER (WHERE NOT t.is_home) <> 1

-- name: quality_points
-- A team's points are its players', its quarters' and its score.
WITH team AS (
    SELECT t.game_id, t.team_id, t.tricode, t.is_home, t.points,
        (SELECT sum(p.points) FROM nba.boxscore_players AS p
         WHERE p.game_id = t.game_id AND p.team_id = t.team_id) AS of_players,
        (SELECT sum(points) FROM unnest(t.period_points) AS one (points)) AS of_periods,
        CASE WHEN t.is_home THEN b.home_score ELSE b.away_score END AS score
    FROM nba.boxscore_teams AS t
    JOIN nba.boxscore_games AS b ON b.game_id = t.game_id
    WHERE t.game_id = ANY(%(games)s)
)
SELECT game_id, CASE WHEN is_home THEN 0 ELSE 1 END AS place, false AS is_warning,
    coalesce(tricode, team_id::text) AS "where",
    format('%%s points, as its score says', coalesce(score::text, 'no')) AS expected,
    format('team %%s, players %%s, periods %%s', coalesce(points::text, 'none'),
        coalesce(of_players::text, 'none'), coalesce(of_periods::text, 'not told')) AS found
FROM team
WHERE points IS DISTINCT FROM score OR of_players IS DISTINCT FROM points::bigint
   OR of_periods <> points

-- name: quality_odds_values
-- Decimal odds are above 1. The same fault in many snapshots is one finding.
SELECT o.game_id, min(s.taken_at)::text AS place, false AS is_warning,
    format('%%s, %%s of %%s (%%s)', coalesce(max(m.name), o.market_key), o.outcome_type,
        coalesce(max(b.name), o.book_id), o.country_code) AS "where",
    'decimal odds above 1' AS expected,
    format('%%s, in %%s of its snapshots', coalesce(o.odds_text, o.odds::text, 'none'), count(*))
        AS found
FROM nba.odds_games AS g
JOIN nba.odds_snapshots AS s ON s.snapshot_id = g.snapshot_id
JOIN nba.odds_outcomes AS o ON o.snapshot_id = g.snapshot_id AND o.game_id = g.game_id
LEFT JOIN nba.odds_markets AS m
    ON m.snapshot_id = o.snapshot_id AND m.game_id = o.game_id AND m.market_key = o.market_key
LEFT JOIN nba.odds_books AS b
    ON b.snapshot_id = o.snapshot_id AND b.game_id = o.game_id AND b.market_key = o.market_key
    AND b.book_id = o.book_id AND b.country_code = o.country_code
WHERE g.game_id = ANY(%(games)s) AND (o.odds > 1) IS NOT TRUE
GROUP BY o.game_id, o.market_key, o.book_id, o.country_code, o.outcome_type, o.odds_text, o.odds

-- name: quality_odds_sides
-- Each book names both sides of a market: home and away, or over and under.
WITH quoted AS (
    SELECT g.game_id, b.market_key, b.book_id, b.country_code, b.snapshot_id, b.name,
        max(m.name) AS market, coalesce(array_agg(o.outcome_type ORDER BY o.outcome_type)
            FILTER (WHERE o.outcome_type IS NOT NULL), '{}') AS sides
    FROM nba.odds_games AS g
    JOIN nba.odds_books AS b ON b.snapshot_id = g.snapshot_id AND b.game_id = g.game_id
    LEFT JOIN nba.odds_markets AS m
        ON m.snapshot_id = b.snapshot_id AND m.game_id = b.game_id AND m.market_key = b.market_key
    LEFT JOIN nba.odds_outcomes AS o
        ON o.snapshot_id = b.snapshot_id AND o.game_id = b.game_id
        AND o.market_key = b.market_key AND o.book_id = b.book_id
        AND o.country_code = b.country_code
    WHERE g.game_id = ANY(%(games)s)
    GROUP BY g.game_id, b.market_key, b.book_id, b.country_code, b.snapshot_id, b.name
)
SELECT game_id, book_id AS place, false AS is_warning,
    format('%%s, %%s (%%s)', coalesce(max(market), market_key), coalesce(max(name), book_id),
        country_code) AS "where",
    'home and away' AS expected,
    format('%%s, in %%s of its snapshots',
        coalesce(nullif(array_to_string(sides, ' and '), ''), 'neither'), count(*)) AS found
FROM quoted
WHERE NOT (sides @> '{home,away}' OR sides @> '{over,under}')
GROUP BY game_id, market_key, book_id, country_code, sides

-- name: quality_odds_teams
-- Home and away of the odds are those of the game.
SELECT o.game_id, '' AS place, false AS is_warning, 'teams of the odds' AS "where",
    format('home %%s, away %%s', g.home_team_id, g.away_team_id) AS expected,
    format('home %%s, away %%s, in %%s of its snapshots', coalesce(o.home_team_id::text, 'none'),
        coalesce(o.away_team_id::text, 'none'), count(*)) AS found
FROM nba.odds_games AS o
JOIN nba.games AS g ON g.game_id = o.game_id
WHERE o.game_id = ANY(%(games)s) AND g.home_team_id IS NOT NULL AND g.away_team_id IS NOT NULL
  AND (o.home_team_id, o.away_team_id) IS DISTINCT FROM (g.home_team_id, g.away_team_id)
GROUP BY o.game_id, g.home_team_id, g.away_team_id, o.home_team_id, o.away_team_id

-- name: quality_odds_swapped
-- A book whose favourite is the other team against every other book's, at least two of them, and
-- not by a little: by 0.1 in probability against their mean. The same book of several countries is
-- one book. Only markets without a spread are about who wins.
WITH quoted AS (
    SELECT o.game_id, o.snapshot_id, o.market_key, o.book_id,
        avg(o.odds) FILTER (WHERE o.outcome_type = 'home') AS home,
        avg(o.odds) FILTER (WHERE o.outcome_type = 'away') AS away
    FROM nba.odds_games AS g
    JOIN nba.odds_outcomes AS o ON o.snapshot_id = g.snapshot_id AND o.game_id = g.game_id
    WHERE g.game_id = ANY(%(games)s) AND o.spread IS NULL AND o.odds > 1
    GROUP BY o.game_id, o.snapshot_id, o.market_key, o.book_id
), likely AS (
    SELECT *, away / (home + away) AS home_prob
    FROM quoted
    WHERE home IS NOT NULL AND away IS NOT NULL
), held AS (
    SELECT *,
        count(*) OVER w - 1 AS others,
        count(*) FILTER (WHERE home_prob > 0.5) OVER w AS for_home,
        count(*) FILTER (WHERE home_prob < 0.5) OVER w AS for_away,
        (sum(home_prob) OVER w - home_prob) / nullif(count(*) OVER w - 1, 0) AS mean_of_others
    FROM likely
    WINDOW w AS (PARTITION BY game_id, snapshot_id, market_key)
)
SELECT h.game_id, h.book_id AS place, true AS is_warning,
    format('%%s, %%s', coalesce(max(m.name), h.market_key), coalesce(max(b.name), h.book_id))
        AS "where",
    format('home wins with about %%s %%%%, as the other books have it',
        round(100 * avg(h.mean_of_others))) AS expected,
    format('%%s %%%%: home %%s, away %%s, in %%s of its snapshots', round(100 * avg(h.home_prob)),
        round(avg(h.home), 3), round(avg(h.away), 3), count(DISTINCT h.snapshot_id)) AS found
FROM held AS h
LEFT JOIN nba.odds_books AS b
    ON b.snapshot_id = h.snapshot_id AND b.game_id = h.game_id AND b.market_key = h.market_key
    AND b.book_id = h.book_id
LEFT JOIN nba.odds_markets AS m
    ON m.snapshot_id = h.snapshot_id AND m.game_id = h.game_id AND m.market_key = h.market_key
WHERE h.others >= 2
  AND (h.home_prob > 0.5 AND h.for_home = 1 AND h.for_away = h.others
       OR h.home_prob < 0.5 AND h.for_away = 1 AND h.for_home = h.others)
  AND abs(h.home_prob - h.mean_of_others) > 0.1
GROUP BY h.game_id, h.market_key, h.book_id
