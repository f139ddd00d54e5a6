-- name: unfinished_days
-- Days of the archive that still hold a game that began and has no final result. A postponed or
-- cancelled game waits for nothing: when it is played, it stands on another day.
SELECT DISTINCT scoreboard_date
FROM espn.scoreboard_games
WHERE NOT status_completed
  AND coalesce(status_name, '') NOT IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
  AND event_date <= %(now)s
ORDER BY scoreboard_date

-- name: days_of_games
SELECT DISTINCT scoreboard_date
FROM espn.scoreboard_games
WHERE competition_id = ANY(%(games)s)
ORDER BY scoreboard_date

-- name: games_to_fetch
-- Games that began, and which of their feeds are not held complete. A payload is complete if the
-- feed gave (or confirmed) it after the final score was known; an answer "there is none" counts,
-- and one that could not be loaded (a damaged file) does not. Once the feed has given just that
-- again it is no accident of the way, and counts for a day: a program that understands it loads it
-- from the archive.
-- A game of the window that was derived and has no state, or ends otherwise than the scoreboard
-- says, was fetched too early whatever the clock said: it is asked for again until it fits.
WITH game AS (
    SELECT
        g.event_id, g.competition_id, g.status_completed, g.final_seen_at, g.event_date,
        %(force)s OR coalesce(
            g.status_completed
            AND g.game_date BETWEEN %(first)s AND %(last)s
            AND (s.state_rows = 0
                OR s.last_play_home_score <> g.home_score
                OR s.last_play_away_score <> g.away_score)
            AND NOT EXISTS (
                SELECT FROM ops.game_changes AS c WHERE c.game_id = g.competition_id),
            false) AS anew
    FROM espn.scoreboard_games AS g
    LEFT JOIN derived.game_stats AS s ON s.game_id = g.competition_id
    WHERE (g.status_completed OR g.status_state = 'in')
      AND (%(games)s::text[] IS NULL OR g.competition_id = ANY(%(games)s))
      AND (NOT %(force)s OR %(games)s::text[] IS NOT NULL
           OR g.game_date BETWEEN %(first)s AND %(last)s)
), held AS (
    SELECT DISTINCT ON (source_type, source_key)
        source_type, source_key, checked_at,
        -- An empty list is an answer too: there is none.
        http_status >= 400 OR row_count = 0 AS is_none,
        loaded_at IS NULL AND load_error IS NOT NULL AS is_refused
    FROM ops.source_files
    WHERE source_type IN ('espn_probabilities', 'espn_plays', 'espn_summary')
      AND (loaded_at IS NOT NULL OR load_error IS NULL
           OR (checked_at > fetched_at AND checked_at > %(now)s::timestamptz - interval '1 day'))
    ORDER BY source_type, source_key, checked_at DESC
)
SELECT event_id, competition_id, status_completed, event_date, probabilities, plays, summary
FROM (
    SELECT
        game.*,
        NOT coalesce(p.checked_at >= game.final_seen_at, false)
            OR again.anew AS probabilities,
        NOT coalesce(l.checked_at >= game.final_seen_at, false)
            OR again.anew AS plays,
        (coalesce(p.is_none, false) OR coalesce(l.is_none, false))
            AND (again.anew OR NOT coalesce(s.checked_at >= game.final_seen_at, false))
            AS summary
    FROM game
    LEFT JOIN held AS p ON p.source_type = 'espn_probabilities'
        AND p.source_key = game.event_id || ':' || game.competition_id
    LEFT JOIN held AS l ON l.source_type = 'espn_plays'
        AND l.source_key = game.event_id || ':' || game.competition_id
    LEFT JOIN held AS s ON s.source_type = 'espn_summary' AND s.source_key = game.event_id
    CROSS JOIN LATERAL (
        -- Of a game that ESPN has nothing of at all there is nothing to ask for again, and one of
        -- which something cannot be loaded has no state for that.
        SELECT game.anew AND (%(force)s OR NOT (
            coalesce(s.is_none, false) OR coalesce(s.is_refused, false)
            OR coalesce(p.is_refused, false) OR coalesce(l.is_refused, false))) AS anew
    ) AS again
) AS wanted
WHERE probabilities OR plays OR summary
ORDER BY event_date, event_id

-- name: seasons_of_games
SELECT event_id, competition_id, season_label
FROM espn.scoreboard_games
WHERE event_id = ANY(%(events)s)

-- name: link_markets
-- The ESPN game of a market: the same Eastern date and both teams. A postponed game keeps its old
-- ticker, so where two events match, the one that is played counts. Tells the games (by their
-- competition) that gained and lost a market.
WITH found AS (
    SELECT m.ticker, g.event_id, g.competition_id AS gained, was.competition_id AS lost
    FROM kalshi.markets AS m
    LEFT JOIN (
        SELECT DISTINCT ON (game_date, home_code, away_code)
            game_date, home_code, away_code, event_id, competition_id
        FROM espn.scoreboard_games
        ORDER BY game_date, home_code, away_code,
            (coalesce(status_name, '') IN ('STATUS_POSTPONED', 'STATUS_CANCELED')), event_id
    ) AS g USING (game_date, home_code, away_code)
    LEFT JOIN espn.scoreboard_games AS was ON was.event_id = m.espn_event_id
)
UPDATE kalshi.markets AS m
SET espn_event_id = found.event_id
FROM found
WHERE found.ticker = m.ticker AND m.espn_event_id IS DISTINCT FROM found.event_id
RETURNING found.gained, found.lost

