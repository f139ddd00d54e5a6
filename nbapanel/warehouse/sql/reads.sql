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

-- name: last_success_of_steps
SELECT DISTINCT ON (step)
    run_id, step, attempt, status, reason, started_at, finished_at, duration_ms, requests,
    bytes_fetched, bad_items, error, hint, coalesce(changes, '{}') AS changes,
    coalesce(detail, '{}') AS detail
FROM ops.step_runs
WHERE status IN ('done', 'skipped')
ORDER BY step, finished_at DESC

-- name: slate_days
SELECT season_label, game_date, games, live, final, postponed, with_probabilities, with_state,
    with_kalshi, complete, last_change
FROM derived.slate
ORDER BY game_date DESC
LIMIT %(limit)s

-- name: published_views
SELECT relation, row_count, published_at, published_anyway
FROM ops.published_views ORDER BY relation

-- name: relation_sizes
SELECT v.relation, v.row_count, coalesce(pg_total_relation_size(to_regclass(v.relation)), 0)
    AS size_bytes
FROM ops.relation_versions AS v ORDER BY v.relation

-- name: waiting
SELECT
    (SELECT count(*) FROM ops.game_changes) AS marked_games,
    (SELECT count(*) FROM ops.source_files WHERE loaded_at IS NULL) AS unloaded_files
