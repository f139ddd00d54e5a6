-- name: register_in_turn
-- ON CONFLICT looks at one unique index: two lanes that insert the same new file in the same
-- moment would meet on the other one, and one of them fail. 1851941123 is "nba", 3.
SELECT pg_advisory_xact_lock(1851941123)

-- name: register_file
-- A payload seen again is the same row. Seen again after another one, it is news: the feed went
-- back to it, and it has to be loaded again. If it still waits where it stood before, it is loaded
-- there too: rows tell who was first, and odds what they were when.
WITH seen AS (
    SELECT f.source_file_id, f.path, f.arrived_at, f.loaded_at, f.load_error
    FROM ops.source_files AS f
    WHERE f.source_type = %(source_type)s
      AND f.source_key = %(source_key)s
      AND f.sha256_hex = %(sha256)s
      AND f.checked_at < %(checked_at)s
      AND EXISTS (
          SELECT FROM ops.source_files AS newer
          WHERE newer.source_type = f.source_type
            AND newer.source_key = f.source_key
            AND newer.sha256_hex <> f.sha256_hex
            AND newer.checked_at > f.checked_at)
), waiting AS (
    INSERT INTO ops.replays (source_file_id, arrived_at, path)
    SELECT source_file_id, arrived_at, path
    FROM seen
    WHERE loaded_at IS NULL AND load_error IS NULL AND arrived_at < %(fetched_at)s
    ON CONFLICT DO NOTHING
)
INSERT INTO ops.source_files AS f (
    source_file_id, source_type, source_key, url, path, fetched_at, http_status, etag,
    last_modified, content_type, sha256_hex, byte_size, checked_at, arrived_at)
VALUES (
    %(source_file_id)s, %(source_type)s, %(source_key)s, %(url)s, %(path)s, %(fetched_at)s,
    %(http_status)s, %(etag)s, %(last_modified)s, %(content_type)s, %(sha256)s, %(byte_size)s,
    %(checked_at)s, %(fetched_at)s)
ON CONFLICT (source_type, source_key, sha256_hex) DO UPDATE
SET checked_at = excluded.checked_at,
    path = excluded.path,
    etag = excluded.etag,
    last_modified = excluded.last_modified,
    (loaded_at, arrived_at) = (
        SELECT
            CASE WHEN came_back THEN NULL ELSE f.loaded_at END,
            CASE WHEN came_back THEN excluded.arrived_at ELSE f.arrived_at END
        FROM (SELECT EXISTS (SELECT FROM seen)) AS seen_before (came_back))
WHERE excluded.checked_at > f.checked_at OR excluded.path <> f.path

-- name: unloaded_files
-- A summary comes after the core feed of the same moment: it is heard only where that has none.
-- A payload whose load failed stays here and is tried again (it is never judged by its date).
-- In the order of arrival, as they were loaded when they came: one that was merely confirmed since
-- is not loaded again for that, and has no later place in a rebuild either.
SELECT f.source_file_id, f.source_type, f.source_key, place.path, f.fetched_at, f.http_status,
    f.byte_size, f.load_error, place.arrived_at
FROM ops.source_files AS f
CROSS JOIN LATERAL (
    SELECT f.path, f.arrived_at
    UNION ALL
    SELECT r.path, r.arrived_at FROM ops.replays AS r WHERE r.source_file_id = f.source_file_id
) AS place
WHERE f.loaded_at IS NULL
  AND f.source_type = ANY(%(source_types)s)
  AND (%(keys)s::text[] IS NULL OR f.source_key = ANY(%(keys)s))
ORDER BY place.arrived_at, f.source_type, f.source_file_id