-- name: markets_gone
-- Unsettled markets that a complete listing should have had. A settled one leaves the listing for
-- the historical one in due course, and is not gone. A listing with markets that could not be read
-- (is_whole: false) does not say what it lacks.
UPDATE kalshi.markets
SET gone_since = CASE WHEN ticker = ANY(%(listed)s) THEN NULL ELSE %(fetched_at)s END
WHERE (gone_since IS NOT NULL AND ticker = ANY(%(listed)s))
   OR (%(is_whole)s AND gone_since IS NULL AND NOT ticker = ANY(%(listed)s)
       AND ticker LIKE %(series)s || '-%%'
       AND status NOT IN ('determined', 'finalized', 'amended', 'disputed')
       AND close_time >= %(since)s AND last_seen_at < %(fetched_at)s)
RETURNING ticker

-- name: candles_to_fetch
-- Markets of games that began whose candles are not held up to the market's close. What could not
-- be loaded is not held, or for a day once the feed has given just that again.
WITH held AS (
    SELECT source_key, max(checked_at) AS checked_at
    FROM ops.source_files
    WHERE source_type = 'kalshi_candlesticks'
      AND (loaded_at IS NOT NULL OR load_error IS NULL
           OR (checked_at > fetched_at AND checked_at > %(now)s::timestamptz - interval '1 day'))
    GROUP BY source_key
)
SELECT
    m.event_ticker, m.ticker, m.open_time, m.close_time, m.settlement_time,
    g.event_date, g.competition_id, m.game_date
FROM kalshi.markets AS m
LEFT JOIN espn.scoreboard_games AS g ON g.event_id = m.espn_event_id
LEFT JOIN held AS by_event ON by_event.source_key = m.event_ticker
LEFT JOIN held AS by_ticker ON by_ticker.source_key = m.ticker
WHERE m.game_date IS NOT NULL
  AND m.open_time <= %(now)s
  AND coalesce(g.event_date, m.close_time, m.expected_expiration_time) <= %(now)s
  AND coalesce(g.status_name, '') NOT IN ('STATUS_POSTPONED', 'STATUS_CANCELED')
  -- A market that the feed dropped has no more candles than it had when its game was over.
  AND NOT coalesce(
      m.gone_since IS NOT NULL
      AND greatest(by_event.checked_at, by_ticker.checked_at)
          >= coalesce(g.event_date, m.expected_expiration_time) + interval '8 h', false)
  AND (%(games)s::text[] IS NULL OR g.competition_id = ANY(%(games)s))
  AND (%(events)s::text[] IS NULL OR m.event_ticker = ANY(%(events)s))
  AND CASE
      WHEN %(force)s THEN %(games)s::text[] IS NOT NULL
          OR m.game_date BETWEEN %(first)s AND %(last)s
      ELSE NOT (m.close_time <= %(now)s
          AND m.status NOT IN ('initialized', 'inactive', 'active')
          AND coalesce(greatest(by_event.checked_at, by_ticker.checked_at)
              >= m.close_time + interval '60 s', false))
  END
ORDER BY m.game_date, m.event_ticker, m.ticker

-- name: markets_without_minutes
-- Closed markets of which the feed has no candle a minute, and that were not asked for by the hour.
SELECT
    m.event_ticker, m.ticker, m.open_time, m.close_time, m.settlement_time,
    g.event_date, g.competition_id, m.game_date
FROM kalshi.markets AS m
LEFT JOIN espn.scoreboard_games AS g ON g.event_id = m.espn_event_id
WHERE m.game_date IS NOT NULL
  AND m.close_time <= %(now)s
  AND (%(games)s::text[] IS NULL OR g.competition_id = ANY(%(games)s))
  AND (%(events)s::text[] IS NULL OR m.event_ticker = ANY(%(events)s))
  AND NOT EXISTS (SELECT FROM kalshi.candlesticks AS c WHERE c.ticker = m.ticker)
  AND EXISTS (
      SELECT FROM ops.source_files AS f
      WHERE f.source_type = 'kalshi_candlesticks'
        AND f.source_key IN (m.event_ticker, m.ticker)
        AND f.checked_at >= m.close_time AND f.loaded_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT FROM ops.source_files AS f
      WHERE f.source_type = 'kalshi_candlesticks' AND f.source_key = m.ticker || %(suffix)s)
ORDER BY m.game_date, m.ticker

-- name: oldest_unsettled_day
SELECT min(game_date)
FROM kalshi.markets
WHERE gone_since IS NULL
  AND status NOT IN ('determined', 'finalized', 'amended', 'disputed')

-- name: games_of_tickers
SELECT DISTINCT g.competition_id
FROM kalshi.markets AS m
JOIN espn.scoreboard_games AS g ON g.event_id = m.espn_event_id
WHERE m.ticker = ANY(%(tickers)s)

-- name: drop_vanished_games
-- A day's listing speaks for the games that have not begun: one that moved away is inserted where
-- it went. A game that began is never taken back, whatever a listing lacks.
DELETE FROM espn.scoreboard_games AS g
WHERE g.scoreboard_date = %(day)s
  AND NOT g.event_id = ANY(%(listed)s)
  AND NOT g.status_completed
  AND coalesce(g.status_state, '') <> 'in'
  AND coalesce(g.status_period, 0) = 0
  AND NOT EXISTS (SELECT FROM espn.plays AS p WHERE p.game_id = g.competition_id)
RETURNING g.competition_id

-- name: games_of_window
SELECT competition_id
FROM espn.scoreboard_games
WHERE CASE
    WHEN %(games)s::text[] IS NOT NULL THEN competition_id = ANY(%(games)s)
    ELSE game_date BETWEEN %(first)s AND %(last)s
END
ORDER BY competition_id
