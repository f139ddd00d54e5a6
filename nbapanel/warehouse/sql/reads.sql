-- name: runs
SELECT
    r.run_id, r.kind, r.trigger, r.status, r.started_at, r.finished_at, r.duration_ms, r.host,
    r.pid, r.error, r.steps, r.settings, r.resumes,
    coalesce(sum(l.inserted), 0)::bigint AS inserted,
    coalesce(sum(l.updated), 0)::bigint AS updated,
    coalesce(sum(l.deleted), 0)::bigint AS deleted
FROM ops.pipeline_runs AS r
LEFT JOIN ops.refresh_log AS l ON l.run_id = r.run_id AND l.kind IN ('load', 'derive')
WHERE %(run_id)s::bigint IS NULL OR r.run_id = %(run_id)s
GROUP BY r.run_id
ORDER BY r.run_id DESC
LIMIT %(limit)s

-- name: run_steps
SELECT * FROM (
    SELECT DISTINCT ON (step)
        run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
        bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
        coalesce(detail, '{}') AS detail
    FROM ops.step_runs
    WHERE run_id = %(run_id)s
    ORDER BY step, attempt DESC
) AS last_attempts
ORDER BY started_at NULLS LAST, step

-- name: attempts_of_run
-- Each by itself, in the order in which they began.
SELECT
    run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM ops.step_runs
WHERE run_id = %(run_id)s
ORDER BY started_at NULLS LAST, step, attempt

-- name: attempts_of_steps
-- All that were made at each of these steps in its run.
SELECT
    run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM ops.step_runs
JOIN unnest(%(runs)s::bigint[], %(steps)s::text[]) AS asked (run_id, step) USING (run_id, step)

-- name: last_success_of_steps
SELECT DISTINCT ON (step)
    run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM ops.step_runs
WHERE status IN ('done', 'skipped')
ORDER BY step, finished_at DESC

-- name: changed_inputs
-- Inputs that changed after their step last ended well: by step and kind, how much of it.
-- Games are marked and payloads wait until they are dealt with; views know the versions they were
-- built from; the caches are cleared when that was done, and not when it was skipped.
WITH input AS MATERIALIZED (
    SELECT given.*, succeeded.finished_at
    FROM unnest(%(steps)s::text[], %(kinds)s::text[], %(sources)s::text[], %(made_of)s::text[])
        AS given (step, kind, source, made_of)
    CROSS JOIN LATERAL (
        SELECT r.finished_at
        FROM ops.step_runs AS r
        WHERE r.step = given.step AND r.finished_at IS NOT NULL
          AND (r.status = 'done' OR (r.status = 'skipped' AND given.kind <> 'published'))
        ORDER BY r.finished_at DESC
        LIMIT 1
    ) AS succeeded
), changed AS (
    SELECT i.step, i.kind, i.source, count(*) AS number
    FROM input AS i
    JOIN ops.game_changes AS g ON g.dataset = i.source
    WHERE i.kind = 'games'
    GROUP BY i.step, i.kind, i.source
    UNION ALL
    SELECT i.step, i.kind, '', count(*)
    FROM input AS i
    JOIN ops.source_files AS f ON f.source_type = i.source AND f.loaded_at IS NULL
    WHERE i.kind = 'payloads'
    GROUP BY i.step, i.kind
    UNION ALL
    SELECT i.step, i.kind, i.source, sum(
        (c.counts ->> 'inserted')::bigint + (c.counts ->> 'updated')::bigint
        + (c.counts ->> 'deleted')::bigint)::bigint
    FROM input AS i
    JOIN ops.step_runs AS r ON r.step = i.source AND r.finished_at > i.finished_at
    CROSS JOIN LATERAL jsonb_each(r.changes) AS c (relation, counts)
    WHERE i.kind = 'rows'
    GROUP BY i.step, i.kind, i.source
    UNION ALL
    SELECT i.step, i.kind, '', count(DISTINCT i.source)
    FROM input AS i
    LEFT JOIN ops.published_views AS p ON p.relation = i.source
    LEFT JOIN ops.relation_versions AS v ON v.relation = i.made_of
    WHERE i.kind = 'views'
      AND coalesce((p.built_from ->> i.made_of)::bigint, -1) <> coalesce(v.version, 0)
    GROUP BY i.step, i.kind
    UNION ALL
    SELECT i.step, i.kind, '', count(*)
    FROM input AS i
    JOIN ops.published_views AS p ON p.published_at > i.finished_at
    WHERE i.kind = 'published'
    GROUP BY i.step, i.kind
)
SELECT step, kind, source, number FROM changed WHERE number > 0 ORDER BY step, kind, source