-- name: files_loaded
-- One that is replayed is loaded at its earliest place first, and done when it is at its last.
WITH l AS (
    SELECT source_file_id, count(*) AS times, max(bad_items) AS bad_items,
        max(row_count) AS row_count
    FROM unnest(%(ids)s::bigint[], %(bad_items)s::integer[], %(rows)s::integer[])
        AS one (source_file_id, bad_items, row_count)
    GROUP BY source_file_id
), due AS (
    SELECT r.source_file_id, r.arrived_at, l.times,
        row_number() OVER (PARTITION BY r.source_file_id ORDER BY r.arrived_at) AS place
    FROM ops.replays AS r
    JOIN l ON l.source_file_id = r.source_file_id
), replayed AS (
    DELETE FROM ops.replays AS r
    USING due
    WHERE r.source_file_id = due.source_file_id AND r.arrived_at = due.arrived_at
      AND due.place <= due.times
)
UPDATE ops.source_files AS f
SET load_error = NULL, bad_items = l.bad_items, row_count = l.row_count,
    loaded_at = CASE
        WHEN l.times > (SELECT count(*) FROM due WHERE due.source_file_id = f.source_file_id)
        THEN now()
    END
FROM l
WHERE f.source_file_id = l.source_file_id

-- name: files_failed
UPDATE ops.source_files AS f
SET load_error = l.load_error
FROM unnest(%(ids)s::bigint[], %(errors)s::text[]) AS l (source_file_id, load_error)
WHERE f.source_file_id = l.source_file_id AND f.load_error IS DISTINCT FROM l.load_error

-- name: newest_files
-- The last answer of the feed for each of these keys; is_none: it said that there is none;
-- is_refused: it could not be loaded.
SELECT DISTINCT ON (source_type, source_key)
    source_type, source_key, checked_at,
    http_status >= 400 OR coalesce(row_count = 0, false) AS is_none,
    loaded_at IS NULL AND load_error IS NOT NULL AS is_refused
FROM ops.source_files
WHERE source_type = ANY(%(source_types)s) AND source_key = ANY(%(keys)s)
ORDER BY source_type, source_key, checked_at DESC

-- name: newest_loaded_files
-- The last answer for each of these keys that was loaded; gave: whether rows came of it.
SELECT DISTINCT ON (source_type, source_key)
    source_type, source_key, http_status < 400 AND row_count > 0 AS gave
FROM ops.source_files
WHERE source_type = ANY(%(source_types)s) AND source_key = ANY(%(keys)s) AND loaded_at IS NOT NULL
ORDER BY source_type, source_key, checked_at DESC

-- name: empty_the_data_tables
-- For a rebuild: everything that the archive can give back, and what was derived from it.
-- The views stay as they were published, and so do the counts that the next ones are held against.
TRUNCATE ops.source_files, ops.replays, ops.game_changes, ops.relation_versions,
    espn.scoreboard_games, espn.probabilities_raw_items, espn.plays, espn.prob_event_state,
    kalshi.markets, kalshi.candlesticks, derived.snapshot_features, derived.game_stats,
    nba.schedule_games, nba.scoreboard_games, nba.finder_teams, nba.boxscore_games,
    nba.boxscore_teams, nba.boxscore_players, nba.pbp_events, nba.odds_snapshots, nba.odds_games,
    nba.odds_markets, nba.odds_books, nba.odds_outcomes, nba.teams, nba.games, derived.game_map,
    derived.pbp_event_state

-- name: forget_what_views_are_built_from
-- Versions begin anew with a rebuild, and an old one must not be taken for a new one.
UPDATE ops.published_views SET built_from = '{}'

-- name: not_in_archive
-- Loaded payloads of which the archive holds no file: by type, how many, and the key of one.
SELECT f.source_type, count(*), min(f.source_key)
FROM ops.source_files AS f
WHERE (f.loaded_at IS NOT NULL OR f.row_count IS NOT NULL)
  AND NOT EXISTS (
      SELECT FROM unnest(%(held)s::bigint[]) AS held (source_file_id)
      WHERE held.source_file_id = f.source_file_id)
GROUP BY f.source_type
ORDER BY f.source_type

-- name: wait_for_tables_briefly
-- TRUNCATE waits for every reader, and all who come later wait behind it.
SET LOCAL lock_timeout = '10s'