-- name: undone_steps
-- Steps whose last attempt, in whichever run, did not end well.
SELECT run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM (
    SELECT DISTINCT ON (step) *
    FROM ops.step_runs
    ORDER BY step, run_id DESC, attempt DESC
) AS last_attempts
WHERE status NOT IN ('done', 'skipped', 'running')
ORDER BY run_id, step

-- name: slate_days
SELECT season_label, game_date, games, live, final, postponed, with_probabilities, with_state,
    with_kalshi, complete, last_change
FROM derived.slate
ORDER BY game_date DESC
LIMIT %(limit)s

-- name: published_views
SELECT relation, row_count, published_at, published_anyway
FROM ops.published_views ORDER BY relation

-- name: views_behind
-- Published views that were built from other versions of their relations than there are now.
SELECT wanted.view
FROM unnest(%(views)s::text[], %(made_of)s::text[]) AS wanted (view, made_of)
LEFT JOIN ops.relation_versions AS v ON v.relation = wanted.made_of
LEFT JOIN ops.published_views AS p ON p.relation = wanted.view
GROUP BY wanted.view, p.built_from
HAVING jsonb_object_agg(wanted.made_of, coalesce(v.version, 0)) <> coalesce(p.built_from, '{}')
ORDER BY wanted.view

-- name: relation_sizes
SELECT v.relation, v.row_count, coalesce(pg_total_relation_size(to_regclass(v.relation)), 0)
    AS size_bytes
FROM ops.relation_versions AS v ORDER BY v.relation

-- name: waiting
-- Scoreboards of one game, or of days long ago, say nothing of today: what was fetched by a run is
-- known as of the end of its last day, where the feeds' clock is that of the world. Games that
-- should be on by now (for half an hour, as they begin late) and were not when they were looked at
-- are overdue.
WITH warehouse AS (
    SELECT EXISTS (
        SELECT FROM ops.warehouse WHERE key = 'feeds' AND value = '"live"') AS is_live
), fetched AS (
    SELECT max(CASE WHEN is_live THEN least(finished_at, last_day_over) ELSE finished_at END) AS at
    FROM warehouse
    CROSS JOIN (
        SELECT s.finished_at, ((r.settings ->> 'last')::date + 1)::timestamp
            AT TIME ZONE 'America/New_York' AS last_day_over
        FROM ops.step_runs AS s
        JOIN ops.pipeline_runs AS r USING (run_id)
        CROSS JOIN warehouse
        WHERE s.step = 'fetch_scoreboards' AND s.status = 'done'
          AND (NOT is_live OR coalesce(r.settings -> 'games', '[]') = '[]')
        ORDER BY s.finished_at DESC
        LIMIT 100
    ) AS recent
)
SELECT
    (SELECT count(*) FROM ops.game_changes WHERE dataset <> 'published') AS marked_games,
    (SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL) AS unloaded_files,
    fetched.at AS fetched_at,
    CASE WHEN is_live THEN (
        SELECT count(*) FROM espn.scoreboard_games
        WHERE status_state = 'pre'
          AND event_date + interval '30 min' BETWEEN fetched.at AND now()
    ) ELSE 0 END AS overdue_games
FROM fetched CROSS JOIN warehouse

-- name: held_until
-- A payload tells when it was asked for: where the clock runs fast, a candle may have ended since,
-- of a market that closes later still.
WITH asked AS (SELECT max(checked_at) AS at FROM ops.source_files)
SELECT greatest(asked.at, (
    SELECT max(last.period_ts)
    FROM kalshi.markets AS m
    CROSS JOIN LATERAL (
        SELECT c.period_ts
        FROM kalshi.candlesticks AS c
        WHERE c.ticker = m.ticker AND c.period_interval_min = 1
        ORDER BY c.period_ts DESC
        LIMIT 1
    ) AS last
    WHERE asked.at IS NULL OR m.close_time IS NULL OR m.close_time >= asked.at))
FROM asked

-- name: unknown_games
SELECT asked.game
FROM unnest(%(games)s::text[]) AS asked (game)
WHERE NOT EXISTS (
    SELECT FROM espn.scoreboard_games AS g
    WHERE g.event_id = asked.game OR g.competition_id = asked.game)
ORDER BY asked.game
